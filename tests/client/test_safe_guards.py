"""Safe repay sends nothing for a mistyped coin or amount, believes no single empty list, and signs nothing too late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from tallystick.client import errors
from tallystick.client.clock import Clock
from tallystick.client.flows import Flow, Session
from tallystick.client.safe import by_hand, converting, loans, one_click, plans
from tallystick.client.safe.outcomes import Converted, NotConverted, NotRepaid, PartlyRepaid, Repaid
from tallystick.client.steps import Failed, Received, Send
from tests.client.link import Link, kept_in, linked, waiting
from tests.client.safe_runs import WAIT_S, begin

SLEPT_MS: Final = 120_000
EMPTY: Final = Received(200, b'{"code":"0","msg":"","data":[{"debtData":[],"repayData":[]}]}')


@pytest.fixture(scope="module")
def module_link() -> Iterator[Link]:
    with linked(surface="2026-08") as here:
        yield here


@pytest.fixture
def link(module_link: Link) -> Link:
    begin(module_link)
    module_link.at = None
    return module_link


def loan_of(link: Link) -> str:
    """A loan of 1,000 USDT, settled."""
    body = {"loanData": {"ccy": "USDT", "amt": "1000"}, "collateralData": [{"ccy": "BTC", "amt": "0.5"}]}
    (row,) = link.ask("POST", "/api/v5/finance/flexible-loan/borrow", body | {"clOrdId": "a-loan"})
    link.pass_ms(2_000)
    ord_id: str = row["ordId"]
    return ord_id


Amount = Callable[[Session, str, Any], Flow[Any]]
BY_AMOUNT: dict[str, Amount] = {
    "spot-manual-borrow-repay": lambda session, _, amt: by_hand.repay_spot(session, "USDC", amt, WAIT_S),
    "convert/trade": lambda session, _, amt: converting.convert(session, "USDT", "BTC", amt, WAIT_S),
    "flexible-loan/repay": lambda session, ord_id, amt: loans.repay_loan(session, ord_id, "USDT", amt, WAIT_S),
}
WRITES: dict[str, Amount] = BY_AMOUNT | {
    "one-click-repay-v2": lambda session, _, __: one_click.repay(session, "USDC", ("USDC",), WAIT_S)
}


# ---- a machine that slept


@pytest.mark.parametrize("path", WRITES)
def test_a_request_of_a_machine_that_slept_is_never_signed_anew(
    link: Link, path: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The machine sleeps for two minutes with the request signed, and its monotonic clock stands: 50102."""
    slept_ms, tried = [0], [0]
    ord_id = loan_of(link)
    deliver = link.deliver

    def asleep(step: Send) -> Received:
        if step.target.endswith(path):
            tried[0] += 1
            if tried[0] == 1:
                slept_ms[0] = SLEPT_MS
                link.pass_ms(SLEPT_MS)
        return deliver(step)

    monkeypatch.setattr(link, "deliver", asleep)
    session, kept = link.session(), kept_in(tmp_path)
    session.clock.monotonic = lambda: link.monotonic() - slept_ms[0] / 1000
    said = link.run(WRITES[path](session, ord_id, "5"), kept)
    assert tried == [1]
    assert isinstance(said, NotRepaid | NotConverted)
    assert said.code == "50102"
    assert waiting(kept) == []
    if path in ("one-click-repay-v2", "spot-manual-borrow-repay"):
        assert link.debt("USDC") == 100


