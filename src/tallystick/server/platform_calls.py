"""Control calls for what concerns the platform as a whole: lenders' bids, collateral limits, the insurance fund."""

from __future__ import annotations

from typing import Any

from tallystick.engine import collateral, commands, fund, ledger, rates
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.state import State
from tallystick.server.control_form import Body, Controlled, Empty, Query, Wrong
from tallystick.server.control_text import amount, signed_amount


class BidsBody(Body, frozen=True):
    """Each bid is [amount, least rate a year] in decimal text; an empty list goes back to the curve."""

    ccy: str
    bids: list[tuple[str, str]]


class FundBody(Body, frozen=True):
    """`amt` of the transit currency, signed."""

    amt: str


async def set_bids(control: Controlled, body: BidsBody, names: tuple[str, ...], query: Query) -> dict[str, Any]:
    """All bids of lenders for a coin. They count from the next full hour on; answers what it would cost then."""
    bids = tuple((amount(size, "bids"), amount(rate, "bids")) for size, rate in body.bids)
    return await control.venue.perform(
        lambda state, now_ms: commands.SetBids(ccy=body.ccy, bids=bids),
        lambda stamp, events, state: {
            "ccy": body.ccy,
            "bids": bids_of(state, body.ccy),
            "next": text_from_atoms(rates.now(state, body.ccy)),
        },
    )


def bids_of(state: State, ccy: str) -> list[list[str]]:
    return [[text_from_atoms(size), text_from_atoms(rate)] for size, rate in state.bids.get(ccy, ())]


def rates_of(state: State) -> list[dict[str, Any]]:
    """`source` is what the next hour goes by: hand, auction or curve."""
    return [
        {
            "ccy": ccy,
            "apr": text_from_atoms(rates.in_force(state, ccy)),
            "next": text_from_atoms(rates.now(state, ccy)),
            "by_hand": currency.rate_per_year > 0,
            "source": "hand" if currency.rate_per_year else "auction" if ccy in state.bids else "curve",
            "bids": bids_of(state, ccy),
            "usage": text_from_atoms(rates.usage(state, ccy)),
        }
        for ccy, currency in state.parameters.currencies.items()
    ]


async def list_collateral(control: Controlled, body: Empty, names: tuple[str, ...], query: Query) -> dict[str, Any]:
    """What every coin backs, in USD of debts, against its limit; `limit` "" is none."""
    return {"collateral": await control.venue.query(lambda state, _: collateral_of(state))}


def collateral_of(state: State) -> list[dict[str, Any]]:
    totals: dict[str, int] = {}
    for user_id in state.users:
        for ccy, value in collateral.backed(state, user_id).items():
            totals[ccy] = totals.get(ccy, 0) + value
    found = []
    for ccy, currency in state.parameters.currencies.items():
        level, gauge = state.collateral_levels.get(ccy, (collateral.FREE, 0))
        found.append(
            {
                "ccy": ccy,
                "backed": text_from_atoms(totals.get(ccy, 0)),
                "limit": text_from_atoms(currency.collateral_limit) if currency.collateral_limit else "",
                "colRes": str(level),
                "colBorrAutoConversion": str(gauge),
            }
        )
    return found


async def show_fund(control: Controlled, body: Empty, names: tuple[str, ...], query: Query) -> dict[str, Any]:
    return await control.venue.query(lambda state, _: fund_of(state))


async def move_fund(control: Controlled, body: FundBody, names: tuple[str, ...], query: Query) -> dict[str, Any]:
    """Coins for the insurance fund (plus) or out of it; answers how it stands then."""
    delta = signed_amount(body.amt, "amt")
    if delta == 0:
        raise Wrong(400, "amt: nothing to move", "plus puts coins in, minus takes them out")
    return await control.venue.perform(
        lambda state, now_ms: commands.MoveFund(delta=delta), lambda stamp, events, state: fund_of(state)
    )


def fund_of(state: State) -> dict[str, Any]:
    """`coins` are all it holds, `bad_debt` what it could not pay so far; `borrowing` is halted while it is empty."""
    transit = state.parameters.transit_ccy
    return {
        "ccy": transit,
        "amt": text_from_atoms(fund.holds(state)),
        "coins": {ccy: text_from_atoms(left) for ccy, left in sorted(state.ledger.get("insurance", {}).items())},
        "bad_debt": text_from_atoms(-ledger.balance(state, "bad_debt", transit)),
        "borrowing": borrowing(state),
    }


def borrowing(state: State) -> str:
    """Whether the venue lends at all."""
    return "halted" if fund.is_empty(state) else "open"
