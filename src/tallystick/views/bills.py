"""Bills: one row per balance and event that moved it, with the exchange's type and subType.

The ledger says which balance moved and by how much, the event says why. A bill of the trading account shows
equity, coins less debt of the currency, so that interest has a bill: it makes the debt grow and moves no coin.
Borrowing and repaying move coins and debt alike, so their change is 0 and `sz` has the amount. A bill of the funding
account shows its coins. Every balance is the sum of its bills (chosen: decisions/018).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, NotRequired, TypedDict, TypeVar

import msgspec

from tallystick.contract import bills as contract
from tallystick.contract.asset import AccountCode
from tallystick.contract.core import Page
from tallystick.engine import ledger, numbers, transient
from tallystick.engine.account import FUNDING, TRADING
from tallystick.engine.amounts import mul_down, mul_up
from tallystick.engine.core import Stamp
from tallystick.engine.events import (
    BalanceAdjusted,
    Borrowed,
    DebtCovered,
    EasyConverted,
    Event,
    LiquidationFeeTaken,
    LoanConverted,
    LoanMoved,
    LoanSettled,
    OrderFilled,
    QuoteTraded,
    Repaid,
    Transferred,
    TransferredBetween,
)
from tallystick.engine.interest import Charge
from tallystick.engine.kinds import PerBorrowKind, PerCategory, PerLoanKind, PerRepayKind
from tallystick.engine.repay_at_once import RepaidAtOnce
from tallystick.engine.state import State, User
from tallystick.store.api import HistoryRow
from tallystick.views import borrow, kinds, trade
from tallystick.views.core import PageView, View, amount, of_event
from tallystick.views.tables import ACCOUNT_BILLS, ASSET_BILLS, Filters

INTEREST = "7"
T = TypeVar("T")


class Words(TypedDict):
    """Fields of a bill of the trading account beyond balance, change, number and time."""

    type: str
    subType: str
    sz: str
    px: NotRequired[str]
    fee: NotRequired[str]
    interest: NotRequired[str]
    pnl: NotRequired[str]
    posBal: NotRequired[str]
    posBalChg: NotRequired[str]
    execType: NotRequired[Literal["M", "T"]]
    fillIdxPx: NotRequired[str]
    fillTime: NotRequired[str]
    from_: NotRequired[AccountCode]
    to: NotRequired[AccountCode]
    notes: NotRequired[str]
    instId: NotRequired[str]
    instType: NotRequired[str]
    mgnMode: NotRequired[Literal["cash", "cross"]]
    ordId: NotRequired[str]
    clOrdId: NotRequired[str]
    tag: NotRequired[str]
    tradeId: NotRequired[str]


_encode = msgspec.json.Encoder().encode


def rows_of(stamp: Stamp, events: Sequence[Event], state: State) -> list[HistoryRow]:
    """One bill per event and balance that it moved; `state` has just made or folded these events.

    Walks back from the balances as they are now, so that each bill knows what was left after its event.
    """
    noted = transient.of(state)
    rows: list[HistoryRow] = []
    left: dict[tuple[str, int, str], int] = {}
    ends = noted.ends
    for place in range(len(events) - 1, -1, -1):
        begin = ends[place - 1] if place else 0
        if begin == ends[place]:
            continue
        event = events[place]
        if borrow.is_unseen(event, state):
            continue
        for key, (change, number) in moved(noted.postings[begin : ends[place]], noted.first_id + begin).items():
            kind, user_id, ccy = key
            after = left[key] if key in left else _balance(state, kind, user_id, ccy)
            left[key] = after - change
            make = _asset_bill if kind == FUNDING else _account_bill
            rows.append(make(event, state.users[user_id], ccy, change, after, number, stamp.at_ms))
    return rows


def moved(postings: list[transient.Posting], first_id: int) -> dict[tuple[str, int, str], tuple[int, int]]:
    """(account, user, currency) -> (change, number) of one event; coins and debt of a trading account are summed."""
    found: dict[tuple[str, int, str], tuple[int, int]] = {}
    for number, (account, ccy, delta, _) in enumerate(postings, start=first_id):
        kind, _, user_id = account.partition(":")
        key = (FUNDING if kind == FUNDING else TRADING, int(user_id), ccy)
        before, first = found.get(key, (0, number))
        found[key] = (before + delta, first)
    return found


def _balance(state: State, kind: str, user_id: int, ccy: str) -> int:
    if kind == FUNDING:
        return ledger.funding(state, user_id, ccy)
    return ledger.cash(state, user_id, ccy) - ledger.debt(state, user_id, ccy)


def _account_bill(event: Event, user: User, ccy: str, change: int, after: int, number: int, at_ms: int) -> HistoryRow:
    words = _maker(ACCOUNT_WORDS, event)(event, change)
    if type(event) is OrderFilled:
        words["fillTime"] = str(at_ms)
        words["instType"], words["mgnMode"] = trade.instrument_type(user), trade.trade_mode(user)
    return _account_row(user.user_id, ccy, change, after, number, at_ms, words)


def _maker(makers: dict[type[Event], T], event: Event) -> T:
    """The function that makes the bill of an event. Violations: H8 (a balance moved for which no bill exists)."""
    maker = makers.get(type(event))
    if maker is None:
        raise ledger.InvariantViolation("H8", f"no bill for what {type(event).__name__} moved")
    return maker


def _account_row(user_id: int, ccy: str, change: int, after: int, number: int, at_ms: int, words: Words) -> HistoryRow:
    row = contract.AccountBillsRow(
        bal=amount(after), balChg=amount(change), billId=str(number), ccy=ccy, ts=str(at_ms), **words
    )
    return ACCOUNT_BILLS.row(user_id, number, 0, row, type=row.type, ccy=ccy)


def _asset_bill(event: Event, user: User, ccy: str, change: int, after: int, number: int, at_ms: int) -> HistoryRow:
    row = contract.AssetBillsRow(
        billId=str(number),
        ccy=ccy,
        clientId=_client_id(event, user.user_id),
        balChg=amount(change),
        bal=amount(after),
        type=_maker(ASSET_TYPES, event)(event, change),
        ts=str(at_ms),
    )
    return ASSET_BILLS.row(user.user_id, number, 0, row, type=row.type, ccy=ccy)


def _client_id(event: Event, user_id: int) -> str:
    """The client's name for a transfer: the user who gave it sees it, the other side does not."""
    if isinstance(event, Transferred | TransferredBetween) and event.user_id == user_id:
        return event.client_id
    return ""


