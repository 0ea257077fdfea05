"""`verify` finds what does not follow from the journal: a snapshot, a row, an index, a page of the file."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from tallystick.engine import charging, core, transient
from tallystick.engine.amounts import ONE
from tallystick.engine.commands import AdjustBalance, AdjustCollateral, BorrowLoan, Command, CreateUser
from tallystick.store import sqlite_reader
from tallystick.store.api import OtherVersion, Reader, Snapshot, Store, StoreError, WriteBatch, snapshot_hash
from tallystick.store.memory import MemoryStore
from tallystick.store.sqlite import SqliteStore
from tallystick.store.sqlite_reader import SqliteReader
from tallystick.venue import recovery
from tallystick.venue.venue import VenueHalted
from tallystick.venue.verify import Verdict, verify
from tallystick.views import bills
from tallystick.views.rows import rows_of_charges
from tests.store.at_once import at_once
from tests.store.conftest import MAKERS
from tests.venue.test_recovery import SEEDS, USERS, busy
from tests.venue.world import HOUR_MS, PARAMETERS, START_MS, USER, debtor, default_feed, pay, running

PAGE = 8192


def small(store: Store, *, tail: int = 0) -> None:
    """A venue with some history, stopped; `tail` more entries follow its snapshot."""

    async def story() -> None:
        async with running(store, feed=default_feed(START_MS), seeds=SEEDS) as venue:
            for number in range(5):
                await venue.submit(
                    AdjustBalance(user_id=USERS[number % 3], account="trading", ccy="USDT", delta=(number + 1) * ONE)
                )
            await venue.advance(by_ms=HOUR_MS)
        if tail:
            async with running(store, feed=default_feed(START_MS), seeds=SEEDS, snapshot_every=10**9) as venue:
                for _ in range(tail):
                    await venue.submit(pay(USERS[0]))
                venue.line.snapshots.begin(venue.state.seq)

    asyncio.run(story())


def forged(store: Reader, change: Callable[[dict[str, Any]], None]) -> Snapshot:
    """The snapshot with another state in it and the hash that fits it."""
    kept = store.snapshot()
    assert kept is not None
    (entry,) = [entry for entry in store.entries() if entry.seq == kept.seq]
    state = msgspec.json.decode(kept.state)
    change(state)
    raw = msgspec.json.encode(state)
    return Snapshot(kept.seq, kept.at_ms, snapshot_hash(entry.hash, raw), raw)


def richer(state: dict[str, Any]) -> None:
    state["users"]["1"]["name"] = "user one"


@pytest.mark.parametrize("kind", sorted(MAKERS))
@pytest.mark.parametrize("tail", [0, 4])
def test_a_whole_store_agrees_and_the_verdict_says_what_was_compared(tmp_path: Path, kind: str, tail: int) -> None:
    store = MAKERS[kind](tmp_path)
    small(store, tail=tail)
    verdict = verify(store)
    snapshot = store.snapshot()
    assert snapshot is not None
    assert verdict.ok, verdict.problem
    assert verdict.entries == snapshot.seq + tail
    assert verdict.snapshot_seq == snapshot.seq
    assert verdict.rows == len(list(store.history())) > 10
    assert verdict.state_hash == core.state_hash(recovery.recover(store, PARAMETERS, 0).state)
    store.close()


@pytest.mark.parametrize("tail", [0, 4])
def test_a_forged_snapshot_with_a_fitting_hash_is_found(tail: int) -> None:
    """A start cannot see it, since it folds nothing before it: it boots into the other state."""
    store = MemoryStore()
    small(store, tail=tail)
    snapshot = forged(store, richer)
    store.write(WriteBatch(snapshot=snapshot))
    assert recovery.recover(store, PARAMETERS, 0).state.users[1].name == "user one"
    verdict = verify(store)
    assert (verdict.ok, verdict.seq, verdict.decisions_differ) == (False, snapshot.seq, False)
    assert verdict.problem == "the snapshot differs from the state after the entries before it"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda s: Snapshot(s.seq, s.at_ms, s.hash, s.state.replace(b'"user 1"', b'"user 9"')),
            "is damaged, or of another",
        ),
        (lambda s: Snapshot(s.seq, s.at_ms, b"", s.state), "is damaged, or of another journal"),
        (lambda s: Snapshot(s.seq, s.at_ms + 1, s.hash, s.state), "is damaged, or of another journal"),
        (lambda s: Snapshot(s.seq - 1, s.at_ms, s.hash, s.state), "is damaged, or of another journal"),
        (lambda s: Snapshot(s.seq + 1, s.at_ms, s.hash, s.state), "the journal ends before its snapshot"),
    ],
)
def test_a_damaged_snapshot_is_found(change: Callable[[Snapshot], Snapshot], said: str) -> None:
    store = MemoryStore()
    small(store)
    kept = store.snapshot()
    assert kept is not None
    store.write(WriteBatch(snapshot=change(kept)))
    verdict = verify(store)
    assert not verdict.ok
    assert said in verdict.problem


def test_a_snapshot_that_is_no_state_is_an_error_of_its_own() -> None:
    store = MemoryStore()
    small(store)
    snapshot = forged(store, lambda state: state.pop("parameters"))
    store.write(WriteBatch(snapshot=snapshot))
    with pytest.raises(OtherVersion):
        verify(store)
    (entry,) = [entry for entry in store.entries() if entry.seq == snapshot.seq]
    raw = b"{"
    store.write(WriteBatch(snapshot=Snapshot(snapshot.seq, snapshot.at_ms, snapshot_hash(entry.hash, raw), raw)))
    assert "what is stored cannot be read" in verify(store).problem
    with pytest.raises(StoreError, match="the journal or its snapshot cannot be read"):
        recovery.recover(store, PARAMETERS, 0)


# ---- histories and their indexes


def damaged(tmp_path: Path, statement: str) -> Verdict:
    path = tmp_path / "journal.sqlite"
    store = SqliteStore(path)
    small(store)
    assert verify(store).ok
    store.close()
    connection = apsw.Connection(str(path))
    connection.execute(statement)
    connection.close()
    store = SqliteStore(path)
    verdict = verify(store)
    store.close()
    return verdict


def borrower() -> tuple[Command, ...]:
    """A debtor who has a flexible loan of 1,000 USDT too, on 1 BTC."""
    return (
        *debtor(),
        AdjustBalance(user_id=USER, account="funding", ccy="BTC", delta=2 * ONE),
        BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=1_000 * ONE,
            collateral=(("BTC", ONE),),
            client_order_id="",
        ),
    )


def indebted(store: Store, *, hours: int, booked: bool) -> None:
    """Hours of interest on one debt and one loan, booked by an event at the end or not yet, and a stop with a
    snapshot."""

    async def story() -> None:
        async with running(store, seeds=borrower()) as venue:
            await venue.advance(by_ms=hours * HOUR_MS)
            if booked:
                (loan_id,) = venue.state.loans
                await venue.submit(
                    AdjustCollateral(user_id=USER, loan_id=loan_id, add=True, ccy="BTC", amount=ONE // 100)
                )

    asyncio.run(story())


CHARGED = {
    "spot_interest": "name = 'spot_interest'",
    "loan_interest": "name = 'loan_interest'",
    "its bills": f"name = 'account_bills' AND a = '{bills.INTEREST}'",
}


@pytest.mark.parametrize("newest", [False, True], ids=["all", "the newest"])
@pytest.mark.parametrize("where", CHARGED.values(), ids=CHARGED)
def test_a_row_of_interest_that_is_booked_may_not_be_missing(tmp_path: Path, where: str, newest: bool) -> None:
    """An entry booked it, so nothing would make it again."""
    path = tmp_path / "journal.sqlite"
    store = SqliteStore(path)
    indebted(store, hours=3, booked=True)
    verdict = verify(store)
    assert verdict.ok, verdict.problem
    store.close()
    connection = apsw.Connection(str(path))
    only = f"AND key = (SELECT max(key) FROM history WHERE {where})" if newest else ""
    connection.execute(f"DELETE FROM history WHERE {where} {only}")
    assert connection.changes() > 0
    connection.close()
    store = SqliteStore(path)
    assert verify(store).problem.endswith("is missing")
    store.close()


def test_interest_that_is_not_booked_has_no_rows_yet(tmp_path: Path) -> None:
    """The right ones do no harm: an earlier version wrote them when somebody looked at the debt."""
    store = SqliteStore(tmp_path / "journal.sqlite")
    indebted(store, hours=3, booked=False)
    for table in ("spot_interest", "loan_interest"):
        assert not [row for row in store.history() if row.table == table]
    assert verify(store).ok
    state = recovery.recover(store, PARAMETERS, 0).state
    ahead = rows_of_charges(transient.of(charging.charged(state)).charges)
    assert len(ahead) == 9, "a row and a bill of each hour, and a row of the loan"
    store.write(WriteBatch(rows=ahead[:2]))
    assert verify(store).ok
    store.write(WriteBatch(rows=[msgspec.structs.replace(ahead[2], body=ahead[0].body)]))
    assert verify(store).problem.endswith("does not follow from the journal")
    store.close()


INDEX_WITHOUT_ROWS = """
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'a <> ''''', 'a <> '''' AND key % 2 = 0') WHERE name = 'history_a';
PRAGMA writable_schema = RESET;
REINDEX history_a;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, ' AND key % 2 = 0', '') WHERE name = 'history_a';
"""
"""Rows are left out of an index whose declaration says nothing of it."""


@pytest.mark.parametrize("checked_by_sqlite", [True, False], ids=["with SQLite's check", "by ours alone"])
def test_rows_missing_in_an_index_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checked_by_sqlite: bool
) -> None:
    if not checked_by_sqlite:
        monkeypatch.setattr(SqliteReader, "faults", lambda self, alive: [])
    verdict = damaged(tmp_path, INDEX_WITHOUT_ROWS)
    assert not verdict.ok
    said = "the file is damaged: " if checked_by_sqlite else "index a of the histories: "
    assert verdict.problem.startswith(said)
    assert "missing" in verdict.problem


def test_the_check_of_an_index_reads_the_index(tmp_path: Path) -> None:
    """And nothing else: were the table read and sorted, a damaged index would agree with itself."""
    store = SqliteStore(tmp_path / "journal.sqlite")
    for column in ("a", "b"):
        statement = sqlite_reader.indexed(column)
        plan = [str(step[3]) for step in store._connection.execute("EXPLAIN QUERY PLAN " + statement)]
        assert plan == [f"SCAN history USING COVERING INDEX history_{column}"]
    store.close()


def index_pages(path: Path) -> list[int]:
    """Offsets of the pages the two indexes of the histories lie on."""
    connection = apsw.Connection(str(path))
    rows = connection.execute("SELECT pageno FROM dbstat WHERE name IN ('history_a', 'history_b')").fetchall()
    connection.close()
    return [(int(number) - 1) * PAGE for (number,) in rows if number is not None]


def pages_of(store: Reader) -> list[list[bytes]]:
    """What clients can be shown: every row by every filter it has."""
    rows = list(store.history())
    asked = {(row.table, row.user_id, row.a, "") for row in rows} | {
        (row.table, row.user_id, "", row.b) for row in rows
    }
    return [at_once(store.page(table, user, 0, 2**62, a or None, b or None)) for table, user, a, b in sorted(asked)]


def test_a_flipped_bit_of_an_index_is_found_or_changes_nothing(tmp_path: Path) -> None:
    """Anywhere on the pages of the indexes; the issue's own case left rows out in silence."""
    path = tmp_path / "journal.sqlite"
    store = SqliteStore(path)
    small(store)
    store.close()
    store = SqliteStore(path)
    expected = pages_of(store)
    store.close()
    whole = path.read_bytes()
    draw = random.Random(7)
    found = harmless = 0
    for page in index_pages(path):
        used = [page + place for place in range(PAGE) if whole[page + place]]
        for place in draw.sample(used, 40):
            bits = bytearray(whole)
            bits[place] ^= 1 << draw.randrange(8)
            path.write_bytes(bits)
            store = SqliteStore(path)
            if verify(store).ok:
                assert pages_of(store) == expected, f"byte {place - page} of the page at {page}"
                harmless += 1
            else:
                found += 1
            store.close()
    assert found > 60
    assert harmless < found / 10


