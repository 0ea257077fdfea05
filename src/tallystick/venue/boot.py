"""Opening of a data folder, or of a venue without one: journal, clock, market, the two seeded users and their keys.

`connection.json` beside the journal holds what a script needs. The journal never holds a secret.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

from tallystick.engine.parameters import Parameters
from tallystick.store import files
from tallystick.store.api import KeyRecord, Reader, Store, StoreError
from tallystick.store.format import FORMAT
from tallystick.store.memory import MemoryStore
from tallystick.store.sqlite import SqliteStore
from tallystick.venue.clock import MACHINE, Clock, FarAhead, Machine, Mode, WrongDate
from tallystick.venue.connection import CONNECTION, Connection, UserConnection, read_connection, write_connection
from tallystick.venue.keys import Material, material_from, new_credentials, new_token, random_material, record_of
from tallystick.venue.markets import (
    AGAIN,
    BY_HAND,
    DEFAULT,
    HERE,
    ONCE_PACKAGED,
    UnknownMarket,
    digest_of,
    source_of,
)
from tallystick.venue.own import NOTHING, Own, kept
from tallystick.venue.parameters import load_parameters
from tallystick.venue.recording import DAY_MS, ORIGIN, recording_of
from tallystick.venue.recovery import Recovered, Recovering, silence
from tallystick.venue.seeds import ALICE, BOB, USERS, seeds_of
from tallystick.venue.snapshots import EVERY
from tallystick.venue.sources import Source
from tallystick.venue.stores import JOURNAL, open_kept, open_store
from tallystick.venue.traded import OwnTrades
from tallystick.venue.upgrades import STEPS
from tallystick.venue.venue import Venue
from tallystick.venue.verify import Progress, Verdict, verify

__all__ = ["ALICE", "BOB", "BY_HAND", "JOURNAL", "Opened", "UnknownMarket", "open_venue", "verify_folder"]

V = TypeVar("V", bound=Venue)

DIGEST = "market_digest"
"""Setting that holds the digest of an imported market's candles."""
_KEYS = (("read_only", "trade"), ("read_only",))


class Opened(Struct, frozen=True):
    """Venue that is ready to start. `close` releases the folder, after `venue.stop()`.

    `remarks` are sentences for the operator: requests that were ignored, things that have changed, and things unsafe.
    """

    venue: Venue
    store: Reader
    connection: Connection
    folder: Path | None
    remarks: tuple[str, ...] = ()

    def served_at(self, url: str, surface: str, control_token: str | None = None) -> Connection:
        """Write the venue's address and token to `connection.json`. Returns the content. Raises StoreError."""
        token = control_token or self.connection.control_token
        connection = msgspec.structs.replace(self.connection, url=url, surface=surface, control_token=token)
        if self.folder is not None:
            write_connection(self.folder, connection)
        return connection

    def close(self) -> None:
        self.store.close()


def open_venue(
    folder: Path | None,
    market: str = DEFAULT,
    *,
    markets: Path = HERE,
    own: Own = NOTHING,
    mode: Mode | None = None,
    speed: int | None = None,
    at_ms: int | None = None,
    machine: Machine = MACHINE,
    parameters: Parameters | None = None,
    snapshot_every: int = EVERY,
    catch_up: bool = False,
    users: bool = True,
    key_seed: str | None = None,
    address: str | None = None,
    progress: Recovering = silence,
) -> Opened:
    """Open or make the data folder; None keeps all in memory. Call `await opened.venue.start()` afterwards.

    `mode` and `speed`, if given, change the clock the folder has kept. `at_ms` is the start time of a new venue. A kept
    venue goes on from its own time, and with `catch_up` follows a wall clock more than 366 days ahead of it. Without
    `users`, in memory alone, nobody is seeded. Keys are random, or follow from `key_seed`, for tests. With `address`
    the venue is kept in that database, and the folder holds `connection.json` alone. Imported markets are looked for in
    `markets`. A new venue begins with the texts of `own`. `progress` is that of `recovery.recover`. Raises ValueError
    (UnknownMarket; clock: WrongDate, FarAhead; `own` is wrong), StoreInUse, JournalDamaged, OtherVersion, StoreError
    (folder or file unusable, or the folder belongs to another market).
    """
    source = source_of(market, markets)
    store = MemoryStore() if folder is None else open_store(folder, address, STEPS)
    with _closed_on_failure(store):
        clock = clock_of(store, mode, speed, at_ms, machine, catch_up=catch_up)
        material = random_material if key_seed is None else material_from(key_seed)
        connection, of_connection = _connection(store, folder, market, material, USERS if users else ())
        venue, of_seeds = venue_of(
            Venue,
            store,
            clock,
            market=market,
            source=source,
            own=own,
            keys=new_keys(store, connection, material),
            parameters=parameters,
            material=material,
            snapshot_every=snapshot_every,
            users=users,
            progress=progress,
        )
    return Opened(venue, store, connection, folder, (*_remarks(store, folder, clock, at_ms), *of_seeds, *of_connection))


@contextmanager
def _closed_on_failure(store: Store) -> Iterator[None]:
    try:
        yield
    except BaseException:
        store.close()
        raise


