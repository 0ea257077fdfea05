"""A subscription: a channel, its arguments, and the record that its messages are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Generic, TypeVar

from tallystick.client.records import Record
from tallystick.contract.channels import Channel

R = TypeVar("R", bound=Record)

WHOLE_BOOKS: Final = frozenset({"books", "books-l2-tbt", "books50-l2-tbt"})
"""Channels that tell a whole book once, and then what changes."""
WHOLE_EACH_TIME: Final = frozenset({"bbo-tbt", "books5"})
"""Channels whose every message is a whole, with a number that rises."""


class Subscription(Generic[R]):
    """What `client.stream` is given. `arg` is the channel with its arguments, as it is sent."""

    __slots__ = ("arg", "channel", "record")

    def __init__(self, channel: Channel, arguments: Mapping[str, object], record: type[R]) -> None:
        self.channel = channel
        self.record = record
        given = {name: str(value) for name, value in arguments.items() if value is not None}
        self.arg = {"channel": channel.name, **given}

    def covers(self, arg: Mapping[str, Any]) -> bool:
        """True where a message with this `arg` belongs to the subscription; the exchange adds to it, such as `uid`."""
        return all(arg.get(name) == value for name, value in self.arg.items())

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value}" for name, value in self.arg.items() if name != "channel")
        return f"<{self.channel.name}{f' {arguments}' if arguments else ''}>"
