"""The two surfaces differ by what came after January 2026 (docs/rules/README.md#surfaces), and by nothing else."""

from __future__ import annotations

from tallystick.contract import ENDPOINTS, by_name
from tallystick.contract.core import SURFACES, Limit
from tallystick.contract.surface import RULES, differences, limits

LOANS = "/api/v5/finance/flexible-loan/"
DRIFT = {
    # flexible loan: no ordId anywhere -> optional ordId on every call, loan-info returns it
    *(
        ("parameter", LOANS + name, "ordId")
        for name in (
            "collateral-assets", "max-loan", "max-collateral-redeem-amount", "adjust-collateral", "loan-info",
            "loan-history", "interest-accrued",
        )
    ),
    ("field", LOANS + "loan-info", "ordId"),
    # + POST borrow, POST repay, GET emode-info
    ("endpoint", LOANS + "borrow", "loan_borrow"),
    ("endpoint", LOANS + "repay", "loan_repay"),
    ("endpoint", LOANS + "emode-info", "loan_e_mode_info"),
    # the pages of borrow and repay of 11 August 2026: accepted first
    *(("rule", LOANS + name, "settlement") for name in ("borrow", "repay")),
    # the table of codes: 51764 came later
    *(
        ("rule", LOANS + name, "code with too few coins in the funding account")
        for name in ("borrow", "repay", "adjust-collateral")
    ),
    # collateralNotionalUsd: collateral value in USD -> "adjusted" collateral value; announcement of 19 December 2025:
    # LTV over the adjusted value, the liquidation LTV without the discount
    ("rule", LOANS + "loan-info", "collateralNotionalUsd, curLTV, marginCallLTV, liqLTV"),
    # the endpoint's own page: funding assets -> assets held under loans
    ("rule", LOANS + "collateral-assets", "assets"),
    # convert: no convertMode -> convertMode 0/1
    *(
        ("parameter", f"/api/v5/asset/convert/{name}", "convertMode")
        for name in ("currency-pair", "estimate-quote", "trade")
    ),
    # manual borrow/repay: 1 per 3 s per user -> per master account
    ("rule", "/api/v5/account/spot-manual-borrow-repay", "rate limit"),
    # the table of codes: 51625 came later
    ("rule", "/api/v5/trade/one-click-repay-v2", "code with borrowing switched off"),
    # one-click list and POST name three modes since a copy of 27 May 2026; the history follows by decision 057
    *(
        ("rule", f"/api/v5/trade/one-click-repay-{name}v2", "account modes")
        for name in ("currency-list-", "", "history-")
    ),
}  # fmt: skip
CREDIT = ("repay", "borrow", "convert", "flexible_loan")


def test_the_credit_surfaces_differ_by_the_drift_table() -> None:
    credit = {endpoint.path for endpoint in ENDPOINTS if endpoint.section in CREDIT}
    assert {(one.kind, one.path, one.what) for one in differences() if one.path in credit} == DRIFT


def test_every_difference_says_both_sides_in_both_languages() -> None:
    for one in differences():
        assert one.older != one.newer, one
        assert all((one.older.en, one.older.zh, one.newer.en, one.newer.zh)), one


def test_a_rule_holds_from_its_date_on() -> None:
    for rule in RULES:
        assert [rule.holds(surface) for surface in SURFACES] == [False, True]


def test_the_limit_of_borrowing_by_hand() -> None:
    endpoint = by_name["spot_manual_borrow_repay"]
    assert limits(endpoint, "2026-01") == (Limit(1, 3_000, "user_id"),)
    assert limits(endpoint, "2026-08") == (Limit(1, 3_000, "main_id"),)
