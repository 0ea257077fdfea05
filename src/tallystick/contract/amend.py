"""Changing open orders: another price or size, and taking many of them off the book."""

from __future__ import annotations

from typing import Annotated, Literal

from tallystick.contract.core import (
    TRADE,
    UNSET,
    Amount,
    ClientId,
    Either,
    Endpoint,
    Flag,
    Grammar,
    Id,
    InstFamily,
    InstId,
    Limit,
    Request,
    Row,
    Since,
    Tag,
    Unset,
    Unsupported,
    doc,
    documented,
)
from tallystick.contract.trade import SIXTY_PER_2S, CancelOrder, CancelOrderRow

SECTION = "amend"
BATCH_PER_2S = (Limit(300, 2_000, "user_id+instId"),)


class AmendOrder(Request, frozen=True, kw_only=True):
    instId: InstId
    cxlOnFail: Flag = False
    ordId: Id | None = None
    clOrdId: ClientId = ""
    reqId: ClientId = ""
    newSz: Annotated[Amount, doc("New size in all, what is filled included", "新的委托总数量，含已成交部分")] = ""
    newPx: Annotated[Amount, doc("New price", "新的委托价格")] = ""
    newPxUsd: Unsupported = None
    newPxVol: Unsupported = None
    pxAmendType: Literal["0", "1"] = "0"
    rpiTakerAccess: Annotated[Flag, Since("2026-08")] = False
    rpiPxRound: Annotated[Flag, Since("2026-08")] = False
    attachAlgoOrds: Unsupported = None


class AmendOrderRow(Row, frozen=True, kw_only=True):
    clOrdId: str
    ordId: str
    ts: str
    reqId: str
    sCode: str = "0"
    sMsg: str = ""
    subCode: Annotated[str | Unset, Since("2026-08", always="")] = UNSET


class CancelAllAfter(Request, frozen=True, kw_only=True):
    timeOut: Annotated[
        int,
        Grammar("timeout", r"0|[1-9][0-9]|1[01][0-9]|120", integer=True),
        doc("Seconds until then, 10 to 120; 0 switches it off", "倒计时秒数，10 至 120，0 为关闭"),
    ]
    tag: Annotated[Tag, doc("Only orders of this tag", "只撤销该标签的订单")] = ""


class CancelAllAfterRow(Row, frozen=True, kw_only=True):
    """Times are in seconds, as the documents print them."""

    triggerTime: str
    tag: str
    ts: Annotated[str, doc("When it was asked, Unix seconds", "收到请求的时间，Unix 秒")]


class MassCancel(Request, frozen=True, kw_only=True):
    instType: Literal["OPTION"]
    instFamily: InstFamily
    lockInterval: Annotated[str, Grammar("lock interval", r"[0-9]{1,5}")] = ""


class MassCancelRow(Row, frozen=True, kw_only=True):
    result: bool


AMEND_ORDER = Endpoint(
    name="amend_order",
    method="POST",
    path="/api/v5/trade/amend-order",
    section=SECTION,
    title=doc("Give an open order another price or size", "修改未成交订单的价格或数量"),
    request=AmendOrder,
    answer=AmendOrderRow,
    permission=TRADE,
    limits=SIXTY_PER_2S,
    envelope="code,msg,data",
    per_item=True,
    expires=True,
    either=(Either(("ordId", "clOrdId")),),
    source=documented("order-book-trading-trade-post-amend-order"),
)

AMEND_BATCH_ORDERS = Endpoint(
    name="amend_batch_orders",
    method="POST",
    path="/api/v5/trade/amend-batch-orders",
    section=SECTION,
    title=doc("Change up to twenty orders, one after another", "批量修改订单，最多二十笔，依次处理"),
    request=AmendOrder,
    answer=AmendOrderRow,
    permission=TRADE,
    limits=BATCH_PER_2S,
    envelope="code,msg,data",
    per_item=True,
    expires=True,
    either=(Either(("ordId", "clOrdId")),),
    batch_max=20,
    too_many="51501",
    single="amend_order",
    source=documented("order-book-trading-trade-post-amend-multiple-orders"),
)

CANCEL_BATCH_ORDERS = Endpoint(
    name="cancel_batch_orders",
    method="POST",
    path="/api/v5/trade/cancel-batch-orders",
    section=SECTION,
    title=doc("Cancel up to twenty orders, one after another", "批量撤单，最多二十笔，依次处理"),
    request=CancelOrder,
    answer=CancelOrderRow,
    permission=TRADE,
    limits=BATCH_PER_2S,
    envelope="code,msg,data",
    per_item=True,
    batch_max=20,
    too_many="51406",
    single="cancel_order",
    source=documented("order-book-trading-trade-post-cancel-multiple-orders"),
)

CANCEL_ALL_AFTER = Endpoint(
    name="cancel_all_after",
    method="POST",
    path="/api/v5/trade/cancel-all-after",
    section=SECTION,
    title=doc("Cancel all orders unless asked again in time", "倒计时全部撤单"),
    request=CancelAllAfter,
    answer=CancelAllAfterRow,
    permission=TRADE,
    limits=(Limit(1, 1_000, "user_id+tag"),),
    envelope="code,msg,data",
    source=documented("order-book-trading-trade-post-cancel-all-after"),
)

MASS_CANCEL = Endpoint(
    name="mass_cancel",
    method="POST",
    path="/api/v5/trade/mass-cancel",
    section=SECTION,
    title=doc("Cancel the quotes of a market maker in options", "撤销期权做市商保护订单"),
    request=MassCancel,
    answer=MassCancelRow,
    permission=TRADE,
    limits=(Limit(5, 2_000, "user_id"),),
    envelope="code,msg,data",
    modes=("4",),
    source=documented("order-book-trading-trade-post-mass-cancel-order"),
)

ENDPOINTS = (AMEND_ORDER, AMEND_BATCH_ORDERS, CANCEL_BATCH_ORDERS, CANCEL_ALL_AFTER, MASS_CANCEL)
