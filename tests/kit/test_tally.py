"""The fixture `tally` in the hands of a test: users, prices, time, and what the journal says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import okx.Trade
import pytest
from okx.Account import AccountAPI
from okx.PublicData import PublicAPI
from okx.Trade import TradeAPI
from okx.websocket.WsPrivateAsync import WsPrivateAsync

from tallystick.client.errors import BadAnswer, LeverRefused
from tallystick.testing.kit.settings import Unusable, balances_of_lines, seed_of
from tallystick.testing.kit.tally import Tally
from tallystick.testing.kit.user import SetupError, User

LEVEL = "/api/v5/account/set-account-level"
START = datetime(2026, 1, 20, 9, tzinfo=UTC)


def repay_all(user: User) -> None:
    """The one-click repay of an unmodified python-okx, for each debt, with every coin there is."""
    api = user.okx(TradeAPI)
    (listed,) = api.get_oneclick_repay_list_v2()["data"]
    for debt in listed["debtData"]:
        answer = api.oneclick_repay_v2(debt["debtCcy"], [coin["repayCcy"] for coin in listed["repayData"]])
        assert answer["code"] == "0", answer


def test_a_user_has_exactly_what_the_test_gives(tally: Tally) -> None:
    alice = tally.user(
        "alice", trading={"BTC": "1.5", "USDT": 20}, funding={"ETH": Decimal("0.25")}, debts={"USDC": "100"}
    )
    assert alice.trading == {"BTC": Decimal("1.5"), "USDT": Decimal(20)}
    assert alice.funding == {"ETH": Decimal("0.25")}
    assert alice.debts == {"USDC": Decimal(100)}
    assert alice.loans == []
    bob = tally.user("bob")
    assert (bob.trading, bob.funding, bob.debts, bob.loans) == ({}, {}, {}, [])


def test_a_user_may_be_in_another_account_mode(tally: Tally) -> None:
    """5 ETH at the ask cost more than the 10,000 USDT that are there; what is owed is paid at once."""
    carol = tally.user("carol", trading={"USDT": "10000"}, borrow=False, modes=("3",))
    assert carol.ask("POST", LEVEL, {"acctLv": "3"}) == [{"acctLv": "3"}]
    tally.price("ETH-USDT", "3000")
    order = {"instId": "ETH-USDT", "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "15000"}
    carol.ask("POST", "/api/v5/trade/order", order)
    assert carol.debts.keys() == {"USDT"}
    carol.ask("POST", "/api/v5/trade/one-click-repay", {"debtCcy": ["USDT"], "repayCcy": "ETH"})
    assert (carol.debts, tally.repays(carol)) == ({}, 1)


@pytest.mark.parametrize("surface", ["2026-01", "2026-08"])
def test_a_loan_is_taken_and_spent(surface: str, request: pytest.FixtureRequest) -> None:
    request.node.add_marker(pytest.mark.tally(surface=surface))
    tally: Tally = request.getfixturevalue("tally")
    alice = tally.user("alice", loans=[{"ccy": "USDT", "amt": "500", "collateral": {"ETH": "5"}}])
    (loan,) = alice.loans
    assert (loan["loanData"], loan["collateralData"]) == (
        [{"amt": "500", "ccy": "USDT"}],
        [{"amt": "5", "ccy": "ETH"}],
    )
    assert alice.funding == {}


def test_a_reset_that_a_test_lacks_says_what_to_do_instead(tally: Tally) -> None:
    with pytest.raises(AttributeError, match=r"each test begins from the seed.*tally\.snapshot.*tally\.restore"):
        tally.reset()  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"tally has no 'resett'$"):
        tally.resett()  # type: ignore[attr-defined]
    assert not hasattr(tally, "reset")


def test_a_debt_that_nothing_backs_says_what_to_give(tally: Tally) -> None:
    with pytest.raises(SetupError, match=r"alice cannot owe 100 USDC: .*; give coins that back the debt"):
        tally.user("alice", debts={"USDC": "100"})


def test_a_loan_of_another_form_says_what_one_is(tally: Tally) -> None:
    with pytest.raises(TypeError, match=r"a loan is \{'ccy': 'USDT', .*, not \{'ccy': 'USDT', 'amount': '5'\}"):
        tally.user("alice", loans=[{"ccy": "USDT", "amount": "5"}])


def test_a_float_says_what_to_write(tally: Tally) -> None:
    with pytest.raises(TypeError, match=r"trading BTC is 0\.1: give text or a Decimal"):
        tally.user("alice", trading={"BTC": 0.1})  # type: ignore[dict-item]


def test_a_refused_control_call_says_what_helps(tally: Tally) -> None:
    tally.user("alice")
    with pytest.raises(LeverRefused, match="POST /tally/v1/users: "):
        tally.user("alice")
    with pytest.raises(LeverRefused, match=r"market/price: .*px: not a plain decimal amount.*; plain decimal text"):
        tally.price("BTC-USDT", "1e5")


def test_accepted_repayments_of_every_kind_are_counted(tally: Tally) -> None:
    loan = {"ccy": "USDT", "amt": "500", "collateral": {"ETH": "5"}}
    alice = tally.user("alice", trading={"BTC": "1"}, funding={"USDT": "100"}, debts={"USDC": "100"}, loans=[loan])
    bob = tally.user("bob", trading={"BTC": "1"}, debts={"USDT": "10"})
    assert tally.repays(alice) == 0
    repay_all(alice)
    assert tally.repays(alice) == 1
    tally.advance("1h")
    assert alice.debts == {}
    bob.give("trading", {"USDT": "3"})
    bob.ask("POST", "/api/v5/account/spot-manual-borrow-repay", {"ccy": "USDT", "side": "repay", "amt": "3"})
    (opened,) = tally.events("LoanOpened", user=alice)
    body = {"ordId": str(opened.loan_id), "ccy": "USDT", "amt": "100", "clOrdId": "a"}
    alice.ask("POST", "/api/v5/finance/flexible-loan/repay", body)
    assert (tally.repays(alice), tally.repays("bob")) == (2, 1)


def test_time_moves_as_it_is_told(tally: Tally) -> None:
    assert (tally.clock.now, tally.clock.mode) == (START, "frozen")
    assert tally.advance("90m") == START + timedelta(minutes=90)
    assert tally.advance(timedelta(seconds=1.5)) == START + timedelta(minutes=90, seconds=1.5)
    assert tally.advance(to=datetime(2026, 1, 20, 12, tzinfo=UTC)) == datetime(2026, 1, 20, 12, tzinfo=UTC)
    with pytest.raises(TypeError, match="advance takes one of by, to= and until="):
        tally.advance()
    with pytest.raises(LeverRefused, match="the venue's time cannot run backwards"):
        tally.advance(to="2026-01-20T09:00:00Z")
    with pytest.raises(TypeError, match="a datetime without a time zone"):
        tally.advance(to=datetime(2026, 1, 21))


def test_the_clock_advances_until_something_is_true(tally: Tally) -> None:
    alice = tally.user("alice", trading={"BTC": "1"}, debts={"USDC": "100"})
    repay_all(alice)
    # The documented example: the second leg and with it the end come 3.587 s after the request.
    reached = tally.advance(until=lambda: not alice.debts)
    assert reached == START + timedelta(milliseconds=3_587)
    with pytest.raises(AssertionError, match=r"was still not true at 2026-01-20 10:00:00, from 09:00:03 on"):
        tally.advance(until=lambda: alice.debts, within="1m")


def test_prices_are_set_together(tally: Tally) -> None:
    alice = tally.user("alice")
    tally.prices({"BTC-USDT": "30000", "ETH-USDT": Decimal(2000)})
    for instrument, price in (("BTC-USDT", "30000"), ("ETH-USDT", "2000")):
        (mark,) = alice.ask("GET", f"/api/v5/public/mark-price?instType=MARGIN&instId={instrument}")
        assert mark["markPx"] == price


def test_a_fault_counts_what_it_hit(tally: Tally) -> None:
    alice, bob = (tally.user(name, trading={"BTC": "1"}) for name in ("alice", "bob"))
    fault = tally.fault("balance", "50001", user=alice, nth=2, must_fire=True)
    clients = {user: user.okx(AccountAPI) for user in (alice, bob)}
    codes = [clients[user].get_account_balance()["code"] for user in (alice, bob, alice, bob, alice)]
    assert codes == ["0", "0", "50001", "0", "0"]
    # A look of the kit meets no fault and counts nowhere.
    assert alice.trading == {"BTC": Decimal(1)}
    assert fault.fired == 1
    fault.end()
    assert fault.fired == 1
    with pytest.raises(LeverRefused, match=r"there is no fault 'drop-after'; did you mean"):
        tally.fault("balance", "drop-after")
    with pytest.raises(TypeError, match=r"a fault has no times; it may have must_fire, user, .*count, from_at, until"):
        tally.fault("balance", "50001", times=2)


def test_a_fault_ends_at_the_time_it_was_given(tally: Tally) -> None:
    tally.user("alice")
    fault = tally.fault("balance", "50001", from_at=tally.now + timedelta(hours=1), until_at="2026-01-20T11:00:00Z")
    account = tally.users["alice"].okx(AccountAPI)
    codes = []
    for _ in range(3):
        codes.append(account.get_account_balance()["code"])
        tally.advance("1h")
    assert (codes, fault.fired) == (["0", "50001", "0"], 1)


@pytest.mark.parametrize("number", [60, 1.5])
def test_a_duration_without_a_unit_says_what_to_write(tally: Tally, number: float) -> None:
    with pytest.raises(TypeError, match=rf"{number} has no unit: give text such as '{number}s', or a timedelta"):
        tally.advance(number)  # type: ignore[arg-type]


def test_a_name_that_is_not_there_says_what_was_meant(tally: Tally) -> None:
    with pytest.raises(LeverRefused, match=r"unknown instrument; instId: BTCUSDT; did you mean BTC-USDT"):
        tally.price("BTCUSDT", "1")
    with pytest.raises(LeverRefused, match=r"unknown ccy; ccy: btc; did you mean BTC"):
        tally.user("alice", trading={"btc": "1"})
    with pytest.raises(LeverRefused, match=r"user exists; name: alice; take another name"):
        tally.user("alice")


@pytest.mark.parametrize(("limits", "paced"), [("off", False), ("exact", True)])
def test_a_client_paces_itself_where_there_are_limits(limits: str, paced: bool, request: pytest.FixtureRequest) -> None:
    request.node.add_marker(pytest.mark.tally(limits=limits))
    tally: Tally = request.getfixturevalue("tally")
    alice = tally.user("alice")
    assert alice.client()._session.paced is paced
    assert alice.client(pace=not paced)._session.paced is not paced


def test_a_repay_of_nothing_and_with_no_list_says_so(tally: Tally) -> None:
    alice = tally.user("alice", trading={"BTC": "1"}, debts={"USDC": "100"})
    client = alice.client()
    assert client.repay(debt="ETH", using=["BTC"]).note == "No ETH was owed; nothing was sent."
    for call in (client.repay, client.plan_repay):
        with pytest.raises(TypeError, match=r"using is a list of coins, the first first: using=\['BTC'\]"):
            call(debt="USDC", using="BTC")
    assert not tally.repays(alice)


def test_a_restored_venue_goes_on_with_its_keys(tally: Tally) -> None:
    alice = tally.user("alice", trading={"BTC": "1"}, debts={"USDC": "100"})
    api = alice.okx(AccountAPI)
    fault = tally.fault("balance", "50001", nth=1)
    assert api.get_account_balance()["code"] == "50001"
    before = tally.state_hash()
    tally.snapshot("before")
    repay_all(alice)
    tally.price("BTC-USDT", "30000")
    tally.advance("1h")
    tally.user("bob")
    assert (alice.debts, tally.repays(alice)) == ({}, 1)
    tally.restore("before")
    assert tally.state_hash() == before
    assert (tally.clock.now, alice.debts, tally.repays(alice)) == (START, {"USDC": Decimal(100)}, 0)
    assert tally.users == {"alice": alice}
    # The rule has ended, and is still known to have fired.
    assert api.get_account_balance()["code"] == "0"
    assert fault.fired == 1
    tally.forget("before")
    with pytest.raises(LeverRefused, match="there is no snapshot 'before'"):
        tally.restore("before")


def test_a_fork_goes_its_own_way(tally: Tally) -> None:
    alice = tally.user("alice", trading={"BTC": "1"}, debts={"USDC": "100"})
    other = tally.fork()
    assert (other.state_hash(), other.url == tally.url) == (tally.state_hash(), False)
    repay_all(other.users["alice"])
    other.price("BTC-USDT", "30000")
    other.advance("1h")
    assert (other.users["alice"].debts, other.repays("alice")) == ({}, 1)
    assert (alice.debts, tally.repays(alice), tally.now) == ({"USDC": Decimal(100)}, 0, START)
    tally.advance("2h")
    assert alice.debts["USDC"] > 100
    assert other.now == START + timedelta(hours=1)
    # Keys of the past are good at both.
    assert alice.okx(AccountAPI).get_account_balance()["code"] == "0"


def test_snapshots_of_a_test_end_with_it(tally: Tally) -> None:
    assert not tally.levers.snapshots.all().snapshots
    tally.snapshot("kept")


def test_that_no_snapshot_of_another_test_is_there(tally: Tally) -> None:
    assert not tally.levers.snapshots.all().snapshots


def test_two_runs_of_a_test_give_the_same_bytes(tally: Tally) -> None:
    def once() -> tuple[str, list[object]]:
        alice = tally.user("alice", trading={"BTC": "1"}, debts={"USDC": "100"})
        repay_all(alice)
        tally.advance("1h")
        entries = tally.levers.journal(limit="1000").entries
        return tally.state_hash(), [[entry.hash, entry.events, alice.api_key] for entry in entries]

    first = once()
    tally.levers.reset(at=tally.seed.at)
    assert once() == first


def test_rows_of_a_user_are_records_with_decimals(tally: Tally) -> None:
    alice = tally.user("alice", trading={"BTC": "1"}, debts={"USDC": "100"})
    repay_all(alice)
    tally.advance("1h")
    tally.fault("*", "50001")
    (run,) = alice.api.one_click_repay_history_v2()
    assert (run.status, run.fillDebtSz, run.ts) == ("filled", Decimal(100), START)
    (borrowed, _) = sorted(alice.api.spot_borrow_repay_history(), key=lambda row: row.type)
    assert (borrowed.amt, borrowed.ccy, borrowed.ts) == (Decimal(100), "USDC", START)


def test_the_client_of_this_project_meets_faults(tally: Tally) -> None:
    client = tally.user("alice", trading={"BTC": "1"}).client(pace=False)
    fault = tally.fault("balance", "html-502")
    with pytest.raises(BadAnswer):
        client.balance()
    fault.end()
    assert client.balance().details[0].cashBal == Decimal(1)


def test_classes_that_cannot_be_aimed_at_the_venue_say_why(tally: Tally) -> None:
    alice = tally.user("alice")
    with pytest.raises(TypeError, match="WsPrivateAsync of python-okx streams over TLS alone"):
        alice.okx(WsPrivateAsync)
    for other in (dict, okx.Trade):
        with pytest.raises(TypeError, match=r"is no class of python-okx: give one such as okx\.Trade\.TradeAPI"):
            alice.okx(other)


def test_events_are_records_with_decimals(tally: Tally) -> None:
    alice = tally.user("alice", trading={"BTC": "1"}, debts={"USDC": "100.5"})
    tally.user("bob", trading={"ETH": "2"})
    (borrowed,) = tally.events("Borrowed")
    assert (borrowed.user, borrowed.at, borrowed.amount, borrowed.ccy) == ("alice", START, Decimal("100.5"), "USDC")
    assert {event.user for event in tally.events(user=alice)} == {"alice"}
    deltas = [event.delta for event in tally.events("BalanceAdjusted")]
    assert deltas == [Decimal(1), Decimal("-100.5"), Decimal(2)]
    with pytest.raises(AttributeError, match="Borrowed has no field 'size'; it has user_id, ccy"):
        _ = borrowed.size


def test_levers_of_the_market_and_of_lenders(tally: Tally) -> None:
    alice = tally.user("alice", trading={"USDT": "1000"})
    tally.price("BTC-USDT", Decimal("30000"))
    tally.book("BTC-USDT", bids=[("29990", 1)], asks=[("30010", "0.5")])
    (book,) = alice.ask("GET", "/api/v5/market/books?instId=BTC-USDT")
    assert ([level[:2] for level in book["bids"]], [level[:2] for level in book["asks"]]) == (
        [["29990", "1"]],
        [["30010", "0.5"]],
    )
    tally.release("BTC-USDT")
    (book,) = alice.ask("GET", "/api/v5/market/books?instId=BTC-USDT&sz=5")
    assert len(book["bids"]) == 5
    tally.rate("USDT", "0.073")
    tally.pool("USDT", "-1000")
    tally.parameters(currencies={"BTC": {"quota": "5"}}, taker_fee="0.002")
    tally.advance(to="2026-01-20T10:00:00Z")
    (rate,) = alice.ask("GET", "/api/v5/account/interest-rate?ccy=USDT")
    # 7.3 % a year is 0.0002 a day, in parts of 24 an hour, cut at 16 decimals.
    assert Decimal(rate["interestRate"]) in (Decimal("0.0002"), Decimal("0.0000083333333333"))
    with pytest.raises(TypeError, match=r"constants\.taker_fee is a float"):
        tally.parameters(taker_fee=0.002)


@pytest.mark.tally(balances={"alice": {"BTC": "1"}, "bob": {"funding": {"USDT": "5"}}}, at="2026-02-01T00:00:00Z")
def test_the_marker_chooses_the_seed(tally: Tally) -> None:
    assert tally.users["alice"].trading == {"BTC": Decimal(1)}
    assert tally.users["bob"].funding == {"USDT": Decimal(5)}


@pytest.mark.tally(market="by-hand")
def test_without_a_recording_there_are_no_prices(tally: Tally) -> None:
    with pytest.raises(SetupError):
        tally.user("alice", trading={"BTC": "1"}, debts={"USDC": "100"})
    tally.price("BTC-USDT", "30000")
    tally.price("USDC-USDT", "1")
    assert tally.user("bob", trading={"BTC": "1"}, debts={"USDC": "100"}).debts == {"USDC": Decimal(100)}


@pytest.mark.tally(limits="exact")
def test_limits_are_on_if_asked_and_looks_do_not_count(tally: Tally) -> None:
    alice = tally.user("alice", trading={"BTC": "1"}, debts={"USDC": "100"})
    for _ in range(20):
        assert alice.debts == {"USDC": Decimal(100)}
    api = alice.okx(TradeAPI)
    assert [api.get_oneclick_repay_list_v2()["code"] for _ in range(2)] == ["0", "50011"]


@pytest.mark.tally(speed=1000)
def test_a_clock_that_runs_lets_a_bot_poll(tally: Tally) -> None:
    assert (tally.clock.mode, tally.clock.speed) == ("real", 1000)
    alice = tally.user("alice", trading={"BTC": "1"}, debts={"USDC": "100"})
    repay_all(alice)
    api = alice.okx(TradeAPI)
    for _ in range(1_000):
        (row,) = api.oneclick_repay_history_v2()["data"]
        if row["status"] != "running":
            break
    assert row["status"] == "filled"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"speeds": 2}, "tally has no setting 'speeds'; there are market=, surface="),
        ({"market": "okx"}, "there is no market 'okx' in .tally-markets; there are: none; by-hand and walk:SEED"),
        ({"surface": "2027"}, "there is no surface '2027'; there are 2026-01, 2026-08"),
        ({"speed": "fast"}, "speed='fast' is no whole number from 0 to 1000000; 0 freezes"),
        ({"limits": "none"}, "limits='none': "),
        ({"balances": {"alice": "1 BTC"}}, "balances of 'alice' are '1 BTC': give {'BTC': '1'}"),
    ],
)
def test_a_marker_that_cannot_be_followed_says_what_there_is(given: dict[str, object], said: str) -> None:
    with pytest.raises(Unusable) as caught:
        seed_of(given)
    assert str(caught.value).startswith(said)


def test_balances_of_the_ini_file() -> None:
    lines = ["alice trading BTC 1", "alice debts USDC 100", "bob funding ETH 2"]
    assert balances_of_lines(lines) == {
        "alice": {"trading": {"BTC": "1"}, "debts": {"USDC": "100"}},
        "bob": {"funding": {"ETH": "2"}},
    }
    with pytest.raises(Unusable, match="'alice BTC 1' is not like 'alice trading BTC 1'"):
        balances_of_lines(["alice BTC 1"])


def test_a_restore_that_is_refused_ends_no_fault(tally: Tally) -> None:
    fault = tally.fault("time", "50026")
    with pytest.raises(LeverRefused, match="there is no snapshot 'nowhere'"):
        tally.restore("nowhere")
    alice = tally.user("alice")
    assert alice.okx(PublicAPI).get_system_time()["code"] == "50026"
    assert fault.fired == 1
