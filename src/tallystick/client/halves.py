"""The two halves as the methods see them, and flows that end in typed rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, TypeVar

from tallystick.client.answers import Answer
from tallystick.client.errors import BadAnswer
from tallystick.client.flows import Flow, Session
from tallystick.client.records import Record
from tallystick.client.steps import Received, Result

if TYPE_CHECKING:
    from tallystick.client.transport import UnderWay

T = TypeVar("T")
R = TypeVar("R", bound=Record)


class Half(ABC):
    """Base of the methods of the sync half."""

    _session: Session

    @abstractmethod
    def _run(self, steps: Flow[T], result: Result = None) -> T:
        """Carry the steps of a flow out. One that was sent ahead goes on with the `result` that was received."""

    @abstractmethod
    def _send_ahead(self, steps: Flow[T]) -> UnderWay | None:
        """Send the read that a flow begins with. None where it begins with anything else, or nothing can be sent."""

    @abstractmethod
    def _receive(self, under_way: UnderWay) -> Received | None:
        """The answer to a read that was sent ahead. None where it is to be sent anew."""


class AsyncHalf(ABC):
    """Base of the methods of the async half."""

    _session: Session

    @abstractmethod
    async def _run(self, steps: Flow[T]) -> T:
        """Carry the steps of a flow out."""


def many(flow: Flow[Answer], record: type[R]) -> Flow[list[R]]:
    """All rows of the answer."""
    answer = yield from flow
    return list(map(record, answer.rows))


def one(flow: Flow[Answer], record: type[R]) -> Flow[R]:
    """The only row of the answer. Raises BadAnswer for any other number of rows."""
    answer = yield from flow
    if len(answer.rows) != 1:
        raise BadAnswer(
            f"The answer has {len(answer.rows)} rows where one is documented.",
            sample=answer.raw[:200].decode("utf-8", "replace"),
            endpoint=answer.endpoint.name,
        )
    return record(answer.rows[0])


def texts(flow: Flow[Answer]) -> Flow[list[list[str]]]:
    """Rows that are lists of texts."""
    answer = yield from flow
    return [[str(item) for item in row] for row in answer.rows]


def none(flow: Flow[Answer]) -> Flow[None]:
    """Nothing: the answer has no row that says more than that it came."""
    yield from flow
