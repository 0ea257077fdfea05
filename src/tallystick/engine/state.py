"""State of the venue as plain records. Only `core.apply` and the functions it calls may change it.

msgspec can encode everything as JSON, so a snapshot is `encode(state)` and the state hash is the
digest of its deterministic encoding. Transient data (order of the book, house ladder) is left out
or rebuilt, so two states that act alike hash alike.
"""

from __future__ import annotations

from msgspec import Struct, field

from tallystick.engine.commands import FaultRule
from tallystick.engine.events import RepayLeg
from tallystick.engine.interest import Charge
from tallystick.engine.kinds import (
    MULTI_CURRENCY,
    SPOT,
    AccountMode,
    Category,
    Gauge,
    LoanRequestKind,
    OrderKind,
    Restriction,
    Side,
    StpModeOrNone,
    SwitchObstacle,
)
from tallystick.engine.parameters import Parameters
from tallystick.engine.single import Amounts
from tallystick.engine.sparse import nothing


class SpotCost(Struct, forbid_unknown_fields=True):
    """Cost of a coin bought in a trading account; see `spot_cost`."""

    amount: int = 0
    """Amount bought by orders and not sold again, in atoms; above 0."""
    average: int = 0
    """Average cost: USD per coin, per 10**18."""
    bought: int = 0
    """Cost, in atoms of USD, of all coins bought since the cost began; `sold` likewise."""
    sold: int = 0


class User(Struct, forbid_unknown_fields=True):
    user_id: int
    name: str
    master_id: int = 0
    """Main account of a sub-account; 0 for a main account."""
    sub_ids: tuple[int, ...] = ()
    """Sub-accounts of a main account, oldest first."""
    made_at_ms: int = 0
    may_transfer_out: bool = False
    """Permission of a sub-account to move coins to another one by itself; to its main account it always may."""
    mode: AccountMode = 1
    """Mode of the account; see `modes`."""
    modes_open: tuple[AccountMode, ...] = ()
    """Modes beside Spot that are open to the account, in the order in which they were opened."""
    obstacles: tuple[SwitchObstacle, ...] = ()
    """Items that a control call puts in the way of another mode."""
    auto_loan: bool = True
    """Auto-loan of multi-currency and portfolio margin; without effect in Spot mode."""
    no_collateral: tuple[str, ...] = ()
    """Coins taken out of the collateral, in force in multi-currency margin alone."""
    level: str = ""
    """Level of a main account, which multiplies its quota; empty is the first of `Parameters.quota_levels`."""
    borrow_enabled: bool = False
    auto_repay: bool = False
    frozen: dict[str, int] = field(default_factory=nothing)
    """Coins held for open orders, per currency; part of the trading balance."""
    exempt: dict[str, int] = field(default_factory=nothing)
    """Coins of a manual borrow that auto repay must not take; they are spent first."""
    promised: dict[str, int] = field(default_factory=nothing)
    """Coins that open orders may spend beyond those frozen for them, per currency: borrowed when they fill."""
    leverage: dict[str, int] = field(default_factory=nothing)
    """Borrowing leverage per currency, per 10**18; without one `Parameters.leverage` counts."""
    charged_ms: int = 0
    """Hour up to which interest is booked in the spot debts; `ledger.debts` adds the interest due since."""
    loans_opened: int = 0
    warned_at_ms: int = 0
    exchanged_at_ms: int = 0
    """Time of the last automatic exchange of a debt (`auto_exchange`)."""
    liquidating: bool = False
    """Liquidation under way: debts are paid by force, and orders and withdrawals are refused."""
    changed_at_ms: dict[str, int] = field(default_factory=nothing)
    convert_ids: dict[str, int] = field(default_factory=nothing)
    """Client ids of convert trades -> time, unique for seven days."""
    loan_request_ids: dict[str, int] = field(default_factory=nothing)
    """Client ids of settled loan requests -> time until which each counts as used."""
    loan_requests: dict[str, int] = field(default_factory=nothing)
    """Client ids of loan requests under way -> their numbers."""
    transfer_ids: dict[str, int] = field(default_factory=nothing)
    costs: dict[str, SpotCost] = field(default_factory=nothing)
    """Cost of each coin bought by orders."""

    @property
    def cross(self) -> bool:
        """True in multi-currency and portfolio margin, where coins and debt of one currency are one number."""
        return self.mode != SPOT

    @property
    def uncounted(self) -> tuple[str, ...]:
        """Coins that the account has taken out of its collateral; only multi-currency margin has this choice."""
        return self.no_collateral if self.mode == MULTI_CURRENCY else ()

    @property
    def may_borrow(self) -> bool:
        """True if orders may borrow: by the switch of Spot mode, or by that of the other modes."""
        return self.auto_loan if self.mode != SPOT else self.borrow_enabled


