"""The funding account: currencies, balances, and transfers to and from the trading account."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.core import (
    READ,
    TRADE,
    Ccy,
    CcyFilter,
    ClientId,
    Either,
    Endpoint,
    Id,
    Limit,
    Request,
    Row,
    Text,
    TransferAmount,
    WordedFlag,
    doc,
    documented,
)

SECTION = "asset"
SIX_PER_S = (Limit(6, 1_000, "user_id"),)

AccountCode: TypeAlias = Literal["6", "18"]
"""6 is the funding account, 18 the trading account."""
TransferType: TypeAlias = Annotated[
    Literal["0", "1", "2", "3", "4"],
    doc(
        "0 within the account, 1 main to sub, 2 sub to main, 3 sub to main with a sub-account's key, 4 sub to sub",
        "0 账户内划转，1 母账户转子账户，2 子账户转母账户，3 子账户转母账户（子账户 API key），4 子账户转子账户",
    ),
]


class AssetCurrencies(Request, frozen=True, kw_only=True):
    ccy: CcyFilter = ()


class AssetCurrenciesRow(Row, frozen=True, kw_only=True):
    """One currency on one chain."""

    burningFeeRate: str = ""
    canDep: bool
    canInternal: bool
    canWd: bool
    ccy: str
    chain: str
    ctAddr: str = ""
    depEstOpenTime: str = ""
    depQuotaFixed: str = ""
    depQuoteDailyLayer2: str = ""
    fee: str
    logoLink: str = ""
    mainNet: bool
    maxFee: str
    maxFeeForCtAddr: str = ""
    maxWd: str
    minDep: str
    minDepArrivalConfirm: str
    minFee: str
    minFeeForCtAddr: str = ""
    minInternal: str
    minWd: str
    minWdUnlockConfirm: str
    name: str
    needTag: bool
    usedDepQuotaFixed: str = ""
    usedWdQuota: str = "0"
    wdEstOpenTime: str = ""
    wdQuota: str
    wdTickSz: str


class AssetBalances(Request, frozen=True, kw_only=True):
    ccy: CcyFilter = ()


class AssetBalancesRow(Row, frozen=True, kw_only=True):
    availBal: str
    bal: str
    ccy: str
    frozenBal: str


class Transfer(Request, frozen=True, kw_only=True, rename={"from_": "from"}):
    """`instId` and `toInstId` are of an older API; real clients still send them, mostly empty."""

    type: TransferType = "0"
    ccy: Ccy
    amt: TransferAmount
    from_: AccountCode
    to: AccountCode
    subAcct: Text = ""
    loanTrans: WordedFlag = False
    omitPosRisk: Literal["true", "false"] = "false"
    clientId: ClientId = ""
    instId: Annotated[Text, doc("Of an older API, not looked at", "旧版参数，不使用")] = ""
    toInstId: Text = ""


class TransferRow(Row, frozen=True, kw_only=True, rename={"from_": "from"}):
    transId: str
    ccy: str
    clientId: str
    from_: AccountCode
    amt: str
    to: AccountCode


class TransferState(Request, frozen=True, kw_only=True):
    """`transId` wins where both ids are given; without a type any is found."""

    transId: Id | None = None
    clientId: ClientId = ""
    type: TransferType | None = None


class TransferStateRow(Row, frozen=True, kw_only=True, rename={"from_": "from"}):
    amt: str
    ccy: str
    clientId: str
    from_: AccountCode
    instId: str = ""
    state: Literal["success", "pending", "failed"]
    subAcct: str
    to: AccountCode
    toInstId: str = ""
    transId: str
    type: TransferType


ASSET_CURRENCIES = Endpoint(
    name="asset_currencies",
    method="GET",
    path="/api/v5/asset/currencies",
    section=SECTION,
    title=doc("Currencies of the venue, one row per chain", "支持的币种，每条链一行"),
    request=AssetCurrencies,
    answer=AssetCurrenciesRow,
    permission=READ,
    limits=SIX_PER_S,
    envelope="code,msg,data",
    source=documented("funding-account-rest-api-get-currencies"),
)

ASSET_BALANCES = Endpoint(
    name="asset_balances",
    method="GET",
    path="/api/v5/asset/balances",
    section=SECTION,
    title=doc("Balances of the funding account", "资金账户余额"),
    request=AssetBalances,
    answer=AssetBalancesRow,
    permission=READ,
    limits=SIX_PER_S,
    envelope="code,msg,data",
    source=documented("funding-account-rest-api-get-balance"),
)

TRANSFER = Endpoint(
    name="transfer",
    method="POST",
    path="/api/v5/asset/transfer",
    section=SECTION,
    title=doc(
        "Move funds between funding and trading account, main and sub-accounts", "资金与交易账户、母子账户之间的划转"
    ),
    request=Transfer,
    answer=TransferRow,
    permission=TRADE,
    limits=(Limit(2, 1_000, "user_id+ccy"),),
    envelope="code,msg,data",
    source=documented("funding-account-rest-api-funds-transfer"),
)

TRANSFER_STATE = Endpoint(
    name="transfer_state",
    method="GET",
    path="/api/v5/asset/transfer-state",
    section=SECTION,
    title=doc("How a transfer stands", "查询划转状态"),
    request=TransferState,
    answer=TransferStateRow,
    permission=READ,
    limits=(Limit(10, 1_000, "user_id"),),
    either=(Either(("transId", "clientId"), code="50014"),),
    source=documented("funding-account-rest-api-get-funds-transfer-state"),
)

ENDPOINTS = (ASSET_CURRENCIES, ASSET_BALANCES, TRANSFER, TRANSFER_STATE)
