from __future__ import annotations

import msgspec
import pytest

from tallystick.engine.amounts import ONE
from tallystick.venue.parameters import load_parameters, packaged_table, table_from
from tallystick.venue.recording import RECORDED, STEADY


def test_the_figures_of_the_documents() -> None:
    """Documented: fees of level 1, life of a quote, ten collateral entries. Observed: bound and pace of the sample."""
    parameters = load_parameters()
    assert (parameters.taker_fee, parameters.maker_fee) == (ONE // 1000, ONE * 8 // 10_000)
    assert (parameters.convert_ttl_ms, parameters.loan_collateral_max) == (10_000, 10)
    assert (parameters.repay_bound, parameters.repay_first_delay_ms) == (ONE * 5 // 1000, 474)
    assert parameters.leverage == 3 * ONE
    bitcoin = parameters.currencies["BTC"]
    assert bitcoin.discount_tiers[:2] == ((20 * ONE, ONE * 98 // 100), (25 * ONE, ONE * 9775 // 10_000))
    assert bitcoin.quota == 10 * ONE
    assert parameters.instruments["BTC-USDT"].tick == ONE // 10


def test_every_recorded_pair_is_an_instrument_of_known_currencies() -> None:
    parameters = load_parameters()
    assert set(parameters.instruments) == {f"{ccy}-USDT" for ccy in RECORDED} | set(STEADY)
    for instrument in parameters.instruments.values():
        assert {instrument.base_ccy, instrument.quote_ccy} <= set(parameters.currencies)
        assert min(instrument.tick, instrument.lot, instrument.min_size, instrument.depth_quote) > 0
        assert instrument.min_size % instrument.lot == 0


def test_discounts_fall_from_tier_to_tier() -> None:
    for currency in load_parameters().currencies.values():
        bounds = [bound for bound, _ in currency.discount_tiers]
        rates = [rate for _, rate in currency.discount_tiers]
        assert bounds == sorted(set(bounds))
        assert rates == sorted(rates, reverse=True)
        assert all(0 <= rate <= ONE for rate in rates)
        assert currency.discount_step_size > 0


def test_a_row_without_a_source_is_refused() -> None:
    table = msgspec.to_builtins(packaged_table())
    table["constants"][0]["source"] = "hearsay"
    with pytest.raises(ValueError, match="row without a known source"):
        table_from(msgspec.json.encode(table))
