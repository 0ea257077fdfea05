"""Everything that can have happened. Past facts, complete enough that state and histories follow from them alone.

Amounts are atoms, prices and rates per 10**18. The time of an event is the time of its journal
entry. Several events may follow from one command; `core.apply` folds them one by one.
"""

from __future__ import annotations

from msgspec import Struct

from tallystick.engine.amounts import DECIMALS
from tallystick.engine.commands import Setting
from tallystick.engine.kinds import (
    Account,
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
    """`master_id` is the main account of a sub-account, 0 for a main account."""

    user_id: int
    name: str
    master_id: int = 0


class TransferOutSet(Event, frozen=True, kw_only=True):
    """Whether sub-accounts of `user_id` may move coins to one another by themselves."""

    user_id: int
    sub_ids: tuple[int, ...]
    allowed: bool


class LevelSet(Event, frozen=True, kw_only=True):
    """A main account has this level from now on, and with it its sub-accounts."""

    user_id: int
    level: str


class KeysNoted(Event, frozen=True, kw_only=True):
    """These are the API keys from now on, told by their digest."""

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
    """Coins left `source` of the giver and entered `target` of the receiver; `user_id` asked for it.

    `main_id` is the main account of both, and may be one of them. `counterpart` is the sub-account as it
    was named by who asked, empty where there was nothing to name.
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
    """Prices that moved, told as in `commands.MoveMarket`."""

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
    """Recorded prices older than they may be: from now on these instruments have none."""

    instruments: tuple[str, ...]


class ParametersChanged(Event, frozen=True, kw_only=True):
    """Numbers of the exchange that are different from now on; those that stay are not named."""

    settings: tuple[Setting, ...]


# ---- orders


class OrderPlaced(Event, frozen=True, kw_only=True):
    """An order was accepted. `held` of `held_ccy` is frozen; `beyond` it may spend on top, borrowed at its fills.

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
    """An open order has another price or size. `held` and `beyond` are what it now holds and may spend on top.

    `loses_place`: it stands behind the others of its price; only an order made smaller keeps its place.
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
    """An order could not be changed as asked, for the `reason` of the same name, and so is cancelled."""

    order_id: int
    user_id: int
    instrument: str
    client_order_id: str
    request_id: str
    reason: str
    details: tuple[tuple[str, str], ...]


class CancelTimerSet(Event, frozen=True, kw_only=True):
    """Orders (with a tag, those of the tag) are cancelled at `trigger_at_ms`; 0: the timer is off, or has done so."""

    user_id: int
    tag: str
    trigger_at_ms: int


class OrderFilled(Event, frozen=True, kw_only=True):
    """One fill of one order. Fee in the received currency, taken from it. `other_order_id` 0 is the house.

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
    """The house level this fill took from; differs from `price` when the house crossed a resting order."""
    covered: int = 0
    """What this fill used up of the order's `beyond`."""
    category: Category = "normal"
    client_order_id: str = ""
    tag: str = ""
    index: int = 0


class OrderClosed(Event, frozen=True, kw_only=True):
    """The order left the book: `state` is filled or canceled. Carries its whole final record.

    `cause` says why it was cancelled where the user did not: risk (the margin no longer carries what it would
    borrow), cap (the coins cannot be borrowed any more), cross (post-only that would take), whole (fill or kill),
    rest (of an order that does not wait), stp (it met another order of its user), amend (it could not be changed)
    or timer.
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
    """`kind` manual_borrow or auto_borrow; `debt_after` is principal plus charged interest."""

    user_id: int
    ccy: str
    amount: int
    kind: BorrowKind
    debt_after: int


class Repaid(Event, frozen=True, kw_only=True):
    """`kind` manual_repay, one_click_repay, auto_repay or forced_repay (liquidation, or lenders who left)."""

    user_id: int
    ccy: str
    amount: int
    kind: RepayKind
    debt_after: int


class RatesFixed(Event, frozen=True, kw_only=True):
    """Rates a year of the hour that begins, for every currency whose rate is another than in the last one."""

    rates: tuple[tuple[str, int], ...]


class FundMoved(Event, frozen=True, kw_only=True):
    """Coins came into the insurance fund from outside (plus), or left it."""

    ccy: str
    delta: int


class ConvertsToReject(Event, frozen=True, kw_only=True):
    """So many convert trades of a user, or of all of them (0), will be refused by the market maker."""

    user_id: int
    count: int


class BidsSet(Event, frozen=True, kw_only=True):
    """(amount, least rate a year) of all lenders who bid for a coin, the lowest rate first."""

    ccy: str
    bids: tuple[tuple[int, int], ...]


class CollateralJudged(Event, frozen=True, kw_only=True):
    """(currency, colRes, gauge of the automatic conversion) of every coin of which one of them changes."""

    levels: tuple[tuple[str, Restriction, Gauge], ...]


class SpotWarned(Event, frozen=True, kw_only=True):
    """The margin ratio stands at or below the warning; said at most once an hour."""

    user_id: int
    ratio: int


class LiquidationStarted(Event, frozen=True, kw_only=True):
    """The margin ratio reached the point at which debts are paid by force; the account is frozen."""

    user_id: int
    ratio: int


class LiquidationEnded(Event, frozen=True, kw_only=True):
    user_id: int


class LiquidationFeeTaken(Event, frozen=True, kw_only=True):
    """To the insurance fund: a fee in the coin repaid by force, or transit coins left when the fund covers a debt."""

    user_id: int
    ccy: str
    amount: int


class DebtCovered(Event, frozen=True, kw_only=True):
    """A debt nothing is left to pay: `amount` of it was written off.

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
    """A full hour ended: every debt owed at that instant costs its interest (see `accrual`)."""

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
    """A one-click run as it stands: legs oldest first; status running, filled or failed."""

    run_id: int
    user_id: int
    debt_ccy: str
    repay_ccys: tuple[str, ...]
    requested_at_ms: int
    status: RunStatus
    repaid: int
    legs: tuple[RepayLeg, ...]


class RepayStarted(Event, frozen=True, kw_only=True):
    """Target is fixed here: `debt` less what the same coin paid at once, in `remaining`."""

    record: RepayRecord
    debt: int
    remaining: int
    next_step_at_ms: int


class RepayAdvanced(Event, frozen=True, kw_only=True):
    """A leg ended (or a coin was passed over).

    `raised_quote` is the gross transit currency gained so far, `raised_net` what fees left of it; `bridged` coins of
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
    """One row of the loan history; `kind` is one of the twelve action types, `amount` signed as seen by the user."""

    user_id: int
    loan_id: int
    ref_id: int
    kind: LoanKind
    ccy: str
    amount: int
    source: RepaidFrom = "funding"
    """Where a repayment comes from: the user's funding account, or the coins in transit from sold collateral."""


class LoanSettled(Event, frozen=True, kw_only=True):
    """What a forced sale leaves over, in one currency: paid by the market, kept by somebody.

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
    """Of a repayment with collateral: the fee of a hop, or what is left in transit and goes to the funding account."""

    user_id: int
    loan_id: int
    ccy: str
    fee: int
    returned: int


class LoanWarned(Event, frozen=True, kw_only=True):
    """The loan stands at or above its margin call."""

    user_id: int
    loan_id: int
    ltv: int


class PoolMoved(Event, frozen=True, kw_only=True):
    """Lenders' coins came (plus) or went (minus); `redemption` is what they still wait for afterwards."""

    ccy: str
    delta: int
    redemption: int


class LoanClosed(Event, frozen=True, kw_only=True):
    user_id: int
    loan_id: int


class LoanRequestAccepted(Event, frozen=True, kw_only=True):
    """A request to borrow or repay is to be settled at `settles_at_ms`; until then nothing is held for it.

    `number` is that of this entry. One that `opens` a loan has its number in `loan_id` already.
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
    """A client id of a loan request is used up until `until_ms`.

    `number` is that of the request, 0 where it did not wait. One that could not be settled any more was `dropped`,
    for the reason of that name.
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
    """`state` fullyFilled (both legs moved) or rejected (nothing moved)."""

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
    """A small balance of `account` became `target_ccy`, the desk being the other side."""

    user_id: int
    account: Account
    source_ccy: str
    target_ccy: str
    source_amount: int
    target_amount: int
