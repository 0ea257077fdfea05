"""`tally snapshot`, against a venue that is served."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.process import serving, tally


def test_a_snapshot_is_saved_restored_listed_and_deleted(tmp_path: Path) -> None:
    folder = str(tmp_path / "data")

    def run(*arguments: str) -> str:
        done = tally("snapshot", *arguments, "--data", folder)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    with serving(tmp_path / "data", "--frozen", "--at", "2026-12-01T00:00:00Z") as served:
        assert run("list") == "no snapshot has been saved\n"
        before = served.control("GET", "state-hash")
        assert run("save", "before") == f"saved before: 2026-12-01T00:00:00.000Z, entry {before['seq']}\n"
        served.control("POST", "clock/advance", {"by": "2h"})
        assert run("restore", "before") == "restored before: 2026-12-01T00:00:00.000Z, generation 2\n"
        after = served.control("GET", "state-hash")
        assert after == before | {"generation": 2}
        row = f"before  2026-12-01T00:00:00.000Z  {before['seq']:>3}           1"
        assert run("list") == f"name    at                        seq  generation\n{row}\n"
        listed = json.loads(run("list", "--json"))["snapshots"]
        assert listed == [{"name": "before", "at": "2026-12-01T00:00:00.000Z", "seq": before["seq"], "generation": 1}]
        assert json.loads(run("delete", "before", "--json"))["snapshots"] == []


def test_what_is_refused_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    def says(*arguments: str) -> str:
        done = tally("snapshot", *arguments, "--data", str(folder))
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr.removeprefix("tally: ").rstrip()

    hint = "Start a venue with `tally serve`, or name its folder: --data, in Python data=."
    assert says("list") == f"{folder / 'connection.json'} is not there. {hint}"
    with serving(folder) as served:
        assert says("restore", "before") == "there is no snapshot 'before'; none has been saved"
        assert says("save", "a b").startswith("'a b' cannot name a snapshot; a name has 1 to 64 characters")
        url = served.url
        served.stop()
    assert says("list") == f"nobody serves {url}; start the venue with tally serve --data {folder}"


@pytest.mark.parametrize("damage", ["", "{}"])
def test_a_damaged_connection_file_is_named(damage: str, tmp_path: Path) -> None:
    (tmp_path / "connection.json").write_text(damage)
    (tmp_path / "connection.json").chmod(0o600)
    done = tally("snapshot", "list", "--data", str(tmp_path))
    assert done.returncode == 1
    assert f"{tmp_path / 'connection.json'} is not what a venue writes" in done.stderr


def test_a_venue_served_over_tls_is_reached(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--tls"):
        done = tally("snapshot", "save", "one", "--data", str(tmp_path / "data"))
        assert (done.returncode, done.stderr) == (0, "")


def test_verify_counts_the_snapshots(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with serving(folder) as served:
        for name in ("one", "two"):
            served.control("POST", "snapshots", {"name": name})
        served.control("POST", "reset")
        served.stop()
    done = tally("verify", "--data", str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("; saved snapshots that agree: 2\n")
