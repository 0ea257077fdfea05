"""Accounts in the scenario of a path: users of Spot mode who come to hold and owe what the book says.

They borrow by hand while all coins that nobody owes are a thousand times as dear, so that the venue grants it, and give
away what they do not hold. Then the prices of the book come, before its first hour has passed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tallystick.engine import borrow, spot_judging
from tallystick.engine.kinds import SPOT
from tallystick.engine.loan_judging import debts_usd
from tallystick.engine.prices import Quotes
from tallystick.engine.rejects import Rejected
from tallystick.lab.account_rows import COVERED, REPAID
from tallystick.lab.book import Account, Book
from tallystick.lab.jobs import LabFailed
from tallystick.lab.rows import Row
from tallystick.lab.toml import amount_of, text_of

ACCOUNT: Final = "/api/v5/account"
DEAR_TIMES: Final = 1_000


def require(book: Book) -> None:
    """Require that every account can be brought there by requests. Raises LabFailed."""
    dear, first = book.quotes(_dear(book)), book.quotes(book.first)
    for account in book.accounts:
        user, name = account.user, f"account {account.user.user_id}"
        if user.mode != SPOT:
            raise LabFailed(f"{name} is not in Spot mode, which the users of a scenario are")
        if user.liquidating or user.warned_at_ms:
            raise LabFailed(f"{name} {'is being liquidated' if user.liquidating else 'has been warned'} already")
        try:
            for ccy, amount in (*account.held.items(), *account.debts.items()):
                borrow.require_decimals(book.state, ccy, amount)
        except Rejected:
            raise LabFailed(f"{name} holds or owes more decimals than its coins have") from None
        if _judged(book, account, first).verdict == spot_judging.DUE:
            raise LabFailed(f"{name} is due for liquidation at the first prices already")
        if _judged(book, account, dear).worth < debts_usd(dear, account.debts):
            raise LabFailed(f"{name} holds too little of coins that no account owes to borrow by requests")


def _judged(book: Book, account: Account, quotes: Quotes) -> spot_judging.Judged:
    known = {ccy: amount for ccy, amount in account.equities.items() if ccy in quotes.usd}
    return spot_judging.standing(book.parameters, quotes, account.debts, known)


def _dear(book: Book) -> tuple[int, ...]:
    """Prices of the pairs at which coins that nobody owes are dear."""
    owed = {ccy for account in book.accounts for ccy in account.debts}
    free = {f"{ccy}-{book.parameters.transit_ccy}" for ccy in book.coins if ccy not in owed}
    bridged = {pair for ccy in owed for pair in book.chains.get(ccy, ())}
    return tuple(
        index * (DEAR_TIMES if pair in free - bridged else 1)
        for pair, index in zip(book.pairs, book.first, strict=True)
    )


def users(book: Book) -> Iterator[str]:
    """Lines of the users."""
    for account in book.accounts:
        held = ", ".join(f"{ccy} = {amount_of(amount)}" for ccy, amount in account.held.items())
        yield from ("", "[[users]]", f'name = "{_name(account)}"', "borrow = true", f"trading = {{ {held} }}")


def steps(book: Book) -> Iterator[str]:
    """Lines of the steps by which the accounts come to owe, before anything else happens."""
    if not book.accounts:
        return
    yield from _priced(book, _dear(book))
    for account in book.accounts:
        for ccy, debt in account.debts.items():
            asked = f'{{ ccy = "{ccy}", side = "borrow", amt = {amount_of(debt)} }}'
            yield from _of(account, f'post = "{ACCOUNT}/spot-manual-borrow-repay"', f"body = {asked}")
            yield from _of(account, f'deposit = {{ account = "trading", ccy = "{ccy}", amt = {amount_of(-debt)} }}')
    yield from _priced(book, book.first)


def expected(account: Account, rows: Sequence[Row], most: int) -> Iterator[str]:
    """Lines that say which rows of the borrowing history must come, the newest first."""
    told = [("manual_borrow", ccy, amount) for ccy, amount in account.debts.items()]
    told += [("auto_repay", row.ccy, abs(row.amount)) for row in rows if row.what in (REPAID, COVERED)]
    yield from (
        "",
        "[[expect]]",
        f'user = "{_name(account)}"',
        f'get = "{ACCOUNT}/spot-borrow-repay-history?limit={most}"',
        "rows = [",
    )
    for kind, ccy, amount in told[::-1][:most]:
        yield f'  {{ type = "{kind}", ccy = "{ccy}", amt = {amount_of(amount)} }},'
    yield "]"


def _priced(book: Book, prices: Sequence[int]) -> Iterator[str]:
    quoted: Mapping[str, int] = dict(zip(book.pairs, prices, strict=True))
    told = ", ".join(f"{text_of(pair)} = {amount_of(index)}" for pair, index in quoted.items())
    yield from ("", "[[steps]]", 'after = "1h"', f"price = {{ {told} }}")


def _of(account: Account, *lines: str) -> Iterator[str]:
    yield from ("", "[[steps]]", 'after = "1h"', f'user = "{_name(account)}"', *lines)


def _name(account: Account) -> str:
    return f"account{account.user.user_id}"
