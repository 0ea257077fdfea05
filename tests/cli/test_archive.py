"""`tally archive`: exit codes, answers that have their published schemas, errors that say what to do."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import jsonschema
import pytest

from tallystick.archive.store import Archive
from tallystick.client import clock
from tests.archive.forging import seal
from tests.cli.account import Terminal, run, terminal
from tests.store.database import server

SCHEMA: dict[str, Any] = json.loads(run("api", "schema").out)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with terminal(tmp_path_factory.mktemp("archive") / "data") as found:
        # Two hours pass, so that alice's debts bear interest twice, and rows are old enough to be proven.
        found.control("clock/advance", {"by": "2h"})
        yield found


@pytest.fixture(scope="module")
def file(here: Terminal) -> str:
    place = str(here.folder.parent / "history.sqlite")
    done = here.tally("archive", "pull", "--file", place)
    assert done.code == 0, done.out
    return place


def holds(found: object, path: str) -> None:
    schema = SCHEMA["commands"][path]
    jsonschema.Draft202012Validator({**schema, "$defs": SCHEMA["$defs"]}).validate(found)


def test_each_answer_has_its_schema(here: Terminal, file: str, tmp_path: Path) -> None:
    pulled = here.tally("archive", "pull", "--file", file, "--json")
    holds(pulled.json, "tally archive pull")
    assert (pulled.json["fresh"], pulled.json["failed"]) == (0, {})
    status = run("archive", "status", "--file", file, "--json")
    holds(status.json, "tally archive status")
    rows = {one["stream"]: one["rows"] for one in status.json["series"]}
    # USDC and USDT, two hours each.
    assert rows["interest_accrued"] == 4
    verdict = run("archive", "verify", "--file", file, "--json")
    holds(verdict.json, "tally archive verify")
    assert (verdict.code, verdict.json["proven"]) == (0, True)
    query = "SELECT count(*) AS n FROM rows WHERE stream = 'interest_accrued'"
    asked = run(*("archive", "sql", query, "--file", file, "--json"))
    holds(asked.json, "tally archive sql")
    assert asked.json == [{"n": 4}]
    out = str(tmp_path / "certificate.jsonl")
    written = run(*f"archive certify --out {out} --file {file} --json".split())
    holds(written.json, "tally archive certify")
    checked = run("archive", "check-certificate", out, "--json")
    holds(checked.json, "tally archive check-certificate")
    assert checked.json["rows"] == verdict.json["rows"]
    table = str(tmp_path / "bills.csv")
    done = run(*f"archive export account_bills --format csv --out {table} --file {file} --json".split())
    holds(done.json, "tally archive export")
    assert done.json["count"] == rows["account_bills"] + 1


def test_costs_are_told_drawn_and_put_on_a_page(file: str, tmp_path: Path) -> None:
    picture, document = tmp_path / "costs.svg", tmp_path / "costs.html"
    words = ("archive", "report", "--file", file)
    told = run(*words, *f"--svg {picture} --html {document} --json".split())
    holds(told.json, "tally archive report")
    # USDC and USDT, two hours each, in the month of the venue's clock.
    assert {(cost["ccy"], cost["hours"]) for cost in told.json["months"]} == {("USDC", 2), ("USDT", 2)}
    assert picture.read_text(encoding="utf-8").startswith("<svg ")
    assert document.read_text(encoding="utf-8").startswith("<!doctype html>")
    shown = run(*words).out.splitlines()
    assert shown[0].split() == [
        "credit", "coin", "month", "hours", "interest", "average", "debt", "rate", "a", "year"
    ]  # fmt: skip
    assert [line.split()[1] for line in shown[1:3]] == ["USDC", "USDT"]
    assert run(*words, "--lang", "zh").out.splitlines()[0].split()[:2] == ["类型", "币种"]


@pytest.mark.parametrize("form", ["koinly", "rotki-trades", "rotki-events", "beancount", "hledger", "jsonl"])
def test_each_form_is_written_for_the_account_that_is_named(file: str, tmp_path: Path, form: str) -> None:
    out = tmp_path / "out"
    title = run("archive", "status", "--file", file, "--json").json["series"][0]["account"]
    words = ("archive", "export", "--format", form, "--file", file, "--out", str(out), "--json")
    done = run(*words, "--account", title)
    holds(done.json, "tally archive export")
    assert done.json["count"] == len(out.read_bytes().splitlines()) >= 1
    assert run(*words).json == done.json
    other = run(*words, "--account", "www.okx.com/1")
    assert (other.code, title in other.error["reason"]) == (2, True)


def test_a_form_without_a_column_for_accounts_wants_one_named(file: str, tmp_path: Path) -> None:
    place = tmp_path / "two.sqlite"
    place.write_bytes(Path(file).read_bytes())
    connection = apsw.Connection(str(place))
    connection.execute("INSERT INTO account (host, uid, name) VALUES ('www.okx.com', '7', 'live')")
    connection.close()
    words = ("archive", "export", "--format", "koinly", "--file", str(place), "--out", str(tmp_path / "out"), "--json")
    done = run(*words)
    assert (done.code, "name one with --account" in done.error["reason"]) == (2, True)
    assert run(*words, "--account", "www.okx.com/7").json["count"] == 1


def test_damage_ends_with_one_and_what_cannot_be_proven_with_three(here: Terminal, tmp_path: Path) -> None:
    place = str(tmp_path / "history.sqlite")
    assert here.tally("archive", "pull", "--file", place).code == 0
    with Archive(Path(place)) as archive:
        with archive.writing() as db:
            db.execute("INSERT INTO hole (series, cursor, at_ms, rows) VALUES (1, 1, 1, 100)")
        seal(archive, 1)
    done = run("archive", "verify", "--file", place, "--json")
    assert (done.code, done.json["proven"], done.error["category"]) == (3, False, "incomplete")
    connection = apsw.Connection(place)
    connection.execute("DELETE FROM row WHERE series = 8")
    connection.close()
    done = run("archive", "verify", "--file", place, "--json")
    assert done.code == 1
    assert {"damage", "unprovable"} <= {problem["kind"] for problem in done.json["problems"]}


def test_a_status_warns_before_rows_are_lost(here: Terminal, tmp_path: Path) -> None:
    """Nothing but the short list of fills, which the exchange shows for three days, pulled more than two days ago."""
    place = str(tmp_path / "history.sqlite")
    assert here.tally("archive", "pull", "fills", "--file", place).code == 0
    assert run("archive", "status", "--file", place).code == 0
    connection = apsw.Connection(place)
    connection.execute("UPDATE page SET answered_ms = answered_ms + 2 * 86400000 + 3600000")
    connection.close()
    done = run("archive", "status", "--file", place, "--json")
    assert (done.code, done.error["category"], done.json["soon"]) == (4, "warning", True)


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("archive pull nonsense", 2, "there is no stream nonsense"),
        ("archive pull --every soon", 2, "--every soon is no time"),
        ("archive pull --every 0s", 2, "--every 0s is no time"),
        ("archive status --file missing.sqlite", 1, "make it with tally archive pull"),
        ("archive verify --file missing.sqlite", 1, "missing.sqlite is not there"),
        ("archive export --format csv --out x", 2, "--format csv has one history"),
        ("archive export fills convert_history --format parquet --out x", 2, "--format parquet has one history"),
        ("archive export fills --format beancount --out x", 2, "is made from bills and loans"),
        ("archive export nonsense --format jsonl --out x", 2, "there is no stream nonsense"),
    ],
)
def test_bad_input_says_what_to_do(
    line: str, code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run(*line.split(), "--json")
    assert done.code == code
    assert said in done.error["reason"]
    assert os.listdir(tmp_path) == []


def test_other_files_are_left_alone(here: Terminal, file: str, tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    connection = apsw.Connection(str(other))
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    before = other.read_bytes()
    for words in (("pull",), ("status",), ("verify",)):
        done = (
            here.tally("archive", *words, "--file", str(other))
            if words == ("pull",)
            else run("archive", *words, "--file", str(other))
        )
        assert done.code == 1
        assert "is no archive" in done.err
    assert other.read_bytes() == before
    broken = run("archive", "sql", "SELECT nonsense", "--file", file)
    assert broken.code == 1
    assert "no such column" in broken.err
    written = run("archive", "sql", "DELETE FROM row", "--file", file)
    assert written.code == 1
    assert "readonly" in written.err


def test_a_database_holds_an_archive_as_a_file_does(here: Terminal) -> None:
    address = server().url()
    pulled = here.tally("archive", "pull", "--file", address, "--json")
    assert pulled.code == 0, pulled.out
    assert pulled.json["file"] == address.replace("tally@", "")
    assert run("archive", "status", "--file", address).code == 0
    for words in (("verify",), ("verify", "--new"), ("verify", "--new")):
        verdict = run("archive", *words, "--file", address, "--json")
        assert (verdict.code, verdict.json["problems"]) == (0, [])
    assert not verdict.json["whole"]
    query = "SELECT raw::json ->> 'ccy' AS coin, count(*) AS n FROM rows WHERE stream = 'interest_accrued' GROUP BY 1"
    asked = run(*("archive", "sql", f"{query} ORDER BY 1", "--file", address, "--json"))
    assert asked.json == [{"coin": "USDC", "n": 2}, {"coin": "USDT", "n": 2}]
    written = run("archive", "sql", "DELETE FROM row", "--file", address)
    assert written.code == 1
    assert "read-only" in written.err
    missing = run("archive", "status", "--file", server().url())
    assert missing.code == 1
    assert "has no archive: make it with tally archive pull" in missing.err


def test_a_service_pulls_every_hour_until_it_is_stopped(
    here: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock of the test: a pause is an hour of the venue. The second pull cannot begin; the third has it all."""
    place = str(tmp_path / "service.sqlite")
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        here.control("clock/advance", {"by": "1h"})
        if len(pauses) == 1:
            here.control("faults", {"on": "config", "fault": "50103", "count": 1})
        if len(pauses) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(clock, "sleep", pause)
    done = here.tally(*("archive", "pull", "interest_accrued", "--every", "1h", "--file", place))
    assert done.code == 0, done.err
    assert pauses == [3_600, 3_600, 3_600]
    assert done.out.count("new rows of") == 2
    assert "50103" in done.err
    query = "SELECT count(*) AS n, count(DISTINCT at_ms) AS hours FROM rows"
    asked = run(*("archive", "sql", query, "--file", place, "--json"))
    # Two hours before, and two until the third pull; USDC and USDT each.
    assert asked.json == [{"n": 8, "hours": 4}]
