"""Rules a machine can check, each with its reason in the message."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.tidy import files

CLOCK = "venue/clock.py"
KEYS = "venue/keys.py"
CLIENT_CLOCK = "client/clock.py"
MODULE_HOME = {"time": CLOCK, "random": KEYS, "secrets": KEYS, "uuid": KEYS}
CALL_HOME = {"now": CLOCK, "utcnow": CLOCK, "today": CLOCK, "urandom": KEYS}
HOMES_OF_CLIENT = dict.fromkeys(("time", "random", "now", "utcnow", "today"), CLIENT_CLOCK)
"""A client runs on another machine than the venue, with clocks of its own, which it has from one file too."""
WRITER = "venue/sequencer.py"
FILES = "store/files.py"
FILES_ALLOWED = {
    "archive/writing.py": "writes and reads where its user says, line by line",
    "cli/api.py": "writes where its user says",
    "cli/frame/failing.py": "opens nothing but the null device, in place of an output that is closed",
    "cli/frame/commands.py": "click's formatter has a write_text, which writes help and no file",
    "cli/compare.py": "writes where its user says",
    "cli/comparing/recordings.py": "reads what its user names",
    "cli/levers/documents.py": "reads what its user names",
    "cli/scenario_tables.py": "writes where its user says",
    "cli/profile_writing.py": "changes the user's own file of profiles",
    "client/files.py": "the client's own files, on another machine than the venue's data folder",
    "lab/tables.py": "writes where its user says",
    "venue/imported.py": "reads markets that were imported, which are no part of a data folder",
    "venue/importing/market.py": "writes markets beside the data folder, whole or not at all",
    "venue/importing/pieces.py": "writes drafts of a market into a folder of its own",
    "venue/importing/reading.py": "reads candles where its user says",
    "venue/listings.py": "reads where its user says",
}
FILE_CALLS = {"open", "os.open", "os.replace", "write_text", "write_bytes", "write_to_path", "mkdir"}
MONEY_ROOMS = {"engine", "contract", "views"}

BYTES_MAX = 400_000
DATA_BYTES_MAX = 3_000_000

# Put together from pieces, so that this file does not find itself.
MARKS = re.compile(
    r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK")) + r")\b"
    r"|Not" + r"ImplementedError|pytest\.sk" + r"ip\(|pytest\.mark\.(sk" + r"ip|xfa" + r"il)"
)
MARKS_ALLOWED = {
    "src/tallystick/testing/kit/fixture.py": "a venue served elsewhere cannot be as each test asks; it says so by name",
    "src/tallystick/testing/kit/tally.py": "a venue served elsewhere does not tell its requests, nor can be forked",
    "tests/law/documents.py": "the documents are not part of a clone; under CI=true it fails instead",
    "tests/client/test_revealed_types.py": "node need not be there; under CI=true it fails instead",
    "tests/archive/tools.py": "beancount and hledger need not be there; under CI=true it fails instead",
    "tests/store/database.py": "PostgreSQL need not be there; under CI=true it fails instead",
    "tests/console/axe.py": "axe need not be there; under CI=true it fails instead",
    "tests/console/browser.py": "Chromium need not be there; under CI=true it fails instead",
    "tests/conformance/test_clients.py": "node need not be there; under CI=true it fails instead",
}
PLACES = re.compile(r"(?<![\w.~])/(?:work|home|root|tmp|Users)/")
INDEX = re.compile(r"--(?:extra-)?index" + r"-url|--find" + r"-links|https?://[^ \"]*/sim" + r"ple\b")


def source_files() -> list[Path]:
    return files.package_files()


def name_in_package(path: Path) -> str:
    return path.relative_to(files.PACKAGE).as_posix()


def clock_and_chance(name: str, tree: ast.Module) -> list[str]:
    """A wall clock or a die anywhere else would make a replay differ from the run."""
    found = []
    own = HOMES_OF_CLIENT if name.startswith("client/") else {}
    module_home, call_home = MODULE_HOME | own, CALL_HOME | own
    for node in ast.walk(tree):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        found += [f"imports {m}: belongs in {module_home[m]}" for m in modules if module_home.get(m, name) != name]
        if isinstance(node, ast.Attribute) and call_home.get(node.attr, name) != name:
            holder = node.value
            last = holder.id if isinstance(holder, ast.Name) else getattr(holder, "attr", "")
            if last in ("datetime", "date", "os"):
                found.append(f"line {node.lineno}: {last}.{node.attr}: belongs in {call_home[node.attr]}")
    return found


def floats(tree: ast.Module) -> list[str]:
    """Money is whole atoms; a float rounds where nobody sees it."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            found.append(f"line {node.lineno}: the number {node.value}")
        elif isinstance(node, ast.Name) and node.id in ("float", "complex"):
            found.append(f"line {node.lineno}: {node.id}")
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            found.append(f"line {node.lineno}: true division")
    return found


