"""One-click repay of multi-currency and portfolio margin: up to five debts paid at once with one coin.

The convert desk is the other side: at the index and its half-spread, without book, fee or legs. Coins of the trading
account pay before those of the funding account.
Source: documented (order-book-trading-trade-post-trade-one-click-repay); the desk, and this order, are chosen
(decisions/057).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from tallystick.engine import borrow, convert, discount, ledger, modes, prices, refusals
from tallystick.engine.amounts import cut, div_down, mul_down, unit_of
from tallystick.engine.commands import Command
from tallystick.engine.events import Event
from tallystick.engine.kinds import MULTI_CURRENCY, PORTFOLIO
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State, User
from tallystick.engine.work import Stamp, Work, applies

DEBTS_MAX: Final = 5
"""Most debts of one request (documented)."""
DEBT_UNIT: Final = unit_of(8)
PAID_UNIT: Final = unit_of(16)


class RepayAtOnce(Command, frozen=True, kw_only=True):
    """Repay these debts, first one first, with one coin of the trading and then of the funding account."""

    user_id: int
    debt_ccys: tuple[str, ...]
    repay_ccy: str


class RepaidAtOnce(Event, frozen=True, kw_only=True):
    """The desk sold `debt_amount` of a coin that is owed for `repay_amount`, of which `from_funding`; all 0: nothing.

    The coins bought stand in the trading account until a `Repaid` of the same command takes them.
    """

    user_id: int
    debt_ccy: str
    repay_ccy: str
    debt_amount: int
    repay_amount: int
    from_funding: int


def repay_at_once(work: Work, command: RepayAtOnce) -> None:
    """Repay debts against the convert desk, each wholly or as far as the coins go; none is borrowed.

    A debt is cut at 8 decimals, so that less than that may stay owed; what is paid is cut at 16.
    No margin is asked for: the spread that a repayment costs is below the initial margin that it frees.

    Rejects, first that applies: UNKNOWN_USER, IN_LIQUIDATION, OTHER_MODE, UNKNOWN_CCY (the debts, then the coin that
    pays), TOO_MANY_COINS, CCY_NOT_CONVERTIBLE (the coin that pays is among the debts, or a coin has no price), NO_DEBT,
    COIN_NOT_COLLATERAL, NOTHING_AVAILABLE, REPAY_OFF.
    Emits: RepaidAtOnce for each debt, with Repaid behind it where coins came in.
    """
    user = work.active_user(command.user_id)
    state = work.state
    modes.require(user, MULTI_CURRENCY, PORTFOLIO)
    _require_coins(state, user, command)
    if usable(state, user, command.repay_ccy) <= 0:
        no = Rejected(Reject.NOTHING_AVAILABLE, ccy=command.repay_ccy)
        raise no.because("both", ccy=command.repay_ccy)
    if not state.parameters.repay_enabled:
        raise Rejected(Reject.REPAY_OFF).because()
    for ccy in command.debt_ccys:
        event = _purchase(state, user, ccy, command.repay_ccy)
        work.emit(event)
        if event.debt_amount:
            borrow.auto_repay(work, user, ccy)


def usable(state: State, user: User, ccy: str) -> int:
    """Coins that may pay: the available ones of the trading account, and those of the funding account."""
    return ledger.available(state, user, ccy) + ledger.funding(state, user.user_id, ccy)


def _require_coins(state: State, user: User, command: RepayAtOnce) -> None:
    for ccy in (*command.debt_ccys, command.repay_ccy):
        ledger.require_ccy(state, ccy)
    if len(command.debt_ccys) > DEBTS_MAX:
        raise refusals.too_many_coins(command.debt_ccys, DEBTS_MAX)
    if command.repay_ccy in command.debt_ccys:
        no = Rejected(Reject.CCY_NOT_CONVERTIBLE, ccy=command.repay_ccy)
        raise no.because("owed", ccy=command.repay_ccy)
    for ccy in (command.repay_ccy, *command.debt_ccys):
        if prices.usd_index(state, ccy) <= 0:
            raise Rejected(Reject.CCY_NOT_CONVERTIBLE, ccy=ccy).because("unpriced", ccy=ccy)
    owed = ledger.debts(state, user.user_id)
    for ccy in command.debt_ccys:
        if ccy not in owed:
            raise Rejected(Reject.NO_DEBT).because(ccy=ccy, owed=",".join(owed))
    if not discount.counts(state, user, command.repay_ccy):
        raise Rejected(Reject.COIN_NOT_COLLATERAL).because(ccy=command.repay_ccy)


def _purchase(state: State, user: User, debt_ccy: str, repay_ccy: str) -> RepaidAtOnce:
    """Amount that the desk sells for one debt: all of it, or what the coins that are left buy."""
    price = _price(state, debt_ccy, repay_ccy)
    at_hand = usable(state, user, repay_ccy)
    bought = cut(ledger.debt(state, user.user_id, debt_ccy), DEBT_UNIT)
    if price.cost(bought) > at_hand:
        bought = price.bought_for(at_hand)
    paid = price.cost(bought)
    if not paid:
        bought = 0
    return RepaidAtOnce(
        user_id=user.user_id,
        debt_ccy=debt_ccy,
        repay_ccy=repay_ccy,
        debt_amount=bought,
        repay_amount=paid,
        from_funding=max(0, paid - ledger.available(state, user, repay_ccy)),
    )


class _Price(NamedTuple):
    """Price of the desk, per 10**18: of the coin owed in the one that pays, or the other way round."""

    price: int
    of_debt: bool

    def cost(self, bought: int) -> int:
        """Coins to pay for `bought`, cut at 16 decimals."""
        return cut(mul_down(bought, self.price) if self.of_debt else div_down(bought, self.price), PAID_UNIT)

    def bought_for(self, at_hand: int) -> int:
        """Coins bought for all of `at_hand`, cut at 8 decimals."""
        return cut(div_down(at_hand, self.price) if self.of_debt else mul_down(at_hand, self.price), DEBT_UNIT)


def _price(state: State, debt_ccy: str, repay_ccy: str) -> _Price:
    """Price of the desk for the dearer of both coins, as the documented row of a USDC debt paid in ETH has it."""
    if prices.usd_index(state, debt_ccy) >= prices.usd_index(state, repay_ccy):
        return _Price(convert.quote_price(state, debt_ccy, repay_ccy, "buy"), of_debt=True)
    return _Price(convert.quote_price(state, repay_ccy, debt_ccy, "sell"), of_debt=False)


# ---- events


@applies(RepaidAtOnce)
def _repaid_at_once(state: State, stamp: Stamp, event: RepaidAtOnce) -> None:
    if not event.debt_amount:
        return
    trading, funding = f"trading:{event.user_id}", f"funding:{event.user_id}"
    if from_trading := event.repay_amount - event.from_funding:
        ledger.post(state, event.repay_ccy, (trading, -from_trading), ("desk", from_trading))
    if event.from_funding:
        ledger.post(state, event.repay_ccy, (funding, -event.from_funding), ("desk", event.from_funding))
    ledger.post(state, event.debt_ccy, (trading, event.debt_amount), ("desk", -event.debt_amount))
    user = state.users[event.user_id]
    for ccy in (event.repay_ccy, event.debt_ccy):
        ledger.touch(user, ccy, stamp.at_ms)
