"""Messages to clients of WebSockets."""

from __future__ import annotations

from websockets.frames import Frame, Opcode


class Message:
    """One message, made once for all its receivers. `text` is JSON or pong, `frame` the same as bytes of the wire."""

    __slots__ = ("frame", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.frame = Frame(Opcode.TEXT, text).serialize(mask=False)
