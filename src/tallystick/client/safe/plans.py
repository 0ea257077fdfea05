"""Plan of a one-click repay: legs with their bounds, fees and what is left, by the prices of the moment.

The arithmetic is that of docs/rules/one-click-repay.md: the debt's own coin first, then sales for USDT in the order of
the list until there is enough, then one purchase. A plan is an estimate; the run goes by the prices it meets.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from tallystick.client.errors import ClientError
from tallystick.client.flows import Flow, Session, call
from tallystick.client.safe import reading
from tallystick.client.safe.exact import WIDE, ZERO, down, half_up, less, total, up
from tallystick.client.safe.outcomes import Leg, Plan
from tallystick.contract import account, account_limits, market

TRANSIT: Final = "USDT"
BAND: Final = Decimal("0.005")
"""How far from the last price a leg may fill."""
ONE: Final = Decimal(1)
LEAST_USD: Final = ONE
"""A listed coin that is worth less is refused (59130)."""


class Pair(NamedTuple):
    """Last price of a pair, its tick, lot and least order, and the taker's fee as a positive share."""

    inst_id: str
    last: Decimal
    tick: Decimal
    lot: Decimal
    least: Decimal
    fee: Decimal


class Raised(NamedTuple):
    """USDT that the sales bring: before and after their fees, at the last price and at their bounds."""

    gross: Decimal = ZERO
    net: Decimal = ZERO
    least_gross: Decimal = ZERO
    least_net: Decimal = ZERO

    def and_(self, at_last: Decimal, at_bound: Decimal, fee: Decimal) -> Raised:
        keeps = ONE - fee
        return Raised(
            self.gross + at_last,
            self.net + at_last * keeps,
            self.least_gross + at_bound,
            self.least_net + at_bound * keeps,
        )


class Task(NamedTuple):
    debt: str
    owed: Decimal
    using: tuple[str, ...]
    coins: Mapping[str, Decimal]


def planned(session: Session, debt: str, using: tuple[str, ...]) -> Flow[Plan]:
    """Read what the plan stands on. Raises ClientError; a pair that has no price is named as dust.

    A debt in a coin that is not traded is a BadParameter.
    """
    debts, coins = yield from reading.debts_and_coins(session)
    task = Task(debt, debts.get(debt, ZERO), using, coins)
    if task.owed == 0:
        yield from reading.confirm_nothing_owed(session, "debt", debt, coins)
    pairs: dict[str, Pair] = {}
    others = [ccy for ccy in using if ccy != debt]
    # Where the debt's own coin pays all, the others are still refused below their least worth.
    needed = [] if task.owed == 0 else others if less(task.owed, _direct(task)) == 0 else [*others, debt]
    for ccy in dict.fromkeys(needed):
        if ccy != TRANSIT:
            found = yield from _pair(session, f"{ccy}-{TRANSIT}")
            if found is not None:
                pairs[ccy] = found
    plan = plan_of(task, pairs)
    whole, detail = yield from reading.balance_row(session, debt)
    before, after = _margin(whole, detail, plan)
    return replace(plan, margin_before=before, margin_after=after)


def _pair(session: Session, inst_id: str) -> Flow[Pair | None]:
    """None where the exchange has no such pair, or no price of it."""
    try:
        spot = {"instType": "SPOT", "instId": inst_id}
        listed = (yield from call(session, market.INSTRUMENTS, spot)).rows
        ticker = (yield from call(session, market.TICKER, {"instId": inst_id})).rows
        fees = (yield from call(session, account_limits.TRADE_FEE, spot)).rows
        if not listed or not ticker or not fees:
            return None
        return Pair(
            inst_id=inst_id,
            last=reading.amount(ticker[0], "last", market.TICKER),
            tick=reading.amount(listed[0], "tickSz", market.INSTRUMENTS),
            lot=reading.amount(listed[0], "lotSz", market.INSTRUMENTS),
            least=reading.amount(listed[0], "minSz", market.INSTRUMENTS),
            fee=-reading.amount(fees[0], "taker", account_limits.TRADE_FEE),
        )
    except ClientError as error:
        if error.code.startswith("51"):
            return None
        raise


def _direct(task: Task) -> Decimal:
    own = task.coins.get(task.debt, ZERO) if task.debt in task.using else ZERO
    return min(own, task.owed)


class Draft(Struct):
    """A plan as it grows."""

    direct: Decimal
    brings: list[tuple[str, Decimal]]
    legs: list[Leg]
    dust: list[str]


