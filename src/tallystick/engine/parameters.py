"""Numbers the exchange sets: instruments, currencies, fees, delays. Data, loaded once, part of the state.

The packaged table is `tallystick/data/parameters.json`; each row there names its source. Here are
only the shapes.
"""

from __future__ import annotations

from msgspec import Struct


class Instrument(Struct, frozen=True):
    """Spot pair. Sizes in atoms of the base, tick per 10**18 quote per base."""

    instrument: str
    base_ccy: str
    quote_ccy: str
    tick: int
    lot: int
    min_size: int
    depth_quote: int
    """Quote value the house shows within 1 % of the middle on each side, in atoms."""
    listed_at_ms: int = 0


class Currency(Struct, frozen=True):
    ccy: str
    discount_tiers: tuple[tuple[int, int], ...]
    """(upper bound in atoms, rate): marginal; above the last bound the last rate falls by `discount_step` a bound."""
    discount_step: int
    discount_step_size: int
    margin_tiers: tuple[tuple[int, int, int], ...]
    """Borrow tiers: (upper bound in atoms, maintenance margin rate, initial margin rate), both on all of a debt."""
    margin_step: int
    """What both rates rise by from tier to tier above the last bound."""
    margin_step_size: int
    """Size in atoms of every tier above the last bound."""
    rate_per_year: int
    """Borrowing rate set by hand; 0 is the curve of the pool's usage (see `rates`)."""
    quota: int
    pool: int
    min_borrow: int
    loan_max: int
    borrowable: bool = True
    collateral: bool = True
    decimals: int = 18
    """Most fraction digits an amount given by a user may have."""
    name: str = ""
    loanable: bool = True
    collateral_limit: int = 0
    """USD of debts this coin may back on the whole platform, in atoms; 0 is no limit."""
    level_quotas: tuple[tuple[str, int], ...] = ()
    """(level, quota in atoms): levels whose quota of this coin is no multiple of `quota` but a number of its own."""


class Parameters(Struct, frozen=True):
    instruments: dict[str, Instrument]
    currencies: dict[str, Currency]
    transit_ccy: str
    bridge_ccy: str
    """Coins without a pair with the transit coin are priced and sold over this one."""
    taker_fee: int
    maker_fee: int
    leverage: int
    quota_levels: tuple[tuple[str, int], ...]
    """(level, coefficient per 10**18), lowest level first: what the quota of every coin is multiplied by."""
    orders_max_per_instrument: int
    """With so many open orders for an instrument a user gets no further one."""
    orders_max: int
    """The same for all instruments together."""
    repay_bound: int
    repay_first_delay_ms: int
    repay_leg_delay_ms: int
    repay_reply_lag_ms: int
    repay_order_id_lag_ms: int
    repay_min_usd: int
    repay_coins_max: int
    repay_enabled: bool
    """Whether one-click repay takes requests; runs under way go on."""
    convert_ttl_ms: int
    convert_half_spread: int
    convert_half_spread_stable: int
    convert_min_quote: int
    convert_max_quote: int
    easy_convert_max_usd: int
    """Balances worth less than this can be converted."""
    easy_convert_coins_max: int
    easy_convert_ccys: tuple[str, ...]
    """What small balances can become."""
    loan_initial: int
    """Divisor of the discounted share for the initial LTV (1.4)."""
    loan_liquidation: int
    """Divisor for the liquidation LTV (1.015)."""
    loan_margin_call_gap: int
    loan_adjusted_ltv: bool
    """Whether the first surface too shows the LTV of loans over the adjusted value of the collateral."""
    loan_collateral_max: int
    loan_request_window_ms: int
    loan_liquidation_fee: int
    """Share of the sale value that a liquidation costs; to the insurance fund."""
    loan_close_factor: int
    """Share of each loan coin that one partial liquidation repays."""
    loan_small_usd: int
    """Below so much owed, a liquidation is always full."""
    loan_dust_usd: int
    """A loan left with less than this after a partial liquidation is closed."""
    loan_warning_every_ms: int
    loan_e_mode_initial: int
    loan_e_mode_margin_call: int
    loan_e_mode_liquidation: int
    loan_e_mode_pairs: tuple[tuple[str, str], ...]
    """(collateral, loan) currencies whose prices go together."""
    loan_repay_coins_max: int
    forced_repayment_usage: int
    """Usage of a pool to which forced repayment brings it back."""
    insurance_fund: int
    """USDT the fund begins with, in atoms."""
    rate_base: int
    """Borrowing rate a year while nothing of a pool is lent out."""
    rate_slope: int
    """What is added to it until the usage reaches `rate_kink`."""
    rate_kink: int
    rate_slope_beyond: int
    """What is added from the kink until everything is lent out."""
    rate_least: int
    rate_most: int
    spot_warning_ratio: int
    """At or below this margin ratio a user is warned."""
    spot_warning_every_ms: int
    spot_liquidation_ratio: int
    """At or below this margin ratio debts are paid by force."""
    spot_liquidation_target: int
    """Above this margin ratio the forced payment ends."""
    spot_liquidation_bound: int
    """How far from the index a forced order may trade."""
    spot_liquidation_slice: int
    """Share of a debt that one forced step pays."""
    index_own_share: int
    """Share of the venue's own last trade in the index, per 10**18; the rest is the recorded price."""
    collateral_conversion: int
    """Usage of a collateral limit from which the coin is sold until it is back at the limit."""
    stable_ccys: tuple[str, ...] = ("USDT", "USDC")
    major_ccys: tuple[str, ...] = ("BTC", "ETH")
    convert_half_spread_other: int = 2 * 10**15
    """Of a pair with a coin that is neither stable nor a major."""
    convert_large_factor: int = 20 * 10**18
    """How many times as much as ordinary a large conversion may be worth, per 10**18."""
    loan_settlement_delay_ms: int = 1_000
    """From the acceptance of a loan request that settles later to its settlement; 0 settles it at once."""
    lender_share: int = 85 * 10**16
    """Share of what borrowers pay that lenders are told they earn; shown and not booked."""
    price_age_max_ms: int = 0
    """How old a recorded price may be and still be used; 0 is any age. A price set by hand never grows old."""
