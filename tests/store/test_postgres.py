"""What only a store in PostgreSQL can meet: another leader, a lost connection, a setting that makes commits unsafe."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from tallystick.store.api import (
    GENESIS,
    KEY_MAX,
    Entry,
    HistoryRow,
    Reset,
    Save,
    StoreError,
    StoreInUse,
    WriteBatch,
    genesis_hash,
    seal,
)
from tallystick.store.format import FORMAT
from tallystick.store.postgres import lease, writing
from tallystick.store.postgres import store as postgres_store
from tallystick.store.postgres.connection import connect, end, pass_over_given_up
from tallystick.store.postgres.store import PostgresStore
from tallystick.store.postgres.threads import LoopThread
from tallystick.store.postgres.writing import Fenced
from tests.patience import PATIENCE_S
from tests.store.at_once import answered
from tests.store.chain import chain, fill
from tests.store.conftest import leading
from tests.store.cutting import Way, Where
from tests.store.database import server, told


def row(key: int, body: str = "{}", *, table: str = "loan", a: str = "", b: str = "") -> HistoryRow:
    return HistoryRow(table=table, user_id=1, key=key, id=0, a=a, b=b, body=body.encode())


@pytest.fixture
def url() -> str:
    return server().url()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody renews the lease beside the write: a cut meets the write."""

    async def keep(link: object, term: int) -> None:
        return

    monkeypatch.setattr(lease, "keep", keep)


# ---- who may write


def test_a_write_of_an_earlier_term_fails_and_writes_nothing(url: str) -> None:
    with closing(leading(url)) as old:
        fill(old, 3)
        told(url, "UPDATE tallystick.lease SET term = term + 1, leader = 'another'")
        for batch in (
            WriteBatch(entries=chain(4)[3:], rows=[row(1)]),
            WriteBatch(settings={"clock": "late"}),
            WriteBatch(reset=Reset("[]", frozenset())),
        ):
            with pytest.raises(Fenced, match=r"another server leads \(another, term 2\), and this one led in term 1"):
                old.write(batch)
        assert (list(old.entries()), list(old.history()), old.get_meta("clock")) == (chain(3), [], None)
        assert told(url, "SELECT DISTINCT term FROM tallystick.journal") == [(1,)]


def test_a_store_that_does_not_lead_writes_nothing(url: str) -> None:
    with closing(PostgresStore(url)) as store, pytest.raises(Fenced):
        store.write(WriteBatch(settings={"clock": "one"}))


def test_a_second_server_is_refused_while_the_lease_is_kept(url: str) -> None:
    said = "in use by the tests, which leads in term 1"
    with closing(leading(url)), closing(PostgresStore(url)) as second, pytest.raises(StoreInUse, match=said):
        second.lead_alone("another")
    with closing(PostgresStore(url)) as third:
        third.lead_alone("the third")
        third.write(WriteBatch(settings={"clock": "one"}))


def test_a_renewal_that_comes_late_does_not_bring_back_a_lease_that_was_given_up(url: str) -> None:
    """A server that closes renews and gives up on two connections: the next leader would wait a second."""
    PostgresStore(url).close()
    with closing(LoopThread("test")) as thread:
        connection = thread.run(connect(url))
        assert thread.run(lease.take(connection, "one", "")) == 1
        assert thread.run(lease.renew(connection, 1))
        thread.run(lease.release(connection, 1))
        assert not thread.run(lease.renew(connection, 1))
        assert thread.run(lease.take(connection, "next", "")) == 2
        thread.run(end(connection))


def test_a_clock_that_was_set_back_does_not_lengthen_the_lease_of_one_who_is_gone(url: str) -> None:
    PostgresStore(url).close()
    told(url, "UPDATE tallystick.lease SET until = clock_timestamp() + interval '1 hour', leader = 'gone'")
    with closing(leading(url)) as store:
        fill(store, 1)
    with closing(leading(url)), closing(PostgresStore(url)) as second:
        told(url, "UPDATE tallystick.lease SET until = clock_timestamp() + interval '1 hour'")
        with pytest.raises(StoreInUse, match="in use by the tests"):
            second.lead_alone("another")


