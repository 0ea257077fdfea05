"""`tally store copy`, and `tally serve` and `tally verify` with `--store`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tallystick.store.format import FORMAT
from tests.cli.process import serving, tally
from tests.store.database import server


def test_a_venue_moves_to_a_database_and_back(tmp_path: Path) -> None:
    """Its keys, its state and its users go with it; the clock stands still, so that the state stays the same."""
    here, keys, back, address = tmp_path / "here", tmp_path / "keys", tmp_path / "back", server().url()
    with serving(here, "--frozen", "--limits", "off") as served:
        served.control("POST", "users", {"name": "carol"})
        before = served.control("GET", "state-hash")
        served.stop()
    done = tally("store", "copy", str(here), address)
    assert done.returncode == 0, done.stderr
    first, second = done.stdout.splitlines()
    assert re.fullmatch("copied, and both hold the same: [0-9a-f]{64}", first)
    assert (
        second == f"connection.json stays in {here}: copy it to the --data folder of each server that serves the copy."
    )
    keys.mkdir()
    shutil.copy(here / "connection.json", keys)
    with serving(keys, "--limits", "off", "--store", address) as served:
        assert "carol" in {user["name"] for user in served.control("GET", "users")["users"]}
        assert served.control("GET", "state-hash")["hash"] == before["hash"]
        served.stop()
    done = tally("verify", "--store", address)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.match(rf"\d+ entries of format {FORMAT} agree, state {before['hash']}", done.stdout)
    assert tally("store", "copy", address, str(back), "--quiet").stdout == ""
    assert f"agree, state {before['hash']}" in tally("verify", "--data", str(back)).stdout


@pytest.mark.parametrize("quiet", [False, True])
def test_a_server_of_a_database_prints_a_line_for_each_call_and_for_what_happens(tmp_path: Path, quiet: bool) -> None:
    options = ("--frozen", "--limits", "off", "--store", server().url(), *(["--quiet"] if quiet else []))
    with serving(tmp_path / "keys", *options) as served:
        served.control("POST", "users", {"name": "carol"})
        _, out, _ = served.stop()
    calls = [line for line in out.splitlines() if re.search(r"  POST \S+ 20[01] [\d.]+ ms", line)]
    assert len(calls) == (0 if quiet else 1), out
    assert ("carol" in out) != quiet


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ("verify", "--store", "mysql://x/y"),
            "--store takes the address of a database, such as postgresql://user@host",
        ),
        (
            ("serve", "--in-memory", "--store", "postgresql://x/y"),
            "--in-memory keeps nothing and --store keeps everything",
        ),
        (("store", "copy", "none", "other"), "there is no journal in none"),
        (
            ("verify", "--store", "postgresql://tally:hunter2@127.0.0.1:1/x"),
            "opening the store failed: postgresql://127.0.0",
        ),
    ],
)
def test_what_cannot_be_done_is_one_line(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = tally(*arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "hunter2" not in done.stderr
    assert not (tmp_path / "other").exists()


def test_a_folder_with_a_venue_of_its_own_is_not_mixed_with_a_database(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--frozen") as served:
        served.stop()
    done = tally("serve", "--data", str(tmp_path / "data"), "--store", server().url())
    assert done.returncode == 1
    assert "holds a venue of its own: give --data another folder" in done.stderr
