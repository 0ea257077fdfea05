"""A path told as a scenario: users who borrow the loans of the book, the prices of the path, and the rows to come.

`tally scenario run` and the test kit play it through the API. The venue of the scenario begins an hour before the book,
so that its rates are in force when the loans begin, and each loan is opened by a request like any other.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from tallystick.engine.interest import HOUR_MS
from tallystick.engine.loan_judging import within_initial_ltv
from tallystick.lab import account_telling
from tallystick.lab.book import Book, Held
from tallystick.lab.jobs import LabFailed
from tallystick.lab.lists import with_rates
from tallystick.lab.panels import Moments, Panel, Steps
from tallystick.lab.rows import Row
from tallystick.lab.toml import amount_of, text_of
from tallystick.lab.world import Told
from tallystick.venue.parameters import load_parameters

LOANS = "/api/v5/finance/flexible-loan"
ROWS_MOST = 100
"""Rows of a page of the history."""
NOT_ROWS = frozenset({"warned", "settled", "closed"})


def scenario_of(book: Book, steps: Steps, moments: Moments, told: Told, title: str) -> str:
    """TOML of a scenario in which what the lab has told must come.

    Raises LabFailed: requests cannot borrow a loan or the debts of an account, or the numbers are not packaged.
    """
    _require(book)
    panel = Panel(book, steps)
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
        *(f"{text_of(pair)} = {amount_of(price)}" for pair, price in zip(book.pairs, book.first, strict=True)),
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
    for loan in book.loans:
        lines += ["", *_expected(loan, told.loans.get(loan.loan_id, ()))]
    for account in book.accounts:
        lines += account_telling.expected(account, told.accounts.get(account.user.user_id, ()), ROWS_MOST)
    return "\n".join([*lines, ""])


def _require(book: Book) -> None:
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


def _expected(loan: Held, rows: Sequence[Row]) -> Iterator[str]:
    """Rows of the history that must come, the newest first."""
    told = [("collateral_locked", ccy, -amount) for ccy, amount in loan.collateral.items()]
    told += [("borrowed", ccy, amount) for ccy, amount in loan.debts.items()]
    told += [(row.what, row.ccy, row.amount) for row in rows if row.what not in NOT_ROWS]
    yield from (
        "[[expect]]",
        f'user = "loan{loan.loan_id}"',
        f'get = "{LOANS}/loan-history?limit={ROWS_MOST}"',
        "rows = [",
    )
    for kind, ccy, amount in told[::-1][:ROWS_MOST]:
        yield f'  {{ type = "{kind}", ccy = "{ccy}", amt = {amount_of(amount)} }},'
    yield "]"
