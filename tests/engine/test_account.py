"""Users, deposits, transfers, and the ledger's own guards."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tallystick.engine import account, core, ledger
from tallystick.engine import commands as c
from tallystick.engine.kinds import Account
from tallystick.engine.rejects import Reject
from tests.engine.driver import USER, Driver, atoms
from tests.engine.setups import NOON_MS, with_currency

TWO_WEEKS_MS = 14 * 86_400_000


def transfer(
    ccy: str, amount: str, source: Account = "funding", target: Account = "trading", **more: Any
) -> c.Transfer:
    return c.Transfer(user_id=USER, ccy=ccy, amount=atoms(amount), source=source, target=target, **more)


def test_a_user_is_opened_once() -> None:
    driver = Driver(NOON_MS)
    driver.do(c.CreateUser(user_id=1, name="alice"))
    assert driver.refuse(c.CreateUser(user_id=1, name="bob")) is Reject.USER_EXISTS
    assert driver.refuse(c.CreateUser(user_id=2, name="alice")) is Reject.USER_EXISTS
    driver.do(c.CreateUser(user_id=2, name="bob"))


def test_refusals_of_a_deposit_in_their_order() -> None:
    driver = Driver(NOON_MS)
    assert driver.refuse(c.AdjustBalance(user_id=USER, account="trading", ccy="NONE", delta=-1)) is Reject.UNKNOWN_USER
    driver.user(USER)
    assert driver.refuse(c.AdjustBalance(user_id=USER, account="trading", ccy="NONE", delta=-1)) is Reject.UNKNOWN_CCY
    assert (
        driver.refuse(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=-1)) is Reject.AMOUNT_TOO_FINE
    )
    assert (
        driver.refuse(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=-100))
        is Reject.WOULD_BE_NEGATIVE
    )
    assert (
        driver.refuse(c.AdjustBalance(user_id=USER, account="funding", ccy="USDT", delta=-100))
        is Reject.WOULD_BE_NEGATIVE
    )
    driver.price("DOT-USDT", "5")
    driver.deposit("USDT", "100")
    driver.do(c.ManualBorrow(user_id=USER, ccy="DOT", amount=atoms("10")))
    # 100 + 50 - 50 covers 16.67; without the 84 it would not
    assert (
        driver.refuse(c.AdjustBalance(user_id=USER, account="trading", ccy="USDT", delta=-atoms("83.34")))
        is Reject.MARGIN_INSUFFICIENT
    )
    driver.deposit("USDT", "-83.33")


def test_a_transfer_moves_exactly_its_amount() -> None:
    driver = Driver(NOON_MS)
    driver.user(USER)
    driver.deposit("USDT", "100", account="funding")
    driver.do(transfer("USDT", "33.3333333333333333"))
    assert (driver.funding("USDT"), driver.cash("USDT")) == ("66.6666666666666667", "33.3333333333333333")
    driver.do(transfer("USDT", "33.3333333333333333", "trading", "funding"))
    assert (driver.funding("USDT"), driver.cash("USDT")) == ("100", "0")


def test_refusals_of_a_transfer_in_their_order() -> None:
    driver = Driver(NOON_MS)
    tiny = "0.000000000000000001"
    ulp = "0.0000000000000001"
    assert driver.refuse(transfer("NONE", tiny, "funding", "funding", client_id="x")) is Reject.UNKNOWN_USER
    driver.user(USER)
    driver.deposit("USDT", "1", account="funding")
    driver.do(transfer("USDT", "1", client_id="x"))
    assert driver.refuse(transfer("NONE", tiny, "funding", "funding", client_id="x")) is Reject.UNKNOWN_CCY
    assert driver.refuse(transfer("USDT", tiny, "funding", "funding", client_id="x")) is Reject.AMOUNT_TOO_FINE
    assert driver.refuse(transfer("USDT", ulp, "funding", "funding", client_id="x")) is Reject.SAME_ACCOUNT
    assert driver.refuse(transfer("USDT", ulp, client_id="x")) is Reject.DUPLICATE_CLIENT_ID
    assert driver.refuse(transfer("USDT", ulp, client_id="y")) is Reject.FUNDING_INSUFFICIENT
    driver.do(transfer("USDT", "1", "trading", "funding", client_id="y"))


def test_a_transfer_id_is_free_again_after_two_weeks() -> None:
    driver = Driver(NOON_MS)
    driver.user(USER)
    driver.deposit("USDT", "10", account="funding")
    driver.do(transfer("USDT", "1", client_id="x"))
    driver.pass_to(NOON_MS + TWO_WEEKS_MS - 1)
    assert driver.refuse(transfer("USDT", "1", client_id="x")) is Reject.DUPLICATE_CLIENT_ID
    driver.wait(1)
    driver.do(transfer("USDT", "1", client_id="x"))
    assert len(driver.state.users[USER].transfer_ids) == 1


def test_borrowed_coins_are_not_transferred() -> None:
    """100 own and 50 borrowed USDT: 100 may go. Own coins go first, and what an order holds stays."""
    driver = Driver(NOON_MS)
    driver.user(USER, USDT="100", BTC="1")
    driver.price("BTC-USDT", "60000")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("50")))
    assert driver.refuse(transfer("USDT", "100.01", "trading", "funding")) is Reject.FUNDING_INSUFFICIENT
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.0015"), price=atoms("50000")
        )
    )
    assert driver.refuse(transfer("USDT", "75.01", "trading", "funding")) is Reject.FUNDING_INSUFFICIENT
    driver.do(transfer("USDT", "75", "trading", "funding"))


# ---- the ledger's guards


def test_a_posting_that_does_not_sum_to_zero_is_a_bug() -> None:
    state = Driver(NOON_MS).state
    with pytest.raises(ledger.InvariantViolation, match="L1") as caught:
        ledger.post(state, "USDT", ("trading:1", 5), ("outside", -4))
    assert caught.value.invariant == "L1"


@pytest.mark.parametrize("account", ["trading:1", "funding:1", "vault:7", "pool", "owed", "fee"])
def test_an_account_below_zero_is_a_bug(account: str) -> None:
    state = core.new_state(with_currency("USDT", pool=0), NOON_MS)
    with pytest.raises(ledger.InvariantViolation, match="L3"):
        ledger.post(state, "USDT", (account, -1), ("outside", 1))


def test_a_refusal_after_the_first_event_is_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver(NOON_MS)
    driver.user(USER)

    def emits_then_refuses(work: Any, command: Any) -> None:
        core.HANDLERS[c.SwitchSpotBorrow](work, c.SwitchSpotBorrow(user_id=USER, enabled=True))
        raise core.Rejected(Reject.NO_DEBT)

    monkeypatch.setitem(core.HANDLERS, c.ManualRepay, emits_then_refuses)
    with pytest.raises(ledger.InvariantViolation, match="L11"):
        driver.do(c.ManualRepay(user_id=USER, ccy="USDT", amount=1))


@pytest.mark.parametrize(("seq", "later_ms"), [(1, 0), (2, -1)])
def test_a_stamp_that_goes_back_is_a_bug(seq: int, later_ms: int) -> None:
    driver = Driver(NOON_MS)
    driver.do(c.CreateUser(user_id=1, name="alice"))
    with pytest.raises(ledger.InvariantViolation, match="L9"):
        core.handle(driver.state, core.Stamp(seq, NOON_MS + later_ms), c.CreateUser(user_id=2, name="bob"))


def test_old_client_ids_are_dropped_without_looking_at_the_others() -> None:
    """Three of a thousand ids are old: those and the first young one are read, however many there are."""

    class Counted(dict[str, int]):
        reads = 0

        def __getitem__(self, key: str) -> int:
            self.reads += 1
            return super().__getitem__(key)

        def items(self) -> Any:
            self.reads += len(self)
            return super().items()

    ids = Counted((f"id{number}", number) for number in range(1_000))
    account.forget_old(ids, 2)
    assert (len(ids), next(iter(ids)), ids.reads) == (997, "id3", 4)
    account.forget_old(ids, 10_000)
    assert not ids


def test_an_account_without_coins_has_nothing_of_any() -> None:
    driver = Driver(NOON_MS)
    driver.user(USER)
    assert [ledger.cash(driver.state, USER, "BTC"), ledger.funding(driver.state, USER, "BTC")] == [0, 0]


# ---- transfers that may borrow, in Spot mode


def on_credit(**coins: str) -> Driver:
    """An account with borrowing on, BTC at 60,000 and leverage 3."""
    driver = Driver(NOON_MS)
    driver.user(USER, coins)
    driver.price("BTC-USDT", "60000")
    return driver


def test_a_transfer_borrows_exactly_what_is_not_there() -> None:
    """10,000 USDT are there and 15,000 leave: 5,000 are owed, by a loan with a row as any of an order has."""
    driver = on_credit(BTC="1", USDT="10000")
    events = driver.do(transfer("USDT", "15000", "trading", "funding", may_borrow=True))
    assert [type(event).__name__ for event in events] == ["Borrowed", "Transferred"]
    assert (driver.cash("USDT"), driver.debt("USDT"), driver.funding("USDT")) == ("0", "5000", "15000")
    (row,) = driver.table("spot_borrow_repay")
    assert json.loads(row)["type"] == "auto_borrow"


def test_coins_borrowed_by_hand_leave_where_the_transfer_may_borrow() -> None:
    """2,000 USDT are borrowed and there: as own coins none leave, with the flag all of them; no more is owed."""
    driver = on_credit(BTC="1")
    driver.do(c.ManualBorrow(user_id=USER, ccy="USDT", amount=atoms("2000")))
    assert driver.refuse(transfer("USDT", "1", "trading", "funding")) is Reject.FUNDING_INSUFFICIENT
    driver.do(transfer("USDT", "2000", "trading", "funding", may_borrow=True))
    assert (driver.cash("USDT"), driver.debt("USDT"), driver.funding("USDT")) == ("0", "2000", "2000")


def test_what_a_transfer_may_borrow_ends_where_margin_and_limits_do() -> None:
    """With a loan of x - 10,000: 58,800 + 10,000 - x = (x - 10,000) / 3 at x = 54,100. The quota is 500,000."""
    driver = on_credit(BTC="1", USDT="10000")
    more = driver.refusal(transfer("USDT", "54100.0000000000000001", "trading", "funding", may_borrow=True))
    assert more.reject is Reject.TRANSFER_RISK
    beyond = driver.refusal(transfer("USDT", "510000.0000000000000001", "trading", "funding", may_borrow=True))
    assert beyond.reject is Reject.TRANSFER_ABOVE_AVAILABLE
    driver.do(transfer("USDT", "54100", "trading", "funding", may_borrow=True))
    assert driver.debt("USDT") == "44100"


def test_with_borrowing_off_a_transfer_takes_what_is_there() -> None:
    driver = Driver(NOON_MS)
    driver.user(USER, {"USDT": "10"}, borrow=False)
    no = driver.refusal(transfer("USDT", "10.5", "trading", "funding", may_borrow=True))
    assert no.reject is Reject.TRANSFER_ABOVE_AVAILABLE
    driver.do(transfer("USDT", "10", "trading", "funding", may_borrow=True))


def test_coins_that_an_order_holds_do_not_leave_though_the_transfer_may_borrow() -> None:
    """0.4 of 1 BTC are for sale: 0.7 leave by a loan of 0.1, the order keeps its own."""
    driver = on_credit(BTC="1", USDT="10000")
    driver.book("BTC-USDT", [], [])
    driver.do(
        c.PlaceOrder(
            user_id=USER, instrument="BTC-USDT", side="sell", kind="limit", size=atoms("0.4"), price=atoms("70000")
        )
    )
    driver.do(transfer("BTC", "0.7", "trading", "funding", may_borrow=True))
    assert (driver.cash("BTC"), driver.debt("BTC"), driver.funding("BTC")) == ("0.4", "0.1", "0.7")
