"""Types that a checker sees of the client: read by mypy with all tests, and by pyright in `test_revealed_types`.

Nothing here runs. Each line marked `type: ignore` is a mistake that a checker must see, and both complain about a
mark that nothing needs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import assert_type

from tallystick import AsyncClient, Client
from tallystick.client import channels
from tallystick.client.history import AsyncHistory, History
from tallystick.client.levers import AsyncLevers, Levers
from tallystick.client.rates import DailyRate, HourlyRate, YearlyRate
from tallystick.client.readers import Level
from tallystick.client.rows.candles import CandlesRow
from tallystick.client.rows.channel_rows import OrdersRow
from tallystick.client.rows.convert import ConvertHistoryRow
from tallystick.client.rows.flexible_loan import LoanInfoRow
from tallystick.client.rows.repay import OneClickRepayHistoryV2Row, RepayOrder
from tallystick.client.stream.aio import AsyncStream
from tallystick.client.stream.book import Book
from tallystick.client.stream.events import Gap, Message, Reconnected
from tallystick.client.stream.sync import Stream

DAY = timedelta(days=1)


def the_five_documents(client: Client) -> None:
    ack = client.one_click_repay_v2(debtCcy="USDC", repayCcyList=["USDC", "BTC"])
    assert_type(ack.repayCcyList, tuple[str, ...])
    assert_type(ack.ts, datetime)
    repays = client.one_click_repay_history_v2(since=datetime.now(UTC) - DAY)
    assert_type(repays, History[OneClickRepayHistoryV2Row])
    for repay in repays:
        assert_type(repay.fillDebtSz, Decimal)
        word: str = repay.status
        print(word)
        assert_type(repay.ordIdInfo, tuple[RepayOrder, ...])
    for loan in client.loan_history(type="repaid"):
        assert_type(loan.amt, Decimal)
        assert_type(loan.refId, str)
    for trade in client.convert_history(tag="bot"):
        assert_type(trade, ConvertHistoryRow)
        assert_type(trade.clTReqId, str | None)
    assert_type(client.set_auto_repay(autoRepay=True).autoRepay, bool)


def rates_and_books(client: Client) -> None:
    for charge in client.interest_accrued(ccy="USDT", until=1_768_500_000_000):
        assert_type(charge.interestRate, HourlyRate)
    for of_loan in client.loan_interest_accrued():
        assert_type(of_loan.interestRate, YearlyRate)
        assert_type(of_loan.interestRate.hourly, HourlyRate)
    assert_type(client.interest_limits().records[0].rate, DailyRate)
    assert_type(client.books(instId="BTC-USDT", sz=5).bids, tuple[Level, ...])
    assert_type(client.balance(ccy=["BTC"]).details[0].liab, Decimal | None)
    assert_type(client.loan_info(ordId=77), list[LoanInfoRow])
    assert_type(client.get_order(instId="BTC-USDT", ordId="1").px, Decimal | None)


def parameters(client: Client) -> None:
    client.spot_manual_borrow_repay(ccy="USDT", side="repay", amt=Decimal("10.5"))
    client.spot_manual_borrow_repay(ccy="USDT", side="repay", amt="10.5")
    client.loan_borrow(loanData={"ccy": "USDT", "amt": 100}, clOrdId="a", collateralData=[{"ccy": "BTC", "amt": "1"}])
    client.batch_orders([{"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "market", "sz": 1}])


def mistakes(client: Client) -> None:
    client.spot_manual_borrow_repay(ccy="USDT", side="repay", amt=0.1)  # type: ignore[arg-type]
    client.spot_manual_borrow_repay(ccy="USDT", side="lend", amt="1")  # type: ignore[arg-type]
    client.one_click_repay_v2(debtCcy="USDC")  # type: ignore[call-arg]
    client.one_click_repay_v2(debtCcy="USDC", repayCcyList="BTC")  # type: ignore[arg-type]
    client.loan_borrow(loanData={"ccy": "USDT"}, clOrdId="a")  # type: ignore[typeddict-item]
    client.convert_history(after=1)  # type: ignore[call-arg]
    client.set_auto_repay(autoRepay=True).autorepay  # type: ignore[attr-defined]  # noqa: B018


async def awaited(client: AsyncClient) -> None:
    ack = await client.one_click_repay_v2(debtCcy="USDC", repayCcyList=("USDC", "BTC"))
    assert_type(ack.debtCcy, str)
    repays = client.one_click_repay_history_v2()
    assert_type(repays, AsyncHistory[OneClickRepayHistoryV2Row])
    async for repay in repays:
        assert_type(repay.ts, datetime)
        assert_type(repays.position, str)
    assert_type((await client.time()).ts, datetime)


def levers(levers: Levers) -> None:
    assert_type(levers.clock.advance(by=DAY).now, datetime)
    assert_type(levers.pools.move(ccy="USDT", amt=Decimal(-5)).free, Decimal)
    assert_type(levers.rates.show().rates[0].bids, tuple[tuple[Decimal, Decimal], ...])
    levers.pools.move(ccy="USDT", amt=0.1)  # type: ignore[arg-type]


async def awaited_levers(levers: AsyncLevers) -> None:
    assert_type((await levers.fund.show()).coins, dict[str, Decimal])


def streams(client: Client) -> None:
    orders = client.stream(channels.orders(instType="ANY"), channels.orders(instType="SPOT", instId="BTC-USDT"))
    assert_type(orders, Stream[OrdersRow])
    for event in orders:
        match event:
            case Message():
                assert_type(event.rows[0].accFillSz, Decimal | None)
                assert_type(event.book, Book | None)
            case Gap() | Reconnected():
                assert_type(event.reason, str)
    client.stream(channels.orders(instType="EVERYTHING"))  # type: ignore[arg-type]


async def awaited_streams(client: AsyncClient) -> None:
    async with client.stream(channels.candles(instId="BTC-USDT", bar="1m")) as candles:
        assert_type(candles, AsyncStream[CandlesRow])