SPARSE = (
    "frozen",
    "exempt",
    "promised",
    "leverage",
    "changed_at_ms",
    "convert_ids",
    "loan_request_ids",
    "loan_requests",
    "transfer_ids",
    "costs",
)
"""Dictionaries of a user that most users leave empty: `sparse.own` gives one to write into."""


class Market(Struct, forbid_unknown_fields=True):
    """Prices of one instrument. `recorded` is set by the recording or by hand, `last` is the last trade.

    `index` is the price that judges debts: the recorded price, or a mixture of both (`prices.reindex`).
    """

    instrument: str
    recorded: int = 0
    index: int = 0
    """Index; 0 while there is no price, or none young enough."""
    priced_at_ms: int = 0
    """Time `recorded` was last given; 0 is never."""
    last: int = 0
    range_rate: int = 0
    """Range of the present candle: high less low, over its open; it widens the house's quotes."""
    last_size: int = 0
    """Size of the last trade; 0 while nothing traded since the recorded price."""
    held: bool = False
    held_points: list[tuple[int, int]] = field(default_factory=list)
    """Prices set by hand, for the candles: (time, price); price 0 is the release."""
    book_held: bool = False
    bids: list[tuple[int, int]] = field(default_factory=list)
    asks: list[tuple[int, int]] = field(default_factory=list)
    taken_bids: dict[str, int] = field(default_factory=dict)
    """House size already taken at a price since the last quote; keys are prices as text."""
    taken_asks: dict[str, int] = field(default_factory=dict)


class Order(Struct, forbid_unknown_fields=True):
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
    number: int
    """Time priority: lower goes first."""
    beyond: int = 0
    """Amount of `held_ccy` that the order may still spend beyond `held`."""
    category: Category = "normal"
    stp_mode: StpModeOrNone = ""
    """Mode of self-trade prevention; empty for orders the venue makes."""
    amended_at_ms: int = 0
    filled_size: int = 0
    filled_quote: int = 0
    last_price: int = 0
    last_size: int = 0
    last_trade_id: int = 0
    last_fill_at_ms: int = 0
    fee: int = 0
    fee_ccy: str = ""


class RepayRun(Struct, forbid_unknown_fields=True):
    """A one-click run between its steps. `next_coin` indexes `repay_ccys`; past the end comes the buy."""

    run_id: int
    user_id: int
    debt_ccy: str
    repay_ccys: list[str]
    requested_at_ms: int
    debt: int
    remaining: int
    repaid: int
    next_coin: int
    raised_quote: int
    raised_net: int
    next_step_at_ms: int
    bridged: int = 0
    """Bridge coins from a sale, to be sold on in the next step."""
    legs: list[RepayLeg] = field(default_factory=list)
    held_leg: int = 0
    """Leg before which a fault has held the run up last."""
    held_by: int = 0
    """Number of the fault that holds the run up until it is cleared; 0 is none."""


class Loan(Struct, forbid_unknown_fields=True):
    loan_id: int
    user_id: int
    booked: Amounts = field(default_factory=nothing, name="debts")
    """Principal plus interest up to `charged_ms`, per loan currency; `ledger.loan_debts` says what is owed now."""
    collateral: Amounts = field(default_factory=nothing)
    e_mode: bool = False
    warned_at_ms: int = 0
    charged_ms: int = 0
    """Hour up to which interest is booked."""
    number: int = 0
    """Number among all loans this user ever opened, from 0; part of the numbers of the loan's rows of interest."""


