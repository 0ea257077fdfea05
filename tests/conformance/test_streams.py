"""Unmodified stream clients: python-okx, which insists on TLS, and ccxt.pro over a plain connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ccxt
import ccxt.pro
import pytest
from okx.Account import AccountAPI
from okx.websocket.WsPrivateAsync import WsPrivateAsync
from okx.websocket.WsPublicAsync import WsPublicAsync

from tallystick.server import tls
from tests.conformance.served import Served, running
from tests.patience import PATIENCE_S


class Heard:
    """A callback that keeps what it is given, and somebody who waits for it."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[Any] = asyncio.Queue()

    def __call__(self, message: str) -> None:
        self.messages.put_nowait(json.loads(message))

    async def until(self, **members: Any) -> Any:
        """The next message that has these members; those before it are dropped."""
        while True:
            message = await asyncio.wait_for(self.messages.get(), PATIENCE_S)
            if all(message.get(name) == value for name, value in members.items()):
                return message


# ---- python-okx over TLS


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A venue with a certificate of its own, trusted the way `tally serve --tls` prints."""
    folder = tmp_path_factory.mktemp("tls")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "tls" / "ca.pem"))
        with running(folder, "--limits", "off", "--tls") as served:
            yield served


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """python-okx waits five seconds between its login and its subscription; the venue answers in order anyway."""
    sleep = asyncio.sleep

    async def no_sleep(seconds: float, result: Any = None) -> Any:
        return await sleep(0, result)

    monkeypatch.setattr("okx.websocket.WsPrivateAsync.asyncio.sleep", no_sleep)


def socket_url(venue: Served, path: str) -> str:
    return venue.url.replace("http", "ws", 1) + path


def test_the_certificate_is_kept_for_its_owner_and_the_authority_stays(trusted: Served, tmp_path: Path) -> None:
    first, server = tls.prepare(tmp_path, ["venue.test"])
    authority = first.read_bytes()
    before = server.read_bytes()
    assert server.stat().st_mode & 0o077 == 0
    assert (tmp_path / "tls" / "ca-key.pem").stat().st_mode & 0o077 == 0
    again, server = tls.prepare(tmp_path, ["venue.test"])
    assert again.read_bytes() == authority
    assert server.read_bytes() != before


def test_rest_over_tls(trusted: Served) -> None:
    account = AccountAPI(*trusted.key(), flag="0", domain=trusted.url)
    try:
        assert account.get_account_config()["code"] == "0"
    finally:
        account.close()


def test_python_okx_hears_prices(trusted: Served) -> None:
    async def story() -> None:
        heard = Heard()
        public = WsPublicAsync(socket_url(trusted, "/ws/v5/public"))
        await public.start()
        await public.subscribe([{"channel": "tickers", "instId": "ETH-USDT"}], heard, id="1512")
        assert (await heard.until(event="subscribe"))["id"] == "1512"
        await heard.until(arg={"channel": "tickers", "instId": "ETH-USDT"})
        await asyncio.to_thread(trusted.control, "market/price", {"instId": "ETH-USDT", "px": "2500"})
        while (await heard.until(arg={"channel": "tickers", "instId": "ETH-USDT"}))["data"][0]["last"] != "2500":
            pass
        await public.unsubscribe([{"channel": "tickers", "instId": "ETH-USDT"}], heard)
        await heard.until(event="unsubscribe")
        await public.stop()

    asyncio.run(story())


@pytest.mark.usefixtures("impatient")
def test_python_okx_logs_in_twice_orders_and_hears_of_it(trusted: Served) -> None:
    key, secret, passphrase = trusted.new_user("streamer", USDT="1000")

    async def story() -> None:
        heard = Heard()
        private = WsPrivateAsync(key, passphrase, secret, socket_url(trusted, "/ws/v5/private"))
        await private.start()
        await private.subscribe([{"channel": "account"}], heard)
        await heard.until(event="login")
        whole = await heard.until(eventType="snapshot")
        assert whole["data"][0]["details"][0]["cashBal"] == "1000"
        await private.subscribe([{"channel": "orders", "instType": "SPOT"}], heard)
        assert (await heard.until(event="error"))["code"] == "60031"
        await heard.until(event="channel-conn-count")
        order = {"instId": "ETH-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "1000", "sz": "0.1"}
        await private.place_order([order], id="1")
        answer = await heard.until(op="order")
        assert (answer["id"], answer["code"]) == ("1", "0")
        number = answer["data"][0]["ordId"]
        told: set[str] = set()
        while told != {"account", "orders"}:
            told.add((await heard.until())["arg"]["channel"])
        await private.batch_orders([order, order], id="2")
        assert len((await heard.until(op="batch-orders"))["data"]) == 2
        await private.cancel_order([{"instId": "ETH-USDT", "ordId": number}], id="3")
        assert (await heard.until(op="cancel-order"))["code"] == "0"
        await private.stop()

    asyncio.run(story())


# ---- ccxt.pro


def exchange(venue: Served, key: tuple[str, str, str]) -> Any:
    made = ccxt.pro.okx({"apiKey": key[0], "secret": key[1], "password": key[2], "enableRateLimit": False})
    made.urls["api"] = {"rest": venue.url, "ws": socket_url(venue, "/ws/v5")}
    return made


async def soon(waiting: Any) -> Any:
    return await asyncio.wait_for(waiting, PATIENCE_S)


@pytest.fixture
def book(venue: Served) -> None:
    venue.control("market/price", {"instId": "ETH-USDT", "px": "3000"})
    venue.control("market/book", {"instId": "ETH-USDT", "bids": [["2999", "5"]], "asks": [["3000", "5"]]})


@pytest.mark.usefixtures("book")
def test_ccxt_watches_books_tickers_trades_and_candles(venue: Served) -> None:
    async def story() -> None:
        okx = exchange(venue, venue.new_user("watcher", USDT="10000"))
        try:
            okx.options["watchOrderBook"] = {"checksum": True}
            found = await soon(okx.watch_order_book("ETH/USDT"))
            assert (found["bids"][0], found["asks"][0]) == ([2999.0, 5.0], [3000.0, 5.0])
            assert (await soon(okx.watch_ticker("ETH/USDT")))["ask"] == 3000.0
            trades = asyncio.create_task(okx.watch_trades("ETH/USDT"))
            candles = await soon(okx.watch_ohlcv("ETH/USDT", "1m"))
            assert candles[-1][4] == 3000.0
            watching = asyncio.create_task(okx.watch_order_book("ETH/USDT"))
            await okx.create_order("ETH/USDT", "limit", "buy", 1, 3000)
            assert (await soon(watching))["asks"][0] == [3000.0, 4.0]
            (trade,) = await soon(trades)
            assert (trade["price"], trade["amount"], trade["side"]) == (3000.0, 1.0, "buy")
            for px in (2990, 2991, 2992):
                watching = asyncio.create_task(okx.watch_order_book("ETH/USDT"))
                await okx.create_order("ETH/USDT", "limit", "buy", 0.01, px)
                await soon(watching)
            assert [level[0] for level in okx.orderbooks["ETH/USDT"]["bids"]] == [2999.0, 2992.0, 2991.0, 2990.0]
        finally:
            await okx.close()

    asyncio.run(story())


@pytest.mark.usefixtures("book")
def test_ccxt_watches_its_balance_and_orders_and_trades_over_the_socket(venue: Served) -> None:
    async def story() -> None:
        okx = exchange(venue, venue.new_user("trader", USDT="10000"))
        try:
            assert (await soon(okx.watch_balance()))["USDT"] == {"free": 10000.0, "used": 0.0, "total": 10000.0}
            orders = asyncio.create_task(okx.watch_orders("ETH/USDT"))
            balances = asyncio.create_task(okx.watch_balance())
            await asyncio.sleep(0)
            placed = await soon(okx.create_order_ws("ETH/USDT", "limit", "buy", 1, 2900))
            (seen,) = await soon(orders)
            assert (seen["id"], seen["status"], seen["price"]) == (placed["id"], "open", 2900.0)
            assert (await soon(balances))["USDT"] == {"free": 7100.0, "used": 2900.0, "total": 10000.0}
            watching = asyncio.create_task(okx.watch_orders("ETH/USDT"))
            cancelled = await soon(okx.cancel_order_ws(placed["id"], "ETH/USDT"))
            assert cancelled["id"] == placed["id"]
            assert (await soon(watching))[-1]["status"] == "canceled"
            mine = asyncio.create_task(okx.watch_my_trades("ETH/USDT"))
            await soon(okx.create_order_ws("ETH/USDT", "limit", "buy", 0.5, 3000))
            (trade,) = await soon(mine)
            assert (trade["price"], trade["amount"], trade["takerOrMaker"]) == (3000.0, 0.5, "taker")
            with pytest.raises(ccxt.ExchangeError, match="51008"):
                await soon(okx.create_order_ws("ETH/USDT", "limit", "buy", 1000, 2900))
        finally:
            await okx.close()

    asyncio.run(story())
