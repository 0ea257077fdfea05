"""Reading ahead: the next page of a history is asked for while this one is handed out, and nobody sees more of that.

A list of 450 rows has five pages; each begins with the row the one before ended in, since the cursor is asked for with
it (`walk`). So they begin with rows 0, 99, 198, 297 and 396, and the last has 54 rows.
"""

from __future__ import annotations

import gc
import os
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, Final

import pytest

from tallystick import Client
from tallystick.client import ahead, errors, transport
from tallystick.client.clock import monotonic
from tallystick.client.history import History
from tallystick.client.rows.flexible_loan import LoanHistoryRow
from tallystick.client.steps import Headers, Received, Send
from tallystick.client.walk import Span
from tallystick.contract import market
from tallystick.contract.core import Endpoint
from tests.client.lists import START_MS, Listed, endpoint, row
from tests.client.venue import TIME, Script, http
from tests.patience import PATIENCE_S

ROWS: Final = 450
PAGES: Final = ["0", "99", "198", "297", "396"]
"""The first row of each page."""
FROM_START: Final = Span()


class ListServer(Script):
    """Server of a list. `odd` gives another answer to a request, by the number of the page and how often it was asked
    for: bytes, or None to close the connection."""

    def __init__(self, shown: Endpoint, rows: int = ROWS) -> None:
        # A list of answers that is never empty keeps the server listening.
        super().__init__(None)
        self.shown = shown
        self.listed = Listed(shown, [row(n, ts=START_MS - n, ref_id=10_000 - n) for n in range(rows)])
        self.odd: dict[tuple[str, int], Callable[[bytes], bytes | None]] = {}
        self.asked: list[str] = []
        self.came = threading.Condition()
        self.ended = threading.Semaphore(0)

    def _serve(self, connection: Any) -> None:
        super()._serve(connection)
        self.ended.release()

    def _one(self, connection: Any, reader: Any) -> bool:
        line = reader.readline()
        while reader.readline().strip():
            pass
        if not line or not self.answers:
            return False
        target = line.split()[1].decode()
        if target.startswith(market.TIME.path):
            connection.sendall(TIME)
            return True
        result = self.listed.send(Send("GET", target, Headers(), b"", 0.0, repeatable=True))
        assert isinstance(result, Received)
        first = self.listed.asked[-1].get("after", "10001")
        page = str(10_001 - int(first))
        with self.came:
            self.asked.append(page)
            odd = self.odd.get((page, self.asked.count(page)))
            self.came.notify_all()
        answer = http(result.body) if odd is None else odd(result.body)
        if answer is not None:
            connection.sendall(answer)
        return answer is not None

    def wait_for(self, *pages: str) -> None:
        """Wait until these pages were asked for, and no others. It fails after ten seconds."""
        with self.came:
            self.came.wait_for(lambda: len(self.asked) >= len(pages), PATIENCE_S)
            assert self.asked == list(pages)


@pytest.fixture
def server() -> Iterator[ListServer]:
    with ListServer(endpoint(inclusive=False, by_time=False)) as found:
        yield found


@contextmanager
def reading(server: ListServer, span: Span = FROM_START, **options: Any) -> Iterator[tuple[Client, History[Any]]]:
    with Client(base_url=server.url, **{"pace": False, **options}) as client:
        yield client, History(client, server.shown, {}, LoanHistoryRow, span)


def numbers(rows: Any) -> list[str]:
    return [found.raw["amt"] for found in rows]


def count(first: int, end: int = ROWS) -> list[str]:
    return [str(number) for number in range(first, end)]


def test_the_next_page_is_asked_for_before_the_rows_of_this_one_are_handed_out(server: ListServer) -> None:
    with reading(server) as (_, history):
        assert numbers(islice(history, 100)) == count(0, 100)
        server.wait_for(*PAGES[:1])
        # Who asks for one page more goes on, so it seems.
        assert numbers(islice(history, 1)) == ["100"]
        server.wait_for(*PAGES[:3])
        assert numbers(history) == count(101)
        # The last page is short, and nothing is asked for below it.
        assert server.asked == PAGES


def test_who_reads_one_page_asks_for_one(server: ListServer) -> None:
    with reading(server) as (client, history):
        numbers(islice(history, 100))
        client.time()
        assert server.asked == ["0"]


