"""What is told to clients of streams."""

from __future__ import annotations

from websockets.frames import Frame, Opcode


class Message:
    """`text` is JSON or pong, `frame` the same as it goes over the wire: made once, for everybody who is told it."""

    __slots__ = ("frame", "text")

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.frame = Frame(Opcode.TEXT, text).serialize(mask=False)