def interest_bill(charge: Charge) -> HistoryRow:
    """Bill of an hour's interest on a spot debt; it does not depend on when the charge is made, unless it was put off.

    Its number comes before all others of the first millisecond of the hour, or of the booking.
    """
    interest, at_ms = charge.interest, charge.booked_ms or charge.hour_ms
    after = charge.cash - charge.debt_before - interest
    number = at_ms * numbers.POSTINGS_PER_MS + charge.number
    words: Words = {"type": INTEREST, "subType": "9", "sz": amount(interest), "interest": amount(-interest)}
    return _account_row(charge.user_id, charge.ccy, -interest, after, number, at_ms, words)


# ---- the trading account


TRADES: PerCategory[tuple[str, str, str]] = {
    "normal": ("2", "1", "2"),
    "full_liquidation": ("5", "106", "107"),
    "twap": ("4", "114", "115"),
    "auto_conversion": ("4", "376", "377"),
}
"""Category of the order -> (type, subType of the coin that came, subType of the coin that went)."""


def _filled(event: OrderFilled, change: int) -> Words:
    """A fill. `sz` is gross; the coin received carries the fee; forced repayments show no order (documented)."""
    kind, came, went = TRADES[event.category]
    received = change > 0
    if (event.side == "buy") == received:
        size = event.size
    else:
        size = mul_down(event.size, event.price) if received else mul_up(event.size, event.price)
    return {
        "type": kind,
        "subType": came if received else went,
        "sz": amount(size),
        "px": amount(event.price),
        "fee": amount(-event.fee) if received else "0",
        "interest": "0",
        "pnl": "0",
        "posBal": "0",
        "posBalChg": "0",
        "execType": "M" if event.maker else "T",
        "fillIdxPx": amount(event.index) if event.index else "",
        "instId": event.instrument,
        "ordId": "" if kind == "4" else str(event.order_id),
        "clOrdId": event.client_order_id,
        "tag": event.tag,
        "tradeId": str(event.trade_id),
    }


