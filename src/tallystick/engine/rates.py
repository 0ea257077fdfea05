"""Borrowing rates: a rate set by hand, else by lenders' bids (`auction`), else a curve over the usage of the pool.

    usage u = lent out / deposits
    APR(u)  = base + slope x u / kink                              up to the kink
            = base + slope + slope_beyond x (u - kink) / (1 - kink) beyond it

kept within the least and the most rate. A rate is fixed when an hour begins and holds for that whole hour,
whatever happens in it. A rate set by hand and new bids count from the next hour on.
Source: docs/rules/interest.md#curve (after a peer), docs/rules/interest.md#rate-of-the-hour (chosen: decisions/012).
"""

from __future__ import annotations

from tallystick.engine import auction, charging, free_quota, interest, ledger
from tallystick.engine.amounts import ONE
from tallystick.engine.events import HourPassed, RatesFixed
from tallystick.engine.interest import HOUR_MS
from tallystick.engine.parameters import Parameters
from tallystick.engine.state import State
from tallystick.engine.work import Stamp, Work, applies

RATES_KEPT = 9_000
"""Past hourly rates kept per currency, for interest that is not booked yet: more than a year of them."""
RATES_LEFT = 25
"""Past hourly rates that stay once everybody has been charged: a day of them."""


def usage(state: State, ccy: str) -> int:
    """Share of the deposits of a pool that is lent out, per 10**18, cut. Above 1 while lenders wait for coins."""
    lent = state.lent.get(ccy, 0)
    deposits = lent + ledger.balance(state, "pool", ccy) - state.redemptions.get(ccy, 0)
    if deposits <= 0:
        return ONE if lent else 0
    return lent * ONE // deposits


def curve(parameters: Parameters, used: int) -> int:
    """Rate a year at a usage, per 10**18, cut."""
    used = min(used, ONE)
    kink = parameters.rate_kink
    if used <= kink:
        rate = parameters.rate_base + parameters.rate_slope * used // kink
    else:
        steep = parameters.rate_slope_beyond * (used - kink) // (ONE - kink)
        rate = parameters.rate_base + parameters.rate_slope + steep
    return min(max(rate, parameters.rate_least), parameters.rate_most)


def now(state: State, ccy: str) -> int:
    """Rate a year of an hour that would begin now."""
    set_rate = state.parameters.currencies[ccy].rate_per_year or auction.rate(state, ccy)
    return curve(state.parameters, usage(state, ccy)) if set_rate is None else set_rate


def in_force(state: State, ccy: str) -> int:
    """Rate a year of the running hour."""
    return state.rates[ccy][-1][1]


def mean(state: State, ccy: str, hours: int) -> int:
    """Mean of the rates a year of the last `hours` hours, the running one included, per 10**18, cut.

    A younger venue has fewer hours.
    """
    from_ms, end_ms = state.hour_ms - (hours - 1) * HOUR_MS, state.hour_ms + HOUR_MS
    total = weight = 0
    for since_ms, rate in reversed(state.rates[ccy]):
        lasted_ms = end_ms - max(since_ms, from_ms)
        total += rate * lasted_ms
        weight += lasted_ms
        end_ms = since_ms
        if since_ms <= from_ms:
            break
    return total // weight


def fix(work: Work) -> None:
    """Fix the rates of an hour that begins. Emits: RatesFixed if a rate changes."""
    state = work.state
    rates = ((ccy, now(state, ccy)) for ccy in state.parameters.currencies)
    changed = tuple((ccy, rate) for ccy, rate in rates if in_force(state, ccy) != rate)
    if changed:
        work.emit(RatesFixed(rates=changed))


@applies(RatesFixed)
def _fixed(state: State, stamp: Stamp, event: RatesFixed) -> None:
    for ccy, rate in event.rates:
        state.rates[ccy].append((state.hour_ms, rate))


@applies(HourPassed)
def _hour_passed(state: State, stamp: Stamp, event: HourPassed) -> None:
    """Make the hour's interest due, and add it to the claims of the pools."""
    free = _free(state)
    state.hour_ms = event.hour_ms
    for ccy, amount in state.lent.items():
        costly = max(0, amount - free.get(ccy, 0))
        state.lent[ccy] = amount + interest.pool_hour(costly, in_force(state, ccy))
    if any(len(log) > RATES_KEPT for log in state.rates.values()):
        charging.charge_all(state)
        for log in state.rates.values():
            del log[:-RATES_LEFT]
    charging.charge_idle(state)


def _free(state: State) -> dict[str, int]:
    """Debts of all accounts that cost nothing in the running hour, by currency."""
    found: dict[str, int] = {}
    for user in free_quota.users(state):
        debts = ledger.debts(state, user.user_id)
        for ccy in debts:
            found[ccy] = found.get(ccy, 0) + free_quota.free_part(state, user, ccy, debts)
    return found
