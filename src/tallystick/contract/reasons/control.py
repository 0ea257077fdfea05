"""Reasons of the venue's own levers."""

from __future__ import annotations

from typing import Final

from tallystick.contract.reasons.form import table

CONTROL: Final = table(
    (
        ("user_exists", "there is a user {name} already", "用户 {name} 已存在", "GET users"),
        (
            "would_be_negative",
            "{free} {ccy} is free in the {account} account; you take out {asked}",
            "{account} 账户中 {ccy} 可用 {free}，要取出 {asked}",
        ),
        (
            "would_be_negative/fund",
            "the insurance fund has {free} {ccy}; you take out {asked}",
            "风险准备金有 {free} {ccy}，要取出 {asked}",
        ),
        (
            "would_be_negative/pool",
            "lenders have {free} {ccy} left; you take out {asked}",
            "出借人还剩 {free} {ccy}，要取出 {asked}",
        ),
        (
            "price_not_positive",
            "the price {asked} of {instrument} is not above 0",
            "{instrument} 的价格 {asked} 不大于 0",
        ),
        (
            "price_not_positive/book",
            "prices and sizes of a book are above 0, best first",
            "盘口价格和数量须大于 0，且从最优价开始排列",
        ),
        ("price_not_positive/crossed", "bid {bid} is not below ask {ask}", "买价 {bid} 不低于卖价 {ask}"),
        (
            "debt_outstanding",
            "{name} owes, or orders may borrow: {owed}",
            "{name} 有负债，或有可能借币的订单：{owed}",
        ),
        ("not_a_main_account", "{name} is a sub-account", "{name} 是子账户"),
        ("unknown_level", "there is no level {level}; there are {known}", "没有等级 {level}，现有：{known}"),
        ("unknown_parameter", "there is no parameter {parameter}", "没有参数 {parameter}", "GET parameters"),
        ("parameter_fixed", "{parameter} is fixed: {fixed}", "{parameter} 不可更改：{fixed}"),
        (
            "parameter_out_of_range",
            "{parameter} can be {least} to {most}",
            "{parameter} 的取值范围为 {least} 至 {most}",
        ),
        ("parameter_out_of_range/rule", "{parameter} breaks a rule: {rule}", "{parameter} 违反规则：{rule}"),
        ("parameters_disagree", "the parameters disagree: {rule}", "参数之间不一致：{rule}"),
        ("listing_impossible", "{row} cannot be listed: {rule}", "{row} 无法上线：{rule}", "GET parameters"),
        (
            "too_many_bids",
            "{asked_count} bids were sent; at most {most_count} are allowed",
            "共 {asked_count} 个报价，最多 {most_count} 个",
        ),
        (
            "bid_impossible",
            "a bid has an amount above 0 and a rate of {least} to {most} a year",
            "报价数量须大于 0，年利率须为 {least} 至 {most}",
        ),
        (
            "fault_impossible",
            "{part} is not possible for the fault {kind}",
            "故障 {kind} 不支持这样的 {part}",
            "GET faults/kinds",
        ),
        (
            "too_many_faults",
            "there are {most_count} faults, and no more are allowed",
            "已有 {most_count} 个故障，已达上限",
            "DELETE faults",
        ),
    )
)
