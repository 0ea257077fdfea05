"""Every endpoint as a typed method against the served venue, on both halves; every field of what comes is read."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import pytest

from tallystick import AsyncClient, Client
from tallystick.client.errors import BadParameter, Refused
from tallystick.client.history import AsyncHistory, History
from tallystick.client.levers import Levers
from tallystick.client.records import Record
from tallystick.contract import ENDPOINTS
from tallystick.contract.core import SURFACES, Endpoint
from tests.client.venue import Served, served
from tests.server.harness import TOKEN

T = TypeVar("T")
HOUR = timedelta(hours=1)
START = datetime(2026, 1, 15, 18, tzinfo=UTC)

PARAMETERS: dict[str, dict[str, Any]] = {
    "get_order": {"instId": "BTC-USDT", "clOrdId": "first"},
    "orders_algo_pending": {"ordType": ["conditional"]},
    "orders_algo_history": {"ordType": ["conditional"], "state": "canceled"},
    "get_algo_order": {"algoId": 1},
    "leverage_info": {"mgnMode": "cross", "ccy": ["USDT", "BTC"]},
    "max_loan": {"mgnMode": "cross", "ccy": "USDT"},
    "transfer_state": {"clientId": "t1"},
    "index_tickers": {"quoteCcy": "USDT"},
    "subaccount_apikey": {"subAcct": "dora-bot"},
    "subaccount_balance": {"subAcct": "dora-bot"},
    "subaccount_funding": {"subAcct": "dora-bot"},
    "subaccount_max_withdrawal": {"subAcct": "dora-bot"},
    "mark_price": {"instType": "MARGIN", "instId": "BTC-USDT"},
    "position_tiers": {"instType": "MARGIN", "tdMode": "cross", "ccy": "USDT"},
    "insurance_fund": {"instType": "MARGIN"},
    "loan_max_redeem": {"ccy": "BTC"},
}
"""Parameters of calls that need others than those of `USUAL`."""
USUAL = {
    "acctLv": "1", "ccy": "USDT", "fromCcy": "USDT", "index": "BTC-USDT", "instId": "BTC-USDT", "instType": "SPOT",
    "mgnMode": "cross", "tdMode": "cash", "toCcy": "BTC",
}  # fmt: skip
REFUSED = {
    "adjust_leverage": "51000",
    "contract_coin": "51001",
    "deposit_address": "58301",
    "deposit_status": "50015",
    "funding_rate": "51001",
    "get_algo_order": "51603",
    "market_data_history": "51000",
    "one_click_repay_currency_list": "51010",
    "one_click_repay_history": "51010",
    "open_interest": "51000",
    "risk_state": "51010",
    "tick_bands": "51000",
    "underlying": "51000",
}
"""Calls of other account modes and of what the venue has not, with the code that says so."""
EMPTY = {
    "block_ticker", "block_tickers", "block_trades", "call_auction", "deposit_history", "exchange_list",
    "non_tradable_assets", "orders_algo_history", "orders_algo_pending", "positions", "positions_history",
    "system_status", "vip_loan_quotas", "withdrawal_history",
}  # fmt: skip
"""Lists of what the venue never has."""
READS = [endpoint for endpoint in ENDPOINTS if endpoint.method == "GET"]


@pytest.fixture(scope="module", params=SURFACES)
def keys(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Keys of dora, who has done a bit of everything."""
    with served(surface=request.param) as venue, Levers(venue.url, TOKEN) as levers:
        found: dict[str, Any] = {**keys_of_dora(levers, venue), "pace": False}
        with Client(**found) as client:
            do_a_bit_of_everything(client, levers)
        yield found


def keys_of_dora(levers: Levers, venue: Served) -> dict[str, str]:
    levers.users.create(name="dora")
    levers.users.create(name="dora-bot", master="dora")
    for account, ccy, amt in (
        ("trading", "USDT", 50_000),
        ("trading", "BTC", 1),
        ("trading", "ETH", "0.001"),
        ("funding", "BTC", 2),
        ("funding", "USDT", 9_000),
    ):
        levers.users.adjust_balance("dora", account=account, ccy=ccy, amt=amt)  # type: ignore[arg-type]
    levers.users.adjust_balance("dora-bot", account="trading", ccy="USDC", amt="25")
    levers.users.create_key("dora-bot", permissions=["read"])
    levers.users.switch_spot_borrow("dora", enabled=True)
    levers.market.set_price(instId="BTC-USDT", px=30_000)
    key = levers.users.create_key("dora", permissions=["read", "trade"])
    made = {"api_key": key.api_key, "secret_key": key.secret_key, "passphrase": key.passphrase}
    return {**made, "base_url": venue.url}


