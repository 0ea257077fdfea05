"""The sync half of the client: carries out the steps of a flow, from any thread."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

from tallystick.client.clock import sleep
from tallystick.client.flows import Flow, T
from tallystick.client.making import Made
from tallystick.client.records import Record
from tallystick.client.safe.methods import SafeRepay
from tallystick.client.steps import Result, Send, Step, Wait
from tallystick.client.sync_methods import SyncMethods
from tallystick.client.transport import HttpTransport, Transport

if TYPE_CHECKING:
    from tallystick.client.stream.subscription import Subscription
    from tallystick.client.stream.sync import Stream

R = TypeVar("R", bound=Record)


class Client(SafeRepay, SyncMethods, Made):
    """Client that waits for its answers. Safe to share between threads; close it, or use it in a `with`."""

    _transport: Transport

    def _connect(self, ca: str | None) -> None:
        if self._transport_name:
            raise ValueError("the sync half has one transport; transport= is for AsyncClient")
        self._transport = HttpTransport(self._session.host.url, ca=ca)

    def _run(self, steps: Flow[T]) -> T:
        """The result of a flow. Raises what the flow raises."""
        if self._told:
            self._acknowledge()
        try:
            step = next(steps)
            while True:
                # What is sent, which is most, goes without a call of a method in between.
                if isinstance(step, Send):
                    result: Result = self._transport.send(step)
                else:
                    result = self._carry_out(step)
                step = steps.send(result)
        except StopIteration as end:
            value: T = end.value
            return value

    def _carry_out(self, step: Step) -> Result:
        if isinstance(step, Wait):
            sleep(step.seconds)
            return None
        return self._aside(step)

    def stream(self, *subscriptions: Subscription[R], patience_s: float = 300.0) -> Stream[R]:
        """A stream of channels, all on one path: `stream(channels.orders(instType="ANY"))`.

        It opens itself anew for up to `patience_s`. Raises ValueError for channels of several paths, NotSent where a
        channel needs a key.
        """
        from tallystick.client.stream.sync import Stream

        return Stream(self._session, self._run, subscriptions, ca=self._ca, patience_s=patience_s)

    def close(self) -> None:
        self._acknowledge()
        self._transport.close()
        self._pace.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