@pytest.mark.usefixtures("alone")
def test_a_writer_that_stands_still_holds_up_no_takeover_for_longer_than_a_lease(url: str) -> None:
    """It is paused in the middle of a write of several statements, which holds the row of the lease."""
    with closing(leading(url)) as store, closing(LoopThread("test")) as thread:
        writer, other = store._thread.run(store._new_writer()), thread.run(connect(url))
        store._thread.run(writer.execute("BEGIN"))
        assert store._thread.run(writer.fetchval(writing._FENCE, 1)) == 1

        async def taken() -> int | None:
            async with asyncio.timeout(lease.LEASE_MS / 1_000):
                await other.execute("UPDATE lease SET until = '-infinity'")
            return await lease.take(other, "next", "")

        assert thread.run(taken()) == 2
        thread.run(end(other))


@pytest.mark.usefixtures("alone")
def test_a_takeover_waits_for_the_write_under_way(url: str) -> None:
    """Otherwise the next leader would read a journal that still grows."""
    with closing(leading(url)) as store, closing(LoopThread("test")) as thread:
        fill(store, 1)
        told(url, "UPDATE tallystick.lease SET until = '-infinity'")
        writer, other = thread.run(connect(url)), thread.run(connect(url))
        transaction = writer.transaction()
        thread.run(transaction.start())
        thread.run(writing.put(writer, 1, WriteBatch(entries=chain(2)[1:])))
        with ThreadPoolExecutor(1) as beside:
            taken = beside.submit(lambda: thread.run(lease.take(other, "next", "")))
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            while told(url, waiting) == [(0,)]:
                assert not taken.done()
            thread.run(transaction.commit())
            assert taken.result() == 2
        assert [entry.seq for entry in store.entries()] == [1, 2]
        thread.run(end(writer))
        thread.run(end(other))


# ---- the last guard of the journal


def two_writers_of_one_entry(url: str) -> tuple[list[Entry], list[HistoryRow], list[Exception]]:
    """Two writers in one term put different entries in one place at the same time; each has a row of its own."""
    entries = [seal(genesis_hash("{}"), 1, at_ms, b"[]", b"[]") for at_ms in (1_000, 2_000)]
    failed: list[Exception] = []
    with closing(leading(url)) as store, closing(LoopThread("test")) as thread:
        store.write(WriteBatch(settings={GENESIS: "{}"}))
        first, second = thread.run(connect(url)), thread.run(connect(url))
        transaction = first.transaction()
        thread.run(transaction.start())
        thread.run(writing.put(first, 1, WriteBatch(entries=entries[:1], rows=[row(1)])))
        with ThreadPoolExecutor(1) as beside:
            late = beside.submit(
                lambda: thread.run(writing.put(second, 1, WriteBatch(entries=entries[1:], rows=[row(2)])))
            )
            waiting = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            while told(url, waiting) == [(0,)]:
                assert not late.done()
            thread.run(transaction.commit())
            if (error := late.exception()) is not None:
                assert isinstance(error, Exception)
                failed.append(error)
        thread.run(end(first))
        thread.run(end(second))
        return list(store.entries()), list(store.history()), failed


def test_an_entry_is_written_once_and_the_loser_writes_nothing(url: str) -> None:
    entries, rows, failed = two_writers_of_one_entry(url)
    assert ([entry.at_ms for entry in entries], [found.key for found in rows], len(failed)) == ([1_000], [1], 1)


