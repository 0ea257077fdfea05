"""Commands that are ended in the middle: what was sent by then is never told as if nothing had happened."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tallystick.client.steps import Send
from tallystick.client.transport import HttpTransport
from tests.cli.account import Terminal, terminal
from tests.cli.process import COMMAND, ENVIRONMENT


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with terminal(tmp_path_factory.mktemp("ended") / "data") as found:
        yield found


@pytest.fixture
def here(place: Terminal) -> Terminal:
    place.reset()
    return place


def interrupt(monkeypatch: pytest.MonkeyPatch, method: str, path: str, *, after: bool) -> None:
    """Ctrl-C at a request: before it is sent, or after its answer came."""
    whole = HttpTransport.send

    def send(self: HttpTransport, step: Send) -> Any:
        if (step.method, path in step.target) != (method, True):
            return whole(self, step)
        if after:
            whole(self, step)
        raise KeyboardInterrupt

    monkeypatch.setattr(HttpTransport, "send", send)


RESUME = "tally repay --resume --data {folder}"
HISTORY = "tally history spot_borrow_repay_history --data {folder}"


@pytest.mark.parametrize(
    ("words", "path", "resume"),
    [
        ("repay USDC --using USDC,BTC", "one-click-repay-v2", RESUME),
        ("repay USDT", "spot-manual-borrow-repay", RESUME),
        ("convert USDT BTC 100", "convert/trade", RESUME),
        ("borrow USDC 5", "spot-manual-borrow-repay", HISTORY),
        ("call set_auto_repay --autoRepay true", "set-auto-repay", ""),
    ],
)
@pytest.mark.parametrize("after", [False, True])
def test_ctrl_c_at_a_write_is_an_unknown_outcome(
    here: Terminal, monkeypatch: pytest.MonkeyPatch, words: str, path: str, resume: str, after: bool
) -> None:
    interrupt(monkeypatch, "POST", path, after=after)
    done = here.tally(*words.split(), "--yes", "--json")
    assert (done.code, done.error["category"], done.error["outcome"]) == (10, "interrupted", "unknown")
    assert done.error["resume"] == resume.format(folder=here.folder)


def test_ctrl_c_before_a_write_is_nothing(here: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    before = here.control("state-hash")
    with monkeypatch.context() as inside:
        interrupt(inside, "GET", "one-click-repay-currency-list-v2", after=False)
        done = here.tally("repay USDC --using USDC,BTC --yes --json")
    assert (done.code, done.error["category"], done.error["outcome"]) == (1, "interrupted", "none")
    assert here.control("state-hash") == before
    after = here.tally("debts --json --nonsense")
    assert (after.code, after.error["outcome"]) == (2, "none")


def test_ctrl_c_at_a_lever_is_an_unknown_outcome(here: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    interrupt(monkeypatch, "POST", "clock/advance", after=True)
    done = here.tally("clock advance 1h --json")
    assert (done.code, done.error["outcome"], done.error["resume"]) == (10, "unknown", "")


def ended(here: Terminal, words: str, stdout: int) -> tuple[int, str]:
    """Exit code and standard error of a process of its own."""
    own = {name: os.environ[name] for name in ("XDG_RUNTIME_DIR", "TALLY_STATE")}
    done = subprocess.run(
        [*COMMAND, *words.split(), "--data", str(here.folder)],
        env={**ENVIRONMENT, **own},
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    return done.returncode, done.stderr


@pytest.fixture
def closed() -> Iterator[int]:
    """A pipe that nobody reads."""
    reads, writes = os.pipe()
    os.close(reads)
    yield writes
    os.close(writes)


@pytest.fixture
def full() -> Iterator[int]:
    """A disk without room."""
    with Path("/dev/full").open("wb") as file:
        yield file.fileno()


def borrowings(here: Terminal) -> list[str]:
    return [row["amt"] for row in here.tally("history spot_borrow_repay_history --ccy USDC --json amt").json][:-1]


@pytest.mark.parametrize("kind", ["closed", "full"])
def test_an_answer_that_cannot_be_printed_after_a_write_is_an_unknown_outcome(
    here: Terminal, kind: str, request: pytest.FixtureRequest
) -> None:
    before = len(borrowings(here))
    code, said = ended(here, "borrow USDC 5 --yes --json", request.getfixturevalue(kind))
    assert code == 10
    assert "standard output cannot be written" in said
    assert HISTORY.format(folder=here.folder) in said
    assert len(borrowings(here)) == before + 1


@pytest.mark.parametrize("words", ["debts", "debts --json", "debts --nonsense --json", "clock show"])
@pytest.mark.parametrize("kind", ["closed", "full"])
def test_a_reading_that_cannot_be_printed_fails_without_a_traceback(
    here: Terminal, words: str, kind: str, request: pytest.FixtureRequest
) -> None:
    assert ended(here, words, request.getfixturevalue(kind))[0] == 1


def test_nothing_is_sent_where_what_is_asked_cannot_be_shown(here: Terminal, full: int) -> None:
    before = here.control("state-hash")
    code, said = ended(here, "borrow USDC 5 --yes", full)
    assert (code, "No space left on device" in said) == (1, True)
    assert here.control("state-hash") == before
