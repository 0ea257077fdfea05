"""Streams of the client on both halves: against the served venue, with and without its faults of messages."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from decimal import Decimal
from typing import Any, Protocol

import pytest
import uvloop

from tallystick import AsyncClient, Client
from tallystick.client import channels
from tallystick.client.errors import BadAnswer, KeyRefused, NoAnswer, NotSent, Refused
from tallystick.client.levers import Levers
from tallystick.client.readers import Level
from tallystick.client.stream import conversation, link
from tallystick.client.stream.events import Gap, Message, Reconnected
from tallystick.client.stream.subscription import Subscription
from tests.client.venue import Script, Served, http, served
from tests.server.harness import AT_MS, TOKEN

BOOKS = channels.books(instId="BTC-USDT")
PRICES = (101, 103, 105)


class Heard(Protocol):
    """A stream of either half, whose next event is waited for."""

    stream: Any

    def next(self) -> Any: ...
    def close(self) -> None: ...


class SyncHeard:
    def __init__(self, keys: dict[str, Any], *subscriptions: Subscription[Any], **options: Any) -> None:
        self.ends = ExitStack()
        client = self.ends.enter_context(Client(**keys, pace=False))
        self.stream = self.ends.enter_context(client.stream(*subscriptions, **options))

    def next(self) -> Any:
        return next(self.stream)

    def close(self) -> None:
        self.ends.close()


class AsyncHeard:
    def __init__(self, keys: dict[str, Any], *subscriptions: Subscription[Any], **options: Any) -> None:
        self.runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self.ends = AsyncExitStack()
        try:
            self.runner.run(self.open(keys, subscriptions, options))
        except BaseException:
            self.close()
            raise

    async def open(self, keys: dict[str, Any], subscriptions: tuple[Subscription[Any], ...], options: Any) -> None:
        client = await self.ends.enter_async_context(AsyncClient(**keys, pace=False))
        self.stream = await self.ends.enter_async_context(client.stream(*subscriptions, **options))

    def next(self) -> Any:
        async def one() -> Any:
            return await anext(self.stream)

        return self.runner.run(one())

    def close(self) -> None:
        self.runner.run(self.ends.aclose())
        self.runner.close()


Hear = Callable[..., Heard]


@pytest.fixture(params=[SyncHeard, AsyncHeard], ids=["sync", "async"])
def hear(request: pytest.FixtureRequest) -> Iterator[Hear]:
    """Opens streams, and closes them after the test."""
    opened: list[Heard] = []

    def make(*given: Any, **options: Any) -> Heard:
        opened.append(request.param(*given, **options))
        return opened[-1]

    yield make
    for stream in opened:
        stream.close()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link, "PAUSES_S", (0.0,))


@pytest.fixture
def venue() -> Iterator[Served]:
    with served() as here:
        yield here


@pytest.fixture
def levers(venue: Served) -> Iterator[Levers]:
    with Levers(venue.url, TOKEN) as here:
        yield here


def set_book(levers: Levers, price: int) -> None:
    """One bid below the price and one ask above it."""
    levers.market.set_book(instId="BTC-USDT", bids=[(price - 1, 1)], asks=[(price + 1, 1)])


def move(levers: Levers) -> None:
    """Change the book three times; each change is a message."""
    for price in PRICES:
        set_book(levers, price)


def sides(price: int) -> tuple[list[Level], list[Level]]:
    return [Level(Decimal(price - 1), Decimal(1), 1)], [Level(Decimal(price + 1), Decimal(1), 1)]


def state_of(message: Message[Any]) -> tuple[list[Level], list[Level]]:
    """Both sides of the book of a message; the number of orders is the venue's business."""
    assert message.book is not None
    return tuple([level._replace(orders=1) for level in side] for side in (message.book.bids, message.book.asks))  # type: ignore[return-value]


def until_whole(stream: Heard, price: int) -> tuple[list[Any], list[Any]]:
    """Events up to the message after which the book is that of the price, and the book after each message."""
    found, states = [], []
    for _ in range(20):
        found.append(stream.next())
        if isinstance(found[-1], Message):
            assert found[-1].book is not None
            assert found[-1].rows[-1].raw["checksum"] == found[-1].book.checksum()
            states.append(state_of(found[-1]))
            if states[-1] == sides(price):
                return found, states
    raise AssertionError(f"the book of {price} never came: {found}")


