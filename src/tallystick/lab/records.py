"""Records of a run: what is written down of each path, one line of JSON a path, with amounts as decimal text."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from tallystick.engine.amounts import text_from_atoms
from tallystick.engine.flexible_loan import FORCED_LIQUIDATION, PARTIAL_LIQUIDATION
from tallystick.lab.account_rows import STARTED, AccountLife
from tallystick.lab.forms import AccountOutcome, Outcome, PathOutcome
from tallystick.lab.rows import CLOSED, DUE, SETTLED, WARNED, Life

LIQUIDATED = (PARTIAL_LIQUIDATION, FORCED_LIQUIDATION, DUE)


def outcome_of(life: Life) -> Outcome:
    """Outcome of a life: what each settlement gives to the insurance fund is a gain of it, or is paid by it."""
    called_ms = closed_ms = gains = pays = 0
    liquidated: list[int] = []
    for at_ms, what, _, amount in life.rows:
        if what == WARNED:
            called_ms = called_ms or at_ms
        elif what == CLOSED:
            closed_ms = at_ms
        elif what in LIQUIDATED:
            liquidated.append(at_ms)
        elif what == SETTLED and amount > 0:
            gains += amount
        elif what == SETTLED:
            pays -= amount
    return Outcome(
        loan=life.loan_id,
        called_ms=called_ms,
        liquidated_ms=liquidated[0] if liquidated else 0,
        liquidations=len(set(liquidated)),
        closed_ms=closed_ms,
        fund_gains=text_from_atoms(gains) if gains else "0",
        fund_pays=text_from_atoms(pays) if pays else "0",
        interest={ccy: text_from_atoms(amount) for ccy, amount in life.interest.items()},
    )


def account_outcome_of(life: AccountLife) -> AccountOutcome:
    """Outcome of the life of an account."""
    return AccountOutcome(
        account=life.user_id,
        called_ms=life.first_ms(WARNED),
        liquidated_ms=life.first_ms(STARTED),
        liquidations=sum(1 for row in life.rows if row.what == STARTED),
        closed_ms=life.first_ms(CLOSED),
        fund_gains=text_from_atoms(life.cost.fund_gains),
        fund_pays=text_from_atoms(life.cost.fund_pays),
        sales_cost=text_from_atoms(life.cost.sales),
        interest={ccy: text_from_atoms(amount) for ccy, amount in life.interest.items()},
    )


def line_of(path: int, lives: Iterable[Life], accounts: Iterable[AccountLife] = ()) -> bytes:
    """Line of a path, without its end."""
    told = PathOutcome(path, [outcome_of(life) for life in lives], [account_outcome_of(life) for life in accounts])
    return msgspec.json.encode(told)


_READER = msgspec.json.Decoder(PathOutcome)


def read_line(line: bytes) -> PathOutcome:
    """Read a line of a path. Raises msgspec.ValidationError."""
    return _READER.decode(line)
