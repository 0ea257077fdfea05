"""Bills: one row for every change of a balance, of the trading account and of the funding account."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    READ,
    Ccy,
    ClientId,
    Endpoint,
    Grammar,
    Id,
    InstId,
    Limit,
    LimitNumber,
    Ms,
    Page,
    Request,
    Row,
    Since,
    doc,
    documented,
)

SECTION = "bills"
DAY_MS = 86_400_000
BILL_IDS_PER_MS = 1_000_000

BillType: TypeAlias = Annotated[str, Grammar("bill type", r"[0-9]{1,4}")]
InstType: TypeAlias = Literal["SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"]


class AccountBills(Request, frozen=True, kw_only=True):
    instType: InstType | None = None
    instId: InstId = ""
    ccy: Annotated[Ccy, doc("Rows of this currency only", "只返回该币种的记录")] = ""
    mgnMode: Literal["cross", "isolated"] | None = None
    ctType: Literal["linear", "inverse"] | None = None
    type: BillType = ""
    subType: BillType = ""
    after: Annotated[Id | None, doc("Rows older than this billId", "返回早于此 billId 的记录")] = None
    before: Annotated[Id | None, doc("Rows newer than this billId", "返回晚于此 billId 的记录")] = None
    begin: Annotated[Ms | None, doc("Rows from this time on, Unix milliseconds", "起始时间，Unix 毫秒")] = None
    end: Annotated[Ms | None, doc("Rows up to this time, Unix milliseconds", "结束时间，Unix 毫秒")] = None
    limit: LimitNumber = 100


class AccountBillsRow(Row, frozen=True, kw_only=True, rename={"from_": "from"}):
    """`bal` and `balChg` are equity, coins less debt of the currency (chosen: decisions/018)."""

    bal: Annotated[str, doc("Equity of the currency after it", "变动后该币种的权益")]
    balChg: Annotated[str, doc("Change of the equity", "权益变动")]
    billId: str
    ccy: str
    clOrdId: str = ""
    earnAmt: str = ""
    earnApr: str = ""
    execType: Literal["", "T", "M"] = ""
    fee: Annotated[str, doc("Fee, negative when charged", "手续费，负数表示支出")] = ""
    fillFwdPx: str = ""
    fillIdxPx: str = ""
    fillMarkPx: str = ""
    fillMarkVol: str = ""
    fillPxUsd: str = ""
    fillPxVol: str = ""
    fillTime: str = ""
    from_: Annotated[Literal["6", "18", ""], doc("Of a transfer: where from", "划转的转出账户")] = ""
    instId: str = ""
    instType: str = ""
    interest: Annotated[str, doc("Interest, negative when charged", "利息，负数表示支出")] = ""
    mgnMode: Literal["isolated", "cross", "cash", ""] = ""
    notes: str = ""
    ordId: str = ""
    pnl: str = ""
    posBal: str = ""
    posBalChg: str = ""
    px: Annotated[str, doc("Price of the trade", "成交价格")] = ""
    subType: str
    sz: Annotated[str, doc("Amount of the currency that moved, before fees", "该币种的变动数量，不含手续费")] = ""
    tag: str = ""
    to: Annotated[Literal["6", "18", ""], doc("Of a transfer: where to", "划转的转入账户")] = ""
    tradeId: str = ""
    ts: str
    type: Annotated[str, doc("Kind of bill", "账单类型")]


class AssetBills(Request, frozen=True, kw_only=True):
    ccy: Annotated[Ccy, doc("Rows of this currency only", "只返回该币种的记录")] = ""
    type: BillType = ""
    clientId: ClientId = ""
    thirdPartyType: Annotated[
        Literal["1", "2", "5"],
        Since("2026-08"),
        doc("Where assets are kept in custody: 1 is the exchange itself", "托管类型，1 为交易所"),
    ] = "1"
    after: Ms | None = None
    before: Ms | None = None
    limit: LimitNumber = 100


class AssetBillsHistory(Request, frozen=True, kw_only=True):
    ccy: Annotated[Ccy, doc("Rows of this currency only", "只返回该币种的记录")] = ""
    type: BillType = ""
    clientId: ClientId = ""
    after: Annotated[Id | None, doc("Rows older than this time or billId", "返回早于此时间或 billId 的记录")] = None
    before: Annotated[Id | None, doc("Rows newer than this time or billId", "返回晚于此时间或 billId 的记录")] = None
    limit: LimitNumber = 100
    pagingType: Annotated[
        Literal["1", "2"], doc("1: cursors are times, 2: cursors are billIds", "1：按时间翻页，2：按 billId 翻页")
    ] = "1"


class AssetBillsRow(Row, frozen=True, kw_only=True):
    billId: str
    ccy: str
    clientId: str = ""
    balChg: Annotated[str, doc("Change of the balance", "余额变动")]
    bal: Annotated[str, doc("Balance of the currency after it", "变动后该币种的余额")]
    type: Annotated[str, doc("Kind of bill", "账单类型")]
    ts: str
    notes: str = ""


def _account_page(days: int) -> Page:
    return Page(
        cursor="billId",
        inclusive=False,
        retention_ms=days * DAY_MS,
        cursors_per_ms=BILL_IDS_PER_MS,
        bounded=True,
    )


ACCOUNT_BILLS = Endpoint(
    name="account_bills",
    method="GET",
    path="/api/v5/account/bills",
    section=SECTION,
    title=doc("What moved in the trading account in the last seven days", "交易账户近七天的账单流水"),
    request=AccountBills,
    answer=AccountBillsRow,
    permission=READ,
    limits=(Limit(5, 1_000, "user_id"),),
    envelope="code,msg,data",
    page=_account_page(days=7),
    source=documented("trading-account-rest-api-get-bills-details-last-7-days"),
)

ACCOUNT_BILLS_ARCHIVE = Endpoint(
    name="account_bills_archive",
    method="GET",
    path="/api/v5/account/bills-archive",
    section=SECTION,
    title=doc("What moved in the trading account in the last three months", "交易账户近三个月的账单流水"),
    request=AccountBills,
    answer=AccountBillsRow,
    permission=READ,
    limits=(Limit(5, 2_000, "user_id"),),
    envelope="code,msg,data",
    page=_account_page(days=90),
    source=documented("trading-account-rest-api-get-bills-details-last-3-months"),
)

ASSET_BILLS = Endpoint(
    name="asset_bills",
    method="GET",
    path="/api/v5/asset/bills",
    section=SECTION,
    title=doc("What moved in the funding account in the last month", "资金账户近一个月的账单流水"),
    request=AssetBills,
    answer=AssetBillsRow,
    permission=READ,
    limits=(Limit(6, 1_000, "user_id"),),
    envelope="code,msg,data",
    page=Page(
        cursor="ts",
        inclusive=False,
        retention_ms=30 * DAY_MS,
        keys_per_cursor=BILL_IDS_PER_MS,
        shared=True,
        instead="asset/bills-history with pagingType=2 pages by billId",
    ),
    source=documented("funding-account-rest-api-asset-bills-details"),
)

ASSET_BILLS_HISTORY = Endpoint(
    name="asset_bills_history",
    method="GET",
    path="/api/v5/asset/bills-history",
    section=SECTION,
    title=doc("What ever moved in the funding account", "资金账户的全部账单流水"),
    request=AssetBillsHistory,
    answer=AssetBillsRow,
    permission=READ,
    limits=(Limit(1, 1_000, "user_id"),),
    envelope="code,msg,data",
    page=Page(
        cursor="billId",
        inclusive=False,
        retention_ms=None,
        cursors_per_ms=BILL_IDS_PER_MS,
        instead="pagingType=1 pages by time",
    ),
    source=documented("funding-account-rest-api-asset-bills-history"),
)

BY_TIME = Page(
    cursor="ts",
    inclusive=False,
    retention_ms=None,
    keys_per_cursor=BILL_IDS_PER_MS,
    shared=True,
    instead="pagingType=2 pages by billId",
)
"""How the whole history of the funding account is paged where the cursors are times, as they are unless said."""

ENDPOINTS = (ACCOUNT_BILLS, ACCOUNT_BILLS_ARCHIVE, ASSET_BILLS, ASSET_BILLS_HISTORY)
