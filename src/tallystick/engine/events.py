"""Events: everything that can have happened, named as past facts. State and histories follow from them alone.

Amounts are atoms, prices and rates per 10**18. The time of an event is the time of its journal
entry. Several events may follow from one command; `core.apply` folds them one by one.
"""

from __future__ import annotations

from msgspec import Struct

from tallystick.engine.amounts import DECIMALS
from tallystick.engine.commands import Setting
from tallystick.engine.kinds import (
    Account,
    AccountMode,
    BorrowKind,
    Category,
    CauseOrNone,
    Gauge,
    LoanKind,
    LoanRequestKind,
    OrderEnd,
    OrderKind,
    QuoteEnd,
    RepaidFrom,
    RepayKind,
    Restriction,
    RunStatus,
    Side,
    StpModeOrNone,
)


class Event(Struct, frozen=True, tag=True, array_like=True, forbid_unknown_fields=True):
    """Base of all events; on disk a JSON array that begins with the class's name."""


class UserCreated(Event, frozen=True, kw_only=True):
    """An account was opened. `master_id` is the main account of a sub-account, 0 for a main account."""

    user_id: int
    name: str
    master_id: int = 0
    modes: tuple[AccountMode, ...] = ()


class TransferOutSet(Event, frozen=True, kw_only=True):
    """Sub-accounts of `user_id` may now move coins to one another by themselves, or no longer."""

    user_id: int
    sub_ids: tuple[int, ...]
    allowed: bool


class LevelSet(Event, frozen=True, kw_only=True):
    """A main account and its sub-accounts have this level from now on."""

    user_id: int
    level: str


class KeysNoted(Event, frozen=True, kw_only=True):
    """The API keys are, from now on, those with this digest."""

    digest: str


class BalanceAdjusted(Event, frozen=True, kw_only=True):
    user_id: int
    account: Account
    ccy: str
    delta: int


class SpotBorrowSwitched(Event, frozen=True, kw_only=True):
    user_id: int
    enabled: bool


class AutoRepaySwitched(Event, frozen=True, kw_only=True):
    user_id: int
    enabled: bool


class LeverageSet(Event, frozen=True, kw_only=True):
    user_id: int
    ccy: str
    leverage: int


class Transferred(Event, frozen=True, kw_only=True):
    user_id: int
    transfer_id: int
    ccy: str
    amount: int
    source: Account
    target: Account
    client_id: str


class TransferredBetween(Event, frozen=True, kw_only=True):
    """Coins moved from `source` of the giver to `target` of the receiver; `user_id` asked for it.

    `main_id` is the main account of both, and may be one of them. `counterpart` is the name by which `user_id`
    named the sub-account, empty if there was nothing to name.
    """

    user_id: int
    transfer_id: int
    main_id: int
    giver_id: int
    receiver_id: int
    ccy: str
    amount: int
    source: Account
    target: Account
    counterpart: str
    client_id: str


class MarketMoved(Event, frozen=True, kw_only=True):
    """Recorded prices moved; the form is that of `commands.MoveMarket`."""

    instruments: tuple[str, ...]
    prices: tuple[int, ...]
    ranges: tuple[int, ...] = ()
    decimals: int = DECIMALS


class PriceHeld(Event, frozen=True, kw_only=True):
    instrument: str
    price: int


class BookHeld(Event, frozen=True, kw_only=True):
    instrument: str
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]


class MarketReleased(Event, frozen=True, kw_only=True):
    instrument: str


class PricesExpired(Event, frozen=True, kw_only=True):
    """Recorded prices became too old: from now on these instruments have no price."""

    instruments: tuple[str, ...]


class ParametersChanged(Event, frozen=True, kw_only=True):
    """Parameters of the exchange changed; those that stay are not named."""

    settings: tuple[Setting, ...]


# ---- orders


class OrderPlaced(Event, frozen=True, kw_only=True):
    """An order was accepted. `held` of `held_ccy` is frozen; it may spend `beyond` on top, borrowed at its fills.

    `category` is normal, or for orders the venue makes full_liquidation, twap (forced repayment) or auto_conversion.
    """

    order_id: int
    user_id: int
    instrument: str
    side: Side
    kind: OrderKind
    price: int
    size: int
    size_in_quote: bool
    held_ccy: str
    held: int
    client_order_id: str
    tag: str
    placed_at_ms: int
    beyond: int = 0
    category: Category = "normal"
    stp_mode: StpModeOrNone = ""


class OrderAmended(Event, frozen=True, kw_only=True):
    """An open order has a new price or size. `held` is what it holds now, `beyond` what it may spend on top.

    An order that `loses_place` goes behind the others of its price; only an order made smaller keeps its place.
    """

    order_id: int
    user_id: int
    instrument: str
    side: Side
    price: int
    size: int
    held: int
    beyond: int
    loses_place: bool
    client_order_id: str
    request_id: str


class AmendFailed(Event, frozen=True, kw_only=True):
    """An order could not be changed as asked, and so is cancelled. `reason` is the name of the refusal."""

    order_id: int
    user_id: int
    instrument: str
    client_order_id: str
    request_id: str
    reason: str
    details: tuple[tuple[str, str], ...]


