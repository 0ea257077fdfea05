"""Flexible loans: thresholds, limits to the last digit, traces with their rows (docs/rules/flexible-loans.md)."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from tallystick.engine import commands as c
from tallystick.engine import flexible_loan
from tallystick.engine.events import LoanMoved, LoanOpened, LoanRequestDone
from tallystick.engine.flexible_loan import thresholds
from tallystick.engine.interest import loan_hour
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Reject
from tallystick.engine.state import Loan
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, NOON_MS, all_of, loan_charges, with_currency

ULP = atoms("0.0000000000000001")
TEN_MS = NOON_MS - 2 * HOUR_MS


def pledger(parameters: Parameters | None = None, at_ms: int = NOON_MS + 1, **funding: str) -> Driver:
    driver = Driver(at_ms, parameters)
    driver.user(USER)
    for pair, price in (("BTC-USDT", "60000"), ("ETH-USDT", "3000"), ("USDC-USDT", "1"), ("DOT-USDT", "5")):
        driver.price(pair, price)
    for ccy, amount in (funding or {"BTC": "1", "ETH": "1", "USDT": "1"}).items():
        driver.deposit(ccy, amount, account="funding")
    return driver


def borrow(
    amount: str, *collateral: tuple[str, str], ccy: str = "USDT", loan_id: int = 0, name: str = "a1", user: int = USER
) -> c.BorrowLoan:
    pairs = tuple((coin, atoms(size)) for coin, size in collateral)
    return c.BorrowLoan(
        user_id=user, loan_id=loan_id, ccy=ccy, amount=atoms(amount), collateral=pairs, client_order_id=name
    )


def opened(driver: Driver, amount: str = "1000", *collateral: tuple[str, str], name: str = "a1") -> int:
    events = driver.do(borrow(amount, *(collateral or (("BTC", "0.03"),)), name=name))
    assert isinstance(events[0], LoanOpened)
    return events[0].loan_id


def adjust(ccy: str, amount: str, *, add: bool = False, loan_id: int = 0) -> c.AdjustCollateral:
    return c.AdjustCollateral(user_id=USER, loan_id=loan_id, add=add, ccy=ccy, amount=atoms(amount))


def only_loan(driver: Driver) -> Loan:
    (loan,) = driver.state.loans.values()
    return loan


def rows(driver: Driver) -> list[tuple[str, str, str]]:
    """(type, currency, amount) of the history, oldest first."""
    return [(row["type"], row["ccy"], row["amt"]) for row in map(json.loads, reversed(driver.table("loan_history")))]


# ---- thresholds


@pytest.mark.parametrize(
    ("discount", "initial", "margin_call", "liquidation"),
    [
        ("1", "0.7142", "0.8852", "0.9852"),
        ("0.98", "0.7", "0.8655", "0.9655"),
        ("0.95", "0.6785", "0.8359", "0.9359"),
        ("0.9", "0.6428", "0.7866", "0.8866"),
        ("0.85", "0.6071", "0.7374", "0.8374"),
        ("0.8", "0.5714", "0.6881", "0.7881"),
        ("0.7", "0.5", "0.5896", "0.6896"),
    ],
)
def test_the_table_of_thresholds(discount: str, initial: str, margin_call: str, liquidation: str) -> None:
    """Table of 6.2; 0.85 is also the documented loan-info sample."""
    tiers = ((atoms("1000000"), atoms(discount)),)
    driver = pledger(with_currency("DOT", discount_tiers=tiers), DOT="1000")
    opened(driver, "100", ("DOT", "1000"))
    found = thresholds(driver.state, only_loan(driver))
    assert [text(value) for value in found] == [initial, margin_call, liquidation]


def test_a_mix_is_weighted_by_value() -> None:
    """0.01 BTC (600 USD at 0.98) and 80 DOT (400 USD at 0.9): D = 948 / 1,000."""
    driver = pledger(BTC="0.01", DOT="80")
    opened(driver, "100", ("BTC", "0.01"), ("DOT", "80"))
    assert [text(value) for value in thresholds(driver.state, only_loan(driver))] == ["0.6771", "0.8339", "0.9339"]


def test_collateral_beyond_a_tier_counts_less() -> None:
    """60,000 DOT: 50,000 at 0.9 and 10,000 at 0.89 are 53,900 of 60,000."""
    driver = pledger(DOT="60000")
    opened(driver, "100", ("DOT", "60000"))
    assert text(thresholds(driver.state, only_loan(driver))[0]) == "0.6416"


def test_current_ltv_is_cut() -> None:
    """1,000 on 0.03 BTC is 0.5555; with 0.2 ETH more 0.4166."""
    driver = pledger()
    opened(driver)
    assert text(flexible_loan.plain_standing(driver.state, only_loan(driver)).ltv) == "0.5555"
    driver.do(adjust("ETH", "0.2", add=True))
    assert text(flexible_loan.plain_standing(driver.state, only_loan(driver)).ltv) == "0.4166"


def test_the_index_counts_and_not_the_last_trade() -> None:
    driver = pledger()
    opened(driver)
    driver.book("BTC-USDT", [("50000", "1")], [("70000", "1")])
    driver.user(2, USDT="1000")
    driver.do(
        c.PlaceOrder(
            user_id=2, instrument="BTC-USDT", side="buy", kind="ioc", size=atoms("0.001"), price=atoms("70000")
        )
    )
    assert text(flexible_loan.plain_standing(driver.state, only_loan(driver)).ltv) == "0.5555"


def test_the_warning_price() -> None:
    """1,000 / (0.03 x 0.9655) = 34,524.426..., to the tick of 0.1 upwards; nothing with two collateral coins."""
    driver = pledger()
    opened(driver)
    warning = flexible_loan.liquidation_price(driver.state, only_loan(driver))
    assert warning is not None
    assert (warning[0], text(warning[1])) == ("BTC-USDT", "34524.5")
    driver.do(adjust("ETH", "0.1", add=True))
    assert flexible_loan.liquidation_price(driver.state, only_loan(driver)) is None


# ---- interest


@pytest.mark.parametrize(
    ("debt", "rate", "interest"),
    [("0.86599309", "0.41", "0.00004054"), ("1000", "0.0876", "0.01"), ("1000.01", "0.0876", "0.0100001")],
)
def test_golden_interest_of_an_hour(debt: str, rate: str, interest: str) -> None:
    """G-int-flex and the two hours of trace (a): up at 8 decimals."""
    assert text(loan_hour(atoms(debt), atoms(rate))) == interest


def test_interest_is_charged_once_an_hour_per_coin() -> None:
    driver = pledger(with_currency("DOT", rate_per_year=atoms("0.08")))
    loan_id = opened(driver)
    driver.do(borrow("2", ccy="DOT", loan_id=loan_id, name="a2"))
    driver.pass_to(NOON_MS + 3 * HOUR_MS)
    charged = loan_charges(driver)
    assert [(event.ccy, event.hour_ms - NOON_MS) for event in charged] == [
        (ccy, n * HOUR_MS) for n in (1, 2, 3) for ccy in ("DOT", "USDT")
    ]
    refs = [event.number for event in charged]
    assert refs == sorted(set(refs))
    # 2 DOT at 8 % a year: 0.0000182648... an hour
    assert text(charged[0].interest) == "0.00001827"


def test_the_numbers_of_interest_never_repeat_however_many_loans_there_were() -> None:
    """Numbers are 13 digits of a time and 4 of their own: of two loans 625 apart, 16 numbers each, both must show."""
    driver = pledger(BTC="1")
    opened(driver)
    for number in range(624):
        loan_id = opened(driver, "1", ("BTC", "0.0001"), name=f"n{number}")
        driver.do(
            c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("1"), client_order_id=f"r{number}")
        )
    opened(driver, "1", ("BTC", "0.0001"), name="last")
    driver.pass_to(NOON_MS + HOUR_MS)
    refs = [event.number for event in loan_charges(driver)]
    assert len(set(refs)) == 2
    assert [len(str(ref)) for ref in refs] == [17, 17]


# ---- traces


def test_trace_a_borrow_interest_repay() -> None:
    """BTC 60,000; 1,000 USDT against 0.03 BTC at 8.76 % a year from 09:12 to 11:20."""
    nine_twelve = TEN_MS - 48 * 60_000
    driver = pledger(with_currency("USDT", rate_per_year=atoms("0.0876")), nine_twelve, BTC="0.03", USDT="1")
    loan_id = opened(driver)
    assert (driver.funding("BTC"), driver.funding("USDT")) == ("0", "1001")
    driver.pass_to(TEN_MS)
    assert text(driver.owes(only_loan(driver))["USDT"]) == "1000.01"
    driver.pass_to(TEN_MS + HOUR_MS)
    assert text(driver.owes(only_loan(driver))["USDT"]) == "1000.0200001"
    driver.pass_to(TEN_MS + HOUR_MS + 20 * 60_000)
    driver.do(
        c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("1000.0200001"), client_order_id="r1")
    )
    assert driver.state.loans == {}
    assert rows(driver) == [
        ("collateral_locked", "BTC", "-0.03"),
        ("borrowed", "USDT", "1000"),
        ("repaid", "USDT", "-1000.0200001"),
        ("collateral_released", "BTC", "0.03"),
    ]
    assert (driver.funding("BTC"), driver.funding("USDT")) == ("0.03", "0.9799999")


def test_trace_b_collateral_there_and_back() -> None:
    driver = pledger()
    opened(driver)
    driver.do(adjust("ETH", "0.2", add=True))
    assert driver.refuse(adjust("BTC", "0.02")) is Reject.ABOVE_REDEEMABLE
    driver.do(adjust("BTC", "0.01"))
    assert rows(driver)[2:] == [("collateral_locked", "ETH", "-0.2"), ("collateral_released", "BTC", "0.01")]
    assert (driver.funding("BTC"), driver.funding("ETH")) == ("0.98", "0.8")


# ---- limits to the last digit


def test_the_largest_loan_succeeds_and_an_ulp_more_does_not() -> None:
    """1,800 x 0.98 / 1.4 = 1,260."""
    driver = pledger()
    over = c.BorrowLoan(
        user_id=USER,
        loan_id=0,
        ccy="USDT",
        amount=atoms("1260") + ULP,
        collateral=(("BTC", atoms("0.03")),),
        client_order_id="a1",
    )
    assert driver.refuse(over) is Reject.ABOVE_LOAN_LIMIT
    driver.do(borrow("1260", ("BTC", "0.03")))
    assert driver.refuse(borrow("0.0000000000000001", loan_id=only_loan(driver).loan_id, name="a2")) is (
        Reject.ABOVE_LOAN_LIMIT
    )


@pytest.mark.parametrize(
    ("most", "over"),
    [("0.01619047", "0.01619048"), ("0.0161904761904761", "0.0161904761904762")],
)
def test_the_largest_redeem_succeeds_and_the_next_does_not(most: str, over: str) -> None:
    """Trace (b): 952 USD free at 58,800 a coin are 0.016190476190476190... BTC; at 8 decimals and at the last one."""
    driver = pledger()
    opened(driver)
    driver.do(adjust("ETH", "0.2", add=True))
    assert driver.refuse(adjust("BTC", over)) is Reject.ABOVE_REDEEMABLE
    driver.do(adjust("BTC", most))


def test_a_coin_the_loan_can_do_without_can_be_redeemed_whole() -> None:
    """0.2 ETH of 0.3238 that could be spared, and not an ulp more than is locked."""
    driver = pledger()
    opened(driver)
    driver.do(adjust("ETH", "0.2", add=True))
    over = c.AdjustCollateral(user_id=USER, loan_id=0, add=False, ccy="ETH", amount=atoms("0.2") + ULP)
    assert driver.refuse(over) is Reject.ABOVE_REDEEMABLE
    driver.do(adjust("ETH", "0.2"))
    assert only_loan(driver).collateral == {"BTC": atoms("0.03")}


def test_the_cap_of_a_coin_counts_all_loans_of_a_user() -> None:
    driver = pledger(with_currency("USDT", loan_max=atoms("1500")))
    opened(driver)
    assert driver.refuse(borrow("500.0000000000000001", ("BTC", "0.03"), name="a2")) is Reject.ABOVE_LOAN_LIMIT
    driver.do(borrow("500", ("BTC", "0.03"), name="a2"))


def test_a_loan_cannot_be_larger_than_the_pool() -> None:
    driver = pledger(with_currency("USDT", pool=atoms("900")))
    assert driver.refuse(borrow("900.0000000000000001", ("BTC", "0.03"))) is Reject.ABOVE_LOAN_LIMIT
    driver.do(borrow("900", ("BTC", "0.03")))


def test_a_fallen_price_blocks_redeem_and_borrow_but_neither_repay_nor_pledge() -> None:
    """At 45,000 the LTV of 0.7407 stands above the initial 0.7."""
    driver = pledger()
    loan_id = opened(driver)
    driver.price("BTC-USDT", "45000")
    assert driver.refuse(adjust("BTC", "0.0000000000000001")) is Reject.ABOVE_REDEEMABLE
    assert driver.refuse(borrow("1", loan_id=loan_id, name="a2")) is Reject.ABOVE_LOAN_LIMIT
    driver.do(adjust("BTC", "0.001", add=True))
    driver.do(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("10"), client_order_id="r1"))


def test_a_missing_price_is_never_used() -> None:
    """F13: no borrow and no redeem; repaying and adding stay open."""
    driver = pledger(BTC="1", SOL="100", ETH="1")
    assert driver.refuse(borrow("1", ("SOL", "100"))) is Reject.ABOVE_LOAN_LIMIT
    loan_id = opened(driver)
    driver.do(adjust("SOL", "10", add=True))
    assert driver.refuse(adjust("BTC", "0.0000000000000001")) is Reject.ABOVE_REDEEMABLE
    driver.do(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("1"), client_order_id="r1"))


# ---- repay


def test_a_repay_is_clamped_and_closing_releases_every_coin() -> None:
    driver = pledger()
    loan_id = opened(driver, "1000", ("ETH", "0.5"), ("BTC", "0.03"))
    driver.do(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("400"), client_order_id="r1"))
    assert only_loan(driver).collateral == {"ETH": atoms("0.5"), "BTC": atoms("0.03")}
    driver.do(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("99999"), client_order_id="r2"))
    assert rows(driver)[3:] == [
        ("repaid", "USDT", "-400"),
        ("repaid", "USDT", "-600"),
        ("collateral_released", "BTC", "0.03"),
        ("collateral_released", "ETH", "0.5"),
    ]
    assert driver.state.loans == {}
    assert (driver.funding("BTC"), driver.funding("ETH"), driver.funding("USDT")) == ("1", "1", "1")


def test_a_loan_with_two_debts_closes_with_the_last() -> None:
    driver = pledger()
    loan_id = opened(driver)
    driver.do(borrow("10", ccy="DOT", loan_id=loan_id, name="a2"))
    driver.do(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("1000"), client_order_id="r1"))
    assert driver.owes(only_loan(driver)) == {"DOT": atoms("10")}
    driver.do(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="DOT", amount=atoms("10"), client_order_id="r2"))
    assert driver.state.loans == {}


def test_locked_collateral_cannot_be_used_otherwise() -> None:
    """F7: neither transferred, nor withdrawn, nor pledged again."""
    driver = pledger(BTC="0.03")
    opened(driver)
    assert (
        driver.refuse(c.Transfer(user_id=USER, ccy="BTC", amount=ULP, source="funding", target="trading"))
        is Reject.FUNDING_INSUFFICIENT
    )
    assert (
        driver.refuse(c.AdjustBalance(user_id=USER, account="funding", ccy="BTC", delta=-ULP))
        is Reject.WOULD_BE_NEGATIVE
    )
    assert driver.refuse(borrow("1", ("BTC", "0.0000000000000001"), name="a2")) is Reject.FUNDING_INSUFFICIENT


# ---- requests sent twice


def test_a_client_id_is_taken_for_sixty_seconds_and_free_after() -> None:
    driver = pledger()
    loan_id = opened(driver, name="same")
    began_ms = driver.at_ms
    assert driver.refuse(borrow("1", ("BTC", "0.01"), name="same")) is Reject.LOAN_REQUEST_DUPLICATE
    # Each path has ids of its own.
    driver.do(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("1"), client_order_id="same"))
    driver.pass_to(began_ms + 59_999)
    assert driver.refuse(borrow("1", ("BTC", "0.01"), name="same")) is Reject.LOAN_REQUEST_DUPLICATE
    assert (
        driver.refuse(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("1"), client_order_id="same"))
        is Reject.LOAN_REQUEST_DUPLICATE
    )
    driver.pass_to(began_ms + 60_000)
    driver.do(borrow("1", ("BTC", "0.01"), name="same"))
    assert len(all_of(driver, LoanRequestDone)) == 3


def test_a_refused_request_does_not_take_its_client_id() -> None:
    driver = pledger()
    assert driver.refuse(borrow("99999", ("BTC", "0.03"), name="same")) is Reject.ABOVE_LOAN_LIMIT
    driver.do(borrow("1000", ("BTC", "0.03"), name="same"))


def test_two_users_may_use_the_same_client_id() -> None:
    driver = pledger()
    driver.user(2)
    driver.deposit("BTC", "1", 2, "funding")
    opened(driver, name="same")
    driver.do(borrow("1000", ("BTC", "0.03"), name="same", user=2))


# ---- refusals


def test_refusals_of_a_borrow_in_their_order() -> None:
    parameters = with_currency("LTC", with_currency("SOL", loanable=False), collateral=False)
    driver = pledger(parameters, BTC="0.01", USDT="10")
    tiny = atoms("0.000000000000000001")

    def ask(
        ccy: str, amount: int, collateral: tuple[tuple[str, int], ...], name: str = "b", loan: int = 0
    ) -> c.BorrowLoan:
        return c.BorrowLoan(
            user_id=USER, loan_id=loan, ccy=ccy, amount=amount, collateral=collateral, client_order_id=name
        )

    opened(driver, "10", ("BTC", "0.001"), name="taken")
    refuse = driver.refuse
    assert (
        refuse(c.BorrowLoan(user_id=9, loan_id=77, ccy="NONE", amount=tiny, collateral=(), client_order_id="taken"))
        is Reject.UNKNOWN_USER
    )
    assert refuse(ask("NONE", tiny, (), "taken", 77)) is Reject.LOAN_REQUEST_DUPLICATE
    assert refuse(ask("NONE", tiny, (), loan=77)) is Reject.UNKNOWN_LOAN
    assert refuse(ask("NONE", tiny, ())) is Reject.UNKNOWN_CCY
    assert refuse(ask("SOL", tiny, ())) is Reject.LOAN_CCY_NOT_BORROWABLE
    assert refuse(ask("USDT", tiny, ())) is Reject.AMOUNT_TOO_FINE
    huge = atoms("9999999")
    assert refuse(ask("USDT", huge, ())) is Reject.COLLATERAL_MISSING
    assert refuse(ask("USDT", huge, (("NONE", tiny),))) is Reject.UNKNOWN_CCY
    assert refuse(ask("USDT", huge, (("USDT", tiny),))) is Reject.COLLATERAL_IS_LOAN_CCY
    assert refuse(ask("USDT", huge, (("LTC", tiny),))) is Reject.CCY_NOT_COLLATERAL
    assert refuse(ask("USDT", huge, (("BTC", tiny),))) is Reject.AMOUNT_TOO_FINE
    twice = (("BTC", atoms("0.005")), ("BTC", atoms("0.005")))
    assert refuse(ask("USDT", huge, twice)) is Reject.FUNDING_INSUFFICIENT
    assert refuse(ask("USDT", huge, (("BTC", atoms("0.009")),))) is Reject.ABOVE_LOAN_LIMIT


def test_an_added_loan_may_not_be_in_a_pledged_coin() -> None:
    driver = pledger()
    loan_id = opened(driver)
    assert driver.refuse(borrow("0.001", ccy="BTC", loan_id=loan_id, name="a2")) is Reject.COLLATERAL_IS_LOAN_CCY


def test_refusals_of_a_repay_in_their_order() -> None:
    driver = pledger()
    loan_id = opened(driver)
    tiny = 1

    def ask(loan: int, ccy: str, amount: int, name: str = "r", user: int = USER) -> c.RepayLoan:
        return c.RepayLoan(user_id=user, loan_id=loan, ccy=ccy, amount=amount, client_order_id=name)

    driver.do(ask(loan_id, "USDT", ULP, "taken"))
    assert driver.refuse(ask(77, "NONE", tiny, "taken", user=9)) is Reject.UNKNOWN_USER
    assert driver.refuse(ask(77, "NONE", tiny, "taken")) is Reject.LOAN_REQUEST_DUPLICATE
    assert driver.refuse(ask(77, "NONE", tiny)) is Reject.UNKNOWN_LOAN
    assert driver.refuse(ask(loan_id, "NONE", tiny)) is Reject.UNKNOWN_CCY
    assert driver.refuse(ask(loan_id, "BTC", tiny)) is Reject.NOT_LOAN_CCY
    assert driver.refuse(ask(loan_id, "USDT", tiny)) is Reject.AMOUNT_TOO_FINE
    driver.deposit("USDT", "-1000.5", account="funding")
    assert driver.refuse(ask(loan_id, "USDT", atoms("1"))) is Reject.FUNDING_INSUFFICIENT


def test_refusals_of_an_adjustment_in_their_order() -> None:
    driver = pledger(with_currency("LTC", collateral=False))

    def ask(loan: int, ccy: str, amount: int, *, add: bool = True, user: int = USER) -> c.AdjustCollateral:
        return c.AdjustCollateral(user_id=user, loan_id=loan, add=add, ccy=ccy, amount=amount)

    assert driver.refuse(ask(0, "NONE", 1, user=9)) is Reject.UNKNOWN_USER
    assert driver.refuse(ask(0, "NONE", 1)) is Reject.LOAN_WITHOUT_DEBT
    opened(driver)
    assert driver.refuse(ask(77, "NONE", 1)) is Reject.UNKNOWN_LOAN
    assert driver.refuse(ask(0, "NONE", 1)) is Reject.UNKNOWN_CCY
    assert driver.refuse(ask(0, "USDT", 1)) is Reject.AMOUNT_TOO_FINE
    assert driver.refuse(ask(0, "USDT", ULP)) is Reject.COLLATERAL_IS_LOAN_CCY
    assert driver.refuse(ask(0, "LTC", ULP)) is Reject.CCY_NOT_COLLATERAL
    assert driver.refuse(ask(0, "BTC", atoms("5"))) is Reject.FUNDING_INSUFFICIENT
    assert driver.refuse(ask(0, "ETH", ULP, add=False)) is Reject.NOT_IN_COLLATERAL
    assert driver.refuse(ask(0, "BTC", atoms("0.031"), add=False)) is Reject.ABOVE_REDEEMABLE


def test_another_users_loan_is_as_unknown_as_none() -> None:
    driver = pledger()
    loan_id = opened(driver)
    driver.user(2)
    driver.deposit("USDT", "1000", 2, "funding")
    assert (
        driver.refuse(c.RepayLoan(user_id=2, loan_id=loan_id, ccy="USDT", amount=atoms("1"), client_order_id="r"))
        is Reject.UNKNOWN_LOAN
    )
    assert (
        driver.refuse(c.AdjustCollateral(user_id=2, loan_id=loan_id, add=False, ccy="BTC", amount=ULP))
        is Reject.UNKNOWN_LOAN
    )
    assert driver.refuse(borrow("1", loan_id=loan_id, user=2)) is Reject.UNKNOWN_LOAN


def test_without_an_id_the_oldest_loan_is_meant() -> None:
    driver = pledger()
    first = opened(driver, name="a1")
    second = opened(driver, name="a2")
    assert first < second
    driver.do(adjust("ETH", "0.1", add=True))
    assert driver.state.loans[first].collateral["ETH"] == atoms("0.1")
    driver.do(c.RepayLoan(user_id=USER, loan_id=first, ccy="USDT", amount=atoms("1000"), client_order_id="r1"))
    driver.do(adjust("ETH", "0.1", add=True))
    assert driver.state.loans[second].collateral["ETH"] == atoms("0.1")


# ---- ids


def test_reference_ids_rise_within_one_instant_and_over_commands() -> None:
    driver = pledger()
    opened(driver)
    opened(driver, name="a2")
    driver.do(adjust("ETH", "0.1", add=True))
    refs = [event.ref_id for event in all_of(driver, LoanMoved)]
    assert refs == sorted(set(refs))
    assert all(len(str(ref)) == 17 and str(ref).startswith(str(driver.at_ms)[:10]) for ref in refs)


def test_sums_of_the_history_are_what_is_owed_and_locked() -> None:
    """Owed = borrowed + interest - repaid; locked = locked - released (docs/rules/flexible-loans.md#reconciliation)."""
    driver = pledger()
    loan_id = opened(driver)
    driver.pass_to(NOON_MS + 2 * HOUR_MS)
    driver.do(c.RepayLoan(user_id=USER, loan_id=loan_id, ccy="USDT", amount=atoms("300"), client_order_id="r1"))
    driver.do(adjust("ETH", "0.3", add=True))
    driver.do(adjust("BTC", "0.01"))
    sums: dict[tuple[str, str], Decimal] = {}
    for kind, ccy, amount in rows(driver):
        sums[kind, ccy] = sums.get((kind, ccy), Decimal(0)) + Decimal(amount)
    interest = sum(Decimal(text(event.interest)) for event in loan_charges(driver))
    loan = only_loan(driver)
    assert Decimal(text(driver.owes(loan)["USDT"])) == sums["borrowed", "USDT"] + interest + sums["repaid", "USDT"]
    assert Decimal(text(loan.collateral["BTC"])) == -(
        sums["collateral_locked", "BTC"] + sums["collateral_released", "BTC"]
    )
    assert Decimal(text(loan.collateral["ETH"])) == -sums["collateral_locked", "ETH"]


def test_a_coin_that_is_pledged_cannot_be_borrowed_as_well() -> None:
    driver = pledger(BTC="1", ETH="1")
    opened(driver, "1000", ("BTC", "0.03"))
    assert flexible_loan.max_loan(driver.state, USER, only_loan(driver), "BTC", {}) == 0
    assert flexible_loan.max_loan(driver.state, USER, only_loan(driver), "ETH", {"ETH": atoms("1")}) == 0
    assert flexible_loan.max_loan(driver.state, USER, None, "ETH", {}) == 0


def test_the_most_that_an_e_mode_loan_can_still_take() -> None:
    """1,000 USDC at 1 stand behind at most 900 USDT, of which 100 are taken; without E-Mode at most 714.28."""
    driver = pledger(USDC="1000")
    driver.do(
        c.BorrowLoan(
            user_id=USER,
            loan_id=0,
            ccy="USDT",
            amount=atoms("100"),
            collateral=(("USDC", atoms("1000")),),
            client_order_id="a",
            e_mode=True,
        )
    )
    assert text(flexible_loan.max_loan(driver.state, USER, only_loan(driver), "USDT", {})) == "800"