def test_nothing_is_asked_ahead_where_turns_are_taken(
    server: ListServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with reading(server, pace=True) as (client, history):
        numbers(islice(history, 150))
        client.time()
        assert server.asked == PAGES[:2]
        assert numbers(history) == count(150)


def test_another_call_in_between_gets_its_own_answer(server: ListServer) -> None:
    with reading(server) as (client, history):
        given = numbers(islice(history, 150))
        server.wait_for(*PAGES[:3])
        assert client.time().ts is not None
        other = History(client, server.shown, {}, LoanHistoryRow, Span())
        for _ in range(300):
            given += numbers(islice(history, 1))
            numbers(islice(other, 1))
        assert numbers(other) == count(300)
        assert given == count(0, ROWS)


def test_an_abandoned_reading_leaves_no_connection_open(server: ListServer) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with reading(server) as (client, history):
            numbers(islice(history, 150))
            server.wait_for(*PAGES[:3])
            del history
            gc.collect()
            assert server.ended.acquire(timeout=PATIENCE_S)
            assert client.time().ts is not None


def test_a_closed_client_leaves_no_connection_open(server: ListServer) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with reading(server) as (_, history):
            given = numbers(islice(history, 150))
            server.wait_for(*PAGES[:3])
        assert server.ended.acquire(timeout=PATIENCE_S)
        # A closed client opens connections anew, as it does for any call.
        assert given + numbers(history) == count(0)
        assert server.asked == [*PAGES[:3], *PAGES[2:]]


REFUSAL: Final = http({"code": "51000", "msg": "Parameter after error", "data": []})
HTML: Final = http("<html>", "502 Bad Gateway", "text/html")


def test_an_error_of_the_page_ahead_is_raised_when_its_rows_are_due(server: ListServer) -> None:
    server.odd = {("198", 1): lambda _: REFUSAL, ("198", 2): lambda _: REFUSAL}
    with reading(server) as (_, history):
        given = numbers(islice(history, 199))
        assert given == count(0, 199)
        server.wait_for(*PAGES[:3])
        for _ in range(2):
            with pytest.raises(errors.BadParameter):
                next(history)
        assert given + numbers(history) == count(0)
        assert server.asked == [*PAGES[:2], "198", "198", *PAGES[2:]]


def test_a_reading_that_failed_goes_on_with_the_page_that_is_due(server: ListServer) -> None:
    """A page is refused after its end was seen and the page below it asked for: that one must wait its turn."""
    broken: list[bytes] = []

    def half_broken(body: bytes) -> bytes:
        # The last row is whole, so that the next page is asked for; a row above has no cursor.
        broken.append(body)
        return http(body.replace(b'"refId":"9800"', b'"refId":"none"'))

    server.odd = {("198", 1): half_broken}
    with reading(server) as (_, history):
        given = numbers(islice(history, 199))
        with pytest.raises(errors.BadAnswer, match="no refId"):
            next(history)
        assert broken
        assert given + numbers(history) == count(0)


@pytest.mark.parametrize("status", [None, HTML])
def test_a_page_that_was_cut_off_or_failed_is_asked_for_anew(
    server: ListServer, status: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallystick.client.waiting.sleep", lambda _: None)
    server.odd = {("198", 1): lambda _: status}
    with reading(server) as (_, history):
        assert numbers(history) == count(0)
    assert server.asked == [*PAGES[:2], "198", *PAGES[2:]]


def test_a_page_that_is_called_for_late_is_asked_for_anew(server: ListServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row was added to the value the page ended in while the caller was busy: it comes, as without reading ahead."""
    with reading(server) as (_, history):
        given = numbers(islice(history, 199))
        server.wait_for(*PAGES[:3])
        late = monotonic() + transport.AHEAD_S
        monkeypatch.setattr("tallystick.client.transport.monotonic", lambda: late)
        given += numbers(islice(history, 1))
        monkeypatch.undo()
        server.wait_for(*PAGES[:3], "198")
        assert given + numbers(history) == count(0)
        # Who takes so long has nothing of it, and reads ahead no more.
        assert server.asked == [*PAGES[:3], *PAGES[2:]]


def test_a_tie_in_the_page_ahead_is_unprovable_when_its_turn_comes(server: ListServer) -> None:
    for number in range(198, 330):
        server.listed.rows[number]["refId"] = str(10_000 - 198)
    with reading(server) as (_, history):
        given = numbers(islice(history, 298))
        assert given == count(0, 298)
        for _ in range(2):
            with pytest.raises(errors.Unprovable) as caught:
                next(history)
    with reading(server, Span(position=caught.value.beyond)) as (_, rest):
        assert numbers(rest) == count(330)


@pytest.mark.parametrize("stop", [150, 199, 200, 298, 449])
def test_a_saved_position_stands_below_what_was_handed_out(server: ListServer, stop: int) -> None:
    with reading(server) as (_, history):
        given = numbers(islice(history, stop))
        saved = history.position
    with reading(server, Span(position=saved)) as (_, rest):
        assert given + numbers(rest) == count(0)


def test_a_page_that_is_asked_for_by_itself_is_not_the_one_ahead(server: ListServer) -> None:
    with reading(server) as (_, history):
        numbers(islice(history, 199))
        server.wait_for(*PAGES[:3])
        page = history.page()
        assert page is not None
        assert numbers(page.rows) == count(199, 298)
        assert server.asked == [*PAGES[:3], "198"]


def test_a_child_leaves_the_page_ahead_to_its_parent(server: ListServer) -> None:
    with reading(server) as (_, history):
        given = numbers(islice(history, 199))
        server.wait_for(*PAGES[:3])
        child = os.fork()
        if child == 0:
            os._exit(0 if numbers(history) == count(199) else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        server.wait_for(*PAGES[:3], *PAGES[2:])
        assert given + numbers(history) == count(0)
        # The parent has used its own page: it has asked for the fourth and the fifth alone.
        assert server.asked == [*PAGES[:3], *PAGES[2:], *PAGES[3:]]


def test_a_list_in_another_order_is_read_whole(server: ListServer) -> None:
    """The last row of a page is not its lowest: what was asked for by it is dropped, and nothing by the next one."""
    honest = server.listed.answer
    server.listed.answer = lambda query: honest(query)[::-1]  # type: ignore[method-assign]
    with reading(server) as (_, history):
        assert numbers(history) == count(0)
    # The server may read the request that is dropped after later ones, since it comes over a connection of its own.
    assert list(dict.fromkeys(server.asked)) == PAGES
    assert sorted(server.asked) == sorted([*PAGES, "198"])


# ---- bugs planted


def never_compared(self: ahead.Ahead) -> Any:
    begun, self._begun = self._begun, None
    answer = None if begun is None else self._of(begun)
    if answer is None:
        answer = self._half._run(self._walk.page_flow(self._half))
    self._pages += 1
    self._bytes = len(answer.raw)
    return answer


def test_a_page_that_nobody_compares_is_seen(server: ListServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead.Ahead, "page", never_compared)
    with pytest.raises(AssertionError):
        test_a_reading_that_failed_goes_on_with_the_page_that_is_due(server)
