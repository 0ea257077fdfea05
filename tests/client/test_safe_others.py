"""Converting and repaying a flexible loan, safely: every fault at every request, and what was then said and true."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec
import pytest

from tallystick.client import errors
from tallystick.client.safe import converting, loans, resuming
from tallystick.client.safe.outcomes import (
    Converted,
    NotConverted,
    NotRepaid,
    Outcome,
    PartlyRepaid,
    Repaid,
    UnknownOutcome,
)
from tallystick.client.steps import Received, Send
from tests.client.link import FAULTS, Link, Stopped, kept_in, linked
from tests.client.safe_runs import SETTLED_MS, WAIT_S, begin, judge


@pytest.fixture(scope="module")
def link() -> Iterator[Link]:
    with linked(surface="2026-08") as here:
        yield here


def held(link: Link, ccy: str) -> Decimal:
    """Coins of both accounts, less debts of the trading account."""
    (trading,) = link.ask("GET", "/api/v5/account/balance")
    funding = link.ask("GET", "/api/v5/asset/balances")
    return sum(
        (
            *(Decimal(row["eq"]) for row in trading["details"] if row["ccy"] == ccy),
            *(Decimal(row["bal"]) for row in funding if row["ccy"] == ccy),
        ),
        Decimal(0),
    )


# ---- convert


def convert(link: Link) -> object:
    return link.run(converting.convert(link.session(), "USDT", "BTC", "100", WAIT_S))


def wrong_conversion(link: Link, fault: str, at: int | None) -> list[str]:
    begin(link)
    before = held(link, "USDT"), held(link, "BTC")
    link.fault, link.at = fault, at
    said = convert(link)
    link.at = None
    link.pass_ms(SETTLED_MS)
    sold, bought = before[0] - held(link, "USDT"), held(link, "BTC") - before[1]
    trades = sum(target.endswith("convert/trade") for target in link.posts)
    wrong = [f"{trades} trades were sent"] if trades > 1 else []
    if isinstance(said, Converted):
        return wrong + (
            [f"{said} where {sold} was sold for {bought}"] if (said.sold, said.bought) != (sold, bought) else []
        )
    if isinstance(said, NotConverted):
        return wrong + ([f"{said} where {sold} was sold"] if sold else [])
    return [*wrong, f"{said}"]


def test_a_conversion_tells_what_was_sold_and_bought(link: Link) -> None:
    begin(link)
    link.at = None
    said = convert(link)
    assert isinstance(said, Converted)
    assert (said.sold, said.trades) == (Decimal(100), 1)
    assert said.bought > 0
    assert wrong_conversion(link, "", None) == []


def test_a_conversion_under_every_fault(link: Link) -> None:
    begin(link)
    link.at = None
    convert(link)
    found = [
        f"{fault} at request {at}: {wrong}"
        for at in range(link.sent)
        for fault in FAULTS
        for wrong in wrong_conversion(link, fault, at)
    ]
    assert found == []


def test_a_conversion_that_the_market_maker_rejects(link: Link) -> None:
    begin(link)
    link.at = None
    link.control("faults", {"on": "convert_trade", "fault": "convert-rejected", "nth": 1})
    assert isinstance(convert(link), NotConverted)


@pytest.mark.parametrize(("field", "value"), [("state", "processing"), ("baseCcy", "ETH"), ("state", "")])
def test_a_row_that_says_neither_done_nor_rejected_is_no_outcome(
    link: Link, monkeypatch: pytest.MonkeyPatch, field: str, value: str
) -> None:
    begin(link)
    link.at = None
    deliver = link.deliver

    def other(step: Send) -> Received:
        result = deliver(step)
        answer = msgspec.json.decode(result.body)
        for row in answer["data"] if "convert/history" in step.target else []:
            row[field] = value
        return Received(result.status, msgspec.json.encode(answer))

    monkeypatch.setattr(link, "deliver", other)
    assert isinstance(link.run(converting.convert(link.session(), "USDT", "BTC", "100", 10.0)), UnknownOutcome)


def test_a_client_number_that_was_used_is_no_refusal(link: Link, monkeypatch: pytest.MonkeyPatch) -> None:
    """The exchange says 51016, that the trade was done before, and its history lacks it for five seconds."""
    begin(link)
    link.at = None
    deliver, told = link.deliver, [0]

    def done_before(step: Send) -> Received:
        result = deliver(step)
        if step.target.endswith("convert/trade"):
            told[0] = link.now_ms
            return Received(200, b'{"code":"51016","msg":"Duplicated client order ID","data":[]}')
        if "convert/history" in step.target and link.now_ms < told[0] + 5_000:
            return Received(200, b'{"code":"0","msg":"","data":[]}')
        return result

    monkeypatch.setattr(link, "deliver", done_before)
    assert isinstance(convert(link), Converted)


def test_a_conversion_too_small_raises_before_anything_is_sent(link: Link) -> None:
    begin(link)
    with pytest.raises(errors.Refused):
        link.run(converting.convert(link.session(), "USDT", "BTC", "0.00001", WAIT_S))
    assert not any(target.endswith("convert/trade") for target in link.posts)


# ---- flexible loans


def borrow(link: Link) -> str:
    """A loan of 1,000 USDT, settled."""
    begin(link)
    link.at = None
    body = {"loanData": {"ccy": "USDT", "amt": "1000"}, "clOrdId": "a-loan"}
    (row,) = link.ask(
        "POST", "/api/v5/finance/flexible-loan/borrow", body | {"collateralData": [{"ccy": "BTC", "amt": "0.5"}]}
    )
    link.pass_ms(2_000)
    ord_id: str = row["ordId"]
    return ord_id


def owed(link: Link) -> Decimal:
    rows = link.ask("GET", "/api/v5/finance/flexible-loan/loan-info")
    return sum((Decimal(each["amt"]) for row in rows for each in row["loanData"]), Decimal(0))


def repay(link: Link, ord_id: str, amt: str) -> Outcome:
    return link.run(loans.repay_loan(link.session(), ord_id, "USDT", amt, WAIT_S))


def wrong_loan(link: Link, amt: str, fault: str, at: int | None) -> list[str]:
    ord_id = borrow(link)
    before = owed(link)
    link.fault, link.at = fault, at
    said = repay(link, ord_id, amt)
    link.at = None
    when_said = owed(link)
    link.pass_ms(SETTLED_MS)
    return judge(said, before, when_said, owed(link))


@pytest.mark.parametrize(("amt", "kind"), [("400", PartlyRepaid), ("2000", Repaid)])
def test_a_loan_under_every_fault(link: Link, amt: str, kind: type[Outcome]) -> None:
    ord_id = borrow(link)
    said = repay(link, ord_id, amt)
    assert type(said) is kind
    assert said.repaid >= 400
    found = [
        f"{fault} at request {at}: {wrong}"
        for at in range(link.sent)
        for fault in FAULTS
        for wrong in wrong_loan(link, amt, fault, at)
    ]
    assert found == []


def test_a_loan_that_cannot_be_repaid_tells_its_code(link: Link) -> None:
    ord_id = borrow(link)
    said = repay(link, ord_id, "0.0000000000000000001")
    assert isinstance(said, NotRepaid)
    assert said.code == "51000"


def test_a_repeat_carries_the_same_number(link: Link) -> None:
    ord_id = borrow(link)
    link.fault, link.at = "dropped after", None
    repay(link, ord_id, "400")
    at = next(number for number in range(link.sent) if number >= 2)
    numbers: list[bytes] = []
    send = link.send

    def noted(step: object) -> object:
        if getattr(step, "target", "").endswith("flexible-loan/repay"):
            numbers.append(getattr(step, "body", b"").partition(b'"clOrdId":"')[2][:25])
        return send(step)  # type: ignore[arg-type]

    for number in range(at, 12):
        ord_id = borrow(link)
        numbers.clear()
        link.at = number
        link.send = noted  # type: ignore[method-assign, assignment]
        try:
            repay(link, ord_id, "400")
        finally:
            del link.send
            link.at = None
        if len(numbers) > 1:
            assert len(set(numbers)) == 1
            return
    raise AssertionError("no request was repeated")


# ---- resumed


@pytest.mark.parametrize("what", ["convert", "loan"])
def test_killed_at_every_step_and_resumed(link: Link, what: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    at = 0
    while True:
        ord_id = borrow(link) if what == "loan" else ""
        begin(link) if what == "convert" else None
        before, held_before = owed(link), held(link, "USDT")
        kept = kept_in(tmp_path_factory.mktemp("intents"))
        link.sent, link.posts = 0, []
        try:
            flow = (
                loans.repay_loan(link.session(), ord_id, "USDT", "400", WAIT_S)
                if what == "loan"
                else converting.convert(link.session(), "USDT", "BTC", "100", WAIT_S)
            )
            link.run(flow, kept, stop_at=at)
            break
        except Stopped:
            said = link.run(resuming.resume(link.session(), WAIT_S), kept)
            when_said = owed(link)
            link.pass_ms(SETTLED_MS)
            for outcome in said:
                if isinstance(outcome, Outcome):
                    assert judge(outcome, before, when_said, owed(link)) == [], at
                else:
                    assert isinstance(outcome, Converted) == (held_before - held(link, "USDT") == 100), at
        at += 1
    assert at > 6
