"""`tally loans`: flexible loans, listed, taken, repaid, and their collateral adjusted."""

from __future__ import annotations

import click
from msgspec import Struct

from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import group, option
from tallystick.cli.frame.completing import coins
from tallystick.cli.frame.failing import usage
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked, reads, writes
from tallystick.cli.outcome_records import ToldOutcome
from tallystick.cli.owing.records import LoanDebt
from tallystick.cli.repay import WAIT
from tallystick.contract.flexible_loan import LOAN_ADJUST_COLLATERAL, LOAN_BORROW, LOAN_REPAY, LoanBorrowRow

NOTHING = Words("There are no loans.", "没有借款。")
HISTORY = "tally history loan_history"


class Loans(Struct, frozen=True):
    """Open flexible loans, oldest first."""

    loans: list[LoanDebt]


class Adjusted(Struct, frozen=True):
    """Request that was carried out: the exchange answers without a row. `loan` is "" for the oldest."""

    change: str
    ccy: str
    amt: str
    loan: str


@group(zh="活期借币：列出、借入、偿还、调整质押物。")
def loans() -> None:
    """Flexible loans: list them, borrow, repay, adjust collateral."""


@loans.spoken("list", answer=Loans, zh="列出未结清的借款及其 LTV。")
@reads
def list_(asked: Asked) -> None:
    """List the open loans with their LTV."""
    # The client takes its time to load, and completion does without it.
    from tallystick.cli.frame.accounts import opened
    from tallystick.cli.owing.reading import Reader, clock_of, loans_of

    with opened(asked, Reader) as client:
        found = loans_of(client, clock_of(client))
    say(asked, Loans(found), lambda: words(found))


def words(found: list[LoanDebt]) -> str:
    from tallystick.cli.owing.tables import loan_table

    return loan_table(found) if found else str(NOTHING)


def _coins(text: str) -> list[dict[str, str]]:
    """Amounts by coin, such as BTC=0.1,ETH=2. Raises Failure."""
    found = []
    for part in text.split(","):
        ccy, equals, amt = part.partition("=")
        if not (ccy and equals and amt):
            raise usage(f"--collateral has {part!r}: write it as BTC=0.1,ETH=2")
        found.append({"ccy": ccy.strip(), "amt": amt.strip()})
    return found


@loans.spoken(
    answer=LoanBorrowRow,
    zh="""借入 AMT 的 CCY，质押资金账户中的币。

    --loan 指定已有借款；未指定时新建借款。
    """,
)
@click.argument("ccy", shell_complete=coins)
@click.argument("amt")
@option("--collateral", metavar="BTC=0.1,ETH=2", help="Lock these coins of the funding account.", zh="质押这些币。")
@option("--loan", metavar="ID", help="Borrow more on this loan; the default is a new loan.", zh="在此借款上继续借入。")
@option("--e-mode", is_flag=True, help="Make the new loan in efficiency mode.", zh="以高效模式新建借款。")
@writes
def borrow(asked: Asked, ccy: str, amt: str, collateral: str | None, loan: str | None, e_mode: bool) -> None:
    """Borrow AMT of CCY against coins of the funding account.

    The request has a client order id: sent twice within a minute, it is carried out once.
    """
    # The client takes its time to load, and completion does without it.
    from tallystick.cli.writing import write
    from tallystick.client.clock import fresh_id

    fields = {
        "ordId": loan,
        "loanData": {"ccy": ccy, "amt": amt},
        "collateralData": _coins(collateral) if collateral else None,
        "eMode": "1" if e_mode else None,
        "clOrdId": fresh_id(),
    }
    write(asked, LOAN_BORROW, fields, look=HISTORY)


@loans.spoken(
    answer=ToldOutcome,
    zh="""偿还借款 LOAN 中的 AMT CCY；全部还清后释放质押物。

    退出码与 tally repay 相同。
    """,
)
@click.argument("loan")
@click.argument("ccy", shell_complete=coins)
@click.argument("amt")
@WAIT
@writes
def repay(asked: Asked, loan: str, ccy: str, amt: str, wait: int) -> None:
    """Repay AMT of CCY of a LOAN; a loan that is repaid frees its collateral.

    Exit codes are those of tally repay.
    """
    # The client takes its time to load, and completion does without it.
    from tallystick.cli.frame.accounts import client_of, confirm
    from tallystick.cli.frame.requests import request_of
    from tallystick.cli.outcomes import say_outcome
    from tallystick.cli.predicting.told import expect
    from tallystick.client.clock import fresh_id

    if asked.dry_run:
        expect(asked, request_of(LOAN_REPAY, {"ordId": loan, "ccy": ccy, "amt": amt, "clOrdId": fresh_id()}))
        return
    with client_of(asked) as client:
        told = Words(f"Repay {amt} {ccy} of loan {loan}.", f"偿还借款 {loan} 中的 {amt} {ccy}。")
        confirm(asked, client, str(told))
        found = client.repay_loan(ord_id=loan, ccy=ccy, amt=amt, wait=wait)
    say_outcome(asked, found, enough=True)


@loans.spoken(answer=Adjusted, zh="增加或减少质押物。")
@click.argument("change", type=click.Choice(("add", "reduce")))
@click.argument("ccy", shell_complete=coins)
@click.argument("amt")
@option("--loan", metavar="ID", help="Use this loan; the default is the oldest.", zh="指定借款；未指定时为最早的一笔。")
@writes
def adjust(asked: Asked, change: str, ccy: str, amt: str, loan: str | None) -> None:
    """Add collateral to a loan, or reduce it."""
    # The client takes its time to load, and completion does without it.
    from tallystick.cli.writing import write

    fields = {"type": change, "collateralCcy": ccy, "collateralAmt": amt, "ordId": loan}
    write(
        asked,
        LOAN_ADJUST_COLLATERAL,
        fields,
        look="tally loans list",
        answer=Adjusted(change=change, ccy=ccy, amt=amt, loan=loan or ""),
    )
