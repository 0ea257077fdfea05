"""Words of borrowing in Spot mode and of flexible loans."""

from __future__ import annotations

from typing import Final

from tallystick.contract.core import Doc

BORROWING: Final[dict[str, Doc]] = {
    # borrowing
    "autoRepay": Doc("Repay by itself", "是否自动还币"),
    "amt": Doc("Amount", "数量"),
    "accBorrowed": Doc("Debt after it", "变动后的负债"),
    "mgnMode": Doc("Margin mode", "保证金模式"),
    "mgnCcy": Doc("Margin currency, margin modes only", "保证金币种，仅保证金模式"),
    "interestFreeLiab": Doc("Part of the debt that costs nothing", "免息负债"),
    "debt": Doc("Debts of the account, USD", "账户负债的美元价值"),
    "loanAlloc": Doc("Share of the quota given to a sub-account, empty when shared", "额度分配比例，共用时为空"),
    "nextDiscountTime": Doc("When interest next joins the debt", "下次扣息时间"),
    "nextInterestTime": Doc("When interest is next charged", "下次计息时间"),
    "records": Doc("One entry per currency", "各币种明细"),
    "rate": Doc("Rate a day", "日利率"),
    "loanQuota": Doc("Most that may be borrowed", "借币额度"),
    "surplusLmt": Doc("What is left of it", "剩余额度"),
    "usedLmt": Doc("What is used of it", "已用额度"),
    "surplusLmtDetails": Doc("No longer filled", "已不再填写"),
    "potentialBorrowingAmt": Doc("What open orders may yet borrow", "挂单可能借入的数量"),
    "availLoan": Doc("No longer filled", "已不再填写"),
    "avgRate": Doc("No longer filled", "已不再填写"),
    "avgAmt": Doc("No longer filled", "已不再填写"),
    "avgAmtUsd": Doc("No longer filled", "已不再填写"),
    "posLoan": Doc("No longer filled", "已不再填写"),
    "usedLoan": Doc("No longer filled", "已不再填写"),
    # flexible loans
    "loanData": Doc("What is borrowed", "借入的币种和数量"),
    "collateralData": Doc("What is locked for it", "质押的币种和数量"),
    "eMode": Doc("Efficiency mode, 1 is on", "高效模式，1 为开启"),
    "collateralCcy": Doc("Collateral currency", "质押币种"),
    "collateralAmt": Doc("Amount of collateral", "质押数量"),
    "collateralNotionalUsd": Doc("Value of the collateral, USD", "质押物的美元价值"),
    "curLTV": Doc("Loan to value now", "当前质押率"),
    "liqLTV": Doc("Loan to value that liquidates", "强平质押率"),
    "loanNotionalUsd": Doc("Value of the loan, USD", "借款的美元价值"),
    "marginCallLTV": Doc("Loan to value that warns", "预警质押率"),
    "riskWarningData": Doc("Where liquidation would happen", "强平预警信息"),
    "liqPx": Doc("Price that would liquidate", "强平价格"),
    "refId": Doc("Number of the record", "记录 ID"),
    "borrowCcy": Doc("Currency to borrow", "借币币种"),
    "assets": Doc("One entry per currency", "各币种资产"),
    "supCollateral": Doc("Collateral added in thought", "假设追加的质押物"),
    "remainingQuota": Doc("What the cap of the currency still allows", "该币种剩余的借币额度"),
    "maxRedeemAmt": Doc("Most that could be released", "最大可赎回数量"),
    "interestRate": Doc("Interest rate", "利率"),
    "loan": Doc("Debt the interest was charged on", "计息的借款数量"),
}
