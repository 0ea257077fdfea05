"""Parameters of the exchange: instruments, currencies, fees, delays. They are part of the state; commands change them.

Each one is declared here and nowhere else: its name, kind of value, unit, and the range it may be changed in, or why
it may not. The packaged table, patches, control answers and the command line all follow from these declarations
(decisions/010). Values are in `tallystick/data/parameters.json`, each beside its source; descriptions for users are
in `contract/words/parameters.py`, with the exchange's words.

A range excludes values that would break the arithmetic. It does not exclude values that would be bad business:
users run the venue to try those.
"""

from __future__ import annotations

import enum
from functools import cached_property
from typing import Annotated, NamedTuple, TypeAlias, get_type_hints

from msgspec import Struct

from tallystick.engine.amounts import ONE

INSTRUMENTS, CURRENCIES, CONSTANTS = "instruments", "currencies", "constants"
STEP_LEAST = ONE // 1_000
"""Least step of the rates beyond the last tier: a thousand steps are counted fast enough, more are not."""
LEVERAGE_LEAST = ONE
LEVERAGE_MOST = 10 * ONE
AMOUNT_MOST = 10**12 * ONE
_MINUTE_MS, _HOUR_MS, _DAY_MS = 60_000, 3_600_000, 86_400_000


class Kind(enum.Enum):
    """Form of a value: in the engine on the left, as text on the right."""

    NUMBER = "atoms, or a rate per 10**18; decimal text"
    COUNT = "a whole number, or milliseconds"
    FLAG = "true or false"
    TIERS = "(upper bound, rate) pairs, both per 10**18"
    NAMES = "currencies"
    PAIRS = "(collateral, loan) currencies"
    MARGIN_TIERS = "(upper bound, maintenance rate, initial rate), all per 10**18"
    LEVELS = "(level, number per 10**18) pairs"
    TEXT = "a name"


class Unit(enum.Enum):
    """Unit of a value; of tiers and levels the unit of the bound or number. Names and flags have none."""

    NONE = ""
    COINS = "coins"
    """Coins of the row's currency."""
    BASE = "base coins"
    QUOTE = "quote coins"
    PRICE = "quote coins for one base coin"
    TRANSIT = "transit coins"
    USD = "USD"
    FRACTION = "fraction"
    """Fraction: 0.001 is 0.1 %."""
    FRACTION_A_YEAR = "fraction a year"
    MULTIPLE = "multiple"
    COUNT = "count"
    DIGITS = "digits"
    MS = "milliseconds"
    UNIX_MS = "Unix milliseconds"


class Lever(NamedTuple):
    """Declaration of one number. `least` and `most` are inclusive, for NUMBER, COUNT and LEVELS.

    `fixed` says why it cannot be changed at run time; empty means that it can.
    """

    kind: Kind
    unit: Unit = Unit.NONE
    least: int = 0
    most: int = 0
    fixed: str = ""


def _fixed(kind: Kind, unit: Unit, because: str) -> Lever:
    return Lever(kind, unit, fixed=because)


def _number(unit: Unit, least: int = 0, most: int = AMOUNT_MOST) -> Lever:
    return Lever(Kind.NUMBER, unit, least, most)


def _fraction(least: int = 0, most: int = ONE) -> Lever:
    return Lever(Kind.NUMBER, Unit.FRACTION, least, most)


def _count(most: int) -> Lever:
    return Lever(Kind.COUNT, Unit.COUNT, 1, most)


def _ms(least: int, most: int) -> Lever:
    return Lever(Kind.COUNT, Unit.MS, least, most)


