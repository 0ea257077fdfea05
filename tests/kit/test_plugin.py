"""The plugin in sessions of its own, as other projects have it: each test here runs pytest on a small suite."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tallystick.testing.kit.served import Place, ServedVenue
from tallystick.venue.markets import DEFAULT

SECONDS_MAX = 120
AT_MS = 1_768_500_000_000
LOOPS = "asyncio_default_fixture_loop_scope = function"
"""Without this line pytest-asyncio warns of its absence at the start."""

SUITE = """
from okx.Trade import TradeAPI

def test_python_okx(tally):
    alice = tally.user("alice", trading={"BTC": "1"}, debts={"USDC": "100"})
    api = alice.okx(TradeAPI)
    assert api.oneclick_repay_v2("USDC", ["BTC"])["code"] == "0"
    tally.advance("1h")
    assert alice.debts == {} and tally.repays(alice) == 1

def test_ccxt(tally):
    alice = tally.user("alice", trading={"BTC": "1"})
    assert alice.ccxt().fetch_balance()["BTC"]["total"] == 1

async def test_ccxt_async(tally):
    alice = tally.user("alice", trading={"BTC": "1"})
    okx = alice.ccxt_async()
    assert (await okx.fetch_balance())["BTC"]["total"] == 1

async def test_ccxt_streams(tally):
    okx = tally.user("alice", trading={"USDT": "1000"}).ccxt_async()
    ticker = await okx.watch_ticker("BTC/USDT")
    assert ticker["symbol"] == "BTC/USDT"
"""


OWN_FIXTURES = """
import pytest

@pytest.fixture
def alice(tally):
    return tally.user("alice", trading={"BTC": "1"})

@pytest.fixture
def okx(alice):
    return alice.ccxt_async()

class TestOfFixtures:
    async def test_async(self, okx):
        assert (await okx.fetch_balance())["BTC"]["total"] == 1
"""
"""A test that has `tally` through fixtures of the project."""


def session(
    folder: Path, suite: str, *options: str, ini: str = "", plugin: str = "anyio", **variables: str
) -> subprocess.CompletedProcess[str]:
    """One session of pytest on a suite, with one of the plugins for async tests."""
    (folder / "test_suite.py").write_text(suite, encoding="utf-8")
    (folder / "pytest.ini").write_text(f"[pytest]\n{ini}\n", encoding="utf-8")
    without = [name for name in ("cacheprovider", "schemathesis", "asyncio", "anyio") if name != plugin]
    command = [sys.executable, "-m", "pytest", *(f"-pno:{name}" for name in without), *options]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"} | variables,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )


def ended(run: subprocess.CompletedProcess[str], **counts: int) -> bool:
    """True where the closing line has these counts and no other."""
    found = dict(reversed(pair) for pair in re.findall(r"(\d+) ([a-z]+)", run.stdout.splitlines()[-1].split(" in ")[0]))
    return found == {name: str(count) for name, count in counts.items()}


@pytest.mark.parametrize(
    ("plugin", "ini"), [("asyncio", "asyncio_default_fixture_loop_scope = function"), ("anyio", "")]
)
def test_sync_and_async_tests_pass_with_warnings_as_errors(plugin: str, ini: str, tmp_path: Path) -> None:
    run = session(tmp_path, SUITE + OWN_FIXTURES, "-W", "error", plugin=plugin, ini=ini)
    assert ended(run, passed=5), run.stdout


def test_a_failing_test_prints_its_slice_of_the_journal_and_the_lint(tmp_path: Path) -> None:
    suite = """
import json, urllib.request

def test_before(tally):
    tally.user("somebody")

def test_fails(tally):
    alice = tally.user("alice", trading={"BTC": "1"}, debts={"USDC": "100"})
    tally.price("BTC-USDT", "30000")
    urllib.request.urlopen(tally.url + "/api/v5/public/instruments?instType=SPOT&ccy=BTC").close()
    assert alice.debts == {}
