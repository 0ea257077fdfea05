"""Safe repay under faults: no second repayment, no false outcome, no wrong sum; and bugs that the same suite finds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tallystick.client import errors, files, flows
from tallystick.client.files import Kept
from tallystick.client.safe import by_hand, intents, one_click, reading, resuming
from tallystick.client.safe.outcomes import NotRepaid, PartlyRepaid, Repaid, StillRunning
from tests.client.link import Link, Stopped, linked
from tests.client.safe_runs import (
    BY_HAND,
    CASES,
    WAIT_S,
    at_the_venues_time,
    begin,
    blind_bot,
    by_hand_client,
    client,
    each_pair,
    judge,
    play,
    seeded,
)
from tests.torture.form import scaled


@pytest.fixture(scope="module")
def module_link() -> Iterator[Link]:
    with linked() as here:
        yield here


@pytest.fixture
def link(module_link: Link) -> Link:
    begin(module_link)
    module_link.at = None
    return module_link


SAME_COIN, WITH_SALE = CASES[0], CASES[1]


# ---- what is said when nothing goes wrong


def test_a_debt_that_is_gone_is_repaid(link: Link) -> None:
    """100 USDC owed with 10 at hand: 10 repay at once, 90 are bought."""
    said = client(link, WITH_SALE)
    assert isinstance(said, Repaid)
    assert (said.repaid, said.left, len(said.runs), said.intent) == (Decimal(100), Decimal(0), 1, "")
    assert [leg.side for leg in said.runs[0].legs] == ["buy", "sell"]


def test_a_rest_is_told_with_the_way_to_it(link: Link) -> None:
    said = client(link, SAME_COIN)
    assert isinstance(said, PartlyRepaid)
    assert (said.repaid, said.left) == (Decimal(10), Decimal(90))
    assert "repay_spot" in said.note


def test_nothing_owed_sends_nothing(link: Link) -> None:
    said = link.run(one_click.repay(link.session(), "BTC", ("ETH",), WAIT_S))
    assert isinstance(said, Repaid)
    assert link.posts == []


def test_a_refusal_is_not_repaid_with_its_code(link: Link) -> None:
    """The debt's own coin has a balance and must be first: 59129."""
    said = link.run(one_click.repay(link.session(), "USDC", ("BTC",), WAIT_S))
    assert isinstance(said, NotRepaid)
    assert (said.code, said.repaid, said.left) == ("59129", Decimal(0), Decimal(100))


