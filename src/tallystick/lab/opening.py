"""Fresh state with given loans and owing accounts in it: for books that come as lists, and for tests.

They are put in by events, without asking whether the venue would still grant them: a loan that exists may stand beyond
its initial LTV, and an account beyond its initial margin.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from tallystick.engine import commands as c
from tallystick.engine import core, flexible_loan, numbers
from tallystick.engine.cross_settings import CollateralChosen
from tallystick.engine.events import BalanceAdjusted, Borrowed, LoanMoved, LoanOpened, PoolMoved, UserCreated
from tallystick.engine.journaled import AnyEvent
from tallystick.engine.kinds import SPOT, AccountMode, LoanKind
from tallystick.engine.modes import ModeSwitched
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import State
from tallystick.engine.work import Stamp


class Opened(Struct, frozen=True, kw_only=True):
    """Loan to open: atoms of debts and collateral per coin. No coin may be in both."""

    debts: dict[str, int]
    collateral: dict[str, int]
    e_mode: bool = False


class Owing(Struct, frozen=True, kw_only=True):
    """Trading account that owes: atoms of coins held, borrowed ones included, and of debts.

    Coins that are `out` of its collateral are so in multi-currency margin alone.
    """

    held: dict[str, int]
    debts: dict[str, int]
    mode: AccountMode = SPOT
    out: tuple[str, ...] = ()


def state_with(
    parameters: Parameters,
    at_ms: int,
    prices: Mapping[str, int],
    loans: Sequence[Opened],
    accounts: Sequence[Owing] = (),
) -> State:
    """State at `at_ms` with these prices (per 10**18 by pair), loans, and accounts that owe.

    Loans are numbered from 1, each of a user of its own; the users of the accounts are numbered after theirs. Raises
    ValueError: a coin is unknown or has no amount, or is both owed and pledged in one loan.
    """
    for number, loan in enumerate(loans, start=1):
        _require(parameters, number, loan)
    for number, account in enumerate(accounts, start=1):
        _require_owing(parameters, number, account)
    state = core.new_state(parameters, at_ms)
    core.handle(state, Stamp(1, at_ms), c.SetPrices(prices=tuple(prices.items())))
    for number, loan in enumerate(loans, start=1):
        for event in _events(state, at_ms, number, loan):
            core.fold(state, Stamp(state.seq + 1, at_ms), [event])
    for number, account in enumerate(accounts, start=len(loans) + 1):
        for event in _events_of(number, account):
            core.fold(state, Stamp(state.seq + 1, at_ms), [event])
    return state


def _require_known(parameters: Parameters, name: str, coins: Sequence[str]) -> None:
    unknown = [ccy for ccy in coins if ccy not in parameters.currencies]
    if unknown:
        raise ValueError(f"{name}: {unknown[0]} is unknown; there are {' '.join(parameters.currencies)}")


def _require_owing(parameters: Parameters, number: int, account: Owing) -> None:
    _require_known(parameters, f"account {number}", (*account.held, *account.debts, *account.out))
    if not account.debts or min((*account.debts.values(), *account.held.values())) <= 0:
        raise ValueError(f"account {number}: a debt is needed, and every amount is above 0")


def _require(parameters: Parameters, number: int, loan: Opened) -> None:
    _require_known(parameters, f"loan {number}", (*loan.debts, *loan.collateral))
    both = [ccy for ccy in loan.debts if ccy in loan.collateral]
    if both:
        raise ValueError(f"loan {number}: {both[0]} is both owed and pledged")
    pairs = parameters.loan_e_mode_pairs
    if loan.e_mode and any((pledged, owed) not in pairs for pledged in loan.collateral for owed in loan.debts):
        known = ", ".join(f"{owed} on {pledged}" for pledged, owed in pairs)
        raise ValueError(f"loan {number}: E-Mode is for {known} alone")
    if not loan.debts or not loan.collateral or min((*loan.debts.values(), *loan.collateral.values())) <= 0:
        raise ValueError(f"loan {number}: debts and collateral are needed, each above 0")


def _events(state: State, at_ms: int, number: int, loan: Opened) -> Iterator[AnyEvent]:
    yield UserCreated(user_id=number, name=f"loan{number}")
    for ccy, amount in loan.collateral.items():
        yield BalanceAdjusted(user_id=number, account="funding", ccy=ccy, delta=amount)
    for ccy, amount in loan.debts.items():
        yield PoolMoved(ccy=ccy, delta=amount, redemption=0)
    yield LoanOpened(user_id=number, loan_id=number, e_mode=loan.e_mode)
    moves: list[tuple[LoanKind, str, int]] = [
        (flexible_loan.COLLATERAL_LOCKED, ccy, -amount) for ccy, amount in loan.collateral.items()
    ]
    moves += [(flexible_loan.BORROWED, ccy, amount) for ccy, amount in loan.debts.items()]
    for kind, ccy, amount in moves:
        ref_id = numbers.next_ref_id(state, at_ms, state.seq + 1)
        yield LoanMoved(user_id=number, loan_id=number, ref_id=ref_id, kind=kind, ccy=ccy, amount=amount)


def _events_of(user_id: int, account: Owing) -> Iterator[AnyEvent]:
    yield UserCreated(user_id=user_id, name=f"account{user_id}")
    if account.mode != SPOT:
        yield ModeSwitched(user_id=user_id, mode=account.mode)
    if account.out:
        yield CollateralChosen(user_id=user_id, out=account.out)
    for ccy, amount in account.debts.items():
        yield PoolMoved(ccy=ccy, delta=amount, redemption=0)
        yield Borrowed(user_id=user_id, ccy=ccy, amount=amount, kind="auto_borrow", debt_after=amount)
    for ccy in sorted({*account.held, *account.debts}):
        delta = account.held.get(ccy, 0) - account.debts.get(ccy, 0)
        if delta:
            yield BalanceAdjusted(user_id=user_id, account="trading", ccy=ccy, delta=delta)