"""
    run = session(tmp_path, suite)
    assert ended(run, passed=1, failed=1), run.stdout
    told = [
        re.sub(r"^\S+ \S+  ", "", line) for line in run.stdout.partition("what happened at the venue")[2].splitlines()
    ]
    wanted = [
        "alice      user alice is made",
        "alice      borrowing on",
        "alice      1 BTC put into trading by a control call",
        "alice      borrowed 100 USDC, owes 100",
        "alice      100 USDC taken out of trading by a control call",
        "venue      price of BTC-USDT is set to 30000",
        "anybody    GET /api/v5/public/instruments?instType=SPOT&ccy=BTC -> 200",
    ]
    assert told[1:8] == wanted
    assert told[8] == "lint       GET /api/v5/public/instruments: unknown parameter ccy"
    assert "somebody" not in run.stdout


def test_a_refusal_is_shown_at_the_line_of_the_test(tmp_path: Path) -> None:
    suite = "def test_twice(tally):\n    tally.user('alice')\n    tally.user('alice')\n"
    run = session(tmp_path, suite)
    assert ended(run, failed=1), run.stdout
    assert "test_suite.py:3: LeverRefused" in run.stdout
    assert "levers/connection.py" not in run.stdout
    assert "levers/connection.py" in session(tmp_path, suite, "--full-trace").stdout


def test_a_fault_that_must_fire_and_never_did_fails_the_test(tmp_path: Path) -> None:
    suite = """
def test_never(tally):
    tally.fault("balance", "50001", must_fire=True)
    tally.fault("config", "50001")
"""
    run = session(tmp_path, suite)
    assert ended(run, passed=1, error=1), run.stdout
    assert "these faults never fired: <fault 1: 50001 on balance>; the venue was asked nothing" in run.stdout


def test_a_fault_on_another_operation_is_told_what_was_asked(tmp_path: Path) -> None:
    """ccxt places even one order as a batch, so that a fault on `place_order` waits for nothing."""
    suite = """
def test_ccxt_places_a_batch(tally):
    okx = tally.user("alice", trading={"BTC": "1"}).ccxt()
    okx.load_markets()
    tally.fault("place_order", "50001", must_fire=True)
    okx.create_order("BTC/USDT", "limit", "sell", 0.1, 90000)
"""
    run = session(tmp_path, suite)
    assert ended(run, passed=1, error=1), run.stdout
    assert re.search(r"50001 on place_order>; the venue was asked .*batch_orders \(1\)", run.stdout)


def test_the_report_tells_refusals_and_faults(tmp_path: Path) -> None:
    suite = """
from okx.Account import AccountAPI
from okx.Trade import TradeAPI

def test_fails(tally):
    alice = tally.user("alice", trading={"USDT": "100"})
    trade = alice.okx(TradeAPI)
    trade.oneclick_repay_v2("USDC", ["USDT"])
    alice.okx(AccountAPI).set_auto_repay(autoRepay=True)
    order = {"instId": "BTC-USDT", "tdMode": "isolated", "side": "buy", "ordType": "limit", "px": "1", "sz": "1"}
    trade.place_multiple_orders([order])
    tally.fault("balance", "drop-after-commit")
    try:
        alice.okx(AccountAPI).get_account_balance()
    except Exception:
        assert False
"""
    run = session(tmp_path, suite)
    assert ended(run, failed=1), run.stdout
    assert "v2 -> 200 59413 You didn't borrow this crypto. No repayment needed." in run.stdout
    batch = "batch-orders -> 200 1 All operations failed, 51010 Request unsupported under current account mode"
    assert batch in run.stdout
    assert "/api/v5/account/balance -> fault drop-after-commit" in run.stdout
    assert "auto repay on" in run.stdout
    assert "set-auto-repay -> 200\n" in run.stdout


def test_a_marked_test_runs_for_every_fault(tmp_path: Path) -> None:
    suite = """
import pytest
from okx.Account import AccountAPI

def balance(api):
    try:
        return api.get_account_balance()["data"]
    except ValueError:
        return None

class TestMarked:
    @pytest.mark.tally_every_fault(faults=["html-502", "50001"])
    def test_sync(self, tally):
        alice = tally.user("alice", trading={"BTC": "1"})
        assert balance(alice.okx(AccountAPI)) is not None

@pytest.mark.tally_every_fault(faults=["html-502", "50001"], requests=["balance"])
async def test_async(tally):
    alice = tally.user("alice", trading={"BTC": "1"})
    okx = alice.ccxt_async()
    for _ in range(2):
        try:
            await okx.fetch_balance()
            return
        except Exception:
            pass
    raise AssertionError("no answer")
