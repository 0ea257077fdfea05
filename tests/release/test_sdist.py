"""The source package holds the whole project: unpacked elsewhere it starts, tests itself and can be checked.

Built with the environment at hand and without a network; that environment also stands in for the one `make`
would install, so nothing is downloaded.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from release import packages
from tests import recorded
from tests.tidy.files import ROOT, project_files

MADE_FOR_IT = {"PKG-INFO"}
VERSION = "9.9.9"
"""Written into the unpacked tree, to see that it is that tree which answers."""
READY = [option for name in (".ready-run", ".ready-dev") for option in ("-o", f"{sys.prefix}/{name}")]
"""The environment at hand counts as installed."""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, _ = packages.build(tmp_path_factory.mktemp("built"))
    return packages.unpack(source, tmp_path_factory.mktemp("unpacked"))


def make(tree: Path, *arguments: str) -> list[str]:
    return ["make", "-C", str(tree), "--no-print-directory", f"VENV={sys.prefix}", *READY, *arguments]


def test_it_holds_every_file_of_the_project(unpacked: Path) -> None:
    packed = {str(path.relative_to(unpacked)) for path in unpacked.rglob("*") if not path.is_dir()}
    ours = {str(path.relative_to(ROOT)) for path in project_files() if recorded.FOLDER not in path.parents}
    assert packed - MADE_FOR_IT == ours - MADE_FOR_IT
    assert os.access(unpacked / ".ci" / "run", os.X_OK)


def test_what_runs_leave_in_it_is_none_of_its_files(unpacked: Path, tmp_path: Path) -> None:
    """In a copy, as `make run`, `make test` and Python leave them; without git its own rules tell them apart."""
    tree = shutil.copytree(unpacked, tmp_path / "tree")
    made = [".tally/journal.sqlite", ".tally-markets/mine.csv", ".venv-3.12/bin/python", ".bench/table", "dist/one.whl"]
    made += ["build/site/index.html", "src/a.pyc", "tests/conformance/node/node_modules/ccxt/index.js"]
    for name in made:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text("", encoding="utf-8")
    listed = "from tests.tidy import files; print(*(path.relative_to(files.ROOT) for path in files.project_files()))"
    run = [sys.executable, "-B", "-c", listed]
    alone = {**os.environ, "PYTHONPATH": str(tree), "GIT_CEILING_DIRECTORIES": str(tmp_path)}
    done = subprocess.run(run, cwd=tree, env=alone, capture_output=True, text=True, timeout=60, check=True)
    said = done.stdout.split()
    assert len(said) > 1_000
    assert set(said) & set(made) == set()


@pytest.mark.parametrize(
    "target", ["run", "test", "check", "bench", "docs", "docs-site", "packages", "release", "setup-node"]
)
def test_make_has_all_it_needs(unpacked: Path, target: str) -> None:
    """Said and not done, as in an environment that has nothing yet."""
    said = ["make", "-C", str(unpacked), "-n", "VENV=.venv-of-nobody", target]
    done = subprocess.run(said, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


@contextmanager
def started(tree: Path, folder: Path) -> Iterator[str]:
    """`make run` of the tree: the address it answers at."""
    version = tree / "src" / "tallystick" / "__init__.py"
    version.write_text(version.read_text(encoding="utf-8").split("__version__")[0] + f'__version__ = "{VERSION}"\n')
    process = subprocess.Popen(
        make(tree, "run", f"ARGS=--port 0 --data {folder} --market by-hand"),
        env={**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        else:
            raise AssertionError("".join(lines))
        yield json.loads((folder / "connection.json").read_text(encoding="utf-8"))["url"]
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=30)


def test_it_starts(unpacked: Path, tmp_path: Path) -> None:
    with started(unpacked, tmp_path / "data") as url:
        client = HTTPConnection(urlsplit(url).netloc, timeout=30)
        client.request("GET", "/tally/openapi.json")
        assert json.loads(client.getresponse().read())["info"]["version"] == VERSION
        client.close()


def test_it_tests_itself(unpacked: Path) -> None:
    tested = make(
        unpacked, "test", "JOBS=0", "ARGS=-q -p no:cacheprovider tests/wire/test_sign.py tests/tidy/test_layers.py"
    )
    done = subprocess.run(tested, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_exactly_the_tests_of_recorded_prices_are_left_out(unpacked: Path) -> None:
    """Two files with such tests, collected there and here: the same names but for those that bear the mark."""
    files = ["tests/scenarios/test_recorded.py", "tests/docs/test_market_data.py"]
    collect = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", *files]
    there, here, marked = (
        subprocess.run([*collect, *more], cwd=tree, capture_output=True, text=True, timeout=300, check=False)
        for tree, more in ((unpacked, []), (ROOT, []), (ROOT, ["-m", "recorded"]))
    )
    names = [{line for line in done.stdout.splitlines() if "::" in line} for done in (there, here, marked)]
    assert names[0] == names[1] - names[2]
    assert recorded.SAID in there.stdout
    # A source package that tests itself has no recordings either.
    assert (recorded.SAID not in here.stdout) == bool(names[2]) == (not recorded.left_out())
