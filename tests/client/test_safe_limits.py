"""What the client says where it cannot know, or where two things cannot be told apart."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tallystick.client.safe import by_hand, one_click, resuming
from tallystick.client.safe.outcomes import NotRepaid, PartlyRepaid, Repaid, StillRunning, UnknownOutcome
from tallystick.client.steps import Failed, Received, Send
from tests.client.link import Link, kept_in, linked
from tests.client.safe_runs import WAIT_S, begin


@pytest.fixture(scope="module")
def module_link() -> Iterator[Link]:
    with linked() as here:
        yield here


@pytest.fixture
def link(module_link: Link, monkeypatch: pytest.MonkeyPatch) -> Link:
    begin(module_link)
    module_link.at = None
    return module_link


def unanswered(link: Link, monkeypatch: pytest.MonkeyPatch, *paths: str) -> None:
    """From the first write on, reads of these paths get no answer."""
    send = link.send

    def cut(step: Send) -> Received | Failed:
        if link.posts and step.method == "GET" and step.target.partition("?")[0].endswith(paths):
            link.pass_ms(100)
            return Failed(True, "cut")
        return send(step)

    monkeypatch.setattr(link, "send", cut)


def test_a_history_that_cannot_be_read_ends_in_unknown_and_is_known_later(
    link: Link, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept = kept_in(tmp_path)
    with monkeypatch.context() as patch:
        unanswered(link, patch, "one-click-repay-history-v2")
        said = link.run(one_click.repay(link.session(), "USDC", ("USDC",), WAIT_S), kept)
        assert isinstance(said, UnknownOutcome)
        assert "one_click_repay_history_v2()" in said.note
        assert said.left is None
    (after,) = link.run(resuming.resume(link.session(), WAIT_S), kept)
    assert isinstance(after, PartlyRepaid)
    assert (after.repaid, after.left) == (Decimal(10), Decimal(90))
    assert len(link.posts) == 1


def test_a_debt_that_one_list_lacks_is_not_taken_for_repaid(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """The list of debts comes without its rows, as a fault of the venue has it: no `Repaid` is said."""
    deliver = link.deliver

    def bare(step: Send) -> Received:
        result = deliver(step)
        if link.posts and step.target.endswith("currency-list-v2"):
            return Received(200, b'{"code":"0","msg":"","data":[{"debtData":[],"repayData":[]}]}')
        return result

    monkeypatch.setattr(link, "deliver", bare)
    said = link.run(one_click.repay(link.session(), "USDC", ("USDC",), 60.0))
    assert isinstance(said, UnknownOutcome)
    assert "lacks" in said.note


def test_two_runs_of_one_request_are_told_with_their_sum(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network delivers the request again, when 5 USDC have come in: 10 and 5 were repaid."""
    deliver = link.deliver

    def twice(step: Send) -> Received:
        result = deliver(step)
        if step.method == "POST":
            link.control("users/alice/balance", {"account": "trading", "ccy": "USDC", "amt": "5"})
            deliver(step)
        return result

    monkeypatch.setattr(link, "deliver", twice)
    said = link.run(one_click.repay(link.session(), "USDC", ("USDC",), WAIT_S))
    assert isinstance(said, PartlyRepaid)
    assert (said.repaid, said.left, len(said.runs)) == (Decimal(15), Decimal(85), 2)
    assert "2 runs fit this one request" in said.note


