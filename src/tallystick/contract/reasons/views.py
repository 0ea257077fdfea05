"""Reasons of what is refused while a request is put into words of the engine, or read from its state; by code."""

from __future__ import annotations

from typing import Final

from tallystick.contract.reasons.form import BORROWING, PRICE, table

_LIST = "GET parameters"
_SUB = 'POST users {{"name": "...", "master": "{name}"}}'

VIEWS: Final = table(
    (
        ("50014", "the parameter {param} is missing", "缺少参数 {param}"),
        ("50015", "one of {param} and {other} is missing", "{param} 和 {other} 至少填写一个"),
        ("50024", "{param} and {other} were both sent", "{param} 和 {other} 不能同时填写"),
        ("50025", "{param} has more elements than {max}", "{param} 的个数超过 {max}"),
        (
            "50038",
            "there is no chain here, so nothing can be withdrawn",
            "本平台没有链上提币",
            "POST users/{name}/balance",
        ),
        ("50039", "before takes trade ids, not times", "按时间分页时不能使用 before"),
        ("51000", "the parameter {param} cannot have this value here", "参数 {param} 的取值在本平台不可用"),
        (
            "51000/tdMode",
            "orders of multi-currency and portfolio margin have the tdMode cross",
            "跨币种和组合保证金模式的订单 tdMode 为 cross",
        ),
        (
            "59110",
            "the size of a market order is an amount of the coin that it pays: of the quote currency for a purchase, "
            "of the base currency for a sale",
            "市价单按付出的币种计量：买入按计价货币，卖出按交易货币",
        ),
        ("51001", "there is no such pair on this venue", "本平台没有该交易对", _LIST),
        (
            "51010",
            "tdMode is cash in Spot mode and cross in the others; mgnMode is cross with a ccy, and nothing is isolated",
            "现货模式的 tdMode 为 cash，其他模式为 cross；mgnMode 为 cross 且须指定 ccy，没有逐仓",
        ),
        ("51012", "there is no such coin on this venue", "本平台没有该币种", _LIST),
        ("51014", "there is no index, as the coin has no price", "该币种没有价格，因而没有指数", PRICE),
        (
            "51070",
            "futures mode is closed to every account here: there are no contracts",
            "本平台没有合约，合约模式对所有账户关闭",
        ),
        ("51204", "an order of this type has a price, and px is missing", "该类型的订单需要价格，缺少 px"),
        ("51407", "neither ordId nor clOrdId was sent", "ordId 和 clOrdId 都没有填写"),
        ("51500", "neither newSz nor newPx was sent", "newSz 和 newPx 都没有填写"),
        ("51512", "an order is named twice in this list", "同一请求中有重复的订单"),
        (
            "51603",
            "{name} has no such order, or the order is too old to be kept",
            "{name} 没有该订单，或已超过保留时间",
        ),
        ("58009", "one of the two coins has no price", "两个币种之一没有价格", PRICE),
        ("58115", "{name} has no sub-account of this name", "{name} 没有该名称的子账户", _SUB),
        ("58127", "a main account cannot use this type of transfer", "母账户不支持该 type"),
        ("58128", "a sub-account cannot use this type of transfer", "子账户不支持该 type"),
        ("58129", "{param} does not belong to this type of transfer", "{param} 不属于该 type 的划转"),
        ("58129/transfer", "no transfer has this transId or clientId", "没有该 transId 或 clientId 的划转"),
        ("58215", "there are no withdrawals here", "本平台没有提币"),
        (
            "58301",
            "there is no chain here, so no deposit address",
            "本平台没有链上充值地址",
            "POST users/{name}/balance",
        ),
        ("58358", "both coins are the same", "两个币种相同"),
        ("59102", "the leverage is above the highest of the range", "杠杆倍数高于上限"),
        ("59105", "the leverage is below the lowest, {min}", "杠杆倍数低于下限 {min}"),
        ("59506", "the sub-account has no such key", "子账户没有该 API key", "POST users/.../keys"),
        ("59510", "{name} has no sub-account of this name", "{name} 没有该名称的子账户", _SUB),
        ("59520", "accounts here have the general strategy only", "本平台的账户只有普通策略"),
        ("59671", "no coin has auto-earn here", "本平台没有自动赚币"),
        ("59679", "fees are taken in the coin received", "手续费从所得币种中扣除"),
        ("59686", "there are no contracts here, so no settlement currency", "本平台没有合约，因而没有结算币种"),
        ("51625", "borrowing is off for {name}", "{name} 未开启借币", BORROWING),
    )
)
