"""`tally serve` prints what it does, and `tally tail` shows the same of a venue that is served."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from tests.cli.process import Served, serving, tally


def test_serve_prints_requests_as_json_and_tail_shows_them(tmp_path: Path) -> None:
    with serving(tmp_path / "words", "--frozen") as venue:
        (lever,) = re.findall(r"bob cannot borrow in Spot mode until tally (.+) switches it on", venue.greeting)
        asked = ("borrow", "USDT", "1", "--yes", "--user", "bob", "--data", str(tmp_path / "words"))
        assert tally(*asked).returncode == 1
        assert tally(*shlex.split(lever)).returncode == 0
        assert tally(*asked).returncode == 0
        assert "Rate limits count the machine's time meanwhile" in venue.greeting
    with serving(tmp_path / "unlimited", "--frozen", "--limits", "off") as venue:
        assert "the clock stands still" in venue.greeting
        assert "Rate limits" not in venue.greeting
    with serving(tmp_path, "--frozen", "--log", "json") as venue:
        venue.control("POST", "users", {"name": "carol"})
        said = json.loads(line_with(venue, '"operation"'))
        assert (said["method"], said["operation"], said["status"]) == ("POST", "users", 200)
        happened = json.loads(line_with(venue, '"UserCreated"'))
        assert (happened["user"], happened["words"]) == ("carol", "user carol is made")
        shown = tally("tail", "--data", str(tmp_path), "--once").stdout
        assert "POST users 200" in shown
        assert "carol      user carol is made" in shown
        rows = [
            json.loads(row) for row in tally("tail", "--data", str(tmp_path), "--once", "--json").stdout.splitlines()
        ]
        assert [row["number"] for row in rows if "number" in row] == [1]


def test_the_interest_of_an_hour_is_one_line_there_as_here(tmp_path: Path) -> None:
    """alice owes 100 USDC and 500 USDT from the start on."""
    with serving(tmp_path, "--frozen", "--log", "json") as venue:
        venue.control("POST", "clock/advance", {"by": "1h"})
        told = json.loads(line_with(venue, "interest of the hour"))
        assert " USDC, " in told["words"]
        assert " USDT" in told["words"]
        rows = [
            json.loads(row) for row in tally("tail", "--data", str(tmp_path), "--once", "--json").stdout.splitlines()
        ]
        assert [row["words"] for row in rows if row.get("kind") == "interest"] == [told["words"]]
        listed = venue.control("GET", "notes?after=0")
        assert [(note["number"], note["kind"], note["words"]) for note in listed["notes"]] == [
            (1, "interest", told["words"])
        ]
        assert venue.control("GET", "notes?after=1")["notes"] == []


def test_the_last_lines_before_a_stop_are_printed(tmp_path: Path) -> None:
    """The user is made right before Ctrl-C, so nothing has been gathered since."""
    with serving(tmp_path, "--frozen") as venue:
        for number in range(5):
            venue.control("POST", "users", {"name": f"user{number}"})
        code, out, _ = venue.stop()
        assert code == 0
        lines = out.splitlines()
        assert [line.split()[-4:] for line in lines if "is made" in line] == [
            ["user", f"user{number}", "is", "made"] for number in range(5)
        ]
        assert lines[-1] == "Stopped. Everything is on disk; the next start goes on from here."


def test_quiet_prints_the_address_alone(tmp_path: Path) -> None:
    with serving(tmp_path, "--frozen", "--quiet") as venue:
        venue.control("POST", "users", {"name": "carol"})
        assert venue.stop()[1] == ""


def line_with(venue: Served, text: str) -> str:
    assert venue.process.stdout is not None
    return next(line for line in venue.process.stdout if text in line)