# ---- as it should be


def test_a_book_is_kept_by_its_changes(venue: Served, levers: Levers, hear: Hear) -> None:
    set_book(levers, 99)
    stream = hear(venue.keys(), BOOKS)
    whole = stream.next()
    assert (whole.action, state_of(whole)) == ("snapshot", sides(99))
    move(levers)
    for price in PRICES:
        change = stream.next()
        assert (change.action, state_of(change), change.late) == ("update", sides(price), False)
        assert change.rows[0].checksum == change.book.checksum()
        assert change.raw["arg"]["channel"] == "books"


def test_public_channels_need_no_key(venue: Served, levers: Levers, hear: Hear) -> None:
    stream = hear({"base_url": venue.url}, channels.tickers(instId="BTC-USDT"), channels.bbo_tbt(instId="BTC-USDT"))
    kinds = {stream.next().subscription.channel.name for _ in range(2)}
    assert kinds == {"tickers", "bbo-tbt"}
    set_book(levers, 101)
    best = next(event for event in (stream.next() for _ in range(4)) if event.subscription.channel.name == "bbo-tbt")
    assert (best.rows[0].bids[0].price, best.rows[0].asks[0].price) == (Decimal(100), Decimal(102))


def test_account_and_orders_are_typed_records(venue: Served, levers: Levers, hear: Hear) -> None:
    set_book(levers, 101)
    stream = hear(venue.keys(), channels.account(), channels.orders(instType="ANY"))
    whole = stream.next()
    assert whole.subscription.channel.name == "account"
    assert all(isinstance(detail.cashBal, Decimal) for detail in whole.rows[0].details)
    with Client(**venue.keys(), pace=False) as client:
        placed = client.place_order(
            instId="BTC-USDT", tdMode="cash", side="buy", ordType="limit", px=90, sz="0.5", clOrdId="mine"
        )
    order = next(event for event in iter(stream.next, None) if event.subscription.channel.name == "orders")
    (row,) = order.rows
    assert (row.ordId, row.clOrdId, row.px, row.sz) == (placed.ordId, "mine", Decimal(90), Decimal("0.5"))
    assert (row.state, row.side, row.fillPx) == ("live", "buy", None)
    assert row.extra == {}


# ---- faults of messages: the book is right afterwards, and what may be missing is said

GAPS = {"ws-gap": "does not follow", "ws-swap": "does not follow", "ws-wrong-checksum": "checksum is wrong"}
LOSSES = {
    "ws-truncated-json": "no JSON",
    "ws-drop": "cut without a close",
    "ws-reset": "cut",
    "ws-notice": "64008",
    "ws-close-4004": "4004",
    "ws-close-4005": "4005",
    "ws-close-4006": "4006",
    "ws-close-4007": "4007",
}


@pytest.mark.parametrize("fault", [*GAPS, *LOSSES, "ws-double"])
def test_after_a_fault_the_book_is_right_and_the_fault_was_told(
    venue: Served, levers: Levers, hear: Hear, fault: str
) -> None:
    set_book(levers, 99)
    stream = hear(venue.keys(), BOOKS)
    assert stream.next().action == "snapshot"
    levers.faults.make(on="books", fault=fault, nth=2)
    move(levers)
    found, states = until_whole(stream, 105)
    told = [event for event in found if not isinstance(event, Message)]
    if fault in GAPS:
        (gap,) = told
        assert isinstance(gap, Gap)
        assert GAPS[fault] in gap.reason
        assert found[-1].action == "snapshot"
    elif fault in LOSSES:
        (again,) = told
        assert isinstance(again, Reconnected)
        assert LOSSES[fault] in again.reason
        assert found[-1].action == "snapshot"
    else:
        assert told == []
        assert states == [sides(price) for price in PRICES]
    set_book(levers, 107)
    assert state_of(stream.next()) == sides(107)