def defused_asserts(tree: ast.Module) -> list[str]:
    """`python -O` removes assert statements, and with them the check."""
    return [f"line {node.lineno}: assert statement" for node in ast.walk(tree) if isinstance(node, ast.Assert)]


def writes_past_the_writer(name: str, tree: ast.Module) -> list[str]:
    """A write that fails halts the venue (decisions/009), and only `GroupWriter` sees to that."""
    if name == WRITER or name.startswith("store/"):
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and any(alias.name == "WriteBatch" for alias in node.names):
            found.append(f"line {node.lineno}: a batch is put together in {WRITER}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "write":
            holder = node.func.value
            last = holder.id if isinstance(holder, ast.Name) else getattr(holder, "attr", "")
            if last.strip("_") == "store":
                found.append(f"line {node.lineno}: a store is written to in {WRITER}")
    return found


@pytest.mark.parametrize("path", source_files(), ids=name_in_package)
def test_nobody_writes_to_a_store_but_the_writer(path: Path) -> None:
    assert writes_past_the_writer(name_in_package(path), files.tree_of(path)) == []


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("self.store.write(batch)", 1),
        ("self._writer._store.write(batch)", 1),
        ("store.write(WriteBatch(keys=[key]))", 1),
        ("from tallystick.store.api import KeyRecord, WriteBatch", 1),
        ("file.write(data)", 0),
        ("from tallystick.store.api import Store", 0),
    ],
)
def test_the_rule_of_the_writer_can_fail(source: str, faults: int) -> None:
    assert len(writes_past_the_writer("venue/venue.py", ast.parse(source))) == faults
    assert writes_past_the_writer(WRITER, ast.parse(source)) == []


def files_made(name: str, tree: ast.Module) -> list[str]:
    """A link in the data folder must not be followed, and half a file not be left there (decisions/008)."""
    if name == FILES or name in FILES_ALLOWED:
        return []
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        attribute = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        holder = getattr(getattr(node.func, "value", None), "id", "")
        called = f"{holder}.{attribute}" if holder in ("os", "io") else attribute or getattr(node.func, "id", "")
        if called in FILE_CALLS:
            found.append(f"line {node.lineno}: {called}: belongs in {FILES}")
    return found


@pytest.mark.parametrize("path", source_files(), ids=name_in_package)
def test_files_are_made_in_one_place(path: Path) -> None:
    assert files_made(name_in_package(path), files.tree_of(path)) == []


@pytest.mark.parametrize(
    "source",
    [
        "open('x', 'w')",
        "os.open(path, 0)",
        "path.write_text('x')",
        "(folder / name).write_bytes(b'x')",
        "certificate.write_to_path(name)",
        "os.replace(a, b)",
        "folder.mkdir()",
    ],
)
def test_the_rule_of_files_can_fail(source: str) -> None:
    assert len(files_made("venue/boot.py", ast.parse(source))) == 1
    assert files_made(FILES, ast.parse(source)) == []


@pytest.mark.parametrize("path", source_files(), ids=name_in_package)
def test_clock_and_chance_stay_at_home(path: Path) -> None:
    assert clock_and_chance(name_in_package(path), files.tree_of(path)) == []


