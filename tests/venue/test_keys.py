"""Keys are kept beside the journal, which tells by a digest which there are: nobody changes one without a trace."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from tallystick.engine.commands import CreateUser
from tallystick.store.api import KeyRecord, StoreError, WriteBatch
from tallystick.store.memory import MemoryStore
from tallystick.store.sqlite import SqliteStore
from tallystick.venue import boot
from tallystick.venue.keys import digest_of, new_credentials, record_of
from tallystick.venue.venue import VenueHalted
from tallystick.venue.verify import verify
from tests.store.failing import PLANTED, Refusal
from tests.venue.world import START_MS, USER, running

SAID = "the API keys differ from those noted in the journal: one was changed, added or removed outside the venue"
KEY = KeyRecord(
    api_key="a",
    secret_key="secret",
    passphrase_hash=b"\x00\xff",
    passphrase_salt=b"salt",
    user_id=USER,
    permissions=("read_only",),
    ips=("10.0.0.1",),
    label="main",
    made_at_ms=5,
)
OTHER = record_of(new_credentials(("read_only", "trade")), USER)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("api_key", "b"),
        ("secret_key", "SECRET"),
        ("passphrase_hash", b"\x00\xfe"),
        ("passphrase_salt", b"sale"),
        ("user_id", 8),
        ("permissions", ("read_only", "trade")),
        ("ips", ()),
        ("label", "Main"),
        ("made_at_ms", 6),
    ],
)
def test_all_that_is_kept_of_a_key_is_in_the_digest(field: str, value: Any) -> None:
    assert set(KeyRecord.__struct_fields__) == {
        "api_key", "secret_key", "passphrase_hash", "passphrase_salt", "user_id", "permissions", "ips", "label",
        "made_at_ms",
    }  # fmt: skip
    changed = msgspec.structs.replace(KEY, **{field: value})
    assert digest_of([changed]) != digest_of([KEY])
    assert digest_of([KEY, OTHER]) == digest_of([OTHER, KEY]) != digest_of([KEY])
    assert digest_of([]) == ""
    assert len(digest_of([KEY])) == 64


def folder_with_keys(folder: Path) -> Path:
    async def story() -> None:
        opened = boot.open_venue(folder, boot.BY_HAND, mode="frozen", at_ms=START_MS)
        await opened.venue.start()
        await opened.venue.add_key(
            lambda state, now_ms: record_of(new_credentials(("read_only",)), boot.BOB, label="added later")
        )
        await opened.venue.stop()
        opened.close()

    asyncio.run(story())
    return folder


def by_another_hand(folder: Path, statement: str) -> None:
    connection = apsw.Connection(str(folder / boot.JOURNAL))
    connection.execute(statement)
    assert connection.changes() > 0
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE keys SET record = CAST(replace(record, '["read_only"]', '["read_only","trade"]') AS BLOB)
           WHERE CAST(record AS TEXT) LIKE '%["read_only"]%'""",
        """UPDATE keys SET record = CAST(replace(record, '"user_id":1002', '"user_id":1001') AS BLOB), user_id = 1001
           WHERE user_id = 1002""",
        "DELETE FROM keys WHERE CAST(record AS TEXT) LIKE '%added later%'",
        "INSERT INTO keys SELECT 'new', user_id, CAST(replace(record, api_key, 'new') AS BLOB) FROM keys LIMIT 1",
        "UPDATE keys SET record = CAST(replace(record, 'added later', 'added sooner') AS BLOB)",
        "DELETE FROM keys",
    ],
    ids=["permissions", "owner", "removed", "added", "label", "all gone"],
)
def test_a_key_changed_by_another_hand_is_found_and_not_served(tmp_path: Path, statement: str) -> None:
    folder = folder_with_keys(tmp_path)
    verdict = boot.verify_folder(folder)
    assert verdict.ok, verdict.problem
    assert verdict.keys == 5
    by_another_hand(folder, statement)
    verdict = boot.verify_folder(folder)
    assert not verdict.ok
    assert verdict.problem.startswith(SAID)
    with pytest.raises(StoreError, match=SAID):
        boot.open_venue(folder, boot.BY_HAND)


