"""Words of the funding account and of bills."""

from __future__ import annotations

from typing import Final

from tallystick.contract.core import Doc

FUNDING: Final[dict[str, Doc]] = {
    # funding
    "burningFeeRate": Doc("Share burnt on the chain", "链上销毁费率"),
    "canDep": Doc("Can be deposited", "是否可充值"),
    "canInternal": Doc("Can be sent within the exchange", "是否可内部转账"),
    "canWd": Doc("Can be withdrawn", "是否可提币"),
    "chain": Doc("Currency and network", "币种及网络"),
    "ctAddr": Doc("Contract on the chain", "合约地址"),
    "depEstOpenTime": Doc("When deposits open again", "充值预计开放时间"),
    "depQuotaFixed": Doc("Deposit quota", "充值额度"),
    "depQuoteDailyLayer2": Doc("Daily deposit quota on layer two", "二层网络每日充值额度"),
    "logoLink": Doc("Picture of the logo", "图标链接"),
    "mainNet": Doc("Is the main network", "是否主网"),
    "maxFee": Doc("No longer used, see fee", "已弃用，见 fee"),
    "maxFeeForCtAddr": Doc("No longer used, see fee", "已弃用，见 fee"),
    "maxWd": Doc("Largest withdrawal", "最大提币数量"),
    "minDep": Doc("Smallest deposit", "最小充值数量"),
    "minDepArrivalConfirm": Doc("Confirmations until a deposit arrives", "充值到账确认数"),
    "minFee": Doc("No longer used, see fee", "已弃用，见 fee"),
    "minFeeForCtAddr": Doc("No longer used, see fee", "已弃用，见 fee"),
    "minInternal": Doc("Smallest internal transfer", "最小内部转账数量"),
    "minWd": Doc("Smallest withdrawal", "最小提币数量"),
    "minWdUnlockConfirm": Doc("Confirmations until it can be withdrawn again", "提币解锁确认数"),
    "name": Doc("Name", "名称"),
    "needTag": Doc("Address needs a tag", "地址是否需要标签"),
    "usedDepQuotaFixed": Doc("Deposit quota used", "已用充值额度"),
    "usedWdQuota": Doc("Withdrawal quota used", "已用提币额度"),
    "wdEstOpenTime": Doc("When withdrawals open again", "提币预计开放时间"),
    "wdQuota": Doc("Withdrawal quota of a day, USD", "每日提币额度，美元"),
    "wdTickSz": Doc("Digits after the point", "小数位数"),
    "bal": Doc("Balance", "余额"),
    "from": Doc("Account it leaves, 6 funding or 18 trading", "转出账户，6 资金或 18 交易"),
    "to": Doc("Account it enters, 6 funding or 18 trading", "转入账户，6 资金或 18 交易"),
    "subAcct": Doc("Name of the sub-account", "子账户名称"),
    "loanTrans": Doc("Borrowed coins may leave too", "借入的币是否可转出"),
    "omitPosRisk": Doc("Skip the risk check of portfolio margin", "是否跳过组合保证金风险检查"),
    "clientId": Doc("Your own id for the transfer", "自定义划转 ID"),
    "toInstId": Doc("Of an older API, not looked at", "旧版参数，不使用"),
    "transId": Doc("Transfer number", "划转 ID"),
    # bills
    "billId": Doc("Bill number; begins with the time", "账单 ID，以时间开头"),
    "subType": Doc("Finer kind of bill", "账单子类型"),
    "earnAmt": Doc("Of automatic earning, which does not exist here", "自动赚币数量，此处没有"),
    "earnApr": Doc("Of automatic earning, which does not exist here", "自动赚币年利率，此处没有"),
    "execType": Doc("T took from the book, M rested in it", "T 为吃单，M 为挂单"),
    "fillIdxPx": Doc("Index price at the trade", "成交时的指数价格"),
    "fillMarkPx": Doc("Mark price at the trade, derivatives only", "成交时的标记价格，仅衍生品"),
    "fillMarkVol": Doc("Mark volatility at the trade, options only", "成交时的标记波动率，仅期权"),
    "fillPxUsd": Doc("Price of the trade in USD, options only", "成交的美元价格，仅期权"),
    "fillPxVol": Doc("Volatility of the trade's price, options only", "成交价格的波动率，仅期权"),
    "fillFwdPx": Doc("Forward price at the trade, options only", "成交时的远期价格，仅期权"),
    "notes": Doc("Of a transfer: where it goes", "划转的备注"),
    "posBal": Doc("Position after it, 0 on spot", "变动后的仓位，现货为 0"),
    "posBalChg": Doc("Change of the position, 0 on spot", "仓位变动，现货为 0"),
}
