"""Closed sets of words: sides, kinds, states, statuses. On disk each is its own text.

Each set is a literal. A set that tables are made of also has a form of table (`PerSide` and its like), with one line
for every member. The type checker finds every table that lacks a member, every member that a form lacks, and every
`match` that ends with `assert_never` and leaves one out. The exchange's words for them are in `views.kinds`.
"""

from __future__ import annotations

from typing import Final, Generic, Literal, TypeAlias, TypedDict, TypeVar

T = TypeVar("T")

# ---- accounts

Account: TypeAlias = Literal["funding", "trading"]


class PerAccount(TypedDict, Generic[T]):
    funding: T
    trading: T


AccountMode: TypeAlias = Literal[1, 3, 4]
"""Mode of an account: 1 Spot, 3 multi-currency margin, 4 portfolio margin."""
SPOT: Final = 1
MULTI_CURRENCY: Final = 3
PORTFOLIO: Final = 4


SwitchItem: TypeAlias = Literal["assets", "orders", "algos", "fixed_loan", "debts", "region", "identity"]
"""Something that stands in the way of another mode, in the order in which it is told."""


class PerSwitchItem(TypedDict, Generic[T]):
    assets: T
    orders: T
    algos: T
    fixed_loan: T
    debts: T
    region: T
    identity: T


SwitchObstacle: TypeAlias = Literal["algos", "fixed_loan", "region", "identity"]
"""Items that this venue has by control call alone."""


# ---- orders

Side: TypeAlias = Literal["buy", "sell"]


class PerSide(TypedDict, Generic[T]):
    buy: T
    sell: T


BookSide: TypeAlias = Literal["bids", "asks"]
OrderKind: TypeAlias = Literal["limit", "market", "post_only", "fok", "ioc"]
"""Kinds of order: limit waits until cancelled, market fills at any price, post_only only as a maker.

Two do not wait: fok fills whole or not at all, ioc fills as much as it can.
"""


class PerOrderKind(TypedDict, Generic[T]):
    limit: T
    market: T
    post_only: T
    fok: T
    ioc: T


Category: TypeAlias = Literal["normal", "full_liquidation", "twap", "auto_conversion"]
"""Origin of an order: a user, or the venue to liquidate, to repay by force, or to sell collateral over its limit."""


class PerCategory(TypedDict, Generic[T]):
    normal: T
    full_liquidation: T
    twap: T
    auto_conversion: T


OrderEnd: TypeAlias = Literal["filled", "canceled"]


class PerOrderEnd(TypedDict, Generic[T]):
    filled: T
    canceled: T


CancelCause: TypeAlias = Literal["risk", "cap", "cross", "whole", "rest", "stp", "amend", "timer", "system"]
"""Cause of cancellation for an order that its user did not cancel; see `events.OrderClosed`."""


class PerCancelCause(TypedDict, Generic[T]):
    risk: T
    cap: T
    cross: T
    whole: T
    rest: T
    stp: T
    amend: T
    timer: T
    system: T


CauseOrNone: TypeAlias = Literal["risk", "cap", "cross", "whole", "rest", "stp", "amend", "timer", "system", ""]
StpMode: TypeAlias = Literal["cancel_maker", "cancel_taker", "cancel_both"]
"""Self-trade prevention: the order that is cancelled when an order meets another one of its user."""


class PerStpMode(TypedDict, Generic[T]):
    cancel_maker: T
    cancel_taker: T
    cancel_both: T


StpModeOrNone: TypeAlias = Literal["cancel_maker", "cancel_taker", "cancel_both", ""]

# ---- spot borrowing

BorrowKind: TypeAlias = Literal["manual_borrow", "auto_borrow"]


class PerBorrowKind(TypedDict, Generic[T]):
    manual_borrow: T
    auto_borrow: T


RepayKind: TypeAlias = Literal["manual_repay", "one_click_repay", "auto_repay", "forced_repay"]


class PerRepayKind(TypedDict, Generic[T]):
    manual_repay: T
    one_click_repay: T
    auto_repay: T
    forced_repay: T


# ---- one-click repay

RunStatus: TypeAlias = Literal["running", "filled", "failed"]


class PerRunStatus(TypedDict, Generic[T]):
    running: T
    filled: T
    failed: T


# ---- flexible loans

LoanKind: TypeAlias = Literal[
    "borrowed",
    "repaid",
    "collateral_locked",
    "collateral_released",
    "forced_repayment_buy",
    "forced_repayment_sell",
    "forced_liquidation",
    "partial_liquidation",
    "sell_collateral",
    "buy_transition_coin",
    "sell_transition_coin",
    "buy_borrowed_coin",
]
"""Kind of a row of the loan history: the way it moves coins."""


class PerLoanKind(TypedDict, Generic[T]):
    borrowed: T
    repaid: T
    collateral_locked: T
    collateral_released: T
    forced_repayment_buy: T
    forced_repayment_sell: T
    forced_liquidation: T
    partial_liquidation: T
    sell_collateral: T
    buy_transition_coin: T
    sell_transition_coin: T
    buy_borrowed_coin: T


RepaidFrom: TypeAlias = Literal["funding", "transit"]
"""Source of a loan repayment: the user's funding account, or coins in transit from sold collateral."""
LoanRequestKind: TypeAlias = Literal["borrow", "repay"]

# ---- levels

Restriction: TypeAlias = Literal[0, 1, 2]
"""Restriction of a coin as collateral: none, close to its limit, or beyond it, so that it backs no new debt."""
Gauge: TypeAlias = Literal[0, 1, 2, 3, 4, 5]
"""Nearness of a forced sale or repayment."""

# ---- convert

QuoteEnd: TypeAlias = Literal["fullyFilled", "rejected"]


class PerQuoteEnd(TypedDict, Generic[T]):
    fullyFilled: T
    rejected: T


# ---- faults

FaultKind: TypeAlias = Literal[
    "one-click-refused",
    "repay-stays-running",
    "repay-leg-late",
    "repay-leg-canceled",
    "repay-leg-partly-filled",
    "repay-ends-early",
    "quote-refused",
    "quote-expires-early",
    "convert-rejected",
    "easy-convert-refused",
    "easy-convert-failed",
    "borrow-refused",
    "manual-repay-refused",
    "auto-repay-stalls",
    "interest-late",
    "order-canceled",
    "loan-refused",
    "loan-settles-late",
    "loan-dropped",
    "collateral-not-adjusted",
]
"""Kind of a fault that is injected; `faults.KINDS` says what each takes."""
