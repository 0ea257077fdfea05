"""Money properties of a run: debt and paid sum up, nothing is repaid twice, nothing is lost.

Each compares what two parts of the venue say: balances with bills, debts with the journal and the rows of interest, a
run with the same run without a fault. Source: chosen (decisions/043).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct, field

from tallystick.engine import commands as c
from tallystick.engine import events as e
from tallystick.engine.journaled import AnyCommand
from tallystick.engine.repay_at_once import RepayAtOnce
from tallystick.testing.kit import journal

if TYPE_CHECKING:
    from tallystick.testing.kit.tally import Tally
    from tallystick.testing.kit.user import User

Place: TypeAlias = tuple[str, str]
"""Name of a user, and a currency."""
Sums: TypeAlias = dict[Place, Decimal]
PAGE = 100
NOTHING = Decimal(0)
TRADING_BILLS = "/api/v5/account/bills-archive?"
FUNDING_BILLS = "/api/v5/asset/bills?pagingType=2&"
INTEREST = "/api/v5/account/interest-accrued?ccy="


class Standing(Struct):
    """What the users of a test have and owe: equity of the trading account, coins of the funding account, debts."""

    trading: Sums = field(default_factory=dict)
    funding: Sums = field(default_factory=dict)
    debts: Sums = field(default_factory=dict)
    newest: dict[tuple[str, str], str] = field(default_factory=dict)
    """(user, path of bills) -> number of the newest."""
    at_ms: int = 0


class Moved(Struct, frozen=True):
    """What a run moved: coins by the bills of both accounts, debts by journal and rows of interest."""

    trading: Sums = field(default_factory=dict)
    funding: Sums = field(default_factory=dict)
    borrowed: Sums = field(default_factory=dict)
    repaid: Sums = field(default_factory=dict)
    interest: Sums = field(default_factory=dict)
    accepted: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """(user, kind of repayment, coin or loan) -> number of those that were accepted."""


# ---- the properties


def complaints(before: Standing, moves: Moved, after: Standing, clean: Moved) -> list[str]:
    """Properties that do not hold after a run, in words. `clean` is what the run without a fault moved."""
    return [*lost(before, moves, after), *off(before, moves, after), *twice(moves, clean)]


def lost(before: Standing, moves: Moved, after: Standing) -> Iterator[str]:
    """Nothing lost: what there was and the bills sum up to what there is."""
    for account in ("trading", "funding"):
        was, bills, there = (getattr(found, account) for found in (before, moves, after))
        for name, ccy in sorted({*was, *bills, *there}):
            place = (name, ccy)
            wanted = was.get(place, NOTHING) + bills.get(place, NOTHING)
            if wanted != there.get(place, NOTHING):
                yield (
                    f"{ccy} of {name} is lost or won: {account} had {was.get(place, 0)}, its bills say "
                    f"{bills.get(place, 0)}, and it has {there.get(place, 0)}"
                )


def off(before: Standing, moves: Moved, after: Standing) -> Iterator[str]:
    """Debt and paid sum up: debts, what was borrowed, interest and what was repaid."""
    for name, ccy in sorted({*before.debts, *moves.borrowed, *moves.repaid, *moves.interest, *after.debts}):
        place = (name, ccy)
        was, more, interest, less, there = (
            sums.get(place, NOTHING)
            for sums in (before.debts, moves.borrowed, moves.interest, moves.repaid, after.debts)
        )
        if was + more + interest - less != there:
            yield (
                f"the debt of {name} does not sum up: {was} {ccy}, {more} borrowed, {interest} interest, "
                f"{less} repaid, and {there} is owed"
            )


def twice(moves: Moved, clean: Moved) -> Iterator[str]:
    """Nothing repaid twice: no more, and not more often, than without a fault; interest may have to be paid as well."""
    for (name, kind, what), number in sorted(moves.accepted.items()):
        without = clean.accepted[name, kind, what]
        if number > without:
            yield f"{name} repaid {what} {_times(number)} ({kind}) instead of {_times(without)}"
    for (name, ccy), amount in sorted(moves.repaid.items()):
        place = (name, ccy)
        more = moves.interest.get(place, NOTHING) - clean.interest.get(place, NOTHING)
        if amount > clean.repaid.get(place, NOTHING) + max(more, NOTHING):
            yield f"{name} repaid {amount} {ccy} in all instead of {clean.repaid.get(place, 0)}"


def _times(number: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(number, f"{number} times")


# ---- what is read


def standing(tally: Tally) -> Standing:
    """What all users of the test have and owe now."""
    found = Standing()
    for user in tally.users.values():
        (row,) = user.ask("GET", "/api/v5/account/balance")
        for detail in row["details"]:
            _add(found.trading, (user.name, detail["ccy"]), Decimal(detail["eq"]))
            _add(found.debts, (user.name, detail["ccy"]), Decimal(detail["liab"] or "0"))
        for ccy, amount in user.funding.items():
            _add(found.funding, (user.name, ccy), amount)
        for path in (TRADING_BILLS, FUNDING_BILLS):
            for newest in user.ask("GET", f"{path}limit=1"):
                found.newest[user.name, path] = newest["billId"]
    found.at_ms = tally.clock.now_ms
    return found


def moved(tally: Tally, before: Standing, seq: int) -> Moved:
    """What was moved since entry `seq` of the journal, where `before` held."""
    found = Moved()
    names = tally.names
    for _, _, command, events in journal.entries_after(tally.levers, seq):
        if isinstance(command, journal.REPAYMENTS):
            found.accepted[names.get(command.user_id, ""), *_repayment(command)] += 1
        for event in events:
            if isinstance(event, e.Borrowed | e.Repaid):
                sums = found.borrowed if isinstance(event, e.Borrowed) else found.repaid
                _add(sums, (names.get(event.user_id, ""), event.ccy), journal.decimal(event.amount))
    for user in tally.users.values():
        for path, sums in ((TRADING_BILLS, found.trading), (FUNDING_BILLS, found.funding)):
            for row in _rows_since(user, path, "billId", before.newest.get((user.name, path), "")):
                _add(sums, (user.name, row["ccy"]), Decimal(row["balChg"]))
        owed = {ccy for name, ccy in (*before.debts, *found.borrowed) if name == user.name}
        for ccy in sorted(owed):
            for row in _rows_since(user, f"{INTEREST}{ccy}&", "ts", str(before.at_ms)):
                _add(found.interest, (user.name, ccy), Decimal(row["interest"]))
    return found


def _repayment(command: AnyCommand) -> tuple[str, str]:
    """Kind of a repayment, and its coin or loan."""
    match command:
        case c.RepayDebt():
            return "one-click repay", command.debt_ccy
        case RepayAtOnce():
            return "one-click repay at once", " ".join(command.debt_ccys)
        case c.ManualRepay():
            return "repay by hand", command.ccy
        case c.RepayLoan():
            return "loan repay", f"loan {command.loan_id}"
        case c.RepayLoanWithCollateral():
            return "loan repay with collateral", f"loan {command.loan_id}"
    raise TypeError(f"{type(command).__name__} repays nothing")


def _rows_since(user: User, path: str, cursor: str, newer: str) -> Iterator[dict[str, Any]]:
    """Rows of a history that are newer than one, the newest first; `cursor` names the field it is paged by."""
    first = f"{path}limit={PAGE}" + (f"&before={newer}" if newer else "")
    rows = user.ask("GET", first)
    yield from rows
    while len(rows) == PAGE:
        rows = user.ask("GET", f"{first}&after={rows[-1][cursor]}")
        yield from rows


def _add(sums: Sums, place: Place, amount: Decimal) -> None:
    if amount:
        sums[place] = sums.get(place, NOTHING) + amount
