"""Short runs that lead the engine into states that chance seldom finds, each under every check of the random runs."""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from tallystick.engine import commands as c
from tallystick.engine.amounts import atoms_from_text as atoms
from tallystick.engine.kinds import Account
from tallystick.engine.listing import ListCoins
from tallystick.engine.parameters import Parameters
from tests.properties.oracle import COIN, HOUR_MS
from tests.properties.run import Run
from tests.properties.workload import PRICES, START_MS, ULP, small_parameters

DAY_MS = 24 * HOUR_MS


def begun(parameters: Parameters | None = None, **prices: str) -> Run:
    """Three users who may borrow; BTC at 60,000, ETH at 3,000, the rest as in the random runs."""
    run = Run(parameters or small_parameters(), START_MS)
    for name, price in {**PRICES, **{f"{ccy}-USDT": price for ccy, price in prices.items()}}.items():
        run.submit(c.SetPrices(prices=((name, atoms(price)),)))
    for user in (1, 2, 3):
        run.submit(c.CreateUser(user_id=user, name=f"user{user}"))
        run.submit(c.SwitchSpotBorrow(user_id=user, enabled=True))
    return run


def pay_in(run: Run, user: int = 1, account: Account = "trading", **coins: str) -> None:
    for ccy, amount in coins.items():
        run.submit(c.AdjustBalance(user_id=user, account=account, ccy=ccy, delta=atoms(amount)))


def spend(run: Run, ccy: str, amount: str, user: int = 1) -> None:
    run.submit(c.AdjustBalance(user_id=user, account="trading", ccy=ccy, delta=-atoms(amount)))


def owing(run: Run, ccy: str, amount: str, user: int = 1) -> None:
    """Borrowed and spent."""
    run.submit(c.ManualBorrow(user_id=user, ccy=ccy, amount=atoms(amount)))
    spend(run, ccy, amount, user)


def lend(run: Run, amount: str, pledged: str, user: int = 1, name: str = "a") -> None:
    """A loan of USDT on BTC."""
    pay_in(run, user, "funding", BTC=pledged)
    run.submit(
        c.BorrowLoan(
            user_id=user,
            loan_id=0,
            ccy="USDT",
            amount=atoms(amount),
            collateral=(("BTC", atoms(pledged)),),
            client_order_id=name,
        )
    )


# ---- one-click repay


def a_debt_of_an_ulp() -> Run:
    run = begun()
    pay_in(run, BTC="1")
    run.submit(c.ManualBorrow(user_id=1, ccy="USDT", amount=COIN))
    run.submit(c.ManualRepay(user_id=1, ccy="USDT", amount=COIN - ULP))
    run.pass_to(run.at_ms + HOUR_MS)
    return run


def interest_between_two_legs() -> Run:
    """Asked 2 s before the hour: the sale comes before it, the purchase after it."""
    run = begun()
    pay_in(run, ETH="5")
    owing(run, "USDC", "100")
    run.pass_to(run.at_ms + 19 * 60_000 - 2_000)
    run.submit(c.RepayDebt(user_id=1, debt_ccy="USDC", repay_ccys=("ETH",)))
    run.pass_to(run.at_ms + 60_000)
    return run


def three_currencies() -> Run:
    """20 USDC at hand, a little of ETH bid for, the rest from DOT."""
    run = begun()
    pay_in(run, ETH="5", DOT="50")
    run.submit(c.ManualBorrow(user_id=1, ccy="USDC", amount=atoms("100")))
    spend(run, "USDC", "80")
    run.submit(c.SetBook(instrument="ETH-USDT", bids=((atoms("2990"), atoms("0.01")),), asks=((atoms("3000"), COIN),)))
    run.submit(c.RepayDebt(user_id=1, debt_ccy="USDC", repay_ccys=("USDC", "ETH", "DOT")))
    run.pass_to(run.at_ms + 60_000)
    return run


