"""Intents that meet other threads, other intents, a full disk and damage."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tallystick.client import answers, errors, undecoded
from tallystick.client.clock import Clock
from tallystick.client.files import Kept
from tallystick.client.flows import Session
from tallystick.client.hosts import host_of
from tallystick.client.safe import resuming
from tallystick.client.safe.intents import name_of
from tallystick.client.safe.outcomes import UnknownOutcome
from tallystick.client.secrets import Key
from tallystick.client.steps import Kept as Found
from tallystick.client.steps import Received
from tallystick.contract.repay import ONE_CLICK_REPAY_V2


def session() -> Session:
    return Session(host=host_of("http://127.0.0.1"), key=Key("a", "b", "c"), clock=Clock(), paced=False)


def keep(kept: Kept, start: threading.Barrier) -> Callable[[bytes], bool]:
    def when_all_are_there(content: bytes) -> bool:
        start.wait()
        return kept.write_new("one", content)

    return when_all_are_there


def test_of_threads_that_keep_one_name_one_wins_and_its_file_is_whole(tmp_path: Path) -> None:
    for turn in range(50):
        kept = Kept(tmp_path / str(turn))
        contents = [bytes([65 + number]) * 20_000 for number in range(4)]
        start = threading.Barrier(len(contents))
        with ThreadPoolExecutor(len(contents)) as pool:
            won = [
                content for content, first in zip(contents, pool.map(keep(kept, start), contents), strict=True) if first
            ]
        assert len(won) == 1
        assert kept.all() == (("one", won[0]),)


def test_an_intent_is_not_removed_by_who_settled_the_one_before(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.write_new("one", b"first")
    kept.remove("one", "first")
    kept.write_new("one", b"second")
    kept.remove("one", "first")
    assert kept.all() == (("one", b"second"),)


@pytest.mark.parametrize("at", [1, 2])
def test_a_file_that_cannot_be_synced_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int) -> None:
    """The first sync is of the file, the second of its name."""
    calls: list[int] = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == at:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("tallystick.client.files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        Kept(tmp_path / "kept").write_new("one", b"content")
    assert list((tmp_path / "kept").iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 2}', b"\xff"])
def test_a_damaged_intent_is_told_and_stops_no_other(content: bytes) -> None:
    here = session()
    name = name_of(here, "repay", "USDC")
    flow = resuming.resume(here, 1.0)
    next(flow)
    with pytest.raises(StopIteration) as end:
        flow.send(Found(((name, content),)))
    (said,) = end.value.value
    assert isinstance(said, UnknownOutcome)
    assert f"{name}.intent cannot be read" in said.note


def test_the_name_of_an_intent_leads_to_no_other_folder() -> None:
    assert "/" not in name_of(session(), "repay_loan", "../../elsewhere")


@pytest.mark.parametrize("kind", [errors.UnreadableOutcome, errors.BadAnswer])
@pytest.mark.parametrize("reader", [answers.read, undecoded.reader("ts")])
def test_an_answer_nested_without_end_is_a_typed_error(kind: type[errors.ClientError], reader: answers.Reader) -> None:
    body = b'{"code":"0","data":' + b"[" * 100_000
    with pytest.raises(kind):
        reader(Received(200, body), ONE_CLICK_REPAY_V2, kind is errors.UnreadableOutcome, 0)
