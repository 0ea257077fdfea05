"""Stories of the numbers of multi-currency margin and of the automatic exchange, for `test_levers`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tallystick.contract.core import SURFACES
from tallystick.contract.repay import ONE_CLICK_REPAY_HISTORY_V2
from tallystick.engine import commands as c
from tallystick.engine import margin
from tallystick.engine.auto_exchange import ExchangeStarted
from tallystick.engine.cross_settings import SetAutoLoan
from tallystick.engine.modes import SwitchMode
from tallystick.views.repay import modes_with
from tests.engine.driver import USER, Driver, atoms, text
from tests.engine.setups import HOUR_MS, NOON_MS, all_of
from tests.engine.test_spot_borrow import order

Row = tuple[Any, Callable[[Driver], str], str, str]
"""Other number, story, outcome with the packaged number, outcome with the other one."""


def owes(driver: Driver, ccy: str, amount: str, offered: str = "100") -> None:
    """An account of 100 ETH and 1,000 USDC that owes a coin, with auto-loan off, at an hour."""
    for pair, price in (("BTC-USDT", "60000"), ("ETH-USDT", "3000"), ("USDC-USDT", "1")):
        driver.price(pair, price)
    driver.book("BTC-USDT", [("59999.9", "100")], [("60000", offered)])
    driver.book("ETH-USDT", [("3000", "1000")], [("3000.01", "100")])
    driver.do(c.CreateUser(user_id=USER, name="user", modes=(3, 4)))
    driver.deposit("ETH", "100")
    driver.deposit("USDC", "1000")
    driver.do(SwitchMode(user_id=USER, mode=3))
    driver.do(
        c.Transfer(user_id=USER, ccy=ccy, amount=atoms(amount), source="trading", target="funding", may_borrow=True)
    )
    driver.do(SetAutoLoan(user_id=USER, enabled=False))
    driver.pass_to(NOON_MS + HOUR_MS)


def exchanges_of_bitcoin(driver: Driver) -> str:
    owes(driver, "BTC", "0.9")
    return f"{len(all_of(driver, ExchangeStarted))} exchanges"


def quotas_of_usdt(driver: Driver) -> str:
    """Exchanges of 20,500 USDT, of which 20,000 are free, or 21,000 with the USDC of the account."""
    owes(driver, "USDT", "20500")
    return f"{len(all_of(driver, ExchangeStarted))} exchanges"


def exchanges_above_the_quota(driver: Driver) -> str:
    owes(driver, "BTC", "1.1")
    return f"{len(all_of(driver, ExchangeStarted))} exchanges"


def left_of_a_debt(driver: Driver) -> str:
    owes(driver, "BTC", "1.1")
    return driver.debt("BTC")[:4]


def exchanges_of_a_thin_book(driver: Driver) -> str:
    """0.01 BTC at an hour, and again with the price a second later."""
    owes(driver, "BTC", "1.1", offered="0.01")
    driver.book("BTC-USDT", [("59999.9", "100")], [("60000", "0.01")])
    driver.wait(1_000)
    driver.price("BTC-USDT", "60000.1")
    return f"{len(all_of(driver, ExchangeStarted))} exchanges"


def margin_shown_as_frozen(driver: Driver) -> str:
    """borrowFroz at leverage 3 of an account that owes 9,000 USDT and would borrow 3,000 for an open order."""
    owes(driver, "USDT", "9000")
    driver.do(SetAutoLoan(user_id=USER, enabled=True))
    driver.do(order("buy", "0.1", "30000"))
    return text(margin.potential_margin(driver.state, driver.state.users[USER]))


def modes_of_the_history(driver: Driver) -> str:
    """Modes that see the runs of one-click repay v2, on the surface whose documents name Spot mode alone for them."""
    return " ".join(modes_with(driver.state, ONE_CLICK_REPAY_HISTORY_V2, SURFACES[1]))


CASES: dict[str, Row] = {
    "currencies.BTC.free_quota": ("0.8", exchanges_of_bitcoin, "0 exchanges", "1 exchanges"),
    "currencies.USDT.free_quota_equity": ([], quotas_of_usdt, "0 exchanges", "1 exchanges"),
    "constants.exchange_enabled": (False, exchanges_above_the_quota, "1 exchanges", "0 exchanges"),
    # 1 BTC is free: half of it is left, or eight tenths
    "constants.exchange_target": ("0.8", left_of_a_debt, "0.49", "0.79"),
    "constants.exchange_every_ms": (60_000, exchanges_of_a_thin_book, "2 exchanges", "1 exchanges"),
    # a third of 12,000, or of 3,000; the hour costs nothing, as 9,000 is within the quota
    "constants.borrow_froz_debts": (False, margin_shown_as_frozen, "4000", "1000"),
    "constants.margin_repay_history": (False, modes_of_the_history, "1 3 4", "1"),
}
