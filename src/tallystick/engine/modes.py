"""Account modes: which are open to an account, what stands in the way of a switch, and the switch itself.

Spot mode is always open. A control call opens the others, as the questionnaire of the exchange's website does.
`standing` is the one judge of a switch: the check before it and the switch itself ask it (decisions/057).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from tallystick.engine import ledger, margin, open_orders, prices
from tallystick.engine.amounts import ONE, div_down
from tallystick.engine.commands import Command
from tallystick.engine.events import Event
from tallystick.engine.kinds import MULTI_CURRENCY, SPOT, AccountMode, PerSwitchItem, SwitchItem, SwitchObstacle
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State, User
from tallystick.engine.work import Stamp, Work, applies

EQUITY_LEAST: Final = 10_000 * ONE
"""Least equity, in atoms of USD, of an account that leaves Spot mode (help centre)."""


class OpenModes(Command, frozen=True, kw_only=True):
    """Open modes to an account, beside those that are open already."""

    user_id: int
    modes: tuple[AccountMode, ...]


class SetObstacles(Command, frozen=True, kw_only=True):
    """Put exactly these items in the way of another mode; they stand for what this venue does not have."""

    user_id: int
    obstacles: tuple[SwitchObstacle, ...]


class SwitchMode(Command, frozen=True, kw_only=True):
    """Change the mode of an account."""

    user_id: int
    mode: AccountMode


class ModesOpened(Event, frozen=True, kw_only=True):
    """All modes that are now open to an account beside Spot."""

    user_id: int
    modes: tuple[AccountMode, ...]


class ObstaclesSet(Event, frozen=True, kw_only=True):
    user_id: int
    obstacles: tuple[SwitchObstacle, ...]


class ModeSwitched(Event, frozen=True, kw_only=True):
    """An account has this mode from now on. Its coins, debts, leverage and settings stay."""

    user_id: int
    mode: AccountMode


class Figures(NamedTuple):
    """Margin of an account in one mode: USD atoms, and a ratio per 10**18; None where the mode shows none."""

    available_equity: int | None
    margin_ratio: int | None


class Standing(NamedTuple):
    """Verdict on a switch: what stands in the way, in the order in which it is told, and whether margin carries it."""

    items: tuple[SwitchItem, ...]
    sound: bool

    @property
    def passes(self) -> bool:
        return not self.items and self.sound


# ---- commands


def margin_modes(wanted: Sequence[AccountMode]) -> tuple[AccountMode, ...]:
    """Modes without Spot, each once."""
    return tuple(dict.fromkeys(mode for mode in wanted if mode != SPOT))


def open_modes(work: Work, command: OpenModes) -> None:
    """Open modes to an account. Rejects: UNKNOWN_USER. Emits: ModesOpened, unless all of them are open."""
    user = work.user(command.user_id)
    wanted = margin_modes((*user.modes_open, *command.modes))
    if wanted != user.modes_open:
        work.emit(ModesOpened(user_id=command.user_id, modes=wanted))


def set_obstacles(work: Work, command: SetObstacles) -> None:
    """Set what stands in the way of another mode. Rejects: UNKNOWN_USER. Emits: ObstaclesSet, unless it is so."""
    user = work.user(command.user_id)
    wanted = tuple(item for item in OBSTACLES if item in command.obstacles)
    if wanted != user.obstacles:
        work.emit(ObstaclesSet(user_id=command.user_id, obstacles=wanted))


def switch_mode(work: Work, command: SwitchMode) -> None:
    """Change the mode of an account; the present one may be chosen again, and nothing happens.

    Rejects, first that applies: UNKNOWN_USER, MODE_CLOSED, then the first item of `standing` as SWITCH_ASSETS,
    SWITCH_ORDERS, SWITCH_ALGOS, SWITCH_FIXED_LOAN, SWITCH_DEBTS, SWITCH_REGION, SWITCH_IDENTITY; last SWITCH_MARGIN.
    Emits: ModeSwitched. Source: documented codes (trading-account-rest-api-set-account-mode), matched to the items by
    their wording (decisions/057).
    """
    user = work.user(command.user_id)
    found = standing(work.state, user, command.mode)
    if found.items:
        raise _REFUSALS[found.items[0]](work.state, user)
    if not found.sound:
        raise _unsound(work.state, user, command.mode)
    if command.mode != user.mode:
        work.emit(ModeSwitched(user_id=command.user_id, mode=command.mode))


def require(user: User, *modes: AccountMode) -> None:
    """Require an account in one of these modes. Rejects: OTHER_MODE."""
    if user.mode not in modes:
        raise Rejected(Reject.OTHER_MODE).because(mode=str(user.mode), modes=" ".join(map(str, modes)))


def require_open(user: User, mode: AccountMode) -> None:
    """Require a mode that the account is in or may enter. Rejects: MODE_CLOSED."""
    if mode not in (SPOT, user.mode, *user.modes_open):
        known = " ".join(map(str, (SPOT, *user.modes_open)))
        raise Rejected(Reject.MODE_CLOSED).because(mode=str(mode), known=known, name=user.name)


# ---- the judge


def standing(state: State, user: User, mode: AccountMode) -> Standing:
    """Verdict on a switch to `mode`; to the present mode nothing is in the way.

    Rejects: MODE_CLOSED, before anything is looked at. Assets count for a switch from Spot mode, debts for one from or
    to it; between multi-currency and portfolio margin debts pass, and the margin of the new mode must carry them.
    """
    require_open(user, mode)
    if mode == user.mode:
        return Standing((), sound=True)
    found = tuple(item for item in ITEMS if STANDS[item](state, user, mode))
    return Standing(found, sound=SPOT in (user.mode, mode) or _carries(state, user, mode))


def figures(state: State, user: User, mode: AccountMode) -> Figures:
    """Margin of the account as it would stand in `mode`, without open orders; Spot mode shows none."""
    if mode == SPOT:
        return Figures(None, None)
    out = user.no_collateral if mode == MULTI_CURRENCY else ()
    owed, restricted = margin.borrowing(state, user), margin.restricted(state)
    available = margin.worth(state, user.user_id, None, 0, barred=restricted, out=out)
    available -= margin.initial_margin(state, user.user_id)
    needed = margin.owed_margin(state, owed, state.parameters.taker_fee)
    equity = _equity_in(state, user, mode)
    return Figures(available, div_down(equity, needed) if needed else None)


def total_equity(state: State, user_id: int) -> int:
    """Equity of the trading account in USD at the index, without discounts; debts are subtracted."""
    return sum(signed_value(state, ccy, own) for ccy, own in ledger.equity(state, user_id).items())


def signed_value(state: State, ccy: str, own: int) -> int:
    """Value of an equity in USD, rounded towards zero."""
    return prices.usd_value(state, ccy, own) if own >= 0 else -prices.usd_value(state, ccy, -own)


def _carries(state: State, user: User, mode: AccountMode) -> bool:
    owed = ledger.debts(state, user.user_id)
    if not owed:
        return True
    equity = _equity_in(state, user, mode)
    return margin.priced(state, tuple(owed)) and equity >= margin.initial_margin(state, user.user_id)


def _equity_in(state: State, user: User, mode: AccountMode) -> int:
    """adjEq by the collateral of a mode: multi-currency margin leaves out what the account has taken out of it."""
    out = user.no_collateral if mode == MULTI_CURRENCY else ()
    return margin.worth(state, user.user_id, None, 0, out=out)


def _lacks_assets(state: State, user: User, mode: AccountMode) -> bool:
    return user.mode == SPOT and total_equity(state, user.user_id) < EQUITY_LEAST


def _has_orders(state: State, user: User, mode: AccountMode) -> bool:
    """Test for open orders, or a one-click run that places some between its steps."""
    return bool(open_orders.of(state).of_user(user.user_id)) or user.user_id in state.runs


def _owes(state: State, user: User, mode: AccountMode) -> bool:
    owes = bool(ledger.debts(state, user.user_id)) or user.user_id in state.late_interest
    return owes and SPOT in (user.mode, mode)


def _put_there(item: SwitchObstacle) -> Callable[[State, User, AccountMode], bool]:
    return lambda state, user, mode: item in user.obstacles


ITEMS: Final[tuple[SwitchItem, ...]] = ("assets", "orders", "algos", "fixed_loan", "debts", "region", "identity")
"""Items in the documented order."""
OBSTACLES: Final[tuple[SwitchObstacle, ...]] = ("algos", "fixed_loan", "region", "identity")
STANDS: Final[PerSwitchItem[Callable[[State, User, AccountMode], bool]]] = {
    "assets": _lacks_assets,
    "orders": _has_orders,
    "algos": _put_there("algos"),
    "fixed_loan": _put_there("fixed_loan"),
    "debts": _owes,
    "region": _put_there("region"),
    "identity": _put_there("identity"),
}
"""Test for each item."""


# ---- refusals


def _assets(state: State, user: User) -> Rejected:
    has = total_equity(state, user.user_id)
    return Rejected(Reject.SWITCH_ASSETS).because(name=user.name, has_usd=has, least_usd=EQUITY_LEAST)


def _orders(state: State, user: User) -> Rejected:
    open_now = open_orders.of(state).of_user(user.user_id)
    if not open_now:
        run = state.runs[user.user_id]
        return Rejected(Reject.SWITCH_ORDERS).because("run", ccy=run.debt_ccy, since_ms=run.requested_at_ms)
    first = next(iter(open_now))
    return Rejected(Reject.SWITCH_ORDERS).because(open_count=len(open_now), id=str(first.order_id))


def _debts(state: State, user: User) -> Rejected:
    owed = ledger.debts(state, user.user_id)
    return Rejected(Reject.SWITCH_DEBTS).because(name=user.name, owed=" ".join(owed) or "interest")


def _unsound(state: State, user: User, mode: AccountMode) -> Rejected:
    owed = ledger.debts(state, user.user_id)
    if not margin.priced(state, tuple(owed)):
        return Rejected(Reject.SWITCH_MARGIN).because("unpriced")
    equity, needed = _equity_in(state, user, mode), margin.initial_margin(state, user.user_id)
    return Rejected(Reject.SWITCH_MARGIN).because(equity_usd=equity, needed_usd=needed)


def _by_control_call(reject: Reject) -> Callable[[State, User], Rejected]:
    return lambda state, user: Rejected(reject).because(name=user.name)


_REFUSALS: Final[PerSwitchItem[Callable[[State, User], Rejected]]] = {
    "assets": _assets,
    "orders": _orders,
    "algos": _by_control_call(Reject.SWITCH_ALGOS),
    "fixed_loan": _by_control_call(Reject.SWITCH_FIXED_LOAN),
    "debts": _debts,
    "region": _by_control_call(Reject.SWITCH_REGION),
    "identity": _by_control_call(Reject.SWITCH_IDENTITY),
}


# ---- events


@applies(ModesOpened)
def _modes_opened(state: State, stamp: Stamp, event: ModesOpened) -> None:
    state.users[event.user_id].modes_open = event.modes


@applies(ObstaclesSet)
def _obstacles_set(state: State, stamp: Stamp, event: ObstaclesSet) -> None:
    state.users[event.user_id].obstacles = event.obstacles


@applies(ModeSwitched)
def _mode_switched(state: State, stamp: Stamp, event: ModeSwitched) -> None:
    state.users[event.user_id].mode = event.mode
