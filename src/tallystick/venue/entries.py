"""Entries of the journal as bytes and back.

An entry holds a command and the events it gave, as JSON. Of new prices, which a day has more than a thousand times,
the event is left out where every price of the command moved: the command says it all (decisions/034).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from tallystick.engine.commands import Command, MoveMarket
from tallystick.engine.events import MarketMoved
from tallystick.engine.journaled import AnyCommand, AnyEvent
from tallystick.engine.market import moved_by
from tallystick.store.api import Entry

_MOVES: Final = b'["MoveMarket",'
_COMMAND: msgspec.json.Decoder[AnyCommand] = msgspec.json.Decoder(AnyCommand)
_EVENTS: msgspec.json.Decoder[list[AnyEvent]] = msgspec.json.Decoder(list[AnyEvent])
encode_command = msgspec.json.encode


def encode_events(command: Command, events: Sequence[AnyEvent]) -> bytes:
    """Of a command that gave events."""
    if type(command) is MoveMarket and events[0] == moved_by(command):
        return msgspec.json.encode(events[1:])
    return msgspec.json.encode(events)


def command_of(entry: Entry) -> AnyCommand:
    """Raises msgspec.DecodeError; its ValidationError where the bytes are whole and not of this version."""
    return _COMMAND.decode(entry.command)


def events_of(entry: Entry) -> list[AnyEvent]:
    """Raises as `command_of`."""
    return read(entry)[1] if entry.command.startswith(_MOVES) else _EVENTS.decode(entry.events)


def read(entry: Entry) -> tuple[AnyCommand, list[AnyEvent]]:
    """Command and events. Raises as `command_of`."""
    command, events = command_of(entry), _EVENTS.decode(entry.events)
    if isinstance(command, MoveMarket) and not (events and type(events[0]) is MarketMoved):
        return command, [moved_by(command), *events]
    return command, events
