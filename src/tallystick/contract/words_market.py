"""Words of public data: quotas, the fund, trades, indices. See `words`, which they are part of."""

from __future__ import annotations

from typing import Final

from tallystick.contract.core import Doc

MARKET_WORDS: Final[dict[str, Doc]] = {
    # loan quotas and discounts
    "configCcyList": Doc("Currencies whose quota is stated whole", "按绝对值设定限额的币种"),
    "basic": Doc("Rate and quota before the factor of a level", "基础利率和限额"),
    "vip": Doc("Factors of the VIP levels", "VIP 等级系数"),
    "config": Doc("Quotas stated whole", "按绝对值设定的限额"),
    "regular": Doc("Factors of the regular levels", "普通等级系数"),
    "irDiscount": Doc("No longer filled", "已不再填写"),
    "loanQuotaCoef": Doc("Times the basic quota", "基础限额的倍数"),
    "levelList": Doc("One entry per level", "各等级明细"),
    "discountLv": Doc("No longer used", "已不再使用"),
    "minDiscountRate": Doc("Rate beyond the last tier", "最后一档之外的折算率"),
    "discountRate": Doc("Share that counts as collateral", "折算率"),
    "liqPenaltyRate": Doc("Share that does not count", "不计入的比例"),
    "tier": Doc("Tier, from 1", "档位，从 1 起"),
    "disCcyEq": Doc("What counts of an equity as large as the tier's end", "权益等于档位上限时的折算后权益"),
    # reference prices
    "markPx": Doc("Mark price", "标记价格"),
    "buyLmt": Doc("Highest price to buy at", "最高买价"),
    "sellLmt": Doc("Lowest price to sell at", "最低卖价"),
    # tiers and the fund
    "baseMaxLoan": Doc("Largest loan of the base", "交易货币最大可借"),
    "quoteMaxLoan": Doc("Largest loan of the quote", "计价货币最大可借"),
    "maxLever": Doc("Highest leverage", "最大杠杆倍数"),
    "optMgnFactor": Doc("Margin factor of options", "期权保证金系数"),
    "adlType": Doc("Event of auto-deleveraging", "自动减仓事件"),
    "balance": Doc("What the fund holds", "准备金余额"),
    "decRate": Doc("No longer filled", "已不再填写"),
    "maxBal": Doc("Highest balance of eight hours", "八小时内最高余额"),
    "maxBalTs": Doc("When it was highest, Unix milliseconds", "最高余额的时间，Unix 毫秒"),
    "total": Doc("Value of the fund, USD", "准备金的美元价值"),
    # contracts
    "tickBand": Doc("Price steps by price", "按价格分段的价格精度"),
    "maxPx": Doc("Where the band ends", "区间上限"),
    "minPx": Doc("Where the band begins", "区间下限"),
    "oi": Doc("Open contracts", "持仓量，单位为张"),
    "oiCcy": Doc("The same in coins", "持仓量，单位为币"),
    "oiUsd": Doc("The same in USD", "持仓量，单位为美元"),
    "formulaType": Doc("Formula of the rate", "资金费率公式类型"),
    "fundingRate": Doc("Funding rate", "资金费率"),
    "fundingTime": Doc("When it is settled", "资金费时间"),
    "impactValue": Doc("Size the impact price is taken at", "深度加权金额"),
    "maxFundingRate": Doc("Highest rate", "资金费率上限"),
    "method": Doc("How it is settled", "收取方式"),
    "minFundingRate": Doc("Lowest rate", "资金费率下限"),
    "nextFundingRate": Doc("No longer filled", "已不再填写"),
    "nextFundingTime": Doc("When it is settled next", "下一次资金费时间"),
    "premium": Doc("Premium over the index", "溢价"),
    "settFundingRate": Doc("Rate of the settlement", "结算资金费率"),
    "settState": Doc("State of the settlement", "资金费结算状态"),
    "unit": Doc("Unit of the coins", "币的单位"),
    "opType": Doc("Opening or closing, which rounds otherwise", "开仓或平仓，取整方式不同"),
    # state of the system
    "begin": Doc("From when on, Unix milliseconds", "开始时间，Unix 毫秒"),
    "end": Doc("Until when, Unix milliseconds", "结束时间，Unix 毫秒"),
    "href": Doc("Where to read more", "详情链接"),
    "preOpenBegin": Doc("When cancelling works again", "预开放开始时间"),
    "scheDesc": Doc("Change of the schedule", "改期说明"),
    "serviceType": Doc("What is affected", "受影响的服务"),
    "maintType": Doc("Kind of maintenance", "维护类型"),
    "env": Doc("Production or demo", "生产或模拟环境"),
    "system": Doc("Which system", "所属系统"),
    "title": Doc("Title", "标题"),
}