def test_a_journal_that_passes_over_a_conflict_is_caught(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: the entry that lost is dropped, and its row stays."""
    statement = "AS new (seq, at_ms, command, events, hash)\n"
    planted = writing.PUT.replace(statement, statement + "    ON CONFLICT DO NOTHING\n")
    assert planted != writing.PUT
    monkeypatch.setattr(writing, "PUT", planted)
    _, rows, _ = two_writers_of_one_entry(url)
    assert [found.key for found in rows] == [1, 2]


# ---- connections that are lost


def cut_write(where: Where, batch: WriteBatch) -> tuple[list[Entry], list[Exception]]:
    """Journal after a write whose connection is cut, and what the write raised."""
    way = Way(server().port)
    url = server().url(way.port)
    failed: list[Exception] = []
    with closing(leading(url)) as store:
        fill(store, 2)
        way.cut_at(where)
        try:
            store.write(batch)
        except StoreError as error:
            failed.append(error)
        assert way.cuts == 1
        found = list(store.entries())
    way.close()
    return found, failed


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("where", ["request", "answer"])
def test_a_write_whose_commit_is_not_answered_is_looked_into(where: Where) -> None:
    """It is found where it was written, and written where it was not: once in both cases."""
    assert cut_write(where, WriteBatch(entries=chain(4)[2:], rows=[row(1)])) == (chain(4), [])


@pytest.mark.usefixtures("alone")
def test_an_unknown_commit_that_is_called_a_failure_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planted: what was not answered counts as not done, and stands in the journal all the same."""

    async def settle(store: PostgresStore, batch: WriteBatch, lost_pid: int) -> None:
        raise StoreError("the connection was lost")

    monkeypatch.setattr(PostgresStore, "_settle", settle)
    entries, failed = cut_write("answer", WriteBatch(entries=chain(4)[2:]))
    assert (len(entries), len(failed)) == (4, 1)


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("where", ["request", "answer"])
def test_a_reset_whose_commit_is_not_answered_is_told_by_its_generation(where: Where) -> None:
    """Its entries may equal those of the generation before, number and hash."""
    way = Way(server().port)
    with closing(leading(server().url(way.port))) as store:
        again = WriteBatch(reset=Reset("{}", frozenset()), settings={"generation": "2"}, entries=chain(2))
        store.write(WriteBatch(settings={GENESIS: "{}", "generation": "1"}, entries=chain(5), rows=[row(7)]))
        way.cut_at(where)
        store.write(again)
        assert (way.cuts, list(store.entries()), list(store.history())) == (1, chain(2), [])
        assert store.get_meta("generation") == "2"
    way.close()


@pytest.mark.usefixtures("alone")
def test_a_snapshot_whose_commit_is_not_answered_is_saved_once() -> None:
    way = Way(server().port)
    with closing(leading(server().url(way.port))) as store:
        fill(store, 2)
        way.cut_at("answer")
        store.write(WriteBatch(save=Save("kept", 1, 2, 1)))
        assert [one.name for one in store.saved()] == ["kept"]
    way.close()


def test_a_database_that_is_started_anew_is_found_again() -> None:
    """By writes, by pages on the caller's loop and by what is read on the store's own thread."""
    one = server()
    with closing(leading(one.url())) as store:
        fill(store, 2)
        store.write(WriteBatch(rows=[row(1)]))
        assert answered(store.page("loan", 1, 0, KEY_MAX)) == [b"{}"]
        one.stop()
        one.start()
        assert answered(store.page("loan", 1, 0, KEY_MAX)) == [b"{}"]
        assert store.get_meta(GENESIS) == "{}"
        store.write(WriteBatch(entries=chain(3)[2:]))
        assert list(store.entries()) == chain(3)
        answered(store.leave())


def test_a_database_that_stays_away_is_an_error_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres_store, "PATIENCE_S", 0.2)
    monkeypatch.setattr(postgres_store, "CONNECT_S", 0.2)
    way = Way(server().port)
    url = server().url(way.port)
    with closing(leading(url)) as store:
        way.close()
        way.cut_at("request")
        with pytest.raises(StoreError, match=rf"write failed: postgresql://127.0.0.1:{way.port}/venue_"):
            store.write(WriteBatch(settings={"clock": "one"}))


