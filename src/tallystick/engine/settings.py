"""Changes of the exchange's parameters while the venue runs: refusals, and the change itself.

`parameters` declares which ones there are and their ranges. This module has the checks, and the rules between
parameters (chosen: decisions/010).
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from tallystick.engine import charging, free_quota, orders, prices, risk, transient
from tallystick.engine.amounts import ONE, div_down, text_from_atoms
from tallystick.engine.commands import ChangeParameters, Setting
from tallystick.engine.events import ParametersChanged
from tallystick.engine.parameters import (
    AMOUNT_MOST,
    CONSTANTS,
    CURRENCIES,
    INSTRUMENTS,
    LEVERS,
    STEP_LEAST,
    Kind,
    Lever,
    Parameters,
    Row,
    path_of,
)
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State
from tallystick.engine.work import Stamp, Work, applies

TIERS_MAX = 200
QUOTAS = ("free_quota", "free_quota_equity")
"""Parameters that interest of past hours depends on."""


def row_of(parameters: Parameters, table: str, row: str) -> Row:
    """Row of a table. Rejects: UNKNOWN_INSTRUMENT, UNKNOWN_CCY, UNKNOWN_PARAMETER (no such table)."""
    if table == INSTRUMENTS:
        if row not in parameters.instruments:
            known = " ".join(parameters.instruments)
            raise Rejected(Reject.UNKNOWN_INSTRUMENT, instId=row).because(instrument=row, known=known)
        return parameters.instruments[row]
    if table == CURRENCIES:
        if row not in parameters.currencies:
            raise Rejected(Reject.UNKNOWN_CCY, ccy=row).because(ccy=row, known=" ".join(parameters.currencies))
        return parameters.currencies[row]
    if table != CONSTANTS or row:
        path = path_of(table, row, "")
        raise Rejected(Reject.UNKNOWN_PARAMETER, parameter=path).because(parameter=path)
    return parameters


def change_parameters(work: Work, command: ChangeParameters) -> None:
    """Change parameters of the exchange, all of them or none. Unchanged values are left out.

    Rejects, for each setting in the order given: UNKNOWN_INSTRUMENT, UNKNOWN_CCY, UNKNOWN_PARAMETER,
    PARAMETER_FIXED, PARAMETER_OUT_OF_RANGE; then for all together PARAMETERS_DISAGREE.
    Emits: ParametersChanged, then fills of orders that another depth crosses, then the events of a review of
    debts (`risk.review`), as after a price.
    """
    parameters = work.state.parameters
    wanted: dict[tuple[str, str, str], Setting] = {}
    for setting in command.settings:
        require_possible(parameters, setting)
        wanted[setting.table, setting.row, setting.field] = setting
    changed = tuple(
        setting
        for setting in wanted.values()
        if getattr(row_of(parameters, setting.table, setting.row), setting.field) != setting.value
    )
    if not changed:
        return
    require_agreement(with_settings(parameters, changed))
    work.emit(ParametersChanged(settings=changed))
    for setting in changed:
        if setting.field == "depth_quote":
            orders.fill_crossed(work, setting.row)
    risk.review(work)


def with_settings(parameters: Parameters, settings: tuple[Setting, ...]) -> Parameters:
    """Parameters after these changes; the old ones are left as they are."""
    for setting in settings:
        change: dict[str, Any] = {setting.field: setting.value}
        if setting.table == CONSTANTS:
            parameters = replace(parameters, **change)
        else:
            rows: dict[str, Any] = getattr(parameters, setting.table)
            row = replace(rows[setting.row], **change)
            parameters = replace(parameters, **{setting.table: {**rows, setting.row: row}})
    return parameters


# ---- what a value may be


def require_possible(parameters: Parameters, setting: Setting) -> None:
    """Require that a parameter may have this value. Rejects: as `change_parameters` for each setting."""
    row_of(parameters, setting.table, setting.row)
    path = path_of(setting.table, setting.row, setting.field)
    lever = LEVERS[setting.table].get(setting.field)
    if lever is None:
        raise Rejected(Reject.UNKNOWN_PARAMETER, parameter=path).because(parameter=path)
    if lever.fixed:
        no = Rejected(Reject.PARAMETER_FIXED, parameter=path, because=lever.fixed)
        raise no.because(parameter=path, fixed=lever.fixed)
    if lever.kind in (Kind.NUMBER, Kind.COUNT):
        if type(setting.value) is not int or not lever.least <= setting.value <= lever.most:
            least, most = limits_text(lever)
            no = Rejected(Reject.PARAMETER_OUT_OF_RANGE, parameter=path, least=least, most=most)
            raise no.because(parameter=path, least=least, most=most)
        return
    if lever.kind is Kind.LEVELS:
        problem = _problem_with_levels(parameters, lever, setting)
    else:
        problem = _problem_with(parameters, lever.kind, setting.value)
    if problem:
        no = Rejected(Reject.PARAMETER_OUT_OF_RANGE, parameter=path, because=problem)
        raise no.because("rule", parameter=path, rule=problem)


def limits_text(lever: Lever) -> tuple[str, str]:
    """Text of least and most of a NUMBER or COUNT, or of each number of LEVELS, as written in answers."""
    if lever.kind is Kind.COUNT:
        return str(lever.least), str(lever.most)
    return text_from_atoms(lever.least), text_from_atoms(lever.most)


def _problem_with(parameters: Parameters, kind: Kind, value: object) -> str:
    """Reason why a value that is no single number is refused; "" if it is not."""
    if kind is Kind.FLAG:
        return "" if type(value) is bool else "it must be true or false"
    if type(value) is not tuple:
        return "it must be a list"
    if kind is Kind.TIERS:
        return _problem_with_tiers(value)
    if kind is Kind.MARGIN_TIERS:
        return _problem_with_margin_tiers(value)
    if kind is Kind.PAIRS and any(type(pair) is not tuple or len(pair) != 2 or pair[0] == pair[1] for pair in value):
        return "it must be a list of pairs of two currencies"
    names = [name for pair in value for name in pair] if kind is Kind.PAIRS else list(value)
    unknown = [name for name in names if type(name) is not str or name not in parameters.currencies]
    if unknown:
        return f"there is no currency {str(unknown[0])[:40]}"
    return "it names one item twice" if len(set(value)) != len(value) else ""


def _problem_with_levels(parameters: Parameters, lever: Lever, setting: Setting) -> str:
    """Reason why levels are refused: accounts have them, so names and order stay; a currency may name some of them."""
    pairs: Any = setting.value
    known = [name for name, _ in parameters.quota_levels]
    if type(pairs) is not tuple or any(type(pair) is not tuple or len(pair) != 2 for pair in pairs):
        return "it must be a list of levels and numbers"
    names = [name for name, _ in pairs]
    if setting.table == CONSTANTS and names != known:
        return f"it must name the levels {' '.join(known)}"
    if any(name not in known for name in names) or len(set(names)) != len(names):
        return f"it must name levels out of {' '.join(known)}, each once"
    least, most = limits_text(lever)
    if any(type(number) is not int or not lever.least <= number <= lever.most for _, number in pairs):
        return f"its numbers must be between {least} and {most}"
    return ""


def _problem_with_bounds(tiers: tuple[Any, ...], numbers: int) -> str:
    """Reason why tiers are refused: each has so many numbers, the first of them an upper bound."""
    for tier in tiers:
        if type(tier) is not tuple or len(tier) != numbers or any(type(number) is not int for number in tier):
            return f"a tier must be an upper bound and {'a rate' if numbers == 2 else 'two rates'}"
    if not 1 <= len(tiers) <= TIERS_MAX:
        return f"there must be 1 to {TIERS_MAX} tiers"
    bounds = [tier[0] for tier in tiers]
    if bounds != sorted(set(bounds)) or bounds[0] <= 0 or bounds[-1] > AMOUNT_MOST:
        return "the upper bounds must be above zero and rise"
    return ""


def _problem_with_margin_tiers(tiers: tuple[Any, ...]) -> str:
    if problem := _problem_with_bounds(tiers, 3):
        return problem
    for rates in ([tier[1] for tier in tiers], [tier[2] for tier in tiers]):
        if rates != sorted(rates) or rates[0] <= 0 or rates[-1] > ONE:
            return "the rates must be above 0, at most 1, and not fall"
    return ""


def _problem_with_tiers(tiers: tuple[Any, ...]) -> str:
    if problem := _problem_with_bounds(tiers, 2):
        return problem
    rates = [rate for _, rate in tiers]
    if rates != sorted(rates, reverse=True) or rates[0] > ONE or rates[-1] < 0:
        return "the rates must be between 0 and 1 and not rise"
    return ""


def require_agreement(parameters: Parameters) -> None:
    """Require that parameters agree: each rule is an order the engine relies on. Rejects: PARAMETERS_DISAGREE."""
    p = parameters
    rules = [
        *(
            (
                all(kept + p.taker_fee < max(div_down(ONE, p.leverage), first) for _, kept, first in row.margin_tiers),
                f"in every tier of {row.ccy} maintenance rate plus taker_fee must be below the initial margin, else a "
                "new loan is liquidated at once",
            )
            for row in p.currencies.values()
        ),
        (p.convert_min_quote <= p.convert_max_quote, "convert_min_quote must not be above convert_max_quote"),
        (p.rate_least <= p.rate_most, "rate_least must not be above rate_most"),
        (
            p.spot_liquidation_ratio <= p.spot_liquidation_target,
            "spot_liquidation_ratio must not be above spot_liquidation_target",
        ),
        (
            ONE * ONE // p.loan_initial <= ONE * ONE // p.loan_liquidation - p.loan_margin_call_gap,
            "1 / loan_initial must not be above 1 / loan_liquidation - loan_margin_call_gap",
        ),
        (
            0 < p.loan_e_mode_initial <= p.loan_e_mode_margin_call <= p.loan_e_mode_liquidation,
            "loan_e_mode_initial, _margin_call and _liquidation must be above zero and rise",
        ),
        *(
            (item.min_size % item.lot == 0, f"min_size of {item.instrument} must be a multiple of its lot")
            for item in p.instruments.values()
        ),
        *(
            (
                row.discount_step == 0 or row.discount_step >= STEP_LEAST,
                f"discount_step of {row.ccy} must be 0 or at least {text_from_atoms(STEP_LEAST)}",
            )
            for row in p.currencies.values()
        ),
    ]
    for holds, rule in rules:
        if not holds:
            raise Rejected(Reject.PARAMETERS_DISAGREE, because=rule).because(rule=rule)


@applies(ParametersChanged)
def _parameters_changed(state: State, stamp: Stamp, event: ParametersChanged) -> None:
    """Change parameters. Accounts whose debts have a quota are charged by the old one first."""
    if any(setting.field in QUOTAS for setting in event.settings):
        for user in free_quota.users(state):
            charging.charge_user(state, user)
    share_before = state.parameters.index_own_share
    state.parameters = with_settings(state.parameters, event.settings)
    if state.parameters.index_own_share != share_before:
        for market in state.markets.values():
            prices.reindex(state, market)
    transient.of(state).everybody = True
    for setting in event.settings:
        state.changed_parameters[path_of(setting.table, setting.row, setting.field)] = stamp.at_ms
