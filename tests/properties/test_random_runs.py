"""Random runs under every invariant and against the oracle. A failure names its seed; the same seed fails again.

`TALLYSTICK_EXAMPLES` sets how many seeds are played, `TALLYSTICK_SEED` the first of them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable

import pytest

from tests.properties import directed
from tests.properties.conftest import Told

EXAMPLES = int(os.environ.get("TALLYSTICK_EXAMPLES", "30"))
FIRST = int(os.environ.get("TALLYSTICK_SEED", "0"))
REACH_SEEDS = range(30)
MORE = 60
"""Seeds after those, in the long tests."""

MUST_REACH = [
    "auto_borrow",
    "SpotWarned",
    "LiquidationStarted",
    "LiquidationEnded",
    "an order liquidates",
    "DebtCovered",
    "refused IN_LIQUIDATION",
    "CollateralJudged",
    "BidsSet",
    "FundMoved",
    "convert rejected",
    "refused COIN_UNSUPPORTED",
    "refused DEBT_NOT_BORROWABLE",
    "refused REPAY_OFF",
    "refused for an empty fund",
    "refused BID_IMPOSSIBLE",
    "order auto_conversion",
    "refused ORDER_COLLATERAL_RESTRICTED",
    "refused ORDER_BORROW_RESTRICTED",
    "auto_repay part",
    "auto_repay whole",
    "manual_repay part",
    "manual_repay whole",
    "could pay in full",
    "debt of an ulp at the hour",
    "interest between two legs",
    "run filled with 0 legs",
    "run filled with 2 legs",
    "run filled with 3 legs",
    "run failed with 0 legs",
    "run failed after a fill",
    "a leg was canceled",
    "refused RUN_IN_PROGRESS",
    "refused BELOW_MIN_REPAYMENT",
    "a leg asks for what is owed by then",
    "refused QUOTE_EXPIRED",
    "refused QUOTE_TRADED",
    "refused QUOTE_ALTERED",
    "refused ABOVE_QUOTED_SIZE",
    "refused ABOVE_REDEEMABLE",
    "refused ABOVE_LOAN_LIMIT",
    "refused ABOVE_BORROW_LIMIT",
    "refused MARGIN_INSUFFICIENT",
    "refused above a quota shared with others",
    "TransferredBetween",
    "refused NO_SUCH_SUB_ACCOUNT",
    "refused NOT_THE_GIVER",
    "refused TRANSFER_OUT_OFF",
    "TransferOutSet",
    "LevelSet",
    "maker against house",
    "maker against user",
    "taker against user",
    "OrderAmended",
    "AmendFailed",
    "an order amended is matched",
    "an order amended borrows",
    "refused SIZE_BELOW_MIN",
    "refused POST_ONLY_WOULD_TAKE",
    "closed by stp",
    "closed by timer",
    "fok filled",
    "fok canceled",
    "post_only filled",
    "LoanClosed",
    "LoanRequestAccepted",
    "a waiting loan request was carried out",
    "a waiting loan request was dropped",
    "refused LOAN_REQUEST_UNDER_WAY",
    "LoanSettled",
    "a partial liquidation sells several coins",
    "interest on a loan",
    "QuotesExpired",
    *(f"bill {kind}" for kind in ("1/11", "1/12", "2/1", "2/2", "16/306", "16/307", "22/308", "22/309", "29/225")),
    *(
        f"bill {kind}"
        for kind in (
            "27/318",
            "27/319",
            "28/236",
            "28/237",
            "4/376",
            "4/377",
            "5/106",
            "5/107",
            "5/111",
            "4/16",
            "7/9",
            "10/108",
        )
    ),
    *(
        f"bill {kind}"
        for kind in ("1", "2", "20", "21", "22", "23", "130", "131", "212", "215", "217", "218", "272", "273")
    ),
]


@pytest.mark.parametrize("seed", range(FIRST, FIRST + EXAMPLES))
def test_a_random_run(seed: int, told: Callable[[int | str], Told]) -> None:
    assert told(seed).entries


@pytest.mark.long
@pytest.mark.parametrize("seed", range(FIRST + EXAMPLES, FIRST + EXAMPLES + MORE))
def test_a_further_random_run(seed: int, told: Callable[[int | str], Told]) -> None:
    assert told(seed).entries


def test_the_runs_reach_what_matters(told: Callable[[int | str], Told]) -> None:
    """A check proves nothing about states that never occur."""
    reached: Counter[str] = Counter()
    for seed in REACH_SEEDS:
        reached += told(seed).reached
    for lead in (*directed.ALL, *directed.REFUSALS):
        reached += told(lead.__name__).reached
    assert [state for state in MUST_REACH if not reached[state]] == []
