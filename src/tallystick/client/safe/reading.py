"""Reads that reconciling stands on. What cannot be read exactly is a BadAnswer, never a zero."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from tallystick.client.clock import LAST_MS, from_ms
from tallystick.client.errors import BadAnswer, BadParameter, ClientError
from tallystick.client.flows import Flow, Session, call
from tallystick.client.safe.exact import DIGITS_MAX, total
from tallystick.contract import account, bills, market, repay
from tallystick.contract.core import Endpoint

NUMBER_DIGITS_MAX: Final = 19


def require_whole(rows: Sequence[object], endpoint: Endpoint) -> None:
    """Raises BadAnswer for a full page: what is looked for may lie beyond it, and its absence proves nothing."""
    if endpoint.page is not None and len(rows) >= endpoint.page.max:
        raise BadAnswer(
            f"{len(rows)} rows came since the request, as many as a page holds, and there may be more.",
            endpoint=endpoint.name,
        )


def amount(row: Mapping[str, Any], name: str, endpoint: Endpoint) -> Decimal:
    """An amount of a row. Raises BadAnswer for anything but a decimal number as text."""
    value = row.get(name)
    try:
        found = Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        found = None
    if (
        found is None
        or not found.is_finite()
        or abs(found.adjusted()) > DIGITS_MAX
        or len(found.as_tuple().digits) > DIGITS_MAX
    ):
        raise BadAnswer(f"{name} is {value!r} where an amount is documented.", endpoint=endpoint.name)
    return found


def text(row: Mapping[str, Any], name: str, endpoint: Endpoint) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value:
        raise BadAnswer(f"{name} is {value!r} where a text is documented.", endpoint=endpoint.name)
    return value


def rows(row: Mapping[str, Any], name: str, endpoint: Endpoint) -> list[Mapping[str, Any]]:
    value = row.get(name)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise BadAnswer(f"{name} is no list of rows.", endpoint=endpoint.name)
    return value


def number(row: Mapping[str, Any], name: str, endpoint: Endpoint) -> int:
    value = row.get(name)
    if not isinstance(value, str) or not value.isascii() or not value.isdigit() or len(value) > NUMBER_DIGITS_MAX:
        raise BadAnswer(f"{name} is {value!r} where a time is documented.", endpoint=endpoint.name)
    return int(value)


def moment(row: Mapping[str, Any], name: str, endpoint: Endpoint) -> datetime:
    """A time of a row. Raises BadAnswer for what is none."""
    at_ms = number(row, name, endpoint)
    if at_ms >= LAST_MS:
        raise BadAnswer(f"{name} is {at_ms} where a time is documented.", endpoint=endpoint.name)
    return from_ms(at_ms)


def exchange_ms(session: Session) -> Flow[int]:
    """The exchange's clock, asked for now: it is at least this late when the answer is read."""
    answer = yield from call(session, market.TIME)
    if len(answer.rows) != 1:
        raise BadAnswer("The exchange told no time.", endpoint=market.TIME.name)
    return number(answer.rows[0], "ts", market.TIME)


def debts_and_coins(session: Session) -> Flow[tuple[dict[str, Decimal], dict[str, Decimal]]]:
    """Debts with their interest, and coins to repay with, by currency."""
    endpoint = repay.ONE_CLICK_REPAY_CURRENCY_LIST_V2
    answer = yield from call(session, endpoint)
    if len(answer.rows) != 1:
        raise BadAnswer(f"The list has {len(answer.rows)} rows where one is documented.", endpoint=endpoint.name)
    row = answer.rows[0]
    debts = _by_coin(row, "debtData", "debtCcy", "debtAmt")
    coins = _by_coin(row, "repayData", "repayCcy", "repayAmt")
    return debts, coins


def _by_coin(row: Mapping[str, Any], data: str, ccy: str, amt: str) -> dict[str, Decimal]:
    endpoint = repay.ONE_CLICK_REPAY_CURRENCY_LIST_V2
    return {text(each, ccy, endpoint): amount(each, amt, endpoint) for each in rows(row, data, endpoint)}


def balance_row(session: Session, ccy: str) -> Flow[tuple[Mapping[str, Any], Mapping[str, Any] | None]]:
    """The account's balance, and the part of it that is this currency's; None where it has none."""
    answer = yield from call(session, account.BALANCE, {"ccy": ccy})
    if len(answer.rows) != 1:
        raise BadAnswer(f"{len(answer.rows)} balances where one is documented.", endpoint=account.BALANCE.name)
    details = rows(answer.rows[0], "details", account.BALANCE)
    for detail in details:
        if text(detail, "ccy", account.BALANCE) == ccy:
            return answer.rows[0], detail
    return answer.rows[0], None


def left_of(session: Session, ccy: str) -> Flow[Decimal]:
    """Debt in a currency, interest included.

    Two lists must agree that nothing is: one that comes without its rows looks the same. Raises BadAnswer.
    """
    debts, _ = yield from debts_and_coins(session)
    left = debts.get(ccy, Decimal(0))
    if left == 0:
        _, detail = yield from balance_row(session, ccy)
        owed = Decimal(0) if detail is None or detail.get("liab") == "" else amount(detail, "liab", account.BALANCE)
        if owed != 0:
            raise BadAnswer("One list has a debt that the other lacks.", endpoint=account.BALANCE.name)
    return left


def billed(session: Session, ccy: str, kind: tuple[str, str], since_ms: int) -> Flow[Decimal | None]:
    """Sum of the bills of one type and subType since a time; None where the key may not read them, or not all came.

    Bills are a second witness beside a history, and what they lack proves nothing.
    """
    fields = {"ccy": ccy, "type": kind[0], "subType": kind[1], "begin": since_ms}
    try:
        rows = (yield from call(session, bills.ACCOUNT_BILLS, fields)).rows
        require_whole(rows, bills.ACCOUNT_BILLS)
        return total(abs(amount(row, "sz", bills.ACCOUNT_BILLS)) for row in rows)
    except ClientError:
        return None


def confirm_nothing_owed(session: Session, name: str, ccy: str, coins: Mapping[str, Decimal]) -> Flow[None]:
    """Read again where the first list has no debt of a currency, before that is believed. `coins` are those it has.

    Raises BadParameter for a coin that the exchange does not have, BadAnswer where another reading has the debt.
    """
    if ccy not in coins:
        yield from require_coin(session, name, ccy)
    if (yield from left_of(session, ccy)) != 0:
        raise BadAnswer("One reading has a debt that the other lacks.", hint="Ask again; nothing was sent.")


def require_coin(session: Session, name: str, ccy: str) -> Flow[None]:
    """Raises BadParameter for a coin that no spot instrument has; `name` is the parameter's."""
    answer = yield from call(session, market.INSTRUMENTS, {"instType": "SPOT"})
    known = {text(row, side, answer.endpoint) for row in answer.rows for side in ("baseCcy", "quoteCcy")}
    if ccy not in known:
        meant = f"Write {ccy.upper()!r}." if ccy.upper() in known else "instruments(instType='SPOT') lists the coins."
        raise BadParameter(
            f"{name} is {ccy!r}, a coin that is not traded here; nothing was sent.", hint=meant, field=name
        )
