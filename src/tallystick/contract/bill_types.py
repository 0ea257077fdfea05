"""The kinds of bills of the trading account, and which finer kinds each has."""

from __future__ import annotations

from typing import Annotated, Final

from tallystick.contract.bills import BillType
from tallystick.contract.core import READ, Endpoint, Limit, Many, Request, Row, doc, documented

SECTION = "bill_types"


class BillTypes(Request, frozen=True, kw_only=True):
    type: Annotated[
        tuple[BillType, ...], Many(), doc("These kinds only, separated by commas", "只返回这些账单类型，用逗号分隔")
    ] = ()


class SubTypeDetail(Row, frozen=True, kw_only=True):
    subType: str
    subTypeDesc: Annotated[str, doc("What the finer kind is called", "账单子类型描述")]


class BillTypesRow(Row, frozen=True, kw_only=True):
    type: Annotated[str, doc("Kind of bill", "账单类型")]
    typeDesc: Annotated[str, doc("What the kind is called", "账单类型描述")]
    subTypeDetails: Annotated[tuple[SubTypeDetail, ...], doc("Its finer kinds", "账单子类型列表")]


BILL_TYPES = Endpoint(
    name="bill_types",
    method="GET",
    path="/api/v5/account/subtypes",
    section=SECTION,
    title=doc("The kinds of bills there are", "账单类型及其子类型"),
    request=BillTypes,
    answer=BillTypesRow,
    permission=READ,
    limits=(Limit(20, 2_000, "user_id"),),
    since="2026-08",
    source=documented("trading-account-rest-api-get-bill-types"),
)

KINDS: Final[tuple[BillTypesRow, ...]] = tuple(
    BillTypesRow(
        type=kind,
        typeDesc=name,
        subTypeDetails=tuple(SubTypeDetail(subType=detail, subTypeDesc=words) for detail, words in details.items()),
    )
    for kind, name, details in (
        ("1", "Transfer", {"11": "Transfer in", "12": "Transfer out"}),
        ("2", "Trade", {"1": "Buy", "2": "Sell"}),
        (
            "4",
            "Forced repayment",
            {
                "16": "Repay forcibly",
                "114": "Forced repayment buy",
                "115": "Forced repayment sell",
                "376": "Collateralized borrowing auto conversion buy",
                "377": "Collateralized borrowing auto conversion sell",
            },
        ),
        (
            "5",
            "Liquidation",
            {
                "106": "Liquidation buy",
                "107": "Liquidation sell",
                "111": "Liquidation transfer out",
            },
        ),
        ("7", "Interest deduction", {"9": "Interest deduction for Market loan"}),
        ("10", "Clawback", {"108": "Clawback"}),
        ("16", "Borrowing", {"306": "Manual borrow", "307": "Auto borrow"}),
        ("22", "Repay", {"308": "Manual repay", "309": "Auto repay"}),
        ("27", "Convert", {"318": "Convert in", "319": "Convert out"}),
        ("28", "Easy convert", {"236": "Easy convert in", "237": "Easy convert out"}),
        ("29", "One-click repay", {"224": "Repayment transfer in", "225": "Repayment transfer out"}),
    )
)
"""Those a bill of this venue can have (decisions/018), by their number."""

ENDPOINTS = (BILL_TYPES,)