def failed_after_a_part() -> Run:
    """The sale fills in part and nobody sells the debt coin."""
    run = begun()
    pay_in(run, ETH="5")
    owing(run, "USDC", "100")
    run.submit(c.SetBook(instrument="ETH-USDT", bids=((atoms("2990"), atoms("0.01")),), asks=()))
    run.submit(c.SetBook(instrument="USDC-USDT", bids=(), asks=((atoms("1.2"), COIN),)))
    run.submit(c.RepayDebt(user_id=1, debt_ccy="USDC", repay_ccys=("ETH",)))
    run.pass_to(run.at_ms + 60_000)
    return run


def repaid_between_the_legs() -> Run:
    """40 of 100 USDC are repaid before the sale, and 30 more before the purchase."""
    run = begun()
    pay_in(run, BTC="1")
    owing(run, "USDC", "100")
    run.submit(c.RepayDebt(user_id=1, debt_ccy="USDC", repay_ccys=("BTC",)))
    for amount, wait_ms in (("40", 474), ("30", 60_000)):
        pay_in(run, USDC=amount)
        run.submit(c.ManualRepay(user_id=1, ccy="USDC", amount=atoms(amount)))
        run.pass_to(run.at_ms + wait_ms)
    return run


def repaid_below_the_least_order() -> Run:
    """0.9 of 100 USDC are left by the time of the sale: nothing is sold."""
    run = begun()
    pay_in(run, BTC="1")
    owing(run, "USDC", "100")
    run.submit(c.RepayDebt(user_id=1, debt_ccy="USDC", repay_ccys=("BTC",)))
    pay_in(run, USDC="99.1")
    run.submit(c.ManualRepay(user_id=1, ccy="USDC", amount=atoms("99.1")))
    run.pass_to(run.at_ms + 60_000)
    return run


def liquidated_while_repaying() -> Run:
    run = begun()
    pay_in(run, BTC="1.999")
    owing(run, "USDT", "50000")
    run.submit(c.RepayDebt(user_id=1, debt_ccy="USDT", repay_ccys=("BTC",)))
    run.submit(c.SetPrices(prices=(("BTC-USDT", atoms("26000")),)))
    run.pass_to(run.at_ms + 60_000)
    return run


# ---- loans


def at_the_margin_call() -> Run:
    """865.5 USDT on 0.02 BTC stand at exactly 0.8655 of 1,000."""
    run = begun(BTC="75000")
    lend(run, "865.5", "0.02")
    run.submit(c.SetPrices(prices=(("BTC-USDT", atoms("50000")),)))
    return run


def at_the_line() -> Run:
    """965.5 USDT on 0.02 BTC stand at exactly 0.9655 of 1,000."""
    run = begun(BTC="75000")
    lend(run, "965.5", "0.02")
    run.submit(c.SetPrices(prices=(("BTC-USDT", atoms("50000")),)))
    return run


def halved() -> Run:
    run = begun(BTC="75000")
    lend(run, "10000", "0.2")
    run.submit(c.SetPrices(prices=(("BTC-USDT", atoms("51700")),)))
    return run


def halved_over_three_coins() -> Run:
    """10,000 USDT on BTC of 3,500, ETH of 3,450 and SOL of 3,406.5: two of the three pay the half, the third stays."""
    run = begun(BTC="110000", SOL="150")
    for ccy, size in (("BTC", "0.07"), ("ETH", "1.15"), ("SOL", "22.71")):
        pay_in(run, 1, "funding", **{ccy: size})
    pledged = (("BTC", atoms("0.07")), ("ETH", atoms("1.15")), ("SOL", atoms("22.71")))
    run.submit(
        c.BorrowLoan(user_id=1, loan_id=0, ccy="USDT", amount=atoms("10000"), collateral=pledged, client_order_id="a")
    )
    run.submit(c.SetPrices(prices=(("BTC-USDT", atoms("50000")),)))
    return run


