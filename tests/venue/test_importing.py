"""Candles in every form become the same market; what is wrong is named with file and line, and nothing is mended."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from tallystick.engine.amounts import atoms_from_text
from tallystick.venue import imported
from tallystick.venue.imported import BadMarket, Imported, MarketList
from tallystick.venue.importing import checking, pieces, reading
from tallystick.venue.importing.market import CannotImport, Faulty, import_market
from tallystick.venue.recording import Recording
from tests.venue.candle_files import (
    FIRST_MS,
    FORMS,
    MINUTE_MS,
    Candle,
    binance,
    ccxt,
    ccxt_csv,
    kraken,
    lines_of,
    okx_rest,
    okx_zip,
    own,
    walk,
    written,
    zipped,
)

DAY = 1_440


def taken(folder: Path, *paths: Path, **options: object) -> MarketList:
    return import_market(paths, folder / "markets", "mine", **options)  # type: ignore[arg-type]


def put(folder: Path, name: str, raw: bytes) -> Path:
    path = folder / name
    path.write_bytes(raw)
    return path


def complaints(folder: Path, *paths: Path, **options: object) -> list[str]:
    """Everything that is wrong; nothing may be written then."""
    with pytest.raises(Faulty) as caught:
        taken(folder, *paths, **options)
    assert list((folder / "markets").iterdir()) == []
    return [str(fault).replace(str(folder) + "/", "") for fault in caught.value.faults]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_candles(tmp_path: Path, form: str) -> None:
    """The market's file holds the candles as they were written, to the last digit."""
    candles = walk()
    found = taken(tmp_path, written(tmp_path, form, candles))
    (series,) = found.series
    assert (series.instrument, series.rows, series.step_ms, series.gaps) == ("BTC-USDT", DAY, MINUTE_MS, 0)
    assert [file.form for file in series.files] == [FORMS[form][2]]
    assert (tmp_path / "markets" / "mine" / "BTC-USDT.csv").read_bytes() == own(candles)
    assert (found.first_day_ms, found.span_ms) == (FIRST_MS, DAY * MINUTE_MS)


def test_it_is_played_as_its_candles_say(tmp_path: Path) -> None:
    """Open, low, high and close at the quarters of a minute, the high first where the candle fell."""
    candles = walk()
    taken(tmp_path, put(tmp_path, "BTC-USDT.csv", own(candles)))
    feed = Recording(FIRST_MS, Imported(tmp_path / "markets", "mine"))
    for at, opened, high, low, close, _ in (candles[0], candles[59], candles[60], candles[-1]):
        rose = Decimal(close) >= Decimal(opened)
        for quarter, price in enumerate((opened, *((low, high) if rose else (high, low)), close)):
            assert feed.price_at("BTC-USDT", at + quarter * 15_000) == atoms_from_text(price)
        found = feed.candle("BTC-USDT", at, MINUTE_MS, at + MINUTE_MS)
        assert found is not None
        assert (found.high, found.low, found.close) == tuple(map(atoms_from_text, (high, low, close)))
    assert feed.price_at("BTC-USDT", FIRST_MS - 1) == 0
    assert feed.price_at("BTC-USDT", FIRST_MS + DAY * MINUTE_MS) == atoms_from_text(candles[0][1])
    assert feed.price_at("USDC-USDT", FIRST_MS) == 10**18
    assert feed.price_at("XRP-USDT", FIRST_MS) == 0


