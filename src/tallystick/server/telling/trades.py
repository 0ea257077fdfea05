"""Words for orders, converts and one-click repays."""

from __future__ import annotations

from tallystick.contract.core import Doc
from tallystick.engine import events as e
from tallystick.engine import fault_events as f
from tallystick.engine import repay_at_once
from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.kinds import PerRunStatus
from tallystick.server.telling.words import (
    ACCOUNTS,
    CATEGORIES,
    ORDER_KINDS,
    PAST,
    SIDES,
    at,
    cause_of,
    coins,
    listed,
    pair_of,
)

RUNS: PerRunStatus[Doc] = {
    "running": Doc("is under way", "进行中"),
    "filled": Doc("is over", "已结束"),
    "failed": Doc("failed", "失败"),
}

# ---- orders


def order_placed(event: e.OrderPlaced) -> Doc:
    pair, side, kind = pair_of(event.instrument), SIDES[event.side], ORDER_KINDS[event.kind]
    by = CATEGORIES[event.category]
    size = Doc(coins(event.size, pair.base), coins(event.size, pair.base))
    if event.size_in_quote:
        worth = coins(event.size, pair.quote)
        size = Doc(f"{worth} of {pair.base}", f"{worth} 的 {pair.base}")
    price = f"{text_from_atoms(event.price)} {pair.quote}"
    at_en, at_zh = (f" at {price}", f"，价格 {price}") if event.price else ("", "")
    return Doc(
        f"order {event.order_id}: {side.en} {size.en}{at_en}, {kind.en}{by.en}",
        f"订单 {event.order_id}：{side.zh} {size.zh}{at_zh}，{kind.zh}{by.zh}",
    )


def order_amended(event: e.OrderAmended) -> Doc:
    pair, side = pair_of(event.instrument), SIDES[event.side]
    price = f"{text_from_atoms(event.price)} {pair.quote}"
    size = coins(event.size, pair.base)
    return Doc(
        f"order {event.order_id} is now: {side.en} {size} at {price}",
        f"订单 {event.order_id} 改为：{side.zh} {size}，价格 {price}",
    )


def amend_failed(event: e.AmendFailed) -> Doc:
    return Doc(f"order {event.order_id} cannot be changed as asked", f"订单 {event.order_id} 无法按要求修改")


def cancel_timer_set(event: e.CancelTimerSet) -> Doc:
    which_en = f"orders with the tag {event.tag}" if event.tag else "all orders"
    which_zh = f"标签为 {event.tag} 的订单" if event.tag else "全部订单"
    if not event.trigger_at_ms:
        return Doc(f"timer that cancels {which_en} is off", f"撤销{which_zh}的倒计时已关闭")
    when = at(event.trigger_at_ms)
    return Doc(f"timer: {which_en} are canceled at {when}", f"倒计时：{which_zh}将于 {when} 撤销")


def order_filled(event: e.OrderFilled) -> Doc:
    pair, past, by = pair_of(event.instrument), PAST[event.side], CATEGORIES[event.category]
    size, price = coins(event.size, pair.base), f"{text_from_atoms(event.price)} {pair.quote}"
    return Doc(f"{past.en} {size} at {price}{by.en}", f"{past.zh} {size}，价格 {price}{by.zh}")


def order_closed(event: e.OrderClosed) -> Doc:
    filled, size, cause = text_from_atoms(event.filled_size), text_from_atoms(event.size), cause_of(event.cause)
    if event.state == "filled":
        return Doc(
            f"order {event.order_id} is filled, {filled} of {size}", f"订单 {event.order_id} 已成交，{filled} / {size}"
        )
    return Doc(
        f"order {event.order_id} is canceled, {filled} of {size} filled{cause.en}",
        f"订单 {event.order_id} 已撤销，成交 {filled} / {size}{cause.zh}",
    )


# ---- one-click repay


def repay_started(event: e.RepayStarted) -> Doc:
    with_coins, amount = ", ".join(event.record.repay_ccys), coins(event.debt, event.record.debt_ccy)
    return Doc(
        f"one-click repay of {amount} with {with_coins} is accepted", f"已受理一键还债：用 {with_coins} 偿还 {amount}"
    )


def repay_moved(event: e.RepayAdvanced | e.RepayEnded) -> Doc:
    record, status = event.record, RUNS[event.record.status]
    repaid = coins(record.repaid, record.debt_ccy)
    return Doc(
        f"one-click repay of {record.debt_ccy} {status.en}, {repaid} repaid so far",
        f"{record.debt_ccy} 的一键还债{status.zh}，至此已还 {repaid}",
    )


def repaid_at_once(event: repay_at_once.RepaidAtOnce) -> Doc:
    debt, paid = coins(event.debt_amount, event.debt_ccy), coins(event.repay_amount, event.repay_ccy)
    if not event.debt_amount:
        return Doc(f"one-click repay at once: nothing of {event.debt_ccy}", f"即时一键还债：{event.debt_ccy} 没有偿还")
    return Doc(f"one-click repay at once: {debt} for {paid}", f"即时一键还债：用 {paid} 偿还 {debt}")


# ---- convert


def quote_given(event: e.QuoteGiven) -> Doc:
    base, quote, past = (
        coins(event.base_size, event.base_ccy),
        coins(event.quote_size, event.quote_ccy),
        SIDES[event.side],
    )
    return Doc(f"convert quote: {past.en} {base} for {quote}", f"闪兑报价：{past.zh} {base}，对应 {quote}")


def quote_traded(event: e.QuoteTraded) -> Doc:
    base, quote, past = (
        coins(event.base_size, event.base_ccy),
        coins(event.quote_size, event.quote_ccy),
        PAST[event.side],
    )
    if event.state == "rejected":
        pair = f"{event.base_ccy}-{event.quote_ccy}"
        return Doc(f"convert of {pair} is rejected: nothing moves", f"闪兑 {pair} 被拒绝，没有变动")
    return Doc(f"convert: {past.en} {base} for {quote}", f"闪兑：{past.zh} {base}，对应 {quote}")


def quotes_expired(event: e.QuotesExpired) -> Doc:
    found = listed(event.quote_ids)
    return Doc(f"convert quotes expired: {found.en}", f"闪兑报价已过期：{found.zh}")


def quote_cut_short(event: f.QuoteCutShort) -> Doc:
    when = at(event.expires_at_ms)
    return Doc(f"convert quote {event.quote_id} ends early, at {when}", f"闪兑报价 {event.quote_id} 提前于 {when} 失效")


def easy_converted(event: e.EasyConverted) -> Doc:
    account, source = ACCOUNTS[event.account], coins(event.source_amount, event.source_ccy)
    got = coins(event.target_amount, event.target_ccy)
    return Doc(
        f"small balance of {account.en}: {source} converted into {got}",
        f"{account.zh}小额兑换：{source} 换得 {got}",
    )


def easy_convert_failed(event: f.EasyConvertFailed) -> Doc:
    account, source = ACCOUNTS[event.account], coins(event.source_amount, event.source_ccy)
    return Doc(
        f"small balance of {account.en}: {source} is not converted into {event.target_ccy}",
        f"{account.zh}小额兑换：{source} 未能换成 {event.target_ccy}",
    )
