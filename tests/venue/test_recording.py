"""Prices are the recorded candles again; worked by hand from the files."""

from __future__ import annotations

import csv
import gzip
from decimal import Decimal
from importlib import resources

import pytest

from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.engine.commands import MoveMarket
from tallystick.venue.candle_lines import Point, points_of
from tallystick.venue.recording import DAY_MS, FIRST_DAY_MS, HOUR_MS, MINUTE_MS, NoRecording, Recording
from tallystick.venue.sources import DAYS, RECORDED, SHORT_MS, SPAN_MS, Packaged

ORIGIN_MS = 1_767_225_600_000
SHIFT_MS = ORIGIN_MS - FIRST_DAY_MS


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Recording(ORIGIN_MS)


def rows(instrument: str, length: str) -> list[dict[str, str]]:
    raw = resources.files("tallystick.data").joinpath(f"okx_2022q1/{instrument}_{length}.csv.gz").read_bytes()
    return list(csv.DictReader(gzip.decompress(raw).decode().splitlines()))


def told(move: MoveMarket) -> list[tuple[str, tuple[int, int]]]:
    """(instrument, (price per 10**18, range)) of a move that has the range of every price."""
    prices = [price * 10 ** (18 - move.decimals) for price in move.prices]
    return list(zip(move.instruments, zip(prices, move.ranges, strict=True), strict=True))


def at(text: str) -> int:
    return atoms_from_text(text)


def test_the_first_five_minutes_by_hand(recording: Recording) -> None:
    """The file's first line for BTC-USDT: 1642291200000,43079.5,43103,43045.5,43045.6,19.20996361.

    It closed below its open, so the high comes first; a quarter of five minutes is 75 seconds. The
    range is 57.5 / 43079.5 = 0.001334741582423194...
    """
    for index, price in enumerate(["43079.5", "43103", "43045.5", "43045.6"]):
        moment = ORIGIN_MS + index * 75_000
        assert recording.price_at("BTC-USDT", moment) == at(price)
        assert recording.price_at("BTC-USDT", moment + 74_999) == at(price)
        moves = dict(told(recording.command_at(moment)))
        assert moves["BTC-USDT"] == (at(price), 1334741582423194)
    assert recording.next_at_ms(ORIGIN_MS - 1) == ORIGIN_MS
    assert recording.next_at_ms(ORIGIN_MS) == ORIGIN_MS + 75_000


def test_a_candle_that_rose_has_its_low_first(recording: Recording) -> None:
    line = next(
        row
        for row in rows("BTC-USDT", "5m")
        if int(row["ts"]) > FIRST_DAY_MS and at(row["close"]) > at(row["open"]) > at(row["low"])
    )
    opened = int(line["ts"]) + SHIFT_MS
    assert recording.price_at("BTC-USDT", opened + 75_000) == at(line["low"])
    assert recording.price_at("BTC-USDT", opened + 150_000) == at(line["high"])


@pytest.mark.parametrize("instrument", ["BTC-USDT", "SOL-USDT"])
def test_candles_of_five_minutes_are_the_recorded_ones(recording: Recording, instrument: str) -> None:
    known = {int(row["ts"]): row for row in rows(instrument, "5m")}
    for recorded_ms in range(FIRST_DAY_MS, FIRST_DAY_MS + DAY_MS, 5 * MINUTE_MS):
        row = known[recorded_ms]
        opened = recorded_ms + SHIFT_MS
        candle = recording.candle(instrument, opened, 5 * MINUTE_MS, opened + DAY_MS)
        assert candle is not None
        assert candle[:5] == (opened, at(row["open"]), at(row["high"]), at(row["low"]), at(row["close"]))
        assert candle.volume == at(row["vol"])


@pytest.mark.parametrize("instrument", [f"{ccy}-USDT" for ccy in RECORDED])
def test_hours_are_the_recorded_ones_to_the_end(recording: Recording, instrument: str) -> None:
    """Every hour of all 41 days, from candles of 5 minutes where they are whole and else from the hour's own."""
    for row in rows(instrument, "1h"):
        recorded_ms = int(row["ts"])
        if FIRST_DAY_MS <= recorded_ms < FIRST_DAY_MS + SPAN_MS:
            opened = recorded_ms + SHIFT_MS
            candle = recording.candle(instrument, opened, HOUR_MS, opened + HOUR_MS)
            assert candle is not None
            assert candle[1:5] == (at(row["open"]), at(row["high"]), at(row["low"]), at(row["close"]))


def test_an_hour_with_missing_pieces_is_played_from_its_hourly_candle(recording: Recording) -> None:
    """AVAX-USDT has no candle of 5 minutes before 2022-01-20 14:00."""
    row = next(row for row in rows("AVAX-USDT", "1h") if int(row["ts"]) == FIRST_DAY_MS)
    rising = at(row["close"]) >= at(row["open"])
    path = [row["open"], row["low"], row["high"], row["close"]] if rising else [
        row["open"], row["high"], row["low"], row["close"]
    ]  # fmt: skip
    for index, price in enumerate(path):
        assert recording.price_at("AVAX-USDT", ORIGIN_MS + index * 15 * MINUTE_MS) == at(price)


def test_a_growing_candle_tells_nothing_of_the_future(recording: Recording) -> None:
    whole = recording.candle("BTC-USDT", ORIGIN_MS, DAY_MS, ORIGIN_MS + DAY_MS)
    part = recording.candle("BTC-USDT", ORIGIN_MS, DAY_MS, ORIGIN_MS + 1)
    assert whole is not None
    assert part is not None
    assert part.open == part.high == part.low == part.close == recording.price_at("BTC-USDT", ORIGIN_MS)
    assert whole.high > part.high