@pytest.mark.parametrize("step", [3 * MINUTE_MS, 60 * MINUTE_MS, 240 * MINUTE_MS, DAY * MINUTE_MS])
def test_longer_candles_are_played_too(tmp_path: Path, step: int) -> None:
    candles = walk(2 * DAY * MINUTE_MS // step, step_ms=step)
    taken(tmp_path, put(tmp_path, "BTC-USDT.csv", own(candles)))
    feed = Recording(FIRST_MS, Imported(tmp_path / "markets", "mine"))
    at, _, high, low, close, _ = candles[1]
    found = feed.candle("BTC-USDT", at, step, at + step)
    assert found is not None
    assert (found.high, found.low, found.close) == tuple(map(atoms_from_text, (high, low, close)))
    assert feed.next_at_ms(FIRST_MS) == FIRST_MS + min(step // 4, 60 * MINUTE_MS), "USDC stands anew each hour"


def test_files_of_one_pair_are_joined_and_pairs_share_their_days(tmp_path: Path) -> None:
    candles = walk(3 * DAY)
    later, first = (put(tmp_path, name, own(part)) for name, part in (
        ("BTC-USDT-2.csv", candles[DAY:]), ("BTC-USDT-1.csv", candles[:DAY])
    ))  # fmt: skip
    other = put(tmp_path, "ETH-USDT.csv", own(walk(2 * DAY, first_ms=FIRST_MS + 5 * MINUTE_MS)))
    found = taken(tmp_path, later, first, other)
    assert [(one.instrument, one.rows) for one in found.series] == [("BTC-USDT", 3 * DAY), ("ETH-USDT", 2 * DAY)]
    assert (tmp_path / "markets" / "mine" / "BTC-USDT.csv").read_bytes() == own(candles)
    assert (found.first_day_ms, found.span_ms) == (FIRST_MS + DAY * MINUTE_MS, DAY * MINUTE_MS)


def test_several_processes_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallystick.venue.importing.market.SMALL", 0)
    candles = walk(2 * DAY)
    halves = [put(tmp_path, f"BTC-USDT-{n}.csv", own(part)) for n, part in enumerate((candles[:DAY], candles[DAY:]))]
    told: list[tuple[int, int]] = []
    taken(tmp_path, *halves, progress=lambda done, of: told.append((done, of)))
    assert (tmp_path / "markets" / "mine" / "BTC-USDT.csv").read_bytes() == own(candles)
    assert told == [(1, 2), (2, 2)]


def test_chunks_of_any_size_give_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    candles = walk()
    for size in (1_000, 4_096, 65_537):
        monkeypatch.setattr(reading, "CHUNK", size)
        monkeypatch.setattr(reading, "LINE_MAX", 500)
        taken(tmp_path, put(tmp_path, "BTC-USDT.csv", own(candles)), over=True)
        assert (tmp_path / "markets" / "mine" / "BTC-USDT.csv").read_bytes() == own(candles)


# ---- what is wrong


def altered(candles: list[Candle], number: int, **columns: str) -> list[Candle]:
    """One candle with other columns; `number` from 0."""
    at, opened, high, low, close, volume = candles[number]
    names = {"open": opened, "high": high, "low": low, "close": close, "vol": volume, **columns}
    row = (int(names.pop("ts", str(at))), names["open"], names["high"], names["low"], names["close"], names["vol"])
    return [*candles[:number], row, *candles[number + 1 :]]


def in_cents(candle: Candle) -> Candle:
    at, opened, high, low, close, volume = candle
    first, top, bottom, last = (price.replace(".", "") for price in (opened, high, low, close))
    return at, first, top, bottom, last, volume


ALTERATIONS: dict[str, tuple[Callable[[list[Candle]], list[Candle]], str]] = {
    "gap": (lambda c: [*c[:10], *c[12:]], "BTC-USDT.csv, line 12: a gap before it, candles missing: 2, after"),
    "double": (lambda c: [*c[:10], *c[9:]], "BTC-USDT.csv, line 12: is a double: another candle has the time"),
    "order": (lambda c: [*c[:10], c[11], c[10], *c[12:]], "BTC-USDT.csv, line 13: is out of order"),
    "off step": (lambda c: altered(c, 10, ts=str(c[10][0] + 1)), "BTC-USDT.csv, line 12: its time"),
    "zero": (lambda c: altered(c, 10, low="0"), "BTC-USDT.csv, line 12: a price is zero"),
    "zero with a dot": (lambda c: altered(c, 10, low="0.00"), "BTC-USDT.csv, line 12: a price is zero"),
    "high below": (lambda c: altered(c, 10, high="1.00"), "BTC-USDT.csv, line 12: open"),
    "low above": (lambda c: altered(c, 10, low="99999.00"), "BTC-USDT.csv, line 12: open"),
    "word": (lambda c: altered(c, 10, close="NaN"), "BTC-USDT.csv, line 12: 'NaN' is no plain number"),
    "two dots": (lambda c: altered(c, 10, close="43.0.1"), "BTC-USDT.csv, line 12: '43.0.1' is no plain number"),
    "minus": (lambda c: altered(c, 10, vol="-1"), "BTC-USDT.csv, line 12: '-1' is no plain number"),
    "empty": (lambda c: altered(c, 10, vol=""), "BTC-USDT.csv, line 12: '' is no plain number"),
    "exponent": (lambda c: altered(c, 10, vol="1e-5"), "BTC-USDT.csv, line 12: '1e-5' is no plain number"),
    "bare dot": (lambda c: altered(c, 10, vol="5."), "BTC-USDT.csv, line 12: '5.' is no plain number"),
    "too fine": (lambda c: altered(c, 10, vol="0." + 19 * "1"), "is no plain number"),
    "seconds": (lambda c: altered(c, 10, ts=str(c[10][0] // 1_000)), "line 12: time 1704067800 is in seconds"),
    "leap": (lambda c: [*c[:10], *map(in_cents, c[10:])], "BTC-USDT.csv, line 12: the price leaps from"),
}  # fmt: skip


@pytest.mark.parametrize("what", ALTERATIONS)
def test_what_is_wrong_is_named_with_file_and_line(tmp_path: Path, what: str) -> None:
    """The eleventh candle stands in line 12, below the header."""
    change, said = ALTERATIONS[what]
    found = complaints(tmp_path, put(tmp_path, "BTC-USDT.csv", own(change(walk()))))
    assert said in "\n".join(found)


def test_gaps_are_kept_on_demand_and_the_price_stands(tmp_path: Path) -> None:
    candles = walk(2 * DAY)
    del candles[10:200]
    path = put(tmp_path, "XBTUSDT_1.csv", kraken(candles))
    assert complaints(tmp_path, path) == [
        f"XBTUSDT_1.csv, line 11: a gap before it, candles missing: 190, after {FIRST_MS + 9 * MINUTE_MS}"
    ]
    (series,) = taken(tmp_path, path, keep_gaps=True).series
    assert (series.gaps, series.longest_gap_ms) == (1, 190 * MINUTE_MS)
    feed = Recording(FIRST_MS, Imported(tmp_path / "markets", "mine"))
    assert feed.price_at("BTC-USDT", FIRST_MS + 199 * MINUTE_MS) == atoms_from_text(candles[9][4])


def test_many_gaps_hide_no_other_fault(tmp_path: Path) -> None:
    candles = [candle for number, candle in enumerate(walk(2 * DAY)) if number % 3]
    candles[-1] = altered(candles, len(candles) - 1, low="0")[-1]
    (fault,) = complaints(tmp_path, put(tmp_path, "BTC-USDT.csv", own(candles)), keep_gaps=True)
    assert "a price is zero" in fault


def test_faults_are_named_up_to_a_number_and_counted_beyond(tmp_path: Path) -> None:
    candles = [(at, "0", h, lo, c, v) for at, _, h, lo, c, v in walk()]
    with pytest.raises(Faulty) as caught:
        taken(tmp_path, put(tmp_path, "BTC-USDT.csv", own(candles)))
    assert len(caught.value.faults) == checking.FAULTS_MAX
    assert caught.value.more == DAY - checking.FAULTS_MAX


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("BTC-USDT.csv", b"", "is empty"),
        ("BTC-USDT.csv", b"ts,open,high,low,close,vol\n", "has no candles"),
        ("BTC-USDT.csv", own(walk())[:-1], "line 1441: does not end with a whole line"),
        ("BTC-USDT.csv", b"ts,open,high,low,close\n1,2,3,4,5\n", "the header has no column for a volume"),
        ("BTC-USDT.csv", b"1,2,3\n", "its first line has 3 columns and no names"),
        ("BTC-USDT.csv", b"trade_id,side,size,price,created_time\n", "these are trades"),
        ("BTC-USDT.csv", "trade_id/撮合id,side/交易方向,size/数量,price/价格\n".encode("gbk"), "these are trades"),
        ("BTC-USDT.csv", b"ts,ts,open,high,low,close,vol\n", "names a column twice"),
        ("BTC-USDT.csv", own(walk(3)) + b"1,2\n", "line 5: columns: 2, and CSV with a header has 6"),
        ("BTC-USDT.csv", own(walk(3)) + b"\n", "line 5: columns: 1, and"),
        ("BTC-USDT.csv", own(walk(3)) + b"\xff,1,1,1,1,1\n", "line 5: is no plain text"),
        ("BTC-USDT.csv", b"x" * 70_000, "the first one does not end"),
        ("BTC-USDT.csv", own(walk(3)).replace(b"43", b"43" + 600_000 * b"0"), "is no text of lines"),
        ("prices.csv", own(walk()), "give --instrument"),
        ("BTC-USDT.json", b"[[1,2", "is no JSON"),
        ("BTC-USDT.json", b"[" * 100_000, "is no JSON"),
        ("BTC-USDT.json", b"[]", "no list of candles"),
        ("BTC-USDT.json", b"[1]", "row 1 is no list of numbers"),
        ("BTC-USDT.json", b"[[1,2]]", "its first row has 2 numbers"),
        ("BTC-USDT.json", b'{"code":"50011","msg":"Too Many Requests","data":[]}', "code 50011, Too Many Requests"),
        ("BTC-USDT.json", ccxt(walk()).replace(b"43000.00", b"NaN"), "NaN is no number"),
        ("BTC-USDT.json", okx_rest(walk()).replace(b'"1"]', b'"0"]', 1), "row 1: is not finished ('0'): leave it out"),
        ("BTC-USDT.csv", binance(walk(), 1_000_000), "no unit that is known"),
        ("BTC-USDT.csv", lines_of([f"{at}123,1,1,1,1,1,1,1,1,1,1,1" for at, *_ in walk(3)]), "not whole milliseconds"),
        ("BTC-USDT.csv", kraken(walk()).replace(b"17040", b"170400000", 1), "is in"),
        ("BTC-USDT.csv", own(walk(100, step_ms=7_000)), "these lengths are played"),
        ("BTC-USDT.csv", own(walk(first_ms=FIRST_MS + 1_000)), "do not begin at full steps"),
        ("a.zip", okx_zip(walk())[:-200], "cannot be read"),
        ("a.zip", b"PK" + 100 * b"x", "cannot be read"),
        ("a.zip", zipped("folder/", b""), "holds 0 files"),
        ("a.csv.gz", b"\x1f\x8b" + 100 * b"x", "cannot be read"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, name: str, raw: bytes, said: str) -> None:
    assert said in "\n".join(complaints(tmp_path, put(tmp_path, name, raw)))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "markets").mkdir()
    assert "No such file" in complaints(tmp_path, tmp_path / "BTC-USDT.csv")[0]


def test_a_file_that_names_two_instruments_is_refused(tmp_path: Path) -> None:
    lines = ["symbol,ts,open,high,low,close,vol"]
    lines += [f"{'BTC' if number else 'ETH'}-USDT,{','.join(map(str, one))}" for number, one in enumerate(walk(3))]
    (first, *_) = complaints(tmp_path, put(tmp_path, "all.csv", lines_of(lines)))
    assert first == "all.csv, line 3: is of another instrument ('BTC-USDT'): leave it out"


def test_where_files_meet_is_checked_too(tmp_path: Path) -> None:
    candles = walk(3 * DAY)
    first = put(tmp_path, "BTC-USDT-1.csv", own(candles[: 2 * DAY]))
    double = put(tmp_path, "BTC-USDT-2.csv", own(candles[2 * DAY - 1 :]))
    assert "BTC-USDT-2.csv, line 2: is a double" in complaints(tmp_path, first, double)[0]
    gap = put(tmp_path, "BTC-USDT-3.csv", own(candles[2 * DAY + 1 :]))
    assert "BTC-USDT-3.csv, line 2: a gap before it, candles missing: 1," in complaints(tmp_path, first, gap)[0]
    late_ms = FIRST_MS + 9 * DAY * MINUTE_MS
    other = put(tmp_path, "BTC-USDT-4.csv", own(walk(10, first_ms=late_ms, step_ms=5 * MINUTE_MS)))
    assert "its candles are 300 s apart, and 60 s in" in complaints(tmp_path, first, other)[0]
    twice = put(tmp_path, "BTCUSDT.csv", ccxt_csv(candles[: 2 * DAY]))
    assert complaints(tmp_path, first, twice)


def test_too_little_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotImport, match="no whole day"):
        taken(tmp_path, put(tmp_path, "BTC-USDT.csv", own(walk(DAY - 1))))


@pytest.mark.parametrize("name", ["by-hand", "walk", "", "../up", "Mine", "a/b", "walk:7", "x" * 65])
def test_a_name_cannot_be_reserved_or_leave_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotImport, match="cannot be the name"):
        import_market([], tmp_path, name)


def test_a_market_is_replaced_only_on_demand(tmp_path: Path) -> None:
    path = put(tmp_path, "BTC-USDT.csv", own(walk()))
    before = taken(tmp_path, path)
    with pytest.raises(CannotImport, match="there is a market 'mine' already"):
        taken(tmp_path, path)
    path.write_bytes(own(walk(seed=8)))
    assert taken(tmp_path, path, over=True).digest != before.digest
    assert imported.names(tmp_path / "markets") == ["mine"]


# ---- markets that were damaged afterwards


@pytest.mark.parametrize("name", ["../mine", "mine/../mine", "MINE", "nothing", "a" * 65])
def test_a_market_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    taken(tmp_path, put(tmp_path, "BTC-USDT.csv", own(walk())))
    with pytest.raises(BadMarket, match=r"no name of a market|there is no market"):
        Imported(tmp_path / "markets", name)


def test_a_market_whose_files_changed_is_refused(tmp_path: Path) -> None:
    taken(tmp_path, put(tmp_path, "BTC-USDT.csv", own(walk())))
    folder = tmp_path / "markets" / "mine"
    whole = (folder / "BTC-USDT.csv").read_bytes()
    for damaged in (whole[:-1], whole.replace(b"5\n", b"6\n", 1), b""):
        (folder / "BTC-USDT.csv").write_bytes(damaged)
        with pytest.raises(BadMarket, match=r"is not what was imported|cannot be read"):
            Imported(tmp_path / "markets", "mine")
    (folder / "BTC-USDT.csv").unlink()
    with pytest.raises(BadMarket, match="cannot be read"):
        Imported(tmp_path / "markets", "mine")
    listed = (folder / imported.LIST).read_bytes()
    for damaged in (listed[:-9], listed.replace(b'"form": 1', b'"form": 2'), listed.replace(b"BTC-", b"../")):
        (folder / imported.LIST).write_bytes(damaged)
        with pytest.raises(BadMarket, match=r"is damaged|is not of form"):
            Imported(tmp_path / "markets", "mine")


# ---- five hundred damaged files

SEEDS = range(500)


def damaged(seed: int) -> tuple[str, bytes, bool]:
    """(file name, bytes, whether they were damaged in a way that must be seen): a seeded form with a seeded damage.

    A digit that is another digit, within the bounds of its candle, is nothing that can be seen.
    """
    draw = random.Random(seed)
    form = draw.choice(list(FORMS))
    name, make, _ = FORMS[form]
    candles = walk(seed=seed)
    place = draw.randrange(1, len(candles) - 1)
    damage = draw.randrange(9)
    if damage < 6:
        changes: list[Callable[[list[Candle]], list[Candle]]] = [
            lambda c: [*c[:place], *c[place + 1 :]],
            lambda c: [*c[: place + 1], *c[place:]],
            lambda c: [*c[: place - 1], c[place], c[place - 1], *c[place + 1 :]],
            lambda c: altered(c, place, **{draw.choice(["open", "high", "low", "close"]): "0.00"}),
            lambda c: altered(c, place, ts=str(c[place][0] * 1_000_000)),
            lambda c: altered(c, place, high="1.00", low="99999.00"),
        ]
        return name, make(changes[damage](candles)), True
    raw = make(candles)
    cut = draw.randrange(2, len(raw) - 2)
    if damage == 6:
        # A file that ends with a whole line is whole for all anybody can see.
        return name, raw[: cut + raw[:cut].endswith(b"\n")], True
    if damage == 7:
        return name, raw[:cut] + bytes([draw.randrange(128, 256)]) + raw[cut + 1 :], form not in ("tardis", "okx-zip")
    return name, raw[:cut] + raw[cut + draw.randrange(1, 40) :], False


def test_five_hundred_damaged_files_crash_nothing_and_none_is_taken_in_silence(tmp_path: Path) -> None:
    """Damage that must be seen is refused; other damage is refused, or leaves a market of whole and sound candles."""
    refused = 0
    for seed in SEEDS:
        name, raw, is_seen = damaged(seed)
        path = put(tmp_path, name, raw)
        task = pieces.Task(path, "", "", tmp_path / "lines")
        try:
            members = reading.members(path)
        except reading.Unreadable:
            refused += 1
            continue
        found = pieces.read(pieces.Task(path, members[0], "BTC-USDT", task.lines))
        refused += bool(found.faults)
        assert found.faults or not is_seen, (seed, name)
        if not found.faults:
            whole = walk(seed=seed)
            told = task.lines.read_bytes().decode().splitlines()
            sound = [line.split(",") for line in told]
            assert all(float(lo) <= float(o) <= float(h) and float(lo) > 0 for _, o, h, lo, _, _ in sound), seed
            assert len(sound) in (len(whole), len(whole) - 1), seed
        path.unlink()
    assert refused > 400


def test_a_zip_of_several_files_is_read_member_by_member(tmp_path: Path) -> None:
    candles = walk(2 * DAY)
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("BTC-USDT-1.csv", own(candles[:DAY]))
        packed.writestr("BTC-USDT-2.csv", own(candles[DAY:]))
    assert taken(tmp_path, path).series[0].rows == 2 * DAY
