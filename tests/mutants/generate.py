"""Mutants of the money core, made by mutmut in a scratch copy of the tree."""

from __future__ import annotations

import ast
import bisect
import difflib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from mutmut.mutation.file_mutation import mutate_file_contents

from tests.mutants import switch
from tests.mutants.draw import Mutant

ROOT = Path(__file__).resolve().parents[2]
ENGINE = "src/tallystick/engine"
COPIED = ("src", "tests/engine", "tests/golden", "tests/mutants", "tests/properties", "docs/rules")
LEFT_OUT = ("InvariantViolation(", "assert_never(")
"""Statements that no test may reach: they say that something cannot be. The conditions before them are changed."""
APPLIED = re.compile(r"^@applies\((\w+)\)\ndef (\w+)\(", re.MULTILINE)


def copy_to(scratch: Path) -> None:
    """Copy what the tests need."""
    for name in COPIED:
        shutil.copytree(ROOT / name, scratch / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "tests/__init__.py", scratch / "tests")
    shutil.copy(ROOT / "pyproject.toml", scratch)


def mutate(scratch: Path, module: str) -> list[Mutant]:
    """Put all mutants of a module into the copy, beside the code as it is, and name them.

    Functions that apply events lose their decorator and are named after the last function: mutmut leaves decorated
    ones out.
    """
    path = scratch / ENGINE / f"{module}.py"
    text = path.read_text(encoding="utf-8")
    registered = "".join(f"applies({event})({function})\n" for event, function in APPLIED.findall(text))
    mutated = mutate_file_contents(path.as_posix(), APPLIED.sub(r"def \2(", text))
    if mutated.code.count(switch.MUTMUT) != 1:
        raise SystemExit(f"mutmut wraps the functions of {module} in another way than this run knows")
    code = mutated.code.replace(switch.MUTMUT, switch.OURS)
    path.write_text(code + "\n" + registered, encoding="utf-8")
    return named(module, code, list(mutated.mutant_names))


def named(module: str, code: str, names: list[str]) -> list[Mutant]:
    lines = code.splitlines()
    made = {
        node.name: node
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.FunctionDef) and "__mutmut_" in node.name
    }
    found = []
    for name in names:
        mangled = name.partition("__mutmut_")[0]
        function = mangled.removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
        plain = made[f"{mangled}__mutmut_orig"]
        before, after = (
            [line.replace(node.name, function) for line in lines[node.lineno - 1 : node.end_lineno]]
            for node in (plain, made[name])
        )
        change = list(difflib.unified_diff(before, after, n=2, lineterm=""))[3:]
        places = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        if any(word in line for word in LEFT_OUT for line in change if line.startswith("-")):
            continue
        changed = next(first for kind, first, _, _, _ in places if kind != "equal")
        found.append(
            Mutant(
                name=f"tallystick.engine.{module}.{name}",
                module=module,
                function=f"{module}.{function}",
                diff="\n".join(change),
                lines=tuple(f"{module}:{line}" for line in statement(plain, plain.lineno + changed)),
                span=(made[name].lineno, made[name].end_lineno or made[name].lineno),
            )
        )
    return found


def caught_by_types(scratch: Path, mutants: list[Mutant]) -> set[str]:
    """Names of the mutants that `mypy --strict`, a part of `.ci/run`, finds fault with."""
    modules = sorted({mutant.module for mutant in mutants})
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--disable-error-code=unused-ignore"]
    paths = [f"{ENGINE}/{module}.py" for module in modules]
    done = subprocess.run([*command, *paths], cwd=scratch, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"mypy ended with {done.returncode}: {done.stderr}")
    faults = {module: [0] for module in modules}
    for module, line in re.findall(rf"^{ENGINE}/(\w+)\.py:(\d+): error: ", done.stdout, flags=re.MULTILINE):
        bisect.insort(faults[module], int(line))
    found = set()
    for mutant in mutants:
        first, last = mutant.span
        ordered = faults[mutant.module]
        if ordered[bisect.bisect_right(ordered, last) - 1] >= first:
            found.add(mutant.name)
    return found


def statement(function: ast.FunctionDef, line: int) -> range:
    """Lines of the smallest statement around a line; of one with a body, those before the body."""
    found = range(function.lineno, (function.end_lineno or function.lineno) + 1)
    for node in ast.walk(function):
        if isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef):
            inner = [child.lineno for child in ast.walk(node) if isinstance(child, ast.stmt) and child is not node]
            last = min(inner) - 1 if inner else node.end_lineno or node.lineno
            if node.lineno <= line <= last and last - node.lineno < len(found):
                found = range(node.lineno, last + 1)
    return found
