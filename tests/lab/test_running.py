"""Runs: the same bytes on one worker and on two, after Ctrl-C, and after a worker was killed in the middle."""

from __future__ import annotations

import multiprocessing
import os
import signal
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tallystick.lab import running
from tallystick.lab.book import Book
from tallystick.lab.forms import Manifest
from tallystick.lab.jobs import LabFailed, Part
from tallystick.lab.lab import Lab
from tallystick.lab.models import BadModel, Model, Shock, Walk
from tallystick.lab.replaying import replayed
from tallystick.lab.running import Folder, Run, begin, carry_out
from tallystick.store import files
from tests.lab.worlds import world

MODEL = Walk(usual=1.5)
PATHS = 60


@pytest.fixture(scope="module")
def book() -> Book:
    return world(3, hours_most=130).book


@pytest.fixture(scope="module")
def whole(book: Book) -> Run:
    """The run on one worker, in memory."""
    return carry_out(started(book), book, MODEL)


def started(book: Book, model: Model = MODEL, paths: int = PATHS) -> Manifest:
    return begin(book, model, paths=paths, seed=7, hours=48, points=1)


def test_things_happen_and_each_path_has_its_line(whole: Run) -> None:
    assert [path.path for path in whole.paths()] == list(range(PATHS))
    assert sum(len(path.loans) for path in whole.paths()) > PATHS


def test_two_workers_give_the_same_bytes(book: Book, whole: Run) -> None:
    two = carry_out(started(book), book, MODEL, workers=2)
    assert two.manifest == whole.manifest
    assert list(two.lines()) == list(whole.lines())


def test_ctrl_c_keeps_what_is_done_and_the_rest_is_done_later(book: Book, whole: Run, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "run")
    folder.begin(started(book), book)

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(started(book), book, MODEL, folder=folder, progress=stop)
    assert folder.done() == [(0, 25)]
    with pytest.raises(LabFailed, match="25 of 60 paths are done"):
        folder.read()
    told: list[tuple[int, int]] = []
    resumed = folder.resume(1, lambda done, of: told.append((done, of)))
    assert told == [(50, 60), (60, 60)]
    assert resumed.manifest == whole.manifest == folder.read().manifest
    assert list(folder.read().lines()) == list(whole.lines())


def test_ctrl_c_before_the_manifest_is_written_leaves_nothing_in_the_way(
    book: Book, whole: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path / "run")
    written = files.write_whole

    def stop(path: Path, content: bytes) -> None:
        if path.name == running.MANIFEST:
            raise KeyboardInterrupt
        written(path, content)

    with monkeypatch.context() as planted:
        planted.setattr(files, "write_whole", stop)
        with pytest.raises(KeyboardInterrupt):
            folder.begin(started(book), book)
    folder.begin(started(book), book)
    assert list(carry_out(started(book), book, MODEL, folder=folder).lines()) == list(whole.lines())


def test_a_worker_that_is_killed_ends_the_run_with_its_paths_and_exit_code(
    book: Book, whole: Run, tmp_path: Path
) -> None:
    folder = Folder(tmp_path / "run")
    folder.begin(started(book), book)

    def kill(done: int, of: int) -> None:
        for child in multiprocessing.active_children():
            os.kill(child.pid or 0, signal.SIGKILL)

    # One range of three is left when the first is done, and nobody is left to do it.
    with pytest.raises(LabFailed, match=r"the worker of paths \d+ to \d+ ended with exit code -9"):
        carry_out(started(book), book, MODEL, workers=2, folder=folder, progress=kill)
    assert list(folder.resume(2, lambda done, of: None).lines()) == list(whole.lines())


@pytest.mark.parametrize("kept", [False, True])
def test_the_lines_of_all_paths_are_never_in_memory_together(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    """40 parts of half a million bytes: a run that gathers them holds 20 million bytes, and a few parts are 4."""

    def parts(*_: object) -> Iterator[Part]:
        for first in range(0, 1_000, 25):
            lines = [f'{{"path":{path},"loans":[]}}'.encode().ljust(20_000) for path in range(first, first + 25)]
            yield Part(first=first, end=first + 25, lines=lines, looked=1, decided=2)

    monkeypatch.setattr(running, "_parts", parts)
    folder = Folder(tmp_path) if kept else None
    manifest = started(book, paths=1_000)
    if folder is not None:
        folder.begin(manifest, book)
    tracemalloc.start()
    try:
        run = carry_out(manifest, book, MODEL, folder=folder)
        assert sum(1 for _ in run.paths()) == 1_000
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()
    assert (run.manifest.looked, run.manifest.decided) == (40, 80)


def test_a_changed_line_is_seen(book: Book, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.begin(started(book), book)
    carry_out(started(book), book, MODEL, folder=folder)
    lives = tmp_path / running.LIVES
    lives.write_bytes(lives.read_bytes().replace(b'"path":3', b'"path":4'))
    with pytest.raises(LabFailed, match="has changed since it was written"):
        folder.read()


def test_another_version_does_not_go_on(book: Book, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.begin(msgspec.structs.replace(started(book), numpy="1.0"), book)
    with pytest.raises(LabFailed, match=r"numpy 1\.0, and here are"):
        folder.resume(1, lambda done, of: None)
    with pytest.raises(LabFailed, match="holds a run"):
        folder.begin(started(book), book)


def test_a_path_again_is_the_engines(book: Book, tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    folder.begin(started(book), book)
    again = replayed(folder, 5)
    assert again.same
    assert again.rows
    assert again.scenario == ""
    with pytest.raises(LabFailed, match="the paths 0 to 59"):
        replayed(folder, PATHS)


def test_a_run_that_cannot_be_is_refused(book: Book) -> None:
    with pytest.raises(BadModel, match="has 1 path"):
        started(book, Shock(fall="0.4"), paths=2)
    with pytest.raises(ValueError, match="paths, 1 or 4 points"):
        started(book, paths=0)


def test_three_lines_of_python(book: Book) -> None:
    lab = Lab.of(book.state, days=2)
    result = lab.run(MODEL, paths=5, seed=7)
    frame = result.frame()
    assert set(frame["path"]) <= set(range(5))
    assert len({len(column) for column in frame.values()}) == 1
    assert result.answers()[0].scope == "book"
    assert {loan for loan, path in zip(frame["loan"], frame["path"], strict=True) if path == 2} == {
        *lab.by_the_engine(MODEL, 2, seed=7).loans
    }