class LoanRequest(Struct, forbid_unknown_fields=True):
    """A borrowing or repayment of a flexible loan, under way between acceptance and settlement."""

    number: int
    """Number of the entry that accepted the request."""
    user_id: int
    kind: LoanRequestKind
    """Kind of request: borrow or repay."""
    client_order_id: str
    loan_id: int
    ccy: str
    amount: int
    collateral: tuple[tuple[str, int], ...] = ()
    opens: bool = False
    """True if the request opens the loan `loan_id`, which does not exist yet."""
    e_mode: bool = False
    asked_at_ms: int = 0
    settles_at_ms: int = 0


class Quote(Struct, forbid_unknown_fields=True):
    quote_id: str
    user_id: int
    base_ccy: str
    quote_ccy: str
    side: Side
    price: int
    base_size: int
    quote_size: int
    size: int
    size_ccy: str
    tag: str
    expires_at_ms: int
    traded: bool = False
    large: bool = False


class Fault(Struct, forbid_unknown_fields=True):
    """An injected fault, with the occasions that met it and those it fired on."""

    rule: FaultRule
    met: int = 0
    fired: int = 0


class LateInterest(Struct, forbid_unknown_fields=True):
    """Interest of one hour on a user's spot debts that is worked out and not booked yet."""

    until_ms: int
    charges: list[Charge]


class Book(Struct, forbid_unknown_fields=True):
    """Resting orders of one instrument, best first: (sort price, time priority, order id)."""

    bids: list[tuple[int, int, int]] = field(default_factory=list)
    """Sort price is minus the price, so that both lists are ascending."""
    asks: list[tuple[int, int, int]] = field(default_factory=list)


class State(Struct, dict=True, forbid_unknown_fields=True):
    """State of the venue. Kept beside it and never encoded: `transient`, `triggers`, `open_orders`."""

    parameters: Parameters
    seq: int = 0
    at_ms: int = 0
    users: dict[int, User] = field(default_factory=dict)
    ledger: dict[str, Amounts] = field(default_factory=dict)
    """Balances: account -> currency -> atoms; every currency sums to zero over all accounts."""
    markets: dict[str, Market] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    """Open orders only."""
    books: dict[str, Book] = field(default_factory=dict)
    cancel_timers: dict[int, dict[str, int]] = field(default_factory=dict)
    """User -> tag, or "" for all orders -> time at which they are cancelled."""
    runs: dict[int, RepayRun] = field(default_factory=dict)
    """User -> the one run in progress."""
    loans: dict[int, Loan] = field(default_factory=dict)
    """Open loans only."""
    loan_requests: dict[int, LoanRequest] = field(default_factory=dict)
    """Loan requests accepted and not settled yet, by number, the next one first."""
    quotes: dict[str, Quote] = field(default_factory=dict)
    redemptions: dict[str, int] = field(default_factory=dict)
    """Coins lenders wait for, per currency: asked back while they were lent out."""
    rates: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    """Borrowing rates a year per currency: (start of its first hour, rate), the one in force last."""
    lent: dict[str, int] = field(default_factory=dict)
    """Claims of each pool on all debtors together, interest of every passed hour included."""
    faults: dict[int, Fault] = field(default_factory=dict)
    """Injected faults by number, in the order they came."""
    late_interest: dict[int, LateInterest] = field(default_factory=dict)
    """User -> interest that a fault has put off."""
    bids: dict[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    """Lenders' bids per currency, (amount, least rate a year), the lowest rate first."""
    collateral_levels: dict[str, tuple[Restriction, Gauge]] = field(default_factory=dict)
    """Levels of coins near their collateral limit: (colRes 1 or 2, gauge of the conversion 0 to 5)."""
    changed_parameters: dict[str, int] = field(default_factory=dict)
    """Parameters changed at run time -> time of the change (Unix ms)."""
    hour_ms: int = 0
    """Last full hour that has passed; interest is due up to it."""
    last_order_id: int = 0
    last_trade_id: int = 0
    last_ref_id: int = 0
    last_convert_id: int = 0
    last_loan_id: int = 0
    last_transfer_id: int = 0
    last_order_number: int = 0
    last_posting_id: int = 0
