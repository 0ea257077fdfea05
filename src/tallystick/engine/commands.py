"""Commands: everything that can be asked of the engine, named in the imperative. The sequencer adds number and time.

Amounts are atoms, prices are per 10**18, times are Unix milliseconds. A command that carries
`user_id` is refused with UNKNOWN_USER when there is no such user.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct

from tallystick.engine.amounts import DECIMALS
from tallystick.engine.kinds import Account, AccountMode, FaultKind, OrderKind, Side, StpMode


class Command(Struct, frozen=True, tag=True, array_like=True, forbid_unknown_fields=True):
    """Base of all commands; on disk a JSON array that begins with the class's name."""


class Tick(Command, frozen=True, kw_only=True):
    """Do the first thing that is due now or earlier (see `core.due_at_ms`)."""


# ---- the venue's own levers (control endpoints)


class CreateUser(Command, frozen=True, kw_only=True):
    """Open an account in Spot mode with nothing in it: a main account, or a sub-account of `master_id`.

    `modes` are open to it from the start.
    """

    user_id: int
    name: str
    master_id: int = 0
    modes: tuple[AccountMode, ...] = ()


class SetTransferOut(Command, frozen=True, kw_only=True):
    """Allow or forbid sub-accounts of a main account to move coins to one another by themselves."""

    user_id: int
    sub_ids: tuple[int, ...]
    allowed: bool


class SetLevel(Command, frozen=True, kw_only=True):
    """Set the level of a main account and its sub-accounts, one of `Parameters.quota_levels`."""

    user_id: int
    level: str


class NoteKeys(Command, frozen=True, kw_only=True):
    """Note the digest of all API keys. The keys themselves are never in the journal."""

    digest: str


class AdjustBalance(Command, frozen=True, kw_only=True):
    """Deposit (plus) or withdraw (minus) from outside. `account` is "trading" or "funding"."""

    user_id: int
    account: Account
    ccy: str
    delta: int


class SwitchSpotBorrow(Command, frozen=True, kw_only=True):
    """Allow or forbid borrowing in Spot mode: the switch of the web page."""

    user_id: int
    enabled: bool


class MoveMarket(Command, frozen=True, kw_only=True):
    """New recorded prices of one instant: one for each instrument, as integers in units of the last of `decimals`.

    `ranges` are the relative ranges of their candles per 10**18, one for each instrument, or none where all stay.
    """

    instruments: tuple[str, ...]
    prices: tuple[int, ...]
    ranges: tuple[int, ...] = ()
    decimals: int = DECIMALS


class SetPrices(Command, frozen=True, kw_only=True):
    """Set the prices of instruments by hand, all at once: (instrument, price); the recording no longer moves them."""

    prices: tuple[tuple[str, int], ...]


class SetBook(Command, frozen=True, kw_only=True):
    """Replace the house's quotes by exactly these (price, size) levels, best first."""

    instrument: str
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]


class ReleaseMarket(Command, frozen=True, kw_only=True):
    """Give an instrument back to the recording and the house quotes."""

    instrument: str


class MovePool(Command, frozen=True, kw_only=True):
    """Deposit lenders' coins into a pool (plus), or take them out (minus); coins lent out are paid when they return."""

    ccy: str
    delta: int


class MoveFund(Command, frozen=True, kw_only=True):
    """Put transit coins into the insurance fund (plus), or take them out (minus)."""

    delta: int


class FaultRule(Struct, frozen=True, array_like=True, kw_only=True, forbid_unknown_fields=True):
    """Rule of a fault: its kind, its user, and the occasions it hits.

    `user_id` 0 is everybody. Occasions in [from_ms, until_ms) count; 0 is no bound. Of these the fault fires from the
    `nth` on, at most `count` times (0: without end), and then on `ppm` of a million, drawn from `seed`, kind and the
    number of the occasion. `ms`, `leg` (0 is any), `share` per 10**18 and `reason` are parameters of the kind. `what`
    narrows a kind of several occasions to one of them.
    """

    fault_id: int
    kind: FaultKind
    user_id: int = 0
    nth: int = 1
    count: int = 0
    from_ms: int = 0
    until_ms: int = 0
    ppm: int = 1_000_000
    seed: int = 0
    ms: int = 0
    leg: int = 0
    share: int = 0
    reason: str = ""
    what: str = ""


class InjectFault(Command, frozen=True, kw_only=True):
    """Inject a fault. One that has its number already is replaced, its counts with it."""

    rule: FaultRule


class ClearFaults(Command, frozen=True, kw_only=True):
    """Take faults away, by number. What they held up goes on."""

    fault_ids: tuple[int, ...]


class SetBids(Command, frozen=True, kw_only=True):
    """Replace the lenders' bids for a coin: (amount, least rate a year per 10**18). Without bids the curve counts."""

    ccy: str
    bids: tuple[tuple[int, int], ...]


SettingValue: TypeAlias = bool | int | tuple[str | tuple[int | str, ...], ...]
"""Atoms or a rate per 10**18, a count or milliseconds, a flag, tiers, currencies or pairs of them."""


class Setting(Struct, frozen=True, array_like=True, kw_only=True, forbid_unknown_fields=True):
    """One parameter and its new value; see `parameters.LEVERS`. `row` is empty for constants."""

    table: str
    row: str
    field: str
    value: SettingValue


class ChangeParameters(Command, frozen=True, kw_only=True):
    """Change parameters of the exchange while it runs: all of these, or none."""

    settings: tuple[Setting, ...]