def _adjusted(event: BalanceAdjusted, change: int) -> Words:
    """Coins put in or taken out by control call: a transfer that names neither account."""
    return {"type": "1", "subType": "11" if change > 0 else "12", "sz": amount(change)}


def _transferred(event: Transferred, change: int) -> Words:
    """A transfer between the user's own accounts. One that goes out has a negative size (observed)."""
    came = change > 0
    return {
        "type": "1",
        "subType": "11" if came else "12",
        "sz": amount(change),
        "from_": "6" if came else "18",
        "to": "18" if came else "6",
        "notes": "From Funding Account" if came else "To Funding Account",
    }


def _transferred_between(event: TransferredBetween, change: int) -> Words:
    """A transfer between users. Only bills of the funding account show that the other side is another user."""
    return {
        "type": "1",
        "subType": "11" if change > 0 else "12",
        "sz": amount(change),
        "from_": kinds.ACCOUNT_CODES[event.source],
        "to": kinds.ACCOUNT_CODES[event.target],
    }


BORROWING: PerBorrowKind[tuple[str, str]] = {"manual_borrow": ("16", "306"), "auto_borrow": ("16", "307")}
REPAYING: PerRepayKind[tuple[str, str]] = {
    "manual_repay": ("22", "308"),
    "auto_repay": ("22", "309"),
    "one_click_repay": ("29", "225"),
    "forced_repay": ("4", "16"),
}
"""Kind of repayment -> (type, subType)."""


def _borrowed(event: Borrowed, change: int) -> Words:
    kind, detail = BORROWING[event.kind]
    return {"type": kind, "subType": detail, "sz": amount(event.amount)}


def _repaid(event: Repaid, change: int) -> Words:
    kind, detail = REPAYING[event.kind]
    return {"type": kind, "subType": detail, "sz": amount(event.amount)}


def _of_kind(kind: str, came: str, went: str) -> Callable[[Event, int], Words]:
    """Words of a bill whose subType depends on the direction alone."""

    def words(event: Event, change: int) -> Words:
        return {"type": kind, "subType": came if change > 0 else went, "sz": amount(abs(change))}

    return words


ACCOUNT_WORDS: dict[type[Event], Callable[[Event, int], Words]] = dict(
    (
        of_event(OrderFilled, _filled),
        of_event(BalanceAdjusted, _adjusted),
        of_event(Transferred, _transferred),
        of_event(TransferredBetween, _transferred_between),
        of_event(Borrowed, _borrowed),
        of_event(Repaid, _repaid),
        of_event(QuoteTraded, _of_kind("27", "318", "319")),
        of_event(EasyConverted, _of_kind("28", "236", "237")),
        of_event(RepaidAtOnce, _of_kind("29", "224", "225")),
        of_event(LiquidationFeeTaken, _of_kind("5", "110", "111")),
        of_event(DebtCovered, _of_kind("10", "108", "108")),
    )
)
"""Class of event -> type, subType and other fields of its bills in the trading account."""


# ---- the funding account


