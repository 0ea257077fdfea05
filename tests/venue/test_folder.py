"""What a data folder is found in: a journal that is gone, keys that are gone, links, what others may do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import apsw
import pytest

from tallystick.server import tls
from tallystick.store.api import OtherVersion, StoreError
from tallystick.venue.boot import BY_HAND, JOURNAL, Opened, open_venue, verify_folder
from tallystick.venue.connection import CONNECTION
from tests.venue.world import HOUR_MS, START_MS

GONE = "Put the journal back from a copy, or begin anew with another --data"


def opened_at(folder: Path, at_ms: int | None = START_MS) -> Opened:
    return open_venue(folder, BY_HAND, mode="frozen", at_ms=at_ms)


async def run_once(opened: Opened, *, url: str = "") -> None:
    await opened.venue.start()
    if url:
        opened.served_at(url, "2026-01")
    await opened.venue.stop()
    opened.close()


def used(folder: Path, *, url: str = "") -> Path:
    asyncio.run(run_once(opened_at(folder), url=url))
    return folder


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".lock"}


@pytest.mark.parametrize("state", ["empty", "missing"])
def test_a_journal_that_is_gone_beside_its_connection_is_no_new_venue(tmp_path: Path, state: str) -> None:
    folder = used(tmp_path)
    if state == "empty":
        (folder / JOURNAL).write_bytes(b"")
    else:
        (folder / JOURNAL).unlink()
    before = bytes_of(folder)
    said = rf"{JOURNAL} is {'empty' if state == 'empty' else 'not there'}, and {CONNECTION} beside it says .*\. {GONE}"
    with pytest.raises(StoreError, match=said):
        opened_at(folder)
    with pytest.raises(StoreError, match=said):
        verify_folder(folder)
    assert bytes_of(folder) == before


def test_a_log_without_its_journal_is_no_new_venue(tmp_path: Path) -> None:
    """SQLite would throw it away, and it may hold all there is."""
    used(tmp_path)
    (tmp_path / CONNECTION).unlink()
    (tmp_path / JOURNAL).write_bytes(b"")
    (tmp_path / (JOURNAL + "-wal")).write_bytes(b"x" * 4_096)
    for attempt in (opened_at, verify_folder):
        with pytest.raises(StoreError, match=f"{JOURNAL}-wal beside it says that a venue has been here"):
            attempt(tmp_path)
    assert (tmp_path / (JOURNAL + "-wal")).read_bytes() == b"x" * 4_096


def test_a_new_journal_beside_a_connection_that_was_served_is_no_new_venue(tmp_path: Path) -> None:
    used(tmp_path / "kept", url="http://127.0.0.1:8080")
    opened_at(tmp_path / "other").close()
    (tmp_path / "kept" / JOURNAL).write_bytes((tmp_path / "other" / JOURNAL).read_bytes())
    for attempt in (opened_at, verify_folder):
        with pytest.raises(StoreError, match=rf"has no entries, and {CONNECTION} says that it was served at http://.*"):
            attempt(tmp_path / "kept")


def test_a_folder_without_a_venue_is_not_verified_and_nothing_is_made_there(tmp_path: Path) -> None:
    (tmp_path / JOURNAL).write_bytes(b"")
    for folder in (tmp_path / "none", tmp_path):
        with pytest.raises(StoreError, match="there is no journal in"):
            verify_folder(folder)
    assert [path.name for path in tmp_path.iterdir()] == [JOURNAL]
    assert (tmp_path / JOURNAL).read_bytes() == b""


def test_new_keys_for_a_connection_that_is_gone_and_the_old_ones_are_told_of(tmp_path: Path) -> None:
    first = opened_at(tmp_path)
    assert first.remarks == ()
    old = {key.api_key for user in first.connection.users for key in user.keys}
    asyncio.run(run_once(first))
    (tmp_path / CONNECTION).unlink()
    again = opened_at(tmp_path, None)
    (remark,) = again.remarks
    assert f"{CONNECTION} was missing and was made again, with a new control token and new keys" in remark
    assert "The 4 earlier keys stay valid" in remark
    new = {key.api_key for user in again.connection.users for key in user.keys}
    assert not new & old
    assert set(again.venue.keys) == new | old
    asyncio.run(run_once(again))
    last = opened_at(tmp_path, None)
    assert last.remarks == ()
    assert set(last.venue.keys) == new | old
    last.close()


def test_a_connection_that_cannot_be_read_is_told_of_with_both_ends_of_its_cure(tmp_path: Path) -> None:
    used(tmp_path)
    (tmp_path / CONNECTION).write_text("{")
    with pytest.raises(StoreError, match="remove it to have new keys made; the old ones stay valid"):
        opened_at(tmp_path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda kept: kept.update(users=[]), "users is empty"),
        (lambda kept: kept["users"][0].update(keys=[]), "user 1001 has no keys"),
        (lambda kept: kept["users"][0].update(uid="alice"), "uid 'alice' is not the number of a user"),
        (lambda kept: kept["users"][0].update(uid="\u00b2"), "uid '\u00b2' is not the number of a user"),
        (lambda kept: kept["users"][0].update(uid="9" * 5_000), "uid '9+' is not the number of a user"),
        (lambda kept: kept["users"][0]["keys"][0].update(api_key=""), "user 1001 has a key without an api_key"),
        (lambda kept: kept["users"][0]["keys"][0].update(permissions=[]), "user 1001 has a key without"),
        (lambda kept: kept.update(control_token="\u00e9"), "control_token is not at least 16 printable ASCII"),
        (lambda kept: kept.update(control_token="\u00e9" * 20), "control_token is not at least 16 printable ASCII"),
        (lambda kept: kept.update(control_token=""), "control_token is not at least 16 printable ASCII"),
        (lambda kept: kept.update(control_token="to the control of it"), "control_token is not at least 16"),
    ],
)
def test_a_connection_that_was_changed_by_hand_is_refused_with_a_sentence(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    used(tmp_path)
    kept = json.loads((tmp_path / CONNECTION).read_text(encoding="utf-8"))
    change(kept)
    (tmp_path / CONNECTION).write_text(json.dumps(kept), encoding="utf-8")
    with pytest.raises(StoreError, match=rf"cannot read .*{CONNECTION}: {said}.*; remove it to have new keys made"):
        opened_at(tmp_path)


@pytest.mark.parametrize("text", ["{}", "[]", "{", '{"mode":"sideways"}'])
def test_a_clock_that_was_damaged_is_no_other_version(tmp_path: Path, text: str) -> None:
    used(tmp_path)
    connection = apsw.Connection(str(tmp_path / JOURNAL))
    connection.execute("UPDATE meta SET value = ? WHERE name = 'clock'", (text,))
    connection.close()
    with pytest.raises(
        StoreError, match=r"the setting of the clock is damaged: .* Put the folder back from a copy"
    ) as no:
        opened_at(tmp_path)
    assert not isinstance(no.value, OtherVersion)


def test_a_time_to_begin_at_is_told_to_be_ignored_where_there_is_a_venue(tmp_path: Path) -> None:
    used(tmp_path)
    again = opened_at(tmp_path, START_MS + HOUR_MS)
    (remark,) = again.remarks
    assert remark.startswith("--at is for a new venue and was ignored: this one goes on, at 2026-01-01 00:00:00 UTC")
    assert again.venue.now_ms() == START_MS
    again.close()


def test_what_others_may_do_is_told(tmp_path: Path) -> None:
    folder = used(tmp_path / "data")
    folder.chmod(0o777)
    (folder / JOURNAL).chmod(0o644)
    (folder / CONNECTION).chmod(0o640)
    again = opened_at(folder, None)
    written, journal, connection = again.remarks
    assert f"everybody on this machine can write to the data folder {folder}" in written
    assert f"can read {folder / JOURNAL}" in journal
    assert f"can read {folder / CONNECTION}" in connection
    again.close()


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("clock", "{"),
        ("clock", '{"mode":"real","speed":0,"at_ms":1,"wall_ms":1,"least_ms":1}'),
        ("market_origin_ms", "1x"),
    ],
)
def test_a_setting_that_cannot_be_read_stops_the_start(tmp_path: Path, setting: str, value: str) -> None:
    used(tmp_path)
    connection = apsw.Connection(str(tmp_path / JOURNAL))
    connection.execute("UPDATE meta SET value = ? WHERE name = ?", (value, setting))
    connection.close()
    with pytest.raises(StoreError, match=r"the setting of the .* is damaged: .* Put the folder back from a copy"):
        opened_at(tmp_path, None)


@pytest.mark.parametrize("name", [CONNECTION, JOURNAL, JOURNAL + ".lock"])
def test_a_link_in_place_of_a_file_stops_the_start(tmp_path: Path, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    used(tmp_path / "data")
    (tmp_path / "data" / name).unlink()
    (tmp_path / "data" / name).symlink_to(victim)
    with pytest.raises(StoreError, match="is a symbolic link"):
        opened_at(tmp_path / "data")
    assert victim.read_text() == "mine"


@pytest.mark.parametrize("name", ["", tls.CA, tls.CA_KEY])
def test_a_link_in_place_of_a_certificate_stops_the_start(tmp_path: Path, name: str) -> None:
    place = tmp_path / tls.FOLDER
    tls.prepare(tmp_path, ())
    moved = tmp_path / "moved"
    (place / name).rename(moved)
    (place / name if name else place).symlink_to(moved)
    before = moved.read_bytes() if name else sorted(path.name for path in moved.iterdir())
    with pytest.raises(StoreError, match="is a symbolic link"):
        tls.prepare(tmp_path, ())
    assert before == (moved.read_bytes() if name else sorted(path.name for path in moved.iterdir()))


def test_a_link_in_place_of_what_is_made_at_every_start_is_replaced(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    _, server = tls.prepare(tmp_path, ())
    server.unlink()
    server.symlink_to(victim)
    server.with_name(server.name + ".new").symlink_to(victim)
    tls.prepare(tmp_path, ())
    assert not server.is_symlink()
    assert victim.read_text() == "mine"


def test_a_token_that_is_given_is_what_scripts_find(tmp_path: Path) -> None:
    async def story() -> None:
        opened = opened_at(tmp_path)
        made = opened.connection.control_token
        await opened.venue.start()
        assert opened.served_at("http://127.0.0.1:1", "2026-01").control_token == made
        told = opened.served_at("http://127.0.0.1:1", "2026-01", "given-token-of-a-test")
        assert told.control_token == "given-token-of-a-test"
        kept = json.loads((tmp_path / CONNECTION).read_text())
        assert kept["control_token"] == "given-token-of-a-test"
        await opened.venue.stop()
        opened.close()

    asyncio.run(story())
    # Until another is given it is the token of the venue, also where the next start gives none.
    again = opened_at(tmp_path, None)
    assert again.connection.control_token == "given-token-of-a-test"
    again.close()
