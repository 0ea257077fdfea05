"""A main account's view of its sub-accounts: which there are, what they hold, and moving it between them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from tallystick.contract.account_limits import MaxWithdrawalRow
from tallystick.contract.asset import AccountCode, AssetBalancesRow
from tallystick.contract.core import (
    READ,
    TRADE,
    UNSET,
    Ccy,
    CcyFilter,
    Endpoint,
    Flag,
    Grammar,
    Limit,
    LimitNumber,
    Ms,
    Page,
    Request,
    Row,
    Text,
    TransferAmount,
    Unset,
    WordedFlag,
    doc,
    documented,
)

SECTION = "subaccounts"
NAMES_MAX = 20
ONCE_PER_S = (Limit(1, 1_000, "user_id"),)
TWENTY_PER_2S = (Limit(20, 2_000, "user_id"),)


Names: TypeAlias = Annotated[str, Grammar("names", r"[\x20-\x7e]{1,659}")]
"""Comma separated text, in a body too."""


class SubaccountList(Request, frozen=True, kw_only=True):
    enable: Annotated[
        Literal["true", "false"] | None, doc("true: not frozen, false: frozen", "true：正常，false：冻结")
    ] = None
    subAcct: Text = ""
    after: Annotated[Ms | None, doc("Made before this time, Unix milliseconds", "创建时间早于，Unix 毫秒")] = None
    before: Annotated[Ms | None, doc("Made after this time, Unix milliseconds", "创建时间晚于，Unix 毫秒")] = None
    limit: LimitNumber = 100


class SubaccountListRow(Row, frozen=True, kw_only=True):
    canTransOut: bool
    enable: Annotated[bool, doc("Not frozen", "是否正常（未冻结）")] = True
    frozenFunc: tuple[str, ...] = ()
    gAuth: bool = False
    label: Annotated[str, doc("Note on the sub-account", "子账户备注")] = ""
    mobile: str = ""
    subAcct: str
    ts: Annotated[str, doc("When it was made, Unix milliseconds", "创建时间，Unix 毫秒")]
    type: Annotated[Literal["1", "2", "5", "9", "12"], doc("1 is a standard sub-account", "1 为普通子账户")] = "1"
    uid: str
    subAcctLv: Literal["1", "2"] = "1"
    firstLvSubAcct: str
    ifDma: bool = False


class SubaccountApikey(Request, frozen=True, kw_only=True):
    subAcct: Text
    apiKey: Text = ""


class SubaccountApikeyRow(Row, frozen=True, kw_only=True):
    """Public part of a key: neither its secret nor its passphrase."""

    label: str
    apiKey: str
    perm: str
    ip: str
    ts: Annotated[str, doc("When the key was made, Unix milliseconds", "创建时间，Unix 毫秒")]


class SetTransferOut(Request, frozen=True, kw_only=True):
    subAcct: Annotated[
        Names, doc("Sub-accounts, comma separated, at most 20", "子账户名称，以半角逗号分隔，最多 20 个")
    ]
    canTransOut: Flag = True


class SetTransferOutRow(Row, frozen=True, kw_only=True):
    subAcct: str
    canTransOut: bool


class SubaccountBalance(Request, frozen=True, kw_only=True):
    subAcct: Text


class SubaccountBalanceDetail(Row, frozen=True, kw_only=True):
    """`account.BalanceDetail` in the order of this sample; of January 2026 it lacked what may be unset here."""

    autoLendStatus: Literal["unsupported", "off", "pending", "active"]
    autoLendMtAmt: str
    accAvgPx: str
    availBal: str
    availEq: str
    borrowFroz: str
    cashBal: str
    ccy: str
    clSpotInUseAmt: str
    crossLiab: str
    colRes: Literal["0", "1", "2"] | Unset = UNSET
    collateralEnabled: bool
    collateralRestrict: bool
    colBorrAutoConversion: str
    disEq: str
    eq: str
    eqUsd: str
    fixedBal: str
    frozenBal: str
    frpType: Literal["", "0", "1", "2"] | Unset = UNSET
    imr: str
    interest: str
    isoEq: str
    isoLiab: str
    isoUpl: str
    liab: str
    maxLoan: str
    maxSpotInUse: str
    mgnRatio: str
    mmr: str
    notionalLever: str
    openAvgPx: str
    ordFrozen: str
    rewardBal: str
    smtSyncEq: str
    spotBal: str
    spotCopyTradingEq: str
    spotInUseAmt: str
    spotIsoBal: str
    spotUpl: str
    spotUplRatio: str
    stgyEq: str
    totalPnl: str
    totalPnlRatio: str
    twap: Literal["", "0", "1", "2", "3", "4", "5"]
    uTime: str
    upl: str
    uplLiab: str


class SubaccountBalanceRow(Row, frozen=True, kw_only=True):
    """`account.BalanceRow`, in the order of this sample as well."""

    adjEq: str
    availEq: str
    borrowFroz: str
    delta: str | Unset = UNSET
    deltaLever: str | Unset = UNSET
    deltaNeutralStatus: Literal["", "0", "1", "2"] | Unset = UNSET
    details: tuple[SubaccountBalanceDetail, ...]
    imr: str
    isoEq: str
    mgnRatio: str
    mmr: str
    notionalUsd: str
    notionalUsdForBorrow: str
    notionalUsdForFutures: str
    notionalUsdForOption: str
    notionalUsdForSwap: str
    ordFroz: str
    totalEq: str
    uTime: str
    upl: str


class SubaccountFunding(Request, frozen=True, kw_only=True):
    subAcct: Text
    ccy: CcyFilter = ()


class SubaccountMaxWithdrawal(Request, frozen=True, kw_only=True):
    subAcct: Text
    ccy: CcyFilter = ()


class SubaccountBills(Request, frozen=True, kw_only=True):
    ccy: Ccy = ""
    type: Annotated[
        Literal["0", "1"] | None,
        doc("0: from the main account, 1: to the main account", "0：母账户转子账户，1：子账户转母账户"),
    ] = None
    subAcct: Text = ""
    after: Ms | None = None
    before: Ms | None = None
    limit: LimitNumber = 100


class SubaccountBillsRow(Row, frozen=True, kw_only=True):
    amt: str
    billId: str
    ccy: str
    subAcct: str
    ts: str
    type: Annotated[
        Literal["0", "1"],
        doc("0: from the main account, 1: to the main account", "0：母账户转子账户，1：子账户转母账户"),
    ]


class SubaccountTransfer(Request, frozen=True, kw_only=True, rename={"from_": "from"}):
    """The documents print `omitPosRisk` and `loanTrans` as different types; real clients send text for both."""

    ccy: Ccy
    amt: TransferAmount
    from_: AccountCode
    to: AccountCode
    fromSubAccount: Text
    toSubAccount: Text
    loanTrans: WordedFlag = False
    omitPosRisk: Literal["true", "false"] = "false"


class SubaccountTransferRow(Row, frozen=True, kw_only=True):
    transId: str


SUBACCOUNT_LIST = Endpoint(
    name="subaccount_list",
    method="GET",
    path="/api/v5/users/subaccount/list",
    section=SECTION,
    title=doc("Sub-accounts of a main account", "子账户列表"),
    request=SubaccountList,
    answer=SubaccountListRow,
    permission=READ,
    limits=TWENTY_PER_2S,
    envelope="code,msg,data",
    main_only=True,
    page=Page(cursor="ts", inclusive=False, retention_ms=None, shared=True, identity=("subAcct",)),
    source=documented("sub-account-rest-api-get-sub-account-list"),
)

SUBACCOUNT_APIKEY = Endpoint(
    name="subaccount_apikey",
    method="GET",
    path="/api/v5/users/subaccount/apikey",
    section=SECTION,
    title=doc("Keys of a sub-account, without their secrets", "查询子账户的 API key，不含 Secret Key"),
    request=SubaccountApikey,
    answer=SubaccountApikeyRow,
    permission=READ,
    limits=TWENTY_PER_2S,
    envelope="code,msg,data",
    main_only=True,
    source=documented("sub-account-rest-api-query-the-api-key-of-a-sub-account"),
)

SUBACCOUNT_BALANCE = Endpoint(
    name="subaccount_balance",
    method="GET",
    path="/api/v5/account/subaccount/balances",
    section=SECTION,
    title=doc("Balances, debts and margin of a sub-account's trading account", "子账户交易账户的余额、负债和保证金"),
    request=SubaccountBalance,
    answer=SubaccountBalanceRow,
    permission=READ,
    limits=(Limit(6, 2_000, "user_id"),),
    main_only=True,
    source=documented("sub-account-rest-api-get-sub-account-trading-balance"),
)

SUBACCOUNT_FUNDING = Endpoint(
    name="subaccount_funding",
    method="GET",
    path="/api/v5/asset/subaccount/balances",
    section=SECTION,
    title=doc("Balances of a sub-account's funding account", "子账户资金账户余额"),
    request=SubaccountFunding,
    answer=AssetBalancesRow,
    permission=READ,
    limits=(Limit(6, 2_000, "user_id"),),
    envelope="code,msg,data",
    main_only=True,
    source=documented("sub-account-rest-api-get-sub-account-funding-balance"),
)

SUBACCOUNT_MAX_WITHDRAWAL = Endpoint(
    name="subaccount_max_withdrawal",
    method="GET",
    path="/api/v5/account/subaccount/max-withdrawal",
    section=SECTION,
    title=doc("What a sub-account can move to its funding account", "子账户最大可转余额"),
    request=SubaccountMaxWithdrawal,
    answer=MaxWithdrawalRow,
    permission=READ,
    limits=TWENTY_PER_2S,
    main_only=True,
    source=documented("sub-account-rest-api-get-sub-account-maximum-withdrawals"),
)

SUBACCOUNT_BILLS = Endpoint(
    name="subaccount_bills",
    method="GET",
    path="/api/v5/asset/subaccount/bills",
    section=SECTION,
    title=doc("Transfers between the main account and its sub-accounts", "母子账户之间的划转记录"),
    request=SubaccountBills,
    answer=SubaccountBillsRow,
    permission=READ,
    limits=(Limit(6, 1_000, "user_id"),),
    envelope="code,msg,data",
    main_only=True,
    page=Page(cursor="ts", inclusive=False, retention_ms=None, shared=True),
    source=documented("sub-account-rest-api-get-history-of-sub-account-transfer"),
)

SUBACCOUNT_TRANSFER = Endpoint(
    name="subaccount_transfer",
    method="POST",
    path="/api/v5/asset/subaccount/transfer",
    section=SECTION,
    title=doc("Move funds from one sub-account to another", "母账户管理子账户之间的划转"),
    request=SubaccountTransfer,
    answer=SubaccountTransferRow,
    permission=TRADE,
    limits=ONCE_PER_S,
    envelope="code,msg,data",
    main_only=True,
    source=documented("sub-account-rest-api-master-accounts-manage-the-transfers-between-sub-accounts"),
)

SET_TRANSFER_OUT = Endpoint(
    name="set_transfer_out",
    method="POST",
    path="/api/v5/users/subaccount/set-transfer-out",
    section=SECTION,
    title=doc("Whether sub-accounts may move funds to other sub-accounts", "设置子账户主动转出权限"),
    request=SetTransferOut,
    answer=SetTransferOutRow,
    permission=TRADE,
    limits=ONCE_PER_S,
    envelope="code,msg,data",
    main_only=True,
    source=documented("sub-account-rest-api-set-permission-of-transfer-out"),
)

NOT_THERE = frozenset({("POST", SUBACCOUNT_APIKEY.path)})
"""Makes a key at the exchange, here a control call does. Not there, although its path is known for another method."""

ENDPOINTS = (
    SUBACCOUNT_LIST,
    SUBACCOUNT_APIKEY,
    SUBACCOUNT_BALANCE,
    SUBACCOUNT_FUNDING,
    SUBACCOUNT_MAX_WITHDRAWAL,
    SUBACCOUNT_BILLS,
    SUBACCOUNT_TRANSFER,
    SET_TRANSFER_OUT,
)
