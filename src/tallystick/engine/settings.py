"""Changing the exchange's numbers while the venue runs: which there are, what they may be, and the change itself.

`LEVERS` names every field of every parameter row, also those that stay as they are, with the reason
(chosen: decisions/010). A range keeps out what would make the arithmetic stand still or turn round;
it does not keep out what would be bad business, because trying that is what the venue is for.
"""

from __future__ import annotations

import enum
from typing import Any, NamedTuple, TypeAlias

from msgspec.structs import replace

from tallystick.engine import derived, orders, prices, risk
from tallystick.engine.amounts import ONE, div_down, text_from_atoms
from tallystick.engine.commands import ChangeParameters, Setting
from tallystick.engine.events import ParametersChanged
from tallystick.engine.parameters import Currency, Instrument, Parameters
from tallystick.engine.rejects import Reject, Rejected
from tallystick.engine.state import State
from tallystick.engine.work import Stamp, Work, applies

INSTRUMENTS, CURRENCIES, CONSTANTS = "instruments", "currencies", "constants"
TIERS_MAX = 200
STEP_LEAST = ONE // 1_000
"""Rates beyond the last tier change step by step: a thousand steps are counted soon enough, more are not."""

_AMOUNT = 10**12 * ONE
_MINUTE_MS, _HOUR_MS, _DAY_MS = 60_000, 3_600_000, 86_400_000


class Kind(enum.Enum):
    """What a value is: in the engine on the left, as text on the right."""

    NUMBER = "atoms, or a rate per 10**18; decimal text"
    COUNT = "a whole number, or milliseconds"
    FLAG = "true or false"
    TIERS = "(upper bound, rate) pairs, both per 10**18"
    NAMES = "currencies"
    PAIRS = "(collateral, loan) currencies"
    MARGIN_TIERS = "(upper bound, maintenance rate, initial rate), all per 10**18"
    LEVELS = "(level, number per 10**18) pairs"
    TEXT = "a name"


class Lever(NamedTuple):
    """`least` and `most` are inclusive, for NUMBER, COUNT and LEVELS. `fixed` says why it cannot be changed."""

    kind: Kind
    least: int = 0
    most: int = 0
    fixed: str = ""


_RATE = Lever(Kind.NUMBER, 0, ONE)
_COINS = Lever(Kind.NUMBER, 0, _AMOUNT)
_FLAG = Lever(Kind.FLAG)