def venue_of(
    kind: type[V],
    store: Store,
    clock: Clock,
    *,
    market: str,
    source: Source | None,
    own: Own,
    keys: Sequence[KeyRecord],
    parameters: Parameters | None = None,
    material: Material = random_material,
    snapshot_every: int = EVERY,
    users: bool = True,
    recovered: Recovered | None = None,
    traded: OwnTrades | None = None,
    progress: Recovering = silence,
) -> tuple[V, tuple[str, ...]]:
    """Venue of a kind in a store, or a new one, and remarks on how it begins. Raises as `open_venue`."""
    own, settings = kept(store, own)
    origin_ms, of_market = _market(store, market, digest_of(source), clock.now_ms())
    feed = None if source is None else recording_of(origin_ms, source)
    parameters = parameters or load_parameters()
    begun = seeds_of(own, parameters, feed, clock.now_ms(), users=users, new=bool(of_market))
    venue = kind(
        store,
        parameters,
        feed,
        clock,
        seeds=begun.commands,
        keys=keys,
        settings=settings | of_market,
        material=material,
        snapshot_every=snapshot_every,
        recovered=recovered,
        traded=traded,
        progress=progress,
    )
    return venue, begun.remarks


def verify_folder(
    folder: Path, progress: Progress | None = None, *, address: str | None = None, workers: int = 1
) -> Verdict:
    """Check everything in a folder that no venue serves now, or in the database at `address`.

    Nothing is written: another format is refused. Several `workers` divide the journal between as many processes.
    Raises StoreInUse, OtherVersion, StoreError.
    """
    with closing(open_kept(folder, address)) as store:
        return verify(store, progress=progress, workers=workers)


def _remarks(store: Reader, folder: Path | None, clock: Clock, at_ms: int | None) -> list[str]:
    """Sentences about the folder, its format and the time that was asked for."""
    remarks = [] if folder is None else files.lets_others(folder, folder / JOURNAL, folder / CONNECTION)
    if isinstance(store, SqliteStore) and store.was_format != FORMAT:
        remarks.append(
            f"{JOURNAL} was upgraded from format {store.was_format} to format {FORMAT}: "
            "earlier versions can no longer open it"
        )
    if at_ms is not None and store.get_meta("clock") is not None:
        remarks.append(
            f"--at is for a new venue and was ignored: this one goes on, at {_iso(clock.now_ms())}. "
            "tally clock advance puts it forward, another --data begins anew"
        )
    return remarks


def clock_of(
    store: Reader, mode: Mode | None, speed: int | None, at_ms: int | None, machine: Machine, *, catch_up: bool
) -> Clock:
    kept, last = store.get_meta("clock"), store.last_entry()
    if kept is None:
        return Clock(mode or "real", speed or 1, at_ms, machine)
    try:
        clock = Clock.restored(kept, last.at_ms if last else 0, machine, catch_up=catch_up)
    except (WrongDate, FarAhead):
        raise
    except (ValueError, msgspec.DecodeError) as error:
        raise _damaged("clock", error) from None
    if (mode or clock.mode, speed or clock.speed) != (clock.mode, clock.speed):
        clock.set(mode, speed)
    return clock


def _market(store: Reader, market: str, digest: str, now_ms: int) -> tuple[int, dict[str, str]]:
    """First day of the recording in Unix ms, and the settings to keep if the day was not stored before.

    `digest` is that of an imported market, which must stay what it was, and "" for others. A folder that began with a
    market of the package has kept none.
    """
    before = store.get_meta("market")
    if before is None:
        origin_ms = now_ms - now_ms % DAY_MS
        settings = {ORIGIN: str(origin_ms), "market": market}
        return origin_ms, settings | ({DIGEST: digest} if digest else {})
    if before != market:
        other = f"give --data another one, or --market {before}" + (f". {AGAIN}" if before == ONCE_PACKAGED else "")
        raise StoreError(f"this data folder was started with market {before}, not {market}: {other}")
    if (store.get_meta(DIGEST) or digest) != digest:
        raise StoreError(
            f"market {market} was imported anew since this data folder was started with it: give --data another one"
        )
    try:
        return int(store.get_meta(ORIGIN) or 0), {}
    except ValueError as error:
        raise _damaged("market", error) from None


def _damaged(setting: str, error: Exception) -> StoreError:
    return StoreError(f"the setting of the {setting} is damaged: {error}. Put the folder back from a copy")


def _connection(
    store: Reader, folder: Path | None, market: str, material: Material, seeded: tuple[tuple[int, str], ...]
) -> tuple[Connection, list[str]]:
    """Content of `connection.json`, written now if it was missing, and remarks about it.

    Keys are written to the file for their owner before the venue stores them, so that no crash loses one.
    """
    found = None if folder is None else read_connection(folder)
    remarks = []
    if found is None:
        if old := len(store.load_keys()):
            remarks.append(
                f"{CONNECTION} was missing and was made again, with a new control token and new keys. The {old} "
                "earlier keys stay valid, and no call revokes them; name another --data to begin without them"
            )
        found = Connection("", new_token(), "", market, seeded_users(material, seeded))
        if folder is not None:
            write_connection(folder, found)
    # A start that was cut short may have left it behind for another market.
    return msgspec.structs.replace(found, market=market), remarks


def seeded_users(material: Material, seeded: Sequence[tuple[int, str]] = USERS) -> tuple[UserConnection, ...]:
    """Seeded users with their keys, made of `material`."""
    return tuple(
        UserConnection(
            name,
            str(user_id),
            tuple(
                new_credentials(permissions, place * len(_KEYS) + number, material)
                for number, permissions in enumerate(_KEYS)
            ),
        )
        for place, (user_id, name) in enumerate(seeded)
    )


def new_keys(store: Reader, connection: Connection, material: Material) -> list[KeyRecord]:
    """Keys that are in `connection.json` and not in the store."""
    known = {key.api_key for key in store.load_keys()}
    return [
        record_of(credentials, int(user.uid), label=f"{user.name} {number}", material=material)
        for user in connection.users
        for number, credentials in enumerate(user.keys, start=1)
        if credentials.api_key not in known
    ]


def _iso(at_ms: int) -> str:
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=at_ms):%Y-%m-%d %H:%M:%S} UTC"
