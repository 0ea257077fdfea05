"""A path told as a scenario: users who come to have the loans and debts of the book, prices, and what must come.

`tally scenario run` and the test kit play it through the API. The venue of the scenario begins an hour before the book,
so that its rates are in force when the loans begin, and each loan is opened by a request like any other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence

from tallystick.engine.interest import HOUR_MS
from tallystick.engine.loan_judging import within_initial_ltv
from tallystick.lab import account_telling, conditions
from tallystick.lab.account_rows import AccountLife
from tallystick.lab.book import Book, Held
from tallystick.lab.jobs import LabFailed
from tallystick.lab.lists import with_rates
from tallystick.lab.panels import Moments, Panel, Steps
from tallystick.lab.rows import WARNED, Life
from tallystick.lab.toml import amount_of, text_of
from tallystick.lab.world import Lived
from tallystick.venue.parameters import load_parameters

LOANS = "/api/v5/finance/flexible-loan"
NOT_ROWS = frozenset({"warned", "settled", "closed"})


def scenario_of(book: Book, steps: Steps, moments: Moments, lived: Lived, title: str) -> str:
    """TOML of a scenario in which what the lab has told must come.

    Raises LabFailed: requests cannot borrow a loan or the debts of an account, or the numbers are not packaged.
    """
    _require(book)
    panel, first = Panel(book, steps), dict(zip(book.pairs, book.first, strict=True))
    start = dt.datetime.fromtimestamp((book.hour_ms - HOUR_MS) // 1000, dt.UTC)
    lines = [
        f"title = {text_of(title)}",
        f"title_zh = {text_of(title)}",
        'about = "Made by the lab: loans and accounts must have the rows that the lab has found on this path."',
        'about_zh = "由实验室生成：借款和账户必须得到实验室在这条路径上算出的记录。"',
        f"start = {start:%Y-%m-%dT%H:%M:%SZ}",
        "",
        "[parameters.currencies]",
        *(f"{ccy} = {{ rate_per_year = {amount_of(later)} }}" for ccy, (_, later) in book.yearly.items()),
        "",
        "[prices]",
        *(f"{text_of(pair)} = {amount_of(price)}" for pair, price in {**first, **account_telling.prices(book)}.items()),
    ]
    for loan in book.loans:
        funding = ", ".join(f"{ccy} = {amount_of(amount)}" for ccy, amount in loan.collateral.items())
        lines += ["", "[[users]]", f'name = "loan{loan.loan_id}"', f"funding = {{ {funding} }}"]
    lines += [*account_telling.users(book), *account_telling.steps(book)]
    for loan in book.loans:
        lines += [
            "",
            "[[steps]]",
            'after = "1h"',
            f'user = "loan{loan.loan_id}"',
            f'post = "{LOANS}/borrow"',
            _body(loan),
        ]
    for number, (price, at_ms) in enumerate(zip(moments.price.tolist(), moments.at_ms.tolist(), strict=True)):
        if number % moments.per_hour:
            after_ms = at_ms - book.hour_ms + HOUR_MS
            quoted = zip(book.pairs, panel.indices(price), strict=True)
            prices = ", ".join(f"{text_of(pair)} = {amount_of(index)}" for pair, index in quoted)
            lines += ["", "[[steps]]", f'after = "{after_ms // 60_000}m"', f"price = {{ {prices} }}"]
    lives = {life.loan_id: life for life in lived.loans}
    accounts = {life.user_id: life for life in lived.accounts}
    lines += ["", "[outcome.times]", *_times(book, lives, accounts)]
    for loan in book.loans:
        lines += _expected(book, loan, lives.get(loan.loan_id))
    end_ms = int(moments.at_ms[-1])
    for account in book.accounts:
        lines += account_telling.expected(book, account, accounts.get(account.user.user_id), end_ms)
    return "\n".join([*lines, ""])


def _require(book: Book) -> None:
    if coupled := " ".join(conditions.couplings(book)):
        raise LabFailed(coupled)
    rates = {ccy: row.rate_per_year for ccy, row in book.parameters.currencies.items()}
    if with_rates(load_parameters(), rates) != book.parameters:
        raise LabFailed("numbers of the book's venue are not the packaged ones: a scenario of the path would differ")
    moving = [ccy for ccy, (running, later) in book.yearly.items() if running != later or not rates[ccy]]
    if moving:
        raise LabFailed(f"the rate of {moving[0]} is not set, or changes after the first hour: give it by --rate")
    account_telling.require(book)
    quotes = book.quotes(book.first)
    for loan in book.loans:
        grantable = within_initial_ltv(book.parameters, quotes, loan.debts, loan.collateral, e_mode=loan.e_mode)
        if len(loan.debts) != 1 or not grantable or loan.warned_at_ms:
            raise LabFailed(
                f"loan {loan.loan_id} cannot be borrowed anew by one request: it owes several coins, is beyond its "
                "initial LTV, or has been warned"
            )


def _body(loan: Held) -> str:
    (ccy, debt), mode = next(iter(loan.debts.items())), ', eMode = "1"' if loan.e_mode else ""
    pledged = ", ".join(f'{{ ccy = "{coin}", amt = {amount_of(amount)} }}' for coin, amount in loan.collateral.items())
    owed = f'loanData = {{ ccy = "{ccy}", amt = {amount_of(debt)} }}'
    return f'body = {{ {owed}, collateralData = [{pledged}]{mode}, clOrdId = "loan{loan.loan_id}" }}'


def _expected(book: Book, loan: Held, life: Life | None) -> Iterator[str]:
    """Lines of the rows of the history that must come."""
    told = [(book.hour_ms, "collateral_locked", ccy, -amount) for ccy, amount in loan.collateral.items()]
    told += [(book.hour_ms, "borrowed", ccy, amount) for ccy, amount in loan.debts.items()]
    told += [row for row in (life.rows if life else ()) if row.what not in NOT_ROWS]
    rows = [
        f'type = "{kind}", ccy = "{ccy}", amt = {amount_of(amount)}, ts = "{at_ms}"'
        for at_ms, kind, ccy, amount in told
    ]
    get = f"{LOANS}/loan-history?limit={account_telling.ROWS_MOST}"
    yield from account_telling.asked(f"loan{loan.loan_id}", get, rows)


def _times(book: Book, lives: Mapping[int, Life], accounts: Mapping[int, AccountLife]) -> Iterator[str]:
    """Lines of the times of warnings and liquidations, those of each user in one."""
    for loan in book.loans:
        life = lives.get(loan.loan_id)
        warned = [(WARNED, row.at_ms) for row in (life.rows if life else ()) if row.what == WARNED]
        yield _times_of(book, f"loan{loan.loan_id}", (WARNED,), warned)
    for account in book.accounts:
        found = account_telling.times(book, account, accounts.get(account.user.user_id))
        yield _times_of(book, account_telling.name_of(account), tuple(account_telling.TIMED.values()), found)


def _times_of(book: Book, name: str, whats: Sequence[str], found: Iterable[tuple[str, int]]) -> str:
    since: dict[str, list[str]] = {what: [] for what in whats}
    for what, at_ms in found:
        since[what].append(text_of(f"{(at_ms - book.hour_ms + HOUR_MS) // 60_000}m"))
    lists = (f"{what} = [{', '.join(times)}]" for what, times in since.items())
    return f"{name} = {{ {', '.join(lists)} }}"