class CancelTimerSet(Event, frozen=True, kw_only=True):
    """A timer will cancel all orders, or those of a tag, at `trigger_at_ms`; at 0 the timer is off or has gone off."""

    user_id: int
    tag: str
    trigger_at_ms: int


class OrderFilled(Event, frozen=True, kw_only=True):
    """An order was filled once. The fee is in the received currency, taken from it. `other_order_id` 0 is the house.

    `category`, `client_order_id` and `tag` are the order's, `index` is the index price of the instrument then.
    """

    order_id: int
    user_id: int
    trade_id: int
    instrument: str
    side: Side
    price: int
    size: int
    fee: int
    fee_ccy: str
    maker: bool
    other_order_id: int
    released: int
    house_price: int
    """House level that this fill took from; differs from `price` when the house crossed a resting order."""
    covered: int = 0
    """Amount of the order's `beyond` that this fill used up."""
    category: Category = "normal"
    client_order_id: str = ""
    tag: str = ""
    index: int = 0


class OrderClosed(Event, frozen=True, kw_only=True):
    """An order ended: `state` is filled or canceled. The event carries the whole final record of the order.

    `cause` says why it was cancelled if its user did not do it: risk (the margin no longer carries what it would
    borrow), cap (the coins can no longer be borrowed), cross (post-only that would take), whole (fill or kill),
    rest (the unfilled part of an order that does not wait), stp (it met another order of its user), amend (it could
    not be changed), timer, or system (by a fault).
    """

    order_id: int
    user_id: int
    instrument: str
    side: Side
    kind: OrderKind
    price: int
    size: int
    size_in_quote: bool
    client_order_id: str
    tag: str
    placed_at_ms: int
    state: OrderEnd
    filled_size: int
    filled_quote: int
    last_price: int
    last_size: int
    last_trade_id: int
    last_fill_at_ms: int
    fee: int
    fee_ccy: str
    released: int
    category: Category = "normal"
    cause: CauseOrNone = ""
    stp_mode: StpModeOrNone = ""


# ---- spot borrowing


class Borrowed(Event, frozen=True, kw_only=True):
    """Coins were borrowed. `kind`: manual_borrow or auto_borrow; `debt_after` is principal plus charged interest."""

    user_id: int
    ccy: str
    amount: int
    kind: BorrowKind
    debt_after: int


class Repaid(Event, frozen=True, kw_only=True):
    """Debt was repaid. `kind`: manual_repay, one_click_repay, auto_repay, forced_repay (liquidation, lenders left)."""

    user_id: int
    ccy: str
    amount: int
    kind: RepayKind
    debt_after: int


class RatesFixed(Event, frozen=True, kw_only=True):
    """Rates a year were fixed for the hour that begins, for every currency whose rate changes."""

    rates: tuple[tuple[str, int], ...]


class FundMoved(Event, frozen=True, kw_only=True):
    """Coins came into the insurance fund from outside (plus), or left it (minus)."""

    ccy: str
    delta: int


class BidsSet(Event, frozen=True, kw_only=True):
    """Lenders' bids for a coin were replaced: (amount, least rate a year), the lowest rate first."""

    ccy: str
    bids: tuple[tuple[int, int], ...]


class CollateralJudged(Event, frozen=True, kw_only=True):
    """Collateral levels changed: (currency, colRes, gauge of the automatic conversion) of every coin that changes."""

    levels: tuple[tuple[str, Restriction, Gauge], ...]


class SpotWarned(Event, frozen=True, kw_only=True):
    """The margin ratio is at or below the warning; emitted at most once an hour."""

    user_id: int
    ratio: int


class LiquidationStarted(Event, frozen=True, kw_only=True):
    """The margin ratio fell to the point at which debts are paid by force; the account is frozen."""

    user_id: int
    ratio: int


class LiquidationEnded(Event, frozen=True, kw_only=True):
    user_id: int


class LiquidationFeeTaken(Event, frozen=True, kw_only=True):
    """The insurance fund took a fee in the coin repaid by force, or the transit coins left when it covers a debt."""

    user_id: int
    ccy: str
    amount: int


class DebtCovered(Event, frozen=True, kw_only=True):
    """A debt that no coins were left to pay was covered: `amount` of it was written off.

    `own` are the fund's coins of that currency; the rest was bought for `insurance` and `bad_debt` (what the
    fund lacked) of `transit_ccy`, all positive.
    """

    user_id: int
    ccy: str
    amount: int
    own: int
    transit_ccy: str
    insurance: int
    bad_debt: int


class HourPassed(Event, frozen=True, kw_only=True):
    """A full hour ended: every debt at that instant owes interest for it (see `accrual`)."""

    hour_ms: int


# ---- one-click repay


class RepayLeg(Struct, frozen=True, array_like=True, kw_only=True, forbid_unknown_fields=True):
    """One immediate-or-cancel order of a run; `size` is the raw size, fills obey the lot."""

    order_id: int
    instrument: str
    side: Side
    price: int
    size: int
    fill_price: int
    fill_size: int
    state: OrderEnd
    placed_at_ms: int