LEVERS: dict[str, dict[str, Lever]] = {
    INSTRUMENTS: {
        "base_ccy": Lever(Kind.TEXT, fixed="it is what the pair is"),
        "quote_ccy": Lever(Kind.TEXT, fixed="it is what the pair is"),
        "tick": Lever(Kind.NUMBER, fixed="resting orders stand on it"),
        "lot": Lever(Kind.NUMBER, fixed="open orders are filled in it"),
        "min_size": Lever(Kind.NUMBER, 1, _AMOUNT),
        "depth_quote": _COINS,
        "listed_at_ms": Lever(Kind.COUNT, fixed="it is in the past"),
    },
    CURRENCIES: {
        "discount_tiers": Lever(Kind.TIERS),
        "discount_step": _RATE,
        "discount_step_size": Lever(Kind.NUMBER, ONE // 10**8, _AMOUNT),
        "margin_tiers": Lever(Kind.MARGIN_TIERS),
        "margin_step": Lever(Kind.NUMBER, STEP_LEAST, ONE),
        "margin_step_size": Lever(Kind.NUMBER, ONE // 10**8, _AMOUNT),
        "rate_per_year": Lever(Kind.NUMBER, 0, 10 * ONE),
        "quota": _COINS,
        "pool": Lever(Kind.NUMBER, fixed="what lenders put in at the first start; their coins move by themselves"),
        "min_borrow": Lever(Kind.NUMBER, 1, _AMOUNT),
        "loan_max": _COINS,
        "borrowable": _FLAG,
        "collateral": _FLAG,
        "decimals": Lever(Kind.COUNT, 0, 18),
        "name": Lever(Kind.TEXT, fixed="it is only a name"),
        "loanable": _FLAG,
        "collateral_limit": _COINS,
        "level_quotas": Lever(Kind.LEVELS, 0, _AMOUNT),
    },
    CONSTANTS: {
        "transit_ccy": Lever(Kind.TEXT, fixed="every pair is quoted in it"),
        "bridge_ccy": Lever(Kind.TEXT, fixed="pairs that are not quoted in the transit coin are quoted in it"),
        "taker_fee": Lever(Kind.NUMBER, 0, ONE // 10),
        "maker_fee": Lever(Kind.NUMBER, 0, ONE // 10),
        "leverage": Lever(Kind.NUMBER, ONE, 10 * ONE),
        "quota_levels": Lever(Kind.LEVELS, 0, 1_000_000 * ONE),
        "orders_max_per_instrument": Lever(Kind.COUNT, 1, 1_000_000),
        "orders_max": Lever(Kind.COUNT, 1, 1_000_000),
        "repay_bound": Lever(Kind.NUMBER, 0, ONE // 2),
        "repay_first_delay_ms": Lever(Kind.COUNT, 0, _HOUR_MS),
        "repay_leg_delay_ms": Lever(Kind.COUNT, 0, _HOUR_MS),
        "repay_reply_lag_ms": Lever(Kind.COUNT, 0, _MINUTE_MS),
        "repay_order_id_lag_ms": Lever(Kind.COUNT, 0, _MINUTE_MS),
        "repay_min_usd": _COINS,
        "repay_coins_max": Lever(Kind.COUNT, 1, 50),
        "repay_enabled": _FLAG,
        "convert_ttl_ms": Lever(Kind.COUNT, 1, _DAY_MS),
        "convert_half_spread": Lever(Kind.NUMBER, 0, ONE // 2),
        "convert_half_spread_stable": Lever(Kind.NUMBER, 0, ONE // 2),
        "convert_half_spread_other": Lever(Kind.NUMBER, 0, ONE // 2),
        "convert_large_factor": Lever(Kind.NUMBER, ONE, 1_000_000 * ONE),
        "convert_min_quote": _COINS,
        "convert_max_quote": _COINS,
        "easy_convert_max_usd": _COINS,
        "easy_convert_coins_max": Lever(Kind.COUNT, 1, 50),
        "easy_convert_ccys": Lever(Kind.NAMES),
        "loan_initial": Lever(Kind.NUMBER, ONE, 100 * ONE),
        "loan_liquidation": Lever(Kind.NUMBER, ONE, 100 * ONE),
        "loan_margin_call_gap": Lever(Kind.NUMBER, 0, ONE // 2),
        "loan_adjusted_ltv": _FLAG,
        "loan_collateral_max": Lever(Kind.COUNT, 1, 50),
        "loan_request_window_ms": Lever(Kind.COUNT, 0, _DAY_MS),
        "loan_settlement_delay_ms": Lever(Kind.COUNT, 0, _HOUR_MS),
        "loan_liquidation_fee": Lever(Kind.NUMBER, 0, ONE // 5),
        "loan_close_factor": Lever(Kind.NUMBER, ONE // 100, ONE),
        "loan_small_usd": _COINS,
        "loan_dust_usd": _COINS,
        "loan_warning_every_ms": Lever(Kind.COUNT, _MINUTE_MS, 365 * _DAY_MS),
        "loan_e_mode_initial": _RATE,
        "loan_e_mode_margin_call": _RATE,
        "loan_e_mode_liquidation": _RATE,
        "loan_e_mode_pairs": Lever(Kind.PAIRS),
        "loan_repay_coins_max": Lever(Kind.COUNT, 1, 50),
        "forced_repayment_usage": Lever(Kind.NUMBER, ONE // 10, ONE),
        "insurance_fund": Lever(Kind.NUMBER, fixed="what the fund held at the first start; it has moved since"),
        "stable_ccys": Lever(Kind.NAMES),
        "major_ccys": Lever(Kind.NAMES),
        "price_age_max_ms": Lever(Kind.COUNT, 0, 365 * _DAY_MS),
        "lender_share": _RATE,
        "rate_base": Lever(Kind.NUMBER, 0, 10 * ONE),
        "rate_slope": Lever(Kind.NUMBER, 0, 10 * ONE),
        "rate_kink": Lever(Kind.NUMBER, ONE // 100, ONE - ONE // 100),
        "rate_slope_beyond": Lever(Kind.NUMBER, 0, 10 * ONE),
        "rate_least": Lever(Kind.NUMBER, 0, 10 * ONE),
        "rate_most": Lever(Kind.NUMBER, 0, 10 * ONE),
        "spot_warning_ratio": Lever(Kind.NUMBER, 0, 100 * ONE),
        "spot_warning_every_ms": Lever(Kind.COUNT, _MINUTE_MS, 365 * _DAY_MS),
        "spot_liquidation_ratio": Lever(Kind.NUMBER, ONE, 10 * ONE),
        "spot_liquidation_target": Lever(Kind.NUMBER, ONE, 10 * ONE),
        "spot_liquidation_bound": Lever(Kind.NUMBER, 0, ONE // 2),
        "spot_liquidation_slice": Lever(Kind.NUMBER, ONE // 100, ONE),
        "index_own_share": _RATE,
        "collateral_conversion": Lever(Kind.NUMBER, ONE, 100 * ONE),
    },
}
"""Table -> field -> what it may be. Rows of "instruments" and "currencies" are by name, "constants" has one row, ""."""

Row: TypeAlias = Instrument | Currency | Parameters


def path_of(table: str, row: str, field: str) -> str:
    """How a parameter is called in answers and refusals: currencies.BTC.quota, constants.taker_fee."""
    return f"{table}.{row}.{field}" if row else f"{table}.{field}"


def row_of(parameters: Parameters, table: str, row: str) -> Row:
    """Rejects: UNKNOWN_INSTRUMENT, UNKNOWN_CCY, UNKNOWN_PARAMETER (no such table)."""
    if table == INSTRUMENTS:
        if row not in parameters.instruments:
            raise Rejected(Reject.UNKNOWN_INSTRUMENT, instId=row)
        return parameters.instruments[row]
    if table == CURRENCIES:
        if row not in parameters.currencies:
            raise Rejected(Reject.UNKNOWN_CCY, ccy=row)
        return parameters.currencies[row]
    if table != CONSTANTS or row:
        raise Rejected(Reject.UNKNOWN_PARAMETER, parameter=path_of(table, row, ""))
    return parameters


def change_parameters(work: Work, command: ChangeParameters) -> None:
    """Change numbers of the exchange, all of them or none. What is already so is left out.

    Rejects, for each setting in the order given: UNKNOWN_INSTRUMENT, UNKNOWN_CCY, UNKNOWN_PARAMETER,
    PARAMETER_FIXED, PARAMETER_OUT_OF_RANGE; then for all together PARAMETERS_DISAGREE.
    Emits: ParametersChanged, then fills of orders that another depth crosses, then what the new numbers
    do to debts (`risk.review`), as after a price.
    """
    parameters = work.state.parameters
    wanted: dict[tuple[str, str, str], Setting] = {}
    for setting in command.settings:
        _require_possible(parameters, setting)
        wanted[setting.table, setting.row, setting.field] = setting
    changed = tuple(
        setting
        for setting in wanted.values()
        if getattr(row_of(parameters, setting.table, setting.row), setting.field) != setting.value
    )
    if not changed:
        return
    _require_agreement(with_settings(parameters, changed))
    work.emit(ParametersChanged(settings=changed))
    for setting in changed:
        if setting.field == "depth_quote":
            orders.fill_crossed(work, setting.row)
    risk.review(work)


def with_settings(parameters: Parameters, settings: tuple[Setting, ...]) -> Parameters:
    """The parameters after these changes; the old ones are left as they are."""
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


def _require_possible(parameters: Parameters, setting: Setting) -> None:
    row_of(parameters, setting.table, setting.row)
    path = path_of(setting.table, setting.row, setting.field)
    lever = LEVERS[setting.table].get(setting.field)
    if lever is None:
        raise Rejected(Reject.UNKNOWN_PARAMETER, parameter=path)
    if lever.fixed:
        raise Rejected(Reject.PARAMETER_FIXED, parameter=path, because=lever.fixed)
    if lever.kind in (Kind.NUMBER, Kind.COUNT):
        if type(setting.value) is not int or not lever.least <= setting.value <= lever.most:
            least, most = limits_text(lever)
            raise Rejected(Reject.PARAMETER_OUT_OF_RANGE, parameter=path, least=least, most=most)
        return
    if lever.kind is Kind.LEVELS:
        problem = _problem_with_levels(parameters, lever, setting)
    else:
        problem = _problem_with(parameters, lever.kind, setting.value)
    if problem:
        raise Rejected(Reject.PARAMETER_OUT_OF_RANGE, parameter=path, because=problem)


def limits_text(lever: Lever) -> tuple[str, str]:
    """Least and most of a NUMBER or COUNT, or of each number of LEVELS, as they are written in answers."""
    if lever.kind is Kind.COUNT:
        return str(lever.least), str(lever.most)
    return text_from_atoms(lever.least), text_from_atoms(lever.most)


def _problem_with(parameters: Parameters, kind: Kind, value: object) -> str:
    """Why a value that is no single number cannot be; "" when it can."""
    if kind is Kind.FLAG:
        return "" if type(value) is bool else "it is true or false"
    if type(value) is not tuple:
        return "it is a list"
    if kind is Kind.TIERS:
        return _problem_with_tiers(value)
    if kind is Kind.MARGIN_TIERS:
        return _problem_with_margin_tiers(value)
    if kind is Kind.PAIRS and any(type(pair) is not tuple or len(pair) != 2 or pair[0] == pair[1] for pair in value):
        return "it is a list of pairs of two currencies"
    names = [name for pair in value for name in pair] if kind is Kind.PAIRS else list(value)
    unknown = [name for name in names if type(name) is not str or name not in parameters.currencies]
    if unknown:
        return f"there is no currency {str(unknown[0])[:40]}"
    return "it names the same twice" if len(set(value)) != len(value) else ""


def _problem_with_levels(parameters: Parameters, lever: Lever, setting: Setting) -> str:
    """Accounts stand on levels, so their names and order stay; a currency may name some of them."""
    pairs: Any = setting.value
    known = [name for name, _ in parameters.quota_levels]
    if type(pairs) is not tuple or any(type(pair) is not tuple or len(pair) != 2 for pair in pairs):
        return "it is a list of levels and numbers"
    names = [name for name, _ in pairs]
    if setting.table == CONSTANTS and names != known:
        return f"it names the levels {' '.join(known)}"
    if any(name not in known for name in names) or len(set(names)) != len(names):
        return f"it names levels of {' '.join(known)}, each once"
    least, most = limits_text(lever)
    if any(type(number) is not int or not lever.least <= number <= lever.most for _, number in pairs):
        return f"its numbers are between {least} and {most}"
    return ""


def _problem_with_bounds(tiers: tuple[Any, ...], numbers: int) -> str:
    """Why these are no tiers of so many numbers, the first of them an upper bound."""
    for tier in tiers:
        if type(tier) is not tuple or len(tier) != numbers or any(type(number) is not int for number in tier):
            return "a tier is an upper bound and a rate" if numbers == 2 else "a tier is an upper bound and two rates"
    if not 1 <= len(tiers) <= TIERS_MAX:
        return f"there are 1 to {TIERS_MAX} tiers"
    bounds = [tier[0] for tier in tiers]
    if bounds != sorted(set(bounds)) or bounds[0] <= 0 or bounds[-1] > _AMOUNT:
        return "the upper bounds are above zero and rise"
    return ""


def _problem_with_margin_tiers(tiers: tuple[Any, ...]) -> str:
    if problem := _problem_with_bounds(tiers, 3):
        return problem
    for rates in ([tier[1] for tier in tiers], [tier[2] for tier in tiers]):
        if rates != sorted(rates) or rates[0] <= 0 or rates[-1] > ONE:
            return "the rates are above 0, at most 1, and do not fall"
    return ""


def _problem_with_tiers(tiers: tuple[Any, ...]) -> str:
    if problem := _problem_with_bounds(tiers, 2):
        return problem
    rates = [rate for _, rate in tiers]
    if rates != sorted(rates, reverse=True) or rates[0] > ONE or rates[-1] < 0:
        return "the rates are between 0 and 1 and do not rise"
    return ""


def _require_agreement(parameters: Parameters) -> None:
    """Rejects: PARAMETERS_DISAGREE. Each rule keeps an order that the engine counts on."""
    p = parameters
    rules = [
        *(
            (
                all(kept + p.taker_fee < max(div_down(ONE, p.leverage), first) for _, kept, first in row.margin_tiers),
                f"in every tier of {row.ccy} maintenance rate and taker_fee stay below the initial margin, else a new "
                "loan is liquidated at once",
            )
            for row in p.currencies.values()
        ),
        (p.convert_min_quote <= p.convert_max_quote, "convert_min_quote is not above convert_max_quote"),
        (p.rate_least <= p.rate_most, "rate_least is not above rate_most"),
        (
            p.spot_liquidation_ratio <= p.spot_liquidation_target,
            "spot_liquidation_ratio is not above spot_liquidation_target",
        ),
        (
            ONE * ONE // p.loan_initial <= ONE * ONE // p.loan_liquidation - p.loan_margin_call_gap,
            "1 / loan_initial is not above 1 / loan_liquidation - loan_margin_call_gap",
        ),
        (
            0 < p.loan_e_mode_initial <= p.loan_e_mode_margin_call <= p.loan_e_mode_liquidation,
            "loan_e_mode_initial, _margin_call and _liquidation are above zero and rise",
        ),
        *(
            (item.min_size % item.lot == 0, f"min_size of {item.instrument} is a multiple of its lot")
            for item in p.instruments.values()
        ),
        *(
            (
                row.discount_step == 0 or row.discount_step >= STEP_LEAST,
                f"discount_step of {row.ccy} is 0 or at least {text_from_atoms(STEP_LEAST)}",
            )
            for row in p.currencies.values()
        ),
    ]
    for holds, rule in rules:
        if not holds:
            raise Rejected(Reject.PARAMETERS_DISAGREE, because=rule)


@applies(ParametersChanged)
def _parameters_changed(state: State, stamp: Stamp, event: ParametersChanged) -> None:
    share_before = state.parameters.index_own_share
    state.parameters = with_settings(state.parameters, event.settings)
    if state.parameters.index_own_share != share_before:
        for market in state.markets.values():
            prices.reindex(state, market)
    derived.of(state).everybody = True
    for setting in event.settings:
        state.changed_parameters[path_of(setting.table, setting.row, setting.field)] = stamp.at_ms
