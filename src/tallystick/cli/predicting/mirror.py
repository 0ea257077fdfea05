"""Mirror of an account: a state of the engine, made of what the API tells about it and the market."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from tallystick.cli.predicting.facts import Facts, Row
from tallystick.engine import core, ledger
from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.engine.kinds import SPOT, Gauge, Restriction
from tallystick.engine.parameters import Instrument, Parameters
from tallystick.engine.sparse import own
from tallystick.engine.state import Loan, Market, State, User
from tallystick.views import kinds

TOTALS: Final = ("totalEq", "adjEq", "imr", "mmr", "mgnRatio", "notionalUsdForBorrow")
OF_COIN: Final = ("cashBal", "availBal", "liab", "eq", "disEq", "eqUsd")
"""Fields of the balance that the mirror must have as the exchange has them."""

RESTRICTED: Final[dict[str, Restriction]] = {"1": 1, "2": 2}
GAUGES: Final[dict[str, Gauge]] = {"0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5}
"""The engine's levels of a coin near its collateral limit, by the exchange's words."""


class NoHistory:
    """Market without a past: what a prediction shows has none."""

    def candle(self, instrument: str, open_ms: int, length_ms: int, to_ms: int) -> None:
        return None

    def price_at(self, instrument: str, at_ms: int) -> int:
        return 0

    def moved_at(self, instrument: str, at_ms: int) -> int:
        return 0

    def traded(self, instrument: str, from_ms: int, to_ms: int) -> None:
        return None

    def last_before(self, instrument: str, at_ms: int) -> None:
        return None


def parameters_of(facts: Facts, packaged: Parameters) -> Parameters:
    """The packaged numbers with steps, least orders and fees as the exchange tells them."""
    instruments = dict(packaged.instruments)
    for row in facts.instruments:
        name, base, quote = row["instId"], row["baseCcy"], row["quoteCcy"]
        if base in packaged.currencies and quote in packaged.currencies and row["tickSz"] and row["lotSz"]:
            known = instruments.get(name) or Instrument(
                instrument=name,
                base_ccy=base,
                quote_ccy=quote,
                tick=1,
                lot=1,
                min_size=1,
                depth_quote=0,
                listed_at_ms=0,
            )
            instruments[name] = replace(
                known,
                tick=atoms_from_text(row["tickSz"]),
                lot=atoms_from_text(row["lotSz"]),
                min_size=atoms_from_text(row["minSz"]),
            )
    fees = {name: _fee(facts.fees.get(name, "")) for name in ("taker", "maker")}
    return replace(
        packaged,
        instruments=instruments,
        taker_fee=packaged.taker_fee if fees["taker"] is None else fees["taker"],
        maker_fee=packaged.maker_fee if fees["maker"] is None else fees["maker"],
    )


def _fee(text: str) -> int | None:
    """A fee as the engine has it, which is positive where the exchange's is negative; None for a rebate."""
    if not text:
        return None
    return atoms_from_text(text[1:]) if text.startswith("-") else 0 if text == "0" else None


def mirror_of(facts: Facts, parameters: Parameters, named: str = "") -> State:
    """State of an engine with this one user, at the exchange's time.

    The older surface does not number loans: there the only loan has the number that the request has `named`.
    """
    state = core.new_state(parameters, facts.at_ms)
    uid = int(facts.config["uid"])
    levels = {name for name, _ in parameters.quota_levels}
    state.users[uid] = User(
        user_id=uid,
        name="me",
        level=facts.config["level"] if facts.config["level"] in levels else "",
        borrow_enabled=facts.config["enableSpotBorrow"],
        auto_repay=facts.config["spotBorrowAutoRepay"],
        mode=kinds.mode_of(facts.config["acctLv"]) or SPOT,
        auto_loan=facts.config["autoLoan"],
        leverage={ccy: atoms_from_text(text) for ccy, text in facts.leverage.items()},
        no_collateral=_taken_out(facts, parameters),
        charged_ms=state.hour_ms,
    )
    _prices(state, facts)
    _coins(state, uid, facts)
    only = int(named) if len(facts.loans) == 1 and named.isdigit() else 1
    for number, row in enumerate(facts.loans, start=only):
        _loan(state, uid, number, row)
    return state


