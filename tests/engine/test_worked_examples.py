"""Worked numbers of the rules (docs/rules) that no other test drives, each through commands.

`WORKED` in test_worked_index names the page and anchor of each, with those that other tests drive.
Fees are left out where the rules leave them out.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tallystick.contract import by_name
from tallystick.contract.fields import fields
from tallystick.contract.flexible_loan import LoanBorrow
from tallystick.engine import commands as c
from tallystick.engine import flexible_loan, prices
from tallystick.engine.events import LoanSettled
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Reject
from tallystick.venue.parameters import load_parameters
from tallystick.views import VIEWS, Caller, QueryView
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.history import NoHistory
from tests.engine.setups import HOUR_MS, NOON_MS, all_of, repaid, with_currency, with_tiers

FIFTEEN_MS = NOON_MS + 3 * HOUR_MS
MINUTE_MS = 60_000


def free_of_fees() -> Parameters:
    return replace(load_parameters(), taker_fee=0, maker_fee=0)


def flat(ccy: str, rate: str, parameters: Parameters | None = None) -> Parameters:
    """One discount rate at any size."""
    return with_currency(ccy, parameters, discount_tiers=((atoms("1000000000"), atoms(rate)),))


def asked(driver: Driver, endpoint: str, **request: object) -> list[dict[str, Any]]:
    """The rows an endpoint shows now."""
    view = VIEWS[endpoint]
    assert isinstance(view, QueryView)
    record = msgspec.convert(request, by_name[endpoint].request)
    rows = view.answer(driver.state, record, Caller(USER, driver.at_ms, NoHistory()))
    return [json.loads(msgspec.json.encode(row)) for row in rows]


def cut(shown: str, decimals: int) -> str:
    return str(Decimal(shown).quantize(Decimal(1).scaleb(-decimals), rounding="ROUND_DOWN"))


def rounded(shown: str, decimals: int = 2) -> str:
    """As the rules print it."""
    return str(Decimal(shown).quantize(Decimal(1).scaleb(-decimals), rounding="ROUND_HALF_UP"))


def holder(parameters: Parameters | None = None, **balances: str) -> Driver:
    """BTC at 60,000 with a deep book there; 1 BTC where nothing else is said."""
    driver = Driver(NOON_MS + 1, parameters)
    driver.user(USER, balances or {"BTC": "1"})
    driver.price("BTC-USDT", "60000")
    driver.book("BTC-USDT", [("59999.9", "100")], [("60000", "100")])
    return driver


def buy(size: str, price: str) -> c.PlaceOrder:
    return c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms(size), price=atoms(price)
    )


# ---- one account after a purchase on credit


def purchase(parameters: Parameters | None = None) -> Driver:
    driver = holder(parameters, BTC="1", USDT="10000")
    driver.do(buy("1", "60000"))
    return driver


def test_the_balances_of_the_purchase() -> None:
    (row,) = asked(purchase(), "balance")
    details = {detail["ccy"]: detail for detail in row["details"]}
    bitcoin, tether = details["BTC"], details["USDT"]
    assert (bitcoin["cashBal"], bitcoin["eq"], bitcoin["liab"]) == ("1.999", "1.999", "0")
    names = ("cashBal", "liab", "crossLiab", "eq", "availBal", "eqUsd", "disEq", "interest")
    assert [tether[name] for name in names] == ["0", "50000", "50000", "-50000", "0", "-50000", "-50000", "0"]
    assert (bitcoin["eqUsd"], bitcoin["disEq"]) == ("119940", "117541.2")
    assert row["notionalUsdForBorrow"] == "50000"


def test_margin_and_ratio_of_the_purchase() -> None:
    """By borrow tiers whose first asks 3 %."""
    (row,) = asked(purchase(with_tiers("USDT", "3500000")), "balance")
    assert (row["adjEq"], rounded(row["imr"]), row["mmr"]) == ("67541.2", "16666.67", "1500")
    assert rounded(row["mgnRatio"]) == "43.57"  # 67,541.2 / 1,550


def test_margin_and_ratio_of_the_purchase_by_the_packaged_tiers() -> None:
    """50,000 USDT stand in the tier up to 100,000, which asks 2 %: 67,541.2 / (1,000 + 50) = 64.3249..."""
    (row,) = asked(purchase(), "balance")
    assert (row["adjEq"], rounded(row["imr"]), row["mmr"]) == ("67541.2", "16666.67", "1000")
    assert rounded(row["mgnRatio"]) == "64.32"


def test_the_largest_loan_of_the_purchase() -> None:
    assert asked(purchase(), "max_loan", ccy="USDT", mgnMode="cross")[0]["maxLoan"] == "152623.6"


def test_quotas_of_the_documented_sample() -> None:
    """USDT 500,000 and BTC 10 at level 1; 50,000 of it used leave 450,000."""
    records = {row["ccy"]: row for row in asked(purchase(), "interest_limits")[0]["records"]}
    assert (records["USDT"]["loanQuota"], records["BTC"]["loanQuota"]) == ("500000.00000000", "10.00000000")
    assert (records["USDT"]["usedLmt"], records["USDT"]["surplusLmt"]) == ("50000.00000000", "450000.00000000")


@pytest.mark.parametrize(
    ("tiers", "step", "step_size", "own", "counted"),
    [
        (None, None, None, "22", "1293300"),  # 21.555 BTC at 60,000
        (None, None, None, "1", "58800"),
        ((("20", "0.98"), ("25", "0.9775"), ("50", "0.9675"), ("100", "0.955")), "0.02", "50", "100", "5785500"),
    ],
)
def test_discounted_equity(tiers: Any, step: Any, step_size: Any, own: str, counted: str) -> None:
    """22 BTC count as 21.555, a mean of 0.97977; 1 as 0.98; 100 as 96.425 by the tiers fitted to that figure."""
    parameters = None
    if tiers:
        pairs = tuple((atoms(bound), atoms(rate)) for bound, rate in tiers)
        parameters = with_currency(
            "BTC", discount_tiers=pairs, discount_step=atoms(step), discount_step_size=atoms(step_size)
        )
    (row,) = asked(holder(parameters, BTC=own), "balance")
    assert row["details"][0]["disEq"] == counted
    if own == "22":
        assert rounded(str(Decimal(counted) / 60_000 / 22), 5) == "0.97977"


# ---- orders


def test_the_balance_counts_the_fees_of_open_orders_that_would_gain() -> None:
    """1 BTC and 60,000 USDT beside a debt in ETH: a buy of 0.5 at 50,000 takes 0.1 % of 25,000 off 118,800."""
    driver = holder(BTC="1", USDT="60000")
    driver.price("ETH-USDT", "3000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="ETH", amount=atoms("1")))
    driver.do(buy("0.5", "50000"))
    (row,) = asked(driver, "balance")
    assert (row["adjEq"], row["mmr"], rounded(row["mgnRatio"])) == ("118775", "90", "1277.15")  # 118,775 / 93
    assert asked(driver, "max_loan", ccy="USDT", mgnMode="cross")[0]["maxLoan"] == "353325"


@pytest.mark.parametrize(
    ("limit", "possible", "frozen", "adjusted"),
    [("58000", "29000", "9666.67", "58800"), ("61000", "30500", "10166.67", "57700")],
)
def test_a_resting_order_that_may_borrow(limit: str, possible: str, frozen: str, adjusted: str) -> None:
    """The loss term is 0 at 58,000 and 0.5 x (61,000 - 58,800) = 1,100 at 61,000. Nothing is owed until it fills."""
    driver = holder(free_of_fees())
    driver.book("BTC-USDT", [("57000", "1")], [("62000", "1")])
    (placed,) = driver.do(buy("0.5", limit))
    assert (placed.held, text(placed.beyond)) == (0, possible)
    (row,) = asked(driver, "balance")
    assert (rounded(row["borrowFroz"]), row["adjEq"]) == (frozen, adjusted)
    driver.wait(2 * HOUR_MS)
    (row,) = asked(driver, "balance")
    assert (row["notionalUsdForBorrow"], row["imr"]) == ("0", "0")


def test_the_largest_order_on_one_bitcoin() -> None:
    """166,415.09 USDT with the 0.02 lost by the haircut: one step of 0.01 USDT more is refused."""
    driver = holder(free_of_fees())
    wanted = "166415.09"
    in_quote = c.PlaceOrder(
        user_id=USER, instrument="BTC-USDT", side="buy", kind="market", size=atoms(wanted), price=0, size_in_quote=True
    )
    assert driver.refuse(replace(in_quote, size=atoms("166415.10"))) is Reject.MARGIN_INSUFFICIENT
    driver.do(in_quote)
    assert rounded(driver.debt("USDT")) == wanted


def test_the_largest_debt_without_spending() -> None:
    """176,400 USDT by hand."""
    driver = holder()
    assert asked(driver, "max_loan", ccy="USDT", mgnMode="cross")[0]["maxLoan"] == "176400"
    assert (
        driver.refuse(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("176400.01"))) is Reject.MARGIN_INSUFFICIENT
    )
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("176400")))


# ---- repaying by hand


def test_a_repayment_larger_than_what_is_there() -> None:
    driver = holder()
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("100.3")))
    driver.deposit("USDT", "-40.3")
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("500")))
    row = json.loads(driver.table("spot_borrow_repay")[0])
    assert (row["type"], row["amt"], row["accBorrowed"]) == ("manual_repay", "60", "40.3")


# ---- interest


def test_opened_1455_and_closed_1457_costs_nothing() -> None:
    driver = Driver(FIFTEEN_MS - 5 * MINUTE_MS)
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1000")))
    driver.wait(2 * MINUTE_MS)
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("1000")))
    driver.wait(2 * HOUR_MS)
    assert driver.table("spot_interest") == []


def test_open_at_1500_costs_one_full_hour() -> None:
    """1,000 at 0.0002 a day are 0.00833... an hour, up at 16 decimals."""
    driver = Driver(FIFTEEN_MS - 5 * MINUTE_MS, with_currency("USDT", rate_per_year=atoms("0.073")))
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("1000")))
    driver.pass_to(FIFTEEN_MS)
    (row,) = driver.table("spot_interest")
    assert json.loads(row)["interest"] == "0.0083333333333334"
    driver.deposit("USDT", "1")
    driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=atoms("2000")))
    driver.wait(2 * HOUR_MS)
    assert (driver.debt("USDT"), len(driver.table("spot_interest"))) == ("0", 1)


@pytest.mark.parametrize(("debt", "interest"), [("97", "0.0003960833333334"), ("100", "0.0004083333333334")])
def test_the_documented_rows_of_interest(debt: str, interest: str) -> None:
    """At 0.000098 a day; the printed hourly rate is cut at 16 decimals and not what is charged by."""
    driver = Driver(NOON_MS + 1, with_currency("USDT", rate_per_year=atoms("0.03577")))
    driver.user(USER, BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms(debt)))
    driver.pass_to(NOON_MS + HOUR_MS)
    row = json.loads(driver.table("spot_interest")[0])
    assert (row["interest"], row["interestRate"], row["liab"]) == (interest, "0.0000040833333333", debt)
    assert row["mgnMode"] == ""
    assert asked(driver, "interest_rate", ccy="USDT")[0]["interestRate"] == "0.0000040833333333"
    assert asked(driver, "interest_limits", ccy="USDT")[0]["records"][0]["rate"] == "0.000098"


# ---- auto repay


def test_the_documented_row_of_auto_repay() -> None:
    """6,764.802661157592 repaid in one, to the last decimal, accBorrowed 0."""
    driver = holder(BTC="2")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("6764.802661157592")))
    driver.deposit("USDT", "-6764.802661157592")
    driver.do(c.SetAutoRepay(user_id=USER, enabled=True))
    events = driver.do(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=atoms("7000")))
    assert repaid(events) == [("USDT", "auto_repay", "6764.802661157592", "0")]
    row = json.loads(driver.table("spot_borrow_repay")[0])
    assert (row["type"], row["amt"], row["accBorrowed"]) == ("auto_repay", "6764.802661157592", "0")


# ---- one-click repay


def test_the_bounds_and_sizes_of_the_partial_example() -> None:
    """T = 80.080081. 2,985 is just 0.995 of 3,000, and by the documented run (1.0049 for 1.005 of 1) a bound lies
    strictly inside: 2,984.99 (docs/rules/one-click-repay.md#bound).
    """
    driver = Driver(NOON_MS + 1)
    driver.user(USER, ETH="5")
    for pair, price in (("ETH-USDT", "3000"), ("USDC-USDT", "1")):
        driver.price(pair, price)
    driver.book("USDC-USDT", [("0.9999", "100000")], [("1", "100000")])
    driver.book("ETH-USDT", [("2990", "0.01")], [("3000", "1")])
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDC", amount=atoms("100")))
    driver.deposit("USDC", "-80")
    driver.do(c.RepayDebt(user_id=USER, debt_ccy="USDC", repay_ccys=("USDC", "ETH")))
    driver.wait(MINUTE_MS)
    found = json.loads(driver.table("one_click_repay")[0])
    bought, sold = found["ordIdInfo"]
    assert (sold["px"], sold["fillSz"], sold["fillPx"], sold["state"]) == ("2984.99", "0.01", "2990", "canceled")
    assert rounded(str(Decimal(sold["sz"]) * Decimal("2984.99")), 6) == "80.080081"
    assert cut(sold["sz"], 8) == "0.02682758"
    assert (bought["sz"], bought["fillSz"], bought["fillPx"]) == ("29.7512437810945274", "29.751243", "1")
    assert (found["status"], found["fillDebtSz"]) == ("filled", "49.721491757")
    assert driver.debt("USDC") == "50.278508243"


# ---- lines of a flexible loan


def pledged(ccy: str, amount: str, pledge: tuple[str, str], parameters: Parameters | None = None) -> Driver:
    """A loan taken while its collateral was dear."""
    driver = Driver(NOON_MS + 1, parameters)
    driver.user(USER)
    for pair, price in (("BTC-USDT", "60000"), ("ETH-USDT", "3000"), ("DOT-USDT", "1"), ("USDC-USDT", "1")):
        driver.price(pair, price)
    driver.deposit(pledge[0], pledge[1], account="funding")
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy=ccy,
            amount=atoms(amount),
            collateral=((pledge[0], atoms(pledge[1])),),
            client_order_id="a",
        )
    )
    return driver


@pytest.mark.parametrize(
    ("discount", "initial", "margin_call", "liquidation", "full"),
    [
        ("1", "0.7142", "0.8852", "0.9852", "0.98"),
        ("0.98", "0.7000", "0.8655", "0.9655", "0.98"),
        ("0.95", "0.6785", "0.8359", "0.9359", "0.96795"),
        ("0.9", "0.6428", "0.7866", "0.8866", "0.9433"),
        ("0.85", "0.6071", "0.7374", "0.8374", "0.9187"),
        ("0.8", "0.5714", "0.6881", "0.7881", "0.89405"),
        ("0.7", "0.5000", "0.5896", "0.6896", "0.8448"),
    ],
)
def test_each_line_of_the_table(discount: str, initial: str, margin_call: str, liquidation: str, full: str) -> None:
    """20,000 DOT, lent against at their initial LTV, fall to each line in turn.

    A full liquidation begins at min((1 + liqLTV) / 2, 1 - fee), 0.98 at most. In the first line that is below liqLTV,
    and nothing is ever partial (docs/rules/flexible-loans.md#ltv-table).
    """
    parameters = flat("DOT", discount)
    driver = pledged("USDT", str(Decimal(initial) * 10_000), ("DOT", "20000"), parameters)
    loan_id = driver.state.last_loan_id
    most = Decimal(discount) * 20_000 / Decimal("1.4")
    over = atoms(cut(str(most - Decimal(initial) * 10_000 + Decimal("0.00000002")), 8))
    more = c.BorrowLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=over, collateral=(), client_order_id="b")
    assert driver.refuse(more) is Reject.ABOVE_LOAN_LIMIT
    driver.do(replace(more, amount=over - 2 * 10**10))
    assert cut(str(Decimal(text(driver.owes(driver.state.loans[loan_id])["USDT"])) / 20_000), 4) == initial
    (row,) = asked(driver, "loan_info")
    assert (row["marginCallLTV"], row["liqLTV"]) == (str(Decimal(margin_call)), str(Decimal(liquidation)))
    # Down to 10,000 owed on 20,000 DOT: LTV x is a price of 0.5 / x.
    debt = atoms(text(driver.owes(driver.state.loans[loan_id])["USDT"])) - atoms("10000")
    if debt > 0:
        driver.do(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=debt, client_order_id="r"))
    owed = Decimal(text(driver.owes(driver.state.loans[loan_id])["USDT"]))
    hair = Decimal("0.0000000001")

    def at(ltv: Decimal) -> list[str]:
        """What a copy of the venue does when the price makes this LTV."""
        copy = Driver(driver.at_ms, parameters)
        for stamp, command, _ in driver.entries:
            copy.at_ms = stamp.at_ms
            copy.do(command)
        events = copy.do(c.SetPrices(prices=(("DOT-USDT", atoms(cut(str(owed / ltv / 20_000), 18))),)))
        return sorted(
            {getattr(event, "kind", type(event).__name__) for event in events} - {"LoanSettled", "LoanClosed"}
        )

    assert at(Decimal(margin_call) - hair) == ["PriceHeld"]
    assert at(Decimal(margin_call) + hair) == ["LoanWarned", "PriceHeld"]
    assert at(Decimal(liquidation) - hair) == ["LoanWarned", "PriceHeld"]
    if Decimal(full) > Decimal(liquidation):
        assert at(Decimal(liquidation) + hair) == ["PriceHeld", "partial_liquidation"]
        assert "partial_liquidation" in at(Decimal(full) - hair)
    assert at(max(Decimal(full), Decimal(liquidation)) + hair) == ["PriceHeld", "forced_liquidation"]


def test_the_price_of_the_warning() -> None:
    """1,000 USDT on 0.03 BTC: 1,000 / (0.03 x 0.9655) = 34,524.43 where a tick is 0.01; by the real tick 34,524.5."""
    fine = load_parameters()
    pair = replace(fine.instruments["BTC-USDT"], tick=atoms("0.01"))
    fine = replace(fine, instruments={**fine.instruments, "BTC-USDT": pair})
    for parameters, price in ((fine, "34524.43"), (None, "34524.5")):
        driver = pledged("USDT", "1000", ("BTC", "0.03"), parameters)
        (row,) = asked(driver, "loan_info")
        assert row["riskWarningData"] == {"instId": "BTC-USDT", "liqPx": price}
    driver.price("BTC-USDT", "34524.5")
    assert len(driver.state.loans) == 1
    driver.price("BTC-USDT", "34524.4")
    assert driver.state.loans == {}


def test_the_max_loan_sample_prices_usdt_above_one() -> None:
    """0.01113 USDT are 0.01113356 USD."""
    driver = Driver(NOON_MS)
    driver.price("USDT-USD", "1.00032")
    assert cut(text(prices.usd_value(driver.state, "USDT", atoms("0.01113"))), 8) == "0.01113356"


def test_e_mode() -> None:
    """0.90, 0.93, 0.95 for correlated pairs."""
    driver = Driver(NOON_MS + 1)
    driver.user(USER)
    driver.price("USDC-USDT", "1")
    driver.deposit("USDC", "1000", account="funding")
    borrow = c.BorrowLoan(
        user_id=USER,
        loan_id=0,
        ccy="USDT",
        amount=atoms("900"),
        collateral=(("USDC", atoms("1000")),),
        client_order_id="a",
        e_mode=True,
    )
    assert driver.refuse(replace(borrow, amount=atoms("900.00000001"))) is Reject.ABOVE_LOAN_LIMIT
    driver.do(borrow)
    (row,) = asked(driver, "loan_info")
    assert (row["curLTV"], row["marginCallLTV"], row["liqLTV"]) == ("0.9", "0.93", "0.95")


# ---- interest of a flexible loan


def test_the_documented_hour_of_a_loan() -> None:
    """0.86599309 at 41 % a year cost 0.00004054 for an hour."""
    parameters = with_currency("USDC", rate_per_year=atoms("0.41"))
    driver = pledged("USDC", "0.86599309", ("BTC", "0.03"), parameters)
    driver.pass_to(NOON_MS + HOUR_MS)
    row = json.loads(driver.table("loan_interest")[0])
    assert (row["loan"], row["interest"], row["interestRate"]) == ("0.86599309", "0.00004054", "0.41")


# ---- traces of flexible loans


def test_trace_a_rows_of_interest() -> None:
    """C is 1,800, the LTV 0.5555, the most 1,260; 0.01 and 0.0100001 for the two hours."""
    parameters = with_currency("USDT", rate_per_year=atoms("0.0876"))
    driver = pledged("USDT", "1000", ("BTC", "0.03"), parameters)
    (row,) = asked(driver, "loan_info")
    assert (row["collateralNotionalUsd"], row["curLTV"]) == ("1800", "0.5555")
    assert (
        text(flexible_loan.max_loan(driver.state, USER, next(iter(driver.state.loans.values())), "USDT", {})) == "260"
    )
    driver.pass_to(NOON_MS + 2 * HOUR_MS)
    interest = [json.loads(body)["interest"] for body in reversed(driver.table("loan_interest"))]
    assert interest == ["0.01", "0.0100001"]


def test_trace_b_what_can_be_redeemed() -> None:
    """C is 2,400, the LTV 0.4166; 952 USD are free: all of the 0.2 ETH, or 0.01619047 BTC."""
    driver = pledged("USDT", "1000", ("BTC", "0.03"))
    driver.deposit("ETH", "1", account="funding")
    driver.do(c.AdjustCollateral(user_id=USER, loan_id=0, add=True, ccy="ETH", amount=atoms("0.2")))
    (row,) = asked(driver, "loan_info")
    assert (row["collateralNotionalUsd"], row["curLTV"]) == ("2400", "0.4166")
    assert asked(driver, "loan_max_redeem", ccy="ETH") == [{"ccy": "ETH", "maxRedeemAmt": "0.2"}]
    assert asked(driver, "loan_max_redeem", ccy="BTC") == [{"ccy": "BTC", "maxRedeemAmt": "0.01619047"}]
    assert (
        driver.refuse(c.AdjustCollateral(user_id=USER, loan_id=0, add=False, ccy="BTC", amount=atoms("0.02")))
        is Reject.ABOVE_REDEEMABLE
    )
    # Were more ETH locked, 952 / (3,000 x 0.98) = 0.3238 of it could go.
    driver.do(c.AdjustCollateral(user_id=USER, loan_id=0, add=True, ccy="ETH", amount=atoms("0.8")))
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=driver.state.last_loan_id,
            ccy="USDT",
            amount=atoms("1680"),
            collateral=(),
            client_order_id="b",
        )
    )
    assert cut(asked(driver, "loan_max_redeem", ccy="ETH")[0]["maxRedeemAmt"], 4) == "0.3238"


def test_trace_c_the_half() -> None:
    """Due at 51,786.64; at 51,700 the LTV is 0.96711; half costs 102.0408 and leaves 0.95457."""
    driver = pledged("USDT", "10000", ("BTC", "0.2"), dear_bitcoin())
    driver.price("BTC-USDT", "51786.7")
    assert [row["type"] for row in loan_rows(driver)][2:] == []
    driver = pledged("USDT", "10000", ("BTC", "0.2"), dear_bitcoin())
    driver.price("BTC-USDT", "51786.6")
    assert loan_rows(driver)[2]["type"] == "partial_liquidation"
    driver = pledged("USDT", "10000", ("BTC", "0.2"), dear_bitcoin())
    assert cut(str(Decimal(10_000) / (Decimal("0.2") * 51_700)), 5) == "0.96711"
    driver.price("BTC-USDT", "51700")
    assert [(row["ccy"], row["amt"]) for row in loan_rows(driver)[2:]] == [
        ("BTC", "-0.09868551"),
        ("USDT", "-5000.00004966"),
    ]
    assert [cut(text(event.insurance), 4) for event in all_of(driver, LoanSettled)] == ["102.0408"]
    (loan,) = driver.state.loans.values()
    debt, coins = Decimal(text(driver.owes(loan)["USDT"])), Decimal(text(loan.collateral["BTC"]))
    assert (str(debt), str(coins)) == ("4999.99995034", "0.10131449")
    assert cut(str(debt / (coins * 51_700)), 5) == "0.95457"


@pytest.mark.parametrize(("mark", "fee", "rest"), [("51700", "31.02", "19.98"), ("49500", "29.7", "-44.7")])
def test_trace_d_fee_and_rest(mark: str, fee: str, rest: str) -> None:
    """Value 1,551 or 1,485: net of the fee 1,519.98 or 1,455.30, the fund gains 19.98 or pays 44.70."""
    driver = pledged("USDT", "1500", ("BTC", "0.03"), dear_bitcoin())
    driver.price("BTC-USDT", mark)
    assert [(row["type"], row["ccy"], row["amt"]) for row in loan_rows(driver)[2:]] == [
        ("forced_liquidation", "BTC", "-0.03"),
        ("forced_liquidation", "USDT", "-1500"),
    ]
    assert [text(event.insurance) for event in all_of(driver, LoanSettled)] == [fee, rest]


def dear_bitcoin() -> Parameters:
    """The traces lend above the initial LTV of 60,000, so the divisor of 1.4 is lowered for the borrowing."""
    return replace(flat("BTC", "0.98"), loan_initial=atoms("1.12"))


def loan_rows(driver: Driver) -> list[dict[str, str]]:
    return [json.loads(row) for row in reversed(driver.table("loan_history"))]


# ---- convert


def test_a_quote_is_late_by_a_millisecond() -> None:
    """Asked at T, still taken at T + 10,000, and refused at T + 10,001."""
    for late, refused in ((10_000, False), (10_001, True)):
        driver = Driver(NOON_MS + 1)
        driver.user(USER, USDT="100")
        driver.price("ETH-USDT", "2930.93557650")
        (given,) = driver.do(
            c.AskQuote(user_id=USER, base_ccy="ETH", quote_ccy="USDT", side="buy", size=atoms("30"), size_ccy="USDT")
        )
        driver.wait(late)
        trade = c.TradeQuote(
            user_id=USER,
            quote_id=given.quote_id,
            base_ccy="ETH",
            quote_ccy="USDT",
            side="buy",
            size=atoms("12"),
            size_ccy="USDT",
        )
        if refused:
            assert driver.refuse(trade) is Reject.QUOTE_EXPIRED
        else:
            driver.do(trade)
            assert (driver.cash("ETH"), driver.cash("USDT")) == ("0.0040922", "88")


# ---- packaged numbers


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("taker_fee", "0.001"), ("maker_fee", "0.0008"), ("spot_warning_ratio", "3"), ("spot_liquidation_ratio", "1"),
        ("spot_liquidation_target", "1.2"), ("spot_liquidation_bound", "0.01"), ("repay_bound", "0.005"),
        ("repay_min_usd", "1"), ("loan_initial", "1.4"), ("loan_liquidation", "1.015"), ("loan_margin_call_gap", "0.1"),
        ("loan_close_factor", "0.5"), ("loan_liquidation_fee", "0.02"), ("loan_small_usd", "2000"),
        ("loan_dust_usd", "1"), ("forced_repayment_usage", "0.95"), ("leverage", "3"), ("rate_base", "0.01"),
        ("rate_slope", "0.06"), ("rate_kink", "0.9"), ("rate_slope_beyond", "0.6"), ("rate_least", "0.01"),
        ("rate_most", "3.65"), ("convert_half_spread", "0.0005"), ("convert_half_spread_stable", "0.0002"),
        ("convert_half_spread_other", "0.002"), ("convert_large_factor", "20"),
        ("easy_convert_max_usd", "10"),
    ],
)  # fmt: skip
def test_constants(name: str, printed: str) -> None:
    assert text(getattr(load_parameters(), name)) == printed


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("repay_coins_max", 5), ("easy_convert_coins_max", 5), ("loan_repay_coins_max", 5),
        ("loan_request_window_ms", 60_000), ("convert_ttl_ms", 10_000), ("loan_warning_every_ms", 86_400_000),
        ("spot_warning_every_ms", 3_600_000),
    ],
)  # fmt: skip
def test_counts(name: str, printed: int) -> None:
    assert getattr(load_parameters(), name) == printed


def test_collaterals_of_one_request() -> None:
    """1 to 10 per call: a rule about the form of the request."""
    (collateral,) = [field for field in fields(LoanBorrow) if field.name == "collateralData"]
    assert collateral.many is not None
    assert collateral.many.most == 10


@pytest.mark.parametrize(
    ("ccy", "quota", "pool", "least", "loan_most"),
    [
        ("BTC", "10", "5000", "0.00001", "20"), ("ETH", "200", "80000", "0.0001", "400"),
        ("USDT", "500000", "500000000", "1", "1000000"), ("USDC", "200000", "60000000", "1", "500000"),
        ("SOL", "2000", "600000", "0.01", "5000"), ("DOGE", "500000", "300000000", "10", "1000000"),
        ("DOT", "20000", "3000000", "0.1", "50000"), ("LTC", "2000", "200000", "0.01", "5000"),
        ("OKB", "2000", "300000", "0.1", "3000"), ("ADA", "200000", "50000000", "10", "500000"),
        ("AVAX", "5000", "500000", "0.1", "10000"),
    ],
)  # fmt: skip
def test_quotas_pools_and_least_amounts(ccy: str, quota: str, pool: str, least: str, loan_most: str) -> None:
    row = load_parameters().currencies[ccy]
    assert [text(value) for value in (row.quota, row.pool, row.min_borrow, row.loan_max)] == [
        quota,
        pool,
        least,
        loan_most,
    ]
