"""What unmodified clients hear where they are refused, and what is no reason to: forms, ids, limits, numbers, coins."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import ccxt
import ccxt.pro
import pytest
from okx.Convert import ConvertAPI
from okx.Finance.FlexibleLoan import FlexibleLoanAPI
from okx.MarketData import MarketAPI
from okx.Trade import TradeAPI

from tests.conformance.served import Served, running
from tests.conformance.test_ccxt import exchange

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")

BID = {"instId": "ETH-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "2990", "sz": "0.1"}


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with running(tmp_path_factory.mktemp("venue"), "--limits", "off") as served:
        yield served


@pytest.fixture(autouse=True)
def prices(venue: Served) -> None:
    venue.control("market/book", {"instId": "ETH-USDT", "bids": [["2999", "5"]], "asks": [["3000", "5"]]})
    venue.control("market/price", {"instId": "ETH-USDT", "px": "3000"})


@pytest.fixture
def trade(venue: Served) -> Iterator[TradeAPI]:
    api = TradeAPI(*venue.key(), flag="0", domain=venue.url)
    yield api
    api.close()


def item(answer: dict[str, Any], **ids: str) -> str:
    """sCode of the one item of a refused order, which repeats these ids."""
    assert (answer["code"], answer["msg"]) == ("1", "All operations failed")
    (row,) = answer["data"]
    assert {name: row[name] for name in ids} == ids
    code: str = row["sCode"]
    return code


def test_python_okx_hears_every_fault_of_an_order_in_its_item(trade: TradeAPI) -> None:
    mine = {"clOrdId": "a2", "tag": "t1"}
    for change, code in (
        ({"sz": "0"}, "51000"),
        ({"px": "x"}, "51000"),
        ({"posSide": "long"}, "51000"),
        ({"px": "2990.005"}, "51150"),
        ({"sz": ""}, "50014"),
        ({"instId": "NO-SUCH"}, "51001"),
    ):
        assert item(trade.place_order(**(BID | mine | change)), ordId="", **mine) == code, change
    assert item(trade.cancel_order("ETH-USDT", "abc", "c1"), clOrdId="c1", ordId="") == "51000"
    assert item(trade.cancel_order("ETH-USDT", "7", "c1"), clOrdId="c1", ordId="7") == "51400"
    changed = trade.amend_order("ETH-USDT", clOrdId="c1", reqId="r1", newSz="0")
    assert item(changed, clOrdId="c1", reqId="r1", ordId="") == "51000"
    changed = trade.amend_order("ETH-USDT", clOrdId="c1", reqId="r1", newSz="1")
    assert item(changed, clOrdId="c1", reqId="r1", ordId="") == "51503"


def test_python_okx_knows_its_orders_again_in_a_list(trade: TradeAPI) -> None:
    orders = [BID | {"clOrdId": "b1"}, BID | {"clOrdId": "b2", "tag": "t1", "sz": "0"}, BID | {"px": "2990.005"}]
    answer = trade.place_multiple_orders(orders)
    assert answer["code"] == "2"
    assert [(row["sCode"], row["clOrdId"], row["tag"]) for row in answer["data"]] == [
        ("0", "b1", ""),
        ("51000", "b2", "t1"),
        ("51150", "", ""),
    ]
    answer = trade.amend_multiple_orders(
        [
            {"instId": "ETH-USDT", "clOrdId": "b1", "reqId": "r1", "newSz": "0.2"},
            {"instId": "ETH-USDT", "clOrdId": "b2", "reqId": "r2", "newSz": "x"},
        ]
    )
    assert [(row["sCode"], row["clOrdId"], row["reqId"]) for row in answer["data"]] == [
        ("0", "b1", "r1"),
        ("51000", "b2", "r2"),
    ]
    answer = trade.cancel_multiple_orders(
        [{"instId": "ETH-USDT", "clOrdId": "b1"}, {"instId": "", "clOrdId": "b2"}, {"instId": "ETH-USDT", "ordId": "7"}]
    )
    assert [(row["sCode"], row["clOrdId"]) for row in answer["data"]] == [("0", "b1"), ("50014", "b2"), ("51400", "")]
    assert answer["data"][2]["ordId"] == "7"


def test_python_okx_may_send_numbers_as_numbers(venue: Served, trade: TradeAPI) -> None:
    """0.00005 is 5e-05 to Python's json; an id may be a number too."""
    placed = trade.place_order("BTC-USDT", "cash", "buy", "limit", 5e-05, px=10_000.0, clOrdId=123, tag=7)
    assert (placed["code"], placed["data"][0]["clOrdId"], placed["data"][0]["tag"]) == ("0", "123", "7")
    seen = trade.get_order("BTC-USDT", clOrdId="123")["data"][0]
    assert (seen["sz"], seen["px"]) == ("0.00005", "10000")
    changed = trade.amend_order("BTC-USDT", clOrdId=123, newSz=6e-05, reqId=7)
    assert item_of(changed) == ("0", "123")
    assert trade.get_order("BTC-USDT", clOrdId="123")["data"][0]["sz"] == "0.00006"
    assert item_of(trade.cancel_order("BTC-USDT", clOrdId=123)) == ("0", "123")