def _taken_out(facts: Facts, parameters: Parameters) -> tuple[str, ...]:
    """Coins that the account has taken out of what counts as collateral; others that do not count never do."""
    known = parameters.currencies
    out = (row["ccy"] for row in facts.collateral if not row["collateralEnabled"])
    return tuple(ccy for ccy in out if ccy in known and known[ccy].collateral)


def _prices(state: State, facts: Facts) -> None:
    last = {row["instId"]: row["last"] for row in facts.tickers}
    for row in facts.indices:
        name = row["instId"]
        if name in state.parameters.instruments:
            index = atoms_from_text(row["idxPx"])
            state.markets[name] = Market(
                name,
                recorded=index,
                index=index,
                priced_at_ms=facts.at_ms,
                last=atoms_from_text(last.get(name) or "0"),
                book_held=True,
                bids=_levels(facts.books, name, "bids"),
                asks=_levels(facts.books, name, "asks"),
            )


def _levels(books: Mapping[str, Row], name: str, side: str) -> list[tuple[int, int]]:
    levels: Sequence[Sequence[str]] = books[name][side] if name in books else ()
    return [(atoms_from_text(level[0]), atoms_from_text(level[1])) for level in levels]


def _coins(state: State, uid: int, facts: Facts) -> None:
    user = state.users[uid]
    for row in facts.balance["details"]:
        ccy = row["ccy"]
        if ccy not in state.parameters.currencies:
            continue
        # Below zero, in other modes than Spot, it is what `liab` tells too.
        if not row["cashBal"].startswith("-"):
            _post(state, ccy, f"trading:{uid}", "outside", row["cashBal"])
        _post(state, ccy, "owed", f"debt:{uid}", row["liab"] or "0")
        if row["ordFrozen"] not in ("", "0"):
            own(user, "frozen", user.frozen)[ccy] = atoms_from_text(row["ordFrozen"])
        restriction = RESTRICTED.get(row.get("colRes", "0"))
        if restriction is not None:
            state.collateral_levels[ccy] = (restriction, GAUGES.get(row.get("colBorrAutoConversion", "0"), 0))
    for row in facts.funding:
        if row["ccy"] in state.parameters.currencies:
            _post(state, row["ccy"], f"funding:{uid}", "outside", row["bal"])


def _post(state: State, ccy: str, account: str, other: str, text: str) -> None:
    amount = atoms_from_text(text)
    if amount:
        ledger.post(state, ccy, (account, amount), (other, -amount), by_event=False)


def _loan(state: State, uid: int, number: int, row: Row) -> None:
    loan_id = int(row.get("ordId") or number)
    parameters = state.parameters
    owed, pledged = _amounts(row["loanData"]), _amounts(row["collateralData"])
    loan = Loan(
        loan_id=loan_id,
        user_id=uid,
        booked=owed,
        collateral=pledged,
        e_mode=bool(row["liqLTV"]) and atoms_from_text(row["liqLTV"]) == parameters.loan_e_mode_liquidation,
        charged_ms=state.hour_ms,
    )
    state.loans[loan_id] = loan
    for ccy, amount in owed.items():
        ledger.post(state, ccy, (f"loan:{loan_id}", -amount), ("owed", amount), by_event=False)
    for ccy, amount in pledged.items():
        ledger.post(state, ccy, (f"vault:{loan_id}", amount), ("outside", -amount), by_event=False)


def _amounts(rows: Sequence[Row]) -> dict[str, int]:
    return {row["ccy"]: atoms_from_text(row["amt"]) for row in rows}


def unlike(told: Row, mirrored: Row) -> list[str]:
    """Fields of the balance that the mirror has otherwise than the exchange; it then lacks something of the account."""
    found = [name for name in TOTALS if told.get(name, "") != mirrored[name]]
    own: dict[str, Any] = {row["ccy"]: row for row in mirrored["details"]}
    for row in told["details"]:
        other = own.get(row["ccy"], {})
        found += [f"{row['ccy']} {name}" for name in OF_COIN if row.get(name, "") != other.get(name, "")]
    return found


def own_share(state: State) -> bool:
    """True where trades of the account itself move the index, which the mirror does not know the parts of."""
    return 0 < state.parameters.index_own_share <= ONE