def test_a_message_that_was_overtaken_is_marked(venue: Served, levers: Levers, hear: Hear) -> None:
    set_book(levers, 101)
    stream = hear(venue.keys(), channels.trades(instId="BTC-USDT"))
    with Client(**venue.keys(), pace=False) as client:

        def trade(size: str) -> None:
            client.place_order(
                instId="BTC-USDT", tdMode="cash", side="buy", ordType="market", sz=size, tgtCcy="base_ccy"
            )
            levers.clock.advance(ms=1)

        levers.faults.make(on="trades", fault="ws-swap", nth=1, ms=60_000)
        # The subscription stands before anything is traded: what it is sent is asked for by another.
        waited = SubscribedBy(stream)
        trade("0.1")
        trade("0.2")
        first, second = waited.next(), waited.next()
    assert [(event.rows[0].sz, event.late) for event in (first, second)] == [
        (Decimal("0.2"), False),
        (Decimal("0.1"), True),
    ]


class SubscribedBy:
    """Makes a stream subscribe before it is iterated, by a message that comes at once on another channel."""

    def __init__(self, stream: Heard) -> None:
        self.next = stream.next
        inner = stream.stream
        if isinstance(stream, AsyncHeard):

            async def up() -> None:
                while inner._talk._asked is not None or inner._socket is None:
                    await inner._step()

            stream.runner.run(up())
        else:
            while inner._talk._asked is not None or inner._socket is None:
                inner._step()