# ---- account


class SetAutoRepay(Command, frozen=True, kw_only=True):
    user_id: int
    enabled: bool


class SetLeverage(Command, frozen=True, kw_only=True):
    """Set the borrowing leverage of one currency, per 10**18."""

    user_id: int
    ccy: str
    leverage: int


class ManualBorrow(Command, frozen=True, kw_only=True):
    user_id: int
    ccy: str
    amount: int


class ManualRepay(Command, frozen=True, kw_only=True):
    user_id: int
    ccy: str
    amount: int


class Transfer(Command, frozen=True, kw_only=True):
    """Move coins between "funding" and "trading" of one user.

    With `may_borrow`, borrowed coins may leave a trading account too, and what is not there is borrowed.
    """

    user_id: int
    ccy: str
    amount: int
    source: Account
    target: Account
    client_id: str = ""
    may_borrow: bool = False


class TransferBetween(Command, frozen=True, kw_only=True):
    """Move coins between two accounts under one main account. `user_id` asks: the main account, or the giver.

    `source` of the giver and `target` of the receiver are "funding" or "trading". `counterpart` is the name by which
    `user_id` named the sub-account, kept for the record.
    """

    user_id: int
    giver_id: int
    receiver_id: int
    ccy: str
    amount: int
    source: Account
    target: Account
    counterpart: str = ""
    client_id: str = ""


# ---- trade


class PlaceOrder(Command, frozen=True, kw_only=True):
    """Place an order. `size_in_quote` is for market orders only; `price` is 0 for market orders.

    Kinds are limit, market, post_only, fok and ioc. `stp_mode` says which order is cancelled if the order would meet
    another one of its user. A market order that `may_shrink` and is sized in the coin it buys is cut to what the
    balance can pay.
    """

    user_id: int
    instrument: str
    side: Side
    kind: OrderKind
    size: int
    price: int
    size_in_quote: bool = False
    client_order_id: str = ""
    tag: str = ""
    stp_mode: StpMode = "cancel_maker"
    may_shrink: bool = False


class CancelOrder(Command, frozen=True, kw_only=True):
    """Cancel an open order, found by `order_id`, or if that is 0 by `client_order_id`."""

    user_id: int
    instrument: str
    order_id: int
    client_order_id: str = ""


class AmendOrder(Command, frozen=True, kw_only=True):
    """Change size or price of an open order, found as by `CancelOrder`; 0 leaves a value as it is.

    `size` is the whole size, the filled part included. `cancel_on_fail` cancels an order that cannot be changed so.
    """

    user_id: int
    instrument: str
    order_id: int
    client_order_id: str = ""
    size: int = 0
    price: int = 0
    cancel_on_fail: bool = False
    request_id: str = ""


class SetCancelTimer(Command, frozen=True, kw_only=True):
    """Cancel all orders, or those of a tag, after `timeout_ms` unless the timer is set again; 0 switches it off."""

    user_id: int
    timeout_ms: int
    tag: str = ""


class RepayDebt(Command, frozen=True, kw_only=True):
    """One-click repay: pay `debt_ccy` from `repay_ccys`, first item first."""

    user_id: int
    debt_ccy: str
    repay_ccys: tuple[str, ...]


# ---- flexible loans


class BorrowLoan(Command, frozen=True, kw_only=True):
    """Open a loan (loan_id 0) or add to one. `collateral` is (currency, amount) pairs from the funding account.

    One that `settles_later` is accepted now and carried out after `Parameters.loan_settlement_delay_ms`.
    """

    user_id: int
    loan_id: int
    ccy: str
    amount: int
    collateral: tuple[tuple[str, int], ...]
    client_order_id: str
    e_mode: bool = False
    settles_later: bool = False


class RepayLoan(Command, frozen=True, kw_only=True):
    """Repay a loan, at most what is owed. `settles_later` as for `BorrowLoan`."""

    user_id: int
    loan_id: int
    ccy: str
    amount: int
    client_order_id: str
    settles_later: bool = False


class RepayLoanWithCollateral(Command, frozen=True, kw_only=True):
    """Sell collateral, first coin of `collateral_ccys` first, buy the loan coin and repay `amount` of it."""

    user_id: int
    loan_id: int
    ccy: str
    amount: int
    collateral_ccys: tuple[str, ...]


class AdjustCollateral(Command, frozen=True, kw_only=True):
    """Add to or reduce a loan's collateral; loan_id 0 is the oldest loan of the user."""

    user_id: int
    loan_id: int
    add: bool
    ccy: str
    amount: int


# ---- convert


class AskQuote(Command, frozen=True, kw_only=True):
    """Ask for a convert quote. `large` asks for the higher limit of large conversions."""

    user_id: int
    base_ccy: str
    quote_ccy: str
    side: Side
    size: int
    size_ccy: str
    client_quote_id: str = ""
    tag: str = ""
    large: bool = False


class TradeQuote(Command, frozen=True, kw_only=True):
    user_id: int
    quote_id: str
    base_ccy: str
    quote_ccy: str
    side: Side
    size: int
    size_ccy: str
    client_trade_id: str = ""
    tag: str = ""
    large: bool = False


class EasyConvert(Command, frozen=True, kw_only=True):
    """Turn small balances of `account` ("trading" or "funding") into `target_ccy`, all of them or none."""

    user_id: int
    account: Account
    source_ccys: tuple[str, ...]
    target_ccy: str
