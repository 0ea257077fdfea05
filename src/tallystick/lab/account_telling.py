"""Accounts in the scenario of a path: how users come to hold and owe what the book says, and what must come of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from tallystick.engine import borrow, spot_judging
from tallystick.engine import commands as c
from tallystick.engine.amounts import ONE
from tallystick.engine.cross_settings import ChooseCollateral, SetAutoLoan
from tallystick.engine.interest import HOUR_MS
from tallystick.engine.modes import SwitchMode
from tallystick.engine.prices import Quotes
from tallystick.engine.rejects import Rejected
from tallystick.lab import account_requests as requests
from tallystick.lab.account_rows import COVERED, ENDED, FEE, FILLED, REPAID, STARTED, AccountLife
from tallystick.lab.book import Account, Book
from tallystick.lab.jobs import LabFailed
from tallystick.lab.rows import WARNED, Row
from tallystick.lab.toml import amount_of, text_of

ACCOUNT: Final = "/api/v5/account"
ROWS_MOST: Final = 100
"""Rows of a page of a history."""
TIMED: Final = {WARNED: "warned", STARTED: "liquidation_begins", ENDED: "liquidation_ends"}
"""Rows whose times an outcome has, with its words for them."""
BILLS_MS: Final = 90 * 24 * HOUR_MS
"""Time for which bills can be asked for."""


def require(book: Book) -> None:
    """Require that every account can be brought there by requests. Raises LabFailed."""
    if not book.accounts:
        return
    first = book.quotes(book.first)
    for account in book.accounts:
        user, name = account.user, f"account {account.user.user_id}"
        if user.liquidating:
            raise LabFailed(f"{name} is being liquidated already")
        if user.warned_at_ms > book.hour_ms:
            raise LabFailed(f"{name} has been warned since the last full hour, and is warned later than a new one")
        if user.cross and (both := [ccy for ccy in account.debts if ccy in account.held]):
            raise LabFailed(f"{name} holds and owes {both[0]}, which are one number outside Spot mode")
        try:
            for ccy, amount in (*account.held.items(), *account.debts.items()):
                borrow.require_decimals(book.state, ccy, amount)
        except Rejected:
            raise LabFailed(f"{name} holds or owes more decimals than its coins have") from None
        if _verdict(book, account, first) == spot_judging.DUE:
            raise LabFailed(f"{name} is due for liquidation at the first prices already")
    requests.require(book, requests.spare_of(book))


def _verdict(book: Book, account: Account, quotes: Quotes) -> spot_judging.Verdict:
    known = {ccy: amount for ccy, amount in account.equities.items() if ccy in quotes.usd}
    return spot_judging.standing(book.parameters, quotes, account.debts, known, account.user.uncounted).verdict


# ---- how they come to owe


def prices(book: Book) -> dict[str, int]:
    """Prices by pair beside those of the book that stand at the beginning."""
    return {requests.spare_pair(book, requests.spare_of(book)): requests.SPARE_PRICE} if book.accounts else {}


def users(book: Book) -> Iterator[str]:
    """Lines of the users."""
    spare = requests.spare_of(book) if book.accounts else ""
    for account in book.accounts:
        coins = (*account.held.items(), (spare, ONE))
        held = ", ".join(f"{ccy} = {amount_of(amount)}" for ccy, amount in coins)
        may = f"modes = [{account.user.mode}]" if account.user.cross else "borrow = true"
        yield from ("", "[[users]]", f'name = "{name_of(account)}"', may, f"trading = {{ {held} }}")


def steps(book: Book) -> Iterator[str]:
    """Lines of the steps by which the accounts come to owe, before anything else happens."""
    if not book.accounts:
        return
    for account, command in requests.opening(book, requests.spare_of(book)):
        yield from ("", "[[steps]]", 'after = "1h"')
        if account is not None:
            yield f'user = "{name_of(account)}"'
        yield from _lines(command)


def _lines(command: c.Command) -> tuple[str, ...]:
    match command:
        case c.SetPrices():
            told = ", ".join(f"{text_of(pair)} = {amount_of(index)}" for pair, index in command.prices)
            return (f"price = {{ {told} }}",)
        case c.ChangeParameters(settings=(setting,)):
            value = "true" if setting.value else "false"
            return (f"parameters = {{ {setting.table} = {{ {setting.row} = {{ {setting.field} = {value} }} }} }}",)
        case c.AdjustBalance():
            told = f'account = "{command.account}", ccy = "{command.ccy}", amt = {amount_of(command.delta)}'
            return (f"deposit = {{ {told} }}",)
        case SwitchMode():
            return _post("account/set-account-level", f'acctLv = "{command.mode}"')
        case ChooseCollateral():
            ccys = ", ".join(text_of(ccy) for ccy in command.ccys)
            asked = f'type = "custom", ccyList = [{ccys}], collateralEnabled = false'
            return _post("account/set-collateral-assets", asked)
        case c.SetLeverage():
            asked = f'ccy = "{command.ccy}", mgnMode = "cross", lever = {amount_of(command.leverage)}'
            return _post("account/set-leverage", asked)
        case c.ManualBorrow():
            asked = f'ccy = "{command.ccy}", side = "borrow", amt = {amount_of(command.amount)}'
            return _post("account/spot-manual-borrow-repay", asked)
        case c.Transfer():
            asked = f'ccy = "{command.ccy}", amt = {amount_of(command.amount)}, from = "18", to = "6", loanTrans = true'
            return _post("asset/transfer", asked)
        case SetAutoLoan():
            return _post("account/set-auto-loan", "autoLoan = false")
        case c.SetAutoRepay():
            return _post("account/set-auto-repay", "autoRepay = true")
    raise TypeError(f"no step of a scenario does {type(command).__name__}")


def _post(path: str, asked: str) -> tuple[str, str]:
    return f'post = "/api/v5/{path}"', f"body = {{ {asked} }}"


def name_of(account: Account) -> str:
    """Name of the user."""
    return f"account{account.user.user_id}"


# ---- what must come of them


def expected(book: Book, account: Account, life: AccountLife | None, end_ms: int) -> Iterator[str]:
    """Lines that say which bills of forced trades must come, in Spot mode which repayments, and which balances."""
    rows = life.rows if life else ()
    bills = [bill for bill in _bills(rows) if bill[1].at_ms > end_ms - BILLS_MS]
    for kind in ("4", "5", "10"):
        told = [(sub, row) for (of, sub), row in bills if of == kind]
        # Repayments by force have bills of type 4 in Spot mode, and are told by its history.
        if kind != "4" or account.user.cross:
            lines = [
                f'subType = "{sub}", ccy = "{row.ccy}", balChg = {amount_of(row.amount)}, ts = "{row.at_ms}"'
                for sub, row in told
            ]
            yield from asked(name_of(account), f"{ACCOUNT}/bills-archive?type={kind}&limit={ROWS_MOST}", lines)
    if not account.user.cross:
        moved = [("manual_borrow", Row(book.hour_ms, "", ccy, amount)) for ccy, amount in account.debts.items()]
        moved += [("auto_repay", row) for row in rows if row.what in (REPAID, COVERED)]
        lines = [
            f'type = "{kind}", ccy = "{row.ccy}", amt = {amount_of(abs(row.amount))}, ts = "{row.at_ms}"'
            for kind, row in moved
        ]
        yield from asked(name_of(account), f"{ACCOUNT}/spot-borrow-repay-history?limit={ROWS_MOST}", lines)
    held, debts = _left(book, account, life, (end_ms - book.hour_ms) // HOUR_MS)
    details = []
    for ccy in sorted({**held, **debts}):
        cash, debt = held.get(ccy, 0), debts.get(ccy, 0)
        if cash or debt:
            details.append(f'{{ ccy = "{ccy}", eq = {amount_of(cash - debt)}, liab = {amount_of(debt)} }}')
    yield from asked(name_of(account), f"{ACCOUNT}/balance", [f"details = [{', '.join(details)}]"])


def asked(name: str, get: str, oldest_first: Sequence[str]) -> Iterator[str]:
    """Lines of an expectation: the newest rows of a page."""
    rows = [f"  {{ {line} }}," for line in oldest_first[::-1][:ROWS_MOST]]
    yield from ("", "[[expect]]", f'user = "{name}"', f'get = "{get}"', "rows = [", *rows, "]")


def _bills(rows: Sequence[Row]) -> Iterator[tuple[tuple[str, str], Row]]:
    """Yield type and subType of the bill of each row that has one: fills within a liquidation, or of an exchange."""
    liquidating = False
    for row in rows:
        if row.what in (STARTED, ENDED):
            liquidating = row.what == STARTED
        elif row.what == FILLED:
            came = row.amount > 0
            yield (("5", "106" if came else "107") if liquidating else ("4", "114" if came else "115")), row
        elif row.what == FEE:
            yield ("5", "111"), row
        elif row.what == COVERED:
            yield ("10", "108"), row


def _left(
    book: Book, account: Account, life: AccountLife | None, hours: int
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """Coins held and debts at the end of the path, in atoms."""
    if life is None:
        grown = {ccy: book.grown(ccy, debt, 0, hours, spot=True)[-1] for ccy, debt in account.debts.items()}
        return account.held, grown
    held, debts = dict(account.held), dict(account.debts)
    for ccy, amount in life.interest.items():
        debts[ccy] = debts.get(ccy, 0) + amount
    for row in life.rows:
        if row.what in (FILLED, REPAID, FEE):
            held[row.ccy] = held.get(row.ccy, 0) + row.amount
        if row.what in (REPAID, COVERED):
            debts[row.ccy] -= abs(row.amount)
    return held, debts


def times(book: Book, account: Account, life: AccountLife | None) -> Iterator[tuple[str, int]]:
    """Yield warnings and liquidations with their times, as an outcome names them.

    An account that stands at the line of warnings at the first prices is warned when it is opened.
    """
    if _verdict(book, account, book.quotes(book.first)) == spot_judging.CALLED:
        yield WARNED, book.hour_ms
    for row in life.rows if life else ():
        if row.what in TIMED:
            yield TIMED[row.what], row.at_ms
