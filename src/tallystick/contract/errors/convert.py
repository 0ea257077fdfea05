"""Codes of convert and easy convert."""

from __future__ import annotations

from typing import Final

from tallystick.contract.errors.form import table

CONVERT: Final = table(
    ("52900", 200, "General invalid request", "无效请求"),
    ("52901", 200, "Invalid base asset", "无效基准货币"),
    ("52902", 200, "Invalid quote asset", "无效标价货币"),
    ("52903", 200, "Invalid quote amount", "无效的报价数量"),
    ("52904", 200, "Invalid quote side", "无效的报价方向"),
    ("52905", 200, "Invalid quote price", "无效的报价"),
    ("52907", 200, "Order not found", "订单找不到"),
    ("52908", 200, "Invalid order ID", "无效的订单ID"),
    ("52909", 200, "Duplicate Client Order Id", "客户自定义ID重复使用"),
    ("52913", 200, "Trade rejected", "拒绝交易"),
    ("52914", 200, "Insufficient available balance in trading account", "交易账户可用资产不足"),
    (
        "52915",
        200,
        "Cannot quote due to large amounts of RFQ and insufficient liquidity, please try again later",
        "询价量太大，流动性不足导致无法报价，请稍后重试",
        True,
    ),
    ("52916", 200, "Insufficient balance in funding account", "资金账户余额不足"),
    ("52917", 200, "RFQ quantity cannot be less than the lower limit", "询价数量不能低于下限"),
    ("52918", 200, "RFQ quantity cannot be greater than the upper limit", "询价数量不能超过上限"),
    (
        "52919",
        200,
        "Parameter {param} of convert trading is inconsistent with the quotation",
        "闪兑交易参数{param}与报价不一致",
    ),
    ("52920", 200, "Quantity of convert trading cannot exceed the quotation quantity", "闪兑交易数量不能超过报价数量"),
    ("52921", 200, "Quote traded, please ask for quote again", "报价已交易，请重新询价"),
    ("52922", 200, "Quote expired, please ask for quote again", "报价已过期，请重新询价"),
    ("52923", 200, "Service unavailable. Try again later.", "服务异常，请稍后重试", True),
    ("52924", 200, "Too many orders. Try again later.", "下单过于频繁，请稍后重试", True),
    ("52925", 200, "Duplicate client request ID", "客户自定义请求ID重复使用"),
    ("52926", 200, "{param} has already expired", "{param}已过期"),
    ("52927", 200, "No quote", "没有报价"),
    ("52928", 200, "Quantity must be a multiple of the step size", "数量应为下单数量精度的倍数"),
    (
        "52929",
        200,
        "Disable Pay trading fees in quote currency, then try converting again.",
        "切换手续费支付为所得币后再闪兑",
    ),
)
