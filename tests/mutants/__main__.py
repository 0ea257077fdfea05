"""Mutation run over the money core: changes one place after the other, and lists the changes that no test notices.

    make mutants ARGS="loan_risk repay --minutes 20"
    make mutants ARGS="loan_risk.force_repayment"

Works in a scratch copy with mutmut. The tests are those of the engine and of the documented examples, so that a module
takes minutes; a survivor may still be caught by the runs of tests/properties. Survivors that survivors.md explains are
counted; any other ends the run with 1.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
ENGINE = "src/tallystick/engine"
MODULES = (
    "accrual",
    "amounts",
    "auction",
    "borrow",
    "charging",
    "convert",
    "easy_convert",
    "flexible_loan",
    "forced_sale",
    "fund",
    "interest",
    "ledger",
    "loan_conversion",
    "loan_requests",
    "loan_risk",
    "margin",
    "order_events",
    "orders",
    "repay",
    "repay_sizes",
    "spot_borrow",
    "spot_cost",
    "spot_risk",
)
"""Where amounts are reckoned, lent, sold and written down."""
COPIED = ("src", "tests/engine", "tests/golden", "docs/rules")
TESTS = ("tests/engine", "tests/golden")
CAUGHT = ("killed", "caught by type check", "segfault")
EXPLAINED = Path(__file__).with_name("survivors.md")
APPLIED = re.compile(r"^@applies\((\w+)\)\ndef (\w+)\(", re.MULTILINE)
CHANGED = re.compile(r"^([-+])(?![-+]{2} )\s*(.*?)\s*$", re.MULTILINE)


class Survivor(NamedTuple):
    """`change` is the lines taken away and put in, without their indentation."""

    function: str
    change: tuple[str, ...]


def main() -> int:
    given = argparse.ArgumentParser(prog="make mutants", description=(__doc__ or "").partition("\n")[0])
    given.add_argument("modules", nargs="*", metavar="MODULE[.FUNCTION]", help="of the engine; all of the money core")
    given.add_argument("--minutes", type=float, default=30, help="stop after so many minutes of wall clock (30)")
    given.add_argument("--jobs", type=int, default=1, help="mutants tried at a time (1)")
    asked = given.parse_args()
    chosen = [named.partition(".") for named in asked.modules or MODULES]
    modules = sorted({module for module, _, _ in chosen})
    unknown = sorted(set(modules) - set(MODULES))
    if unknown:
        given.error(f"not of the money core: {', '.join(unknown)}; there are {', '.join(MODULES)}")
    until = time.monotonic() + 60 * asked.minutes
    with tempfile.TemporaryDirectory(prefix="mutants-") as made:
        scratch = Path(made)
        copy_to(scratch, modules)
        narrowed = any(name for _, _, name in chosen)
        patterns = [pattern(module, name) for module, _, name in chosen] if narrowed else []
        whole = run_until(until, scratch, asked.jobs, patterns)
        return told(scratch, whole)


def pattern(module: str, function: str) -> str:
    """Test whether a name of mutmut is a mutant of a function; those of a method have the class before it."""
    return f"tallystick.engine.{module}.x*{function.rpartition('.')[2]}__mutmut_*"


def copy_to(scratch: Path, modules: list[str]) -> None:
    """Copy what the tests need. Functions that apply events lose their decorator: mutmut leaves decorated ones out."""
    for name in COPIED:
        shutil.copytree(ROOT / name, scratch / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "tests/__init__.py", scratch / "tests")
    for module in modules:
        path = scratch / ENGINE / f"{module}.py"
        text = path.read_text(encoding="utf-8")
        registered = "".join(f"applies({event})({function})\n" for event, function in APPLIED.findall(text))
        path.write_text(APPLIED.sub(r"def \2(", text) + registered, encoding="utf-8")
    settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    mutated = [f"{ENGINE}/{module}.py" for module in modules]
    settings += f"""
[tool.mutmut]
source_paths = ["src"]
also_copy = ["docs"]
only_mutate = {mutated}
pytest_add_cli_args = ["-p", "no:cacheprovider", "-p", "no:xdist"]
pytest_add_cli_args_test_selection = {list(TESTS)}
use_git_change_detection = false
timeout_constant = 1.0
timeout_multiplier = 10.0
"""
    (scratch / "pyproject.toml").write_text(settings, encoding="utf-8")


def environment() -> dict[str, str]:
    """The tests of the copy import the copy, compiled once."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONPATH")}


def run_until(until: float, scratch: Path, jobs: int, patterns: list[str]) -> bool:
    """Run mutmut, which shows how far it is; whether it came to its end in time."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs), *patterns]
    process = subprocess.Popen(command, cwd=scratch, env=environment(), start_new_session=True)
    try:
        status = process.wait(timeout=max(1, until - time.monotonic()))
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return False
    if status != 0:
        raise SystemExit(f"mutmut ended with {status}")
    return True


def asked_of_mutmut(scratch: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "mutmut", *arguments]
    done = subprocess.run(command, cwd=scratch, env=environment(), capture_output=True, text=True, check=True)
    return done.stdout


def told(scratch: Path, whole: bool) -> int:
    """Print the counts and each survivor that is not explained; the exit status."""
    pattern = re.compile(r"^    (\S+): (.+)$", re.MULTILINE)
    results = pattern.findall(asked_of_mutmut(scratch, "results", "--all", "true"))
    explained = explanations(EXPLAINED.read_text(encoding="utf-8"))
    counts: dict[str, Counter[str]] = {}
    unexplained = 0
    for name, status in results:
        kind = "killed" if status in CAUGHT else status
        if status == "survived":
            diff = asked_of_mutmut(scratch, "show", name)
            if survivor_of(name, diff) in explained:
                kind = "survived, explained"
            else:
                unexplained += 1
                print(diff.rstrip(), end="\n\n")
        elif status in ("no tests", "suspicious"):
            print(f"# {name}: {status}")
        module = name.removeprefix("tallystick.engine.").partition(".")[0]
        counts.setdefault(module, Counter())[kind] += 1
    for module, found in sorted(counts.items()):
        kinds = ", ".join(f"{number} {kind}" for kind, number in sorted(found.items()))
        print(f"{module}: {found.total()} mutants: {kinds}")
    if not whole:
        print("stopped at its bound: some mutants are not checked")
    return 1 if unexplained else 0


def survivor_of(name: str, diff: str) -> Survivor:
    """`name` is mutmut's: tallystick.engine.loan_risk.x__sales__mutmut_3, or of a method with the class before it."""
    module, _, mangled = name.removeprefix("tallystick.engine.").partition(".")
    function = mangled.partition("__mutmut_")[0].removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
    return Survivor(f"{module}.{function}", changed_lines(diff))


def changed_lines(diff: str) -> tuple[str, ...]:
    return tuple(sign + line for sign, line in CHANGED.findall(diff))


def explanations(page: str) -> set[Survivor]:
    """Each `### module.function` of the page with the diffs under it."""
    found = set()
    for section in re.split(r"^### ", page, flags=re.MULTILINE)[1:]:
        function = section.split(maxsplit=1)[0].strip("`")
        for block in re.findall(r"^```diff\n(.*?)^```", section, flags=re.MULTILINE | re.DOTALL):
            found.add(Survivor(function, changed_lines(block)))
    return found


if __name__ == "__main__":
    raise SystemExit(main())
