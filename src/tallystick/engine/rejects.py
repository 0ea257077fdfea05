"""Reasons to refuse a command. A refusal leaves no trace.

The order of the checks of one command is stated in its handler; the texts and codes the exchange
uses for a reason are in `views`.
"""

from __future__ import annotations

import enum
from typing import TypeAlias

Fact: TypeAlias = int | str


class Reject(enum.Enum):
    # anybody
    UNKNOWN_USER = enum.auto()
    UNKNOWN_CCY = enum.auto()
    UNKNOWN_INSTRUMENT = enum.auto()
    AMOUNT_TOO_FINE = enum.auto()
    INSUFFICIENT_BALANCE = enum.auto()
    # the venue's own levers
    USER_EXISTS = enum.auto()
    WOULD_BE_NEGATIVE = enum.auto()
    PRICE_NOT_POSITIVE = enum.auto()
    DEBT_OUTSTANDING = enum.auto()
    NOT_A_MAIN_ACCOUNT = enum.auto()
    UNKNOWN_LEVEL = enum.auto()
    UNKNOWN_PARAMETER = enum.auto()
    PARAMETER_FIXED = enum.auto()
    PARAMETER_OUT_OF_RANGE = enum.auto()
    PARAMETERS_DISAGREE = enum.auto()
    LISTING_IMPOSSIBLE = enum.auto()
    TOO_MANY_BIDS = enum.auto()
    BID_IMPOSSIBLE = enum.auto()
    FAULT_IMPOSSIBLE = enum.auto()
    TOO_MANY_FAULTS = enum.auto()
    # account
    BORROWING_NOT_ENABLED = enum.auto()
    NOT_BORROWABLE = enum.auto()
    BELOW_MIN_BORROW = enum.auto()
    ABOVE_BORROW_LIMIT = enum.auto()
    POOL_EXHAUSTED = enum.auto()
    MARGIN_INSUFFICIENT = enum.auto()
    NO_DEBT = enum.auto()
    NOTHING_AVAILABLE = enum.auto()
    IN_LIQUIDATION = enum.auto()
    LEVERAGE_TOO_HIGH = enum.auto()
    LEVERAGE_TOO_LOW = enum.auto()
    LEVERAGE_ABOVE_TIER = enum.auto()
    LEVERAGE_MARGIN = enum.auto()
    SAME_ACCOUNT = enum.auto()
    DUPLICATE_CLIENT_ID = enum.auto()
    NO_SUCH_SUB_ACCOUNT = enum.auto()
    SAME_SUB_ACCOUNT = enum.auto()
    NOT_THE_GIVER = enum.auto()
    TRANSFER_OUT_OFF = enum.auto()
    # account modes
    OTHER_MODE = enum.auto()
    MODE_CLOSED = enum.auto()
    SWITCH_ASSETS = enum.auto()
    SWITCH_ORDERS = enum.auto()
    SWITCH_ALGOS = enum.auto()
    SWITCH_FIXED_LOAN = enum.auto()
    SWITCH_DEBTS = enum.auto()
    SWITCH_REGION = enum.auto()
    SWITCH_IDENTITY = enum.auto()
    SWITCH_MARGIN = enum.auto()
    # settings and transfers outside Spot mode
    ORDERS_BORROW = enum.auto()
    COIN_NOT_ELIGIBLE = enum.auto()
    COLLATERAL_FIXED = enum.auto()
    COLLATERAL_BORROWED = enum.auto()
    COLLATERAL_IN_ORDERS = enum.auto()
    COLLATERAL_NEEDED = enum.auto()
    NEGATIVE_BALANCES = enum.auto()
    TRANSFER_ABOVE_AVAILABLE = enum.auto()
    TRANSFER_RISK = enum.auto()
    # orders
    SIZE_OFF_LOT = enum.auto()
    SIZE_BELOW_MIN = enum.auto()
    PRICE_OFF_TICK = enum.auto()
    DUPLICATE_ORDER_ID = enum.auto()
    TOO_MANY_ORDERS_HERE = enum.auto()
    TOO_MANY_ORDERS = enum.auto()
    UNKNOWN_ORDER = enum.auto()
    ORDER_CLOSED = enum.auto()
    POST_ONLY_WOULD_TAKE = enum.auto()
    STP_AGAINST_KIND = enum.auto()
    TOO_MANY_TIMERS = enum.auto()
    NO_PRICE = enum.auto()
    ORDER_ABOVE_TIER = enum.auto()
    CROSS_ORDER_ABOVE_TIER = enum.auto()
    AUTO_LOAN_OFF = enum.auto()
    ORDER_LOWERS_EQUITY = enum.auto()
    ORDER_ABOVE_QUOTA = enum.auto()
    ORDER_POOL_EXHAUSTED = enum.auto()
    ORDER_COLLATERAL_RESTRICTED = enum.auto()
    ORDER_BORROW_RESTRICTED = enum.auto()
    # one-click repay
    DEBT_NOT_BORROWABLE = enum.auto()
    COIN_UNSUPPORTED = enum.auto()
    REPAY_OFF = enum.auto()
    RUN_IN_PROGRESS = enum.auto()
    TOO_MANY_COINS = enum.auto()
    DEBT_COIN_NOT_FIRST = enum.auto()
    COIN_IS_DUST = enum.auto()
    COIN_NOT_COLLATERAL = enum.auto()
    BELOW_MIN_REPAYMENT = enum.auto()
    # flexible loans
    LOAN_REQUEST_UNDER_WAY = enum.auto()
    LOAN_REQUEST_DUPLICATE = enum.auto()
    TOO_MANY_LOAN_REQUESTS = enum.auto()
    UNKNOWN_LOAN = enum.auto()
    COLLATERAL_IS_LOAN_CCY = enum.auto()
    LOAN_CCY_NOT_BORROWABLE = enum.auto()
    CCY_NOT_COLLATERAL = enum.auto()
    COLLATERAL_MISSING = enum.auto()
    NOT_IN_COLLATERAL = enum.auto()
    LOAN_WITHOUT_DEBT = enum.auto()
    ABOVE_REDEEMABLE = enum.auto()
    ABOVE_LOAN_LIMIT = enum.auto()
    NOT_LOAN_CCY = enum.auto()
    FUNDING_INSUFFICIENT = enum.auto()
    NO_E_MODE_PAIR = enum.auto()
    COLLATERAL_TOO_LITTLE = enum.auto()
    # convert
    NO_SUCH_PAIR = enum.auto()
    BELOW_CONVERT_MIN = enum.auto()
    ABOVE_CONVERT_MAX = enum.auto()
    RESULT_TOO_SMALL = enum.auto()
    UNKNOWN_QUOTE = enum.auto()
    QUOTE_EXPIRED = enum.auto()
    QUOTE_TRADED = enum.auto()
    QUOTE_ALTERED = enum.auto()
    ABOVE_QUOTED_SIZE = enum.auto()
    # easy convert
    CCY_NOT_CONVERTIBLE = enum.auto()
    CONVERT_UNAVAILABLE = enum.auto()
    NOT_DUST = enum.auto()


class Rejected(Exception):
    """Refusal of a command, raised by a handler before its first event. `details` fill the placeholders of the text.

    `facts` are what decided it: amounts in atoms, times in Unix ms where the name ends in `_ms`, plain numbers where it
    ends in `_count`, names. The words made of them are in `contract.reasons`, under `reason`.
    """

    def __init__(self, reject: Reject, **details: str) -> None:
        super().__init__(reject.name)
        self.reject = reject
        self.details = details
        self.facts: dict[str, Fact] = {}
        self.variant = ""

    def because(self, variant: str = "", /, **facts: Fact) -> Rejected:
        """The same refusal with the facts that decided it. `variant` tells apart the reasons behind one refusal."""
        self.variant, self.facts = variant, facts
        return self

    @property
    def reason(self) -> str:
        """Name of the reason: that of the refusal, with a slash before a variant."""
        name = self.reject.name.lower()
        return f"{name}/{self.variant}" if self.variant else name