def test_a_page_cut_from_the_file_stops_the_start_with_a_cure(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    store = SqliteStore(path)
    small(store)
    store.close()
    path.write_bytes(path.read_bytes()[:-PAGE])
    with pytest.raises(StoreError, match="malformed: the file is damaged, put it back from a copy"):
        SqliteStore(path)


# ---- beside a running venue


def test_beside_a_running_venue_everything_is_compared_too() -> None:
    """Rows and snapshot as well, at one moment, whatever is written meanwhile."""

    async def story() -> None:
        store = MemoryStore()
        async with running(store, feed=default_feed(START_MS), seeds=SEEDS, snapshot_every=7) as venue:
            for number in range(30):
                await venue.submit(pay(USERS[number % 3]))
            checks = [asyncio.create_task(venue.verify()) for _ in range(3)]
            while not all(check.done() for check in checks):
                await venue.submit(pay(USERS[0]))
                await venue.advance(by_ms=60_000)
            for check in checks:
                verdict = check.result()
                assert verdict.ok, verdict.problem
                assert verdict.rows > 30
                assert verdict.snapshot_seq > 0
            store.write(WriteBatch(snapshot=forged(store, richer)))
            assert "the snapshot differs from the state" in (await venue.verify()).problem

    asyncio.run(story())


def test_a_state_that_is_not_the_journals_is_found() -> None:
    async def story() -> None:
        async with running(seeds=debtor()) as venue:
            await venue.submit(CreateUser(user_id=8, name="other"))
            venue.state.users[8].name = "else"
            verdict = await venue.verify()
            assert verdict.problem == "the running venue has another state than its journal"

    asyncio.run(story())


def test_a_reset_at_the_same_time_is_no_difference() -> None:
    async def story() -> None:
        store = MemoryStore()
        async with running(store) as venue:
            for _ in range(5):
                verdict, _ = await asyncio.gather(venue.verify(), venue.reset())
                assert verdict.ok, verdict.problem
                _, verdict = await asyncio.gather(venue.reset(), venue.verify())
                assert verdict.ok, verdict.problem

    asyncio.run(story())


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_a_stop_does_not_wait_for_a_check(tmp_path: Path, kind: str) -> None:
    async def story() -> None:
        store = MAKERS[kind](tmp_path)
        async with running(store, seeds=SEEDS) as venue:
            venue.leave_off()
            with pytest.raises(VenueHalted, match="its check with it"):
                await venue.verify()
        store.close()

    asyncio.run(story())


def test_progress_is_told_in_order_and_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    store = SqliteStore(tmp_path / "journal.sqlite")
    asyncio.run(busy(store, 5, 120, 40))
    verdict = verify(store, progress=lambda what, done, of: told.append((what, done, of)))
    assert verdict.ok, verdict.problem
    assert list(dict.fromkeys(what for what, _, _ in told)) == ["file", "entries", "rows", "index a", "index b"]
    for what in ("file", "entries", "rows", "index a", "index b"):
        steps = [(done, of) for name, done, of in told if name == what]
        assert steps == sorted(steps)
        assert steps[-1][0] == steps[-1][1]
    assert ("entries", verdict.entries, verdict.entries) in told
    assert len([what for what, _, _ in told if what == "entries"]) > 1
    store.close()


def test_what_progress_raises_ends_the_check(tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def enough(what: str, done: int, of: int) -> None:
        if what == "entries":
            raise Enough

    store = SqliteStore(tmp_path / "journal.sqlite")
    small(store)
    with pytest.raises(Enough):
        verify(store, progress=enough)
    assert verify(store).ok
    store.close()


def test_the_check_changes_nothing_of_what_it_checks() -> None:
    """It hashes states on the way; were somebody brought up to date by that, their rows would be others."""
    store = MemoryStore()

    async def story() -> None:
        async with running(store, snapshot_every=1) as venue:
            for _ in range(4):
                await venue.advance(by_ms=HOUR_MS)
                await venue.submit(CreateUser(user_id=venue.state.seq + 100, name=f"user {venue.state.seq}"))
            venue.line.snapshots.begin(venue.state.seq)

    asyncio.run(story())
    before = [list(store.history()), list(store.entries()), store.snapshot()]
    assert verify(store) == verify(store)
    assert verify(store).ok, verify(store).problem
    assert [list(store.history()), list(store.entries()), store.snapshot()] == before
    assert USER in recovery.recover(store, PARAMETERS, 0).state.users