Flag: TypeAlias = Annotated[bool, Lever(Kind.FLAG)]
Names: TypeAlias = Annotated[tuple[str, ...], Lever(Kind.NAMES)]
Coins: TypeAlias = Annotated[int, _number(Unit.COINS)]
LeastCoins: TypeAlias = Annotated[int, _number(Unit.COINS, 1)]
TierSize: TypeAlias = Annotated[int, _number(Unit.COINS, ONE // 10**8)]
Quote: TypeAlias = Annotated[int, _number(Unit.QUOTE)]
Usd: TypeAlias = Annotated[int, _number(Unit.USD)]
Share: TypeAlias = Annotated[int, _fraction()]
Fee: TypeAlias = Annotated[int, _fraction(most=ONE // 10)]
Half: TypeAlias = Annotated[int, _fraction(most=ONE // 2)]
Slice: TypeAlias = Annotated[int, _fraction(least=ONE // 100)]
YearRate: TypeAlias = Annotated[int, _number(Unit.FRACTION_A_YEAR, 0, 10 * ONE)]
Divisor: TypeAlias = Annotated[int, _number(Unit.MULTIPLE, ONE, 100 * ONE)]
Ratio: TypeAlias = Annotated[int, _number(Unit.MULTIPLE, ONE, 10 * ONE)]
CoinsOfCall: TypeAlias = Annotated[int, _count(50)]
Orders: TypeAlias = Annotated[int, _count(1_000_000)]
Lag: TypeAlias = Annotated[int, _ms(0, _MINUTE_MS)]
Delay: TypeAlias = Annotated[int, _ms(0, _HOUR_MS)]
Pause: TypeAlias = Annotated[int, _ms(_MINUTE_MS, 365 * _DAY_MS)]


class Instrument(Struct, frozen=True, forbid_unknown_fields=True):
    """Spot pair."""

    instrument: str
    base_ccy: Annotated[str, _fixed(Kind.TEXT, Unit.NONE, "it is what the pair is")]
    quote_ccy: Annotated[str, _fixed(Kind.TEXT, Unit.NONE, "it is what the pair is")]
    tick: Annotated[int, _fixed(Kind.NUMBER, Unit.PRICE, "resting orders stand on it")]
    lot: Annotated[int, _fixed(Kind.NUMBER, Unit.BASE, "open orders are filled in it")]
    min_size: Annotated[int, _number(Unit.BASE, 1)]
    depth_quote: Quote
    listed_at_ms: Annotated[int, _fixed(Kind.COUNT, Unit.UNIX_MS, "it is in the past")]


class Currency(Struct, frozen=True, forbid_unknown_fields=True):
    """Coin: how it counts as collateral, what it costs to borrow, and how much of it there is to borrow."""

    ccy: str
    discount_tiers: Annotated[tuple[tuple[int, int], ...], Lever(Kind.TIERS, Unit.COINS)]
    """Marginal tiers; above the last bound the last rate falls by `discount_step` a bound."""
    discount_step: Share
    discount_step_size: TierSize
    margin_tiers: Annotated[tuple[tuple[int, int, int], ...], Lever(Kind.MARGIN_TIERS, Unit.COINS)]
    """Borrow tiers. Both rates apply to all of a debt, not to the part within the tier."""
    margin_step: Annotated[int, _fraction(least=STEP_LEAST)]
    margin_step_size: TierSize
    rate_per_year: YearRate
    quota: Coins
    pool: Annotated[
        int,
        _fixed(Kind.NUMBER, Unit.COINS, "what lenders put in at the first start; their coins move by themselves"),
    ]
    min_borrow: LeastCoins
    loan_max: Coins
    borrowable: Flag
    collateral: Flag
    decimals: Annotated[int, Lever(Kind.COUNT, Unit.DIGITS, 0, 18)]
    name: Annotated[str, _fixed(Kind.TEXT, Unit.NONE, "it is only a name")]
    loanable: Flag
    collateral_limit: Usd
    level_quotas: Annotated[tuple[tuple[str, int], ...], Lever(Kind.LEVELS, Unit.COINS, 0, AMOUNT_MOST)]
    free_quota: Coins
    free_quota_equity: Names


class Parameters(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """All parameters: instruments and currencies by name, and the constants."""

    instruments: dict[str, Instrument]
    currencies: dict[str, Currency]
    transit_ccy: Annotated[str, _fixed(Kind.TEXT, Unit.NONE, "every pair is quoted in it")]
    bridge_ccy: Annotated[
        str, _fixed(Kind.TEXT, Unit.NONE, "pairs that are not quoted in the transit coin are quoted in it")
    ]
    taker_fee: Fee
    maker_fee: Fee
    leverage: Annotated[int, _number(Unit.MULTIPLE, LEVERAGE_LEAST, LEVERAGE_MOST)]
    quota_levels: Annotated[tuple[tuple[str, int], ...], Lever(Kind.LEVELS, Unit.MULTIPLE, 0, 1_000_000 * ONE)]
    """Quota levels, the lowest first."""
    orders_max_per_instrument: Orders
    orders_max: Orders
    repay_bound: Half
    repay_first_delay_ms: Delay
    repay_leg_delay_ms: Delay
    repay_reply_lag_ms: Lag
    repay_order_id_lag_ms: Lag
    repay_min_usd: Usd
    repay_coins_max: CoinsOfCall
    repay_enabled: Flag
    convert_ttl_ms: Annotated[int, _ms(1, _DAY_MS)]
    convert_half_spread: Half
    convert_half_spread_stable: Half
    convert_min_quote: Quote
    convert_max_quote: Quote
    easy_convert_max_usd: Usd
    easy_convert_coins_max: CoinsOfCall
    easy_convert_ccys: Names
    loan_initial: Divisor
    loan_liquidation: Divisor
    loan_margin_call_gap: Half
    loan_adjusted_ltv: Flag
    loan_request_window_ms: Annotated[int, _ms(0, _DAY_MS)]
    loan_liquidation_fee: Annotated[int, _fraction(most=ONE // 5)]
    loan_close_factor: Slice
    loan_small_usd: Usd
    loan_dust_usd: Usd
    loan_warning_every_ms: Pause
    loan_e_mode_initial: Share
    loan_e_mode_margin_call: Share
    loan_e_mode_liquidation: Share
    loan_e_mode_pairs: Annotated[tuple[tuple[str, str], ...], Lever(Kind.PAIRS)]
    loan_repay_coins_max: CoinsOfCall
    forced_repayment_usage: Annotated[int, _fraction(least=ONE // 10)]
    insurance_fund: Annotated[
        int, _fixed(Kind.NUMBER, Unit.TRANSIT, "what the fund held at the first start; it has moved since")
    ]
    rate_base: YearRate
    rate_slope: YearRate
    rate_kink: Annotated[int, _fraction(ONE // 100, ONE - ONE // 100)]
    rate_slope_beyond: YearRate
    rate_least: YearRate
    rate_most: YearRate
    spot_warning_ratio: Annotated[int, _number(Unit.MULTIPLE, 0, 100 * ONE)]
    spot_warning_every_ms: Pause
    spot_liquidation_ratio: Ratio
    spot_liquidation_target: Ratio
    spot_liquidation_bound: Half
    spot_liquidation_slice: Slice
    index_own_share: Share
    collateral_conversion: Annotated[int, _number(Unit.MULTIPLE, ONE, 100 * ONE)]
    stable_ccys: Names
    major_ccys: Names
    convert_half_spread_other: Half
    convert_large_factor: Annotated[int, _number(Unit.MULTIPLE, ONE, 1_000_000 * ONE)]
    loan_settlement_delay_ms: Delay
    lender_share: Share
    price_age_max_ms: Annotated[int, _ms(0, 365 * _DAY_MS)]
    exchange_enabled: Flag
    exchange_target: Share
    exchange_every_ms: Annotated[int, _ms(0, _DAY_MS)]
    borrow_froz_debts: Flag
    margin_repay_history: Flag

    @cached_property
    def capped(self) -> tuple[str, ...]:
        """Coins with a limit as collateral, in their order. Each price asks for them."""
        return tuple(ccy for ccy, currency in self.currencies.items() if currency.collateral_limit)


Row: TypeAlias = Instrument | Currency | Parameters


def _levers(shape: type[Row]) -> dict[str, Lever]:
    hints = get_type_hints(shape, include_extras=True)
    return {
        name: mark
        for name, hint in hints.items()
        for mark in getattr(hint, "__metadata__", ())
        if isinstance(mark, Lever)
    }


LEVERS: dict[str, dict[str, Lever]] = {
    INSTRUMENTS: _levers(Instrument),
    CURRENCIES: _levers(Currency),
    CONSTANTS: _levers(Parameters),
}
"""Declarations: table -> field -> lever. Rows of "instruments" and "currencies" have names; "constants" has one, ""."""


def path_of(table: str, row: str, field: str) -> str:
    """Name of a parameter in answers and refusals: currencies.BTC.quota, constants.taker_fee."""
    return f"{table}.{row}.{field}" if row else f"{table}.{field}"