def two_at_once() -> Run:
    """The one at the higher LTV goes first, though it is the younger."""
    run = begun(BTC="75000")
    lend(run, "1400", "0.03", 1, "a")
    lend(run, "1500", "0.03", 2, "b")
    lend(run, "1400", "0.03", 3, "c")
    run.submit(c.SetPrices(prices=(("BTC-USDT", atoms("47000")),)))
    return run


def with_a_surplus() -> Run:
    run = begun(BTC="75000")
    lend(run, "1500", "0.03")
    run.submit(c.SetPrices(prices=(("BTC-USDT", atoms("51700")),)))
    return run


def with_bad_debt() -> Run:
    """The fund holds 10 USDT, and 15 are missing beyond the fee."""
    run = begun(replace(small_parameters(), insurance_fund=atoms("10")), BTC="75000")
    lend(run, "1500", "0.03")
    run.submit(c.SetPrices(prices=(("BTC-USDT", atoms("49500")),)))
    return run


def beyond_the_fee() -> Run:
    """10,000 USDT on 0.2 BTC worth 9,980, large enough for halves: all of it is seized, and 10 are bad debt."""
    run = begun(replace(small_parameters(), insurance_fund=atoms("10")), BTC="75000")
    lend(run, "10000", "0.2")
    run.submit(c.SetPrices(prices=(("BTC-USDT", atoms("49900")),)))
    return run


# ---- limits and time


def an_order_that_would_gain() -> Run:
    """176,000 USDT owed against 58,800: 133 are free. Selling a borrowed ETH far above its index would gain 1,496.8,
    but until it does it asks for 1,000 of margin, which are not there."""
    run = begun()
    pay_in(run, BTC="1")
    run.submit(c.ManualBorrow(user_id=1, ccy="USDT", amount=atoms("176000")))
    run.submit(
        c.PlaceOrder(user_id=1, instrument="ETH-USDT", side="sell", kind="post_only", size=COIN, price=atoms("4500"))
    )
    return run


def an_empty_pool() -> Run:
    """800 DOT lie there; two users borrow all of them and a third asks for one."""
    run = begun()
    for user in (1, 2, 3):
        pay_in(run, user, BTC="1")
    for user in (1, 2):
        run.submit(c.ManualBorrow(user_id=user, ccy="DOT", amount=atoms("400")))
    run.submit(c.ManualBorrow(user_id=3, ccy="DOT", amount=COIN))
    return run


def a_quota_shared() -> Run:
    """500 DOT for a main account and its sub-account together: each alone would stay below."""
    run = begun()
    run.submit(c.CreateUser(user_id=4, name="user1-sub", master_id=1))
    run.submit(c.SwitchSpotBorrow(user_id=4, enabled=True))
    for user in (1, 4):
        pay_in(run, user, BTC="1")
        run.submit(c.ManualBorrow(user_id=user, ccy="DOT", amount=atoms("300")))
    return run


def a_quota_of_a_level() -> Run:
    """500 DOT at the lowest level and so many times that at the highest, to the last digit."""
    parameters = small_parameters()
    (lowest, _), *_, (highest, times) = parameters.quota_levels
    dot = replace(parameters.currencies["DOT"], level_quotas=(), pool=1000 * times)
    run = begun(replace(parameters, currencies={**parameters.currencies, "DOT": dot}))
    pay_in(run, BTC="10")
    run.submit(c.ManualBorrow(user_id=1, ccy="DOT", amount=500 * COIN + ULP))
    run.submit(c.SetLevel(user_id=1, level=highest))
    for amount in (500 * times + ULP, 500 * times):
        run.submit(c.ManualBorrow(user_id=1, ccy="DOT", amount=amount))
    run.submit(c.SetLevel(user_id=1, level=lowest))
    run.submit(c.ManualBorrow(user_id=1, ccy="DOT", amount=COIN))
    return run


