"""A database of an earlier format is brought to the present one at a start, whole or not at all (decisions/034)."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from tallystick.cluster import opening
from tallystick.store.api import (
    GENESIS,
    Entry,
    HistoryRow,
    JournalDamaged,
    OtherVersion,
    Save,
    Snapshot,
    StoreError,
    StoreInUse,
    WriteBatch,
    genesis_hash,
    seal,
)
from tallystick.store.format import FORMAT, Step
from tallystick.store.postgres import migrations
from tallystick.store.postgres.store import PostgresStore
from tests.store.chain import chain
from tests.store.conftest import leading
from tests.store.database import server, told

ROW = HistoryRow(table="loan", user_id=1, key=1, id=0, a="", b="", body=b"{}")
STEP = Step(
    entries=lambda: lambda command, events: (command.replace(b"Tick", b"Tock"), events + b" "),
    genesis=lambda state: state + " ",
)
"""A form there never was: another name of a command, and a blank after events and state."""


@pytest.fixture
def url() -> str:
    """A database of the format before: five entries, four of them in a saved snapshot, and snapshots of the state."""
    made = server().url()
    with closing(leading(made)) as store:
        entries = chain(5)
        snapshot = Snapshot(seq=4, at_ms=4_000, hash=b"h", state=b"{}")
        store.write(WriteBatch(settings={GENESIS: "{}"}, entries=entries[:4], rows=[ROW], snapshot=snapshot))
        store.write(WriteBatch(save=Save("kept", 4_000, 4, 1)))
        store.write(WriteBatch(entries=entries[4:]))
    told(made, f"UPDATE tallystick.version SET format = {FORMAT - 1}")
    return made


def content(url: str) -> dict[str, list[Any]]:
    tables = ("version", "lease", "journal", "saved_journal", "meta", "saved_meta", "snapshot", "saved_snapshot")
    return {name: told(url, f"SELECT * FROM tallystick.{name} ORDER BY 1, 2") for name in tables}


def rewritten(count: int) -> list[Entry]:
    """The entries as the present version would have sealed them."""
    entries: list[Entry] = []
    previous = genesis_hash("{} ")
    for seq in range(1, count + 1):
        entries.append(seal(previous, seq, seq * 1_000, b'["Tock"]', b'[["HourPassed",%d]] ' % seq))
        previous = entries[-1].hash
    return entries


def test_every_entry_is_rewritten_and_sealed_anew_in_saved_snapshots_too(url: str) -> None:
    with closing(PostgresStore(url, steps={FORMAT - 1: STEP})) as store:
        assert store.was_format == FORMAT - 1
        assert list(store.entries()) == rewritten(5)
        assert (store.get_meta(GENESIS), store.snapshots(), list(store.history())) == ("{} ", [], [ROW])
        kept = store.saved_view("kept")
        assert kept is not None
        assert list(kept.entries()) == rewritten(4)
        assert (kept.get_meta(GENESIS), kept.snapshots()) == ("{} ", [])
    assert told(url, "SELECT DISTINCT term FROM tallystick.journal") == [(1,)], "who wrote an entry stays as it was"
    assert told(url, "SELECT term FROM tallystick.lease") == [(2,)], "an earlier leader writes no more"
    with closing(PostgresStore(url)) as again:
        assert again.was_format == FORMAT, "once"


def test_pieces_of_a_long_journal_follow_each_other(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallystick.store.postgres.upgrade.AT_ONCE", 2)
    with closing(PostgresStore(url, steps={FORMAT - 1: STEP})) as store:
        assert list(store.entries()) == rewritten(5)


@pytest.mark.parametrize(
    ("damage", "step", "raised", "said"),
    [
        ("UPDATE journal SET at_ms = 7 WHERE seq = 3", STEP, JournalDamaged, "damaged at seq 3: hash mismatch"),
        ("DELETE FROM saved_journal WHERE seq = 2", STEP, JournalDamaged, "damaged at seq 2"),
        ("CREATE VIEW other AS SELECT 1", STEP, StoreError, "changed by another hand: it holds the column other"),
        ("SELECT 1", Step(genesis=lambda state: dict[str, str]()[state]), OtherVersion, "the state it starts from"),
        (
            "UPDATE lease SET until = clock_timestamp() + interval '1 hour', leader = 'another'",
            STEP,
            StoreInUse,
            "earlier format and in use by another, which leads in term 1: stop all its servers",
        ),
    ],
)
def test_what_cannot_be_upgraded_stays_as_it_was(
    url: str, damage: str, step: Step, raised: type[Exception], said: str
) -> None:
    told(url, "SET search_path = tallystick", damage)
    before = content(url)
    with pytest.raises(raised, match=said):
        PostgresStore(url, steps={FORMAT - 1: step})
    assert content(url) == before


@pytest.mark.parametrize("make", [True, False])
def test_whoever_has_no_step_changes_nothing_and_says_what_to_do(url: str, make: bool) -> None:
    before = content(url)
    with pytest.raises(StoreError, match=f"format {FORMAT - 1}, .*writes format {FORMAT}.*start it with tally serve"):
        PostgresStore(url, make=make)
    assert content(url) == before


def test_a_server_of_the_present_version_brings_an_empty_database_up(caplog: pytest.LogCaptureFixture) -> None:
    made = server().url()
    PostgresStore(made).close()
    told(made, f"UPDATE tallystick.version SET format = {FORMAT - 1}")
    opening.prepare(made)
    assert f"was upgraded from format {FORMAT - 1} to format {FORMAT}" in caplog.text
    PostgresStore(made, make=False).close()


def test_a_change_of_the_tables_is_played_and_checked(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second change, which there is not yet: it adds a column, and its tables are those that are required then."""
    told(url, f"UPDATE tallystick.version SET format = {FORMAT}")
    text = migrations._text

    def two(number: int) -> str:
        return text(1) if number == 1 else "ALTER TABLE keys ADD COLUMN seen_at_ms bigint NOT NULL DEFAULT 0"

    monkeypatch.setattr(migrations, "_text", two)
    monkeypatch.setattr(migrations, "LAST", 2)
    monkeypatch.setattr(migrations.require_ours, "__defaults__", (2,))
    monkeypatch.setattr(migrations.difference, "__defaults__", (2,))
    with closing(PostgresStore(url)) as store:
        assert list(store.entries()) == chain(5)
    assert told(url, "SELECT migration, format FROM tallystick.version") == [(2, FORMAT)]
    told(url, "ALTER TABLE tallystick.keys DROP COLUMN seen_at_ms")
    with pytest.raises(StoreError, match=r"its column keys.seen_at_ms is missing"):
        PostgresStore(url)
