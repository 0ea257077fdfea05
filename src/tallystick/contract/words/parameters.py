"""Words for the exchange's numbers and their units, in both languages.

The engine declares which numbers there are, what each may be and in which unit; a test keeps the names here equal to
those. Amounts are whole coins and rates are fractions: 0.001 is 0.1 %.
"""

from __future__ import annotations

from typing import Final

from tallystick.contract.core import Doc

UNIT_WORDS: Final[dict[str, Doc]] = {
    "": Doc("", ""),
    "coins": Doc("coins", "该币种的数量"),
    "base coins": Doc("base coins", "交易货币的数量"),
    "quote coins": Doc("quote coins", "计价货币的数量"),
    "quote coins for one base coin": Doc("quote coins for one base coin", "每个交易货币对应的计价货币"),
    "transit coins": Doc("transit coins", "中转币种的数量"),
    "USD": Doc("USD", "美元"),
    "fraction": Doc("fraction", "比例"),
    "fraction a year": Doc("fraction a year", "年化比例"),
    "multiple": Doc("multiple", "倍数"),
    "count": Doc("count", "个数"),
    "digits": Doc("digits", "位数"),
    "milliseconds": Doc("milliseconds", "毫秒"),
    "Unix milliseconds": Doc("Unix milliseconds", "Unix 毫秒"),
}

_INSTRUMENTS: Final[dict[str, Doc]] = {
    "base_ccy": Doc("Base currency", "交易货币"),
    "quote_ccy": Doc("Quote currency", "计价货币"),
    "tick": Doc("Smallest step of a price", "下单价格精度"),
    "lot": Doc("Smallest step of a size", "下单数量精度"),
    "min_size": Doc("Smallest order size", "最小下单数量"),
    "depth_quote": Doc(
        "Value that the house shows within 1 % of the middle on each side of the book",
        "平台盘口在中间价 1% 以内每一侧挂出的价值",
    ),
    "listed_at_ms": Doc("Listing time", "上线时间"),
}

_CURRENCIES: Final[dict[str, Doc]] = {
    "discount_tiers": Doc(
        "Discount rate by amount: up to each upper bound the part above the bound before counts at the rate",
        "折算率档位：各上限以内、超过前一上限的部分按该折算率计算",
    ),
    "discount_step": Doc(
        "Fall of the discount rate with every further tier above the last bound", "超过最后一档后每档折算率的下降幅度"
    ),
    "discount_step_size": Doc("Size of every tier above the last bound", "超过最后一档后每档的数量"),
    "margin_tiers": Doc(
        "Borrow tiers: maintenance and initial margin rate of all of a debt up to each upper bound",
        "借币档位：负债在各上限以内时，全部负债适用的维持保证金率和初始保证金率",
    ),
    "margin_step": Doc(
        "Rise of both margin rates with every further tier above the last bound",
        "超过最后一档后每档两种保证金率的上升幅度",
    ),
    "margin_step_size": Doc("Size of every borrow tier above the last bound", "超过最后一档后每个借币档位的数量"),
    "rate_per_year": Doc(
        "Borrowing rate set by hand; 0 follows lenders' bids and the usage of the pool",
        "手动设定的借币利率；0 表示按出借方报价和资金池使用率计算",
    ),
    "quota": Doc("Borrowing quota of the lowest level", "最低等级的借币额度"),
    "free_quota": Doc("Debt that costs nothing while auto-loan is off", "关闭自动借币时的免息额度"),
    "free_quota_equity": Doc("Coins whose equity adds to the interest-free quota", "其权益计入免息额度的币种"),
    "pool": Doc("Coins that lenders have put up at the first start", "首次启动时出借方提供的数量"),
    "min_borrow": Doc("Smallest manual borrow", "手动借币的最小数量"),
    "loan_max": Doc("Largest sum that a user may owe in flexible loans", "用户活期借币的最大欠款"),
    "borrowable": Doc("Can be borrowed in Spot mode", "现货模式下是否可借"),
    "collateral": Doc("Counts as collateral", "是否可作为质押物"),
    "decimals": Doc("Most fraction digits of an amount in a request", "请求中数量的最大小数位数"),
    "name": Doc("Name of the coin", "币种名称"),
    "loanable": Doc("Can be borrowed as a flexible loan", "活期借币是否可借"),
    "collateral_limit": Doc(
        "Value of the debts that this coin may back on the whole platform; 0 is no limit",
        "该币种在全平台可支撑的负债价值；0 表示不限制",
    ),
    "level_quotas": Doc(
        "Levels whose quota of this coin is a number of its own instead of a multiple",
        "额度不按倍数计算、单独设定的等级",
    ),
}

