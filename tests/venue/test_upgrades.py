"""A folder of an earlier format is brought to the present one at a start, whole or not at all (decisions/034)."""

from __future__ import annotations

import asyncio
import gzip
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import msgspec
import pytest

from tallystick.engine import core
from tallystick.engine.amounts import ONE
from tallystick.engine.commands import AskQuote, ClearFaults, Command
from tallystick.engine.events import QuoteGiven
from tallystick.engine.fault_events import FaultMet
from tallystick.engine.state import State
from tallystick.store import sqlite, sqlite_upgrade, upgrading
from tallystick.store.api import JournalDamaged, OtherVersion, StoreError, genesis_hash, seal
from tallystick.store.format import FORMAT, Step
from tallystick.store.sqlite_schema import APPLICATION
from tallystick.venue import boot
from tallystick.venue.entries import encode_command, encode_events
from tallystick.venue.importing.market import import_market
from tallystick.venue.markets import DEFAULT, ONCE_PACKAGED
from tallystick.venue.upgrades import STEPS
from tests.engine.driver import USER, Driver
from tests.engine.test_convert import refuse_next, take, trader
from tests.venue.world import START_MS, default_feed

FIRST = Path(__file__).parents[1] / "golden" / "format-1.sql.gz"
"""A dump of a folder by the last version that wrote format 1: an hour of the default market with orders in it, during
which BTC was held at 40,000 by hand. The market was a recording that packages brought then."""
ENTRIES = 76


def folder_of_format_1(folder: Path, *statements: str, market: str = DEFAULT) -> Path:
    """Folder of format 1, whose prices come from `market` from now on."""
    folder.mkdir()
    with closing(apsw.Connection(str(folder / boot.JOURNAL))) as connection:
        connection.execute(gzip.decompress(FIRST.read_bytes()).decode())
        connection.execute(f"PRAGMA application_id = {APPLICATION}; PRAGMA user_version = 1")
        connection.execute("UPDATE meta SET value = ? WHERE name = 'market'", (market,))
        for statement in statements:
            connection.execute(statement)
    (folder / boot.JOURNAL).chmod(0o600)
    return folder


def stored(folder: Path) -> dict[str, Any]:
    """All that SQLite finds in the file."""
    with closing(apsw.Connection(str(folder / boot.JOURNAL))) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        rows = {
            name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2, 3, 4").fetchall()
            for name in ("journal", "history")
        }
        return rows | {"tables": sorted(names), "format": connection.pragma("user_version")}


def opened(folder: Path) -> tuple[State, tuple[str, ...]]:
    """State and remarks of a start."""

    async def story() -> tuple[State, tuple[str, ...]]:
        found = boot.open_venue(folder)
        await found.venue.start()
        state = found.venue.state
        await found.venue.stop()
        found.close()
        return state, found.remarks

    return asyncio.run(story())


def test_a_folder_of_format_1_opens_and_all_in_it_agrees(tmp_path: Path) -> None:
    folder = folder_of_format_1(tmp_path / "data")
    before = stored(folder)
    state, remarks = opened(folder)
    assert f"{boot.JOURNAL} was upgraded from format 1 to format {FORMAT}" in " ".join(remarks)
    # By hand: Bob began with 0.5 BTC and bought 0.01 for a fee of 0.1 %; it is 01:05 of the market's first day.
    assert state.ledger["trading:1002"]["BTC"] == 509_990_000_000_000_000
    five_past_one_ms = START_MS + 65 * 60_000
    assert state.markets["ETH-USDT"].recorded == default_feed(START_MS).price_at("ETH-USDT", five_past_one_ms)
    assert not state.markets["BTC-USDT"].held
    verdict = boot.verify_folder(folder)
    assert (verdict.ok, verdict.problem, verdict.rows) == (True, "", len(before["history"]))
    after = stored(folder)
    assert after["history"] == before["history"]
    assert after["format"] == FORMAT
    assert [row[:2] for row in after["journal"][:ENTRIES]] == [row[:2] for row in before["journal"]]
    assert sum(len(row[2]) + len(row[3]) for row in after["journal"]) < sum(
        len(row[2]) + len(row[3]) for row in before["journal"]
    )
    assert opened(folder)[1] == (), "once"