"""
    run = session(tmp_path, suite, "-rA")
    assert ended(run, passed=1, failed=1), run.stdout
    assert "test_sync fails under 1 of its faults" in run.stdout
    assert re.search(
        r"^test_sync: 1 request x 2 faults, 2 runs in \S+ s\n.*\n.*\nhtml-502 +FAIL\n50001 +ok$", run.stdout, re.M
    )
    assert re.search(r"^test_async: 1 request x 2 faults, 2 runs in", run.stdout, re.M)
    story = re.sub(r"^\S+ \S+  ", "", run.stdout.partition("what happened at the venue")[2], flags=re.M)
    asked = "a key      GET /api/v5/account/balance -> "
    assert f"{asked}200\nbalance #1 with html-502:\n{asked}fault html-502\n" in story
    assert "with 50001" not in story, "a run that passed"


def test_ini_options_choose_the_seed_and_markers_go_before_them(tmp_path: Path) -> None:
    suite = """
import pytest
from decimal import Decimal

def test_ini(tally):
    assert tally.users["alice"].trading == {"BTC": Decimal(1)}
    assert f"{tally.now:%Y-%m-%d}" == "2026-02-01"
    assert tally.seed.surface == "2026-08"

@pytest.mark.tally(at="2026-03-01T00:00:00Z", balances={})
def test_marker(tally):
    assert (tally.users, f"{tally.now:%Y-%m-%d}") == ({}, "2026-03-01")
    assert tally.seed.surface == "2026-08"

@pytest.mark.tally(market="okx")
def test_wrong(tally):
    pass
"""
    ini = "tally_at = 2026-02-01T00:00:00Z\ntally_surface = 2026-08\ntally_balances =\n    alice trading BTC 1"
    run = session(tmp_path, suite, ini=ini)
    assert ended(run, passed=2, error=1), run.stdout
    assert "there is no market 'okx' in .tally-markets; there are: none" in run.stdout


WRONG = [
    ("at=5", "at=5 is no time: give text"),
    ("at='yesterday'", "'yesterday' is not a time; ISO 8601"),
    ("speed=-1", "speed=-1 is no whole number from 0"),
    ("speed=1.5", "speed=1.5 is no whole number"),
    ("speed=True", "speed=True is no whole number"),
    ("balances=['alice']", "balances=['alice'] names no users"),
    ("balances={'alice': '1'}", "balances of 'alice' are '1': give"),
    ("balances={'alice': {'trading': '1'}}", "trading of 'alice' is '1': give coins"),
    ("balances={'alice': {'trading': {}, 'debt': {}}}", "have no 'debt'; there are debts, funding, loans, trading"),
    ("balances={'alice': {'BTC': 0.1}}", "trading BTC is 0.1: give text or a Decimal"),
    ("balances={'alice': {'NOPE': '1'}}", "unknown ccy"),
    ("balances={'alice': {'debts': {'USDC': '1'}}}", "alice cannot owe 1 USDC"),
]
"""Arguments of a marker, and what is said about them."""


def test_a_marker_that_cannot_be_followed_is_one_line(tmp_path: Path) -> None:
    tests = [
        f"@pytest.mark.tally({wrong})\ndef test_{number}(tally):\n    pass" for number, (wrong, _) in enumerate(WRONG)
    ]
    run = session(tmp_path, "\n".join(["import pytest", *tests]))
    assert ended(run, errors=len(WRONG)), run.stdout
    for _, said in WRONG:
        assert said in run.stdout
    assert "Traceback" not in run.stdout
    assert "kit/" not in run.stdout


def test_a_marked_test_that_does_not_use_the_fixture_is_refused(tmp_path: Path) -> None:
    """It would pass without having tried anything."""
    run = session(tmp_path, "import pytest\n@pytest.mark.tally_every_fault\ndef test_it():\n    pass")
    assert run.returncode == pytest.ExitCode.USAGE_ERROR, run.stdout
    assert "test_it has the marker tally_every_fault, and does not use the fixture tally" in run.stderr + run.stdout


def test_nothing_that_a_test_leaves_is_there_in_the_next_one(tmp_path: Path) -> None:
    suite = """
