"""The live view at 80 columns and 24 lines, in both languages, and the one look for cron."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallystick.cli.frame.language import speak
from tallystick.cli.owing.reading import Reader
from tallystick.cli.watching.app import Watch
from tests.cli.account import Done, Terminal, terminal
from tests.cli.frames import CHINESE, ENGLISH


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with terminal(tmp_path_factory.mktemp("watch") / "data", surface="2026-08") as found:
        yield found


@pytest.fixture
def here(place: Terminal) -> Iterator[Terminal]:
    """alice with spot debts, a loan, and a repay that is under way after its first leg; prices set by hand."""
    place.reset()
    prices = {"BTC-USDT": "30000", "ETH-USDT": "2000", "USDC-USDT": "1"}
    place.control("market/prices", {"prices": prices})
    place.tally("loans borrow USDT 500 --collateral BTC=0.03 --yes")
    place.control("clock/advance", {"by": "10s"})
    place.tally("repay", "USDC", "--using", "USDC,BTC", "--yes")
    place.control("clock/advance", {"by": "1s"})
    yield place
    speak([])


def frame(here: Terminal, language: str) -> str:
    """The screen after its first reading."""

    async def story(client: Reader) -> str:
        app = Watch(client, every_s=3_600)
        async with app.run_test(size=(80, 24)) as pilot:
            await app.workers.wait_for_complete()
            await pilot.pause()
            strips = app.screen._compositor.render_strips()
            return "\n".join(strip.text.rstrip() for strip in strips)

    speak(["--lang", language])
    with Reader(**here.served.keys(), pace=False) as client:
        return asyncio.run(story(client))


@pytest.mark.parametrize(("language", "expected"), [("en", ENGLISH), ("zh", CHINESE)])
def test_the_first_frame(here: Terminal, language: str, expected: str) -> None:
    assert frame(here, language) == expected


NOTE = "import os, sys, json; open({path!r}, 'w').write(os.environ['TALLY_WARNING'] + '|' + sys.stdin.read())"


def warner(tmp_path: Path) -> tuple[str, Path]:
    """A command that writes down what it is told, and where."""
    script, noted = tmp_path / "warn.py", tmp_path / "noted"
    script.write_text(NOTE.format(path=str(noted)))
    return f"{sys.executable} {script}", noted


def run_watch(here: Terminal, line: str, command: str, *more: str) -> Done:
    return here.tally("watch", "--once", f"--warn-ltv={line}", f"--exec={command}", *more)


def test_a_line_that_is_reached_runs_the_command_and_ends_with_1(here: Terminal, tmp_path: Path) -> None:
    """The loan is 500 against 0.03 BTC at 30,000, which the exchange counts with 0.98 of its value: 0.5669."""
    command, noted = warner(tmp_path)
    below = run_watch(here, "0.57", command)
    assert (below.code, noted.exists()) == (0, False)
    assert "Spot debts" in below.out
    reached = run_watch(here, "0.56", command, "--json")
    assert (reached.code, reached.error["category"]) == (1, "warning")
    assert reached.json["warnings"] == [f"LTV of loan {_loan(here)} is 0.5669, at or above 0.56."]
    warning, _, debts = noted.read_text().partition("|")
    assert warning == reached.error["reason"]
    assert json.loads(debts)["loans"][0]["ltv"] == "0.5669"


def _loan(here: Terminal) -> str:
    (loan,) = here.tally("loans", "list", "--json").json["loans"]
    return str(loan["ord_id"])


def test_a_margin_that_is_low_is_warned_of_too(here: Terminal) -> None:
    assert here.tally("watch", "--once", "--warn-margin", "3000").code == 0
    done = here.tally("watch", "--once", "--warn-margin", "4000", "--json")
    assert (done.code, done.error["category"]) == (1, "warning")


def test_debts_that_cannot_be_read_are_warned_of(here: Terminal, tmp_path: Path) -> None:
    command, noted = warner(tmp_path)
    here.control("faults", {"on": "balance", "fault": "50110"})
    done = run_watch(here, "0.6", command, "--json")
    assert done.code == 1
    assert noted.read_text().startswith("The debts could not be read: balance: 50110")


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (["--once", "--warn-ltv", "0.1", "--exec", "/no/such/command"], 1, "cannot be run"),
        (["--once", "--warn-ltv", "0.1", "--exec", "false"], 1, "failed with 1"),
        (["--once", "--warn-ltv", "0.1", "--exec", "'"], 1, "cannot be run"),
        (["--once", "--warn-ltv", "much"], 2, "give a ratio such as 0.6"),
        (["--once", "--warn-ltv", "0"], 2, "give a ratio such as 0.6"),
        (["--warn-ltv", "0.6"], 2, "say --once"),
    ],
)
def test_what_cannot_warn_is_said(here: Terminal, words: list[str], code: int, reason: str) -> None:
    done = here.tally("watch", *words, "--json")
    assert done.code == code
    assert reason in done.error["reason"] or reason in done.out


def test_a_view_that_cannot_read_says_why_and_goes_on(here: Terminal) -> None:
    here.control("faults", {"on": "balance", "fault": "50110"})
    assert frame(here, "en").startswith("balance: 50110")
