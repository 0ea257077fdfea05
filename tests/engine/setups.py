"""Small starting points for engine tests: other parameters, and shorthand for what events say."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine.interest import Charge
from tallystick.engine.kinds import FaultKind
from tallystick.engine.parameters import Parameters
from tallystick.venue.parameters import load_parameters
from tests.engine.driver import Driver, atoms, text

E = TypeVar("E")

NOON_MS = 1_700_049_600_000
"""2023-11-15 12:00:00 UTC, a full hour."""
HOUR_MS = 3_600_000


def with_currency(ccy: str, parameters: Parameters | None = None, **changes: Any) -> Parameters:
    """The packaged parameters with one currency changed."""
    parameters = parameters or load_parameters()
    currency = replace(parameters.currencies[ccy], **changes)
    return replace(parameters, currencies={**parameters.currencies, ccy: currency})


def with_tiers(ccy: str, size: str, parameters: Parameters | None = None) -> Parameters:
    """Borrow tiers of one size: maintenance 3, 4, 6 % and initial margin 10, 12.5, 20 %."""
    rates = (("0.03", "0.1"), ("0.04", "0.125"), ("0.06", "0.2"))
    tiers = tuple(
        (number * atoms(size), atoms(maintenance), atoms(initial))
        for number, (maintenance, initial) in enumerate(rates, start=1)
    )
    step = atoms("0.01")
    return with_currency(ccy, parameters, margin_tiers=tiers, margin_step=step, margin_step_size=atoms(size))


def inject(driver: Driver, kind: FaultKind, fault_id: int = 1, **rule: Any) -> list[Any]:
    """Inject a fault, by number; returns the events."""
    return driver.do(c.InjectFault(rule=c.FaultRule(fault_id=fault_id, kind=kind, **rule)))


def counts(driver: Driver) -> dict[int, tuple[int, int]]:
    """By number of a fault: the occasions that met it, and those it fired on."""
    return {number: (fault.met, fault.fired) for number, fault in driver.state.faults.items()}


def of_kind(events: list[Any], kind: type[E]) -> list[E]:
    return [event for event in events if type(event) is kind]


def all_of(driver: Driver, kind: type[E]) -> list[E]:
    """Every event of a kind since the start, oldest first."""
    return [event for _, _, events in driver.entries for event in of_kind(events, kind)]


def spot_charges(driver: Driver) -> list[Charge]:
    """Interest on spot debts, oldest first."""
    return [charge for charge in driver.charges if not charge.loan_id]


def loan_charges(driver: Driver) -> list[Charge]:
    """Interest on loans, oldest first."""
    return [charge for charge in driver.charges if charge.loan_id]


def repaid(events: list[Any]) -> list[tuple[str, str, str, str]]:
    """(currency, kind, amount, debt after) of every repayment."""
    return [
        (event.ccy, event.kind, text(event.amount), text(event.debt_after))
        for event in events
        if type(event).__name__ == "Repaid"
    ]


def lose_price(driver: Driver, instrument: str) -> None:
    """Its price is the recording's, and older than it may be."""
    driver.do(c.ReleaseMarket(instrument=instrument))
    driver.do(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="price_age_max_ms", value=1_000),))
    )
    driver.do(c.MoveMarket(instruments=(instrument,), prices=(atoms("150"),)))
    driver.wait(1_001)
    assert driver.state.markets[instrument].index == 0


def frozen(driver: Driver, ccy: str, user_id: int = 1) -> str:
    return text(driver.state.users[user_id].frozen.get(ccy, 0))


def available(driver: Driver, ccy: str, user_id: int = 1) -> str:
    cash = driver.state.ledger.get(f"trading:{user_id}", {}).get(ccy, 0)
    return text(cash - driver.state.users[user_id].frozen.get(ccy, 0))
