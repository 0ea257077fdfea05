"""Codec of journal entries: to bytes and back.

An entry holds a command and its events, as JSON. New prices come more than a thousand times a day. Their event is
left out if every price of the command moved, since the command says the same (decisions/034).
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
encode_command = msgspec.json.Encoder().encode
_encode_all: Final = msgspec.json.Encoder().encode
_NOTHING: Final = _encode_all([])


def encode_events(command: Command, events: Sequence[AnyEvent]) -> bytes:
    """Encode the events of a command that has any."""
    if type(command) is MoveMarket and events[0] == moved_by(command):
        return _encode_all(events[1:]) if len(events) > 1 else _NOTHING
    return _encode_all(events)


def command_of(entry: Entry) -> AnyCommand:
    """Decode a command. Raises msgspec.DecodeError; its ValidationError if whole bytes are of another version."""
    return _COMMAND.decode(entry.command)


def events_of(entry: Entry) -> list[AnyEvent]:
    """Decode the events of an entry. Raises as `command_of`."""
    return read(entry)[1] if entry.command.startswith(_MOVES) else _EVENTS.decode(entry.events)


def read(entry: Entry) -> tuple[AnyCommand, list[AnyEvent]]:
    """Decode command and events. Raises as `command_of`."""
    command, events = command_of(entry), _EVENTS.decode(entry.events)
    if isinstance(command, MoveMarket) and not (events and type(events[0]) is MarketMoved):
        return command, [moved_by(command), *events]
    return command, events
