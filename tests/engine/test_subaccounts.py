"""A main account and its sub-accounts: one quota for all, levels, and transfers between them."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tallystick.engine import account_group, margin
from tallystick.engine import commands as c
from tallystick.engine import events as e
from tallystick.engine.kinds import Account
from tallystick.engine.parameters import Parameters
from tallystick.engine.rejects import Reject
from tests.engine.driver import Driver, atoms
from tests.engine.setups import NOON_MS, of_kind, repaid, with_currency

MAIN, SUB, OTHER_SUB, STRANGER = 1, 2, 3, 4
UNIT = 100
"""The finest amount a user can give: 16 decimals."""


def a_family(parameters: Parameters | None = None, **quota: str) -> Driver:
    """A main account with two sub-accounts of 10 BTC each at 60,000, and a stranger; a quota of 100 USDT."""
    for ccy, text in (quota or {"USDT": "100"}).items():
        parameters = with_currency(ccy, parameters, quota=atoms(text))
    driver = Driver(NOON_MS, parameters)
    driver.price("BTC-USDT", "60000")
    for user_id, master_id in ((MAIN, 0), (SUB, MAIN), (OTHER_SUB, MAIN), (STRANGER, 0)):
        driver.do(c.CreateUser(user_id=user_id, name=f"user{user_id}", master_id=master_id))
        driver.do(c.SwitchSpotBorrow(user_id=user_id, enabled=True))
        driver.deposit("BTC", "10", user_id)
    return driver


def borrow(user_id: int, amount: int, ccy: str = "USDT") -> c.ManualBorrow:
    return c.ManualBorrow(user_id=user_id, ccy=ccy, amount=amount)


def between(user_id: int, giver: int, receiver: int, amt: str, **changes: str) -> c.TransferBetween:
    said: dict[str, Any] = {"ccy": "USDT", "source": "trading", "target": "trading", **changes}
    return c.TransferBetween(
        user_id=user_id, giver_id=giver, receiver_id=receiver, ccy=said.pop("ccy"), amount=atoms(amt), **said
    )


# ---- who belongs to whom


def test_a_sub_account_belongs_to_a_main_account() -> None:
    driver = a_family()
    assert (
        account_group.members(driver.state, MAIN) == account_group.members(driver.state, SUB) == (MAIN, SUB, OTHER_SUB)
    )
    assert account_group.members(driver.state, STRANGER) == (STRANGER,)
    assert driver.refuse(c.CreateUser(user_id=9, name="under a sub", master_id=SUB)) is Reject.NOT_A_MAIN_ACCOUNT
    assert driver.refuse(c.CreateUser(user_id=9, name="under nobody", master_id=77)) is Reject.UNKNOWN_USER
    assert driver.refuse(c.CreateUser(user_id=9, name="user2", master_id=MAIN)) is Reject.USER_EXISTS


# ---- one quota


def test_the_quota_is_shared_to_the_last_digit() -> None:
    """Of 100 the main account owes 60, so a sub-account may borrow 40 and not a unit more."""
    driver = a_family()
    driver.do(borrow(MAIN, atoms("60")))
    for member in (MAIN, SUB, OTHER_SUB):
        assert margin.quota_left(driver.state, member, "USDT") == atoms("40")
    assert margin.quota_left(driver.state, STRANGER, "USDT") == atoms("100")
    assert margin.max_loan(driver.state, driver.state.users[SUB], "USDT") == atoms("40")
    assert driver.refuse(borrow(SUB, atoms("40") + UNIT)) is Reject.ABOVE_BORROW_LIMIT
    driver.do(borrow(SUB, atoms("40")))
    for member in (MAIN, SUB, OTHER_SUB):
        assert driver.refuse(borrow(member, atoms("1"))) is Reject.ABOVE_BORROW_LIMIT
    driver.do(borrow(STRANGER, atoms("100")))
    driver.do(c.ManualRepay(user_id=MAIN, ccy="USDT", amount=atoms("25")))
    assert driver.refuse(borrow(OTHER_SUB, atoms("25") + UNIT)) is Reject.ABOVE_BORROW_LIMIT
    driver.do(borrow(OTHER_SUB, atoms("25")))


def test_an_order_borrows_of_the_shared_quota() -> None:
    """Nobody has a USDT. Of 6,000 the main account owes 3,600: orders for 0.04 BTC at 60,000 need the other 2,400."""
    driver = a_family(USDT="6000")
    driver.do(borrow(MAIN, atoms("3600")))
    buy = c.PlaceOrder(
        user_id=SUB, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.04"), price=atoms("50000")
    )
    too_much = c.PlaceOrder(
        user_id=SUB, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.04800002"), price=atoms("50000")
    )
    assert driver.refuse(too_much) is Reject.ORDER_ABOVE_QUOTA
    driver.do(buy)
    assert driver.refuse(replace(too_much, size=atoms("0.00800002"))) is Reject.ORDER_ABOVE_QUOTA
    driver.do(replace(buy, size=atoms("0.008")))


def test_what_a_sibling_borrowed_meanwhile_is_missing_at_the_fill() -> None:
    """An order waits for 2,000 of a quota of 2,000; the other sub-account takes 1 of them, so it is cancelled."""
    driver = a_family(USDT="2000")
    placed = driver.do(
        c.PlaceOrder(
            user_id=SUB, instrument="BTC-USDT", side="buy", kind="limit", size=atoms("0.04"), price=atoms("50000")
        )
    )
    assert of_kind(placed, e.OrderPlaced)[0].beyond == atoms("2000")
    driver.do(borrow(OTHER_SUB, atoms("1")))
    driver.book("BTC-USDT", [], [("50000", "1")])
    assert not driver.state.orders
    assert driver.debt("USDT", SUB) == "0"
    closed = [event for _, _, events in driver.entries for event in of_kind(events, e.OrderClosed)]
    assert [(event.state, event.cause) for event in closed] == [("canceled", "cap")]


# ---- levels


@pytest.mark.parametrize(
    ("level", "allowed"),
    [("Lv1", "100"), ("Lv2", "200"), ("VIP1", "600"), ("VIP2", "700")],
)
def test_the_level_multiplies_the_quota(level: str, allowed: str) -> None:
    """Coefficients 1, 2, 6 and 7 are the documented ones."""
    driver = a_family()
    driver.do(c.SetLevel(user_id=MAIN, level=level))
    for member in (MAIN, SUB):
        assert account_group.level(driver.state, member) == level
        assert margin.quota_left(driver.state, member, "USDT") == atoms(allowed)
    assert account_group.level(driver.state, STRANGER) == "Lv1"
    assert driver.refuse(borrow(SUB, atoms(allowed) + UNIT)) is Reject.ABOVE_BORROW_LIMIT
    driver.do(borrow(SUB, atoms(allowed)))


def test_a_lower_level_leaves_debts_and_allows_no_more() -> None:
    driver = a_family()
    driver.do(c.SetLevel(user_id=MAIN, level="Lv2"))
    driver.do(borrow(SUB, atoms("150")))
    driver.do(c.SetLevel(user_id=MAIN, level="Lv1"))
    assert driver.debt("USDT", SUB) == "150"
    assert margin.quota_left(driver.state, MAIN, "USDT") == 0
    assert driver.refuse(borrow(MAIN, atoms("1"))) is Reject.ABOVE_BORROW_LIMIT


def test_who_and_what_has_a_level() -> None:
    driver = a_family()
    assert driver.refuse(c.SetLevel(user_id=SUB, level="VIP1")) is Reject.NOT_A_MAIN_ACCOUNT
    assert driver.refuse(c.SetLevel(user_id=MAIN, level="VIP99")) is Reject.UNKNOWN_LEVEL
    assert driver.refuse(c.SetLevel(user_id=77, level="VIP1")) is Reject.UNKNOWN_USER
    assert driver.do(c.SetLevel(user_id=MAIN, level="Lv1")) == []
    assert driver.do(c.SetLevel(user_id=MAIN, level="VIP1")) == [e.LevelSet(user_id=MAIN, level="VIP1")]
    assert driver.do(c.SetLevel(user_id=MAIN, level="VIP1")) == []
    assert driver.do(c.SetLevel(user_id=MAIN, level="Lv1")) == [e.LevelSet(user_id=MAIN, level="Lv1")]


def test_a_coin_can_have_a_quota_of_its_own_on_a_level() -> None:
    """On VIP8 it is 1,000,000 USDT, and not 13 times 100; on VIP7 it is 12 times 100."""
    driver = a_family(with_currency("USDT", level_quotas=(("VIP8", atoms("1000000")),)), USDT="100")
    driver.do(c.SetLevel(user_id=MAIN, level="VIP8"))
    assert account_group.quota(driver.state, SUB, "USDT") == atoms("1000000")
    driver.do(c.SetLevel(user_id=MAIN, level="VIP7"))
    assert account_group.quota(driver.state, SUB, "USDT") == atoms("1200")


def test_coefficients_can_be_changed_but_not_the_levels() -> None:
    driver = a_family()
    levels = driver.state.parameters.quota_levels

    def setting(value: object, table: str = "constants", row: str = "", field: str = "quota_levels") -> c.Setting:
        return c.Setting(table=table, row=row, field=field, value=value)  # type: ignore[arg-type]

    for wrong in (
        levels[:-1],
        levels[::-1],
        (*levels, ("VIP10", 15)),
        ((*levels[0], 1), *levels[1:]),
        (("Lv1", -1), *levels[1:]),
        "Lv1",
    ):
        assert driver.refuse(c.ChangeParameters(settings=(setting(wrong),))) is Reject.PARAMETER_OUT_OF_RANGE
    for wrong in ((("VIP10", 1),), (("VIP8", 1), ("VIP8", 2)), (("VIP8", 10**12 * 10**18 + 1),)):
        assert (
            driver.refuse(c.ChangeParameters(settings=(setting(wrong, "currencies", "USDT", "level_quotas"),)))
            is Reject.PARAMETER_OUT_OF_RANGE
        )
    half = (("Lv1", 10**18 // 2), *levels[1:])
    driver.do(c.ChangeParameters(settings=(setting(half), setting((("Lv2", 7),), "currencies", "BTC", "level_quotas"))))
    assert margin.quota_left(driver.state, SUB, "USDT") == atoms("50")


# ---- transfers


@pytest.mark.parametrize("source", ["funding", "trading"])
@pytest.mark.parametrize("target", ["funding", "trading"])
@pytest.mark.parametrize(("asker", "giver", "receiver"), [(1, 1, 2), (1, 2, 1), (2, 2, 1), (2, 2, 3), (1, 2, 3)])
def test_coins_move_between_accounts(asker: int, giver: int, receiver: int, source: Account, target: Account) -> None:
    driver = a_family()
    driver.do(c.SetTransferOut(user_id=MAIN, sub_ids=(SUB,), allowed=True))
    driver.deposit("USDT", "5", giver, source)
    (moved,) = driver.do(between(asker, giver, receiver, "5", source=source, target=target, client_id="x"))
    assert moved == e.TransferredBetween(
        user_id=asker,
        transfer_id=1,
        main_id=MAIN,
        giver_id=giver,
        receiver_id=receiver,
        ccy="USDT",
        amount=atoms("5"),
        source=source,
        target=target,
        counterpart="",
        client_id="x",
    )
    assert (driver.funding("USDT", giver), driver.cash("USDT", giver)) == ("0", "0")
    arrived = driver.cash("USDT", receiver) if target == "trading" else driver.funding("USDT", receiver)
    assert arrived == "5"
    again = between(asker, giver, receiver, "5", source=source, target=target, client_id="x")
    driver.deposit("USDT", "5", giver, source)
    assert driver.refuse(again) is Reject.DUPLICATE_CLIENT_ID


def test_only_the_main_account_lets_sub_accounts_give_to_one_another() -> None:
    """To the main account they always may, and the main account always moves what they have."""
    driver = a_family()
    driver.deposit("USDT", "5", SUB)
    to_sibling = between(SUB, SUB, OTHER_SUB, "1")
    assert driver.refuse(to_sibling) is Reject.TRANSFER_OUT_OFF
    driver.do(between(SUB, SUB, MAIN, "1"))
    driver.do(between(MAIN, SUB, OTHER_SUB, "1"))
    for user, subs in ((SUB, (SUB,)), (MAIN, (SUB, STRANGER)), (MAIN, (MAIN,)), (STRANGER, (SUB,))):
        assert driver.refuse(c.SetTransferOut(user_id=user, sub_ids=subs, allowed=True)) is Reject.NO_SUCH_SUB_ACCOUNT
    assert driver.refuse(c.SetTransferOut(user_id=77, sub_ids=(SUB,), allowed=True)) is Reject.UNKNOWN_USER
    assert driver.do(c.SetTransferOut(user_id=MAIN, sub_ids=(SUB,), allowed=False)) == []
    assert driver.do(c.SetTransferOut(user_id=MAIN, sub_ids=(SUB,), allowed=True)) == [
        e.TransferOutSet(user_id=MAIN, sub_ids=(SUB,), allowed=True)
    ]
    assert driver.do(c.SetTransferOut(user_id=MAIN, sub_ids=(SUB,), allowed=True)) == []
    driver.do(to_sibling)
    assert driver.refuse(between(OTHER_SUB, OTHER_SUB, SUB, "1")) is Reject.TRANSFER_OUT_OFF
    assert driver.do(c.SetTransferOut(user_id=MAIN, sub_ids=(SUB, OTHER_SUB), allowed=False)) == [
        e.TransferOutSet(user_id=MAIN, sub_ids=(SUB, OTHER_SUB), allowed=False)
    ]
    assert driver.refuse(to_sibling) is Reject.TRANSFER_OUT_OFF


def test_what_a_transfer_is_refused_for_in_order() -> None:
    driver = a_family()
    driver.deposit("USDT", "5", SUB)
    order: list[tuple[c.TransferBetween, Reject]] = [
        (between(77, SUB, MAIN, "0.000000000000000001", ccy="NONE"), Reject.UNKNOWN_USER),
        (between(MAIN, SUB, STRANGER, "0.000000000000000001", ccy="NONE"), Reject.NO_SUCH_SUB_ACCOUNT),
        (between(MAIN, STRANGER, SUB, "0.000000000000000001", ccy="NONE"), Reject.NO_SUCH_SUB_ACCOUNT),
        (between(SUB, OTHER_SUB, OTHER_SUB, "0.000000000000000001", ccy="NONE"), Reject.SAME_SUB_ACCOUNT),
        (between(SUB, OTHER_SUB, SUB, "0.000000000000000001", ccy="NONE"), Reject.NOT_THE_GIVER),
        (between(SUB, MAIN, SUB, "0.000000000000000001", ccy="NONE"), Reject.NOT_THE_GIVER),
        (between(SUB, SUB, OTHER_SUB, "0.000000000000000001", ccy="NONE"), Reject.TRANSFER_OUT_OFF),
        (between(SUB, SUB, MAIN, "0.000000000000000001", ccy="NONE"), Reject.UNKNOWN_CCY),
        (between(SUB, SUB, MAIN, "5.000000000000000001"), Reject.AMOUNT_TOO_FINE),
        (between(SUB, SUB, MAIN, "5.0000000000000001"), Reject.FUNDING_INSUFFICIENT),
    ]
    for command, reason in order:
        assert driver.refuse(command) is reason
    driver.do(between(SUB, SUB, MAIN, "5"))


def test_the_margin_of_the_giver_stays_sound() -> None:
    """SUB owes 60,000 USDT at leverage 3 and still has them: they count 0. Its margin is 20,000, so of the 10 BTC at
    60,000 x 0.98 it must keep 20,000 / 58,800 = 0.34013605442176870..., and gives the rest, cut, but no unit more."""
    driver = a_family(USDT="500000")
    driver.do(borrow(SUB, atoms("60000")))
    most = between(MAIN, SUB, MAIN, "9.6598639455782312", ccy="BTC", target="funding")
    assert driver.refuse(replace(most, amount=most.amount + UNIT)) is Reject.MARGIN_INSUFFICIENT
    driver.do(most)
    assert driver.funding("BTC", MAIN) == "9.6598639455782312"


def test_nobody_is_handed_a_coin_that_lost_its_price_to_hide_behind() -> None:
    """SUB owes 50 USDT. The first ETH must not reach it once ETH has no price: nobody could judge it any more (F13).
    Its funding account may have it, and so may OTHER_SUB, which owes nothing."""
    driver = a_family()
    driver.do(c.MoveMarket(instruments=("ETH-USDT",), prices=(atoms("3000"),)))
    driver.do(
        c.ChangeParameters(settings=(c.Setting(table="constants", row="", field="price_age_max_ms", value=60_000),))
    )
    driver.do(borrow(SUB, atoms("50")))
    driver.wait(60_001)
    for source in ("funding", "trading"):
        driver.deposit("ETH", "1", MAIN, source)
        assert driver.refuse(between(MAIN, MAIN, SUB, "0.1", ccy="ETH", source=source)) is Reject.MARGIN_INSUFFICIENT
        driver.do(between(MAIN, MAIN, SUB, "0.1", ccy="ETH", source=source, target="funding"))
        driver.do(between(MAIN, MAIN, OTHER_SUB, "0.1", ccy="ETH", source=source))
    driver.do(c.ManualRepay(user_id=SUB, ccy="USDT", amount=atoms("60")))
    driver.do(between(MAIN, MAIN, SUB, "0.1", ccy="ETH"))


def test_borrowed_coins_stay_where_they_were_borrowed() -> None:
    driver = a_family()
    driver.deposit("USDT", "7", SUB)
    driver.do(borrow(SUB, atoms("50")))
    assert driver.refuse(between(SUB, SUB, MAIN, "7.0000000000000001")) is Reject.FUNDING_INSUFFICIENT
    driver.do(between(SUB, SUB, MAIN, "7"))


def test_what_comes_in_repays_the_receiver() -> None:
    driver = a_family()
    driver.do(borrow(SUB, atoms("50")))
    driver.do(c.AdjustBalance(user_id=SUB, account="trading", ccy="USDT", delta=-atoms("50")))
    driver.do(c.SetAutoRepay(user_id=SUB, enabled=True))
    driver.deposit("USDT", "20", MAIN, "funding")
    events = driver.do(between(MAIN, MAIN, SUB, "20", source="funding"))
    assert repaid(events) == [("USDT", "auto_repay", "20", "30")]


def test_a_frozen_account_gives_nothing_out_of_trading() -> None:
    """1 BTC at 41,000 counts 40,180: 180 above a debt of 40,000, which asks for 3.1 % of itself."""
    driver = a_family(USDT="500000")
    driver.do(c.AdjustBalance(user_id=SUB, account="trading", ccy="BTC", delta=-atoms("9")))
    driver.do(borrow(SUB, atoms("40000")))
    driver.do(c.AdjustBalance(user_id=SUB, account="trading", ccy="USDT", delta=-atoms("40000")))
    driver.deposit("ETH", "1", SUB, "funding")
    driver.book("BTC-USDT", [], [])
    driver.price("BTC-USDT", "41000")
    assert driver.state.users[SUB].liquidating
    assert driver.refuse(between(MAIN, SUB, MAIN, "0.1", ccy="BTC")) is Reject.IN_LIQUIDATION
    driver.do(between(MAIN, SUB, MAIN, "1", ccy="ETH", source="funding", target="funding"))
    driver.do(between(MAIN, MAIN, SUB, "1", ccy="BTC"))
