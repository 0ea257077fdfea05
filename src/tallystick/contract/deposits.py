"""Deposits and withdrawals: this venue has no chain, so histories are empty and withdrawals refused.

Also the value of everything an account has.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    READ,
    TRADE,
    Amount,
    Ccy,
    CcyFilter,
    ClientId,
    Doc,
    Either,
    Endpoint,
    Id,
    Limit,
    LimitNumber,
    Ms,
    Nothing,
    Page,
    Permission,
    Request,
    Row,
    Text,
    doc,
    documented,
)

SECTION = "deposits"
SIX_PER_S = Limit(6, 1_000, "user_id")

ValuationCcy: TypeAlias = Literal[
    "BTC", "USDT", "USD", "CNY", "JP", "KRW", "RUB", "EUR", "VND", "IDR", "INR", "PHP", "THB", "TRY", "AUD", "SGD",
    "ARS", "SAR", "AED", "IQD",
]  # fmt: skip
"""The yen is spelled JP (documented)."""
Route: TypeAlias = Annotated[Literal["3", "4"], doc("3 within the exchange, 4 on a chain", "3 内部转账，4 链上")]


class AssetValuation(Request, frozen=True, kw_only=True):
    ccy: ValuationCcy = "BTC"


class ValuationDetails(Row, frozen=True, kw_only=True):
    classic: str = ""
    earn: str
    funding: str
    trading: str


class AssetValuationRow(Row, frozen=True, kw_only=True):
    details: ValuationDetails
    totalBal: str
    ts: str


class NonTradableAssets(Request, frozen=True, kw_only=True):
    ccy: CcyFilter = ()


class NonTradableAssetsRow(Row, frozen=True, kw_only=True):
    bal: str
    burningFeeRate: str
    canWd: bool
    ccy: str
    chain: str
    ctAddr: str
    fee: str
    feeCcy: str
    logoLink: str
    minWd: str
    name: str
    needTag: bool
    wdAll: bool
    wdTickSz: str


class DepositAddress(Request, frozen=True, kw_only=True):
    ccy: Ccy


class DepositAddressRow(Row, frozen=True, kw_only=True):
    chain: str
    ctAddr: str
    ccy: str
    to: Annotated[Literal["6", "18"], doc("Account it enters, 6 funding or 18 trading", "转入账户，6 资金或 18 交易")]
    addr: str
    verifiedName: str
    selected: bool


class DepositHistory(Request, frozen=True, kw_only=True):
    ccy: Ccy = ""
    depId: Text = ""
    fromWdId: Text = ""
    txId: Text = ""
    type: Route | None = None
    state: Text = ""
    after: Ms | None = None
    before: Ms | None = None
    limit: LimitNumber = 100
    toAddrType: Text = ""


class DepositHistoryRow(Row, frozen=True, kw_only=True, rename={"from_": "from"}):
    actualDepBlkConfirm: str
    amt: str
    areaCodeFrom: str
    ccy: str
    chain: str
    depId: str
    from_: Annotated[str, doc("Account it came from", "转出账户")]
    fromWdId: str
    state: str
    to: Annotated[str, doc("Address it came to", "收款地址")]
    ts: str
    txId: str


class Withdrawal(Request, frozen=True, kw_only=True):
    ccy: Ccy
    amt: Amount
    dest: Route
    toAddr: Text
    chain: Text = ""
    areaCode: Text = ""
    clientId: ClientId = ""
    toAddrType: Text = ""


class WithdrawalRow(Row, frozen=True, kw_only=True):
    amt: str
    wdId: str
    ccy: str
    clientId: str
    chain: str


class CancelWithdrawal(Request, frozen=True, kw_only=True):
    wdId: Id


class CancelWithdrawalRow(Row, frozen=True, kw_only=True):
    wdId: str


class WithdrawalHistory(Request, frozen=True, kw_only=True):
    ccy: Ccy = ""
    wdId: Text = ""
    clientId: ClientId = ""
    txId: Text = ""
    type: Route | None = None
    state: Text = ""
    after: Ms | None = None
    before: Ms | None = None
    limit: LimitNumber = 100
    toAddrType: Text = ""


class WithdrawalHistoryRow(Row, frozen=True, kw_only=True, rename={"from_": "from"}):
    note: str
    chain: str
    fee: str
    feeCcy: str
    ccy: str
    clientId: str
    toAddrType: str
    amt: str
    txId: str
    from_: Annotated[str, doc("Account it left", "转出账户")]
    areaCodeFrom: str
    to: Annotated[str, doc("Address it went to", "收款地址")]
    areaCodeTo: str
    state: str
    ts: str
    nonTradableAsset: bool
    wdId: str


class DepositStatus(Request, frozen=True, kw_only=True):
    """A withdrawal by `wdId`, a deposit by `txId` with currency, address and chain."""

    wdId: Text = ""
    txId: Text = ""
    ccy: Ccy = ""
    to: Annotated[Text, doc("Address it came to", "收款地址")] = ""
    chain: Text = ""


class DepositStatusRow(Row, frozen=True, kw_only=True):
    wdId: str
    txId: str
    state: str
    estCompleteTime: str


class ExchangeListRow(Row, frozen=True, kw_only=True):
    exchId: str
    exchName: str


def _one(
    name: str,
    path: str,
    title: Doc,
    request: type[Request],
    answer: type[Row],
    where: str,
    limit: Limit = SIX_PER_S,
    permission: Permission | None = READ,
    page: Page | None = None,
    either: tuple[Either, ...] = (),
    data_first: bool = False,
) -> Endpoint:
    return Endpoint(
        name=name,
        method="GET" if permission in (READ, None) else "POST",
        path=f"/api/v5/asset/{path}",
        section=SECTION,
        title=title,
        request=request,
        answer=answer,
        permission=permission,
        limits=(limit,),
        envelope="code,data,msg" if data_first else "code,msg,data",
        page=page,
        either=either,
        source=documented(f"funding-account-rest-api-{where}"),
    )


def _by_time(identity: str) -> Page:
    return Page(cursor="ts", inclusive=False, retention_ms=None, identity=(identity,))


ASSET_VALUATION = _one(
    "asset_valuation",
    "asset-valuation",
    doc("Value of everything the account has", "账户资产估值"),
    AssetValuation,
    AssetValuationRow,
    "get-account-asset-valuation",
    limit=Limit(1, 1_000, "user_id"),
    data_first=True,
)

NON_TRADABLE_ASSETS = _one(
    "non_tradable_assets",
    "non-tradable-assets",
    doc("Coins that cannot be traded, of which there are none", "不可交易资产，本平台没有"),
    NonTradableAssets,
    NonTradableAssetsRow,
    "get-non-tradable-assets",
    data_first=True,
)

DEPOSIT_ADDRESS = _one(
    "deposit_address",
    "deposit-address",
    doc("Where coins can be sent to, which is nowhere", "充值地址，本平台没有"),
    DepositAddress,
    DepositAddressRow,
    "get-deposit-address",
    data_first=True,
)

DEPOSIT_HISTORY = _one(
    "deposit_history",
    "deposit-history",
    doc("Deposits from a chain, of which there are none", "充值记录，本平台没有"),
    DepositHistory,
    DepositHistoryRow,
    "get-deposit-history",
    page=_by_time("depId"),
    data_first=True,
)

WITHDRAWAL = _one(
    "withdrawal",
    "withdrawal",
    doc("Send coins away, which this venue cannot", "提币，本平台不支持"),
    Withdrawal,
    WithdrawalRow,
    "withdrawal",
    permission=Permission.WITHDRAW,
)

CANCEL_WITHDRAWAL = _one(
    "cancel_withdrawal",
    "cancel-withdrawal",
    doc("Call a withdrawal back", "撤销提币"),
    CancelWithdrawal,
    CancelWithdrawalRow,
    "cancel-withdrawal",
    permission=TRADE,
)

WITHDRAWAL_HISTORY = _one(
    "withdrawal_history",
    "withdrawal-history",
    doc("Withdrawals, of which there are none", "提币记录，本平台没有"),
    WithdrawalHistory,
    WithdrawalHistoryRow,
    "get-withdrawal-history",
    page=_by_time("wdId"),
    data_first=True,
)

DEPOSIT_STATUS = _one(
    "deposit_status",
    "deposit-withdraw-status",
    doc("How a deposit or withdrawal stands", "充值或提币的详细状态"),
    DepositStatus,
    DepositStatusRow,
    "get-deposit-withdraw-status",
    limit=Limit(1, 2_000, "user_id"),
    either=(Either(("wdId", "txId")),),
    data_first=True,
)

EXCHANGE_LIST = _one(
    "exchange_list",
    "exchange-list",
    doc("Other exchanges a withdrawal may name, of which there are none", "可选的其他交易所，本平台没有"),
    Nothing,
    ExchangeListRow,
    "get-exchange-list-public",
    limit=Limit(6, 1_000, "ip"),
    permission=None,
)

ENDPOINTS = (
    ASSET_VALUATION,
    NON_TRADABLE_ASSETS,
    DEPOSIT_ADDRESS,
    DEPOSIT_HISTORY,
    WITHDRAWAL,
    CANCEL_WITHDRAWAL,
    WITHDRAWAL_HISTORY,
    DEPOSIT_STATUS,
    EXCHANGE_LIST,
)