def no_place_for_an_order() -> Run:
    """Two orders may be open in all: the third, for a third instrument, is refused."""
    run = begun(replace(small_parameters(), orders_max=2, orders_max_per_instrument=2))
    pay_in(run, USDT="10000")
    for instrument in ("ETH-USDT", "BTC-USDT", "SOL-USDT"):
        run.submit(
            c.PlaceOrder(
                user_id=1, instrument=instrument, side="buy", kind="limit", size=atoms("0.1"), price=atoms("50")
            )
        )
    return run


def a_sibling_borrows_meanwhile() -> Run:
    """An order waits to sell 250 DOT that are not there; the sub-account borrows 300 of the 500 both may; it fills."""
    run = begun()
    run.submit(c.CreateUser(user_id=4, name="user1-sub", master_id=1))
    run.submit(c.SwitchSpotBorrow(user_id=4, enabled=True))
    for user in (1, 4):
        pay_in(run, user, BTC="1")
    run.submit(
        c.PlaceOrder(user_id=1, instrument="DOT-USDT", side="sell", kind="limit", size=atoms("250"), price=atoms("5.5"))
    )
    run.submit(c.ManualBorrow(user_id=4, ccy="DOT", amount=atoms("300")))
    run.submit(c.SetPrices(prices=(("DOT-USDT", atoms("6")),)))
    return run


def a_sub_account_gives_by_leave() -> Run:
    """A sub-account may move coins to another one by itself once the main account allows it."""
    run = begun()
    for number in (4, 5):
        run.submit(c.CreateUser(user_id=number, name=f"user1-sub{number}", master_id=1))
    pay_in(run, 4, USDT="100")
    run.submit(c.SetTransferOut(user_id=1, sub_ids=(4,), allowed=True))
    run.submit(
        c.TransferBetween(
            user_id=4,
            giver_id=4,
            receiver_id=5,
            ccy="USDT",
            amount=atoms("40"),
            source="trading",
            target="trading",
            counterpart="user1-sub5",
        )
    )
    return run


def an_empty_fund() -> Run:
    """Nothing is lent, in the three ways there are, until the fund has coins again; then it is."""
    run = begun()
    pay_in(run, BTC="1")
    pay_in(run, 1, "funding", BTC="1")
    run.submit(c.MoveFund(delta=-run.shadow.venue["insurance"]["USDT"] - 1))
    run.submit(c.MoveFund(delta=-run.shadow.venue["insurance"]["USDT"]))
    for _ in range(2):
        run.submit(c.ManualBorrow(user_id=1, ccy="USDT", amount=atoms("100")))
        run.submit(
            c.PlaceOrder(
                user_id=1, instrument="ETH-USDT", side="buy", kind="limit", size=atoms("0.1"), price=atoms("2900")
            )
        )
        run.submit(
            c.BorrowLoan(
                user_id=1,
                loan_id=0,
                ccy="USDT",
                amount=atoms("100"),
                collateral=(("BTC", atoms("1")),),
                client_order_id="a",
            )
        )
        run.submit(c.MoveFund(delta=COIN))
    return run


def a_restricted_coin() -> Run:
    """ETH backs 8,422 of 11,000 and may back 8,000: no order is carried by it, with own coins or on credit."""
    run = begun()
    pay_in(run, ETH="10", USDT="9000")
    owing(run, "USDC", "11000")
    run.submit(c.SetPrices(prices=(("BTC-USDT", atoms("60001")),)))
    run.submit(
        c.PlaceOrder(user_id=1, instrument="ETH-USDT", side="buy", kind="limit", size=atoms("1.2"), price=atoms("3000"))
    )
    run.submit(
        c.PlaceOrder(user_id=1, instrument="ETH-USDT", side="buy", kind="limit", size=atoms("4"), price=atoms("3000"))
    )
    return run


