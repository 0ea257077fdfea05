"""`verify` divides a journal at its snapshots, decides the stretches in processes, and finds what it found before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tallystick.store.api import HistoryRow, JournalDamaged, Snapshot, Store, WriteBatch, snapshot_hash
from tallystick.store.postgres.store import PostgresStore
from tallystick.store.records import SNAPSHOTS_KEPT, superfluous
from tallystick.store.sqlite import SqliteStore
from tallystick.venue import stretches
from tallystick.venue.boot import JOURNAL
from tallystick.venue.deciding import Stretch, stretches_of
from tallystick.venue.verify import verify
from tests.store.conftest import leading
from tests.store.database import server, told
from tests.store.test_copying import KEY
from tests.venue.test_verify import forged
from tests.venue.world import HOUR_MS, START_MS, USER, debtor, default_feed, pay, running

WORKERS = 3


@pytest.fixture(params=["sqlite", "postgres"], scope="module")
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A venue with a few hundred entries and snapshots between them; tests leave it as it is."""
    folder = tmp_path_factory.mktemp("stretches")
    with closing(made(request.param, folder)) as store:
        lived_in(store)
        yield store


def made(kind: str, folder: Path) -> Store:
    return leading(server().url()) if kind == "postgres" else SqliteStore(folder / JOURNAL)