def plan_of(task: Task, pairs: Mapping[str, Pair]) -> Plan:
    """The plan, without the margin. All that is listed stands in `brings` with what it repays."""
    direct = _direct(task)
    draft = Draft(direct, [(task.debt, direct)] if task.debt in task.using else [], [], [])
    rest = less(task.owed, direct)
    others = [ccy for ccy in task.using if ccy != task.debt]
    buy = pairs.get(task.debt)
    if rest == 0 or not others:
        draft.dust += [why for ccy in others if (why := _unusable(task, ccy, pairs))]
        return _plan(task, draft, (ZERO, ZERO))
    if task.debt != TRANSIT and buy is None:
        draft.dust.append(f"{task.debt} has no price in {TRANSIT}, so that it cannot be bought")
        return _plan(task, draft, (ZERO, ZERO))
    needed = rest if buy is None else up(WIDE.divide(rest, ONE - buy.fee), buy.lot)
    target = needed if buy is None else WIDE.multiply(needed, buy.last)
    raised = _sales(task, pairs, others, target, draft)
    if buy is None:
        return _plan(task, draft, (min(raised.net, rest), min(raised.least_net, rest)))
    own = len(draft.brings) - len(others)
    draft.brings[own:] = [(ccy, half_up(WIDE.divide(net, buy.last), 16)) for ccy, net in draft.brings[own:]]
    leg, repaid = _purchase(buy, needed, raised.gross)
    if leg is None:
        draft.dust.append(f"the least order of {buy.inst_id} is {buy.least:f} {task.debt}")
        draft.legs.clear()
        return _plan(task, draft, (ZERO, ZERO))
    draft.legs.append(leg)
    worst = _purchase(buy, needed, raised.least_gross)[1]
    return _plan(task, draft, (min(repaid, rest), min(worst, rest)), buy)


def _sales(task: Task, pairs: Mapping[str, Pair], others: list[str], target: Decimal, draft: Draft) -> Raised:
    """Add the legs that raise the target, and each coin's entry in `brings`, in USDT."""
    raised = Raised()
    for ccy in others:
        missing = max(target - raised.gross, ZERO)
        available = task.coins.get(ccy, ZERO)
        pair = pairs.get(ccy)
        brought = ZERO
        if why := _unusable(task, ccy, pairs):
            draft.dust.append(why)
        elif ccy == TRANSIT:
            brought = min(available, missing)
            raised = raised.and_(brought, brought, ZERO)
        elif pair is not None:
            bound = _inside(pair.last * (ONE - BAND), pair.tick)
            size = down(min(available, missing / bound), pair.lot)
            if size >= pair.least:
                fee = size * pair.last * pair.fee
                draft.legs.append(Leg(inst_id=pair.inst_id, side="sell", px=bound, sz=size, fee=fee))
                raised = raised.and_(size * pair.last, size * bound, pair.fee)
                brought = size * pair.last * (ONE - pair.fee)
            elif missing > 0:
                draft.dust.append(f"{ccy}: the least order of {pair.inst_id} is {pair.least:f}")
        draft.brings.append((ccy, brought))
    return raised


def _unusable(task: Task, ccy: str, pairs: Mapping[str, Pair]) -> str:
    """Why a listed coin cannot be used, "" where it can; the exchange then refuses the whole list."""
    pair = pairs.get(ccy)
    if ccy != TRANSIT and pair is None:
        return f"{ccy} has no price in {TRANSIT}"
    worth = task.coins.get(ccy, ZERO) * (pair.last if pair else ONE)
    return "" if worth >= LEAST_USD else f"{ccy} is worth under 1 USD: the exchange refuses a list with it (59130)"


def _inside(bound: Decimal, tick: Decimal) -> Decimal:
    """The largest tick strictly below a bound."""
    found = down(bound, tick)
    return found - tick if found == bound else found


def _purchase(buy: Pair, needed: Decimal, raised: Decimal) -> tuple[Leg | None, Decimal]:
    """The purchase that what was raised can pay, and what it repays. None below the least order."""
    size = down(half_up(min(needed, raised / (buy.last * (ONE + BAND))), 16), buy.lot)
    if size < buy.least:
        return None, ZERO
    bound = _inside(buy.last * (ONE + BAND), buy.tick)
    fee = size * buy.fee
    return Leg(inst_id=buy.inst_id, side="buy", px=bound, sz=size, fee=fee), size - fee


def _plan(task: Task, draft: Draft, bought: tuple[Decimal, Decimal], buy: Pair | None = None) -> Plan:
    """`bought` is what the legs repay at the last price, and at their bounds."""
    rest = less(task.owed, draft.direct)
    price = buy.last if buy else ONE
    fees = [WIDE.divide(leg.fee, price) if leg.side == "sell" else leg.fee for leg in draft.legs if leg.fee is not None]
    return Plan(
        debt=task.owed,
        direct=draft.direct,
        brings=tuple(draft.brings),
        legs=tuple(draft.legs),
        fees=total(half_up(fee, 16) for fee in fees),
        left=max(half_up(rest - bought[0], 16), ZERO),
        left_at_most=max(half_up(rest - bought[1], 16), ZERO),
        dust=tuple(draft.dust),
    )


def _margin(
    whole: Mapping[str, Any], detail: Mapping[str, Any] | None, plan: Plan
) -> tuple[Decimal | None, Decimal | None]:
    """Margin ratio now, and with the maintenance margin of this debt lessened by the share that is repaid."""
    ratio, mmr = whole.get("mgnRatio"), whole.get("mmr")
    if not ratio or not mmr:
        return None, None
    before = reading.amount(whole, "mgnRatio", account.BALANCE)
    own = detail.get("mmr") if detail else ""
    if detail is None or not own or plan.debt == 0:
        return before, before
    required = reading.amount(whole, "mmr", account.BALANCE)
    freed = WIDE.multiply(reading.amount(detail, "mmr", account.BALANCE), WIDE.divide(plan.debt - plan.left, plan.debt))
    rest = required - freed
    return before, half_up(WIDE.divide(WIDE.multiply(before, required), rest), 4) if rest > 0 else None