def test_a_connection_whose_opening_is_given_up_leaves_no_word_behind(caplog: pytest.LogCaptureFixture) -> None:
    """It is cut while nobody waits for it any more; anything else that nobody looks at is told as before."""

    async def story() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(pass_over_given_up)
        for error in (ConnectionError("unexpected connection_lost() call"), ValueError("a bug")):
            loop.create_future().set_exception(error)
        gc.collect()

    asyncio.run(story())
    assert [record.exc_info[0] for record in caplog.records if record.exc_info] == [ValueError]


# ---- what a database must be like


def test_a_commit_that_is_not_durable_is_refused_at_the_start(url: str) -> None:
    name = url.rpartition("/")[2]
    told(url, f"ALTER DATABASE {name} SET synchronous_commit = off")
    with pytest.raises(StoreError, match=r"the database has synchronous_commit off, .* set synchronous_commit = on"):
        PostgresStore(url)
    assert told(url, "SELECT to_regclass('tallystick.journal')") == [(None,)]


def test_a_commit_that_is_no_longer_durable_is_refused(url: str) -> None:
    with closing(leading(url)) as store:
        fill(store, 1)
        assert store._writer is not None
        store._thread.run(store._writer.execute("SET synchronous_commit = off"))
        with pytest.raises(StoreError, match="synchronous_commit off"):
            store.write(WriteBatch(entries=chain(2)[1:]))
        assert list(store.entries()) == chain(1)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "CREATE FUNCTION tallystick.no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
            r"it holds the function no\(\), which is none of ours",
        ),
        (
            "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'\n"
            "CREATE TRIGGER no BEFORE INSERT ON tallystick.journal FOR EACH ROW EXECUTE FUNCTION no()",
            "it holds the trigger journal.no, which is none of ours",
        ),
        ("CREATE RULE no AS ON INSERT TO tallystick.history DO INSTEAD NOTHING", "it holds the rule history.no"),
        ("DROP INDEX tallystick.history_b", "its index history_b is missing"),
        (
            'ALTER TABLE tallystick.history ALTER COLUMN b TYPE text COLLATE "en-x-icu"',
            "its column history.b is declared",
        ),
        (
            "ALTER TABLE tallystick.journal DROP CONSTRAINT journal_pkey",
            "its constraint journal.journal_pkey is missing",
        ),
        ("CREATE VIEW tallystick.other AS SELECT 1", "it holds the column other"),
        ("ALTER TABLE tallystick.journal ALTER COLUMN term SET DEFAULT 0", "its column journal.term is declared"),
    ],
)
def test_tables_that_another_hand_has_changed_are_refused(url: str, statement: str, said: str) -> None:
    PostgresStore(url).close()
    told(url, *statement.splitlines())
    with pytest.raises(StoreError, match=f"was changed by another hand: {said}"):
        PostgresStore(url)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (f"format = {FORMAT + 1}", f"later version .format {FORMAT + 1}, .*go on with that version, or give --store"),
        ("migration = 99", "later version .*tables 99"),
    ],
)
def test_another_version_is_refused(url: str, change: str, said: str) -> None:
    PostgresStore(url).close()
    told(url, f"UPDATE tallystick.version SET {change}")
    with pytest.raises(StoreError, match=said):
        PostgresStore(url)


def test_a_database_without_a_venue_is_left_alone_where_it_is_only_read(url: str) -> None:
    with pytest.raises(StoreError, match=r"there is no venue in postgresql://127\.0\.0\.1:\d+/venue_"):
        PostgresStore(url, make=False)
    assert told(url, "SELECT to_regclass('tallystick.journal')") == [(None,)]


def test_messages_keep_the_password_to_themselves() -> None:
    with pytest.raises(StoreError) as caught:
        PostgresStore(f"postgresql://tally:hunter2@127.0.0.1:{server().port}/nowhere")
    assert 'database "nowhere" does not exist' in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_read_that_waits_for_the_database_leaves_the_loop_to_others(url: str) -> None:
    async def story(store: PostgresStore) -> bool:
        turned = threading.Event()
        asyncio.get_running_loop().call_soon(turned.set)
        return await store.aside(lambda: turned.wait(PATIENCE_S))

    with closing(leading(url)) as store:
        assert asyncio.run(story(store))


