"""Commands without an account: what --json prints has the schema that is published."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tallystick.cli.levers.declared import LEVERS
from tests.cli import test_answers
from tests.cli.account import run
from tests.cli.process import serving, tally
from tests.cli.test_answers import SCHEMA, check
from tests.cli.test_scenario import TWO
from tests.venue.candle_files import walk, written

Prepare = Callable[[Path], tuple[str, ...]]


def plain(*words: str) -> Prepare:
    """A command that needs nothing."""
    return lambda folder: words


def recording(folder: Path) -> tuple[str, ...]:
    path = folder / "one.jsonl"
    path.write_text('{"method": "GET", "path": "/api/v5/public/time", "answer": {"code": "0", "data": [{"ts": 1}]}}')
    return "compare", str(path)


def candles(folder: Path) -> tuple[str, ...]:
    path = written(folder, "binance-us", walk())
    return "market", "import", str(path), "--name", "mine", "--markets", str(folder / "markets")


def imported(folder: Path) -> tuple[str, ...]:
    run(*candles(folder))
    return "market", "list", "--markets", str(folder / "markets")


def story(folder: Path) -> tuple[str, ...]:
    path = folder / "two.toml"
    path.write_text(TWO % "60000", encoding="utf-8")
    return "scenario", "run", str(path)


def stopped(folder: Path) -> Path:
    """Folder of a venue that was served and stopped."""
    with serving(folder / "data", "--frozen") as served:
        served.stop()
    return folder / "data"


COMMANDS: dict[str, Prepare] = {
    "tally keys": lambda folder: ("keys", "--data", str(stopped(folder))),
    "tally verify": lambda folder: ("verify", "--data", str(stopped(folder))),
    "tally store copy": lambda folder: ("store", "copy", str(stopped(folder)), str(folder / "copy")),
    "tally fidelity": plain("fidelity"),
    "tally fidelity diff": plain("fidelity", "diff"),
    "tally market show": plain("market", "show", "--ccy", "BTC"),
    "tally market numbers": plain("market", "numbers"),
    "tally market import": candles,
    "tally market list": imported,
    "tally scenario list": plain("scenario", "list"),
    "tally scenario show": plain("scenario", "show", "cascade"),
    "tally scenario run": story,
    "tally compare": recording,
    "tally api openapi": plain("api", "openapi"),
    "tally api schema": plain("api", "schema"),
}
ELSEWHERE = {
    "tally serve": "here, line by line",
    "tally tail": "here, line by line",
    "tally lab run": "test_lab.py",
    "tally lab show": "test_lab.py",
    "tally lab sweep": "test_lab.py",
    "tally lab world": "test_lab.py",
    "tally lab path": "test_lab.py",
    "tally lab collateral": "test_lab.py",
    "tally profile add": "test_profile.py",
    "tally profile remove": "test_profile.py",
    "tally profile use": "test_profile.py",
}


@pytest.mark.parametrize("path", COMMANDS)
def test_an_answer_has_the_schema_that_is_published(path: str, tmp_path: Path) -> None:
    done = run(*COMMANDS[path](tmp_path), "--json")
    assert done.code == 0, done.out
    check(done.json, SCHEMA["commands"][path])


def test_every_command_with_a_schema_is_tried() -> None:
    levers = {f"tally {lever.group} {lever.command}" for lever in LEVERS}
    rows = {path for path in SCHEMA["commands"] if path.endswith(" NAME")}
    # Those of the archive are tried in tests/archive, not against their schema.
    archive = {path for path in SCHEMA["commands"] if path.startswith("tally archive ")}
    tried = archive | set(test_answers.COMMANDS) | set(COMMANDS) | set(ELSEWHERE) | levers | rows
    assert tried == set(SCHEMA["commands"])
    assert rows == {"tally call NAME", "tally history NAME"}


def test_whole_numbers_of_the_market_have_their_schema_too() -> None:
    done = run("market", "show", "--json")
    check(done.json, SCHEMA["commands"]["tally market show"])
    assert done.json["constants"]["taker_fee"]["value"] == "0.001"


def test_each_line_of_serve_and_of_tail_has_its_schema(tmp_path: Path) -> None:
    with serving(tmp_path, *["--frozen", "--at", "2026-12-01T00:00:00Z", "--log", "json"]) as served:
        ready = json.loads(served.greeting)
        assert (ready["kind"], ready["url"], ready["users"]) == ("ready", served.url, ["alice", "bob"])
        assert (ready["now"], ready["mode"]) == ("2026-12-01T00:00:00.000Z", "frozen")
        served.control("POST", "users", {"name": "carol"})
        tailed = [
            json.loads(line)
            for line in tally("tail", "--data", str(tmp_path), "--once", "--json").stdout.split("\n")[:-1]
        ]
        assert {"POST users", "UserCreated"} <= {_named(row) for row in tailed}
        few = tally(*f"tail --data {tmp_path} --once --json kind,words".split()).stdout.splitlines()
        assert {"kind": "UserCreated", "words": "user carol is made"} in [json.loads(line) for line in few]
        _, out, err = served.stop()
    lines: list[Any] = [ready, *(json.loads(line) for line in out.splitlines())]
    assert err == ""
    assert lines[-1] == {"kind": "stopped", "kept": True}
    assert {"POST users", "UserCreated"} <= {_named(row) for row in lines}
    for row in lines:
        check(row, SCHEMA["commands"]["tally serve"])
    for row in tailed:
        check(row, SCHEMA["commands"]["tally tail"])


def _named(row: Any) -> str:
    return f"{row['method']} {row['operation']}" if "operation" in row else str(row["kind"])


def test_errors_of_serve_and_tail_are_one_line(tmp_path: Path) -> None:
    for words in (("serve", "--log", "json", "--limits", "soon"), ("serve", "--log=json", "--port", "x")):
        done = tally(*words, "--data", str(tmp_path / "data"))
        (line,) = done.stdout.splitlines()
        check(json.loads(line), SCHEMA["error"])
        assert done.stderr == ""
    (line,) = tally("tail", "--json", "--data", str(tmp_path)).stdout.splitlines()
    assert json.loads(line)["error"]["category"] == "profile"


def test_a_story_that_does_not_come_true_tells_what_it_played(tmp_path: Path) -> None:
    path = tmp_path / "two.toml"
    path.write_text(TWO % "20", encoding="utf-8")
    done = run("scenario", "run", str(path), "--json")
    assert (done.code, done.error["category"]) == (1, "failed")
    assert done.json["plays"][-1]["faults"] == ["liquidated in this order: alice, not nobody"]
