"""Answers of --json: each has its published schema, and the fields that were asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from tallystick.cli.answer_schema import document
from tests.cli.account import Terminal, run, terminal
from tests.cli.test_outcomes import begun

SCHEMA: dict[str, Any] = json.loads(run("api", "schema").out)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with terminal(tmp_path_factory.mktemp("answers") / "data") as found:
        yield found


@pytest.fixture
def here(place: Terminal) -> Terminal:
    place.reset()
    return place


def check(found: object, schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator({**schema, "$defs": SCHEMA["$defs"]}).validate(found)


COMMANDS = {
    "tally debts": "debts",
    "tally repay": "repay USDT --yes",
    "tally borrow": "borrow USDC 5 --yes",
    "tally auto-repay": "auto-repay on --yes",
    "tally loans list": "loans list",
    "tally loans borrow": "loans borrow USDT 100 --collateral BTC=0.1 --yes",
    "tally loans repay": "loans repay 1 USDT 5 --dry-run",
    "tally loans adjust": "loans adjust add BTC 0.1 --dry-run",
    "tally convert": "convert USDT BTC 100 --yes",
    "tally balance": "balance",
    "tally watch": "watch --once",
    "tally whoami": "whoami",
    "tally profile list": "profile list",
    "tally profile show": "profile show local",
}


@pytest.mark.parametrize("path", COMMANDS)
def test_an_answer_has_the_schema_that_is_published(here: Terminal, path: str) -> None:
    schema = SCHEMA["commands"][path]
    done = here.tally(*COMMANDS[path].split(), "--json")
    assert done.code == 0, done.out
    check(done.json, schema)
    with pytest.raises(jsonschema.ValidationError):
        check({"nonsense": 1}, schema)


def test_the_schema_that_is_printed_is_the_one_that_is_made() -> None:
    assert json.loads(json.dumps(document())) == SCHEMA


@pytest.mark.parametrize(
    "words",
    [
        "repay USDC --using USDC,BTC",
        "repay USDC",
        "borrow USDC 5",
        "auto-repay on",
        "loans borrow USDT 100 --collateral BTC=0.1",
        "loans repay 1 USDT 5",
        "convert USDT BTC 100",
        "call place_order --instId BTC-USDT --tdMode cash --side buy --ordType market --sz 5",
    ],
)
def test_a_dry_run_sends_nothing_and_has_its_schema(here: Terminal, words: str) -> None:
    before = here.control("state-hash")
    done = here.tally(*words.split(), "--dry-run", "--json")
    assert done.code == 0, done.out
    check(done.json, {"$ref": "#/$defs/Expected"})
    assert here.control("state-hash") == before
    shown = here.tally(*words.split(), "--dry-run")
    assert "Sends " in shown.out
    assert here.control("state-hash") == before


def test_an_error_has_the_schema_that_is_published(here: Terminal) -> None:
    check(here.tally("borrow", "USDC", "much", "--yes", "--json").json, SCHEMA["error"])
    check(run("debts", "--nonsense", "--json").json, SCHEMA["error"])
    begun(here)
    check(here.tally("repay", "--resume", "--json").json, SCHEMA["error"])


def test_the_fields_that_are_asked_for_come_alone(here: Terminal) -> None:
    assert list(here.tally("debts", "--json", "uid,margin").json) == ["uid", "margin"]
    assert list(here.tally("debts", "--json=margin").json) == ["margin"]
    ticker = here.tally("call ticker --instId BTC-USDT --json last,instId").json
    assert [sorted(row) for row in ticker] == [["instId", "last"]]
    dry = here.tally("borrow USDC 5 --dry-run --json exact,debts").json
    assert dry == {"exact": True, "debts": [{"of": "USDC", "before": "100", "after": "105"}]}


def test_a_dry_run_without_keys_tells_the_request_and_what_everybody_may_know(
    here: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of a profile that names a host of the exchange and has no entry; here its address is the venue's."""
    from tallystick.client import hosts

    public = hosts.Host("global", here.served.url, "", surface="2026-01")
    monkeypatch.setitem(hosts.HOSTS, "global", public)
    done = here.tally("repay USDC --using BTC --dry-run --json --profile global")
    assert done.code == 0, done.out
    assert done.json["request"]["body"] == {"debtCcy": "USDC", "repayCcyList": ["BTC"]}
    assert [coin["ccy"] for coin in done.json["public"]] == ["USDC", "BTC"]
    assert done.json["public"][1]["least_order"] == "0.00001"
    assert (done.json["exact"], done.json["legs"]) == (False, [])


def test_histories_are_listed_over_their_pages_with_filters(here: Terminal) -> None:
    for _ in range(3):
        here.tally("borrow", "USDC", "5", "--yes")
    here.tally("borrow", "BTC", "0.01", "--yes")
    rows = here.tally("history spot_borrow_repay_history --ccy USDC --json amt,ccy").json
    assert rows[:3] == [{"amt": "5", "ccy": "USDC"}] * 3
    assert len(here.tally("history", "spot_borrow_repay_history", "--rows", "2", "--json").json) == 2
    assert here.tally("history", "spot_borrow_repay_history", "--since", "2027-01-01", "--json").json == []
    assert "row 1" in here.tally("history", "spot_borrow_repay_history").out
    candles = here.tally("history candles --instId BTC-USDT --rows 3 --json").json
    assert [list(row)[:2] for row in candles] == [["ts", "o"]] * 3