RELEASED: Final = "215"
LOAN_TYPES: PerLoanKind[str | None] = {
    "collateral_locked": "212",
    "collateral_released": RELEASED,
    "borrowed": "217",
    "repaid": "218",
    "forced_repayment_buy": None,
    "forced_repayment_sell": None,
    "forced_liquidation": None,
    "partial_liquidation": None,
    "sell_collateral": None,
    "buy_transition_coin": None,
    "sell_transition_coin": None,
    "buy_borrowed_coin": None,
}
"""Kind of loan movement -> type; None where the funding account does not move."""


def _loan_type(event: LoanMoved, change: int) -> str:
    """Type of a loan movement. Violations: H8 (one for which no bill exists moved the funding account)."""
    found = LOAN_TYPES[event.kind]
    if found is None:
        raise ledger.InvariantViolation("H8", f"no bill for what {event.kind} moved")
    return found


def _collateral_came_back(event: LoanSettled | LoanConverted, change: int) -> str:
    return RELEASED


def _family_type(event: TransferredBetween, change: int) -> str:
    """Type by giver and receiver. Between two sub-accounts it is that of a transfer to, or from, the main account."""
    if change < 0:
        return "20" if event.giver_id == event.main_id else "22"
    return "21" if event.receiver_id == event.main_id else "23"


ASSET_TYPES: dict[type[Event], Callable[[Event, int], str]] = dict(
    (
        of_event(BalanceAdjusted, lambda event, change: "1" if change > 0 else "2"),
        of_event(Transferred, lambda event, change: "130" if change > 0 else "131"),
        of_event(TransferredBetween, _family_type),
        of_event(EasyConverted, lambda event, change: "272" if change > 0 else "273"),
        of_event(RepaidAtOnce, lambda event, change: "179"),
        of_event(LoanMoved, _loan_type),
        of_event(LoanSettled, _collateral_came_back),
        of_event(LoanConverted, _collateral_came_back),
    )
)
"""Class of event -> function that gives the type of its bills in the funding account."""


# ---- asking for them


def _account_filters(request: contract.AccountBills) -> Filters:
    return ACCOUNT_BILLS.asked(type=request.type, ccy=request.ccy)


def _account_holding(request: contract.AccountBills) -> tuple[bytes, ...]:
    """Pieces that rows must contain. No row has a contract type, so that filter finds nothing."""
    wanted = (
        ("instType", request.instType),
        ("instId", request.instId),
        ("mgnMode", request.mgnMode),
        ("ctType", request.ctType),
        ("subType", request.subType),
    )
    return tuple([piece(name, value) for name, value in wanted if value])


def _asset_filters(request: contract.AssetBills | contract.AssetBillsHistory) -> Filters:
    return ASSET_BILLS.asked(type=request.type, ccy=request.ccy)


def _asset_holding(request: contract.AssetBills | contract.AssetBillsHistory) -> tuple[bytes, ...]:
    """Pieces that rows must contain. No coins are in custody elsewhere, so asking for those finds nothing."""
    pieces = (piece("clientId", request.clientId),) if request.clientId else ()
    elsewhere = isinstance(request, contract.AssetBills) and request.thirdPartyType != "1"
    return (*pieces, piece("thirdPartyType", "elsewhere")) if elsewhere else pieces


def piece(name: str, value: str) -> bytes:
    """A field as its row has it in JSON. Values that users may send have no character that JSON escapes."""
    return f'"{name}":"{value}"'.encode()


def _history_page(declared: Page, request: contract.AssetBillsHistory) -> Page:
    return declared if request.pagingType == "2" else contract.BY_TIME


VIEWS: dict[str, View] = {
    "account_bills": PageView(contract.AccountBills, ACCOUNT_BILLS, _account_filters, _account_holding),
    "account_bills_archive": PageView(contract.AccountBills, ACCOUNT_BILLS, _account_filters, _account_holding),
    "asset_bills": PageView(contract.AssetBills, ASSET_BILLS, _asset_filters, _asset_holding),
    "asset_bills_history": PageView(
        contract.AssetBillsHistory, ASSET_BILLS, _asset_filters, _asset_holding, _history_page
    ),
}
