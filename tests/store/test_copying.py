"""A copy holds what the other store holds, to the byte, and is whole or not there."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tallystick.engine import core
from tallystick.store.api import GENESIS, KEY_MAX, KeyRecord, Reader, Store, StoreError, WriteBatch
from tallystick.store.copying import digest
from tallystick.store.postgres.store import PostgresStore
from tallystick.store.sqlite import SqliteStore
from tallystick.venue import recovery, stores
from tallystick.venue.verify import verify
from tests.store.at_once import answered
from tests.store.chain import chain, fill
from tests.store.conftest import leading
from tests.store.database import server
from tests.venue.world import HOUR_MS, PARAMETERS, START_MS, USER, debtor, default_feed, pay, running

KEY = KeyRecord(
    api_key="a", secret_key="s", passphrase_hash=b"\x00", passphrase_salt=b"", user_id=1, permissions=("t",)
)


def quiet(what: str, count: int) -> None:
    """Nobody is told."""


def lived_in(store: Store) -> None:
    """A venue with hours of interest, several snapshots of its state, and one that a user saved."""

    async def story() -> None:
        async with running(store, feed=default_feed(START_MS), seeds=debtor(), snapshot_every=20) as venue:
            for _ in range(60):
                await venue.submit(pay(USER))
            await venue.snapshots.save("kept")
            await venue.advance(by_ms=3 * HOUR_MS)
            await venue.submit(pay(USER))

    asyncio.run(story())


def seen(store: Reader) -> tuple[object, ...]:
    """What a venue that starts from it knows, and what its clients can be shown."""
    asked = sorted({(row.table, row.user_id, row.a, row.b) for row in store.history()})
    pages = [answered(store.page(*place[:2], 0, KEY_MAX, place[2] or None, place[3] or None)) for place in asked]
    state = core.state_hash(recovery.recover(store, PARAMETERS, 0).state)
    return state, list(store.entries()), list(store.history()), pages, store.load_meta(), store.snapshots()


def test_a_venue_goes_to_postgresql_and_back_unchanged(tmp_path: Path) -> None:
    here, there, back = tmp_path / "here", server().url(), tmp_path / "back"
    here.mkdir()
    with closing(SqliteStore(here / stores.JOURNAL)) as store:
        lived_in(store)
        before = seen(store)
        assert len(store.snapshots()) > 1
    said = stores.copy(str(here), there, quiet)
    with closing(PostgresStore(there)) as store:
        assert seen(store) == before
        assert [(one.name, one.seq) for one in store.saved()] == [("kept", one.seq) for one in store.saved()]
        verdict = verify(store)
        assert (verdict.ok, verdict.saved) == (True, 1), verdict.problem
        answered(store.leave())
    assert stores.copy(there, str(back), quiet) == said
    with closing(SqliteStore(back / stores.JOURNAL)) as store:
        assert seen(store) == before
        verdict = verify(store)
        assert (verdict.ok, verdict.saved) == (True, 1), verdict.problem


@pytest.mark.parametrize(
    "batch",
    [WriteBatch(settings={GENESIS: "{}"}, entries=chain(1)), WriteBatch(keys=[KEY])],
    ids=["a journal", "a key"],
)
@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_a_target_that_holds_something_is_refused(tmp_path: Path, kind: str, batch: WriteBatch) -> None:
    source, other, address = tmp_path / "source", tmp_path / "target", server().url()
    for folder in (source, other):
        folder.mkdir()
    with closing(SqliteStore(source / stores.JOURNAL)) as store:
        fill(store, 3)
    with closing(leading(address) if kind == "postgres" else SqliteStore(other / stores.JOURNAL)) as held:
        held.write(batch)
        before = digest(held, quiet)
    with pytest.raises(StoreError, match="the target holds a venue already"):
        stores.copy(str(source), address if kind == "postgres" else str(other), quiet)
    with closing(PostgresStore(address) if kind == "postgres" else SqliteStore(other / stores.JOURNAL)) as held:
        assert digest(held, quiet) == before


@pytest.mark.parametrize("to", ["sqlite", "postgres"])
def test_a_copy_that_is_broken_off_leaves_nothing(tmp_path: Path, to: str) -> None:
    """And it can be done again."""
    source, target = tmp_path / "source", server().url() if to == "postgres" else str(tmp_path / "target")
    source.mkdir()
    with closing(SqliteStore(source / stores.JOURNAL)) as store:
        lived_in(store)

    class Enough(Exception):
        pass

    def enough(what: str, count: int) -> None:
        if what == "snapshot kept: history":
            raise Enough

    with pytest.raises(Enough):
        stores.copy(str(source), target, enough)
    assert stores.copy(str(source), target, quiet)


def test_progress_names_what_is_copied(tmp_path: Path) -> None:
    told: list[tuple[str, int]] = []
    source = tmp_path / "source"
    source.mkdir()
    with closing(SqliteStore(source / stores.JOURNAL)) as store:
        fill(store, 1_500)
    stores.copy(str(source), server().url(), lambda what, count: told.append((what, count)))
    assert [count for what, count in told if what == "journal"] == [1_000, 1_500]
    assert next(what for what, _ in told if what.startswith("compared")) == "compared: meta"


@pytest.mark.parametrize("differ", ["UPDATE tallystick.history SET b = 'x'", "DELETE FROM tallystick.keys"])
def test_a_copy_that_differs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, differ: str) -> None:
    """Planted: something is lost on the way."""
    from tests.store.database import told as tell

    source, target = tmp_path / "source", server().url()
    source.mkdir()
    with closing(SqliteStore(source / stores.JOURNAL)) as store:
        lived_in(store)
        store.write(WriteBatch(keys=[KEY]))
    whole: Callable[..., None] = PostgresStore.fill

    def lossy(store: PostgresStore, *given: object) -> None:
        whole(store, *given)
        tell(target, differ)

    monkeypatch.setattr(PostgresStore, "fill", lossy)
    with pytest.raises(StoreError, match="the copy differs from what was copied"):
        stores.copy(str(source), target, quiet)


def test_a_source_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=f"there is no journal in {tmp_path}"):
        stores.copy(str(tmp_path), server().url(), quiet)
    with pytest.raises(StoreError, match="there is no venue in postgresql://"):
        stores.copy(server().url(), str(tmp_path / "to"), quiet)
