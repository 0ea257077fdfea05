"""Words of convert and easy convert."""

from __future__ import annotations

from typing import Final

from tallystick.contract.core import Doc

CONVERT: Final[dict[str, Doc]] = {
    # convert
    "min": Doc("No longer filled", "已不再填写"),
    "max": Doc("No longer filled", "已不再填写"),
    "fromCcy": Doc("Currency to give", "支付的币种"),
    "toCcy": Doc("Currency to get", "得到的币种"),
    "convertMode": Doc("Ordinary or large convert", "普通或大额闪兑"),
    "baseCcy": Doc("Base currency of the pair", "交易货币"),
    "baseCcyMax": Doc("Most of the base", "交易货币最大数量"),
    "baseCcyMin": Doc("Least of the base", "交易货币最小数量"),
    "quoteCcy": Doc("Quote currency of the pair", "计价货币"),
    "quoteCcyMax": Doc("Most of the quote", "计价货币最大数量"),
    "quoteCcyMin": Doc("Least of the quote", "计价货币最小数量"),
    "rfqSz": Doc("Size asked for", "询价数量"),
    "rfqSzCcy": Doc("Currency of that size", "询价数量的币种"),
    "clQReqId": Doc("Your own id for the quote", "自定义询价 ID"),
    "baseSz": Doc("Amount of the base", "交易货币数量"),
    "cnvtPx": Doc("Price, quote per base", "兑换价格"),
    "origRfqSz": Doc("Size as it was asked for", "原始询价数量"),
    "quoteId": Doc("Quote to trade against", "报价 ID"),
    "quoteSz": Doc("Amount of the quote", "计价货币数量"),
    "quoteTime": Doc("When it was quoted, Unix milliseconds", "报价时间，Unix 毫秒"),
    "ttlMs": Doc("How long it holds, milliseconds", "有效期，毫秒"),
    "clTReqId": Doc("Your own id for the trade", "自定义成交 ID"),
    "fillBaseSz": Doc("Amount of the base", "成交的交易货币数量"),
    "fillQuoteSz": Doc("Amount of the quote", "成交的计价货币数量"),
    # easy convert
    "fromData": Doc("Small balances", "小额资产"),
    "fromAmt": Doc("Amount that could be given", "可支付的数量"),
    "fillFromSz": Doc("Amount given", "支付的数量"),
    "fillToSz": Doc("Amount got", "得到的数量"),
    "acct": Doc("Account it is in, 6 funding or 18 trading", "所在账户，6 资金或 18 交易"),
}
