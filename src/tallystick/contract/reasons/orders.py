"""Reasons of orders and of the order book."""

from __future__ import annotations

from typing import Final

from tallystick.contract.reasons.form import COLLATERAL, PRICE, table

_RESTRICTED = 'POST parameters {{"currencies": {{"...": {{"collateral_limit": "..."}}}}}}'

ORDERS: Final = table(
    (
        (
            "size_off_lot",
            "size {asked} is no multiple of the lot of {instrument}, {unit}",
            "数量 {asked} 不是 {instrument} 下单数量精度 {unit} 的整数倍",
        ),
        (
            "size_off_lot/book",
            "a size of the book is no multiple of the lot of {instrument}, {unit}",
            "盘口数量不是 {instrument} 下单数量精度 {unit} 的整数倍",
        ),
        (
            "size_below_min",
            "size {asked} {ccy} is below the smallest order of {instrument}, {least}",
            "数量 {asked} {ccy} 低于 {instrument} 最小下单数量 {least}",
            'POST parameters {{"instruments": {{"{instrument}": {{"min_size": "..."}}}}}}',
        ),
        (
            "price_off_tick",
            "price {asked} is no multiple of the tick of {instrument}, {unit}",
            "价格 {asked} 不是 {instrument} 下单价格精度 {unit} 的整数倍",
        ),
        (
            "price_off_tick/book",
            "a price of the book is no multiple of the tick of {instrument}, {unit}",
            "盘口价格不是 {instrument} 下单价格精度 {unit} 的整数倍",
        ),
        (
            "duplicate_order_id",
            "the open order {order} has the client id {id}",
            "未完成订单 {order} 已使用自定义 ID {id}",
        ),
        (
            "too_many_orders_here",
            "{name} has {most_count} open orders of {instrument}, and no more are allowed",
            "{name} 在 {instrument} 已有 {most_count} 个未完成订单，已达上限",
            'POST parameters {{"constants": {{"orders_max_per_instrument": ...}}}}',
        ),
        (
            "too_many_orders",
            "{name} has {most_count} open orders, and no more are allowed",
            "{name} 已有 {most_count} 个未完成订单，已达上限",
            'POST parameters {{"constants": {{"orders_max": ...}}}}',
        ),
        (
            "unknown_order",
            "{name} has no open order {id} of {instrument}: it was filled, cancelled or never there",
            "{name} 在 {instrument} 没有未完成订单 {id}：已成交、已撤销或不存在",
        ),
        ("order_closed", "the order {id} is closed", "订单 {id} 已结束"),
        (
            "post_only_would_take",
            "price {asked} would trade at once: {best} is offered",
            "价格 {asked} 会立即成交，对手价为 {best}",
            'POST market/price {{"instId": "{instrument}", "px": "..."}}',
        ),
        (
            "stp_against_kind",
            "a fill-or-kill order cannot use cancel_both",
            "fok 订单不能使用 cancel_both",
        ),
        (
            "too_many_timers",
            "{name} has {most_count} timers with a tag, and no more are allowed",
            "{name} 已有 {most_count} 个带标签的倒计时，已达上限",
        ),
        ("no_price", "{ccy} has no price", "{ccy} 没有价格", PRICE),
        (
            "no_price/side",
            "the order book of {instrument} has no {side}",
            "{instrument} 的订单簿没有 {side}",
            'POST market/price {{"instId": "{instrument}", "px": "..."}}',
        ),
        (
            "order_collateral_restricted",
            "without {restricted}, which is over its collateral limit, equity is {equity_usd} USD, needed {needed_usd}",
            "不计超出平台质押上限的 {restricted}，权益为 {equity_usd} USD，需要 {needed_usd} USD",
            _RESTRICTED,
            COLLATERAL,
        ),
        (
            "order_borrow_restricted",
            "to borrow {ccy} without {restricted}, which is over its collateral limit: equity {equity_usd} USD, "
            "needed {needed_usd}",
            "借入 {ccy} 时不计超出平台质押上限的 {restricted}：权益 {equity_usd} USD，需要 {needed_usd} USD",
            _RESTRICTED,
            COLLATERAL,
        ),
    )
)
