"""Outcomes that differ are told apart by exit code and JSON: what was asked for, what the venue did, what is said.

alice owes 100 USDC and 500 USDT; she has 1 BTC, 5 ETH, 2,500 USDT and 10 USDC, and in the funding account 2 BTC, 10
ETH and 5,000 USDT. The clock stands still.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from tallystick.cli.frame import accounts
from tests.cli.account import Terminal, run, terminal


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with terminal(tmp_path_factory.mktemp("outcomes") / "data") as found:
        yield found


@pytest.fixture
def here(place: Terminal) -> Terminal:
    place.reset()
    return place


Setup = Callable[[Terminal], object]


def free(here: Terminal) -> object:
    """Nothing is set up."""
    return None


def fault(on: str, kind: str, **more: object) -> Setup:
    """A rule that hits the first request."""
    return lambda here: here.control("faults", {"on": on, "fault": kind, "nth": 1, **more})


def prices(**levels: str) -> Setup:
    return lambda here: here.control("market/prices", {"prices": {f"{ccy}-USDT": px for ccy, px in levels.items()}})


def begun(here: Terminal) -> object:
    """A one-click repay that is under way."""
    return here.tally("repay", "USDC", "--using", "USDC,BTC", "--yes")


def ended(here: Terminal) -> object:
    begun(here)
    return here.control("clock/advance", {"by": "20s"})


def ended_without_book(here: Terminal) -> object:
    """The run finds nobody who sells USDC: what was listed first repays, and the rest is left."""
    begun(here)
    here.control("market/book", {"instId": "USDC-USDT", "bids": [["0.9", "1"]], "asks": []})
    return here.control("clock/advance", {"by": "20s"})


def never_arrived(here: Terminal) -> object:
    """The request was lost on its way, and its time is over."""
    fault("one_click_repay_v2", "drop-before-commit")(here)
    here.tally("repay", "USDC", "--using", "USDC", "--yes")
    return here.control("clock/advance", {"by": "1m"})


class Case(NamedTuple):
    """A command, what is set up before it, and what it must say. `known` are fields beside the error."""

    words: str
    code: int
    setup: Setup = free
    category: str = ""
    effect: str = ""
    error_code: str = ""
    resume: str = ""
    known: Mapping[str, Any] = MappingProxyType({})


RESUME = "tally repay --resume --data {folder}"
STANDS = "tally clock advance 1m --data {folder} && tally repay --resume --data {folder}"
CASES = {
    "all is repaid by hand": Case("repay USDT", 0, known={"outcome": "repaid", "repaid": "500", "left": "0"}),
    "a part that was asked for is repaid": Case(
        "repay USDT --amt 100", 0, known={"outcome": "partly_repaid", "repaid": "100", "left": "400"}
    ),
    "too few coins are at hand": Case(
        "repay USDC", 1, category="partly-done", effect="done", known={"repaid": "10", "left": "90"}
    ),
    "the same coin repays all in one click": Case("repay USDT --using USDT", 0, known={"outcome": "repaid"}),
    "the same coin repays a part in one click": Case(
        "repay USDC --using USDC", 1, category="partly-done", effect="done", known={"repaid": "10", "left": "90"}
    ),
    "a run waits for the clock": Case(
        "repay USDC --using USDC,BTC", 11, category="running", effect="unknown", resume=STANDS, known={"repaid": "10"}
    ),
    "a second repay while the first has no outcome": Case(
        "repay USDC --using USDC", 1, begun, category="intent-open", effect="none", resume=RESUME
    ),
    "the run still waits when it is resumed": Case(
        "repay --resume", 11, begun, category="running", effect="unknown", resume=STANDS
    ),
    "the run has repaid all when it is resumed": Case("repay --resume", 0, ended),
    "the run met no asks": Case("repay --resume", 1, ended_without_book, category="partly-done", effect="done"),
    "the request never arrived": Case("repay --resume", 1, never_arrived, category="not-done", effect="none"),
    "nothing waits": Case("repay --resume", 0, known={"outcomes": []}),
    "nothing is owed": Case("repay DOGE", 0, known={"outcome": "repaid", "repaid": "0"}),
    "no such coin": Case("repay NONE", 1, category="parameter", effect="none"),
    "the coin that is owed must come first": Case(
        "repay USDC --using BTC", 1, category="not-done", effect="none", error_code="59129"
    ),
    "a listed coin that is dust": Case(
        "repay USDC --using USDC,DOT", 1, category="not-done", effect="none", error_code="59130"
    ),
    "the answer is lost after the repay": Case(
        "repay USDT --using USDT", 0, fault("one_click_repay_v2", "drop-after-commit"), known={"outcome": "repaid"}
    ),
    "the request may still arrive": Case(
        "repay USDT --using USDT",
        11,
        fault("one_click_repay_v2", "drop-before-commit"),
        category="running",
        effect="unknown",
        resume=STANDS,
    ),
    "a loan is not there": Case("loans repay 1 USDT 5", 1, category="parameter", effect="none"),
    "borrowed": Case("borrow USDC 5", 0, known={"ccy": "USDC", "side": "borrow", "amt": "5"}),
    "the margin is too small for it": Case(
        "borrow BTC 8", 1, prices(BTC="30000", ETH="1000"), category="refused", effect="none", error_code="59411"
    ),
    "the amount has too many digits": Case(
        "borrow USDC 0.123456789012345678", 1, category="parameter", effect="none", error_code="51000"
    ),
    "the amount is no number": Case("borrow USDC much", 1, category="parameter", effect="none", error_code="51000"),
    "the answer is lost after the borrowing": Case(
        "borrow USDC 5",
        10,
        fault("spot_manual_borrow_repay", "drop-after-commit"),
        category="unknown",
        effect="unknown",
        resume="tally history spot_borrow_repay_history --data {folder}",
    ),
    "the answer is cut": Case(
        "borrow USDC 5",
        10,
        fault("spot_manual_borrow_repay", "truncated-json"),
        category="unknown",
        effect="unknown",
        resume="tally history spot_borrow_repay_history --data {folder}",
    ),
    "converted": Case("convert USDT BTC 100", 0, known={"outcome": "converted", "sold": "100"}),
    "too little to convert": Case("convert USDT BTC 0.00000001", 1, category="refused", effect="none"),
    "more than there is to convert": Case(
        "convert USDT BTC 4000", 1, category="not-done", effect="none", error_code="52914"
    ),
    "the answer is lost after the conversion": Case(
        "convert USDT BTC 100", 0, fault("convert_trade", "drop-after-commit"), known={"outcome": "converted"}
    ),
    "the market maker rejects": Case(
        "convert USDT BTC 100", 1, fault("*", "convert-rejected"), category="not-done", effect="none"
    ),
    "a loan is made": Case("loans borrow USDT 100 --collateral BTC=0.1", 0, known={"eMode": "0"}),
    "a loan beyond its collateral": Case(
        "loans borrow USDT 4000 --collateral BTC=0.1", 1, category="refused", effect="none", error_code="51759"
    ),
    "no loan to adjust": Case("loans adjust add BTC 0.1", 1, category="refused", effect="none", error_code="51754"),
    "auto repay is switched on": Case("auto-repay on", 0, known={"autoRepay": True}),
    "auto repay without borrowing": Case("auto-repay on --user bob", 1, category="refused", effect="none"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_an_outcome_is_told_by_exit_code_and_json(here: Terminal, case: Case) -> None:
    case.setup(here)
    done = here.tally(*case.words.split(), "--yes", "--json")
    told = done.json
    assert done.code == case.code, done.out
    assert {name: told.get(name) for name in case.known} == case.known
    if case.code == 0:
        assert "error" not in told
        return
    error = told["error"]
    assert (error["category"], error["outcome"]) == (case.category, case.effect), error
    assert case.error_code in ("", error["code"]), error
    assert error["resume"] == case.resume.format(folder=here.folder)
    assert error["reason"]


def test_thirty_outcomes_differ() -> None:
    assert len(CASES) >= 30
    assert (
        len(
            {(case.code, case.category, case.effect, case.error_code, str(dict(case.known))) for case in CASES.values()}
        )
        >= 20
    )


def test_a_write_is_asked_for_and_nothing_is_sent_without_a_yes(here: Terminal) -> None:
    before = here.control("state-hash")
    for answer in ("n\n", "", "perhaps\n"):
        done = here.tally("borrow", "USDC", "5", answer=answer)
        assert done.code == 1
        assert "POST /api/v5/account/spot-manual-borrow-repay" in done.out
    done = here.tally("borrow", "USDC", "5", "--json")
    assert (done.code, done.error["category"]) == (1, "not-confirmed")
    assert here.control("state-hash") == before
    done = here.tally("borrow", "USDC", "5", answer="y\n")
    assert (done.code, "Done: ccy USDC, side borrow, amt 5" in done.out) == (0, True)


PROFILES = """
[reader]
host = "{url}"
api_key = "{reader.api_key}"
secret_key = "{reader.secret_key}"
passphrase = "{reader.passphrase}"

