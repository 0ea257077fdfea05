"""Reasons of convert and easy convert."""

from __future__ import annotations

from typing import Final

from tallystick.contract.reasons.form import PRICE, QUOTE_TTL, table

_LEAST = 'POST parameters {{"constants": {{"convert_min_quote": "..."}}}}'
_MOST = 'POST parameters {{"constants": {{"convert_max_quote": "..."}}}}'

CONVERT: Final = table(
    (
        ("no_such_pair", "the pair {base} and {quote} cannot be converted", "{base} 与 {quote} 不能这样兑换"),
        (
            "no_such_pair/unpriced",
            "{base} or {quote} has no price",
            "{base} 或 {quote} 没有价格",
            PRICE,
        ),
        (
            "below_convert_min",
            "the amount is worth {worth_usd} USD; the least is {least_usd}",
            "价值 {worth_usd} USD，最少为 {least_usd}",
            _LEAST,
        ),
        (
            "above_convert_max",
            "the amount is worth {worth_usd} USD; the most is {most_usd}",
            "价值 {worth_usd} USD，最多为 {most_usd}",
            _MOST,
        ),
        (
            "result_too_small",
            "{asked} {ccy} gives less than the last decimal of {other}",
            "{asked} {ccy} 兑换所得低于 {other} 的最小单位",
        ),
        (
            "unknown_quote",
            "{name} has no quote {id}: it was never given, or is older than an hour",
            "{name} 没有报价 {id}：从未给出，或已超过一小时",
            QUOTE_TTL,
        ),
        (
            "quote_expired",
            "the quote ended at {ended_ms}, {late_span_ms} before this request",
            "报价已于 {ended_ms} 过期，迟了 {late_span_ms}",
            QUOTE_TTL,
            'POST clock {{"mode": "frozen"}}',
        ),
        ("quote_traded", "the quote {id} was traded already", "报价 {id} 已成交"),
        ("quote_altered", "{part} is {asked}; the quote says {quoted}", "{part} 为 {asked}，报价时为 {quoted}"),
        (
            "above_quoted_size",
            "you asked for {asked} {ccy}; the quote is for {most}",
            "申请 {asked} {ccy}，报价数量为 {most}",
        ),
        (
            "ccy_not_convertible",
            "nothing is converted into {ccy} here, or it is among the sources; targets are: {known}",
            "不支持兑换为 {ccy}，或其同时在被兑换币种中；可兑换为：{known}",
            'POST parameters {{"constants": {{"easy_convert_ccys": ...}}}}',
        ),
        ("convert_unavailable", "{ccy} or {other} has no price", "{ccy} 或 {other} 没有价格", PRICE),
        (
            "not_dust",
            "{ccy} is worth {worth_usd} USD, easy convert takes what is under {most_usd}",
            "{ccy} 价值 {worth_usd} USD，小额兑换仅限 {most_usd} USD 以下",
            'POST parameters {{"constants": {{"easy_convert_max_usd": "..."}}}}',
        ),
    )
)
