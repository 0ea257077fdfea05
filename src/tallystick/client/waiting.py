"""Base of clients that wait: carries out the steps of a flow, from any thread."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from tallystick.client.clock import sleep
from tallystick.client.errors import ClientError
from tallystick.client.flows import Flow, T
from tallystick.client.making import Made
from tallystick.client.steps import Received, Result, Send, Step, Tell, Wait
from tallystick.client.transport import HttpTransport, Transport, UnderWay


class Waiting(Made):
    """Client that waits for its answers, without methods of its own: a program that needs few endpoints loads few.

    Stands before the classes of methods among the bases of a client.
    """

    _transport: Transport

    def _connect(self, ca: str | None) -> None:
        if self._transport_name:
            raise ValueError("the sync half has one transport; transport= is for AsyncClient")
        self._transport = HttpTransport(self._session.host.url, ca=ca)

    def _run(self, steps: Flow[T], result: Result = None) -> T:
        """The result of a flow, given the result of the step it stands at. Raises what the flow raises."""
        if self._told:
            self._acknowledge()
        told: list[Tell] | None = None
        try:
            while True:
                step = steps.send(result)
                # What is sent, which is most, goes without a call of a method in between.
                if isinstance(step, Send):
                    result = self._transport.send(step)
                else:
                    result = self._carry_out(step)
                    if isinstance(step, Tell):
                        told = [*(told or ()), step]
        except StopIteration as end:
            value: T = end.value
            if told is not None:
                self._returned(told)
            return value

    def _send_ahead(self, steps: Flow[T]) -> UnderWay | None:
        try:
            step = next(steps)
        except ClientError:
            return None
        return self._transport.send_ahead(step) if isinstance(step, Send) and step.repeatable else None

    def _receive(self, under_way: UnderWay) -> Received | None:
        return self._transport.receive(under_way)

    def _carry_out(self, step: Step) -> Result:
        if isinstance(step, Wait):
            sleep(step.seconds)
            return None
        return self._aside(step)

    def close(self) -> None:
        self._acknowledge()
        self._transport.close()
        self._pace.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
