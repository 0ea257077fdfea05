"""Reasons of the trading account: coins, margin, borrowing, leverage, transfers, one-click repay."""

from __future__ import annotations

from typing import Final

from tallystick.contract.reasons.form import BALANCE, BORROWING, COLLATERAL, LEVERAGE, PRICE, TRADING, table

ACCOUNT: Final = table(
    (
        ("unknown_user", "there is no user with the number {user_id}", "不存在编号为 {user_id} 的用户", "POST users"),
        (
            "unknown_ccy",
            "{ccy} is not a coin here; there are {known}",
            "本平台没有币种 {ccy}，现有：{known}",
            "GET parameters",
        ),
        (
            "unknown_instrument",
            "{instrument} is not a pair here; there are {known}",
            "本平台没有交易对 {instrument}，现有：{known}",
            "GET parameters",
        ),
        (
            "amount_too_fine",
            "{asked} {ccy} has more than the {places_count} decimals of {ccy}",
            "{asked} {ccy} 的小数位数超过 {ccy} 允许的 {places_count} 位",
        ),
        (
            "insufficient_balance",
            "{free} {ccy} is free, {needed} is needed",
            "{ccy} 可用 {free}，需要 {needed}",
            TRADING,
        ),
        (
            "insufficient_balance/off",
            "{free} {ccy} is free, {needed} is needed, and borrowing is off for {name}",
            "{ccy} 可用 {free}，需要 {needed}，且 {name} 未开启借币",
            TRADING,
            BORROWING,
        ),
        (
            "insufficient_balance/coin",
            "{free} {ccy} is free, {needed} is needed, and {ccy} is not lent to {name}",
            "{ccy} 可用 {free}，需要 {needed}，且 {ccy} 不可借给 {name}",
            TRADING,
            'POST parameters {{"currencies": {{"{ccy}": {{"borrowable": true}}}}}}',
        ),
        (
            "orders_borrow",
            "open orders would borrow {owed}",
            "未完成订单将借入 {owed}",
            "POST /api/v5/trade/cancel-order",
        ),
        (
            "coin_not_eligible",
            "the venue does not count {ccy} as collateral",
            "平台不把 {ccy} 计为质押币种",
            'POST parameters {{"currencies": {{"{ccy}": {{"collateral": true}}}}}}',
        ),
        ("collateral_fixed", "{ccy} always counts as collateral", "{ccy} 始终计为质押币种"),
        (
            "collateral_borrowed",
            "{ccy} is owed",
            "{ccy} 有负债",
            TRADING,
        ),
        (
            "collateral_in_orders",
            "open orders would spend {ccy}",
            "未完成订单将付出 {ccy}",
            "POST /api/v5/trade/cancel-order",
        ),
        (
            "collateral_needed",
            "without this collateral adjusted equity would be {equity_usd} USD, and {needed_usd} USD is needed",
            "去掉这种质押物后，调整后权益将为 {equity_usd} USD，所需保证金为 {needed_usd} USD",
            COLLATERAL,
        ),
        (
            "negative_balances",
            "{name} owes {owed}, and auto-loan is off",
            "{name} 欠 {owed}，且未开启自动借币",
            'POST /api/v5/account/set-auto-loan {{"autoLoan": true}}',
        ),
        (
            "transfer_above_available",
            "you asked for {asked} {ccy}; {free} is free, and {most} may be borrowed for it",
            "转出 {asked} {ccy}，可用 {free}，可为此借入 {most}",
            TRADING,
        ),
        (
            "transfer_risk",
            "adjusted equity would be {equity_usd} USD, the debts need {needed_usd} USD of margin",
            "调整后权益将为 {equity_usd} USD，负债所需保证金为 {needed_usd} USD",
            COLLATERAL,
            PRICE,
        ),
        (
            "auto_loan_off",
            "{free} {ccy} is free, {needed} is needed, and auto-loan is off for {name}",
            "{ccy} 可用 {free}，需要 {needed}，且 {name} 未开启自动借币",
            TRADING,
            'POST /api/v5/account/set-auto-loan {{"autoLoan": true}}',
        ),
        (
            "order_lowers_equity",
            "adjusted equity would be {equity_usd} USD, {needed_usd} USD of margin are needed: an account below its "
            "margin may only place orders that bring it no nearer to liquidation",
            "调整后权益将为 {equity_usd} USD，所需保证金为 {needed_usd} USD：权益已低于保证金的账户，"
            "只能提交不会使其更接近强平的订单",
            COLLATERAL,
            PRICE,
        ),
        (
            "in_liquidation",
            "{name} is being liquidated until the debts are covered again",
            "{name} 正在被强平，直至负债重新得到覆盖",
            COLLATERAL,
            PRICE,
        ),
        ("borrowing_not_enabled", "borrowing is off for {name}", "{name} 未开启借币", BORROWING),
        ("not_borrowable", "borrowing is off for {name}", "{name} 未开启借币", BORROWING),
        (
            "not_borrowable/coin",
            "{ccy} is not lent on this venue",
            "本平台不出借 {ccy}",
            'POST parameters {{"currencies": {{"{ccy}": {{"borrowable": true}}}}}}',
        ),
        (
            "below_min_borrow",
            "you asked for {asked} {ccy}; the smallest amount to borrow is {least}",
            "申请 {asked} {ccy}，最小借币数量为 {least}",
            'POST parameters {{"currencies": {{"{ccy}": {{"min_borrow": "..."}}}}}}',
        ),
        (
            "*/quota",
            "{asked} {ccy} to borrow: the quota of {name} at level {level} leaves {left}",
            "需借 {asked} {ccy}，{name} 在等级 {level} 的额度还剩 {left}",
            'POST parameters {{"currencies": {{"{ccy}": {{"quota": "..."}}}}}}',
            'POST users/{name}/level {{"level": "..."}}',
        ),
        (
            "*/tier",
            "{asked} {ccy} to borrow: the tier of leverage {leverage} leaves {left}, and a lower leverage leaves more",
            "需借 {asked} {ccy}，{leverage} 倍杠杆对应的档位还剩 {left}；杠杆越低，剩余越多",
            LEVERAGE,
            'POST parameters {{"currencies": {{"{ccy}": {{"margin_tiers": ...}}}}}}',
        ),
        (
            "*/pool",
            "{asked} {ccy} to borrow: the pool has {left} to lend",
            "需借 {asked} {ccy}，资金池可出借 {left}",
            'POST pools {{"ccy": "{ccy}", "amt": "..."}}',
        ),
        (
            "*/fund",
            "{asked} {ccy} to borrow: the insurance fund is empty, so nothing is lent",
            "需借 {asked} {ccy}，但风险准备金为空，暂停一切出借",
            'POST fund {{"amt": "..."}}',
        ),
        (
            "*/unpriced",
            "a coin that counts here has no price, so the account cannot be judged",
            "相关币种没有价格，无法评估账户",
            PRICE,
        ),
        (
            "*/ltv",
            "the collateral counts {counted_usd} USD after its discounts, the initial LTV needs {needed_usd}: "
            "pledge more",
            "质押物折算后价值 {counted_usd} USD，初始 LTV 需要 {needed_usd} USD：请质押更多",
            'POST users/{name}/balance {{"account": "funding", "ccy": "...", "amt": "..."}}',
            PRICE,
        ),
        (
            "*/fault",
            "fault {fault_count} of this venue refuses the request",
            "本平台的故障 {fault_count} 拒绝了该请求",
            "DELETE faults/{fault_count}",
        ),
        (
            "margin_insufficient",
            "adjusted equity would be {equity_usd} USD, the debts need {needed_usd} USD of margin",
            "调整后权益将为 {equity_usd} USD，负债所需保证金为 {needed_usd} USD",
            COLLATERAL,
            PRICE,
        ),
        (
            "margin_insufficient/loan",
            "free margin {free_usd} USD, needed {needed_usd}: this is enough for {most} {ccy}, you asked for {asked}; "
            "a higher leverage needs less",
            "可用保证金 {free_usd} USD，需要 {needed_usd}：最多可借 {most} {ccy}，申请 {asked}；杠杆越高，所需越少",
            COLLATERAL,
            LEVERAGE,
        ),
        ("no_debt", "nothing is owed in {ccy}; owed is: {owed}", "{ccy} 没有负债；有负债的币种：{owed}"),
        (
            "nothing_available",
            "no {ccy} is free in the {account} account",
            "{account} 账户没有可用的 {ccy}",
            BALANCE,
        ),
        (
            "leverage_too_high",
            "leverage {asked} is above the highest, {most}",
            "杠杆 {asked} 倍高于上限 {most} 倍",
        ),
        ("leverage_too_low", "leverage {asked} is below the lowest, {least}", "杠杆 {asked} 倍低于下限 {least} 倍"),
        (
            "leverage_above_tier",
            "{owed} {ccy} is or may be owed, and leverage {leverage} allows {most}",
            "{ccy} 已借或可能借入 {owed}，{leverage} 倍杠杆最多允许 {most}",
            'POST parameters {{"currencies": {{"{ccy}": {{"margin_tiers": ...}}}}}}',
        ),
        (
            "leverage_margin",
            "adjusted equity is {equity_usd} USD, the debts would need {needed_usd} USD of margin",
            "调整后权益为 {equity_usd} USD，负债将需要保证金 {needed_usd} USD",
            COLLATERAL,
            PRICE,
        ),
        ("same_account", "both sides are the {account} account", "转出与转入都是 {account} 账户"),
        (
            "duplicate_client_id",
            "the client id {id} was used and is free again at {until_ms}",
            "自定义 ID {id} 已使用，{until_ms} 起可再次使用",
            'POST clock/advance {{"to": "{until_ms}"}}',
        ),
        (
            "no_such_sub_account",
            "not a sub-account of {name}; there are: {known}",
            "不是 {name} 的子账户；现有：{known}",
            'POST users {{"name": "...", "master": "{name}"}}',
        ),
        ("same_sub_account", "sender and receiver are both {name}", "转出方与转入方都是 {name}"),
        (
            "not_the_giver",
            "a sub-account sends only its own coins, and these belong to {giver}",
            "子账户只能转出自己的币，这些币属于 {giver}",
        ),
        (
            "transfer_out_off",
            "{name} may not transfer out, until its main account allows it",
            "{name} 没有转出权限，须由母账户开通",
            "POST /api/v5/asset/subaccount/set-transfer-out",
        ),
        (
            "funding_insufficient",
            "{free} {ccy} is free in the {account} account of {name}, {needed} is needed",
            "{name} 的 {account} 账户中 {ccy} 可用 {free}，需要 {needed}",
            BALANCE,
        ),
        # one-click repay
        (
            "debt_not_borrowable",
            "{ccy} is not lent on this venue, and such a debt is not repaid by one click",
            "本平台不出借 {ccy}，此类负债不支持一键还债",
            'POST parameters {{"currencies": {{"{ccy}": {{"borrowable": true}}}}}}',
        ),
        (
            "coin_unsupported",
            "there is no pair to sell {ccy} for {other}",
            "没有将 {ccy} 卖出为 {other} 的交易对",
            "GET parameters",
        ),
        (
            "coin_unsupported/buy",
            "there is no pair or price to buy {ccy} with {other}",
            "没有用 {other} 买入 {ccy} 的交易对或价格",
            'POST market/price {{"instId": "{ccy}-{other}", "px": "..."}}',
        ),
        (
            "repay_off",
            "one-click repay is switched off",
            "一键还债已关闭",
            'POST parameters {{"constants": {{"repay_enabled": true}}}}',
        ),
        (
            "run_in_progress",
            "a one-click repay of {ccy} has been running since {since_ms}",
            "{ccy} 的一键还债自 {since_ms} 起仍在进行",
            'POST clock/advance {{"to": "next"}}',
        ),
        (
            "too_many_coins",
            "{asked_count} coins are listed; at most {most_count} are allowed",
            "列出了 {asked_count} 个币种，最多 {most_count} 个",
        ),
        (
            "debt_coin_not_first",
            "the account holds {free} {ccy}, so {ccy} must come first in the list; the list is: {listed}",
            "账户中有 {free} {ccy}，列表须以 {ccy} 开头；当前列表：{listed}",
        ),
        (
            "coin_is_dust",
            "{free} {ccy} is worth {worth_usd} USD, the least is {least_usd}: leave it out of the list",
            "{free} {ccy} 价值 {worth_usd} USD，最少为 {least_usd}：请从列表中去掉",
            TRADING,
        ),
        (
            "coin_not_collateral",
            "{ccy} does not count as collateral",
            "{ccy} 不是质押币种",
            'POST parameters {{"currencies": {{"{ccy}": {{"collateral": true}}}}}}',
        ),
        (
            "below_min_repayment",
            "the listed coins are worth {worth_usd} USD together, the least is {least_usd}",
            "所列币种合计价值 {worth_usd} USD，最少为 {least_usd}",
            COLLATERAL,
            'POST parameters {{"constants": {{"repay_min_usd": "..."}}}}',
        ),
        (
            "below_min_repayment/order",
            "no listed coin reaches its smallest order: {least} is needed",
            "所列币种都达不到最小下单数量：需要 {least}",
            COLLATERAL,
        ),
    )
)
