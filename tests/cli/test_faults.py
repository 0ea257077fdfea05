"""`tally faults`, against a venue that is served."""

from __future__ import annotations

import json
from pathlib import Path

from tallystick.server.faults.happenings import CATALOGUE
from tests.cli.process import serving, tally


def test_rules_are_made_listed_and_taken_away(tmp_path: Path) -> None:
    folder = str(tmp_path / "data")

    def run(*arguments: str) -> str:
        done = tally("faults", *arguments, "--data", folder)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        return done.stdout

    with serving(tmp_path / "data", "--frozen", "--at", "2026-12-01T00:00:00Z") as served:
        assert run("list") == "there are no rules\n"
        assert run("add", "time", "50026", "--nth", "2") == "rule 1: 50026 on time\n"
        made = run("add", "*", "delay", "--ms", "5", "--probability", "0.5", "--seed", "7", "--user", "alice", "--json")
        assert json.loads(made)["id"] == 2
        assert run("add", "books", "ws-gap", "--from", "2026-12-01", "--count", "3") == "rule 3: ws-gap on books\n"
        assert [line.split() for line in run("list").splitlines()] == [
            ["rule", "on", "fault", "if", "when", "matched", "fired"],
            ["1", "time", "50026", "-", "from", "2,", "at", "most", "1", "0", "0"],
            ["2", "*", "delay", "user", "alice", "probability", "0.5", "seed", "7", "all,", "ms", "5", "0", "0"],
            ["3", "books", "ws-gap", "from", "2026-12-01T00:00:00.000Z", "all,", "at", "most", "3", "0", "0"],
        ]
        assert run("remove", "3") == "took rule 3 away\n"
        assert run("clear") == "took all rules away\n"
        assert served.control("GET", "faults")["faults"] == []
        names = [one["name"] for one in json.loads(run("kinds", "--json"))["kinds"]]
        assert names == [kind.name for kind in CATALOGUE]
        assert "The connection ends without an answer" in run("kinds")
        assert "连接中断，没有应答" in run("kinds", "--lang", "zh")


def test_what_is_refused_says_what_to_do(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with serving(folder):
        done = tally("faults", "add", "tme", "50026", f"--data={folder}")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("tally: there is no operation 'tme'; did you mean time?")
        done = tally("faults", "remove", "9", "--data", str(folder))
        assert (done.returncode, done.stderr) == (1, "tally: there is no rule '9'; there are none\n")