@pytest.mark.parametrize("change", ["user_id = 7", "api_key = 'other'", "record = x'7b7d'"])
def test_a_row_that_contradicts_itself_is_found_and_not_served(tmp_path: Path, change: str) -> None:
    folder = folder_with_keys(tmp_path)
    by_another_hand(folder, f"UPDATE keys SET {change} WHERE api_key = (SELECT max(api_key) FROM keys)")
    assert "read failed: a key is damaged" in boot.verify_folder(folder).problem
    with pytest.raises(StoreError, match="read failed: a key is damaged: put the folder back from a copy"):
        boot.open_venue(folder, boot.BY_HAND)


def test_beside_a_running_venue_too(tmp_path: Path) -> None:
    async def story() -> None:
        store = MemoryStore()
        async with running(store) as venue:
            await venue.add_key(lambda state, now_ms: KEY)
            assert (await venue.verify()).keys == 1
            store.write(WriteBatch(keys=[msgspec.structs.replace(KEY, permissions=("read_only", "trade"))]))
            assert (await venue.verify()).problem.startswith(SAID)

    asyncio.run(story())


def test_a_key_and_what_the_journal_says_of_it_are_one_write() -> None:
    async def story() -> None:
        store = MemoryStore()
        async with running(store) as venue:
            await venue.add_key(lambda state, now_ms: KEY)
            Refusal(store)
            with pytest.raises(VenueHalted, match=PLANTED):
                await venue.add_key(lambda state, now_ms: OTHER)
            assert store.load_keys() == [KEY]
        async with running(store) as venue:
            assert set(venue.keys) == {"a"}
            assert (await venue.verify()).keys == 1

    asyncio.run(story())


def test_a_reset_tells_of_the_keys_it_keeps() -> None:
    async def story() -> None:
        store = MemoryStore()
        async with running(store) as venue:
            await venue.submit(CreateUser(user_id=99, name="later"))
            await asyncio.gather(
                venue.add_key(lambda state, now_ms: msgspec.structs.replace(KEY, made_at_ms=0)),
                venue.add_key(lambda state, now_ms: msgspec.structs.replace(KEY, api_key="made later")),
                venue.add_key(lambda state, now_ms: msgspec.structs.replace(OTHER, user_id=99)),
                venue.reset(),
                venue.add_key(lambda state, now_ms: msgspec.structs.replace(OTHER, api_key="after")),
            )
            assert set(venue.keys) == {"a", "after"}
            verdict = await venue.verify()
            assert (verdict.ok, verdict.keys) == (True, 2), verdict.problem
        async with running(store) as venue:
            assert set(venue.keys) == {"a", "after"}

    asyncio.run(story())


def test_a_folder_whose_journal_tells_of_no_keys_is_said_to_and_made_good(tmp_path: Path) -> None:
    """As earlier versions left it."""

    async def story() -> None:
        store = SqliteStore(tmp_path / "journal.sqlite")
        async with running(store):
            pass
        store.write(WriteBatch(keys=[KEY]))
        verdict = verify(store)
        assert (verdict.ok, verdict.keys) == (True, 0)
        assert verdict.remark == "the journal does not tell of the 1 API keys yet; the next start has it do so"
        async with running(store):
            pass
        verdict = verify(store)
        assert (verdict.ok, verdict.keys, verdict.remark) == (True, 1, "")
        store.close()

    asyncio.run(story())


def test_nothing_of_a_key_but_the_digest_stands_in_the_journal(tmp_path: Path) -> None:
    folder = folder_with_keys(tmp_path)
    store = SqliteStore(folder / boot.JOURNAL)
    raw = b"".join(entry.command + entry.events for entry in store.entries())
    for key in store.load_keys():
        for part in (key.api_key, key.secret_key, key.passphrase_hash.hex(), key.label or "-no label-"):
            assert part.encode() not in raw
    assert digest_of(store.load_keys()).encode() in raw
    store.close()
