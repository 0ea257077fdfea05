from __future__ import annotations

import msgspec
import pytest

from tallystick.engine.amounts import ONE
from tallystick.engine.settings import CONSTANTS, CURRENCIES, INSTRUMENTS, LEVERS, path_of
from tallystick.venue.parameters import load_parameters, packaged_table, table_from
from tallystick.venue.recording import RECORDED, STEADY
from tallystick.venue.settings import sources


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


def test_a_number_of_another_kind_than_its_row_says_so() -> None:
    """Tick and lot were seen, the depth is ours; the quota is printed, the pool is ours."""
    found = sources(packaged_table())
    assert found["instruments.ETH-USDT.tick"][0] == found["instruments.ETH-USDT.lot"][0] == "observed"
    assert found["instruments.ETH-USDT.depth_quote"][0] == "inferred"
    assert found["instruments.BTC-USDT.depth_quote"] == (
        "observed",
        "recorded order book of that day, within 1 % of the middle",
    )
    assert (found["currencies.USDT.quota"][0], found["currencies.USDT.pool"][0]) == ("documented", "inferred")
    assert found["currencies.AVAX.discount_step"] == ("documented", "notice of 2025-07-09")
    assert found["currencies.AVAX.discount_tiers"][0] == "inferred"
    assert {path for table in LEVERS for path in paths(table)} == set(found)


def paths(table: str) -> list[str]:
    parameters = load_parameters()
    rows = {INSTRUMENTS: list(parameters.instruments), CURRENCIES: list(parameters.currencies), CONSTANTS: [""]}
    return [path_of(table, row, field) for row in rows[table] for field in LEVERS[table]]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"tick": ["rumour", "heard"]}, "without a known source"),
        ({"tick": ["observed", ""]}, "without a known source"),
        ({"tick": ["observed"]}, "length"),
        ({"tock": ["observed", "seen"]}, "no number of the row"),
        ({"instrument": ["observed", "seen"]}, "no number of the row"),
        ({"note": ["observed", "seen"]}, "no number of the row"),
    ],
)
def test_sources_of_single_numbers_are_as_strict(fields: dict[str, list[str]], said: str) -> None:
    table = msgspec.to_builtins(packaged_table())
    table["instruments"][0]["fields"] = fields
    with pytest.raises(ValueError, match=said):
        table_from(msgspec.json.encode(table))


@pytest.mark.parametrize("missing", ["source", "note"])
def test_a_source_is_never_left_out(missing: str) -> None:
    for rows in ("instruments", "currencies", "discounts", "lending", "constants"):
        table = msgspec.to_builtins(packaged_table())
        del table[rows][-1][missing]
        with pytest.raises(ValueError, match=missing):
            table_from(msgspec.json.encode(table))


def test_a_row_without_a_source_is_refused() -> None:
    table = msgspec.to_builtins(packaged_table())
    table["constants"][0]["source"] = "hearsay"
    with pytest.raises(ValueError, match="row without a known source"):
        table_from(msgspec.json.encode(table))
