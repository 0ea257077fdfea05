"""The four safe calls over sockets, on both halves and both surfaces, with a fault at the request that moves money."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any, Final, NamedTuple

import pytest

from tallystick import AsyncClient, Client
from tallystick.client.safe.outcomes import Converted, NotConverted, NotRepaid, PartlyRepaid
from tallystick.contract.core import SURFACES
from tests.client.test_safe_served import DONE, NOTHING, SPEED
from tests.client.venue import Served, served

SHORT: Final = ("drop-after-commit", "50004-not-done")
"""The faults of the short form; both halves meet them, each on one surface."""


class Call(NamedTuple):
    """A safe call: the request that moves money, how it is asked for, and whether it may be repeated by its number."""

    on: str
    ask: Callable[[Any, str], Any]
    repeats: bool = False


CALLS: Final = {
    "repay": Call("one_click_repay_v2", lambda client, _: client.repay(debt="USDC", using=["USDC"])),
    "repay_spot": Call("spot_manual_borrow_repay", lambda client, _: client.repay_spot(ccy="USDC", amt=5)),
    "convert": Call("convert_trade", lambda client, _: client.convert(sell="USDT", buy="BTC", amt=100)),
    "repay_loan": Call(
        "loan_repay", lambda client, ord_id: client.repay_loan(ord_id=ord_id, ccy="USDT", amt=400), repeats=True
    ),
}
LOAN: Final = {"loanData": {"ccy": "USDT", "amt": "1000"}, "collateralData": [{"ccy": "BTC", "amt": "0.5"}]}


@pytest.fixture(scope="module", params=SURFACES)
def venue(request: pytest.FixtureRequest) -> Iterator[Served]:
    with served(surface=request.param, mode="real", speed=SPEED) as here:
        yield here


def loan_of(venue: Served) -> str:
    """A loan of 1,000 USDT, settled."""
    asked = {"method": "POST", "path": "/api/v5/finance/flexible-loan/borrow", "body": LOAN | {"clOrdId": "aloan"}}
    (row,) = venue.control("users/alice/request", asked)["answer"]["data"]
    venue.control("clock/advance", {"by": "3s"})
    ord_id: str = row["ordId"]
    return ord_id


def said(venue: Served, half: type[Client] | type[AsyncClient], call: Call, fault: str) -> Any:
    """Outcome of a call from the start of the venue, its request hit by a fault."""
    venue.control("reset", {})
    ord_id = loan_of(venue) if call.on == "loan_repay" else ""
    venue.control("faults", {"on": call.on, "fault": fault, "nth": 1})

    async def run() -> Any:
        async with AsyncClient(**venue.keys(), pace=False) as client:
            found = call.ask(client, ord_id)
            return await found if inspect.isawaitable(found) else found

    if half is AsyncClient:
        outcome = asyncio.run(run())
    else:
        with Client(**venue.keys(), pace=False) as client:
            outcome = call.ask(client, ord_id)
    (rule,) = venue.control("faults")["faults"]
    assert rule["fired"] == 1
    return outcome


def judge(name: str, outcome: Any, done: bool) -> None:
    """What was done is told with its sum, and what was not as not done."""
    if not done:
        assert isinstance(outcome, NotRepaid | NotConverted), outcome
        return
    if name == "convert":
        assert isinstance(outcome, Converted), outcome
        assert (outcome.sold, outcome.trades) == (Decimal(100), 1)
        return
    repaid = {"repay": Decimal(10), "repay_spot": Decimal(5), "repay_loan": Decimal(400)}[name]
    owed = Decimal(1_000) if name == "repay_loan" else Decimal(100)
    assert isinstance(outcome, PartlyRepaid), outcome
    assert (outcome.repaid, len(outcome.runs)) == (repaid, 1)
    assert outcome.left is not None
    assert owed - repaid <= outcome.left < owed - repaid + 1


@pytest.mark.parametrize("fault", SHORT)
@pytest.mark.parametrize("name", [name for name in CALLS if name != "repay"])
def test_a_call_says_what_was_done(venue: Served, name: str, fault: str) -> None:
    half = Client if (venue.world.app.services.surface == SURFACES[0]) == (fault == SHORT[0]) else AsyncClient
    judge(name, said(venue, half, CALLS[name], fault), CALLS[name].repeats or fault in DONE)


@pytest.mark.long
@pytest.mark.parametrize("fault", [*DONE, *NOTHING])
@pytest.mark.parametrize("half", [Client, AsyncClient])
@pytest.mark.parametrize("name", CALLS)
def test_every_call_says_what_was_done(venue: Served, name: str, half: type[Client], fault: str) -> None:
    judge(name, said(venue, half, CALLS[name], fault), CALLS[name].repeats or fault in DONE)