def test_a_ping_that_is_not_answered_ends_the_connection(
    venue: Served, levers: Levers, hear: Hear, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_book(levers, 99)
    stream = hear(venue.keys(), BOOKS)
    assert stream.next().action == "snapshot"
    levers.faults.make(on="ws", fault="ws-no-pong", nth=1, count=1)
    monkeypatch.setattr(conversation, "PING_AFTER_S", 0.05)
    monkeypatch.setattr(conversation, "PONG_WITHIN_S", 0.2)
    again = stream.next()
    assert isinstance(again, Reconnected)
    assert "ping" in again.reason
    assert stream.next().action == "snapshot"


# ---- login and subscription


@pytest.mark.parametrize("code", ["60004", "60006", "63999"])
def test_a_login_that_may_pass_is_tried_again(venue: Served, levers: Levers, hear: Hear, code: str) -> None:
    levers.faults.make(on="login", fault="ws-login-refused", nth=1, code=code)
    stream = hear(venue.keys(), channels.account())
    again = stream.next()
    assert isinstance(again, Reconnected)
    assert code in again.reason
    assert stream.next().subscription.channel.name == "account"


@pytest.mark.parametrize("code", ["60009", "60005", "60007", "60024", "60032"])
def test_a_login_that_cannot_pass_is_an_error_of_the_key(venue: Served, levers: Levers, hear: Hear, code: str) -> None:
    levers.faults.make(on="login", fault="ws-login-refused", nth=1, code=code)
    stream = hear(venue.keys(), channels.account())
    with pytest.raises(KeyRefused) as caught:
        stream.next()
    assert caught.value.code == code


def test_a_wrong_passphrase_is_refused_for_good(venue: Served, hear: Hear) -> None:
    stream = hear({**venue.keys(), "passphrase": "wrong"}, channels.account())
    with pytest.raises(KeyRefused):
        stream.next()


def test_an_instrument_that_is_not_there_is_refused(venue: Served, hear: Hear) -> None:
    stream = hear(venue.keys(), channels.books(instId="NO-SUCH"))
    with pytest.raises(Refused) as caught:
        stream.next()
    assert caught.value.code == "60018"


def test_a_venue_that_is_gone_is_told_after_patience(hear: Hear) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    stream = hear({"base_url": f"http://127.0.0.1:{port}"}, BOOKS, patience_s=-1.0)
    with pytest.raises(NoAnswer, match="could not be opened anew"):
        stream.next()


def test_what_a_stream_cannot_be_made_of() -> None:
    with Client(base_url="http://127.0.0.1:9", pace=False) as client:
        with pytest.raises(ValueError, match="a stream for each path"):
            client.stream(BOOKS, channels.trades_all(instId="BTC-USDT"))  # type: ignore[misc]
        with pytest.raises(ValueError, match="needs a subscription"):
            client.stream()
        with pytest.raises(NotSent, match="needs a key"):
            client.stream(channels.account())


def test_keys_follow_no_redirect(venue: Served, hear: Hear) -> None:
    """A host that says "over there" gets no login, and neither does the other one."""
    with Script(b"", b"") as other:
        moved = b"HTTP/1.1 302 Found\r\nLocation: " + other.url.replace("http", "ws").encode() + b"/\r\n"
        said = {"code": "0", "msg": "", "data": [{"ts": str(AT_MS)}]}
        time = http(said, more="Connection: close\r\n")
        with Script(time, moved + b"Content-Length: 0\r\n\r\n", None) as server:
            stream = hear({**venue.keys(), "base_url": server.url}, channels.account(), patience_s=0.0)
            with pytest.raises(NoAnswer, match="leads elsewhere"):
                stream.next()
            assert all(b"login" not in request for request in server.requests)
        assert other.requests == []


def test_who_waits_within_a_time_limit_loses_neither_connection_nor_message(venue: Served, levers: Levers) -> None:
    def shown(message: Any) -> tuple[str, Any]:
        return message.action, state_of(message)

    async def run() -> list[Any]:
        async with AsyncClient(**venue.keys(), pace=False) as client, client.stream(BOOKS) as stream:
            events = [shown(await anext(stream))]
            for price in (61_000, 62_000):
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(anext(stream), 0.05)
                await asyncio.to_thread(set_book, levers, price)
                events.append(shown(await anext(stream)))
            return events

    set_book(levers, 60_000)
    changes = [("update", sides(price)) for price in (61_000, 62_000)]
    assert asyncio.run(run()) == [("snapshot", sides(60_000)), *changes]


def test_a_reading_that_was_interrupted_is_told(venue: Served, hear: Hear, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever iterates on after an exception learns that messages may be missing."""
    stream = hear(venue.keys(), BOOKS)
    assert stream.next().action == "snapshot"
    with monkeypatch.context() as patch:

        def interrupted(*_: object) -> None:
            raise RuntimeError

        patch.setattr(conversation.Conversation, "wait_s", interrupted)
        with pytest.raises(RuntimeError):
            stream.next()
    told = stream.next()
    assert isinstance(told, Reconnected)
    assert "interrupted" in told.reason


def test_a_clock_that_cannot_be_read_before_a_login_is_a_lost_connection(venue: Served, hear: Hear) -> None:
    """A page of HTML in place of the time: the stream is opened anew, until patience is over."""
    with Script(*[http("<html>busy</html>", kind="text/html")] * 2) as server:
        stream = hear({**venue.keys(), "base_url": server.url}, channels.account(), patience_s=0.0)
        with pytest.raises(NoAnswer, match=r"no clock \("):
            stream.next()


def test_a_login_shows_itself_nowhere(
    venue: Served, hear: Hear, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """With every logger at its lowest level, in the repr of what there is, and in the error of a refused login."""
    caplog.set_level(logging.DEBUG)
    keys = venue.keys()
    stream = hear(keys, channels.account())
    stream.next()
    refused = hear({**keys, "passphrase": "Canary-4711"}, channels.account())
    with pytest.raises(KeyRefused) as caught:
        refused.next()
    said = [caplog.text, repr(stream.stream), repr(vars(stream.stream)), repr(caught.value), *capfd.readouterr()]
    for secret in (keys["secret_key"], keys["passphrase"], keys["api_key"], "Canary-4711"):
        assert not any(secret in text for text in said)


# ---- the conversation, message by message


def talk(*subscriptions: Subscription[Any]) -> conversation.Conversation[Any]:
    found = conversation.Conversation(subscriptions, None, 0.0)
    found.opened(0.0)
    for each in subscriptions:
        found.take(told({"event": "subscribe", "arg": each.arg}), 0.0)
    found.outbox.clear()
    return found


def told(message: dict[str, Any]) -> str:
    return json.dumps(message)


def book_message(previous: int, number: int, bids: list[list[str]], checksum: int = 0, action: str = "update") -> str:
    row = {
        "asks": [],
        "bids": bids,
        "ts": "1768500000000",
        "checksum": checksum,
        "prevSeqId": previous,
        "seqId": number,
    }
    return told({"arg": BOOKS.arg, "action": action, "data": [row]})


def test_numbers_of_a_book_may_stand_and_begin_anew() -> None:
    """An empty update after a minute has its number twice; after maintenance a number is lower than the one before."""
    here = talk(BOOKS)
    here.take(book_message(-1, 100, [["10", "1", "0", "1"]], action="snapshot"), 0.0)
    here.take(book_message(100, 100, []), 0.0)
    here.take(book_message(100, 3, [["9", "2", "0", "1"]]), 0.0)
    here.take(book_message(3, 5, [["10", "0", "0", "0"]]), 0.0)
    found = [event for event in here.events if isinstance(event, Message)]
    assert len(found) == len(here.events) == 4
    assert found[-1].book is not None
    assert found[-1].book.bids == [Level(Decimal(9), Decimal(2), 1)]


def test_a_checksum_of_zero_checks_nothing_and_any_other_does() -> None:
    """3366.1:7:3366.8:9:3366:6:3368:8 is the documents' worked example."""
    here = talk(BOOKS)
    row = {
        "asks": [["3366.8", "9", "0", "1"], ["3368", "8", "0", "1"]],
        "bids": [["3366.1", "7", "0", "1"], ["3366", "6", "0", "1"]],
        "ts": "1768500000000", "prevSeqId": -1, "seqId": 1,
    }  # fmt: skip
    for checksum, kind in ((-1881014294, Message), (0, Message), (-1881014295, Gap)):
        here.take(told({"arg": BOOKS.arg, "action": "snapshot", "data": [{**row, "checksum": checksum}]}), 0.0)
        assert isinstance(here.events.pop(), kind)


def test_a_book_that_never_fits_is_given_up() -> None:
    here = talk(BOOKS)
    wrong = book_message(-1, 1, [["10", "1", "0", "1"]], checksum=1, action="snapshot")
    for _ in range(conversation.GAPS_MAX):
        here.take(wrong, 0.0)
    with pytest.raises(BadAnswer, match="cannot be kept"):
        here.take(wrong, 0.0)
    assert len(here.events) == conversation.GAPS_MAX


def test_a_message_of_another_form_is_a_bad_answer() -> None:
    forms: list[object] = [[{"asks": []}], "text", [["a"]]]
    for data in forms:
        with pytest.raises(BadAnswer):
            talk(BOOKS).take(told({"arg": BOOKS.arg, "data": data}), 0.0)


def test_an_answer_that_does_not_come_is_a_lost_connection() -> None:
    here = conversation.Conversation((BOOKS,), None, 0.0)
    here.opened(0.0)
    assert here.wait_s(0.0) == conversation.ANSWER_WITHIN_S
    with pytest.raises(conversation.Lost, match="not answered"):
        here.silent(conversation.ANSWER_WITHIN_S)


def test_of_two_subscriptions_the_more_particular_one_is_told() -> None:
    every, btc = channels.account(), channels.account(ccy="BTC")
    here = talk(every, btc)
    here.take(told({"arg": {**btc.arg, "uid": "1"}, "data": [{"uTime": "1"}]}), 0.0)
    here.take(told({"arg": {**every.arg, "uid": "1"}, "data": [{"uTime": "2"}]}), 0.0)
    assert [event.subscription for event in here.events if isinstance(event, Message)] == [btc, every]


# ---- who reads slowly


def test_what_nobody_reads_waits_at_the_exchange_and_comes_in_order(
    venue: Served, levers: Levers, hear: Hear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few messages wait in the client, however many there are; none is lost while the venue keeps them."""
    monkeypatch.setattr(link, "WAITING_MAX", 4)
    set_book(levers, 99)
    stream = hear(venue.keys(), BOOKS)
    assert state_of(stream.next()) == sides(99)
    changes = range(101, 161)
    for price in changes:
        set_book(levers, price)
    if isinstance(stream, SyncHeard):
        assert stream.stream._socket is not None
        assert stream.stream._socket.recv_messages.frames.qsize() <= 5
    assert [state_of(stream.next()) for _ in changes] == [sides(price) for price in changes]


def test_a_message_that_comes_twice_is_given_once() -> None:
    """Trades have no numbers that follow on each other; the same text again is the same message."""
    trades = channels.trades(instId="BTC-USDT")
    here = talk(trades)
    for trade in ("1", "1", "2"):
        here.take(told({"arg": trades.arg, "data": [{"tradeId": trade, "ts": "1768500000000"}]}), 0.0)
    assert [event.rows[0].raw["tradeId"] for event in here.events if isinstance(event, Message)] == ["1", "2"]