# ---- pages


def test_a_body_of_two_lines_is_refused(url: str) -> None:
    """A page is one text with a line for each body."""
    with closing(leading(url)) as store:
        with pytest.raises(StoreError, match="the body of a row has more than one line"):
            store.write(WriteBatch(rows=[row(1, '{"a":\n1}')]))
        store.write(WriteBatch(rows=[row(1), row(2, "[]"), row(3, "")]))
        assert answered(store.page("loan", 1, 0, KEY_MAX)) == [b"", b"[]", b"{}"]
        assert answered(store.page("loan", 1, 3, KEY_MAX)) == [b""]
        answered(store.leave())


def test_a_page_is_read_by_whoever_is_no_task(url: str) -> None:
    """The server carries its requests out by itself, a step whenever what they wait for is there."""
    found: list[list[bytes]] = []

    async def story(store: PostgresStore) -> None:
        ended = asyncio.get_running_loop().create_future()

        def step(read: Coroutine[Any, Any, list[bytes]]) -> None:
            try:
                waits = read.send(None)
            except StopIteration as done:
                found.append(done.value)
                ended.set_result(None)
            except BaseException as error:
                ended.set_exception(error)
            else:
                waits.add_done_callback(lambda _: step(read))

        asyncio.get_running_loop().call_soon(step, store.page("loan", 1, 0, KEY_MAX))
        await ended
        await store.leave()

    with closing(leading(url)) as store:
        store.write(WriteBatch(rows=[row(1), row(2, "[]")]))
        asyncio.run(story(store))
    assert found == [[b"[]", b"{}"]]


def test_text_has_the_order_of_its_bytes_whatever_the_database_speaks() -> None:
    name = "speaks_english"
    server().tell(f"CREATE DATABASE {name} LOCALE_PROVIDER icu ICU_LOCALE 'en' TEMPLATE template0")
    words = ["Z", "a", "B", "\u00e9", "z", "_"]
    assert told(server().url_of(name), "SELECT 'a' < 'B' COLLATE \"default\"") == [(True,)]
    with closing(leading(server().url_of(name))) as store:
        store.write(WriteBatch(rows=[row(1, table=word, a=word) for word in words]))
        assert [found.table for found in store.history()] == sorted(words)
        assert [place[0] for place in store.indexed("a")] == sorted(words)


@pytest.mark.parametrize(
    ("filters", "index"),
    [({}, "history_pkey"), ({"a": "x"}, "history_a"), ({"b": "y7"}, "history_b"), ({"a": "x", "b": "y7"}, "history_b")],
)
def test_a_page_reads_an_index_backwards_and_no_more_than_it_needs(
    url: str, filters: dict[str, str], index: str
) -> None:
    with closing(leading(url)) as store:
        rows = [row(key, a="x" if key % 50 == 0 else "w", b=f"y{key % 500}") for key in range(20_000)]
        store.write(WriteBatch(rows=rows))
        told(url, "ANALYZE tallystick.history")
        statement = store._say.page("a" in filters, "b" in filters, 0, 100)
        values = ", ".join(f"'{value}'" for value in ("loan", 1, *filters.values(), 0, 2**62, 100))
        types = ", ".join(["text", "bigint", *["text"] * len(filters), "bigint", "bigint", "bigint"])
        plan = told(
            url,
            "SET search_path = tallystick",
            "SET plan_cache_mode = force_generic_plan",
            f"PREPARE page ({types}) AS {statement}",
            f"EXPLAIN EXECUTE page ({values})",
        )
        said = "\n".join(str(line[0]) for line in plan)
        assert f"Index Scan Backward using {index}" in said, said
        assert "Sort" not in said, said