def test_leaves(tally):
    tally.user("alice")
    tally.levers.snapshots.save(name="mine")
    tally.fault("*", "50026")
    tally.fault("convert_trade", "convert-rejected")
    tally.run(60)

def test_begins(tally):
    assert tally.users == {} and tally.names == {}
    assert tally.levers.snapshots.all().snapshots == ()
    assert tally.levers.faults.show().faults == ()
    assert (tally.clock.mode, tally.clock.speed) == ("frozen", 1)
    assert f"{tally.now:%H:%M:%S.%f}" == "09:00:00.000000"
"""
    run = session(tmp_path, suite)
    assert ended(run, passed=2), run.stdout


def test_each_worker_has_a_venue_of_its_own(tmp_path: Path) -> None:
    suite = """
import os, pathlib, pytest

@pytest.mark.parametrize("number", range(20))
def test_alone(tally, number):
    assert tally.names == {}
    tally.user(f"user{number}")
    pathlib.Path(f"{os.environ['PYTEST_XDIST_WORKER']}-{tally.url.rpartition(':')[2]}").touch()
"""
    run = session(tmp_path, suite, "-n", "2", "-W", "error")
    assert ended(run, passed=20), run.stdout
    seen = sorted(path.name.split("-") for path in tmp_path.glob("gw*"))
    assert [worker for worker, _ in seen] == ["gw0", "gw1"]
    assert len({port for _, port in seen}) == 2


def test_a_session_that_does_not_use_it_loads_nothing_of_it(tmp_path: Path) -> None:
    suite = """
import sys

def test_other():
    loaded = {name for name in sys.modules if name.partition(".")[0] in ("tallystick", "msgspec", "uvloop", "apsw")}
    assert loaded == {"tallystick", "tallystick.testing", "tallystick.testing.plugin"}
    assert "asyncio" not in sys.modules
"""
    run = session(tmp_path, suite, "-pno:xdist", "-pno:hypothesispytest", plugin="")
    assert ended(run, passed=1), run.stdout


# ---- a venue served elsewhere


@pytest.fixture(scope="module")
def far() -> Iterator[ServedVenue]:
    venue = ServedVenue.fresh(Place(DEFAULT, "2026-01", "off"), AT_MS)
    venue.start()
    yield venue
    venue.stop()


def test_the_same_tests_run_against_a_venue_served_elsewhere(far: ServedVenue, tmp_path: Path) -> None:
    suite = f"""{SUITE}
import pytest

@pytest.mark.tally(surface="2026-08")
def test_later_surface(tally):
    pass

def test_fork(tally):
    tally.fork()

@pytest.mark.tally(surface="2026-01")
def test_the_surface_there_is(tally):
    assert tally.url == "{far.url}"
"""
    run = session(tmp_path, suite, "-rs", "--tally-url", far.url, TALLY_CONTROL_TOKEN=far.token)
    assert ended(run, passed=5, skipped=2), run.stdout
    assert f"the venue at {far.url} is served with surface 2026-01, and the test asks 2026-08" in run.stdout
    assert f"the venue at {far.url} is in another process, and is forked in its own alone" in run.stdout


def test_a_venue_served_elsewhere_is_for_one_worker(far: ServedVenue, tmp_path: Path) -> None:
    run = session(tmp_path, SUITE, "-n", "2", "--tally-url", far.url, TALLY_CONTROL_TOKEN=far.token)
    assert run.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--tally-url names one venue, which one worker uses: run without -n, or with -n 1" in run.stderr


@pytest.mark.parametrize(
    ("url", "token", "said"),
    [
        ("{url}", "", "--tally-url needs the control token of {url} in TALLY_CONTROL_TOKEN"),
        ("{url}", "wrong", "the control token is missing or wrong"),
        ("http://127.0.0.1:1", "any", "no venue answers at http://127.0.0.1:1"),
    ],
)
def test_a_venue_that_cannot_be_used_is_named(
    far: ServedVenue, url: str, token: str, said: str, tmp_path: Path
) -> None:
    options = ("--tally-url", url.format(url=far.url), "-k", "python_okx")
    run = session(tmp_path, SUITE, *options, TALLY_CONTROL_TOKEN=token)
    assert ended(run, error=1, deselected=3), run.stdout
    assert said.format(url=far.url) in run.stdout
