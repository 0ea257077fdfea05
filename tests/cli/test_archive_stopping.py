"""A pull that is stopped with Ctrl-C: it says so, loses nothing, and the next one ends with every row once."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tallystick.archive import chain_of_pages, pulling
from tallystick.client.levers import Levers
from tests.cli.account import Terminal, run, terminal
from tests.cli.process import COMMAND, ENVIRONMENT
from tests.server.harness import TOKEN

SAID = "tally: Stopped: all that was read is kept, pull again to go on.\n"


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with terminal(tmp_path_factory.mktemp("stopping") / "data") as found:
        found.control("clock/advance", {"by": "2h"})
        yield found


def rows(place: Path) -> list[tuple[str, str]]:
    with closing(sqlite3.connect(place)) as file:
        return file.execute("SELECT stream, raw FROM rows ORDER BY stream, id").fetchall()


@pytest.fixture(scope="module")
def whole(here: Terminal, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, str]]:
    """Rows of a pull that nobody stopped."""
    place = tmp_path_factory.mktemp("whole") / "history.sqlite"
    assert here.tally("archive", "pull", "--file", str(place)).code == 0
    return rows(place)


def goes_on(here: Terminal, place: Path, whole: list[tuple[str, str]]) -> None:
    assert here.tally("archive", "pull", "--file", str(place)).code == 0
    assert rows(place) == whole
    assert run("archive", "verify", "--file", str(place)).code == 0


@pytest.mark.parametrize("page", [1, 2, 8, 11])
def test_a_pull_that_is_stopped_in_any_page_goes_on(
    here: Terminal, tmp_path: Path, whole: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    """In the middle of writing the page: none of it is kept, and all before it."""
    place, honest = tmp_path / "history.sqlite", chain_of_pages.append
    written: list[object] = []

    def append(*words: object) -> None:
        if len(written) == page - 1:
            raise KeyboardInterrupt
        written.append(words)
        honest(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(pulling, "append", append)
    done = here.tally("archive", "pull", "--file", str(place))
    assert (done.code, done.out, done.err) == (1, "", SAID)
    assert set(rows(place)) < set(whole)
    with closing(sqlite3.connect(place)) as file:
        assert file.execute("SELECT count(*) FROM page").fetchone() == (page - 1,)
    monkeypatch.setattr(pulling, "append", honest)
    goes_on(here, place, whole)


def test_the_error_of_a_stopped_pull_has_its_form(
    here: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def append(*words: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(pulling, "append", append)
    done = here.tally("archive", "pull", "--file", str(tmp_path / "history.sqlite"), "--json")
    assert (done.error["category"], done.error["retryable"], done.error["outcome"]) == ("interrupted", True, "none")
    done = here.tally(f"archive pull --file {tmp_path / 'history.sqlite'} --lang zh")
    assert done.err == "tally: 已停止：已读取的内容均已保存，再次读取即可继续。\n"


def test_a_signal_stops_a_pull_that_waits_for_an_answer(
    here: Terminal, tmp_path: Path, whole: list[tuple[str, str]]
) -> None:
    place = tmp_path / "history.sqlite"
    here.control("faults", {"on": "account_bills", "fault": "delay", "ms": 600_000})
    words = [*COMMAND, *f"archive pull --file {place} --data {here.folder}".split()]
    process = subprocess.Popen(words, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    # Bills come after the interest, whose page is in the file before they are asked for.
    while not has_page_of(place, "interest_accrued"):
        assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (1, "", SAID)
    assert 0 < len(rows(place)) < len(whole)
    with Levers(here.served.url, TOKEN) as levers:
        levers.faults.clear()
    goes_on(here, place, whole)


def has_page_of(place: Path, stream: str) -> bool:
    if not place.exists():
        return False
    with closing(sqlite3.connect(place)) as file:
        try:
            query = "SELECT 1 FROM page JOIN series ON series.id = page.series WHERE stream = ?"
            return bool(file.execute(query, (stream,)).fetchall())
        except sqlite3.OperationalError:
            return False
