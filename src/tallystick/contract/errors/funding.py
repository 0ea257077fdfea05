"""Codes of the funding account, transfers and sub-accounts."""

from __future__ import annotations

from typing import Final

from tallystick.contract.errors.form import table

FUNDING: Final = table(
    (
        "58007",
        200,
        "Assets interface is currently unavailable. Try again later",
        "资金接口服务异常，请稍后再试。",
        True,
    ),
    ("58008", 200, "You do not have assets in this currency.", "您没有该币种资产"),
    ("58009", 200, "Crypto pair doesn't exist", "币对不存在"),
    ("58112", 200, "Transfer failed. Contact customer support for assistance", "资金划转失败，请联系客服进行处理"),
    ("58113", 200, "Unable to transfer this crypto", "该币种不支持划转"),
    ("58114", 400, "Transfer amount must be greater than 0", "转账金额必须大于 0"),
    ("58115", 200, "Sub-account does not exist.", "子账户不存在"),
    ("58116", 200, "Transfer exceeds the available amount.", "转出数量大于最大可转数量"),
    (
        "58117",
        200,
        "Transfer failed. Resolve any negative assets before transferring again",
        "账户划转失败，请先处理负资产后再划转",
    ),
    (
        "58119",
        200,
        "{param} Sub-account has no permission to transfer out, please set first.",
        "{param} 子账户没有转出权限，请先设置",
    ),
    ("58120", 200, "Transfers are currently unavailable. Try again later", "划转服务暂不可用，请稍后重试", True),
    (
        "58121",
        200,
        "This transfer would put your positions at a high risk. Adjust the amount and try again.",
        "此次划转将导致您的仓位风险水平较高，进而可能引起爆仓。您需要重新调整划转金额，确保仓位处于安全水平后，再进行划转操作。",
    ),
    ("58123", 200, "The From parameter cannot be the same as the To parameter.", "参数from与参数to不可相同"),
    (
        "58124",
        200,
        "Your transfer is being processed, transfer id:{id}.",
        "资金划转中，划转id：{id}，请通过接口(GET /api/v5/asset/transfer-state)获取最新状态",
    ),
    (
        "58127",
        200,
        "Main account API key does not support current transfer 'type' parameter. "
        "Please refer to the API documentation.",
        "主账户 API key 不支持当前 type 划转类型参数，请参考 API 文档描述",
    ),
    (
        "58128",
        200,
        "Sub-account API key does not support current transfer 'type' parameter. "
        "Please refer to the API documentation.",
        "子账户 API key 不支持当前 type 划转类型参数，请参考 API 文档描述",
    ),
    (
        "58129/transfer",
        200,
        "transId or clientId is incorrect or does not match with 'type'",
        "transId 或 clientId 错误或与type不匹配",
    ),
    ("58129", 200, "{param} is incorrect or {param} does not match with 'type'", "{param}错误或{param}与type不匹配"),
    ("58215", 200, "Withdrawal ID does not exist.", "提币ID不存在"),
    ("58301", 200, "Deposit-address not exist.", "充值地址不存在"),
    ("58350", 200, "Insufficient balance.", "您的余额不足"),
    (
        "58358",
        200,
        "The fromCcy parameter cannot be the same as the toCcy parameter.",
        "参数fromCcy与参数toCcy不可相同",
    ),
    ("58373", 200, "The minimum {ccy} conversion amount is {min}", "{ccy} 最小兑换数量为 {min}"),
)