def a_refused_trade() -> Run:
    """The market maker refuses one trade of this user and one of everybody; the third goes through."""
    run = begun()
    pay_in(run, USDT="100")
    for user_id in (0, 1):
        rule = c.FaultRule(fault_id=user_id + 1, kind="convert-rejected", user_id=user_id, count=1)
        run.submit(c.InjectFault(rule=rule))
    for name in ("a", "b", "c"):
        (given,) = (
            run.submit(
                c.AskQuote(user_id=1, base_ccy="ETH", quote_ccy="USDT", side="buy", size=atoms("30"), size_ccy="USDT")
            )
            or []
        )
        run.submit(
            c.TradeQuote(
                user_id=1,
                quote_id=given.quote_id,
                base_ccy="ETH",
                quote_ccy="USDT",
                side="buy",
                size=atoms("30"),
                size_ccy="USDT",
                client_trade_id=name,
            )
        )
    return run


def sold_for_usdc() -> Run:
    """SOL has a pair with USDC only: it is sold there, and the USDC for USDT, for debts in USDT, USDC and DOT."""
    parameters = small_parameters()
    pairs = {name: row for name, row in parameters.instruments.items() if name != "SOL-USDT"}
    bridged = replace(parameters.instruments["SOL-USDT"], instrument="SOL-USDC", quote_ccy="USDC")
    run = Run(replace(parameters, instruments={**pairs, "SOL-USDC": bridged}), START_MS)
    prices = {"SOL-USDC": "100", "USDC-USDT": "1.001", "DOT-USDT": "5", "BTC-USDT": "60000"}
    for name, price in prices.items():
        run.submit(c.SetPrices(prices=((name, atoms(price)),)))
    for user in (1, 2):
        run.submit(c.CreateUser(user_id=user, name=f"user{user}"))
        run.submit(c.SwitchSpotBorrow(user_id=user, enabled=True))
        pay_in(run, user, BTC="0.2")
    pay_in(run, SOL="50")
    for ccy, amount in (("USDT", "300"), ("USDC", "200"), ("DOT", "50")):
        owing(run, ccy, amount)
    run.submit(c.SetAutoRepay(user_id=1, enabled=True))
    for ccy in ("USDT", "DOT", "USDC"):
        run.submit(c.RepayDebt(user_id=1, debt_ccy=ccy, repay_ccys=("SOL", "BTC")))
        run.pass_to(run.at_ms + 20_000)
    owing(run, "SOL", "1", 2)
    run.submit(c.RepayDebt(user_id=2, debt_ccy="SOL", repay_ccys=("BTC",)))
    return run


def listed_later() -> Run:
    """SOL is listed while others owe, with a pair in USDC, and refused again; then borrowed, charged and repaid."""
    parameters = small_parameters()
    coin, pair = parameters.currencies["SOL"], parameters.instruments["SOL-USDT"]
    coins = {name: row for name, row in parameters.currencies.items() if name != "SOL"}
    pairs = {name: row for name, row in parameters.instruments.items() if name != "SOL-USDT"}
    without = {"easy_convert_ccys", "stable_ccys", "major_ccys"}
    left = {name: tuple(ccy for ccy in getattr(parameters, name) if ccy != "SOL") for name in without}
    run = Run(replace(parameters, currencies=coins, instruments=pairs, **left), START_MS)
    for name, price in (("USDC-USDT", "1.001"), ("BTC-USDT", "60000")):
        run.submit(c.SetPrices(prices=((name, atoms(price)),)))
    for user in (1, 2):
        run.submit(c.CreateUser(user_id=user, name=f"user{user}"))
        run.submit(c.SwitchSpotBorrow(user_id=user, enabled=True))
        pay_in(run, user, BTC="0.2")
    owing(run, "USDC", "200")
    bridged = replace(pair, instrument="SOL-USDC", quote_ccy="USDC")
    run.submit(ListCoins(instruments=(bridged,)))
    run.submit(ListCoins(currencies=(coin,), instruments=(bridged,)))
    run.submit(ListCoins(currencies=(coin,)))
    run.submit(c.SetPrices(prices=(("SOL-USDC", atoms("100")),)))
    owing(run, "SOL", "1", 2)
    run.pass_to(run.at_ms + 2 * HOUR_MS)
    run.submit(c.RepayDebt(user_id=2, debt_ccy="SOL", repay_ccys=("BTC",)))
    run.pass_to(run.at_ms + 20_000)
    return run