def test_a_failed_run_is_not_taken_for_an_unanswered_request_that_may_still_arrive(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another program asks for the same, and its run repays nothing. The request itself arrives 20 s later."""
    body = {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]}
    link.control("users/alice/balance", {"account": "trading", "ccy": "USDC", "amt": "-10"})
    link.control("faults", {"on": "one_click_repay_v2", "fault": "repay-leg-canceled", "nth": 1})
    send = link.send

    def late(step: Send) -> Received | Failed:
        if step.method != "POST":
            return send(step)
        link.posts.append(step.target)
        link.ask("POST", "/api/v5/trade/one-click-repay-v2", body)
        heapq.heappush(link.late, (link.now_ms + 20_000, link.sent, step))
        link.pass_ms(10_000)
        return Failed(True, "no answer in time")

    monkeypatch.setattr(link, "send", late)
    owed = link.debt("USDC")
    said = link.run(one_click.repay(link.session(), "USDC", ("USDC", "BTC"), WAIT_S))
    assert isinstance(said, Repaid)
    assert (len(link.posts), [run.status for run in said.runs]) == (1, ["filled", "failed"])
    assert said.repaid == owed - link.debt("USDC") > 0
    assert "cannot be told apart" in said.note


def test_a_run_beside_a_repayment_by_hand_cannot_be_told_apart(link: Link) -> None:
    """A one-click run of the same debt writes the same rows; only an answer can tell then."""
    body = {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]}
    link.ask("POST", "/api/v5/trade/one-click-repay-v2", body)
    link.control("users/alice/balance", {"account": "trading", "ccy": "USDC", "amt": "5"})
    link.fault = "dropped after"
    before = sent_before_write(link)
    link.at = before
    said = link.run(by_hand.repay_spot(link.session(), "USDC", 5, WAIT_S))
    assert isinstance(said, UnknownOutcome)
    assert "one_click_repay_history_v2()" in said.note


def sent_before_write(link: Link) -> int:
    """Number of the request that repays by hand: a list of debts, the clock and a history come before it."""
    link.sent, link.posts = 0, []
    return 4


def test_a_refusal_after_which_the_debt_is_the_same_is_told_at_once(link: Link) -> None:
    began = link.now_ms
    said = link.run(one_click.repay(link.session(), "USDC", ("BTC",), WAIT_S))
    assert isinstance(said, NotRepaid)
    assert link.now_ms - began < 10_000


def test_time_that_is_over_before_a_run_ends_is_still_running(link: Link, tmp_path: Path) -> None:
    kept = kept_in(tmp_path)
    said = link.run(one_click.repay(link.session(), "USDC", ("USDC", "BTC"), 1.0), kept)
    assert isinstance(said, StillRunning)
    assert (said.repaid, said.runs[0].status) == (Decimal(10), "running")
    link.pass_ms(10_000)
    (after,) = link.run(resuming.resume(link.session(), WAIT_S), kept)
    assert isinstance(after, Repaid)


@pytest.mark.parametrize("name", ["debtAmt", "fillDebtSz", "liab"])
@pytest.mark.parametrize("value", ["", "NaN", "one", None, 5, "Infinity"])
def test_an_amount_that_is_none_is_never_taken_for_zero(
    link: Link, monkeypatch: pytest.MonkeyPatch, name: str, value: Any
) -> None:
    import msgspec

    deliver = link.deliver

    def spoilt(step: Send) -> Received:
        result = deliver(step)
        if not link.posts or step.method == "POST":
            return result
        text = result.body.decode()
        head, found, rest = text.partition(f'"{name}":')
        if not found:
            return result
        end = min(at for at in (rest.find(","), rest.find("}")) if at >= 0)
        return Received(200, (head + found + msgspec.json.encode(value).decode() + rest[end:]).encode())

    monkeypatch.setattr(link, "deliver", spoilt)
    using = ("USDT",) if name == "liab" else ("USDC",)
    said = link.run(one_click.repay(link.session(), "USDT" if name == "liab" else "USDC", using, 20.0))
    if name == "liab" and value == "":
        assert isinstance(said, Repaid)  # with borrowing off the debt fields of a balance are empty
    else:
        assert isinstance(said, UnknownOutcome), said


def test_a_request_older_than_the_history_has_no_known_outcome(link: Link, tmp_path: Path) -> None:
    """The run repaid 10 and has left the history since; `NotRepaid` would be false."""
    kept = kept_in(tmp_path)
    said = link.run(one_click.repay(link.session(), "USDC", ("USDC", "BTC"), 1.0), kept)
    assert isinstance(said, StillRunning)
    link.pass_ms(8 * 86_400_000)
    (after,) = link.run(resuming.resume(link.session(), WAIT_S), kept)
    assert isinstance(after, UnknownOutcome)
    assert "seven days" in after.note
    assert len(link.posts) == 1


@pytest.mark.parametrize("value", ["x", "\u00b2", "9" * 30, "1E+999999"])
def test_a_time_or_amount_that_is_none_is_no_crash(link: Link, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    import msgspec

    deliver = link.deliver

    def spoilt(step: Send) -> Received:
        result = deliver(step)
        if "one-click-repay-history" not in step.target or not link.posts:
            return result
        answer = msgspec.json.decode(result.body)
        for row in answer["data"]:
            row["ts"] = value
        return Received(200, msgspec.json.encode(answer))

    monkeypatch.setattr(link, "deliver", spoilt)
    said = link.run(one_click.repay(link.session(), "USDC", ("USDC",), 10.0))
    assert isinstance(said, UnknownOutcome)


def test_a_full_page_proves_no_absence(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """100 newer runs of another coin came meanwhile: the request's own run may lie beyond them."""
    import msgspec

    deliver = link.deliver
    other = {"debtCcy": "BTC", "repayCcyList": ["ETH"], "status": "filled", "fillDebtSz": "1", "ordIdInfo": []}

    def crowded(step: Send) -> Received:
        result = deliver(step)
        if "one-click-repay-history" not in step.target or not link.posts:
            return result
        rows = [{**other, "ts": str(link.now_ms)}] * 100
        return Received(200, msgspec.json.encode({"code": "0", "msg": "", "data": rows}))

    monkeypatch.setattr(link, "deliver", crowded)
    said = link.run(one_click.repay(link.session(), "USDC", ("USDC",), 60.0))
    assert isinstance(said, UnknownOutcome)
    assert "as many as a page holds" in said.note


# ---- bills


def without_rows(link: Link, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """After the first write this list comes without its rows, always."""
    deliver = link.deliver

    def bare(step: Send) -> Received:
        result = deliver(step)
        if link.posts and step.method == "GET" and path in step.target:
            return Received(200, b'{"code":"0","msg":"","data":[]}')
        return result

    monkeypatch.setattr(link, "deliver", bare)


@pytest.mark.parametrize("by", ["one click", "hand"])
def test_bills_of_a_run_that_the_history_lacks_forbid_not_repaid(
    link: Link, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    """10 of 100 USDC were repaid, the answer is lost, and no history ever has it."""
    without_rows(link, monkeypatch, "one-click-repay-history" if by == "one click" else "borrow-repay-history")
    send = link.send

    def lost(step: Send) -> Received | Failed:
        result = send(step)
        return Failed(True, "cut") if step.method == "POST" else result

    monkeypatch.setattr(link, "send", lost)
    flow = (
        one_click.repay(link.session(), "USDC", ("USDC",), 120.0)
        if by == "one click"
        else by_hand.repay_spot(link.session(), "USDC", "5", 120.0)
    )
    said = link.run(flow)
    assert isinstance(said, UnknownOutcome), said
    assert "that the history lacks" in said.note


def test_bills_that_come_later_are_named(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    without_rows(link, monkeypatch, "account/bills")
    said = link.run(one_click.repay(link.session(), "USDC", ("USDC", "BTC"), WAIT_S))
    assert isinstance(said, Repaid)
    assert said.note == "The bills show 0 of it so far."


def test_bills_that_may_not_be_read_change_nothing(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver = link.deliver

    def forbidden(step: Send) -> Received:
        if "account/bills" in step.target:
            return Received(403, b'{"code":"50120","msg":"no","data":[]}')
        return deliver(step)

    monkeypatch.setattr(link, "deliver", forbidden)
    said = link.run(by_hand.repay_spot(link.session(), "USDT", None, WAIT_S))
    assert isinstance(said, Repaid)
    assert said.note == ""


def test_a_refusal_says_until_when_a_copy_could_be_accepted(link: Link) -> None:
    said = link.run(one_click.repay(link.session(), "USDC", ("BTC",), WAIT_S))
    assert isinstance(said, NotRepaid)
    assert said.code == "59129"
    assert "could still be accepted until" in said.note
