"""Unmodified ccxt, sync and async: markets, balance, an order, and a convert."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

from tests.conformance.served import Served, running


def exchange(kind: Any, venue: Served, key: tuple[str, str, str], **more: object) -> Any:
    made = kind({"apiKey": key[0], "secret": key[1], "password": key[2], "enableRateLimit": False, **more})
    made.urls["api"] = {"rest": venue.url}
    return made


@pytest.fixture
def prices(venue: Served) -> None:
    venue.control("market/book", {"instId": "ETH-USDT", "bids": [["2999", "5"]], "asks": [["3000", "5"]]})
    venue.control("market/price", {"instId": "ETH-USDT", "px": "3000"})


@pytest.mark.usefixtures("prices")
def test_sync(venue: Served) -> None:
    okx = exchange(ccxt.okx, venue, venue.new_user("ccxtsync", USDT="1000"))
    markets = okx.load_markets()
    assert {"BTC/USDT", "ETH/USDT", "USDC/USDT"} <= set(markets)
    assert markets["ETH/USDT"]["precision"] == {"amount": 0.000001, "price": 0.01}
    assert okx.fetch_balance()["USDT"] == {"free": 1000.0, "used": 0.0, "total": 1000.0}
    order = okx.create_order("ETH/USDT", "limit", "buy", 0.1, 2990)
    assert okx.fetch_balance()["USDT"]["used"] == 299.0
    okx.cancel_order(order["id"], "ETH/USDT")
    assert okx.fetch_order(order["id"], "ETH/USDT")["status"] == "canceled"
    bought = okx.create_order("ETH/USDT", "limit", "buy", 0.1, 3000)
    done = okx.fetch_order(bought["id"], "ETH/USDT")
    assert (done["status"], done["average"], done["fee"]) == ("closed", 3000.0, {"cost": 0.0001, "currency": "ETH"})
    assert {market["type"] for market in markets.values()} == {"spot"}
    assert okx.fetch_status()["status"] == "ok"
    assert okx.fetch_mark_prices(params={"instType": "MARGIN"})["ETH/USDT"]["markPrice"] == 3000.0
    fee = okx.fetch_trading_fee("ETH/USDT")
    assert (fee["maker"], fee["taker"]) == (0.0008, 0.001)
    assert okx.fetch_positions() == []
    assert okx.fetch_deposits() == []
    assert okx.fetch_withdrawals() == []
    assert okx.fetch_currencies()["USDT"]["precision"] == 1e-16
    moved = okx.transfer("USDT", 1, "trading", "funding")
    assert okx.fetch_transfer(moved["id"], "USDT")["status"] == "ok"
    okx.transfer("USDT", 1, "funding", "trading")
    assert okx.fetch_ticker("ETH/USDT")["last"] == 3000.0
    assert okx.fetch_order_book("ETH/USDT", 5)["bids"][0][:2] == [2999.0, 5.0]
    assert len(okx.fetch_ohlcv("BTC/USDT", "1h", limit=10)) == 10
    with pytest.raises(ccxt.InsufficientFunds):
        okx.create_order("ETH/USDT", "limit", "buy", 100, 2990)
    (trade,) = okx.fetch_trades("ETH/USDT")
    assert (trade["side"], trade["price"], trade["amount"], trade["cost"]) == ("buy", 3000.0, 0.1, 300.0)
    assert okx.fetch_trades("ETH/USDT", params={"method": "publicGetMarketHistoryTrades"}) == [trade]
    assert set(okx.fetch_tickers()) == set(markets)
    assert len(okx.fetch_order_book("BTC/USDT", 500)["bids"]) == 20
    two_days_ago = okx.milliseconds() - 2 * 86_400_000
    assert len(okx.fetch_ohlcv("BTC/USDT", "1m", since=two_days_ago, limit=10)) == 10
    assert len(okx.fetch_ohlcv("BTC/USDT", "1h", limit=10, params={"price": "mark"})) == 10


@pytest.mark.parametrize("kind", [ccxt.okx, ccxt.async_support.okx, ccxt.pro.okx])
def test_sandbox_mode_belongs_before_the_address(kind: Any, venue: Served) -> None:
    """Called after it, on or off, it puts the real exchange back, as the page of clients warns. Nothing is sent."""
    real = {"rest": "https://{hostname}"}
    okx = kind()
    okx.set_sandbox_mode(True)
    okx.urls["api"] = {"rest": venue.url}
    assert okx.implode_hostname(okx.urls["api"]["rest"]) == venue.url
    for enabled in (True, False):
        late = kind()
        late.set_sandbox_mode(True)
        late.urls["api"] = {"rest": venue.url}
        late.set_sandbox_mode(enabled)
        assert late.urls["api"]["rest"] == real["rest"]
        assert late.hostname == "www.okx.com"


def test_orders_in_sandbox_mode_reach_the_venue(venue: Served) -> None:
    made = ccxt.okx(dict(zip(("apiKey", "secret", "password"), venue.new_user("ccxtsandbox", USDT="7"), strict=True)))
    made.set_sandbox_mode(True)
    made.urls["api"] = {"rest": venue.url}
    assert made.fetch_balance()["USDT"]["total"] == 7.0


@pytest.mark.usefixtures("prices")
def test_sync_convert(venue: Served) -> None:
    """ccxt always sells the coin it comes from, so it asks for the reversed pair USDT-ETH."""
    okx = exchange(ccxt.okx, venue, venue.new_user("ccxtconvert", USDT="1000"))
    assert {"BTC", "USDT", "ETH"} <= set(okx.fetch_convert_currencies())
    quote = okx.fetch_convert_quote("USDT", "ETH", 300)
    trade = okx.create_convert_trade(quote["id"], "USDT", "ETH", 300)
    # 300 / 3000 less half a spread of 0.05 %, so just under 0.1 ETH.
    assert trade["toAmount"] == pytest.approx(0.09995, rel=1e-6)
    history = okx.fetch_convert_trade_history()
    assert [row["fromAmount"] for row in history] == [300.0]


@pytest.mark.usefixtures("prices")
def test_borrow_rates_and_interest(venue: Served) -> None:
    """300 USDT owed at 7.3 % a year cost 0.0025 in an hour. ccxt knows the rate is of an hour."""
    okx = exchange(ccxt.okx, venue, venue.new_user("ccxtborrow", ETH="1"))
    okx.load_markets()
    venue.control("rates", {"ccy": "USDT", "apr": "0.073"})
    venue.advance(3_600_000)
    rate = okx.fetch_cross_borrow_rate("USDT")
    assert (rate["rate"], rate["period"]) == (pytest.approx(0.073 / 8760, rel=1e-9), 3_600_000)
    assert {"USDT", "ETH"} <= set(okx.fetch_cross_borrow_rates())
    okx.private_post_account_spot_manual_borrow_repay({"ccy": "USDT", "side": "borrow", "amt": "300"})
    venue.advance(3_600_000)
    began = okx.milliseconds() - 3 * 3_600_000
    newest, older = okx.fetch_borrow_rate_history("USDT", since=began)[-1:-3:-1]
    assert (newest["currency"], newest["rate"], older["rate"]) == ("USDT", 0.073, 0.073)
    assert newest["timestamp"] - older["timestamp"] == 3_600_000
    assert len(okx.fetch_borrow_rate_history("USDT", limit=1)) == 1
    both = okx.fetch_borrow_rate_histories(["USDT", "ETH"])
    assert [both[coin][0]["rate"] for coin in ("USDT", "ETH")] == [0.073, 0.01]
    assert both["USDT"][0]["period"] == 365 * 86_400_000
    (interest,) = okx.fetch_borrow_interest("USDT")
    assert (interest["interest"], interest["amountBorrowed"]) == (0.0025, 300.0)


@pytest.mark.usefixtures("prices")
def test_ledger_and_transfers(venue: Served) -> None:
    """ccxt asks for the bills of spot trades unless told otherwise, and for transfers by their type."""
    okx = exchange(ccxt.okx, venue, venue.new_user("ccxtledger", USDT="1000"))
    okx.load_markets()
    okx.create_order("ETH/USDT", "limit", "buy", 0.1, 3000)
    (bought,) = okx.fetch_ledger("ETH")
    # The taker's fee of 0.1 % comes off the ETH.
    assert (bought["type"], bought["amount"], bought["after"]) == ("trade", 0.0999, 0.0999)
    assert bought["fee"] == {"cost": 0.0001, "currency": "ETH"}
    (paid,) = okx.fetch_ledger("USDT")
    assert (paid["amount"], paid["after"]) == (-300.0, 700.0)
    okx.transfer("USDT", 200, "trading", "funding")
    out, deposit = okx.fetch_transfers("USDT")
    assert (out["amount"], out["fromAccount"], out["toAccount"]) == (200.0, "trading", "funding")
    assert deposit["amount"] == 1000.0
    (arrived,) = okx.fetch_ledger("USDT", params={"method": "privateGetAssetBills"})
    assert (arrived["amount"], arrived["after"]) == (200.0, 200.0)


@pytest.mark.usefixtures("prices")
def test_async(venue: Served) -> None:
    async def story() -> tuple[Any, ...]:
        okx = exchange(ccxt.async_support.okx, venue, venue.new_user("ccxtasync", USDT="1000"))
        try:
            markets = await okx.load_markets()
            balance = await okx.fetch_balance()
            order = await okx.create_order("ETH/USDT", "limit", "buy", 0.1, 3000)
            done = await okx.fetch_order(order["id"], "ETH/USDT")
            quote = await okx.fetch_convert_quote("ETH", "USDT", 0.05)
            await okx.create_convert_trade(quote["id"], "ETH", "USDT", 0.05)
            history = await okx.fetch_convert_trade_history()
            return markets, balance, done, history
        finally:
            await okx.close()

    markets, balance, done, history = asyncio.run(story())
    assert "BTC/USDT" in markets
    assert balance["USDT"]["free"] == 1000.0
    assert (done["status"], done["filled"]) == ("closed", 0.1)
    # 0.05 x 3000 less half a spread of 0.05 %.
    assert (history[0]["fromCurrency"], history[0]["toAmount"]) == ("ETH", 149.925)


@pytest.mark.usefixtures("prices")
def test_orders_and_trades(venue: Served) -> None:
    """0.1 ETH bought at 3000 with a fee of 0.1 % of the ETH; one order left open, one cancelled."""
    okx = exchange(ccxt.okx, venue, venue.new_user("ccxtlists", USDT="1000"))
    okx.load_markets()
    bought = okx.create_order("ETH/USDT", "limit", "buy", 0.1, 3000)
    resting = okx.create_order("ETH/USDT", "limit", "buy", 0.1, 2990)
    taken_back = okx.create_order("ETH/USDT", "limit", "buy", 0.1, 2980)
    okx.cancel_order(taken_back["id"], "ETH/USDT")
    assert [order["id"] for order in okx.fetch_open_orders("ETH/USDT")] == [resting["id"]]
    (closed,) = okx.fetch_closed_orders("ETH/USDT")
    assert (closed["id"], closed["status"], closed["filled"]) == (bought["id"], "closed", 0.1)
    assert [order["id"] for order in okx.fetch_canceled_orders("ETH/USDT")] == [taken_back["id"]]
    (trade,) = okx.fetch_my_trades("ETH/USDT")
    assert (trade["order"], trade["price"], trade["amount"]) == (bought["id"], 3000.0, 0.1)
    assert (trade["takerOrMaker"], trade["fee"]) == ("taker", {"cost": 0.0001, "currency": "ETH"})
    assert [one["id"] for one in okx.fetch_order_trades(bought["id"], "ETH/USDT")] == [trade["id"]]


async def close(okx: Any) -> None:
    """Python 3.11.1 to 3.11.3, Debian 12's among them, cannot abort a TLS connection that has ended, as ccxt does."""
    try:
        await okx.close()
    except AttributeError:
        if sys.version_info >= (3, 11, 4):
            raise


