"""One WebSocket on the wire: uvicorn's protocol with a bounded way out, and a way to be cut off.

Messages the app answers with go through uvicorn. What is pushed is made into a frame once and written
to every socket that wants it; what a client does not take waits in a queue of bounded size, and who lets
it overflow is cut off. The sweep of `server.protocol` looks at all connections once a second.
"""

from __future__ import annotations

from collections import deque
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

EXTENSION = "tallystick.socket"
MESSAGE_BYTES_MAX = 64 * 1024
"""Documented for the arguments of a subscription; a longer message ends the connection with 1009."""
WAITING_BYTES_MAX = 8 * 1024 * 1024
STALLED_SECONDS_MAX = 20
"""With bytes waiting and none taken for so long, the client is gone."""
IDLE_SECONDS_MAX = 30
CUT_SECONDS_MAX = 5
"""So long a client that is cut off may still read why."""

BUFFER_FULL = (4005, "Buffer is full, cannot write data")
SILENT = (4004, "No data received in 30s")


def frame_of(message: bytes) -> bytes:
    """A text message as it goes over the wire, the same for every connection."""
    return Frame(Opcode.TEXT, message).serialize(mask=False)


class Socket(WebSocketsSansIOProtocol):
    """Two things are set by the app: `idle_seconds`, without a message either way for so long the connection ends (0 is
    never), and `farewell`, the frame that is said before the server stops."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: deque[bytes] = deque()
        self.waiting_bytes = 0
        self.idle_seconds = 0
        self.farewell = b""
        self.touched_at = self.loop.time()
        self.unsent_bytes = 0
        self.stalled_since = self.touched_at

    async def run_asgi(self) -> None:
        # The app's way to what ASGI has no words for.
        extensions: dict[str, Any] = {**(self.scope["extensions"] or {}), EXTENSION: self}
        self.scope["extensions"] = extensions
        await super().run_asgi()

    def data_received(self, data: bytes) -> None:
        self.touched_at = self.loop.time()
        super().data_received(data)

    # ---- out

    def push(self, frame: bytes) -> None:
        """Send now or as soon as the client takes it, in order. Too much waiting ends the connection."""
        if self.close_sent or self.disconnected:
            return
        self.touched_at = self.loop.time()
        if not self.waiting and self.writable.is_set():
            self.transport.write(frame)
            return
        if self.waiting_bytes + len(frame) > WAITING_BYTES_MAX:
            self.cut(*BUFFER_FULL)
            return
        self.waiting.append(frame)
        self.waiting_bytes += len(frame)

    def resume_writing(self) -> None:
        super().resume_writing()
        while self.waiting and self.writable.is_set():
            frame = self.waiting.popleft()
            self.waiting_bytes -= len(frame)
            self.transport.write(frame)

    def cut(self, code: int, reason: str) -> None:
        """End the connection for a reason, without waiting for the client."""
        if self.close_sent or self.disconnected:
            return
        self.waiting.clear()
        self.waiting_bytes = 0
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.close_sent = True
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_timer = self.loop.call_later(CUT_SECONDS_MAX, self.transport.abort)
        if self.read_paused:
            # The client's own close frame has to be seen.
            self.read_paused = False
            self.transport.resume_reading()

    def shutdown(self) -> None:
        """The server stops: say so, then close with 1012."""
        if self.farewell:
            self.push(self.farewell)
        super().shutdown()

    # ---- time

    def sweep(self, now: float) -> None:
        """Close what has waited too long, at `now` of the loop's clock."""
        unsent_bytes = self.transport.get_write_buffer_size()
        if unsent_bytes == 0 or unsent_bytes != self.unsent_bytes:
            self.unsent_bytes = unsent_bytes
            self.stalled_since = now
        elif now - self.stalled_since > STALLED_SECONDS_MAX:
            self.transport.abort()
            return
        if self.idle_seconds and now - self.touched_at >= self.idle_seconds:
            self.cut(*SILENT)