def test_a_folder_of_the_recording_that_packages_brought_opens_once_it_is_imported(tmp_path: Path) -> None:
    """Two days of hours of our own stand for the recording, whose first day was 2022-01-16."""
    folder, markets = folder_of_format_1(tmp_path / "data", market=ONCE_PACKAGED), tmp_path / "markets"
    said = f"tally market import FILES --name {ONCE_PACKAGED}"
    started = f"was started with market {ONCE_PACKAGED}, .*or --market {ONCE_PACKAGED}. .*`{said}`"
    with pytest.raises(StoreError, match=started):
        boot.open_venue(folder)
    with pytest.raises(boot.UnknownMarket, match=rf"2022-01-16 to 2022-02-25 \(UTC\) with `{said}`"):
        boot.open_venue(folder, ONCE_PACKAGED, markets=markets)
    first_ms, hour_ms = 1_642_291_200_000, 3_600_000
    lines = [f"{first_ms + hour * hour_ms},43000,43000,43000,43000,1\n" for hour in range(48)]
    candles = tmp_path / "BTC-USDT.csv"
    candles.write_text("ts,open,high,low,close,vol\n" + "".join(lines))
    import_market([candles], markets, ONCE_PACKAGED)

    async def price_a_day_later() -> int:
        found = boot.open_venue(folder, ONCE_PACKAGED, markets=markets, mode="frozen")
        await found.venue.start()
        await found.venue.advance(by_ms=24 * hour_ms)
        price = found.venue.state.markets["BTC-USDT"].index
        await found.venue.stop()
        found.close()
        return price

    assert asyncio.run(price_a_day_later()) == 43_000 * ONE
    assert boot.verify_folder(folder).ok


def test_verify_writes_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    folder = folder_of_format_1(tmp_path / "data")
    before = stored(folder)
    with pytest.raises(StoreError, match=rf"format 1, this one writes format {FORMAT}.*start it with tally serve"):
        boot.verify_folder(folder)
    assert stored(folder) == before


def test_a_folder_of_a_later_format_is_refused_and_left_alone(tmp_path: Path) -> None:
    folder = folder_of_format_1(tmp_path / "data", f"PRAGMA user_version = {FORMAT + 1}")
    before = stored(folder)
    for look in (boot.open_venue, boot.verify_folder):
        with pytest.raises(StoreError, match=f"later version .format {FORMAT + 1}.*go on with that version, or begin"):
            look(folder)
    assert stored(folder) == before


@pytest.mark.parametrize(
    ("damage", "raised", "said"),
    [
        ("UPDATE journal SET at_ms = at_ms + 1 WHERE seq = 30", JournalDamaged, "damaged at seq 30: hash mismatch"),
        ("DELETE FROM journal WHERE seq = 12", JournalDamaged, "damaged at seq 12"),
        ("UPDATE meta SET value = value || ' ' WHERE name = 'genesis'", JournalDamaged, "damaged at seq 1"),
        ("CREATE TRIGGER no AFTER DELETE ON history BEGIN SELECT 1; END", StoreError, "it holds the trigger no"),
    ],
)
def test_what_is_damaged_is_not_rewritten(tmp_path: Path, damage: str, raised: type[Exception], said: str) -> None:
    folder = folder_of_format_1(tmp_path / "data", damage)
    before = stored(folder)
    with pytest.raises(raised, match=said):
        boot.open_venue(folder)
    assert stored(folder) == before


# ---- how a later format would do it


