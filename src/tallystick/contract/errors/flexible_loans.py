"""Codes of flexible loans."""

from __future__ import annotations

from typing import Final

from tallystick.contract.errors.form import table

FLEXIBLE: Final = table(
    ("51736", 200, "Insufficient {ccy} balance", "{ccy} 余额不足"),
    ("51738", 200, "Your funding account is frozen.", "您的资金账户被冻结"),
    ("51739", 200, "This function is unavailable temporarily", "该功能暂不可用", True),
    ("51750", 200, "The collateral cannot contain assets in the currency of the loan", "抵押物不能包含借贷币种资产"),
    ("51751", 200, "The currency {ccy} does not support borrowing", "币种 {ccy} 不支持借币"),
    ("51752", 200, "The currency {ccy} does not support collateralization", "币种 {ccy} 不支持抵押"),
    ("51753", 200, "The collateral does not include this asset", "抵押物中不包含此资产"),
    ("51754", 200, "There is currently no debt, no need to increase collateral", "当前没有负债，无需增加抵押物"),
    ("51755", 200, "The currency {ccy} operation is restricted", "币种 {ccy} 被限制操作"),
    ("51756", 200, "Exceeding the maximum redeemable quantity", "超过最大可赎回数量"),
    ("51757", 200, "The collateral amount should not be less than {min}", "质押物数量不应低于 {min}"),
    ("51758", 200, "You can redeem at most {max} {ccy}.", "您最多可赎回 {max} {ccy}。"),
    ("51759", 200, "You've exceed the temporary limit. Try again later.", "已超出临时限额，请稍后再试。", True),
    ("51764", 200, "Insufficient balance", "余额不足"),
    ("51784", 200, "Client order ID is being processed", "该 clOrdId 的请求正在处理中", True),
    ("51785", 200, "The collateral currency does not match the E-Mode pair", "质押币种与 E-Mode 币对不一致"),
)