@pytest.mark.parametrize("path", source_files(), ids=name_in_package)
def test_no_floats_where_money_is(path: Path) -> None:
    if files.room_of(path) in MONEY_ROOMS:
        assert floats(files.tree_of(path)) == []


@pytest.mark.parametrize("path", source_files(), ids=name_in_package)
def test_no_assert_statements_in_the_package(path: Path) -> None:
    assert defused_asserts(files.tree_of(path)) == []


@pytest.mark.parametrize("path", source_files(), ids=name_in_package)
def test_every_module_says_what_it_is(path: Path) -> None:
    tree = files.tree_of(path)
    assert not tree.body or ast.get_docstring(tree), "a module opens with what it is for"


def test_nothing_is_left_unfinished() -> None:
    found = [
        f"{path.relative_to(files.ROOT)}:{number}"
        for path in files.project_files()
        if path.suffix == ".py" and path.relative_to(files.ROOT).as_posix() not in MARKS_ALLOWED
        for number, line in enumerate((files.text_of(path) or "").splitlines(), 1)
        if MARKS.search(line)
    ]
    assert found == [], "finish it, or name it in the closing note"


def test_no_place_of_one_machine_and_no_index_host() -> None:
    found = []
    for path in files.project_files():
        if "data" in path.parts or path == Path(__file__).resolve() or path.suffix == ".gz":
            continue
        for number, line in enumerate((files.text_of(path) or "").splitlines(), 1):
            if PLACES.search(line) or INDEX.search(line):
                found.append(f"{path.relative_to(files.ROOT)}:{number}: {line.strip()[:80]}")
    assert found == [], "a clone stands elsewhere, and every user brings their own index"


def test_locks_pin_everything_with_hashes_and_name_no_host() -> None:
    pins: dict[str, str] = {}
    for name in (
        "requirements.lock",
        "requirements-run.lock",
        "requirements-docs.lock",
        "requirements-mutants.lock",
    ):
        text = (files.ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        blocks = re.split(r"\n(?=\S)", text.strip())
        for block in blocks:
            head = re.match(r"([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", block)
            assert head, f"{name}: not a pin: {block[:60]}"
            assert "--hash=sha256:" in block, f"{name}: {head[1]} has no hash"
            assert pins.setdefault(head[1], head[2]) == head[2], f"{head[1]} differs between the locks"


@pytest.mark.parametrize("path", files.project_files(), ids=lambda path: str(path.relative_to(files.ROOT)))
def test_files_fit_a_sitting(path: Path) -> None:
    size = path.stat().st_size
    if "data" in path.relative_to(files.ROOT).parts:
        assert size <= DATA_BYTES_MAX
    else:
        assert size <= BYTES_MAX


@pytest.mark.parametrize(
    "source",
    [
        "import time",
        "from time import time_ns",
        "import random",
        "from secrets import token_hex",
        "from datetime import datetime\nx = datetime.now()",
        "import datetime\nx = datetime.datetime.utcnow()",
        "import os\nx = os.urandom(3)",
    ],
)
def test_the_clock_rule_can_fail(source: str) -> None:
    assert len(clock_and_chance("venue/venue.py", ast.parse(source))) == 1


def test_the_clock_rule_knows_its_homes() -> None:
    assert clock_and_chance(CLOCK, ast.parse("import time")) == []
    assert clock_and_chance(KEYS, ast.parse("import secrets")) == []


@pytest.mark.parametrize("source", ["x = 1.5", "x = float('1')", "x = 3 / 2", "x /= 2", "def f(x: float): ..."])
def test_the_float_rule_can_fail(source: str) -> None:
    assert len(floats(ast.parse(source))) == 1


def test_the_leftover_rule_can_fail() -> None:
    assert MARKS.search("# TO" + "DO later")
    assert MARKS.search("raise Not" + "ImplementedError")
    assert not MARKS.search("todos are kept elsewhere")
