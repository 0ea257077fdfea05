"""Differences between the two states of the public documents that can be served.

Fields and endpoints carry the date they came with. What changed in meaning without a new name stands
here as a rule, which whoever acts on it asks by name, so that the list cannot say more than is done.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import NamedTuple

from msgspec import Struct

from tallystick.contract.core import MULTI_MODES, SURFACES, Doc, Endpoint, Limit
from tallystick.contract.fields import fields

FIRST, LATER = SURFACES


class Rule(Struct, frozen=True):
    """Something that means another thing since a date; `older` and `newer` say what."""

    endpoints: tuple[str, ...]
    what: str
    since: str
    older: Doc
    newer: Doc

    def holds(self, surface: str) -> bool:
        """True where the newer meaning is served."""
        return self.since <= surface


ADJUSTED_COLLATERAL = Rule(
    ("loan_info",),
    "collateralNotionalUsd, curLTV, marginCallLTV, liqLTV",
    LATER,
    Doc("market value of the collateral, and ratios over it", "质押物市值，及以其为分母的质押率"),
    Doc(
        "adjusted value, after the discount tiers, and ratios over it; liqLTV without the discount",
        "折算后的质押物价值，及以其为分母的质押率；liqLTV 不含折算率",
    ),
)
PLEDGED_ASSETS = Rule(
    ("loan_collateral_assets",),
    "assets",
    LATER,
    Doc("what the funding account could pledge", "资金账户中可质押的资产"),
    Doc("what the loan has locked", "借币订单已质押的资产"),
)
LIMIT_PER_MAIN_ACCOUNT = Rule(
    ("spot_manual_borrow_repay",),
    "rate limit",
    LATER,
    Doc("once in 3 seconds for each account", "每个账户每 3 秒 1 次"),
    Doc("once in 3 seconds for a main account and its sub-accounts together", "母账户与其子账户合计每 3 秒 1 次"),
)
BORROWING_FOR_REPAY = Rule(
    ("one_click_repay_v2",),
    "code with borrowing switched off",
    LATER,
    Doc("51010, as in another account mode", "51010（与账户模式不符时相同）"),
    Doc("51625, which asks for borrowing to be switched on", "51625（提示先开启借币）"),
)
REPAY_IN_MARGIN_MODES = Rule(
    ("one_click_repay_currency_list_v2", "one_click_repay_v2", "one_click_repay_history_v2"),
    "account modes",
    LATER,
    Doc("Spot mode alone; 51010 in the others", "仅现货模式，其他模式返回 51010"),
    Doc("also multi-currency and portfolio margin", "也适用于跨币种和组合保证金模式"),
)
"""The documents of the history name Spot mode alone; without it those modes could not see their own runs (057)."""
TOO_FEW_COINS_FOR_LOAN = Rule(
    ("loan_borrow", "loan_repay", "loan_adjust_collateral"),
    "code with too few coins in the funding account",
    LATER,
    Doc("58350, as for a transfer", "58350（与划转相同）"),
    Doc("51764, which is of loans alone", "51764（借币专用）"),
)
SETTLED_LATER = Rule(
    ("loan_borrow", "loan_repay"),
    "settlement",
    LATER,
    Doc("done when it is answered", "应答时已完成"),
    Doc("accepted first and settled then; loan-info tells", "先受理、后结算，结果见 loan-info"),
)
RULES = (
    ADJUSTED_COLLATERAL,
    PLEDGED_ASSETS,
    LIMIT_PER_MAIN_ACCOUNT,
    BORROWING_FOR_REPAY,
    REPAY_IN_MARGIN_MODES,
    TOO_FEW_COINS_FOR_LOAN,
    SETTLED_LATER,
)


@functools.cache
def limits(endpoint: Endpoint, surface: str) -> tuple[Limit, ...]:
    """The rate limits of an endpoint on a surface."""
    if endpoint.name in LIMIT_PER_MAIN_ACCOUNT.endpoints and LIMIT_PER_MAIN_ACCOUNT.holds(surface):
        return tuple(Limit(limit.requests, limit.period_ms, "main_id") for limit in endpoint.limits)
    return endpoint.limits


@functools.cache
def modes(endpoint: Endpoint, surface: str) -> tuple[str, ...]:
    """The account modes that have an endpoint on a surface; empty for all of them."""
    if endpoint.name in REPAY_IN_MARGIN_MODES.endpoints and REPAY_IN_MARGIN_MODES.holds(surface):
        return (*endpoint.modes, *MULTI_MODES)
    return endpoint.modes


class Difference(NamedTuple):
    """kind: endpoint, parameter, field or rule."""

    kind: str
    method: str
    path: str
    what: str
    older: Doc
    newer: Doc


ABSENT = Doc("not there", "无")
THERE = Doc("there", "有")
ALWAYS = Doc("there, though the documents of that date lack it", "有（该日期的文档尚无此接口）")


def _later(record: type[Struct]) -> Iterator[str]:
    """Fields of a record, and of the records inside it, that only the later surface has; refused ones it has not."""
    for field in fields(record):
        if field.since == LATER and not field.refused:
            yield field.name
        elif field.record is not None:
            yield from (f"{field.name}.{name}" for name in _later(field.record))


def differences() -> list[Difference]:
    """Everything that the later surface does and the first does not, by endpoint."""
    from tallystick.contract import ENDPOINTS

    found = []
    for endpoint in ENDPOINTS:
        at = (endpoint.method, endpoint.path)
        if endpoint.since == LATER:
            found.append(Difference("endpoint", *at, endpoint.name, ALWAYS, THERE))
        else:
            for kind, record in (("parameter", endpoint.request), ("field", endpoint.answer)):
                found += [Difference(kind, *at, name, ABSENT, THERE) for name in _later(record)]
        found += [
            Difference("rule", *at, rule.what, rule.older, rule.newer)
            for rule in RULES
            if endpoint.name in rule.endpoints
        ]
    return found
