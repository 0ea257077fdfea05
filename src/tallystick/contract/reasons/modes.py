"""Reasons of account modes: what is closed, and what stands in the way of a switch."""

from __future__ import annotations

from typing import Final

from tallystick.contract.reasons.form import COLLATERAL, PRICE, TRADING, table

_OPEN: Final = 'POST users/{name}/modes {{"open": ["{mode}"]}}'
_CLEAR: Final = 'POST users/{name}/obstacles {{"obstacles": []}}'
_SWITCH: Final = "POST /api/v5/account/set-account-level"

MODES: Final = table(
    (
        (
            "other_mode",
            "{name} is in mode {mode}; this is only for {modes}",
            "{name} 处于模式 {mode}，该操作仅适用于 {modes}",
            _SWITCH,
        ),
        (
            "mode_closed",
            "mode {mode} is closed to {name}; open modes: {known}",
            "模式 {mode} 未对 {name} 开放；已开放：{known}",
            _OPEN,
        ),
        ("no positions", "there are no positions here", "本平台没有持仓"),
        (
            "ccy_not_convertible/owed",
            "{ccy} is one of the debts, so it cannot pay them",
            "{ccy} 是负债币种之一，不能用来还债",
        ),
        (
            "nothing_available/both",
            "no {ccy} is free, neither in the trading nor in the funding account",
            "交易账户和资金账户都没有可用的 {ccy}",
            TRADING,
        ),
        (
            "auto loan off",
            "auto-loan is off for {name}",
            "{name} 未开启自动借币",
            'POST /api/v5/account/set-auto-loan {{"autoLoan": true}}',
        ),
        (
            "switch_assets",
            "the trading account is worth {has_usd} USD; {least_usd} is needed to leave Spot mode",
            "交易账户价值 {has_usd} USD，离开现货模式需要 {least_usd}",
            'POST users/{name}/balance {{"account": "trading", "ccy": "USDT", "amt": "..."}}',
            PRICE,
        ),
        (
            "switch_orders",
            "open orders: {open_count}; the oldest is {id}",
            "有 {open_count} 个未完成订单，最早的是 {id}",
            "POST /api/v5/trade/cancel-order",
        ),
        (
            "switch_orders/run",
            "a one-click repay of {ccy} has been running since {since_ms}",
            "{ccy} 的一键还债自 {since_ms} 起仍在进行",
            'POST clock/advance {{"to": "next"}}',
        ),
        (
            "switch_algos",
            "a control call says that {name} has algo orders",
            "控制调用设定 {name} 存在策略委托",
            _CLEAR,
        ),
        (
            "switch_fixed_loan",
            "a control call says that {name} has a fixed loan",
            "控制调用设定 {name} 存在定期借币",
            _CLEAR,
        ),
        (
            "switch_debts",
            "{name} owes {owed}; Spot mode can be entered and left only without debts",
            "{name} 欠 {owed}，进入或离开现货模式前须还清",
            "POST /api/v5/account/spot-manual-borrow-repay",
        ),
        (
            "switch_region",
            "a control call says that the region of {name} has no margin trading",
            "控制调用设定 {name} 所在地区不提供保证金交易",
            _CLEAR,
        ),
        (
            "switch_identity",
            "a control call says that the identity of {name} is not verified for margin trading",
            "控制调用设定 {name} 尚未完成保证金交易所需的身份认证",
            _CLEAR,
        ),
        (
            "switch_margin",
            "adjusted equity is {equity_usd} USD, the debts need {needed_usd} USD of margin",
            "调整后权益为 {equity_usd} USD，负债所需保证金为 {needed_usd} USD",
            COLLATERAL,
            PRICE,
        ),
    )
)