_CONSTANTS: Final[dict[str, Doc]] = {
    "transit_ccy": Doc("Coin through which prices, repayments and conversions go", "价格、还币和兑换所经过的中转币种"),
    "bridge_ccy": Doc(
        "Coin over which coins without a pair with the transit coin are priced and sold",
        "没有中转币种交易对的币种据以定价和卖出的币种",
    ),
    "taker_fee": Doc("Taker's fee", "吃单手续费率"),
    "maker_fee": Doc("Maker's fee", "挂单手续费率"),
    "leverage": Doc("Borrowing leverage until a user chooses another", "用户未设定时的借币杠杆倍数"),
    "exchange_enabled": Doc(
        "Whether a debt above its interest-free quota is bought back while auto-loan is off",
        "关闭自动借币时，超出免息额度的负债是否自动换币买回",
    ),
    "exchange_target": Doc(
        "Share of the interest-free quota that an automatic exchange leaves owed", "自动换币后剩余负债占免息额度的比例"
    ),
    "exchange_every_ms": Doc("Pause between two automatic exchanges of an account", "同一账户两次自动换币的间隔"),
    "borrow_froz_debts": Doc(
        "Whether borrowFroz shows the margin of debts and open orders in modes 3 and 4, or of open orders alone",
        "模式 3 和 4 中 borrowFroz 显示负债与挂单的保证金，还是仅挂单的保证金",
    ),
    "margin_repay_history": Doc(
        "Whether the history of one-click repay v2 answers in modes 3 and 4 on the surface 2026-08",
        "在 2026-08 版本上，一键还债 v2 的历史记录在模式 3 和 4 中是否可查",
    ),
    "quota_levels": Doc("Levels, each with the multiple of every borrowing quota", "用户等级及其借币额度倍数"),
    "orders_max_per_instrument": Doc("Open orders per user and instrument", "每个用户每个交易对的最大挂单数"),
    "orders_max": Doc("Open orders per user", "每个用户的最大挂单数"),
    "repay_bound": Doc(
        "Distance from the last price at which an order of one-click repay is limited", "一键还债订单限价与最新价的距离"
    ),
    "repay_first_delay_ms": Doc(
        "Time from a one-click repay request to its first order", "一键还债从请求到第一笔订单的时间"
    ),
    "repay_leg_delay_ms": Doc("Time between two orders of one-click repay", "一键还债两笔订单之间的时间"),
    "repay_reply_lag_ms": Doc(
        "Time that the reply to one-click repay shows after that of its record", "一键还债响应时间比记录时间晚的毫秒数"
    ),
    "repay_order_id_lag_ms": Doc(
        "Time in an order id of one-click repay after that of the order", "一键还债订单 ID 中的时间比下单时间晚的毫秒数"
    ),
    "repay_min_usd": Doc(
        "Smallest value of a coin and of a run of one-click repay", "一键还债所用币种和每次还债的最小价值"
    ),
    "repay_coins_max": Doc("Coins in one request of one-click repay", "每次一键还债的最大币种数"),
    "repay_enabled": Doc(
        "One-click repay takes requests; runs under way go on either way", "一键还债是否接受请求；进行中的不受影响"
    ),
    "convert_ttl_ms": Doc("Life of a convert quote", "闪兑报价的有效期"),
    "convert_half_spread": Doc(
        "Half spread of convert between stable coins and majors", "稳定币与主流币之间闪兑的半价差"
    ),
    "convert_half_spread_stable": Doc("Half spread of convert between stable coins", "稳定币之间闪兑的半价差"),
    "convert_min_quote": Doc("Smallest value of a conversion", "单次闪兑的最小价值"),
    "convert_max_quote": Doc("Largest value of an ordinary conversion", "单次普通闪兑的最大价值"),
    "easy_convert_max_usd": Doc(
        "Value below which a balance is small enough for easy convert", "小额兑换的余额价值上限（不含）"
    ),
    "easy_convert_coins_max": Doc("Coins in one easy convert", "每次小额兑换的最大币种数"),
    "easy_convert_ccys": Doc("Coins that small balances can become", "小额兑换可换成的币种"),
    "loan_initial": Doc(
        "Divisor of the discounted collateral for the initial LTV of flexible loans",
        "活期借币初始 LTV 的折后质押物除数",
    ),
    "loan_liquidation": Doc(
        "Divisor of the discounted collateral for the liquidation LTV", "强平 LTV 的折后质押物除数"
    ),
    "loan_margin_call_gap": Doc(
        "Distance of the margin call LTV below the liquidation LTV", "预警 LTV 低于强平 LTV 的幅度"
    ),
    "loan_adjusted_ltv": Doc(
        "The default surface too shows the LTV over the discounted collateral", "默认接口版本是否也按折后质押物显示 LTV"
    ),
    "loan_request_window_ms": Doc(
        "Time for which a client id of a loan request stays taken", "借币请求自定义 ID 的占用时间"
    ),
    "loan_liquidation_fee": Doc(
        "Share of a loan liquidation's sale that goes to the insurance fund",
        "活期借币强平卖出金额中归入风险准备金的比例",
    ),
    "loan_close_factor": Doc("Share of each loan coin that a partial liquidation repays", "部分强平偿还每种借币的比例"),
    "loan_small_usd": Doc("Debt below which a liquidation is always full", "负债低于该价值时全部强平"),
    "loan_dust_usd": Doc(
        "Debt below which a loan is closed after a partial liquidation", "部分强平后负债低于该价值时结清借币"
    ),
    "loan_warning_every_ms": Doc("Pause between two margin calls of a loan", "同一借币两次预警的间隔"),
    "loan_e_mode_initial": Doc("Initial LTV in efficiency mode", "高效模式的初始 LTV"),
    "loan_e_mode_margin_call": Doc("Margin call LTV in efficiency mode", "高效模式的预警 LTV"),
    "loan_e_mode_liquidation": Doc("Liquidation LTV in efficiency mode", "高效模式的强平 LTV"),
    "loan_e_mode_pairs": Doc("Pairs of collateral and loan that efficiency mode takes", "高效模式支持的质押与借币组合"),
    "loan_repay_coins_max": Doc("Coins in one repayment with collateral", "每次质押物还币的最大币种数"),
    "forced_repayment_usage": Doc(
        "Usage of a pool to which forced repayment brings it back", "强制还币后资金池恢复到的使用率"
    ),
    "insurance_fund": Doc("Coins in the insurance fund at the first start", "首次启动时风险准备金的数量"),
    "rate_base": Doc("Borrowing rate while nothing of a pool is lent out", "资金池无借出时的借币利率"),
    "rate_slope": Doc(
        "Rise of the borrowing rate until the usage reaches the kink", "使用率达到拐点前借币利率的上升幅度"
    ),
    "rate_kink": Doc("Usage from which the borrowing rate climbs steeply", "借币利率开始陡升的使用率"),
    "rate_slope_beyond": Doc(
        "Rise of the borrowing rate from the kink until everything is lent out", "从拐点到全部借出借币利率的上升幅度"
    ),
    "rate_least": Doc("Lowest borrowing rate and lender's bid", "最低借币利率和出借报价"),
    "rate_most": Doc("Highest borrowing rate and lender's bid", "最高借币利率和出借报价"),
    "spot_warning_ratio": Doc("Margin ratio at or below which an account is warned", "账户收到预警的保证金率"),
    "spot_warning_every_ms": Doc("Pause between two warnings of an account", "同一账户两次预警的间隔"),
    "spot_liquidation_ratio": Doc("Margin ratio at or below which debts are paid by force", "账户被强制还债的保证金率"),
    "spot_liquidation_target": Doc("Margin ratio above which the forced payment ends", "强制还债结束的保证金率"),
    "spot_liquidation_bound": Doc(
        "Distance from the index within which a forced order may trade", "强制订单成交价与指数的最大距离"
    ),
    "spot_liquidation_slice": Doc("Share of a debt that one forced step pays", "每一步强制偿还负债的比例"),
    "index_own_share": Doc(
        "Weight of the venue's own last trade in the index; the rest is the price of the market",
        "平台自身最新成交在指数中的权重，其余为行情价格",
    ),
    "collateral_conversion": Doc(
        "Usage of a collateral limit from which the coin is sold until it is back at the limit",
        "质押上限使用率达到该值时开始卖出该币，直至回到上限",
    ),
    "stable_ccys": Doc("Stable coins, for the spread of convert", "稳定币，用于闪兑价差"),
    "major_ccys": Doc("Majors, for the spread of convert", "主流币，用于闪兑价差"),
    "convert_half_spread_other": Doc("Half spread of convert with any other coin", "含其他币种的闪兑的半价差"),
    "convert_large_factor": Doc(
        "Largest large conversion, as a multiple of the largest ordinary one", "大额闪兑上限相对普通闪兑上限的倍数"
    ),
    "loan_settlement_delay_ms": Doc(
        "Time from the acceptance of a loan request to its settlement; 0 is at once",
        "借币请求从受理到结算的时间；0 为立即",
    ),
    "lender_share": Doc("Share of the borrowers' interest that lenders are told they earn", "告知出借方的利息分成比例"),
    "price_age_max_ms": Doc(
        "Age at which a price of the market is no longer used; 0 is any age, and prices set by hand never grow old",
        "行情价格可使用的最长时间；0 为不限，手动设定的价格不会过期",
    ),
}

PARAMETER_WORDS: Final[dict[str, dict[str, Doc]]] = {
    "instruments": _INSTRUMENTS,
    "currencies": _CURRENCIES,
    "constants": _CONSTANTS,
}
"""Table -> field -> its meaning."""