def do_a_bit_of_everything(client: Client, levers: Levers) -> None:
    first = client.place_order(
        instId="BTC-USDT", tdMode="cash", side="buy", ordType="limit", px="29000", sz=Decimal("0.1"), clOrdId="first"
    )
    assert (first.clOrdId, first.sCode) == ("first", "0")
    for side in ("buy", "sell"):
        client.place_order(
            instId="BTC-USDT",
            tdMode="cash",
            side=side,
            ordType="market",
            sz="0.01",
            tgtCcy="base_ccy",
        )
    gone = client.place_order(instId="BTC-USDT", tdMode="cash", side="buy", ordType="limit", px=28_000, sz="0.1")
    assert gone.ordId is not None
    assert client.cancel_order(instId="BTC-USDT", ordId=gone.ordId).ordId == gone.ordId
    borrowed = client.spot_manual_borrow_repay(ccy="USDC", side="borrow", amt=100)
    assert (borrowed.ccy, borrowed.side, borrowed.amt) == ("USDC", "borrow", Decimal(100))
    client.place_order(instId="USDC-USDT", tdMode="cash", side="sell", ordType="market", sz=60)
    moved = client.transfer(ccy="USDT", amt="1.5", from_="6", to="18", clientId="t1")
    assert (moved.from_, moved.to, moved.amt) == ("6", "18", Decimal("1.5"))
    quote = client.convert_estimate_quote(baseCcy="BTC", quoteCcy="USDT", side="sell", rfqSz="0.01", rfqSzCcy="BTC")
    assert quote.ttlMs == 10_000
    done = client.convert_trade(
        quoteId=quote.quoteId, baseCcy="BTC", quoteCcy="USDT", side="sell", sz=quote.rfqSz, szCcy="BTC"
    )
    assert (done.state, done.fillBaseSz, done.clTReqId) == ("fullyFilled", Decimal("0.01"), None)
    opened = client.loan_borrow(
        loanData={"ccy": "USDT", "amt": 1_000}, collateralData=[{"ccy": "BTC", "amt": "0.5"}], clOrdId="loan1"
    )
    levers.clock.advance(by=3 * HOUR)
    (loan,) = client.loan_info()
    assert loan.ordId in (opened.ordId, None)
    client.loan_repay(ordId=opened.ordId, ccy="USDT", amt=10, clOrdId="back1")
    assert client.loan_adjust_collateral(type="add", collateralCcy="BTC", collateralAmt="0.1") is None  # type: ignore[func-returns-value]
    assert client.set_auto_repay(autoRepay=False).autoRepay is False
    (small,) = client.easy_convert(fromCcy=["ETH"], toCcy="USDT")
    assert (small.fromCcy, small.toCcy, small.fillFromSz) == ("ETH", "USDT", Decimal("0.001"))
    sent = client.transfer(ccy="USDT", amt=2, from_="6", to="6", type="1", subAcct="dora-bot")
    assert sent.transId
    ack = client.one_click_repay_v2(debtCcy="USDC", repayCcyList=["USDC", "USDT"])
    assert (ack.debtCcy, ack.repayCcyList) == ("USDC", ("USDC", "USDT"))
    assert timedelta(0) <= ack.ts - (START + 3 * HOUR) < timedelta(seconds=1)
    levers.clock.advance(by=HOUR)


def arguments(endpoint: Endpoint) -> dict[str, Any]:
    if endpoint.name in PARAMETERS:
        return PARAMETERS[endpoint.name]
    needed = inspect.signature(getattr(Client, endpoint.name)).parameters.values()
    return {
        each.name: USUAL.get(each.name, "1") for each in needed if each.default is each.empty and each.name != "self"
    }


def sync(keys: dict[str, Any], endpoint: Endpoint) -> Any:
    with Client(**keys) as client:
        found = getattr(client, endpoint.name)(**arguments(endpoint))
        return [row for row, _ in zip(found, range(150), strict=False)] if isinstance(found, History) else found


def asynchronous(keys: dict[str, Any], endpoint: Endpoint) -> Any:
    async def run() -> Any:
        async with AsyncClient(**keys) as client:
            found = getattr(client, endpoint.name)(**arguments(endpoint))
            if not isinstance(found, AsyncHistory):
                return await found
            rows = []
            async for row in found:
                rows.append(row)
                if len(rows) == 150:
                    break
            return rows

    return asyncio.run(run())


@pytest.mark.parametrize("half", [sync, asynchronous])
@pytest.mark.parametrize("endpoint", READS, ids=lambda endpoint: endpoint.name)
def test_every_read_is_answered_and_every_field_of_it_read(
    keys: dict[str, Any], endpoint: Endpoint, half: Callable[..., Any]
) -> None:
    if endpoint.name in REFUSED:
        with pytest.raises((Refused, BadParameter)) as caught:
            half(keys, endpoint)
        assert caught.value.code == REFUSED[endpoint.name]
        return
    found = half(keys, endpoint)
    rows = found if isinstance(found, list) else [found]
    assert bool(rows) == (endpoint.name not in EMPTY)
    for row in rows:
        look(row)


def look(row: Record) -> None:
    """Read all fields, those of parts too: one that cannot be read raises BadAnswer."""
    assert row.extra == {}
    for name in row.declared:
        value = getattr(row, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Record):
                look(part)