def test_a_clock_that_stands_still_ends_in_still_running(
    link: Link, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The venue's clock is frozen while the client waits; after an advance the outcome is read, and nothing sent."""
    local = [0.0]

    def wait(ms: int) -> None:
        local[0] += ms / 1000

    kept = Kept(tmp_path)
    monkeypatch.setattr(link, "pass_ms", wait)
    session = link.session()
    session.clock.monotonic = lambda: local[0]
    said = link.run(one_click.repay(session, "USDC", ("USDC", "BTC"), WAIT_S), kept)
    assert isinstance(said, StillRunning)
    assert "advance" in said.note
    assert local[0] < 10
    monkeypatch.undo()
    with pytest.raises(errors.IntentOpen, match="resume"):
        link.run(one_click.repay(link.session(), "USDC", ("USDC", "BTC"), WAIT_S), kept)
    link.control("clock/advance", {"by": "10s"})
    (after,) = link.run(resuming.resume(link.session(), WAIT_S), kept)
    assert isinstance(after, Repaid)
    assert after.repaid == 100
    assert len(link.posts) == 1
    assert link.run(resuming.resume(link.session(), WAIT_S), kept) == []


def test_everything_by_hand_means_with_the_interest_of_this_second(link: Link) -> None:
    """500 USDT are owed and 2,500 there. An hour's interest is added to the debt before the request arrives."""
    link.control("clock/advance", {"ms": 3_599_900})
    said = link.run(by_hand.repay_spot(link.session(), "USDT", None, WAIT_S))
    assert isinstance(said, Repaid)
    assert said.left == 0
    assert said.repaid > 500
    assert link.debt("USDT") == 0


# ---- under faults


@pytest.mark.parametrize("actor", [client, by_hand_client])
def test_every_fault_at_every_request(link: Link, actor: Any) -> None:
    assert each_pair(link, actor, SAME_COIN) == []


@pytest.mark.parametrize(("actor", "cases"), [(client, CASES), (by_hand_client, BY_HAND)])
def test_seeded_runs(link: Link, actor: Any, cases: Any) -> None:
    assert seeded(link, actor, cases, range(150)) == []


@pytest.mark.long
@pytest.mark.parametrize(("actor", "cases"), [(client, CASES), (by_hand_client, BY_HAND)])
def test_many_seeded_runs(link: Link, actor: Any, cases: Any) -> None:
    assert seeded(link, actor, cases, range(1_000, 1_000 + scaled(800, 2_000))) == []


# ---- bugs that the same suite finds


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
def test_a_blind_retry_fails(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    at_the_venues_time(link, monkeypatch)
    wrong = [
        play(link, blind_bot, WITH_SALE, fault, 0)
        for fault in ("dropped after", "50004, done", "doubled, first answer")
    ]
    assert any("requests to repay were sent" in complaint for complaints in wrong for complaint in complaints)


def test_retrying_a_write_on_50004_is_found(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flows, "moves", lambda endpoint: False)
    assert any("requests to repay were sent" in wrong for wrong in seeded(link, client, CASES, range(60)))


def test_a_decimal_by_way_of_a_float_is_found(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """100 USDC by two legs leave 99.99867116 or so of it repaid: the sum of what a float makes of it differs."""

    def rounded(row: Any, name: str, endpoint: Any) -> Decimal:
        return Decimal(float(row[name]))

    monkeypatch.setattr(reading, "amount", rounded)
    assert any("repaid" in wrong for wrong in play(link, client, CASES[2], "", 10_000))


def test_not_repaid_before_the_window_is_over_is_found(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intents, "closed", lambda session, intent, clock_ms: True)
    assert any("NotRepaid" in wrong for wrong in each_pair(link, client, SAME_COIN))


def test_an_earlier_run_is_not_taken_for_this_one(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs of one list at one frozen instant: the second tells of itself alone, by what was there."""

    def twice() -> Decimal:
        begin(link)
        client(link, SAME_COIN)
        link.control("users/alice/balance", {"account": "trading", "ccy": "USDC", "amt": "5"})
        return client(link, SAME_COIN).repaid

    assert twice() == 5
    monkeypatch.setattr(one_click, "counted", lambda rows, endpoint: {})
    assert twice() != 5


# ---- killed and resumed


class Dying:
    """The functions of `os` that write, until the number `at` of them: from then on nothing happens any more."""

    NAMES = ("open", "write", "fsync", "close", "link", "unlink")

    def __init__(self, at: int) -> None:
        self.left = at
        self.dead = False

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        return self._until(found) if name in self.NAMES else found

    def _until(self, found: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            self.dead = self.dead or self.left == 0
            if self.dead:
                raise Stopped
            self.left -= 1
            return found(*arguments, **named)

        return call


def resumed(link: Link, kept: Kept, before: Decimal) -> list[str]:
    """What is wrong after a client that died was started again."""
    sent = len(link.posts)
    link.told.clear()
    said = link.run(resuming.resume(link.session(), WAIT_S), kept)
    when_said = link.debt("USDC")
    link.pass_ms(120_000)
    if len(link.posts) != sent:
        return ["something was sent on resuming"]
    if not said:
        return ["a request was sent, and no intent tells of it"] if sent else []
    return judge(said[0], before, when_said, link.debt("USDC"))  # type: ignore[arg-type]


def test_killed_at_every_write_and_sync_and_resumed(
    link: Link, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = 0
    while True:
        begin(link)
        kept = Kept(tmp_path / str(at))
        dying = Dying(at)
        monkeypatch.setattr(files, "os", dying)
        try:
            link.run(one_click.repay(link.session(), *SAME_COIN, WAIT_S), kept)
            break
        except Stopped:
            monkeypatch.undo()
            assert resumed(link, kept, Decimal(100)) == [], f"killed at call {at} of the file system"
        at += 1
    assert at > 10


def killed_at_every_step(link: Link, folder: Path, kept_of: Any) -> list[str]:
    found: list[str] = []
    at = 0
    while True:
        begin(link)
        kept = kept_of(folder / str(at))
        try:
            link.run(one_click.repay(link.session(), *SAME_COIN, WAIT_S), kept, stop_at=at)
            at = -1
        except Stopped:
            pass
        found += [f"killed before step {at}: {wrong}" for wrong in resumed(link, kept, Decimal(100))]
        if at < 0:
            return found
        at += 1


class Late(Kept):
    """The planted bug: the intent is written when the outcome is read, after the request was sent."""

    def write_new(self, name: str, content: bytes) -> bool:
        self.folder.mkdir()
        return True


def test_killed_at_every_step_and_resumed(link: Link, tmp_path: Path) -> None:
    """The last death comes after the last step, before the outcome is returned."""
    assert killed_at_every_step(link, tmp_path, Kept) == []


class Removed(Kept):
    """The planted bug: the intent is removed when the outcome is known, before it is returned."""

    def replace(self, name: str, mark: str, content: bytes) -> bool:
        self.remove(name, mark)
        return True


def test_an_intent_that_is_removed_before_the_outcome_is_returned_is_found(link: Link, tmp_path: Path) -> None:
    assert killed_at_every_step(link, tmp_path, Removed) == [
        "killed before step -1: a request was sent, and no intent tells of it"
    ]


def test_an_intent_that_is_written_after_sending_is_found(link: Link, tmp_path: Path) -> None:
    assert any("no intent tells of it" in wrong for wrong in killed_at_every_step(link, tmp_path, Late))


def test_an_intent_that_cannot_be_written_sends_nothing(link: Link, tmp_path: Path) -> None:
    class Full(Kept):
        def write_new(self, name: str, content: bytes) -> bool:
            raise OSError(28, "No space left on device")

    carry_out = link._carry_out

    def as_a_client(step: Any, kept: Any) -> Any:
        from tallystick.client import steps

        try:
            return carry_out(step, kept)
        except OSError as error:
            return steps.Kept(failed=str(error))

    link._carry_out = as_a_client  # type: ignore[method-assign]
    try:
        with pytest.raises(errors.NotSent, match="No space left"):
            link.run(one_click.repay(link.session(), *SAME_COIN, WAIT_S), Full(tmp_path))
    finally:
        del link._carry_out
    assert link.posts == []


def test_an_intent_holds_no_key(link: Link, tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    at = after_keep(link, kept)
    with pytest.raises(Stopped):
        link.run(one_click.repay(link.session(), *SAME_COIN, WAIT_S), kept, stop_at=at)
    ((name, content),) = kept.all()
    alice = link.world.alice
    for secret in (alice.api_key, alice.secret_key, alice.passphrase):
        assert secret not in name
        assert secret.encode() not in content
    assert (tmp_path / f"{name}.intent").stat().st_mode & 0o077 == 0


def after_keep(link: Link, kept: Kept) -> int:
    """Number of the step that sends the request: the client dies before it, with its intent written."""
    for at in range(100):
        begin(link)
        try:
            link.run(one_click.repay(link.session(), *SAME_COIN, WAIT_S), kept, stop_at=at)
        except Stopped:
            if kept.all():
                (name,) = (name for name, _ in kept.all())
                kept.remove(name, "")
                begin(link)
                return at
    raise AssertionError("no intent was written")
