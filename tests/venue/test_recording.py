"""Prices are the candles again; worked by hand from candles that stand here."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.engine.commands import MoveMarket
from tallystick.venue.candle_lines import Point, points_of
from tallystick.venue.recording import DAY_MS, HOUR_MS, MINUTE_MS, NoRecording, Recording

ORIGIN_MS = 1_767_225_600_000
FIRST_DAY_MS = 1_642_291_200_000
SHIFT_MS = ORIGIN_MS - FIRST_DAY_MS
SHORT_MS = 5 * MINUTE_MS
DAYS = 3
SPAN_MS = DAYS * DAY_MS
FIRST_ROW = {"open": "43000", "high": "43050", "low": "42950", "close": "42960.5", "vol": "19.20996361"}
"""The first candle of BTC-USDT."""


def rows(instrument: str) -> dict[int, dict[str, str]]:
    """Candles by their times, one after the other up and down: BTC of 5 minutes, OKB of an hour and of a day before."""
    first_ms, step_ms, price = (
        (FIRST_DAY_MS, SHORT_MS, Decimal("42960.5"))
        if instrument == "BTC-USDT"
        else (FIRST_DAY_MS - DAY_MS, HOUR_MS, Decimal(26))
    )
    found = {}
    for number, at_ms in enumerate(range(first_ms, FIRST_DAY_MS + SPAN_MS, step_ms)):
        close = price + (number % 7 - 3) * price // 100 / 10
        cells = (price, max(price, close) + number % 3, min(price, close) - number % 2, close, Decimal(number % 11))
        found[at_ms] = dict(zip(FIRST_ROW, map(str, cells), strict=True))
        price = close
    return found | ({FIRST_DAY_MS: FIRST_ROW} if instrument == "BTC-USDT" else {})


class Written:
    """Market of the candles above, counting the hours that are read."""

    name = "written"
    first_day_ms = FIRST_DAY_MS
    span_ms = SPAN_MS
    instruments = ("BTC-USDT", "OKB-USDT")
    steady = ("USDC-USDT",)
    empty_hours = 1
    points_per_hour = 48

    def __init__(self) -> None:
        self.rows = {instrument: rows(instrument) for instrument in self.instruments}
        self.read: list[tuple[str, int]] = []

    def points_of_hour(self, instrument: str, hour_ms: int, shift_ms: int) -> tuple[Point, ...]:
        self.read.append((instrument, hour_ms))
        step_ms = SHORT_MS if instrument == "BTC-USDT" else HOUR_MS
        found = []
        for at_ms in range(hour_ms, hour_ms + HOUR_MS, step_ms):
            if row := self.rows[instrument].get(at_ms):
                found += points_of(at_ms + shift_ms, step_ms, ",".join((str(at_ms), *row.values())))
        return tuple(found)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Recording(ORIGIN_MS, Written())


def told(move: MoveMarket) -> list[tuple[str, tuple[int, int]]]:
    """(instrument, (price per 10**18, range)) of a move that has the range of every price."""
    prices = [price * 10 ** (18 - move.decimals) for price in move.prices]
    return list(zip(move.instruments, zip(prices, move.ranges, strict=True), strict=True))


def at(text: str) -> int:
    return atoms_from_text(text)


def test_the_first_five_minutes_by_hand(recording: Recording) -> None:
    """The first line for BTC-USDT: 1642291200000,43000,43050,42950,42960.5,19.20996361.

    It closed below its open, so the high comes first; a quarter of five minutes is 75 seconds. The
    range is 100 / 43000 = 0.002325581395348837...
    """
    for index, price in enumerate(["43000", "43050", "42950", "42960.5"]):
        moment = ORIGIN_MS + index * 75_000
        assert recording.price_at("BTC-USDT", moment) == at(price)
        assert recording.price_at("BTC-USDT", moment + 74_999) == at(price)
        moves = dict(told(recording.command_at(moment)))
        assert moves["BTC-USDT"] == (at(price), 2325581395348837)
    assert recording.next_at_ms(ORIGIN_MS - 1) == ORIGIN_MS
    assert recording.next_at_ms(ORIGIN_MS) == ORIGIN_MS + 75_000


def test_a_candle_that_rose_has_its_low_first(recording: Recording) -> None:
    opened, line = next(
        (at_ms, row)
        for at_ms, row in rows("BTC-USDT").items()
        if at_ms > FIRST_DAY_MS and at(row["close"]) > at(row["open"]) > at(row["low"])
    )
    opened += SHIFT_MS
    assert recording.price_at("BTC-USDT", opened + 75_000) == at(line["low"])
    assert recording.price_at("BTC-USDT", opened + 150_000) == at(line["high"])


@pytest.mark.parametrize(("instrument", "length_ms"), [("BTC-USDT", SHORT_MS), ("OKB-USDT", HOUR_MS)])
def test_candles_are_those_of_the_source_to_the_end(recording: Recording, instrument: str, length_ms: int) -> None:
    for at_ms, row in rows(instrument).items():
        opened = at_ms + SHIFT_MS
        candle = recording.candle(instrument, opened, length_ms, opened + DAY_MS)
        if at_ms >= FIRST_DAY_MS:
            assert candle is not None
            assert candle[:5] == (opened, at(row["open"]), at(row["high"]), at(row["low"]), at(row["close"]))
            assert candle.volume == at(row["vol"])


def test_a_growing_candle_tells_nothing_of_the_future(recording: Recording) -> None:
    whole = recording.candle("BTC-USDT", ORIGIN_MS, DAY_MS, ORIGIN_MS + DAY_MS)
    part = recording.candle("BTC-USDT", ORIGIN_MS, DAY_MS, ORIGIN_MS + 1)
    assert whole is not None
    assert part is not None
    assert part.open == part.high == part.low == part.close == recording.price_at("BTC-USDT", ORIGIN_MS)
    assert whole.high > part.high


def test_a_market_that_begins_again_is_read_once() -> None:
    """The second hour comes again after 3 days and after 6; what it plays is the same, and nothing is read anew."""
    source = Written()
    again = Recording(ORIGIN_MS, source)
    second_ms = ORIGIN_MS + HOUR_MS
    first = again.command_at(second_ms)
    assert sorted(source.read) == sorted((instrument, FIRST_DAY_MS + HOUR_MS) for instrument in again.instruments)
    source.read.clear()
    for rounds in (1, 2):
        assert again.command_at(second_ms + rounds * SPAN_MS) == first
        assert again.next_at_ms(second_ms + rounds * SPAN_MS) == second_ms + rounds * SPAN_MS + 75_000
    assert source.read == []


class Endless(Written):
    span_ms = 0


class Fine(Written):
    """A market whose three days have more moves than are kept."""

    points_per_hour = 1_000


@pytest.mark.parametrize(("kind", "kept"), [(Endless, True), (Fine, False)])
def test_what_was_played_is_kept_of_a_market_without_an_end_and_not_of_a_fine_one(
    kind: type[Written], kept: bool
) -> None:
    source = kind()
    feed = Recording(ORIGIN_MS, source)
    for hour in range(60):
        feed.next_at_ms(ORIGIN_MS + hour * HOUR_MS)
    source.read.clear()
    feed.next_at_ms(ORIGIN_MS)
    assert (source.read == []) is kept


def test_it_begins_again_after_its_last_day(recording: Recording) -> None:
    for instrument in recording.instruments:
        first = recording.price_at(instrument, ORIGIN_MS)
        assert recording.price_at(instrument, ORIGIN_MS + SPAN_MS) == first
        assert recording.price_at(instrument, ORIGIN_MS + 3 * SPAN_MS) == first
    end = rows("BTC-USDT")[FIRST_DAY_MS + SPAN_MS - SHORT_MS]
    assert recording.price_at("BTC-USDT", ORIGIN_MS + SPAN_MS - 1) == at(end["close"])


def test_the_first_day_has_a_yesterday_and_nothing_before_the_recording(recording: Recording) -> None:
    yesterday = recording.candle("OKB-USDT", ORIGIN_MS - DAY_MS, DAY_MS, ORIGIN_MS)
    hours = [row for at_ms, row in rows("OKB-USDT").items() if at_ms < FIRST_DAY_MS]
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
    moment, seen = ORIGIN_MS + DAY_MS - 1, []
    while (moment := recording.next_at_ms(moment)) < ORIGIN_MS + 2 * DAY_MS:
        names = list(recording.command_at(moment).instruments)
        assert len(names) == len(set(names))
        seen.append(moment)
    assert seen == [ORIGIN_MS + DAY_MS + step * 75_000 for step in range(24 * 48)]
    with pytest.raises(ValueError, match="no price moves at"):
        recording.command_at(moment + 1)


def test_faults(recording: Recording) -> None:
    with pytest.raises(ValueError, match="midnight"):
        Recording(ORIGIN_MS + 1, Written())
    assert recording.price_at("XRP-USDT", ORIGIN_MS) == 0
    assert recording.candle("XRP-USDT", ORIGIN_MS, DAY_MS, ORIGIN_MS + DAY_MS) is None
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