def old_form(command: list[Any], events: list[Any], genesis: dict[str, Any]) -> None:
    """A form there never was: a state with another name for its time, and orders with price and size in each other's
    places."""
    if "at_ms" in genesis:
        genesis["began_ms"] = genesis.pop("at_ms")
    if command[0] == "PlaceOrder":
        command[5], command[6] = command[6], command[5]
    for event in events:
        if event[0] == "OrderPlaced":
            event[6], event[7] = event[7], event[6]


def new_entry(command: bytes, events: bytes) -> tuple[bytes, bytes]:
    asked, told = msgspec.json.decode(command), msgspec.json.decode(events)
    old_form(asked, told, {})
    return msgspec.json.encode(asked), msgspec.json.encode(told)


def new_genesis(state: str) -> str:
    return state.replace('"began_ms":', '"at_ms":')


def written_in_the_old_form(folder: Path) -> Path:
    """The folder of format 1 in that form instead, sealed as its own version would have sealed it."""
    folder_of_format_1(folder)
    with closing(apsw.Connection(str(folder / boot.JOURNAL))) as connection:
        (value,) = connection.execute("SELECT value FROM meta WHERE name = 'genesis'").fetchall()[0]
        genesis = json.loads(str(value))
        old_form([""], [], genesis)
        text = msgspec.json.encode(genesis).decode()
        connection.execute("UPDATE meta SET value = ? WHERE name = 'genesis'", (text,))
        previous = genesis_hash(text)
        rows: list[Any] = connection.execute("SELECT seq, at_ms, command, events FROM journal").fetchall()
        for seq, at_ms, *forms in rows:
            command, events = map(msgspec.json.decode, STEPS[1].entries()(*forms))
            old_form(command, events, {})
            entry = seal(previous, seq, at_ms, msgspec.json.encode(command), msgspec.json.encode(events))
            values = (entry.command, entry.events, previous, entry.hash, seq)
            connection.execute(
                "UPDATE journal SET command = ?, events = ?, previous = ?, hash = ? WHERE seq = ?", values
            )
            previous = entry.hash
    return folder


@pytest.fixture
def with_step(monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[int, Step]], None]:
    return lambda steps: monkeypatch.setattr(boot, "STEPS", steps)


def test_a_step_renames_a_field_and_swaps_two(tmp_path: Path, with_step: Callable[..., None]) -> None:
    """The same end as by the way that was really gone: the last state is equal, and every command decides the same."""
    real = opened(folder_of_format_1(tmp_path / "real"))[0]
    folder = written_in_the_old_form(tmp_path / "data")
    with_step({**STEPS, 1: Step(entries=lambda: new_entry, genesis=new_genesis)})
    assert opened(folder)[0] == real
    assert boot.verify_folder(folder).ok


def test_a_step_that_forgets_the_state_is_found(tmp_path: Path, with_step: Callable[..., None]) -> None:
    folder = written_in_the_old_form(tmp_path / "data")
    with_step({**STEPS, 1: Step(entries=lambda: new_entry)})
    with pytest.raises(OtherVersion, match="unknown field `began_ms`"):
        boot.open_venue(folder)


def test_a_step_that_forgets_the_entries_is_found(tmp_path: Path, with_step: Callable[..., None]) -> None:
    """Two integers in each other's places can be read and folded; `verify` finds that the command decides otherwise."""
    folder = written_in_the_old_form(tmp_path / "data")
    with_step({**STEPS, 1: Step(genesis=new_genesis)})
    opened(folder)
    assert not boot.verify_folder(folder).ok


def test_an_entry_the_older_format_never_had_ends_the_upgrade_and_leaves_all_as_it_was(
    tmp_path: Path, with_step: Callable[..., None]
) -> None:
    folder = folder_of_format_1(tmp_path / "data")
    before = stored(folder)

    def fails_late(command: bytes, events: bytes) -> tuple[bytes, bytes]:
        if command.startswith(b'["ReleaseMarket"'):
            raise LookupError("no such field")
        return STEPS[1].entries()(command, events)

    with_step({**STEPS, 1: Step(entries=lambda: fails_late)})
    with pytest.raises(OtherVersion, match=r"entry \d+: 'no such field'|entry \d+: no such field"):
        boot.open_venue(folder)
    assert stored(folder) == before
    with_step(STEPS)
    assert opened(folder)[0].markets["BTC-USDT"].index > 40_000 * ONE