def lived_in(store: Store) -> None:
    async def story() -> None:
        async with running(store, feed=default_feed(START_MS), seeds=debtor(), snapshot_every=30) as venue:
            for number in range(8):
                await venue.advance(by_ms=HOUR_MS // 4)
                await venue.submit(pay(USER))
                if number % 2:
                    venue.line.snapshots.take_last(venue.state, venue.line.last_hash)

    asyncio.run(story())


# ---- which snapshots are kept, and how they divide a journal


@pytest.mark.parametrize(
    ("held", "most", "dropped"),
    [
        ([1, 2, 3], 3, []),
        ([10, 20, 30, 40], 3, [10]),
        ([10, 30, 40, 50], 3, [40]),
        ([5, 100, 200, 300], 3, [5]),
        ([7, 8], 1, [7]),
    ],
)
def test_of_too_many_snapshots_the_one_goes_that_divides_least(held: list[int], most: int, dropped: list[int]) -> None:
    """By hand: of 10, 20, 30 and 40 each leaves a part of 20 entries where it goes, and the first of them does."""
    assert superfluous(held, most) == dropped


def test_snapshots_of_a_long_journal_stay_spread_over_it() -> None:
    """After 1,000 snapshots no part is longer than three of eight, and the last is the newest."""
    kept: list[int] = []
    for seq in range(1, 1_001):
        kept.append(seq)
        for gone in superfluous(kept):
            kept.remove(gone)
    parts = [after - before for before, after in zip([0, *kept], kept, strict=False)]
    assert len(kept) == SNAPSHOTS_KEPT
    assert kept[-1] == 1_000
    assert max(parts) <= 3 * 1_000 // SNAPSHOTS_KEPT


def test_a_store_keeps_so_many_and_gives_each_by_its_number(tmp_path: Path) -> None:
    for kind in ("sqlite", "postgres"):
        with closing(made(kind, tmp_path)) as store:
            for seq in range(1, 30):
                store.write(WriteBatch(snapshot=Snapshot(seq, seq, b"h", b"%d" % seq)))
            numbers = store.snapshots()
            assert len(numbers) == SNAPSHOTS_KEPT
            assert numbers[-1] == 29
            assert [store.snapshot(seq) for seq in numbers] == [
                Snapshot(seq, seq, b"h", b"%d" % seq) for seq in numbers
            ]
            assert store.snapshot(1_000) is None


def test_a_journal_is_divided_at_its_snapshots() -> None:
    assert stretches_of(10, [3, 7]) == [Stretch(0, 3), Stretch(3, 7), Stretch(7, 10)]
    assert stretches_of(10, [10]) == [Stretch(0, 10)]
    assert stretches_of(0, []) == [Stretch(0, 0)]
    with pytest.raises(JournalDamaged, match="at seq 11: the journal ends before its snapshot"):
        stretches_of(10, [11])


# ---- the same verdict, however many processes


def test_processes_find_what_one_finds(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = stretches.beside_each_other
    asked: list[int] = []

    def counted(opener: Any, parts: list[Stretch], workers: int, progress: Any) -> object:
        asked.append(len(parts))
        return whole(opener, parts, workers, progress)

    monkeypatch.setattr("tallystick.venue.verify.beside_each_other", counted)
    alone = verify(kept)
    assert alone.ok, alone.problem
    steps: list[tuple[str, int, int]] = []
    assert verify(kept, progress=lambda *step: steps.append(step), workers=WORKERS) == alone
    assert asked == [len(kept.snapshots())], "there is a stretch for each snapshot, and nothing after the last one"
    entries = [done for what, done, of in steps if what == "entries"]
    assert entries == sorted(entries)
    assert entries[-1] == alone.entries


def without_the_second(last: int, snapshots: list[int]) -> list[Stretch]:
    first, _, *others = stretches_of(last, snapshots)
    return [first, *others]


def test_a_stretch_that_is_left_out_is_caught(kept: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: nobody decides the second stretch, and the rows it wrote follow from nothing."""
    monkeypatch.setattr("tallystick.venue.verify.stretches_of", without_the_second)
    assert verify(kept, workers=WORKERS).problem.endswith("does not follow from the journal")


def test_what_progress_raises_ends_the_processes(kept: Store) -> None:
    class Enough(Exception):
        pass

    def enough(what: str, done: int, of: int) -> None:
        if what == "entries":
            raise Enough

    with pytest.raises(Enough):
        verify(kept, progress=enough, workers=WORKERS)
    assert verify(kept, workers=WORKERS).ok


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_difference_in_the_middle_is_named_by_its_entry(tmp_path: Path, kind: str) -> None:
    """The first one, also where a later stretch ends earlier."""
    with closing(made(kind, tmp_path)) as store:
        lived_in(store)
        middle = store.snapshots()[1]
        kept, (entry,) = store.snapshot(middle), [one for one in store.entries(middle - 1) if one.seq == middle]
        assert kept is not None
        raw = msgspec.json.encode(msgspec.json.decode(kept.state) | {"last_trade_id": 99})
        store.write(WriteBatch(snapshot=Snapshot(kept.seq, kept.at_ms, snapshot_hash(entry.hash, raw), raw)))
        store.write(WriteBatch(snapshot=forged(store, lambda state: state.update(last_trade_id=99))))
        alone = verify(store)
        assert (alone.ok, alone.seq, alone.entries) == (False, middle, middle - 1)
        assert alone.problem == "the snapshot differs from the state after the entries before it"
        assert verify(store, workers=WORKERS) == alone


def test_a_changed_entry_is_found_in_a_database() -> None:
    url = server().url()
    with closing(leading(url)) as store:
        lived_in(store)
        seq = store.snapshots()[1] + 1
        told(url, f"UPDATE tallystick.journal SET command = command || '\\x20' WHERE seq = {seq}")
        for workers in (1, WORKERS):
            verdict = verify(store, workers=workers)
            assert (verdict.ok, verdict.seq) == (False, seq)
            assert verdict.problem == f"journal damaged at seq {seq}: hash mismatch"


NEWEST = "key = (SELECT max(key) FROM tallystick.history)"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (f"DELETE FROM tallystick.history WHERE {NEWEST}", "is missing"),
        (f"UPDATE tallystick.history SET b = 'x' WHERE {NEWEST}", "does not follow from the journal"),
        ("DROP INDEX tallystick.history_a", "the file is damaged: its index history_a is missing"),
        ("UPDATE tallystick.keys SET user_id = 9", "a key is damaged"),
    ],
)
def test_what_another_hand_changed_in_a_database_is_found(statement: str, said: str) -> None:
    url = server().url()
    with closing(leading(url)) as store:
        lived_in(store)
        store.write(WriteBatch(keys=[KEY]))
        assert verify(store).ok
        told(url, statement)
        verdict = verify(store)
        assert not verdict.ok
        assert said in verdict.problem


def test_a_view_is_of_one_moment_in_every_process() -> None:
    """The venue goes on while a check of its database runs beside it."""
    url = server().url()
    with closing(leading(url)) as store:
        lived_in(store)
        with closing(PostgresStore(url, make=False)) as beside, closing(beside.view()) as view:
            store.write(WriteBatch(rows=[HistoryRow(table="loan", user_id=1, key=1, id=0, a="", b="", body=b"{}")]))
            opener = view.opener()
            assert opener is not None
            with closing(opener()) as same:
                assert [row for row in same.history() if row.table == "loan"] == []
        assert not verify(store).ok