def too_little_to_buy() -> Run:
    """0.9 USDC are owed, of a debt coin whose least order is 1; and 2 with coins that cannot be sold for so little."""
    run = begun()
    pay_in(run, BTC="1", ETH="1", USDT="10")
    owing(run, "USDC", "2")
    for _ in range(2):
        for coins in (("ETH",), ("BTC",), ("USDT",), ("ETH", "BTC")):
            run.submit(c.RepayDebt(user_id=1, debt_ccy="USDC", repay_ccys=coins))
            run.pass_to(run.at_ms + 60_000)
            spend(run, "USDT", "0.000001")
        pay_in(run, USDC="1.1")
        run.submit(c.ManualRepay(user_id=1, ccy="USDC", amount=atoms("1.1")))
    return run


def repay_switched_off() -> Run:
    """With one-click repay off, and for a coin that cannot be borrowed any more."""
    run = begun()
    pay_in(run, BTC="1")
    owing(run, "USDC", "100")
    for table, row, field in (("constants", "", "repay_enabled"), ("currencies", "USDC", "borrowable")):
        for value in (False, True):
            run.submit(c.ChangeParameters(settings=(c.Setting(table=table, row=row, field=field, value=value),)))
            run.submit(c.RepayDebt(user_id=1, debt_ccy="USDC", repay_ccys=("BTC",)))
            run.pass_to(run.at_ms + 20_000)
        owing(run, "USDC", "100")
    return run


def bids_of_lenders() -> Run:
    """100 are owed: 60 at 5 % and 60 at 9 % make the next hour cost 9 %; a bid of 0.9 % is none."""
    run = begun()
    pay_in(run, BTC="1")
    owing(run, "USDT", "100")
    for rates in ((50, 90), (50, 9)):
        run.submit(c.SetBids(ccy="USDT", bids=tuple((60 * COIN, rate * COIN // 1000) for rate in rates)))
    run.pass_to(run.at_ms + 2 * HOUR_MS)
    return run


def eight_days_at_once() -> Run:
    """192 hours for a spot debt and a loan, warnings and quotes among them, all done late and in order."""
    run = begun()
    pay_in(run, BTC="1.999")
    owing(run, "USDT", "50000")
    lend(run, "1000", "0.03")
    run.submit(c.AskQuote(user_id=1, base_ccy="ETH", quote_ccy="USDT", side="buy", size=atoms("30"), size_ccy="USDT"))
    run.jump_to(run.at_ms + 8 * DAY_MS)
    return run


ALL: tuple[Callable[[], Run], ...] = (
    a_debt_of_an_ulp,
    interest_between_two_legs,
    three_currencies,
    failed_after_a_part,
    liquidated_while_repaying,
    at_the_margin_call,
    at_the_line,
    halved,
    halved_over_three_coins,
    two_at_once,
    with_a_surplus,
    with_bad_debt,
    beyond_the_fee,
    an_empty_pool,
    eight_days_at_once,
)
REFUSALS: tuple[Callable[[], Run], ...] = (
    an_order_that_would_gain,
    a_quota_shared,
    a_quota_of_a_level,
    no_place_for_an_order,
    a_sibling_borrows_meanwhile,
    an_empty_fund,
    a_restricted_coin,
    a_refused_trade,
    sold_for_usdc,
    listed_later,
    too_little_to_buy,
    repaid_between_the_legs,
    repaid_below_the_least_order,
    repay_switched_off,
    bids_of_lenders,
)
"""Runs for what random runs meet by luck: refusals, and smaller legs. The others are for states."""