[careful]
host = "{url}"
api_key = "{alice.api_key}"
secret_key = "{alice.secret_key}"
passphrase = "{alice.passphrase}"
access = "read"

[exchange]
host = "global"
api_key = "a"
secret_key = "b"
passphrase = "c"
"""


@pytest.fixture
def profiles(here: Terminal) -> Path:
    path = Path(os.environ["TALLY_PROFILES"])
    world = here.served
    path.write_text(PROFILES.format(url=world.url, reader=world.reader, alice=world.alice))
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("words", "category", "reason"),
    [
        ("borrow USDC 5 --profile reader", "key", "50120"),
        ("borrow USDC 5 --profile careful", "read-only", "Profile 'careful' is read-only"),
        ("repay USDT --profile careful", "read-only", "Profile 'careful' is read-only"),
        ("call set_auto_repay --autoRepay true --profile careful", "read-only", "Profile 'careful' is read-only"),
        ("borrow USDC 5 --profile exchange", "not-confirmed", "https://openapi.okx.com is a live host"),
        ("auto-repay on --profile nobody", "profile", "has no profile 'nobody'"),
    ],
)
def test_a_profile_that_may_not_write_does_not(
    here: Terminal, profiles: Path, words: str, category: str, reason: str
) -> None:
    before = here.control("state-hash")
    done = here.tally(*words.split(), "--yes", "--json")
    assert done.code == 1
    assert done.error["category"] == category
    assert reason in f"{done.error['code']} {done.error['reason']}"
    assert here.control("state-hash") == before


def test_reading_needs_no_permission_to_write(here: Terminal, profiles: Path) -> None:
    for name in ("reader", "careful"):
        assert [debt["ccy"] for debt in here.tally("debts", "--profile", name, "--json").json["spot"]] == [
            "USDC",
            "USDT",
        ]


def test_a_file_of_profiles_that_others_can_read_is_refused(here: Terminal, profiles: Path) -> None:
    profiles.chmod(0o640)
    done = here.tally("debts", "--profile", "reader", "--json")
    assert (done.code, done.error["category"]) == (1, "profile")
    assert "can be read by others (mode 0640)" in done.error["reason"]


def test_a_venue_that_is_gone_is_said_so(here: Terminal, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    text = (here.folder / "connection.json").read_text()
    (gone / "connection.json").write_text(text.replace(here.served.url, "http://127.0.0.1:9"))
    (gone / "connection.json").chmod(0o600)
    done = run("balance", "--json", "--data", str(gone))
    assert (done.code, done.error["category"], done.error["retryable"]) == (1, "not-sent", True)


@pytest.mark.parametrize(
    ("more", "answer", "code"),
    [
        ("--yes", "", 1),
        ("--live --yes", "", 1),
        ("--live --yes --account 127.0.0.1/1002", "", 1),
        ("--live --yes --account 127.0.0.1/1001", "", 0),
        ("--live", "1001\n", 1),
        ("--live", "y\n", 1),
        ("--live", "127.0.0.1/1001\n", 0),
        ("--live --json", "127.0.0.1/1001\n", 1),
    ],
)
def test_a_live_account_is_confirmed_by_host_and_user(
    here: Terminal, monkeypatch: pytest.MonkeyPatch, more: str, answer: str, code: int
) -> None:
    """The venue stands for an exchange: no host counts as one of this machine."""
    monkeypatch.setattr(accounts, "LOOPBACK", frozenset())
    before = here.control("state-hash")
    done = here.tally("borrow", "USDC", "5", *more.split(), answer=answer)
    assert done.code == code, done.err
    assert (here.control("state-hash") == before) == (code == 1)


def test_a_key_that_may_not_trade_is_stopped_before_a_live_write(
    here: Terminal, profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "LOOPBACK", frozenset())
    done = here.tally("borrow USDC 5 --profile reader --live --yes --account 127.0.0.1/1001 --json")
    assert (done.code, done.error["category"]) == (1, "read-only")