class Counted(Packaged):
    """The packaged market, counting the hours that are read."""

    def __init__(self) -> None:
        self.read: list[tuple[str, int]] = []

    def points_of_hour(self, instrument: str, hour_ms: int, shift_ms: int) -> tuple[Point, ...]:
        self.read.append((instrument, hour_ms))
        return super().points_of_hour(instrument, hour_ms, shift_ms)


def test_a_market_that_begins_again_is_read_once() -> None:
    """The second hour comes again after 41 days and after 82; what it plays is the same, and nothing is read anew."""
    source = Counted()
    again = Recording(ORIGIN_MS, source)
    second_ms = ORIGIN_MS + HOUR_MS
    first = again.command_at(second_ms)
    assert sorted(source.read) == sorted((instrument, FIRST_DAY_MS + HOUR_MS) for instrument in again.instruments)
    source.read.clear()
    for rounds in (1, 2):
        assert again.command_at(second_ms + rounds * SPAN_MS) == first
        assert again.next_at_ms(second_ms + rounds * SPAN_MS) == second_ms + rounds * SPAN_MS + 75_000
    assert source.read == []


def test_it_begins_again_after_41_days(recording: Recording) -> None:
    for instrument in recording.instruments:
        first = recording.price_at(instrument, ORIGIN_MS)
        assert recording.price_at(instrument, ORIGIN_MS + SPAN_MS) == first
        assert recording.price_at(instrument, ORIGIN_MS + 3 * SPAN_MS) == first
    end = next(row for row in rows("BTC-USDT", "1h") if int(row["ts"]) == FIRST_DAY_MS + SPAN_MS - HOUR_MS)
    assert recording.price_at("BTC-USDT", ORIGIN_MS + SPAN_MS - 1) == at(end["close"])
    assert DAYS == 41


def test_the_first_day_has_a_yesterday_and_nothing_before_the_recording(recording: Recording) -> None:
    yesterday = recording.candle("OKB-USDT", ORIGIN_MS - DAY_MS, DAY_MS, ORIGIN_MS)
    hours = [row for row in rows("OKB-USDT", "1h") if FIRST_DAY_MS - DAY_MS <= int(row["ts"]) < FIRST_DAY_MS]
    assert yesterday is not None
    assert len(hours) == 24
    assert yesterday.open == at(hours[0]["open"])
    assert yesterday.high == max(at(row["high"]) for row in hours)
    assert yesterday.low == min(at(row["low"]) for row in hours)
    assert Decimal(yesterday.volume) / ONE == sum(Decimal(row["vol"]) for row in hours)
    assert recording.candle("OKB-USDT", ORIGIN_MS - 5 * DAY_MS, DAY_MS, ORIGIN_MS) is None
    assert recording.price_at("OKB-USDT", ORIGIN_MS - 5 * DAY_MS) == 0


def test_usdc_stands_at_one(recording: Recording) -> None:
    for moment in (ORIGIN_MS - DAY_MS, ORIGIN_MS, ORIGIN_MS + 100 * DAY_MS + 17):
        assert recording.price_at("USDC-USDT", moment) == ONE
    candle = recording.candle("USDC-USDT", ORIGIN_MS, DAY_MS, ORIGIN_MS + DAY_MS)
    assert candle is not None
    assert candle[1:6] == (ONE, ONE, ONE, ONE, 0)
    assert ("USDC-USDT", (ONE, 0)) in told(recording.command_now(ORIGIN_MS + 5))


def test_every_move_of_a_day_is_given_once_and_in_order(recording: Recording) -> None:
    moment, seen = ORIGIN_MS + 10 * DAY_MS - 1, []
    while (moment := recording.next_at_ms(moment)) < ORIGIN_MS + 11 * DAY_MS:
        names = list(recording.command_at(moment).instruments)
        assert len(names) == len(set(names))
        seen.append(moment)
    assert seen == [ORIGIN_MS + 10 * DAY_MS + step * 75_000 for step in range(24 * 48)]
    with pytest.raises(ValueError, match="no price moves at"):
        recording.command_at(moment + 1)


def test_faults() -> None:
    with pytest.raises(ValueError, match="midnight"):
        Recording(ORIGIN_MS + 1)
    assert Recording(ORIGIN_MS).price_at("XRP-USDT", ORIGIN_MS) == 0
    assert Recording(ORIGIN_MS).candle("XRP-USDT", ORIGIN_MS, DAY_MS, ORIGIN_MS + DAY_MS) is None
    assert NoRecording().candle("BTC-USDT", 0, 1, 1) is None
    assert NoRecording().price_at("BTC-USDT", 0) == 0


@pytest.mark.parametrize("price", ["1e3", "-1", "+1", "1_0", " 1", "1.", ".5", "١", "1.0000000000000000001"])
def test_a_line_with_anything_but_plain_decimals_is_refused(price: str) -> None:
    with pytest.raises(ValueError, match="not a line of a recording"):
        points_of(0, SHORT_MS, f"1641584100000,{price},2,1,1.5,7")


def test_the_prices_of_a_line_are_read_to_the_atom() -> None:
    points = points_of(0, SHORT_MS, "1641584100000,1.22216,12,0.000000000000000001,1.5,8")
    assert [point.price for point in points] == [1_222_160_000_000_000_000, 1, 12 * 10**18, 15 * 10**17]
    assert sum(point.volume for point in points) == 8 * 10**18
