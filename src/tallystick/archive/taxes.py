"""Moves of an account in the forms that tools for taxes read: Koinly's universal CSV, and rotki's two generic ones.

**Koinly.** Columns and the form of a date are those of its template "Koinly Custom CSV - Advanced"
(support.koinly.io/en/articles/9489976, read on 2026-11-30). Its tags for loans are Loan, Loan repayment, Loan fee and
Margin fee (articles/9490023 and 9490026): a loan is an acquisition, its repayment a disposal, and fees are paid
in rows of their own. Collateral is no disposal when it has the tag Add to pool, and Remove from pool when it comes
back (articles/9490026). Chosen: tags in small letters, as in the template; interest of spot credit is a margin fee,
interest of flexible loans a loan fee; amounts are before the fee, which Koinly takes off by itself; the number of the
bill stands in TxHash. A date to the second, which its template has to the minute.

**rotki.** Columns and types are those of "rotki Generic Import" (docs.rotki.com/usage-guides/history/import-data, read
on 2026-11-30), and of its importers rotki_trades.py and rotki_events.py. Trades and events are two files. It has no
type for loans: what comes is a Deposit, what goes a Withdrawal, interest a Spend, and the description says the rest.
Chosen: the location is `okx` for the exchange, which lets rotki translate names of coins, else `external`.

Neither form has a column for the account, so a file is of one account.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tallystick.archive.moves import Coins, Kind, Move, moves
from tallystick.archive.store import Account, Archive
from tallystick.archive.tables import Lines, iso, safe

KOINLY: Final = "koinly"
ROTKI_TRADES: Final = "rotki-trades"
ROTKI_EVENTS: Final = "rotki-events"
KOINLY_HEAD: Final = (
    "Date",
    "Sent Amount",
    "Sent Currency",
    "Received Amount",
    "Received Currency",
    "Fee Amount",
    "Fee Currency",
    "Net Worth Amount",
    "Net Worth Currency",
    "Label",
    "Description",
    "TxHash",
)
ROTKI_TRADES_HEAD: Final = (
    "Location",
    "Spend Currency",
    "Receive Currency",
    "Receive Amount",
    "Spend Amount",
    "Fee",
    "Fee Currency",
    "Description",
    "Timestamp",
)
ROTKI_EVENTS_HEAD: Final = (
    "Type",
    "Location",
    "Currency",
    "Amount",
    "Fee",
    "Fee Currency",
    "Description",
    "Timestamp",
)
LABELS: Final[dict[Kind, str]] = {
    "trade": "",
    "in": "",
    "out": "",
    "loan": "loan",
    "repayment": "loan repayment",
    "loan interest": "loan fee",
    "margin interest": "margin fee",
    "locked": "add to pool",
    "released": "remove from pool",
}
"""Kind of a move -> Koinly's tag."""
TYPES: Final[dict[Kind, str]] = {
    "in": "Deposit",
    "out": "Withdrawal",
    "loan": "Deposit",
    "repayment": "Withdrawal",
    "loan interest": "Spend",
    "margin interest": "Spend",
    "locked": "Withdrawal",
    "released": "Deposit",
}
"""Kind of a move -> rotki's type of an event."""


def koinly(archive: Archive, account: Account) -> Iterator[bytes]:
    """Lines of Koinly's universal CSV, the header first."""
    line = Lines().of
    yield line(KOINLY_HEAD)
    for move in moves(archive, account):
        date = f"{iso(move.at_ms)[:19].replace('T', ' ')} UTC"
        coins = (*pair(move.sent), *pair(move.received), *pair(move.fee))
        yield line([date, *coins, "", "", LABELS[move.kind], move.words, move.number])


def rotki_trades(archive: Archive, account: Account) -> Iterator[bytes]:
    """Lines of rotki's generic trades, the header first."""
    line = Lines().of
    yield line(ROTKI_TRADES_HEAD)
    place = location(account)
    for move in moves(archive, account):
        if move.sent is not None and move.received is not None:
            spent, received = pair(move.sent), pair(move.received)
            coins = (spent[1], received[1], received[0], spent[0], *pair(move.fee))
            yield line([place, *coins, said(move), str(move.at_ms)])


def rotki_events(archive: Archive, account: Account) -> Iterator[bytes]:
    """Lines of rotki's generic events, the header first: all moves that are no trades."""
    line = Lines().of
    yield line(ROTKI_EVENTS_HEAD)
    place = location(account)
    for move in moves(archive, account):
        if move.kind != "trade":
            amount, ccy = pair(move.sent or move.received)
            yield line([TYPES[move.kind], place, ccy, amount, "", "", said(move), str(move.at_ms)])


FORMS: Final = {KOINLY: koinly, ROTKI_TRADES: rotki_trades, ROTKI_EVENTS: rotki_events}
"""Name of a form -> its lines."""


def pair(coins: Coins | None) -> tuple[str, str]:
    """Amount and coin as text, both empty for none."""
    return ("", "") if coins is None else (f"{coins.amount:f}", safe(coins.ccy))


def said(move: Move) -> str:
    return f"{move.words}, bill {move.number}"


def location(account: Account) -> str:
    """The name of the exchange in rotki, `external` for a venue."""
    host = account.host.partition(":")[0]
    return "okx" if host == "okx.com" or host.endswith(".okx.com") else "external"