KILLED_AT_ENTRY_40 = """
import os, signal, sys
from pathlib import Path
from tallystick.store.format import Step
from tallystick.venue import boot
from tallystick.venue.importing.market import import_market
from tallystick.venue.markets import DEFAULT, ONCE_PACKAGED
from tallystick.venue.upgrades import STEPS
from tests.venue.world import START_MS, default_feed

count = 0

def step(command, events):
    global count
    count += 1
    if count == 40:
        os.kill(os.getpid(), signal.SIGKILL)
    return STEPS[1].entries()(command, events)

boot.STEPS = {**STEPS, 1: Step(entries=lambda: step)}
boot.open_venue(Path(sys.argv[1]))
"""


def test_a_process_killed_on_the_way_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    folder = folder_of_format_1(tmp_path / "data")
    before = stored(folder)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_AT_ENTRY_40, str(folder)], capture_output=True, timeout=60, check=False
    )
    assert (killed.returncode, killed.stderr) == (-signal.SIGKILL, b"")
    assert stored(folder) == before
    opened(folder)
    assert boot.verify_folder(folder).ok


def test_there_is_a_step_from_every_earlier_format() -> None:
    assert sorted(STEPS) == list(range(1, FORMAT))


# ---- rejections of convert trades, which are faults since format 3


def in_format_2(command: Command, events: list[Any]) -> tuple[bytes, bytes]:
    """The entry as format 2 had it: one count for each user or everybody, and no event of a fault that is met."""
    said, told = msgspec.json.decode(encode_command(command)), msgspec.json.decode(encode_events(command, events))
    if said[0] == "SetPrices":
        said = ["SetPrice", *said[1][0]]
    if said[0] in ("InjectFault", "ClearFaults"):
        user_id, count = (said[1][2], said[1][4]) if said[0] == "InjectFault" else (said[1][0] - 1, 0)
        said, told = ["RejectConverts", user_id, count], [["ConvertsToReject", user_id, count]]
    return msgspec.json.encode(said), msgspec.json.encode([event for event in told if event[0] != "FaultMet"])


def bought(driver: Driver) -> QuoteGiven:
    """A quote for 30 USDT of ETH."""
    command = AskQuote(user_id=USER, base_ccy="ETH", quote_ccy="USDT", side="buy", size=30 * ONE, size_ccy="USDT")
    (given,) = driver.do(command)
    assert isinstance(given, QuoteGiven)
    return given


def test_rejections_become_faults_that_are_met_where_they_were_counted() -> None:
    """One's own before everybody's; one replaced, one taken back, one taken back that was not there, one used up."""
    driver = trader()
    refuse_next(driver, 1, 0)
    for count in (5, 2, 0, 0, 1):
        if count:
            refuse_next(driver, count)
        else:
            driver.do(ClearFaults(fault_ids=(USER + 1,)))
    for trade in range(4):
        if trade == 3:
            refuse_next(driver, 1)
        driver.do(take(bought(driver)))
    rewrite = STEPS[2].entries()
    met = 0
    for _, command, events in driver.entries:
        wanted = encode_command(command), encode_events(command, events)
        assert rewrite(*in_format_2(command, events)) == wanted
        met += sum(type(event) is FaultMet for event in events)
    assert met == 4


# ---- snapshots


