"""Tables and pictures of a run: rows by hand, the same bytes by one process and by two, and what ends the second."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import msgspec
import pytest

from tallystick.lab import tables
from tallystick.lab.bounds import FIRST_HOUR
from tallystick.lab.forms import AccountOutcome, Answer, PathOutcome
from tallystick.lab.jobs import LabFailed
from tallystick.lab.models import Shock
from tallystick.lab.running import LIVES, Folder, Kind, Run, begin, carry_out
from tests.lab.test_account_running import book_of_both, started
from tests.lab.test_answers import HOUR, given
from tests.lab.test_models import small


def by_hand(folder: Folder, paths: list[PathOutcome]) -> Run:
    """Run of a loan and an hour-by-hour horizon of ten, with outcomes that are given."""
    book = small()
    folder.put(map(msgspec.json.encode, paths))
    manifest = begin(book, Shock(), paths=1, seed=0, hours=10, points=1, rates=FIRST_HOUR)
    return Run(msgspec.structs.replace(manifest, paths=len(paths)), book, folder.lines)


@pytest.fixture
def kept(tmp_path: Path) -> tuple[Run, Folder]:
    folder = Folder(tmp_path)
    return by_hand(folder, given()), folder


def test_rows_by_hand(tmp_path: Path) -> None:
    fallen = AccountOutcome(
        account=7,
        called_ms=0,
        liquidated_ms=small().hour_ms + HOUR // 4,
        liquidations=2,
        closed_ms=small().hour_ms + 9 * HOUR,
        fund_gains="2",
        fund_pays="0",
        sales_cost="3.5",
        interest={"USDT": "1", "BTC": "0.1"},
    )
    folder = Folder(tmp_path)
    run = by_hand(folder, [*given(), PathOutcome(4, [], [fallen])])
    rows = [",".join("" if value is None else str(value) for value in row) for row in tables.outcomes(run)]
    assert rows == [
        "1,1,,2.0,,0,,0,0,,USDT 3 USDC 0",
        "2,1,,4.0,5.0,0,,8,0,,USDT 3 USDC 0",
        "3,1,,,7.0,0,,2,5,,USDT 3 USDC 0",
        "4,,7,,0.25,2,9.0,2,0,3.5,USDT 1 BTC 0.1",
    ]


@pytest.mark.parametrize("kind", [Kind(), Kind(first_events=True)])
def test_two_processes_write_the_same_bytes(tmp_path: Path, kind: Kind) -> None:
    book, folder = book_of_both(), Folder(tmp_path)
    manifest = started(book, kind)
    folder.begin(manifest, book)
    run = carry_out(manifest, book, folder=folder)
    alone = tables.write(run, folder)
    assert alone.files == ["answers.csv", "answers.json", "outcomes.csv", "survival.svg", "fan.svg"]
    told = {name: (tmp_path / name).read_bytes() for name in alone.files}
    assert told["outcomes.csv"].count(b"\n") == sum(len(path.loans) + len(path.accounts) for path in run.paths()) + 1
    for name in alone.files:
        (tmp_path / name).unlink()
    assert tables.write(run, folder, workers=2) == alone
    assert {name: (tmp_path / name).read_bytes() for name in alone.files} == told
    assert alone.answers == tables.answers_of(run)


def test_what_the_second_process_cannot_write_is_told(kept: tuple[Run, Folder]) -> None:
    run, folder = kept
    (folder.place / "outcomes.csv").mkdir()
    with pytest.raises(IsADirectoryError, match=r"outcomes\.csv"):
        tables.write(run, folder, workers=2)


def test_a_line_that_the_second_process_cannot_read_is_told(kept: tuple[Run, Folder]) -> None:
    run, folder = kept
    (folder.place / LIVES).write_bytes(b"{}\n")
    lines = [msgspec.json.encode(path) for path in given()]
    with pytest.raises(LabFailed, match=r"^the process that writes the outcomes failed: ValidationError"):
        tables.write(Run(run.manifest, run.book, lambda: iter(lines)), folder, workers=2)


def test_a_second_process_that_is_killed_is_told(kept: tuple[Run, Folder], monkeypatch: pytest.MonkeyPatch) -> None:
    run, folder = kept

    def kill(told: Run) -> list[Answer]:
        for child in multiprocessing.active_children():
            os.kill(child.pid or 0, signal.SIGKILL)
        return tables._answers(told, told.paths())

    monkeypatch.setattr(tables, "answers_of", kill)
    with pytest.raises(LabFailed, match="the process that writes the outcomes ended with exit code -9"):
        tables.write(run, folder, workers=2)


def test_ctrl_c_leaves_no_second_process(kept: tuple[Run, Folder], monkeypatch: pytest.MonkeyPatch) -> None:
    run, folder = kept

    def stop(told: Run) -> list[Answer]:
        assert len(multiprocessing.active_children()) == 1
        raise KeyboardInterrupt

    monkeypatch.setattr(tables, "answers_of", stop)
    with pytest.raises(KeyboardInterrupt):
        tables.write(run, folder, workers=2)
    assert multiprocessing.active_children() == []
