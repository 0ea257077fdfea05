"""Reading ahead: the next page of a history is under way while this one is read, and its rows are handed out.

    the second page came -> its last cursor is seen -> the third is asked for -> the second is read and handed out

Only a reading that went on to its second page reads ahead, one page at most, and only where no turn has to be taken
(`pace=False`): a turn would be held for as long as the caller takes over a page. The last cursor is seen before the
page has been read as a whole, so that what was asked for is compared with what is to be asked for then, and dropped
where it differs. What is wrong with a page read ahead is raised when its rows are due. A page that is called for late,
or was cut off, is asked for anew, and nothing is read ahead any more. Source: chosen (decisions/042).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tallystick.client.answers import Answer
from tallystick.client.flows import Flow
from tallystick.client.halves import Half

if TYPE_CHECKING:
    from tallystick.client.transport import UnderWay
    from tallystick.client.walk import Walk

FULL: Final = 0.95
"""A page of less than this part of the bytes of the one before may be the last: then it is read first."""


class _Begun(NamedTuple):
    """A page that is under way, and what it was asked for with."""

    asked: Mapping[str, object]
    flow: Flow[Answer]
    under_way: UnderWay


class Ahead:
    """The pages of one history, the next of which may be under way."""

    def __init__(self, half: Half, walk: Walk[Any]) -> None:
        self._half = half
        self._walk = walk
        self._begun: _Begun | None = None
        self._pages = 0
        self._bytes = 0
        self._apt = self._guesses = True

    def page(self) -> Answer:
        """The next page. Raises what the call raises; after that the page is asked for anew."""
        begun, self._begun = self._begun, None
        # After an exception in between, another page may be due than the one that was asked for.
        answer = None if begun is None or begun.asked != self._walk.ask() else self._of(begun)
        if answer is None:
            answer = self._half._run(self._walk.page_flow(self._half))
        self._pages += 1
        self._bytes = len(answer.raw)
        return answer

    def _of(self, begun: _Begun) -> Answer | None:
        received = self._half._receive(begun.under_way)
        if received is None:
            self._apt = False
            return None
        if self._guesses and len(received.body) > self._bytes * FULL:
            last = self._walk.last_cursor(received.body)
            if last is not None:
                self._begin(last)
        return self._half._run(begun.flow, received)

    def begin(self) -> None:
        """Have the page below the one that was taken in under way."""
        walk = self._walk
        if walk.over or walk.stuck is not None:
            self.leave()
        elif self._begun is None:
            if self._pages > 1 and self._apt:
                self._begin(walk.edge)
        elif self._begun.asked != walk.ask():
            self._guesses = False
            self._begin(walk.edge)

    def _begin(self, edge: int | None) -> None:
        asked = self._walk.ask(edge)
        flow = self._walk.flow(self._half, asked)
        under_way = self._half._send_ahead(flow)
        self._begun = None if under_way is None else _Begun(asked, flow, under_way)

    def leave(self) -> None:
        """Drop the page that is under way."""
        self._begun = None