def test_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `tally serve --tls` says ccxt must be given, is enough and is needed."""
    with running(tmp_path, "--limits", "off", "--tls") as venue:
        key = venue.key()
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(venue.ca))
        with pytest.raises(ccxt.NetworkError):
            exchange(ccxt.okx, venue, key).fetch_balance()
        assert exchange(ccxt.okx, venue, key, requests_trust_env=True).fetch_balance()["total"]["BTC"] == 1.0

        async def story() -> tuple[Any, Any]:
            okx = exchange(ccxt.pro.okx, venue, key, cafile=str(venue.ca))
            okx.urls["api"]["ws"] = f"{venue.url.replace('http', 'ws', 1)}/ws/v5"
            try:
                return await okx.fetch_balance(), await okx.watch_balance()
            finally:
                await close(okx)

        asked, streamed = asyncio.run(story())
        assert (asked["total"]["BTC"], streamed["total"]["BTC"]) == (1.0, 1.0)


@pytest.mark.usefixtures("prices")
def test_paginated_lists(venue: Served) -> None:
    """With `paginate` ccxt asks for 1,000 rows at a time and walks on by times; 105 fills are two pages of ours."""
    okx = exchange(ccxt.okx, venue, venue.new_user("ccxtpages", USDT="10000"))
    okx.load_markets()
    placed = []
    for _ in range(105):
        placed.append(okx.create_order("ETH/USDT", "limit", "buy", 0.001, 3000)["id"])
        venue.advance(1_000)
    assert len(okx.fetch_my_trades("ETH/USDT")) == 100
    found = okx.fetch_my_trades("ETH/USDT", params={"paginate": True})
    assert [trade["order"] for trade in found] == placed


@pytest.mark.usefixtures("prices")
def test_changing_and_cancelling_many(venue: Served) -> None:
    okx = exchange(ccxt.okx, venue, venue.new_user("ccxtedit", USDT="1000"))
    okx.load_markets()
    first, second, third = [okx.create_order("ETH/USDT", "limit", "buy", 0.05, price) for price in (2990, 2991, 2992)]
    okx.edit_order(first["id"], "ETH/USDT", "limit", "buy", 0.06, 2989)
    edited = okx.fetch_order(first["id"], "ETH/USDT")
    assert (edited["amount"], edited["price"]) == (0.06, 2989.0)
    okx.cancel_orders([first["id"], second["id"]], "ETH/USDT")
    assert [order["id"] for order in okx.fetch_open_orders("ETH/USDT")] == [third["id"]]
    okx.cancel_all_orders_after(10_000)
    venue.advance(10_000)
    assert okx.fetch_open_orders("ETH/USDT") == []