def test_a_refused_timestamp_after_which_no_time_is_told_is_still_reconciled(
    link: Link, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the 50102 the public time is once not answered: the refusal is told, not the read that failed."""
    slept_ms, cut = [0], [0]
    send = link.send

    def asleep(step: Send) -> Received | Failed:
        if step.method == "POST":
            slept_ms[0] = SLEPT_MS
            link.pass_ms(SLEPT_MS)
        elif slept_ms[0] and not cut[0]:
            cut[0] = 1
            return Failed(True, "cut")
        return send(step)

    monkeypatch.setattr(link, "send", asleep)
    session = link.session()
    session.clock.monotonic = lambda: link.monotonic() - slept_ms[0] / 1000
    said = link.run(one_click.repay(session, "USDC", ("USDC",), WAIT_S))
    assert isinstance(said, NotRepaid)
    assert (said.code, len(link.posts), cut) == ("50102", 1, [1])


@pytest.mark.parametrize("off_ms", [-3_600_000, 3_600_000])
@pytest.mark.parametrize("path", WRITES)
def test_other_tasks_that_have_the_clock_measured_anew_disturb_no_repayment(
    link: Link, path: str, off_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that shares the client begins a repayment of its own after each answer. The machine is an hour off."""
    ord_id = loan_of(link)
    session, send, seen = link.session(), link.send, list[int]()
    session.clock = Clock(wall=lambda: (link.now_ms + off_ms) / 1000, monotonic=link.monotonic)

    def and_another(step: Send) -> Received | Failed:
        result = send(step)
        session.clock.forget()
        seen.append(session.clock.now_ms() - link.now_ms)
        return result

    monkeypatch.setattr(link, "send", and_another)
    said = link.run(WRITES[path](session, ord_id, "5"))
    assert isinstance(said, PartlyRepaid | Converted)
    assert max(map(abs, seen[1:])) < 1_000


# ---- coins


@pytest.mark.parametrize(
    ("coin", "way_out"), [("usdc", "Write 'USDC'"), ("USCD", "instruments"), ("", "instruments"), ("USDC ", "instr")]
)
def test_a_mistyped_coin_is_never_repaid(link: Link, coin: str, way_out: str) -> None:
    ord_id = loan_of(link)
    flows: list[Flow[Any]] = [
        plans.planned(link.session(), coin, ("USDC",)),
        one_click.repay(link.session(), coin, ("USDC",), WAIT_S),
        by_hand.repay_spot(link.session(), coin, None, WAIT_S),
        loans.repay_loan(link.session(), ord_id, coin, "5", WAIT_S),
    ]
    for flow in flows:
        with pytest.raises(errors.ClientError, match=way_out) as raised:
            link.run(flow)
        assert isinstance(raised.value, errors.BadParameter)
        assert raised.value.field in ("debt", "ccy")
    assert link.posts == []


def test_a_coin_without_a_debt_is_repaid(link: Link) -> None:
    for flow in (
        one_click.repay(link.session(), "SOL", ("USDC",), WAIT_S),
        by_hand.repay_spot(link.session(), "BTC", None, WAIT_S),
    ):
        assert isinstance(link.run(flow), Repaid)
    assert link.posts == []


def test_a_loan_that_was_repaid_is_repaid(link: Link) -> None:
    ord_id = loan_of(link)
    link.run(loans.repay_loan(link.session(), ord_id, "USDT", "2000", WAIT_S))
    sent = len(link.posts)
    said = link.run(loans.repay_loan(link.session(), ord_id, "USDT", "5", WAIT_S))
    assert isinstance(said, Repaid)
    assert (said.repaid, len(link.posts)) == (Decimal(0), sent)


@pytest.mark.parametrize("there", [False, True])
def test_a_loan_that_never_was_is_never_repaid(link: Link, there: bool) -> None:
    """Its number is one off; the account has another loan, or none."""
    ord_id = str(int(loan_of(link)) + 1) if there else "3221144941363200001"
    with pytest.raises(errors.BadParameter, match="no loan of this account") as raised:
        link.run(loans.repay_loan(link.session(), ord_id, "USDT", "5", WAIT_S))
    assert raised.value.field == "ord_id"
    assert link.posts == []


def test_a_coin_that_a_loan_never_had_is_never_repaid(link: Link) -> None:
    ord_id = loan_of(link)
    with pytest.raises(errors.BadParameter, match=r"never had; nothing was sent\. It borrowed USDT") as raised:
        link.run(loans.repay_loan(link.session(), ord_id, "ETH", "5", WAIT_S))
    assert raised.value.field == "ccy"
    assert link.posts == []


@pytest.mark.parametrize("by", ["one click", "hand"])
@pytest.mark.parametrize("times", [1, 99])
def test_an_empty_list_at_the_start_is_not_believed(
    link: Link, monkeypatch: pytest.MonkeyPatch, times: int, by: str
) -> None:
    """100 USDC are owed, and the list of debts comes without its rows, once or always."""
    deliver, left = link.deliver, [times]

    def bare(step: Send) -> Received:
        if step.target.endswith("currency-list-v2") and left[0]:
            left[0] -= 1
            return EMPTY
        return deliver(step)

    monkeypatch.setattr(link, "deliver", bare)
    flow = (
        one_click.repay(link.session(), "USDC", ("USDC",), WAIT_S)
        if by == "one click"
        else by_hand.repay_spot(link.session(), "USDC", None, WAIT_S)
    )
    with pytest.raises(errors.BadAnswer, match="lacks"):
        link.run(flow)
    assert link.posts == []


# ---- amounts


BAD_TEXTS: Final = (
    "abc",
    "",
    ".",
    "NaN",
    "inf",
    "-5",
    "0",
    "0.000",
    "1_000",
    " 5",
    "\u0665",
    "1e999999",
    "1e-99",
    "9" * 80,
)
BAD_DECIMALS: Final = ("NaN", "Infinity", "-1", "0", "1E+999999999")
BAD_KINDS: Final[tuple[object, ...]] = (True, 0.5, float("nan"), [1], b"5", {})
NO_AMOUNTS: Final[list[tuple[object, type[Exception]]]] = [
    *((text, ValueError) for text in BAD_TEXTS),
    *((number, ValueError) for number in (0, -1)),
    *((Decimal(text), ValueError) for text in BAD_DECIMALS),
    *((kind, TypeError) for kind in BAD_KINDS),
]


@pytest.mark.parametrize(("amt", "error"), NO_AMOUNTS)
@pytest.mark.parametrize("path", BY_AMOUNT)
def test_what_is_no_amount_sends_nothing(link: Link, path: str, amt: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"^amt is "):
        link.run(BY_AMOUNT[path](link.session(), "1", amt))
    assert link.sent == 0


@pytest.mark.parametrize("amt", ["5", "5.0", 5, Decimal("5"), "5e0", "05", "5."])
def test_an_amount_is_taken_as_it_is_meant(link: Link, amt: Any) -> None:
    said = link.run(by_hand.repay_spot(link.session(), "USDC", amt, WAIT_S))
    assert (said.repaid, said.left) == (Decimal(5), Decimal(95))
