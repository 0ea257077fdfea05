"""The sync half of the client: every endpoint, safe repay and streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tallystick.client.records import Record
from tallystick.client.safe.methods import SafeRepay
from tallystick.client.sync_methods import SyncMethods
from tallystick.client.waiting import Waiting

if TYPE_CHECKING:
    from tallystick.client.stream.subscription import Subscription
    from tallystick.client.stream.sync import Stream

R = TypeVar("R", bound=Record)


class Client(Waiting, SafeRepay, SyncMethods):
    """Client that waits for its answers. Safe to share between threads; close it, or use it in a `with`."""

    def stream(self, *subscriptions: Subscription[R], patience_s: float = 300.0) -> Stream[R]:
        """A stream of channels, all on one path: `stream(channels.orders(instType="ANY"))`.

        It opens itself anew for up to `patience_s`. Raises ValueError for channels of several paths, NotSent where a
        channel needs a key.
        """
        from tallystick.client.stream.sync import Stream

        return Stream(self._session, self._run, subscriptions, ca=self._ca, patience_s=patience_s)
