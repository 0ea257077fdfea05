"""L10, E8: live, folded from the start, and snapshot plus tail are one state; `verify` sees every lie."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from tallystick.engine import charging, core, ledger, transient
from tallystick.engine.amounts import ONE
from tallystick.engine.checks import check_state
from tallystick.engine.commands import AdjustBalance, Command, CreateUser, SwitchSpotBorrow
from tallystick.engine.rejects import Reject
from tallystick.engine.state import State
from tallystick.engine.work import Work
from tallystick.store.api import JournalDamaged, Snapshot, Store, WriteBatch
from tallystick.store.memory import MemoryStore
from tallystick.store.sqlite import SqliteStore
from tallystick.venue import recovery
from tallystick.venue.clock import Clock
from tallystick.venue.interfaces import PageQuery
from tallystick.venue.venue import Rejected
from tallystick.venue.verify import verify
from tests.venue.load import load_command
from tests.venue.world import HOUR_MS, PARAMETERS, PRICES, START_MS, USER, debtor, default_feed, pay, running

USERS = (1, 2, 3)
SEEDS = (
    PRICES,
    *(CreateUser(user_id=user, name=f"user {user}") for user in USERS),
    *(AdjustBalance(user_id=user, account="trading", ccy="BTC", delta=ONE) for user in USERS),
    *(AdjustBalance(user_id=user, account="funding", ccy="BTC", delta=ONE) for user in USERS),
    *(SwitchSpotBorrow(user_id=user, enabled=True) for user in USERS),
)


async def busy(store: Store, seed: int, count: int, snapshot_every: int) -> tuple[int, str]:
    """A venue with traffic, time and moving prices; returns seq and hash of its last state."""
    draw = random.Random(seed)
    async with running(store, feed=default_feed(START_MS), seeds=SEEDS, snapshot_every=snapshot_every) as venue:
        for _ in range(count):
            try:
                await venue.submit(load_command(draw, USERS))
            except Rejected:
                pass
            await venue.advance(by_ms=draw.choice((0, 3, 500, 20_000, HOUR_MS // 3)))
        check_state(venue.state)
        assert (await venue.verify()).ok
        return await venue.state_hash()


@pytest.mark.parametrize("snapshot_every", [1, 37, 10**9])
def test_snapshot_and_tail_give_the_live_state(snapshot_every: int) -> None:
    async def story() -> None:
        store = MemoryStore()
        seq, expected = await busy(store, 1, 150, snapshot_every)
        recovered = recovery.recover(store, PARAMETERS, 0)
        assert (recovered.state.seq, core.state_hash(recovered.state)) == (seq, expected)
        check_state(recovered.state)
        # The same without the shortcut.
        folded = MemoryStore()
        begun = {"genesis": store.get_meta("genesis") or ""}
        folded.write(WriteBatch(settings=begun, entries=list(store.entries())))
        assert core.state_hash(recovery.recover(folded, PARAMETERS, 0).state) == expected

    asyncio.run(story())


@pytest.mark.parametrize("seed", [11, 12, 13])
def test_verify_agrees_with_a_busy_venue(seed: int, tmp_path: Path) -> None:
    async def story() -> None:
        store = SqliteStore(tmp_path / "journal.sqlite")
        seq, expected = await busy(store, seed, 120, 50)
        verdict = verify(store)
        assert (verdict.ok, verdict.entries, verdict.state_hash) == (True, seq, expected), verdict.problem
        rows = {row.table for row in store.history()}
        assert {"spot_borrow_repay", "loan_history"} <= rows
        store.close()

    asyncio.run(story())


def test_parameters_of_a_later_version_do_not_change_a_running_venue() -> None:
    async def story() -> None:
        store = MemoryStore()
        _, expected = await busy(store, 3, 30, 10**9)
        later = msgspec.structs.replace(PARAMETERS, taker_fee=0, leverage=ONE)
        assert core.state_hash(recovery.recover(store, later, 0).state) == expected
        assert verify(store).ok

    asyncio.run(story())


def test_a_damaged_snapshot_is_only_a_lost_shortcut() -> None:
    async def story() -> None:
        store = MemoryStore()
        _, expected = await busy(store, 4, 60, 40)
        snapshot = store.snapshot()
        assert snapshot is not None
        state = snapshot.state.replace(b'"user 1"', b'"user 9"')
        assert state != snapshot.state
        store.write(WriteBatch(snapshot=Snapshot(snapshot.seq, snapshot.at_ms, snapshot.hash, state)))
        assert core.state_hash(recovery.recover(store, PARAMETERS, 0).state) == expected

    asyncio.run(story())


def test_a_journal_cut_before_its_snapshot_is_refused(tmp_path: Path) -> None:
    async def story() -> None:
        store = SqliteStore(tmp_path / "journal.sqlite")
        seq, _ = await busy(store, 5, 20, 10**9)
        store.close()
        connection = apsw.Connection(str(tmp_path / "journal.sqlite"))
        connection.execute("DELETE FROM journal WHERE seq > ?", (seq - 3,))
        connection.close()
        store = SqliteStore(tmp_path / "journal.sqlite")
        with pytest.raises(JournalDamaged, match="the journal ends before its snapshot"):
            recovery.recover(store, PARAMETERS, 0)
        store.close()

    asyncio.run(story())


# ---- verify


def test_verify_names_the_first_decision_that_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    async def story() -> None:
        store = MemoryStore()
        async with running(store) as venue:
            await venue.submit(pay(amount=5 * ONE))
            await venue.submit(pay(amount=6 * ONE))
        original = core.HANDLERS[AdjustBalance]

        def generous(work: Work, command: AdjustBalance) -> None:
            bonus = ONE if command.delta == 6 * ONE else 0
            original(
                work,
                AdjustBalance(
                    user_id=command.user_id, account=command.account, ccy=command.ccy, delta=command.delta + bonus
                ),
            )

        monkeypatch.setitem(core.HANDLERS, AdjustBalance, generous)
        verdict = verify(store)
        assert (verdict.ok, verdict.seq, verdict.decisions_differ) == (False, 7, True)
        assert "AdjustBalance, event 1: then" in verdict.problem

        def refusing(work: Work, command: AdjustBalance) -> None:
            raise Rejected(core.Reject.UNKNOWN_USER)

        monkeypatch.setitem(core.HANDLERS, AdjustBalance, refusing)
        verdict = verify(store)
        assert (verdict.seq, verdict.decisions_differ) == (3, True)
        assert "would be refused now with UNKNOWN_USER" in verdict.problem

    asyncio.run(story())


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE journal SET at_ms = at_ms + 1 WHERE seq = 4", "journal damaged at seq 4: hash mismatch"),
        ("UPDATE history SET body = x'7b7d'", "does not follow from the journal"),
        ("DELETE FROM history", "history lending_rates of user 0: row"),
        ("INSERT INTO history VALUES ('convert', 1, 1, 1, '', '', x'7b7d')", "history convert of user 1: row 1/1"),
    ],
)
def test_verify_sees_damage(tmp_path: Path, statement: str, problem: str) -> None:
    async def story() -> None:
        path = tmp_path / "journal.sqlite"
        store = SqliteStore(path)
        async with running(store):
            pass
        assert verify(store).ok
        store.close()
        connection = apsw.Connection(str(path))
        connection.execute(statement)
        connection.close()
        store = SqliteStore(path)
        verdict = verify(store)
        assert not verdict.ok
        assert not verdict.decisions_differ
        assert problem in verdict.problem
        store.close()

    asyncio.run(story())


# ---- absence


def test_every_missed_hour_is_charged_and_only_the_last_day_is_replayed() -> None:
    """A venue that was down for 30 days: 720 hours of interest, prices of the last day only."""

    async def story() -> None:
        store = MemoryStore()
        feed = default_feed(START_MS)
        async with running(store, feed=feed) as venue:
            before = venue.state.seq
        away_ms = 30 * 24 * HOUR_MS
        async with running(store, feed=feed, clock=Clock("frozen", at_ms=START_MS + away_ms)) as venue:
            assert venue.state.hour_ms == START_MS + away_ms
            moves, moment = 0, START_MS + away_ms - 24 * HOUR_MS
            while (moment := feed.next_at_ms(moment)) <= START_MS + away_ms:
                moves += 1
            assert (await venue.state_hash())[0] - before == 720 + moves
            assert venue.state.markets["BTC-USDT"].index == feed.price_at("BTC-USDT", START_MS + away_ms)
            assert (await venue.verify()).ok

    asyncio.run(story())


def test_going_on_after_any_entry_plays_every_price() -> None:
    """Wherever the venue stopped, also between two entries of one instant, the next start misses no price."""

    async def story() -> None:
        whole = MemoryStore()
        feed = default_feed(START_MS)
        async with running(whole, feed=feed) as venue:
            await venue.advance(by_ms=HOUR_MS + 75_000)
            expected = venue.state.markets["BTC-USDT"].index
            hours = charging.charged(venue.state).ledger
        entries = list(whole.entries())
        # The first price and the seeds share one transaction, so no cut falls between them.
        for cut in range(1 + len(debtor()), len(entries) + 1):
            store = MemoryStore()
            begun = {"genesis": whole.get_meta("genesis") or ""}
            store.write(WriteBatch(settings=begun, entries=entries[:cut]))
            # At the very instant of the last entry, where a tick may be written and its price not yet.
            stopped_ms = entries[cut - 1].at_ms
            clock = Clock("frozen", at_ms=stopped_ms)
            async with running(store, feed=feed, clock=clock) as venue:
                assert venue.state.markets["BTC-USDT"].index == feed.price_at("BTC-USDT", stopped_ms)
                await venue.advance(to_ms=START_MS + HOUR_MS + 75_000)
                assert venue.state.markets["BTC-USDT"].index == expected
                assert charging.charged(venue.state).ledger == hours
                assert venue.state.hour_ms == START_MS + HOUR_MS
                assert USER in venue.state.users

    asyncio.run(story())


@pytest.mark.parametrize("where", ["ask", "reply", "state"])
def test_a_look_at_a_debt_changes_nothing_and_the_page_has_every_hour(where: str) -> None:
    """Two hours of interest are looked at and not booked, before a stop with a snapshot and after it."""

    def look(state: State) -> None:
        assert ledger.debt(state, USER, "USDT") > 1_000 * ONE

    def ask(state: State, now_ms: int) -> CreateUser:
        look(state)
        raise Rejected(Reject.NO_DEBT)

    async def story() -> None:
        store = MemoryStore()
        async with running(store) as venue:
            await venue.submit(CreateUser(user_id=8, name="other"))
            await venue.advance(by_ms=2 * HOUR_MS)
            before = core.encode_state(venue.state)
            if where == "ask":
                with pytest.raises(Rejected):
                    await venue.perform(ask, lambda stamp, events, state: None)
            elif where == "reply":
                await venue.perform(
                    lambda state, now_ms: CreateUser(user_id=9, name="late"), lambda stamp, events, state: look(state)
                )
            else:
                look(venue.state)
            if where != "reply":
                assert core.encode_state(venue.state) == before
            assert len(await venue.histories.page(PageQuery("spot_interest", USER, 0, 2**62))) == 2
        async with running(store) as venue:
            rows = await venue.histories.page(PageQuery("spot_interest", USER, 0, 2**62))
            assert len(rows) == 2
            await venue.advance(by_ms=HOUR_MS)
            assert len(await venue.histories.page(PageQuery("spot_interest", USER, 0, 2**62))) == 3
        assert verify(store).ok

    asyncio.run(story())


def test_a_start_without_a_snapshot_writes_rows_of_booked_interest_anew() -> None:
    """As in a folder an earlier version left, which wrote them when somebody looked: rows of two hours are missing."""

    async def story() -> None:
        whole = MemoryStore()
        async with running(whole) as venue:
            await venue.advance(by_ms=3 * HOUR_MS)
            await venue.submit(pay())
        rows = list(whole.history())
        interest = [row for row in rows if row.table == "spot_interest"]
        assert len(interest) == 3
        old = MemoryStore()
        genesis = {"genesis": whole.get_meta("genesis") or ""}
        kept = [row for row in rows if row not in interest[:2]]
        old.write(WriteBatch(settings=genesis, entries=list(whole.entries()), rows=kept))
        assert verify(old).problem.endswith("is missing")
        async with running(old, clock=Clock("frozen", at_ms=START_MS + 3 * HOUR_MS)):
            pass
        assert list(old.history()) == rows
        assert verify(old).ok

    asyncio.run(story())


def test_verify_keeps_no_charges_it_does_not_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """A debt charged every hour: whoever decides anew has never more than the charge of one hour in hand."""
    most = 0

    def handle(state: State, stamp: core.Stamp, command: Command) -> list[Any]:
        nonlocal most
        most = max(most, len(transient.of(state).charges))
        return handled(state, stamp, command)

    async def story() -> None:
        store = MemoryStore()
        async with running(store) as venue:
            for _ in range(5):
                await venue.advance(by_ms=HOUR_MS)
                await venue.submit(pay())
        monkeypatch.setattr(core, "handle", handle)
        assert verify(store).ok
        assert most <= 1

    handled = core.handle
    asyncio.run(story())
