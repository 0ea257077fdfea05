"""Fresh state with given loans in it: for books that come as lists, and for tests.

The loans are put in by events, without asking whether the venue would still grant them: a loan that exists may stand
beyond its initial LTV.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from tallystick.engine import commands as c
from tallystick.engine import core, flexible_loan, numbers
from tallystick.engine.events import BalanceAdjusted, LoanMoved, LoanOpened, PoolMoved, UserCreated
from tallystick.engine.journaled import AnyEvent
from tallystick.engine.kinds import LoanKind
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import State
from tallystick.engine.work import Stamp


class Opened(Struct, frozen=True, kw_only=True):
    """Loan to open: atoms of debts and collateral per coin. No coin may be in both."""

    debts: dict[str, int]
    collateral: dict[str, int]
    e_mode: bool = False


def state_with(parameters: Parameters, at_ms: int, prices: Mapping[str, int], loans: Sequence[Opened]) -> State:
    """State at `at_ms` with these prices (per 10**18 by pair) and loans, numbered from 1, each of a user of its own.

    Raises ValueError: a coin is unknown, is in both, or has no amount.
    """
    for number, loan in enumerate(loans, start=1):
        _require(parameters, number, loan)
    state = core.new_state(parameters, at_ms)
    core.handle(state, Stamp(1, at_ms), c.SetPrices(prices=tuple(prices.items())))
    for number, loan in enumerate(loans, start=1):
        for event in _events(state, at_ms, number, loan):
            core.fold(state, Stamp(state.seq + 1, at_ms), [event])
    return state


def _require(parameters: Parameters, number: int, loan: Opened) -> None:
    coins = (*loan.debts, *loan.collateral)
    unknown = [ccy for ccy in coins if ccy not in parameters.currencies]
    if unknown:
        raise ValueError(f"loan {number}: {unknown[0]} is unknown; there are {' '.join(parameters.currencies)}")
    both = [ccy for ccy in loan.debts if ccy in loan.collateral]
    if both:
        raise ValueError(f"loan {number}: {both[0]} is both owed and pledged")
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