class RepayRecord(Struct, frozen=True, array_like=True, kw_only=True, forbid_unknown_fields=True):
    """Present state of a one-click run: legs oldest first; status running, filled or failed."""

    run_id: int
    user_id: int
    debt_ccy: str
    repay_ccys: tuple[str, ...]
    requested_at_ms: int
    status: RunStatus
    repaid: int
    legs: tuple[RepayLeg, ...]


class RepayStarted(Event, frozen=True, kw_only=True):
    """A one-click run began. `remaining` is its target, fixed here: `debt` less what the same coin paid at once."""

    record: RepayRecord
    debt: int
    remaining: int
    next_step_at_ms: int


class RepayAdvanced(Event, frozen=True, kw_only=True):
    """A leg of a one-click run ended, or a coin was passed over.

    `raised_quote` is the transit currency gained so far before fees, `raised_net` after fees; `bridged` coins of
    the bridge currency are to be sold on before the next coin has its turn.
    """

    record: RepayRecord
    next_coin: int
    raised_quote: int
    raised_net: int
    next_step_at_ms: int
    bridged: int = 0


class RepayEnded(Event, frozen=True, kw_only=True):
    record: RepayRecord


# ---- flexible loans


class LoanOpened(Event, frozen=True, kw_only=True):
    user_id: int
    loan_id: int
    e_mode: bool = False


class LoanMoved(Event, frozen=True, kw_only=True):
    """Coins of a loan moved: one row of its history. `kind`: one of twelve; `amount` is signed as the user sees it."""

    user_id: int
    loan_id: int
    ref_id: int
    kind: LoanKind
    ccy: str
    amount: int
    source: RepaidFrom = "funding"
    """Source of a repayment: the user's funding account, or the coins in transit from sold collateral."""


class LoanSettled(Event, frozen=True, kw_only=True):
    """The fee and the surplus or shortfall of a forced sale were settled with the market, in one currency.

    `fee` goes to the venue, `insurance` to the fund (minus: the fund pays), `returned` to the user.
    `bad_debt` is what the fund could not pay.
    """

    user_id: int
    loan_id: int
    ccy: str
    fee: int
    insurance: int
    bad_debt: int
    returned: int


class LoanConverted(Event, frozen=True, kw_only=True):
    """A repayment with collateral paid the fee of a hop, or sent coins left in transit to the funding account."""

    user_id: int
    loan_id: int
    ccy: str
    fee: int
    returned: int


class LoanWarned(Event, frozen=True, kw_only=True):
    """The LTV of a loan is at or above its margin call."""

    user_id: int
    loan_id: int
    ltv: int


class PoolMoved(Event, frozen=True, kw_only=True):
    """Lenders' coins came into a pool (plus) or left it (minus); `redemption` is what lenders wait for afterwards."""

    ccy: str
    delta: int
    redemption: int


class LoanClosed(Event, frozen=True, kw_only=True):
    user_id: int
    loan_id: int


class LoanRequestAccepted(Event, frozen=True, kw_only=True):
    """A request to borrow or repay was accepted, to be settled at `settles_at_ms`; until then no coins are held for it.

    `number` is that of this entry. A request that `opens` a loan already has the loan's number in `loan_id`.
    """

    user_id: int
    number: int
    kind: LoanRequestKind
    client_order_id: str
    loan_id: int
    ccy: str
    amount: int
    collateral: tuple[tuple[str, int], ...]
    opens: bool
    e_mode: bool
    settles_at_ms: int


class LoanRequestDone(Event, frozen=True, kw_only=True):
    """A loan request was settled or dropped; its client id counts as used until `until_ms`.

    `number` is that of the request, 0 if it did not wait. `dropped` names the reason if it could no longer be
    settled.
    """

    user_id: int
    key: str
    until_ms: int
    number: int = 0
    dropped: str = ""


# ---- convert


class QuoteGiven(Event, frozen=True, kw_only=True):
    quote_id: str
    user_id: int
    base_ccy: str
    quote_ccy: str
    side: Side
    price: int
    base_size: int
    quote_size: int
    asked_size: int
    size: int
    size_ccy: str
    client_quote_id: str
    tag: str
    expires_at_ms: int
    large: bool = False


class QuoteTraded(Event, frozen=True, kw_only=True):
    """A convert quote was traded. `state`: fullyFilled (both legs moved) or rejected (nothing moved)."""

    quote_id: str
    trade_id: str
    user_id: int
    base_ccy: str
    quote_ccy: str
    side: Side
    price: int
    base_size: int
    quote_size: int
    client_trade_id: str
    tag: str
    state: QuoteEnd


class QuotesExpired(Event, frozen=True, kw_only=True):
    quote_ids: tuple[str, ...]


class EasyConverted(Event, frozen=True, kw_only=True):
    """A small balance of `account` was converted into `target_ccy`; the desk is the other side."""

    user_id: int
    account: Account
    source_ccy: str
    target_ccy: str
    source_amount: int
    target_amount: int
