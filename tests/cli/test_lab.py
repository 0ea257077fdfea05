"""`tally lab`: a run, the same run shown again, a path of it, and what is said of books that cannot be run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from tallystick.engine.amounts import ONE
from tallystick.engine.interest import loan_hour, spot_hours
from tests.cli.account import Done, run
from tests.cli.test_answers import SCHEMA, check

CSV = "debt,collateral\n10000 USDT,0.2 BTC\n100 USDT,0.1 BTC\n"
PRICED = ("--price", "BTC-USDT=60000", "--rate", "USDT=0.08")


@pytest.fixture
def book(tmp_path: Path) -> str:
    path = tmp_path / "loans.csv"
    path.write_text(CSV, encoding="utf-8")
    return str(path)


def lab(*words: str) -> Done:
    return run("lab", *words)


def test_a_shock_by_hand_is_written_shown_and_played_again(book: str, tmp_path: Path) -> None:
    """BTC falls by 40 % to 36,000: 10,000 USDT stand on 7,200 USD and are liquidated, 100 USDT are not even called."""
    place = str(tmp_path / "run")
    done = lab("run", book, *PRICED, "--model", "shock", "--fall", "0.4", "--days", "1", "--out", place, "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    check(found, SCHEMA["commands"]["tally lab run"])
    assert [(one["scope"], one["name"], one["liquidated"]["value"]) for one in found["answers"]] == [
        ("book", "", 1.0),
        ("coin", "BTC", 1.0),
        ("loan", "1", 1.0),
        ("loan", "2", 0.0),
    ]
    assert found["files"] == ["answers.csv", "answers.json", "outcomes.csv", "survival.svg", "fan.svg"]
    shown = json.loads(lab("show", place, "--json").out)
    check(shown, SCHEMA["commands"]["tally lab show"])
    assert (shown["manifest"], shown["answers"]) == (found["manifest"], found["answers"])
    path = json.loads(lab("path", "0", place, "--json").out)
    check(path, SCHEMA["commands"]["tally lab path"])
    assert path["same_as_engine"]
    assert [row["what"] for row in path["rows"]] == [
        "forced_liquidation",
        "forced_liquidation",
        "settled",
        "settled",
        "closed",
    ]


def test_a_path_is_a_scenario_that_holds_to_the_last_row(tmp_path: Path) -> None:
    """Each loan is borrowed through the API, and its history must have the rows of the lab, digit for digit.

    At 42,700 the first stands at 8,300 / 8,540 = 0.972 and is halved; the third is warned at 800 / 854 = 0.937.
    """
    book = tmp_path / "loans.csv"
    book.write_text("debt,collateral\n8300 USDT,0.2 BTC\n4100.5 USDT,2 ETH\n800 USDC,0.02 BTC\n", encoding="utf-8")
    place, story = str(tmp_path / "run"), tmp_path / "path.toml"
    prices = ("--price", "BTC-USDT=60000", "--price", "ETH-USDT=3000", "--rate", "USDT=0.3", "--rate", "USDC=0.1")
    shock = ("--model", "shock", "--shock", "BTC-USDT=42700", "--days", "2")
    assert lab("run", str(book), *prices, *shock, "--out", place).code == 0
    told = json.loads(lab("path", "0", place, "--scenario", str(story), "--json").out)
    assert {"partial_liquidation", "warned"} <= {row["what"] for row in told["rows"]}
    played = run("scenario", "run", str(story), "--json")
    assert (played.code, played.json["plays"][0]["faults"]) == (0, [])
    story.write_text(
        story.read_text(encoding="utf-8").replace('type = "partial', 'type = "forced', 1), encoding="utf-8"
    )
    assert run("scenario", "run", str(story)).code == 1


def path_after_a_fall(tmp_path: Path, story: Path, accounts: str) -> Done:
    """Path of a list of accounts on which BTC falls from 60,000 to 31,000 and ETH from 3,000 to 900, as a scenario."""
    book, place = tmp_path / "accounts.csv", str(tmp_path / "run")
    book.write_text(accounts, encoding="utf-8")
    prices = ("--price", "BTC-USDT=60000", "--price", "ETH-USDT=3000", "--rate", "USDT=0.3", "--rate", "USDC=0.1")
    shock = ("--model", "shock", "--shock", "BTC-USDT=31000", "--shock", "ETH-USDT=900", "--days", "2")
    assert lab("run", str(book), *prices, *shock, "--out", place).code == 0
    done = lab("path", "0", place, "--scenario", str(story), "--json")
    assert done.code == 0, done.err
    return done


def test_a_path_of_accounts_is_a_scenario_that_holds_to_the_last_row(tmp_path: Path) -> None:
    """Accounts borrow by hand through the API; those that are liquidated have the repayments of the lab, to the digit.

    At 31,000 the first is worth 0.98 x 31,000 x 0.5 = 15,190 and needs 0.021 x 14,950: a ratio of 0.76.
    """
    story = tmp_path / "path.toml"
    done = path_after_a_fall(
        tmp_path, story, "debt,coins\n14950 USDT,0.5 BTC\n10750 USDT 1000 USDC,0.36 BTC 1 ETH\n2000 USDC,1 BTC\n"
    )
    repaid = [row["account"] for row in done.json["rows"] if row["what"] == "repaid"]
    assert {1, 2} <= set(repaid)
    played = run("scenario", "run", str(story), "--json")
    assert (played.code, played.json["plays"][0]["faults"]) == (0, [])
    text = story.read_text(encoding="utf-8")
    story.write_text(text.replace('type = "auto_repay"', 'type = "manual_repay"', 1), encoding="utf-8")
    assert run("scenario", "run", str(story)).code == 1


def test_a_path_of_accounts_in_other_modes_is_a_scenario_that_holds_to_the_last_row(tmp_path: Path) -> None:
    """At 31,000 the first counts 15,190 USD, 240 more than it owes, and needs 0.021 x 14,950 = 314: it is liquidated.

    The second counts 0.98 x (0.36 x 31,000 + 900) = 11,818.8, 568.8 more than it owes, and needs 0.021 x 11,250 = 236:
    a ratio of 2.41, at which it is warned.
    """
    story = tmp_path / "path.toml"
    done = path_after_a_fall(
        tmp_path, story, "debt,coins,mode\n14950 USDT,0.5 BTC,multi\n10750 USDT 500 USDC,0.36 BTC 1 ETH,portfolio\n"
    )
    assert {(row["account"], row["what"]) for row in done.json["rows"]} >= {(1, "liquidation_fee"), (2, "warned")}
    played = run("scenario", "run", str(story), "--json")
    assert (played.code, played.json["plays"][0]["faults"]) == (0, [])
    text = story.read_text(encoding="utf-8")
    planted = {
        'acctLv = "4"': 'acctLv = "3"',
        'balChg = "-': 'balChg = "-1',
        'liquidation_begins = ["': 'liquidation_begins = ["1',
    }
    for right, wrong in planted.items():
        assert right in text
        story.write_text(text.replace(right, wrong, 1), encoding="utf-8")
        assert run("scenario", "run", str(story)).code == 1


def test_the_least_collateral_was_tried_and_a_unit_less_is_too_little(book: str, tmp_path: Path) -> None:
    """BTC falls to 36,000: 10,000 USDT with a day of interest must stay below 0.9655, which is cut, of the value."""
    place = str(tmp_path / "run")
    shock = ("--model", "shock", "--fall", "0.4", "--days", "1")
    assert lab("run", book, *PRICED, *shock, "--out", place).code == 0
    owed = 10_000 * ONE
    for _ in range(24):
        owed += loan_hour(owed, 8 * ONE // 100)
    least = Fraction(owed, 36_000 * ONE) / Fraction(9655, 10_000)
    done = lab("collateral", place, "1", "BTC", "--share", "0", "--json")
    assert done.code == 0, done.out
    check(done.json, SCHEMA["commands"]["tally lab collateral"])
    enough = Fraction(done.json["enough"])
    assert enough - Fraction(1, 10**8) <= least < enough
    assert (done.json["present"], done.json["liquidated_at_present"]["value"], done.json["liquidated"]["value"]) == (
        "0.2",
        1.0,
        0.0,
    )
    assert "pledges no ETH" in lab("collateral", place, "1", "ETH").err
    assert "has no loan 9" in lab("collateral", place, "9", "BTC").err


@pytest.mark.parametrize("mode", ["spot", "multi", "portfolio"])
def test_the_least_coins_of_an_account_were_tried(tmp_path: Path, mode: str) -> None:
    """BTC counts 98 % of 30,000 USD, and is liquidated where that is no more than 102.1 % of the debt and its interest:
    2 % of maintenance margin, and the fee of 0.1 %."""
    book, place = tmp_path / "accounts.csv", str(tmp_path / "run")
    book.write_text(f"debt,coins,mode\n14600 USDT,0.5 BTC,{mode}\n", encoding="utf-8")
    shock = ("--model", "shock", "--fall", "0.5", "--days", "1")
    assert lab("run", str(book), *PRICED, *shock, "--out", place).code == 0
    owed = spot_hours(14_600 * ONE, 8 * ONE // 100, 24)[-1]
    least = Fraction(owed, ONE) * Fraction(1021, 1000) / (30_000 * Fraction(98, 100))
    done = lab("collateral", place, "1", "BTC", "--account", "--share", "0", "--json")
    assert done.code == 0, done.err
    check(done.json, SCHEMA["commands"]["tally lab collateral"])
    assert Fraction(done.json["enough"]) - Fraction(1, 10**8) <= least < Fraction(done.json["enough"])
    told = [done.json[name] for name in ("account", "loan", "present")]
    assert (told, done.json["liquidated_at_present"]["value"], done.json["liquidated"]["value"]) == (
        [1, 0, "0.5"],
        1.0,
        0.0,
    )
    assert "account 1 holds 0.5 BTC" in lab("collateral", place, "1", "BTC", "--account").out
    assert "account 1 holds no ETH, but BTC" in lab("collateral", place, "1", "ETH", "--account").err
    assert "no account 9 that owes; there are 1" in lab("collateral", place, "9", "BTC", "--account").err
    assert "no loan 1; there are none" in lab("collateral", place, "1", "BTC").err


def test_a_sweep_of_accounts_goes_on_where_it_was_ended(tmp_path: Path) -> None:
    """At 30,000 the account is liquidated, with half of its debt it is not; a cell that is lost is done again."""
    book, place = tmp_path / "accounts.csv", tmp_path / "swept"
    book.write_text("debt,coins\n14600 USDT,0.5 BTC\n", encoding="utf-8")
    shock = ("--model", "shock", "--fall", "0.5", "--days", "1", "--vary", "debt=1,0.5")
    done = lab("sweep", str(book), *PRICED, *shock, "--out", str(place), "--json")
    assert done.code == 0, done.err
    assert [cell["answer"]["each_liquidated"]["value"] for cell in done.json["cells"]] == [1.0, 0.0]
    (place / "cells" / "001.json").unlink()
    again = lab("sweep", "--resume", str(place), "--json")
    assert (again.code, again.json) == (0, done.json)
    assert (
        "share of loans and accounts that is liquidated; loans: 0; accounts: 1; paths: 1 of 24 hours"
        in lab("sweep", "--resume", str(place)).out
    )
    assert lab("sweep", str(book), "--resume", str(place)).code == 2
    assert "holds a sweep or a run" in lab("sweep", str(book), *PRICED, *shock, "--out", str(place)).err


def test_bounds_say_what_they_are(book: str) -> None:
    told = {}
    for rates in ("least", "most", "first-hour"):
        words = (
            book,
            "--price",
            "BTC-USDT=60000",
            "--model",
            "shock",
            "--fall",
            "0.1",
            "--days",
            "1",
            "--rates",
            rates,
        )
        told[rates] = lab("run", *words, "--json").json["manifest"]["rates"]
    assert "come no later" in told["least"]
    assert "come no earlier" in told["most"]
    assert "no bound" in told["first-hour"]


def test_tables_as_parquet(book: str, tmp_path: Path) -> None:
    import duckdb

    place = tmp_path / "run"
    done = lab(
        "run", book, *PRICED, "--model", "walk", "--paths", "40", "--days", "5", "--out", str(place), "--parquet"
    )
    assert done.code == 0, done.err
    rows = (place / "outcomes.csv").read_text(encoding="utf-8").count("\n") - 1
    counted = duckdb.execute(f"SELECT count(*), sum(fund_gains) FROM read_parquet('{place}/outcomes.parquet')")
    assert counted.fetchall()[0][0] == rows > 0


def test_an_account_by_hand_in_the_lab_and_by_the_engine(tmp_path: Path) -> None:
    """0.5 BTC at 30,000 count 14,700 USD: 14,600 USDT need 306.6, so that 100 USD of equity are a ratio of 0.33."""
    book = tmp_path / "accounts.csv"
    book.write_text("debt,coins\n14600 USDT,0.5 BTC\n", encoding="utf-8")
    words = (str(book), *PRICED, "--model", "shock", "--fall", "0.5", "--days", "1", "--json")
    place = str(tmp_path / "run")
    runs = {
        name: json.loads(lab(*name.split(), *words, *more).out)
        for name, more in {"run": ("--out", place), "world": (), "run --first-events": (), "run --alone": ()}.items()
    }
    for name, found in runs.items():
        check(found, SCHEMA["commands"]["tally lab world" if name == "world" else "tally lab run"])
        assert [one["liquidated"]["value"] for one in found["answers"] if one["scope"] == "account"] == [1.0]
        assert found["answers"][0]["accounts"] == 1
    assert runs["world"]["manifest"]["by"] == "engine"
    losses = [runs[name]["answers"][0]["loss"]["value"] for name in ("run", "world", "run --alone")]
    assert losses[0] > 0
    assert len(set(losses)) == 1
    assert runs["run --first-events"]["answers"][0]["loss"]["value"] is None
    path = json.loads(lab("path", "0", place, "--json").out)
    assert path["same_as_engine"]
    assert (path["rows"][0]["account"], path["rows"][0]["what"]) == (1, "liquidation_started")


def test_loans_that_do_not_tell_their_mode_are_noted(tmp_path: Path) -> None:
    book = tmp_path / "loans.json"
    told = {"loanData": [{"ccy": "USDT", "amt": "10"}], "collateralData": [{"ccy": "BTC", "amt": "0.01"}]}
    book.write_text(json.dumps([told]), encoding="utf-8")
    done = lab("run", str(book), *PRICED, "--model", "shock", "--fall", "0.1", "--days", "1")
    assert "note: loans without marginCallLTV and liqLTV: 1 of 1; they are taken as not in E-Mode." in done.out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("run",), 2, "name a BOOK"),
        (("run", "nowhere"), 1, "there is no scenario 'nowhere'"),
        (("run", "BOOK", "--price", "BTC-USDT"), 2, "write NAME=AMOUNT"),
        (("run", "BOOK"), 1, "--price BTC-USDT=PRICE"),
        (("run", "BOOK", "--price", "BTC-USDT=60000"), 1, "set currencies.USDT.rate_per_year"),
        (("run", "BOOK", *PRICED, "--market", "by-hand"), 1, "prices by hand are no recording"),
        (("run", "BOOK", *PRICED, "--model", "shock", "--shock", "ETH-USDT=1"), 1, "no loan of the book depends on"),
        (("show", "nowhere"), 1, "holds no run of the lab"),
    ],
)
def test_bad_input_is_a_sentence(book: str, words: tuple[str, ...], code: int, said: str) -> None:
    done = lab(*(book if word == "BOOK" else word for word in words))
    assert (done.code, said in done.err) == (code, True), done.err
    assert "Traceback" not in done.err


def test_the_version_loads_nothing_of_the_lab() -> None:
    script = (
        "import sys\nfrom tallystick.cli.main import main\n"
        "main(['--version'], standalone_mode=False)\n"
        "print([name for name in sys.modules if name.startswith(('numpy', 'tallystick.lab', 'tallystick.cli.lab'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_ctrl_c_is_a_sentence_and_the_run_can_go_on(book: str, tmp_path: Path) -> None:
    """The signal goes to the workers too, as from a terminal, while they are still loading."""
    place = tmp_path / "run"
    words = ("lab", "run", book, *PRICED, "--paths", "200", "--days", "2", "--workers", "2", "--out", str(place))
    begun = subprocess.Popen(
        [sys.executable, "-m", "tallystick", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert begun.stderr is not None
    assert begun.stderr.readline() == "paths\n"
    os.killpg(begun.pid, signal.SIGINT)
    _, said = begun.communicate(timeout=120)
    if begun.returncode:
        assert "--resume" in said
    assert "Traceback" not in said
    assert run("lab", "run", "--resume", str(place), "--json").code == 0


def test_a_sweep_by_hand(book: str, tmp_path: Path) -> None:
    """BTC falls by 40 %: 10,000 USDT on 7,200 USD are liquidated, on 14,400 USD they stand at 0.694, and at 0.5 too."""
    place = tmp_path / "swept"
    shock = ("--model", "shock", "--fall", "0.4", "--days", "1", "--vary", "collateral=1,2")
    done = lab("sweep", book, *PRICED, *shock, "--vary", "debt:USDT=1,0.1", "--out", str(place), "--json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    check(found, SCHEMA["commands"]["tally lab sweep"])
    assert [(cell["variant"], cell["answer"]["each_liquidated"]["value"]) for cell in found["cells"]] == [
        ({"collateral": "1", "debt:USDT": "1"}, 0.5),
        ({"collateral": "1", "debt:USDT": "0.1"}, 0.0),
        ({"collateral": "2", "debt:USDT": "1"}, 0.0),
        ({"collateral": "2", "debt:USDT": "0.1"}, 0.0),
    ]
    assert found["files"] == ["sweep.csv", "sweep.json", "heat.svg"]
    assert "collateral" in (place / "heat.svg").read_text(encoding="utf-8")
    words = lab("sweep", book, *PRICED, *shock)
    assert words.out.splitlines()[2:] == ["collateral  liquidated", "1                50.0%", "2                 0.0%"]


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        (("rate=1",), "nothing that can be varied is called 'rate'; there are price, collateral, debt, ltv"),
        (("price=0",), "'0' is no number above 0"),
        (("price=1", "debt=1", "ltv=0.5"), "a sweep varies one thing or two"),
        (("price:ETH-USDT=1",), "the book has no ETH-USDT"),
    ],
)
def test_a_sweep_that_cannot_be_is_refused(book: str, vary: tuple[str, ...], said: str) -> None:
    done = lab("sweep", book, *PRICED, "--paths", "1", *(word for one in vary for word in ("--vary", one)))
    assert done.code == 1
    assert said in done.err
