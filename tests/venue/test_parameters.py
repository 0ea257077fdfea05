from __future__ import annotations

import msgspec
import pytest

from tallystick.contract.words.parameters import PARAMETER_WORDS, UNIT_WORDS
from tallystick.engine.amounts import ONE
from tallystick.engine.parameters import CONSTANTS, CURRENCIES, INSTRUMENTS, LEVERS, Kind, Unit, path_of
from tallystick.venue.parameters import load_parameters, packaged_bytes, packaged_table, table_from
from tallystick.venue.walk import Walk


def test_the_figures_of_the_documents() -> None:
    """Documented: fees of level 1, life of a quote. Observed: bound and pace of the sample."""
    parameters = load_parameters()
    assert (parameters.taker_fee, parameters.maker_fee) == (ONE // 1000, ONE * 8 // 10_000)
    assert parameters.convert_ttl_ms == 10_000
    assert (parameters.repay_bound, parameters.repay_first_delay_ms) == (ONE * 5 // 1000, 474)
    assert parameters.leverage == 3 * ONE
    bitcoin = parameters.currencies["BTC"]
    assert bitcoin.discount_tiers[:2] == ((20 * ONE, ONE * 98 // 100), (25 * ONE, ONE * 9775 // 10_000))
    assert bitcoin.quota == 10 * ONE
    assert parameters.instruments["BTC-USDT"].tick == ONE // 10


def test_every_pair_that_walks_is_an_instrument_of_known_currencies() -> None:
    parameters = load_parameters()
    assert set(parameters.instruments) == set(Walk.instruments) | set(Walk.steady)
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
    found = {
        path_of(table, row, field): (cell.source, cell.note)
        for table, rows in packaged_table().cells.items()
        for row, cells in rows.items()
        for field, cell in cells.items()
    }
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
    table = msgspec.json.decode(packaged_bytes())
    table["instruments"][0]["fields"] = fields
    with pytest.raises(ValueError, match=said):
        table_from(msgspec.json.encode(table))


@pytest.mark.parametrize("missing", ["source", "note"])
def test_a_source_is_never_left_out(missing: str) -> None:
    for rows in ("instruments", "currencies", "discounts", "lending", "constants"):
        table = msgspec.json.decode(packaged_bytes())
        del table[rows][-1][missing]
        with pytest.raises(ValueError, match=missing):
            table_from(msgspec.json.encode(table))


def test_a_row_without_a_source_is_refused() -> None:
    table = msgspec.json.decode(packaged_bytes())
    table["constants"][0]["source"] = "hearsay"
    with pytest.raises(ValueError, match="row without a known source"):
        table_from(msgspec.json.encode(table))


@pytest.mark.parametrize(
    ("section", "field", "value", "said"),
    [
        ("instruments", "tick", None, "instruments.BTC-USDT.tick is missing"),
        ("lending", "pool", None, "currencies.BTC.pool is missing"),
        ("lending", "borrowable", None, "currencies.BTC.borrowable is missing"),
        ("lending", "nope", "1", "currencies.BTC.nope is not a parameter of the exchange"),
        ("lending", "decimals", 16, "currencies.BTC.decimals is there twice"),
        ("instruments", "tick", 0.1, "instruments.BTC-USDT.tick must be plain decimal text"),
        ("currencies", "decimals", "x", "currencies.BTC.decimals must be a whole number"),
        ("lending", "borrowable", "yes", "currencies.BTC.borrowable must be true or false"),
        ("discounts", "tiers", [["20"]], r"currencies.BTC.discount_tiers must be a list of \[upper bound, rate\]"),
        ("constants", "value", 5, "constants.transit_ccy must be a name"),
        ("constants", "name", "nope", "constants.nope is not a parameter of the exchange"),
        ("constants", "name", "bridge_ccy", "constants.bridge_ccy is there twice"),
    ],
)
def test_a_table_that_does_not_fit_the_declarations(section: str, field: str, value: object, said: str) -> None:
    """In the first row of each section: a number left out, unknown, there twice, or of another kind than declared."""
    table = msgspec.json.decode(packaged_bytes())
    if value is None:
        del table[section][0][field]
    else:
        table[section][0][field] = value
    with pytest.raises(ValueError, match=said):
        table_from(msgspec.json.encode(table))


def test_a_constant_that_is_left_out() -> None:
    table = msgspec.json.decode(packaged_bytes())
    left_out = table["constants"].pop()["name"]
    with pytest.raises(ValueError, match=f"constants.{left_out} is missing"):
        table_from(msgspec.json.encode(table))


def test_every_number_and_unit_has_its_words_and_no_other_has() -> None:
    assert {name: set(words) for name, words in PARAMETER_WORDS.items()} == {
        name: set(levers) for name, levers in LEVERS.items()
    }
    assert set(UNIT_WORDS) == {unit.value for unit in Unit}
    for words in (*PARAMETER_WORDS.values(), UNIT_WORDS):
        for name, said in words.items():
            assert bool(said.en) == bool(said.zh) == bool(name)
            assert said.zh == "" or not said.zh.isascii()


def test_amounts_counts_and_times_have_a_unit() -> None:
    """Names, pairs and flags have none; everything else says what it is measured in."""
    for table, levers in LEVERS.items():
        for field, lever in levers.items():
            bare = lever.kind in (Kind.TEXT, Kind.NAMES, Kind.PAIRS, Kind.FLAG)
            assert bare == (lever.unit is Unit.NONE), f"{table}.{field}"
            assert (lever.unit in (Unit.MS, Unit.UNIX_MS)) == field.endswith("_ms"), f"{table}.{field}"
            assert lever.unit is Unit.USD or not field.endswith("_usd"), f"{table}.{field}"
