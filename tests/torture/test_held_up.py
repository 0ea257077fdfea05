"""`kill -9` while a fault holds a one-click repay up: the next start has the fault and the run, and it goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.torture.served import ROOT, Venue, serving, until

pytestmark = pytest.mark.torture

REPAY = "/api/v5/trade/one-click-repay-v2"
HISTORY = "/api/v5/trade/one-click-repay-history-v2"
PATIENCE_S = 30


def run_of(venue: Venue) -> dict[str, Any]:
    status, answer = venue.signed("GET", HISTORY)
    assert status == 200, answer
    run: dict[str, Any] = answer["data"][0]
    return run


def fired(venue: Venue) -> int:
    return sum(rule["fired"] for rule in venue.must("faults")["faults"])


def test_a_run_that_stays_running_outlives_kill_9(tmp_path: Path) -> None:
    folder = tmp_path / "venue"
    with serving(folder) as venue:
        venue.must("market/prices", {"prices": {"BTC-USDT": "60000", "USDC-USDT": "1"}})
        venue.must("faults", {"on": "one_click_repay_v2", "fault": "repay-stays-running", "leg": 1})
        status, answer = venue.signed("POST", REPAY, {"debtCcy": "USDC", "repayCcyList": ["USDC", "BTC"]})
        assert (status, answer["code"]) == (200, "0"), answer
        until(lambda: fired(venue) == 1, PATIENCE_S, "the fault fires")
        before = run_of(venue)
        assert (before["status"], before["ordIdInfo"]) == ("running", [])
    verified = subprocess.run(
        [sys.executable, "-m", "tallystick", "verify", "--data", str(folder)],
        env={"PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert verified.returncode == 0, verified.stdout + verified.stderr
    with serving(folder) as venue:
        (rule,) = venue.must("faults")["faults"]
        assert (rule["fault"], rule["fired"]) == ("repay-stays-running", 1)
        assert run_of(venue) == before
        status, answer = venue.call(
            "DELETE", f"/tally/v1/faults/{rule['id']}", headers={"Authorization": f"Bearer {venue.token}"}
        )
        assert (status, answer["faults"]) == (200, [])
        until(lambda: run_of(venue)["status"] == "filled", PATIENCE_S, "the run goes on")
        assert venue.must("verify", {})["ok"] is True