def brought_to_format_2(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bring a folder of format 1 to format 2, and leave it there."""
    with monkeypatch.context() as patch, closing(apsw.Connection(str(folder / boot.JOURNAL))) as connection:
        patch.setattr(sqlite_upgrade, "FORMAT", 2)
        sqlite_upgrade.upgrade(connection, 1, [STEPS[1]], lambda: None)


@pytest.mark.parametrize("was", [1, 2])
@pytest.mark.parametrize("snapshot", ["of its last entry", "of a form that nobody reads", "none"])
def test_the_own_snapshot_of_an_earlier_format_changes_nothing(
    was: int, snapshot: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first start folds all entries and makes a snapshot of its own, from which the second one goes on."""
    folder = folder_of_format_1(tmp_path / "data")
    with closing(apsw.Connection(str(folder / boot.JOURNAL))) as connection:
        kept: list[Any] = connection.execute("SELECT * FROM snapshot").fetchall()
        assert kept[0][1] == ENTRIES
    if was == 2:
        brought_to_format_2(folder, monkeypatch)
    with closing(apsw.Connection(str(folder / boot.JOURNAL))) as connection:
        assert connection.pragma("user_version") == was
        connection.execute("DELETE FROM snapshot")
        if snapshot != "none":
            state = kept[0][4] if snapshot == "of its last entry" else b'{"another":"form"}'
            connection.execute("INSERT INTO snapshot VALUES (?, ?, ?, ?, ?)", (*kept[0][:4], state))
    state, remarks = opened(folder)
    assert f"{boot.JOURNAL} was upgraded from format {was} to format {FORMAT}" in " ".join(remarks)
    assert state.ledger["trading:1002"]["BTC"] == 509_990_000_000_000_000
    assert opened(folder) == (state, ())
    assert boot.verify_folder(folder).ok


@pytest.mark.parametrize("was", [1, 2])
def test_a_folder_of_an_earlier_format_saves_and_restores_snapshots(
    was: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = folder_of_format_1(tmp_path / "data")
    if was == 2:
        brought_to_format_2(folder, monkeypatch)

    async def story() -> None:
        found = boot.open_venue(folder, mode="frozen")
        await found.venue.start()
        await found.venue.snapshots.save("kept")
        kept = core.state_hash(found.venue.state)
        await found.venue.advance(by_ms=3_600_000)
        await found.venue.reset()
        await found.venue.snapshots.restore("kept")
        assert core.state_hash(found.venue.state) == kept
        await found.venue.stop()
        found.close()

    asyncio.run(story())
    verdict = boot.verify_folder(folder)
    assert (verdict.ok, verdict.saved) == (True, 1), verdict.problem


def test_saved_snapshots_are_brought_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that writes every entry and the state anew, with a blank behind it."""
    folder = tmp_path / "data"

    async def save() -> str:
        found = boot.open_venue(folder, mode="frozen", at_ms=START_MS)
        await found.venue.start()
        await found.venue.advance(by_ms=3_600_000)
        await found.venue.snapshots.save("kept")
        kept = core.state_hash(found.venue.state)
        await found.venue.reset()
        await found.venue.stop()
        found.close()
        return kept

    async def restored() -> str:
        found = boot.open_venue(folder)
        await found.venue.start()
        await found.venue.snapshots.restore("kept")
        await found.venue.stop()
        found.close()
        return core.state_hash(found.venue.state)

    kept = asyncio.run(save())
    step = Step(entries=lambda: lambda command, events: (command + b" ", events), genesis=lambda state: state + " ")
    for module in (boot, sqlite, sqlite_upgrade, upgrading):
        monkeypatch.setattr(module, "FORMAT", FORMAT + 1)
    monkeypatch.setattr(boot, "STEPS", {**STEPS, FORMAT: step})
    assert opened(folder)[1][0].startswith(f"{boot.JOURNAL} was upgraded from format {FORMAT}")
    verdict = boot.verify_folder(folder)
    assert (verdict.ok, verdict.saved) == (True, 1), verdict.problem
    assert asyncio.run(restored()) == kept
    with closing(apsw.Connection(str(folder / boot.JOURNAL))) as connection:
        forms: list[Any] = connection.execute("SELECT command FROM saved_journal").fetchall()
        assert all(bytes(command).endswith(b" ") for (command,) in forms)
