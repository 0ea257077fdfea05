"""What any store must do. One suite; `conftest` names the stores it runs on."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tallystick.store.api import (
    GENESIS,
    KEY_MAX,
    HistoryRow,
    KeyRecord,
    Reader,
    Reset,
    Save,
    Snapshot,
    Store,
    StoreError,
    WriteBatch,
    checked_entries,
    seal,
)
from tallystick.store.sqlite import SqliteStore
from tests.store.at_once import answered
from tests.store.chain import chain, fill


def row(
    key: int, id: int = 0, *, user: int = 1, table: str = "loan", a: str = "", b: str = "", body: str = ""
) -> HistoryRow:
    return HistoryRow(table=table, user_id=user, key=key, id=id, a=a, b=b, body=(body or f"{key}/{id}").encode())


# ---- journal


def test_an_empty_journal(store: Store) -> None:
    assert store.last_entry() is None
    assert list(store.entries()) == []
    assert list(checked_entries(store)) == []


def test_entries_come_back_as_they_were(store: Store) -> None:
    entries = fill(store, 10)
    assert list(store.entries()) == entries
    assert list(store.entries(after_seq=7)) == entries[7:]
    assert list(store.entries(after_seq=10)) == []
    assert store.last_entry() == entries[-1]
    assert list(checked_entries(store)) == entries


def test_an_entry_that_does_not_follow_is_refused_with_its_rows(store: Store) -> None:
    fill(store, 3)
    with pytest.raises(StoreError, match="entry 5 does not follow entry 3"):
        store.write(WriteBatch(entries=[seal(b"", 5, 0, b"", b"")], rows=[row(1)]))
    with pytest.raises(StoreError, match="entry 3 does not follow entry 3"):
        store.write(WriteBatch(entries=chain(3)[2:], rows=[row(1)]))
    entries = chain(6)
    with pytest.raises(StoreError, match="entry 6 does not follow entry 4"):
        store.write(WriteBatch(entries=[entries[3], entries[5]], rows=[row(1)]))
    last = store.last_entry()
    assert last is not None
    assert last.seq == 3
    assert answered(store.page("loan", 1, 0, KEY_MAX)) == []


# ---- histories


def test_pages_are_newest_first_with_both_ends_included(store: Store) -> None:
    store.write(WriteBatch(rows=[row(key) for key in (10, 30, 20, 40)]))
    assert answered(store.page("loan", 1, 20, 30)) == [b"30/0", b"20/0"]
    assert answered(store.page("loan", 1, 0, KEY_MAX, limit=3)) == [b"40/0", b"30/0", b"20/0"]
    assert answered(store.page("loan", 1, 21, 29)) == []
    assert answered(store.page("loan", 1, 30, 20)) == []
    assert answered(store.page("loan", 2, 0, KEY_MAX)) == []
    assert answered(store.page("convert", 1, 0, KEY_MAX)) == []
    assert answered(store.page("loan", 1, 0, KEY_MAX, limit=0)) == []


def test_cursors_beyond_any_key_are_no_error(store: Store) -> None:
    store.write(WriteBatch(rows=[row(5), row(KEY_MAX)]))
    assert answered(store.page("loan", 1, 0, 10**30)) == [f"{KEY_MAX}/0".encode(), b"5/0"]
    assert answered(store.page("loan", 1, 10**30, 10**31)) == []
    keys, bodies = answered(store.run("loan", 1, 0, 10**30))
    assert (list(keys), list(bodies)) == ([KEY_MAX, 5], [f"{KEY_MAX}/0".encode(), b"5/0"])
    assert [list(part) for part in answered(store.run("loan", 1, 10**30, 10**31))] == [[], []]
    assert answered(store.key_at("loan", 1, 0, 10**30)) == KEY_MAX
    assert answered(store.key_at("loan", 1, 10**30, 10**31)) is None


def test_rows_of_one_key_are_ordered_by_id(store: Store) -> None:
    store.write(WriteBatch(rows=[row(10, 2), row(10, 10), row(10, 1), row(9, 99)]))
    assert answered(store.page("loan", 1, 0, KEY_MAX)) == [b"10/10", b"10/2", b"10/1", b"9/99"]
    assert answered(store.row("loan", 1, 10)) == b"10/10"
    assert answered(store.row("loan", 1, 11)) is None


def test_a_row_written_again_replaces_with_its_filters(store: Store) -> None:
    store.write(WriteBatch(rows=[row(10, 1, a="running", b="x", body="first")]))
    store.write(WriteBatch(rows=[row(10, 1, a="filled", b="x", body="second")]))
    assert answered(store.page("loan", 1, 0, KEY_MAX)) == [b"second"]
    assert answered(store.page("loan", 1, 0, KEY_MAX, a="running")) == []
    assert answered(store.page("loan", 1, 0, KEY_MAX, a="filled", b="x")) == [b"second"]
    assert [found.body for found in store.history()] == [b"second"]


def test_find_gives_the_newest_match(store: Store) -> None:
    store.write(
        WriteBatch(rows=[row(1, b="id1", body="old"), row(2, b="id1", body="new"), row(3, b="id2", body="other")])
    )
    assert answered(store.find("loan", 1, b="id1")) == b"new"
    assert answered(store.find("loan", 1)) == b"other"
    assert answered(store.find("loan", 1, a="a")) is None
    assert answered(store.find("loan", 9)) is None


keys = st.integers(0, 12)
words = st.sampled_from(["", "p", "q"])
rows = st.lists(
    st.builds(
        HistoryRow,
        table=st.sampled_from(["loan", "convert"]),
        user_id=st.integers(1, 2),
        key=keys,
        id=st.integers(0, 3),
        a=words,
        b=words,
        body=st.binary(max_size=4).filter(lambda body: b"\n" not in body),
    ),
    max_size=40,
)
queries = st.tuples(
    st.sampled_from(["loan", "convert"]),
    st.integers(1, 2),
    keys,
    keys,
    words,
    words,
    st.integers(0, 10),
    st.lists(st.binary(min_size=1, max_size=2), max_size=2).map(tuple),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows, asked=st.lists(queries, min_size=1, max_size=12))
def test_any_page_equals_a_brute_force_filter(
    store: Store,
    rows: list[HistoryRow],
    asked: list[tuple[str, int, int, int, str, str, int, tuple[bytes, ...]]],
) -> None:
    """H3, H4: any bounds, filters and limit, against a plain filter of everything."""
    store.write(WriteBatch(reset=Reset("{}", frozenset())))
    for start in range(0, len(rows), 7):
        store.write(WriteBatch(rows=rows[start : start + 7]))
    latest = {(r.table, r.user_id, r.key, r.id): r for r in rows}
    assert list(store.history()) == [latest[place] for place in sorted(latest)]
    for table, user, low, high, a, b, limit, pieces in asked:
        keyed = [
            (place[2], latest[place].body)
            for place in sorted(latest, reverse=True)
            if place[:2] == (table, user)
            and low <= place[2] <= high
            and (not a or latest[place].a == a)
            and (not b or latest[place].b == b)
        ]
        fitting = [body for _, body in keyed]
        assert answered(store.page(table, user, low, high, a or None, b or None, limit)) == fitting[:limit]
        run = answered(store.run(table, user, low, high, a=a or None, b=b or None, limit=limit))
        assert list(zip(*run, strict=True)) == keyed[:limit]
        by_index = [
            place[2]
            for place in sorted(latest, reverse=True)
            if place[:2] == (table, user)
            and low <= place[2] <= high
            and (latest[place].b == b if b else not a or latest[place].a == a)
        ]
        at = answered(store.key_at(table, user, low, high, a or None, b or None, limit))
        assert at == (by_index[limit] if limit < len(by_index) else None)
        holding = [body for body in fitting if all(piece in body for piece in pieces)]
        assert answered(store.page(table, user, low, high, a or None, b or None, limit, pieces)) == holding[:limit]
        assert answered(store.find(table, user, a, b)) == next(
            (
                latest[place].body
                for place in sorted(latest, reverse=True)
                if place[:2] == (table, user) and (not a or latest[place].a == a) and (not b or latest[place].b == b)
            ),
            None,
        )


# ---- the rest


def test_only_the_last_snapshot_is_kept(store: Store) -> None:
    assert store.snapshot() is None
    store.write(WriteBatch(snapshot=Snapshot(1, 10, b"h1", b"{1}")))
    store.write(WriteBatch(snapshot=Snapshot(2, 20, b"h2", b"{2}")))
    assert store.snapshot() == Snapshot(2, 20, b"h2", b"{2}")


def test_keys_and_settings(store: Store) -> None:
    first = KeyRecord(
        api_key="b",
        secret_key="secret",
        passphrase_hash=b"\x00\xff",
        passphrase_salt=b"salt",
        user_id=1,
        permissions=("read_only", "trade"),
        ips=("10.0.0.1",),
        label="main",
    )
    second = KeyRecord(
        api_key="a", secret_key="other", passphrase_hash=b"", passphrase_salt=b"", user_id=2, permissions=("read_only",)
    )
    store.write(WriteBatch(keys=[first, second]))
    assert store.load_keys() == [second, first]
    assert store.get_meta("clock") is None
    store.write(WriteBatch(settings={"clock": "one"}))
    store.write(WriteBatch(settings={"clock": "two"}))
    assert store.get_meta("clock") == "two"


def test_a_reset_forgets_all_but_named_keys_and_settings(store: Store) -> None:
    fill(store, 5)
    store.write(WriteBatch(rows=[row(1)]))
    store.write(WriteBatch(snapshot=Snapshot(5, 5, b"", b"")))
    store.write(WriteBatch(settings={"market": "m"}))
    store.write(
        WriteBatch(
            keys=[
                KeyRecord(
                    api_key="a", secret_key="s", passphrase_hash=b"", passphrase_salt=b"", user_id=1, permissions=()
                )
            ]
        )
    )
    store.write(
        WriteBatch(
            keys=[
                KeyRecord(
                    api_key="b", secret_key="s", passphrase_hash=b"", passphrase_salt=b"", user_id=2, permissions=()
                )
            ]
        )
    )
    store.write(WriteBatch(reset=Reset("[]", frozenset({"b"}))))
    assert store.last_entry() is None
    assert list(store.history()) == []
    assert store.snapshot() is None
    assert [key.api_key for key in store.load_keys()] == ["b"]
    assert store.get_meta("market") == "m"
    assert store.get_meta(GENESIS) == "[]"
    entries = chain(2, "[]")
    store.write(WriteBatch(entries=entries))
    assert list(checked_entries(store)) == entries


def test_a_walk_sees_what_was_there_when_it_began(store: Store, tmp_path: Path) -> None:
    fill(store, 3)
    walk = store.entries()
    assert next(walk).seq == 1
    store.write(WriteBatch(entries=chain(4)[3:]))
    assert [entry.seq for entry in walk] == [2, 3]


def test_a_view_stands_still_in_all_its_parts(store: Store) -> None:
    store.write(
        WriteBatch(
            settings={GENESIS: "{}", "clock": "one"},
            keys=[
                KeyRecord(
                    api_key="a", secret_key="s", passphrase_hash=b"", passphrase_salt=b"", user_id=1, permissions=()
                )
            ],
            entries=chain(3),
            rows=[row(1, a="x", b="y"), row(2, a="x")],
            snapshot=Snapshot(3, 3, b"h", b"{}"),
        )
    )
    view = store.view()
    store.write(WriteBatch(reset=Reset("[]", frozenset())))
    store.write(WriteBatch(settings={"clock": "two"}, rows=[row(9, a="x")]))
    assert list(checked_entries(view)) == list(view.entries()) == chain(3)
    assert list(view.entries(after_seq=2)) == chain(3)[2:]
    assert view.last_entry() == chain(3)[2]
    assert list(view.history()) == [row(1, a="x", b="y"), row(2, a="x")]
    assert answered(view.page("loan", 1, 0, KEY_MAX, a="x")) == [b"2/0", b"1/0"]
    assert list(view.indexed("a")) == [("loan", 1, "x", 1, 0), ("loan", 1, "x", 2, 0)]
    assert list(view.indexed("b")) == [("loan", 1, "y", 1, 0)]
    assert view.snapshot() == Snapshot(3, 3, b"h", b"{}")
    assert [key.api_key for key in view.load_keys()] == ["a"]
    assert (view.get_meta("clock"), view.get_meta(GENESIS)) == ("one", "{}")
    assert view.faults(lambda: None) == []
    view.close()
    assert list(store.indexed("a")) == [("loan", 1, "x", 9, 0)]
    assert list(store.entries()) == []
    assert store.faults(lambda: None) == []


def test_what_a_memory_is_looked_at_for_can_be_broken_off(store: Store) -> None:
    """Of a large one SQLite asks now and then; what is raised comes out as it is."""
    store.write(WriteBatch(rows=[row(number, a="x") for number in range(3_000)]))

    class Enough(Exception):
        pass

    def enough() -> None:
        raise Enough

    if isinstance(store, SqliteStore):
        with pytest.raises(Enough):
            store.faults(enough)
    assert store.faults(lambda: None) == []


def test_indexed_rows_stand_in_the_order_of_their_filters(store: Store) -> None:
    store.write(
        WriteBatch(rows=[row(3, a="p"), row(1, a="q"), row(2), row(9, a="p", table="convert"), row(0, 5, a="p")])
    )
    assert list(store.indexed("a")) == [
        ("convert", 1, "p", 9, 0),
        ("loan", 1, "p", 0, 5),
        ("loan", 1, "p", 3, 0),
        ("loan", 1, "q", 1, 0),
    ]


# ---- snapshots that users save

KEY_A = KeyRecord(api_key="a", secret_key="s", passphrase_hash=b"", passphrase_salt=b"", user_id=1, permissions=())
KEY_B = KeyRecord(api_key="b", secret_key="s", passphrase_hash=b"", passphrase_salt=b"", user_id=1, permissions=())


def all_of(store: Reader) -> tuple[object, ...]:
    return (
        list(store.entries()),
        store.last_entry(),
        list(store.history()),
        store.snapshot(),
        store.load_keys(),
        [store.get_meta(name) for name in (GENESIS, "clock", "market")],
    )


def filled(store: Store) -> None:
    store.write(
        WriteBatch(
            settings={GENESIS: "{}", "clock": "one"},
            keys=[KEY_A],
            entries=chain(3),
            rows=[row(1, a="x", b="y"), row(2)],
            snapshot=Snapshot(3, 3, b"h", b"{}"),
            save=Save("kept", 4, 3, 1),
        )
    )


def gone_on(store: Store) -> None:
    later = WriteBatch(
        settings={"clock": "two", "market": "m"},
        keys=[KEY_B],
        entries=chain(5)[3:],
        rows=[row(1, a="other"), row(3, a="x")],
        snapshot=Snapshot(5, 5, b"i", b"[]"),
    )
    store.write(later)


def test_a_restore_puts_a_saved_snapshot_in_the_place_of_everything(store: Store) -> None:
    filled(store)
    before = all_of(store)
    (saved,) = store.saved()
    assert (saved.name, saved.at_ms, saved.seq, saved.generation) == ("kept", 4, 3, 1)
    view = store.saved_view("kept")
    assert view is not None
    for _ in range(2):
        gone_on(store)
        assert all_of(store) != before
        assert all_of(view) == before
        store.write(WriteBatch(restore="kept", settings={"clock": "one"}, entries=chain(4)[3:]))
        assert list(store.entries()) == chain(4)
        assert list(store.indexed("a")) == [("loan", 1, "x", 1, 0)]
        assert list(store.indexed("b")) == [("loan", 1, "y", 1, 0)]
        store.write(WriteBatch(restore="kept"))
        assert all_of(store) == before
    assert store.saved() == [saved]


def test_a_reset_leaves_saved_snapshots_and_a_view_has_them(store: Store) -> None:
    filled(store)
    before = all_of(store)
    store.write(WriteBatch(reset=Reset("[]", frozenset()), save=Save("empty", 9, 0, 2)))
    view = store.view()
    store.write(WriteBatch(forget="kept"))
    assert [one.name for one in store.saved()] == ["empty"]
    assert store.saved_view("kept") is None
    assert [one.name for one in view.saved()] == ["kept", "empty"]
    copy = view.saved_view("kept")
    assert copy is not None
    assert all_of(copy) == before
    assert answered(copy.page("loan", 1, 2, KEY_MAX)) == [b"2/0"]
    assert answered(copy.page("loan", 1, 0, KEY_MAX, limit=1)) == [b"2/0"]
    view.close()
    store.write(WriteBatch(restore="empty"))
    assert (list(store.entries()), list(store.history()), store.load_keys()) == ([], [], [])
    assert store.get_meta(GENESIS) == "[]"


def test_bytes_held_leave_out_saved_snapshots(store: Store) -> None:
    rows = [HistoryRow(table="loan", user_id=1, key=key, id=0, a="", b="", body=b"x" * 1_000) for key in range(200)]
    store.write(WriteBatch(settings={GENESIS: "{}"}, rows=rows))
    held = store.bytes_held()
    assert held >= 200_000
    store.write(WriteBatch(save=Save("kept", 4, 0, 1)))
    (saved,) = store.saved()
    assert 200_000 <= saved.bytes < 2 * held
    assert abs(store.bytes_held() - held) < 50_000
    store.write(WriteBatch(forget="kept"))
    assert abs(store.bytes_held() - held) < 50_000


def test_a_restore_of_what_is_not_there_writes_nothing(store: Store) -> None:
    filled(store)
    before = all_of(store)
    with pytest.raises(StoreError, match="there is no snapshot 'other'"):
        store.write(WriteBatch(restore="other", settings={"clock": "three"}))
    assert all_of(store) == before
