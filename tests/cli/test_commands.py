"""The commands as a newcomer meets them: what they print, and how they fail."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import pty
import re
import signal
import socket
import stat
import subprocess
import sys
import threading
from pathlib import Path

import apsw
import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tallystick.cli.main import COMMANDS, main
from tallystick.engine.amounts import ONE
from tallystick.engine.commands import AdjustBalance
from tallystick.server import serve as services
from tallystick.store.format import FORMAT
from tallystick.venue import boot
from tallystick.venue.markets import DEFAULT
from tallystick.venue.venue import VenueHalted
from tests.cli.process import COMMAND, ENVIRONMENT, serving, tally
from tests.patience import PATIENCE_S
from tests.store.failing import failing_disk


def fails(*arguments: str) -> str:
    """The one line a failing command says."""
    done = tally(*arguments)
    assert done.returncode != 0
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


def test_the_printed_example_works_as_it_is_pasted(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as served:
        begin = served.greeting.index("from okx.Trade")
        example = served.greeting[begin : served.greeting.index("\nStreams are at")].strip()
        assert len(example.splitlines()) == 5
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", example],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stderr == ""
        lines = done.stdout.splitlines()
        assert len(lines) == 3
        assert all("'code': '0'" in line for line in lines)
        assert "'debtCcy': 'USDC'" in lines[2]


def test_openapi_to_the_screen_and_to_a_file(tmp_path: Path) -> None:
    shown = json.loads(tally("api", "openapi").stdout)
    assert shown["openapi"] == "3.1.0"
    assert "/api/v5/trade/one-click-repay-v2" in shown["paths"]
    path = tmp_path / "openapi.json"
    done = tally("api", "openapi", "--surface", "2026-08", "-o", str(path))
    assert done.stdout.startswith(f"{path}: ")
    assert json.loads(path.read_text(encoding="utf-8"))["info"]["x-surface"] == "2026-08"
    calls = json.loads(tally("api", "openapi", "--control").stdout)
    assert "/tally/v1/clock/advance" in calls["paths"]
    assert fails("api", "openapi", "-o", str(tmp_path / "no" / "file.json")).endswith("No such file or directory")


def test_the_difference_of_the_surfaces_in_both_languages() -> None:
    shown = tally("fidelity", "diff").stdout
    assert "/api/v5/asset/convert/trade" in shown
    assert "convertMode" in shown
    assert "once in 3 seconds for a main account and its sub-accounts together" in shown
    assert "母账户与其子账户合计每 3 秒 1 次" in tally("fidelity", "diff", "--lang", "zh").stdout
    found = json.loads(tally("fidelity", "diff", "--json", "differences").stdout)["differences"]
    assert {one["kind"] for one in found} >= {"endpoint", "field", "rule"}
    assert {"en": "there", "zh": "有"} in [one["newer"] for one in found]


def test_ctrl_c_loses_nothing_and_the_next_start_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with serving(folder, "--frozen") as served:
        served.control("POST", "users", {"name": "carol"})
        served.control("POST", "clock/advance", {"by": "3h"})
        before, clock = served.control("GET", "state-hash"), served.control("GET", "clock")
        status, out, err = served.stop()
        assert (status, err) == (0, "")
        assert "next start goes on" in out
    with serving(folder, "--quiet") as served:
        assert served.greeting.strip() == served.url
        assert served.control("GET", "state-hash") == before
        assert served.control("GET", "clock") == clock
        assert "carol" in {user["name"] for user in served.control("GET", "users")["users"]}
        with connect(served.url.replace("http", "ws", 1) + "/ws/v5/public", proxy=None) as client:
            client.send("ping")
            assert client.recv(timeout=PATIENCE_S) == "pong"
            assert served.stop(signal.SIGTERM)[0] == 0
            assert json.loads(client.recv(timeout=PATIENCE_S))["code"] == "64008"
            with pytest.raises(ConnectionClosed):
                client.recv(timeout=PATIENCE_S)
    done = tally("verify", "--data", str(folder))
    assert (done.returncode, done.stdout) == (
        0,
        f"{before['seq']} entries of format {FORMAT} agree, state {before['hash']}\n",
    )


def test_ctrl_c_in_the_middle_of_an_advance_stops_where_it_is(tmp_path: Path) -> None:
    """A year of prices takes ten seconds or more, which nobody waits for who wants to stop."""
    folder = tmp_path / "data"
    with serving(folder, "--frozen", "--limits", "off") as served:
        begun = served.control("GET", "clock")["now_ms"]
        answers = []
        advance = threading.Thread(
            target=lambda: answers.append(served.control("POST", "clock/advance", {"by": "365d"}))
        )
        with connect(served.url.replace("http", "ws", 1) + "/ws/v5/public", proxy=None) as client:
            client.send(json.dumps({"op": "subscribe", "args": [{"channel": "tickers", "instId": "BTC-USDT"}]}))
            advance.start()
            # The first price that is later than the beginning: the advance is on its way.
            while all(int(row["ts"]) <= begun for row in json.loads(client.recv(timeout=30)).get("data", ())):
                pass
            status, out, err = served.stop()
        advance.join()
        assert (status, err) == (0, "")
        assert "next start goes on" in out
        (answer,) = answers
        reached = int(re.findall(r"the venue is being stopped; its time is (\d+)", answer["error"]["message"])[0])
        assert answer["error"]["hint"] == "start the server again, then repeat the call for the rest"
        assert begun < reached < begun + 365 * 86_400_000
    assert tally("verify", "--data", str(folder)).returncode == 0
    with serving(folder, "--limits", "off") as served:
        assert served.control("GET", "clock")["now_ms"] == reached
        served.stop()


def test_a_token_on_the_command_line_is_warned_of_and_is_what_scripts_find(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--control-token", "given-token-of-a-test") as served:
        assert served.connection["control_token"] == "given-token-of-a-test"
        assert served.control("GET", "health")["ok"] is True
        status, _, err = served.stop()
    assert status == 0
    assert err == (
        "tally: warning: everybody on this machine can read the control token in the list of processes: "
        "set TALLY_CONTROL_TOKEN instead of --control-token\n"
    )


def test_a_token_in_the_environment_is_what_scripts_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENVIRONMENT, "TALLY_CONTROL_TOKEN", "given-token-of-a-test")
    with serving(tmp_path / "data") as served:
        assert served.connection["control_token"] == "given-token-of-a-test"
        assert served.control("GET", "health")["ok"] is True
        assert served.stop()[2] == ""


def test_what_is_ignored_gone_or_unsafe_is_said_and_quiet_stays_quiet(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with serving(folder, "--frozen") as served:
        served.stop()
    (folder / "connection.json").unlink()
    folder.chmod(0o777)
    with serving(folder, "--quiet", "--at", "2026-01-20T09:00:00Z") as served:
        assert served.greeting.strip() == served.url
        status, out, err = served.stop()
    assert (status, out) == (0, "")
    unsafe, ignored, gone = err.splitlines()
    assert "tally: warning: everybody on this machine can write to the data folder" in unsafe
    assert "tally: warning: --at is for a new venue and was ignored: this one goes on, at 20" in ignored
    assert "tally: warning: connection.json was missing" in gone


def test_a_journal_cut_to_nothing_is_no_new_venue(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with serving(folder, "--frozen") as served:
        served.stop()
    (folder / "journal.sqlite").write_bytes(b"")
    for command in (("serve", "--port", "0"), ("verify",)):
        said = fails(*command, "--data", str(folder))
        assert "journal.sqlite is empty, and connection.json beside it says that a venue has been here" in said
        assert "Put the journal back from a copy, or begin anew with another --data" in said
        assert said.rstrip().endswith("A venue that is kept in a database is named with --store")
    assert (folder / "journal.sqlite").read_bytes() == b""


def test_a_link_in_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "journal.sqlite.lock").symlink_to(victim)
    said = fails("serve", "--port", "0", "--data", str(tmp_path / "data"))
    assert "journal.sqlite.lock is a symbolic link, and where it points to was left alone" in said
    assert victim.read_text() == "mine"


def test_a_link_in_place_of_the_keys_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("{}")
    (tmp_path / "connection.json").symlink_to(tmp_path / "victim")
    assert "is a symbolic link" in fails("keys", "--data", str(tmp_path))


@pytest.mark.parametrize("call", ["write", "sync"])
def test_a_disk_that_refuses_at_the_start_or_the_end_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """In this process, where the disk can be told to fail; nothing is served, it ends before that."""
    run = CliRunner()
    arguments = ["serve", "--port", "0", "--data", str(tmp_path / "data")]
    said = "database or disk is full" if call == "write" else "disk I/O error"

    def ends_at_once(opened: boot.Opened, *_: object, **__: object) -> None:
        async def story() -> None:
            await opened.venue.start()
            disk.fail_next("wal", call)
            await opened.venue.submit(AdjustBalance(user_id=boot.BOB, account="trading", ccy="BTC", delta=ONE))

        asyncio.run(story())

    def fails_at_the_end(opened: boot.Opened, *_: object, **__: object) -> None:
        async def story() -> None:
            await opened.venue.start()
            disk.fail_next("wal", call)
            if (why := await opened.venue.stop()) is not None:
                raise VenueHalted(why)

        asyncio.run(story())

    with failing_disk() as disk:
        for end in (ends_at_once, fails_at_the_end):
            monkeypatch.setattr(services, "run", end)
            done = run.invoke(main, arguments)
            assert done.exit_code == 1
            assert "Everything is on disk" not in done.output
            assert f"tally: the venue has halted: the journal could not be written: write failed: {said}" in done.output
            assert "start again, which goes on from the last durable entry" in done.output
            assert "Traceback" not in done.output


def test_verify_tells_its_progress_beside_its_answer(tmp_path: Path) -> None:
    """As lines where they are asked for, written over on a terminal, and not at all into a pipe."""
    folder = tmp_path / "data"
    with serving(folder, "--frozen") as served:
        served.control("POST", "clock/advance", {"by": "6h"})
        served.stop()
    plain = tally("verify", "--data", str(folder))
    assert re.fullmatch(r"\d+ entries of format \d+ agree, state [0-9a-f]{64}\n", plain.stdout)
    assert (plain.returncode, plain.stderr) == (0, "")
    told = tally("verify", "--progress", "--data", str(folder))
    assert (told.returncode, told.stdout) == (0, plain.stdout)
    lines = told.stderr.splitlines()
    entries = int(plain.stdout.split()[0])
    assert f"entries: {entries:,} of {entries:,}" in lines
    assert list(dict.fromkeys(line.partition(":")[0] for line in lines)) == [
        "file",
        "entries",
        "rows",
        "index a",
        "index b",
    ]
    assert len(lines) <= 5 * 21


def test_verify_shows_its_progress_on_a_terminal(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with serving(folder, "--frozen") as served:
        served.stop()
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [*COMMAND, "verify", "--data", str(folder)],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0
    assert re.fullmatch(r"\d+ entries of format \d+ agree, state [0-9a-f]{64}\n", done.stdout)
    assert "verifying: entries, " in shown
    assert shown.endswith("\r\033[K")


def test_a_forged_snapshot_is_found_by_the_command(tmp_path: Path) -> None:
    """Its hash fits, and the venue would start from it."""
    folder = tmp_path / "data"
    with serving(folder, "--frozen") as served:
        served.stop()
    database = apsw.Connection(str(folder / "journal.sqlite"))
    row: tuple[int, bytes, bytes] = database.execute(  # type: ignore[assignment]  # what the three columns hold
        "SELECT snapshot.seq, state, journal.hash FROM snapshot JOIN journal USING (seq)"
    ).fetchall()[0]
    seq, raw, entry = row
    forged = raw.replace(b'"name":"alice"', b'"name":"alicf"')
    assert forged != raw
    database.execute("UPDATE snapshot SET state = ?, hash = ?", (forged, hashlib.sha256(entry + forged).digest()))
    database.close()
    assert "the snapshot differs from the state after the entries before it" in fails("verify", "--data", str(folder))
    assert seq > 0


def test_keys_are_kept_where_only_their_owner_reads(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert "tally serve" in fails("keys", "--data", str(folder))
    with serving(folder) as served:
        kept = served.connection
        assert served.control("GET", "health")["market"] == DEFAULT
        served.stop()
    assert stat.S_IMODE((folder / "connection.json").stat().st_mode) == 0o600
    shown = tally("keys", "--data", str(folder)).stdout
    for user in kept["users"]:
        for key in user["keys"]:
            assert key["api_key"] in shown
            assert key["secret_key"] in shown
            assert key["api_key"] in served.greeting
    assert (
        tally("keys", "--data", str(folder), "--json").stdout.strip()
        == (folder / "connection.json").read_text().strip()
    )


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = fails("serve", "--port", str(port), "--data", str(tmp_path / "data"))
    assert f"cannot serve 127.0.0.1:{port}: Address already in use; choose another with --port" in said
    assert not (tmp_path / "data").exists()


def test_a_folder_in_use(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as served:
        said = fails("serve", "--port", "0", "--data", str(tmp_path / "data"))
        assert f"data folder is in use by process {served.process.pid}: stop it first, or give --data" in said
        said = fails("verify", "--data", str(tmp_path / "data"))
        assert f"in use by process {served.process.pid}: stop it first, or let it verify itself with POST" in said


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "cannot use" in fails("serve", "--port", "0", "--data", str(tmp_path / "file" / "data"))
    if os.geteuid() != 0:
        locked = tmp_path / "locked"
        locked.mkdir(mode=0o500)
        assert "cannot use" in fails("serve", "--port", "0", "--data", str(locked / "data"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--limits", "some"], "limits must be exact, off or a whole number"),
        (["--host", "0.0.0.0"], "control API needs a token when not on loopback"),
        (["--host", "::"], "control API needs a token when not on loopback"),
        (["--host", "no.such.host.invalid", "--control-token", "x" * 16], "cannot find the address"),
        (["--host", "192.0.2.1", "--control-token", "x" * 16], "cannot serve 192.0.2.1"),
        (["--control-token", "short"], "at least 16 printable ASCII characters"),
        (["--frozen", "--speed", "2"], "a frozen clock has no speed"),
        (["--market", "moon"], "there is no market 'moon' in .tally-markets"),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, arguments: list[str], said: str) -> None:
    assert said in fails("serve", "--port", "0", "--data", str(tmp_path / "data"), *arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "65536"], "65536 is not in the range 0<=x<=65535"),
        (["--port", "x"], "'x' is not a valid integer"),
        (["--speed", "0"], "0 is not in the range"),
        (["--nonsense"], "No such option"),
        (["--surface", "1999-01"], "'1999-01' is not one of '2026-01', '2026-08'"),
    ],
)
def test_options_click_refuses(tmp_path: Path, arguments: list[str], said: str) -> None:
    done = tally("serve", "--data", str(tmp_path / "data"), *arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("arguments", [("--version",), ("--help",)])
def test_a_command_that_is_not_called_is_not_loaded(arguments: tuple[str, ...]) -> None:
    """Slow modules stay out: `tally --version` is there within 100 ms of CPU (measured: 40)."""
    heavy = "{'msgspec', 'asyncio', 'sqlite3', 'tallystick.engine', 'tallystick.server'}"
    code = f"import sys\nfrom tallystick.cli.main import main\nmain({list(arguments)}, standalone_mode=False)\n"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}print({heavy} & set(sys.modules), file=sys.stderr)"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "set()\n")
    assert done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_the_line_of_a_command_is_its_own_first_sentence(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert (command.help or "").split("\n\n")[0].replace("\n", " ") == COMMANDS[name].en


@pytest.mark.parametrize(
    ("words", "typed", "offered"),
    [
        ("tally", "ve", ["verify", "venue"]),
        ("tally serve --market", "by", ["by-hand"]),
        ("tally serve --surface", "2026", ["2026-01", "2026-08"]),
        ("tally fidelity --source", "ch", ["chosen"]),
        ("tally scenario run", "p", ["pool-squeeze"]),
    ],
)
def test_the_shell_is_offered_what_there_is(words: str, typed: str, offered: list[str]) -> None:
    comp = ShellComplete(main, {}, "tally", "_TALLY_COMPLETE")
    assert [found.value for found in comp.get_completions(words.split()[1:], typed)] == offered


def test_another_market_in_the_same_folder(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--market", "by-hand") as served:
        assert served.stop()[0] == 0
    said = fails("serve", "--port", "0", "--data", str(tmp_path / "data"))
    assert f"started with market by-hand, not {DEFAULT}: give --data another one, or --market by-hand" in said


def test_a_market_by_hand_says_that_it_has_no_prices_and_its_lines_work(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--market", "by-hand") as served:
        assert "replayed" not in served.greeting
        assert "tally prices set; a new venue has none" in served.greeting
        begin = served.greeting.index("from okx.")
        example = served.greeting[begin : served.greeting.index("\nStreams are at")].strip()
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", example],
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.stderr == ""
        assert "'code': '0'" in done.stdout


def test_a_new_venue_begins_when_it_is_told_to_and_a_kept_one_goes_on(tmp_path: Path) -> None:
    options = ("--market", "by-hand", "--frozen", "--at", "2026-01-20T09:00:00Z")
    with serving(tmp_path / "data", *options) as served:
        assert "It is 2026-01-20 09:00:00 UTC here, and the clock stands still." in served.greeting
        assert served.control("POST", "clock/advance", {"by": "1h"})["now"] == "2026-01-20T10:00:00.000Z"
        served.stop()
    with serving(tmp_path / "data", *options) as served:
        assert served.control("GET", "clock")["now"] == "2026-01-20T10:00:00.000Z"
        served.stop()
    for text, said in (
        ("yesterday", "'yesterday' is not a time"),
        ("2001-12-31T23:59:59.999Z", "from 2002-01-01 to 2100-12-31 (UTC), and 2001-12-31 is outside of it"),
        ("2101-01-01", "and 2101-01-01 is outside of it"),
    ):
        assert said in fails("serve", "--port", "0", "--data", str(tmp_path / "other"), "--at", text)


def test_a_clock_that_is_not_the_real_one_is_said_at_the_real_speed_too(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--market", "by-hand", "--at", "2026-01-20T09:00:00Z") as served:
        assert "It is 2026-01-20 09:00:0" in served.greeting
        assert "the clock goes as fast as the real one." in served.greeting


def test_a_damaged_journal_is_named_and_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with serving(folder, "--frozen") as served:
        served.stop()
    database = apsw.Connection(str(folder / "journal.sqlite"))
    tables = [row[0] for row in database.execute("select name from sqlite_master where type = 'table'")]
    journal = next(name for name in tables if name in ("journal", "entry", "entries"))
    database.execute(f"update {journal} set command = cast(replace(command, 'alice', 'alicf') as blob) where seq = 2")
    database.close()
    assert "journal damaged at seq 2: hash mismatch" in fails("serve", "--port", "0", "--data", str(folder))
    assert "journal damaged at seq 2: hash mismatch" in fails("verify", "--data", str(folder))


def test_a_folder_of_another_version_is_named_and_left_alone(tmp_path: Path) -> None:
    """What a later version adds is missing in the state an earlier one began with."""
    folder = tmp_path / "data"
    with serving(folder, "--frozen") as served:
        served.stop()
    database = apsw.Connection(str(folder / "journal.sqlite"))
    ((begun,),) = database.execute("select value from meta where name = 'genesis'")
    state = json.loads(begun)
    del state["parameters"]["taker_fee"]
    database.execute("update meta set value = ? where name = 'genesis'", (json.dumps(state),))
    database.close()
    for command in (["serve", "--port", "0"], ["verify"]):
        said = fails(*command, "--data", str(folder))
        assert "written by another version of Tallystick (Object missing required field `taker_fee`" in said
        assert said.endswith("go on with that version, or begin anew with another --data")


def test_help_and_version() -> None:
    shown = tally("--help").stdout
    assert all(name in shown for name in ("serve", "keys", "verify"))
    assert re.fullmatch(rf"tally, version \S+, journal format {FORMAT}\n", tally("--version").stdout)
