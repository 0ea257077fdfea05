"""Account modes by clients as they are installed: python-okx, ccxt in margin mode, and HTTP without any client."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import ccxt
import pytest
from okx.Account import AccountAPI
from okx.Trade import TradeAPI

from tallystick.wire.sign import sign
from tests.conformance.served import Served
from tests.conformance.test_ccxt import exchange
from tests.conformance.test_python_okx import OPEN, api, data

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

BUY = {"instId": "ETH-USDT", "tdMode": "cross", "side": "buy", "ordType": "limit", "px": "3000", "sz": "5"}


@pytest.fixture
def prices(venue: Served) -> None:
    venue.control("market/book", {"instId": "ETH-USDT", "bids": [["2999", "50"]], "asks": [["3000", "50"]]})
    venue.control("market/price", {"instId": "ETH-USDT", "px": "3000"})


@pytest.fixture(autouse=True)
def _close_clients() -> Iterator[None]:
    yield
    while OPEN:
        OPEN.pop().close()


def in_mode(venue: Served, name: str, mode: str) -> tuple[str, str, str]:
    """Key of a user with 10,000 USDT in this mode."""
    key = venue.new_user(name, borrow=False, USDT="10000")
    venue.control(f"users/{name}/modes", {"open": ["3", "4"]})
    assert data(api(AccountAPI, venue, key).set_account_level(mode)) == [{"acctLv": mode}]
    return key


@pytest.mark.usefixtures("prices")
def test_python_okx_owes_by_trading_and_repays_at_once(venue: Served) -> None:
    """5 ETH at 3,000 cost 15,000 USDT, so that 5,000 are owed; the desk takes 5,000 / 2,998.5 ETH for them."""
    key = in_mode(venue, "modesokx", "3")
    account, trade = api(AccountAPI, venue, key), api(TradeAPI, venue, key)
    assert data(account.get_account_config())[0]["autoLoan"] is True
    assert data(account.set_auto_loan(autoLoan=False)) == [{"autoLoan": False}]
    assert trade.place_order(**BUY)["data"][0]["sCode"] == "51008"
    assert data(account.set_auto_loan(autoLoan=True)) == [{"autoLoan": True}]
    assert data(trade.place_order(**BUY))[0]["sCode"] == "0"
    (usdt,) = data(account.get_account_balance("USDT"))[0]["details"]
    assert (usdt["cashBal"], usdt["liab"], usdt["availEq"]) == ("-5000", "5000", "0")
    (listed,) = data(trade.get_oneclick_repay_list())
    assert listed["debtData"] == [{"debtAmt": "5000", "debtCcy": "USDT"}]
    assert [one["repayCcy"] for one in listed["repayData"]] == ["ETH"]
    (row,) = data(trade.oneclick_repay(debtCcy=["USDT"], repayCcy="ETH"))
    # 5,000 / 2,998.5 = 1.66750041687510421877..., cut at 16 decimals
    assert (row["fillDebtSz"], row["fillRepaySz"], row["status"]) == ("5000", "1.6675004168751042", "filled")
    (kept,) = data(trade.oneclick_repay_history())
    assert kept["fillDebtSz"] == "5000.0000000000000000"
    assert data(account.get_account_balance("USDT"))[0]["details"] == []


@pytest.mark.usefixtures("prices")
def test_ccxt_in_margin_mode_keeps_a_negative_total(venue: Served) -> None:
    """`marginMode` cross sends `tdMode` cross; without it ccxt sends cash, which these modes refuse."""
    okx = exchange(ccxt.okx, venue, in_mode(venue, "modesccxt", "3"))
    okx.load_markets()
    with pytest.raises(ccxt.ExchangeError, match="51000"):
        okx.create_order("ETH/USDT", "limit", "buy", 5, 3000)
    okx.create_order("ETH/USDT", "limit", "buy", 5, price=3000, params={"marginMode": "cross"})
    balance = okx.fetch_balance()
    assert balance["USDT"]["total"] == -5000.0
    assert balance["USDT"]["free"] == 0.0
    assert balance["ETH"]["total"] == 4.995, "less the fee"


class Raw:
    """Signed HTTP requests without a client."""

    def __init__(self, venue: Served, key: tuple[str, str, str]) -> None:
        self.venue, self.key = venue, key

    def __call__(self, method: str, target: str, body: Any = None) -> Any:
        sent = b"" if body is None else json.dumps(body).encode()
        now_ms = self.venue.control("clock")["now_ms"]
        moment = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{now_ms % 1000:03d}Z"
        headers = {
            "OK-ACCESS-KEY": self.key[0],
            "OK-ACCESS-PASSPHRASE": self.key[2],
            "OK-ACCESS-TIMESTAMP": moment,
            "OK-ACCESS-SIGN": sign(self.key[1], moment, method, target, sent),
            "Content-Type": "application/json",
        }
        request = urllib.request.Request(self.venue.url + target, sent or None, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.loads(answer.read())


def test_precheck_preset_and_collateral_over_plain_http(venue: Served) -> None:
    raw = Raw(venue, in_mode(venue, "modesraw", "3"))
    account = "/api/v5/account/"
    (row,) = raw("GET", account + "set-account-switch-precheck?acctLv=4")["data"]
    margin = {"acctAvailEq": "10000", "details": [], "mgnRatio": ""}
    assert (row["sCode"], row["curAcctLv"], row["mgnBf"], row["mgnAft"]) == ("0", "3", margin, margin)
    preset = raw("POST", account + "account-level-switch-preset", {"acctLv": "4"})
    assert preset["data"] == [{"acctLv": "4", "curAcctLv": "3", "lever": "", "riskOffsetType": ""}]
    out = {"type": "custom", "collateralEnabled": False, "ccyList": ["ETH"]}
    assert raw("POST", account + "set-collateral-assets", out)["data"] == [
        {"type": "custom", "ccyList": ["ETH"], "collateralEnabled": False}
    ]
    assert raw("GET", account + "collateral-assets?ccy=ETH")["data"] == [{"ccy": "ETH", "collateralEnabled": False}]
    assert raw("POST", account + "set-account-level", {"acctLv": "4"})["data"] == [{"acctLv": "4"}]
    assert raw("POST", account + "set-collateral-assets", out)["code"] == "51010"