def item_of(answer: dict[str, Any]) -> tuple[str, str]:
    (row,) = answer["data"]
    return row["sCode"], row["clOrdId"]


def test_python_okx_gets_a_full_page_for_a_limit_above_it_and_no_coin_twice(venue: Served, trade: TradeAPI) -> None:
    convert = ConvertAPI(*venue.key(), flag="0", domain=venue.url)
    loans = FlexibleLoanAPI(*venue.key(), flag="0", domain=venue.url)
    market = MarketAPI(flag="0", domain=venue.url)
    try:
        assert convert.get_convert_history(limit="1000")["code"] == "0"
        assert convert.get_convert_history(limit="0")["code"] == "51000"
        candles = market.get_history_candlesticks("BTC-USDT", bar="1m", limit="301")
        assert (candles["code"], len(candles["data"])) == ("0", 300)
        refused = trade.oneclick_repay_v2("USDC", ["USDC", "BTC", "USDC"])
        assert (refused["code"], refused["msg"]) == ("51000", "Parameter repayCcyList error")
        twice = [{"ccy": "BTC", "amt": "0.1"}, {"ccy": "BTC", "amt": "0.2"}]
        assert loans.max_loan("USDT", twice)["msg"] == "Parameter supCollateral error"
    finally:
        for api in (convert, loans, market):
            api.close()


def test_ccxt_hears_the_same_over_http_and_over_its_socket(venue: Served) -> None:
    key = venue.new_user("ccxtrefused", USDT="1000")
    okx = exchange(ccxt.okx, venue, key)
    okx.load_markets()
    refused = {"clientOrderId": "a2", "sz": "0"}
    with pytest.raises(ccxt.BadRequest) as caught:
        okx.create_order("ETH/USDT", "limit", "buy", 0.1, 2990, refused)
    assert heard(caught.value)["data"][0]["clOrdId"] == "a2"
    with pytest.raises(ccxt.BadRequest) as caught:
        okx.create_order("ETH/USDT", "limit", "buy", 0.1, 2990, {"clientOrderId": "a-2"})
    assert heard(caught.value)["data"][0]["clOrdId"] == "a-2"
    one = {"symbol": "ETH/USDT", "type": "limit", "side": "buy", "amount": 0.1, "price": 2990}
    # ccxt lets a list through that was carried out in part, and hands each of its items on.
    placed, not_placed = okx.create_orders([{**one, "params": {"clientOrderId": "a1"}}, {**one, "params": refused}])
    assert (placed["clientOrderId"], placed["info"]["sCode"]) == ("a1", "0")
    assert (not_placed["clientOrderId"], not_placed["info"]["sCode"]) == ("a2", "51000")

    async def over_a_socket() -> dict[str, Any]:
        pro = exchange(ccxt.pro.okx, venue, key)
        pro.urls["api"]["ws"] = venue.url.replace("http", "ws", 1) + "/ws/v5"
        try:
            with pytest.raises(ccxt.BadRequest) as caught:
                await asyncio.wait_for(pro.create_order_ws("ETH/USDT", "limit", "buy", 0.1, 2990, refused), 30)
            return heard(caught.value)
        finally:
            await pro.close()

    answer = asyncio.run(over_a_socket())
    assert (answer["code"], answer["data"][0]["clOrdId"], answer["data"][0]["sCode"]) == ("1", "a2", "51000")


def heard(error: ccxt.BaseError) -> dict[str, Any]:
    """The answer a ccxt error carries in its text."""
    found: dict[str, Any] = json.loads(str(error).partition("okx ")[2])
    return found
