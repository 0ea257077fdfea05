"""One WebSocket on the wire: websockets makes and reads the frames, this module has the bounds and deadlines.

Messages the client does not take wait in a bounded queue, and nothing more is read until it takes them: its
own messages and pings cannot add more. A client whose queue overflows, or that takes nothing for long, is cut off.
Input is read in small pieces, and more than a little of it in turns with the other clients that send much.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import TYPE_CHECKING

from websockets.frames import Frame, Opcode
from websockets.protocol import SEND_EOF, State
from websockets.server import ServerProtocol

from tallystick.server.connections import is_reset
from tallystick.server.faults.delivery import abort_with_reset
from tallystick.server.turns import ROUND_SECONDS
from tallystick.server.ws.message import Message
from tallystick.venue.clock import stopwatch

if TYPE_CHECKING:
    from tallystick.server.connections import Connections

log = logging.getLogger("tallystick")

MESSAGE_BYTES_MAX = 64 * 1024
"""Longest message (documented for the arguments of a subscription); a longer one ends the connection with 1009."""
READ_BYTES = 1024
"""Bytes in one read; a client that sends as many at once goes on in turns."""
FRAMES_AT_ONCE = 16
"""Frames in one read; a client that sends more goes on in turns."""
WAITING_BYTES_MAX = 8 * 1024 * 1024
STALLED_SECONDS_MAX = 20
"""Time without a byte taken while some wait, after which the connection is dropped."""
IDLE_SECONDS_MAX = 30
HALF_SECONDS_MAX = 15
"""Longest time for a message to arrive."""
CUT_SECONDS_MAX = 5
"""Time for a client that is cut off to read the reason."""

BUFFER_FULL = (4005, "Buffer is full, cannot write data")
SILENT = (4004, "No data received in 30s")
HALF = (1002, "The message took too long to arrive")
NO_TEXT = (1007, "Messages are UTF-8")
STOPPED = (1012, "The venue is being stopped")

Said = str | bytes
"""Message of a client; bytes is a binary one."""


class Socket(asyncio.BufferedProtocol):
    """WebSocket of one client. The session sets `idle_seconds`, after which a connection without messages ends
    (0 is never), and `farewell`, the message before the server stops.

    `unread_bytes` counts the bytes of a frame that is not complete.
    """

    def __init__(self, everybody: Connections, transport: asyncio.Transport, peer: str, frames: ServerProtocol) -> None:
        self.everybody = everybody
        self.transport = transport
        self.peer = peer
        self.loop = everybody.loop
        self.frames = frames
        self.idle_seconds = 0
        self.farewell: Message | None = None
        self.used = 0.0
        self.gone = False
        self.read_seconds = 0.0
        """Time that the last read took."""
        self.message_seconds = 0.0
        """Time that the last message took, or the last piece of it."""
        self.message_began = 0.0
        """Start of the work on a message; 0 without one."""
        self.inbox: deque[Said] = deque()
        self.listener: asyncio.Future[None] | None = None
        self.half: bytearray | None = None
        self.half_opcode = Opcode.TEXT
        self.half_since = 0.0
        self.unread_bytes = 0
        self.waiting: deque[bytes] = deque()
        self.waiting_bytes = 0
        self.counted_bytes = 0
        self.written_bytes = 0
        self.taken_bytes = 0
        self.read_paused = False
        self.paused_at = 0.0
        self.in_line = False
        """True while nothing is read until others had their turn. This time does not count for the client."""
        self.write_paused = False
        self.mute = False
        """True when nothing more is sent."""
        self.ended = False
        """True when the client was cut off: its messages are dropped too."""
        self.mute_since = 0.0
        self.client_closed = False
        self.over = False
        """True when websockets reads no more frames, and makes none."""
        self.touched_at = self.stalled_since = self.loop.time()

    # ---- called by the transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.gone = True
        self._hush()
        self.everybody.leave(self)
        self.everybody.turns.forget()

    def pause_writing(self) -> None:
        self.write_paused = True
        self._read_on_or_wait()

    def resume_writing(self) -> None:
        self.write_paused = False
        while self.waiting and not self.write_paused:
            frame = self.waiting.popleft()
            self.waiting_bytes -= len(frame)
            self._write(frame)
        self._count_unsent()
        self._read_on_or_wait()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.everybody.buffer[:READ_BYTES]

    def buffer_updated(self, nbytes: int) -> None:
        self.read(bytes(self.everybody.buffer[:nbytes]))

    def eof_received(self) -> None:
        """Handle the end of input: the client has left, and the transport closes by itself."""
        self._hush()

    # ---- in

    def begin(self, handshake: bytes) -> None:
        """Answer the handshake."""
        self._write(handshake)

    def read(self, data: bytes) -> None:
        began, found = stopwatch(), 0
        try:
            found = self._read(data)
        except Exception as bug:
            log.error("a bug, while reading from a stream", exc_info=bug)
            self.transport.abort()
        self.read_seconds = stopwatch() - began
        self.everybody.turns.charge(self, self.read_seconds, 0.0)
        if len(data) >= READ_BYTES or found > FRAMES_AT_ONCE:
            self._wait_in_line()

    def _read(self, data: bytes) -> int:
        """Read frames, and return their number."""
        frames = self.frames
        if self.over:
            # The last frame has come; bytes after it mean nothing.
            return 0
        mute = self.mute
        self.touched_at = self.loop.time()
        self.unread_bytes += len(data)
        frames.receive_data(data)
        found = frames.events_received()
        for frame in found:
            if isinstance(frame, Frame):
                self.client_closed = self.client_closed or frame.opcode is Opcode.CLOSE
                if not self.ended:
                    self._hear(frame)
        self._answer(mute=mute)
        if self.over:
            self._hush()
            self._end()
        elif not self.half_since and (self.unread_bytes or self.half is not None):
            self.half_since = self.touched_at
        self._read_on_or_wait()
        return len(found)

    def _wait_in_line(self) -> None:
        """Let others go on before more is read: uvloop reads 32 times in a row while the buffer fills."""
        if not (self.in_line or self.read_paused or self.transport.is_closing()):
            self._stop_reading()
            self.in_line = True
            self.everybody.turns.ask(self, self._leave_line, self._expected_of_read)

    def _expected_of_read(self) -> float:
        return self.read_seconds

    def _leave_line(self) -> None:
        self.in_line = False
        self._resume_reading()

    def _hear(self, frame: Frame) -> None:
        self.unread_bytes -= wire_bytes(frame)
        opcode = frame.opcode
        if opcode in (Opcode.TEXT, Opcode.BINARY):
            self.half_opcode = opcode
            self.half = bytearray(frame.data)
        elif opcode is Opcode.CONT and self.half is not None:
            self.half += frame.data
        if self.half is None:
            self.half_since = 0.0
        elif frame.fin and opcode in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            said, self.half = bytes(self.half), None
            self.half_since = 0.0
            self._take(said)

    def _take(self, said: bytes) -> None:
        if self.half_opcode is Opcode.BINARY:
            self.inbox.append(said)
        else:
            try:
                self.inbox.append(said.decode("utf-8"))
            except UnicodeDecodeError:
                self.cut(*NO_TEXT)
                return
        self._wake()

    def _answer(self, *, mute: bool = False) -> None:
        """Send pongs and the end of a connection, which websockets makes by itself."""
        made = self.frames.data_to_send()
        self.over = self.over or SEND_EOF in made
        frames = b"".join(made)
        if frames and not mute:
            self._write(frames)

    @property
    def unread(self) -> bool:
        """True while messages of the client wait to be received; no more are read meanwhile."""
        return bool(self.inbox)

    async def receive(self) -> Said | None:
        """Next message of the client; None at the end.

        The second and later ones of a read take turns with other clients, and so does every one while many send."""
        turns = self.everybody.turns
        self._charge()
        if self.inbox:
            await turns.turn(self, self._expected_of_message)
        while not self.inbox and not self.mute:
            self._read_on_or_wait()
            self.listener = self.loop.create_future()
            await self.listener
            if turns.busy:
                await turns.turn(self, self._expected_of_message)
        self.message_began = stopwatch()
        return self.inbox.popleft() if self.inbox else None

    async def turn(self) -> None:
        """Let others go on before more work for this client."""
        self._charge()
        await self.everybody.turns.turn(self, self._expected_of_message)
        self.message_began = stopwatch()

    def _expected_of_message(self) -> float:
        return self.message_seconds

    def _charge(self) -> None:
        """Charge the work on a message, as one round at most: part of the time may be a wait for the disk."""
        if self.message_began:
            self.message_seconds = min(stopwatch() - self.message_began, ROUND_SECONDS)
            self.everybody.turns.charge(self, self.message_seconds, self.message_seconds)
            self.message_began = 0.0

    def _wake(self) -> None:
        if self.listener is not None and not self.listener.done():
            self.listener.set_result(None)

    def _read_on_or_wait(self) -> None:
        """Read unless messages wait to be answered, or sent bytes wait to be taken."""
        wanted = self.mute or not (self.inbox or self.write_paused)
        if not wanted:
            self._pause_reading()
        elif self.read_paused and not self.transport.is_closing():
            self.read_paused = False
            self._resume_reading()

    def _pause_reading(self) -> None:
        if not self.read_paused and not self.transport.is_closing():
            self._stop_reading()
            self.read_paused = True

    def _stop_reading(self) -> None:
        if not (self.read_paused or self.in_line):
            self.paused_at = self.loop.time()
            self.transport.pause_reading()

    def _resume_reading(self) -> None:
        """Read again. The time in which nothing was read does not count for the client."""
        if self.read_paused or self.in_line or self.transport.is_closing():
            return
        now = self.loop.time()
        self.touched_at = now
        if self.half_since:
            self.half_since += now - self.paused_at
        self.transport.resume_reading()

    # ---- out

    @property
    def unsent_bytes(self) -> int:
        return self.waiting_bytes

    def push(self, message: Message) -> None:
        """Send now or as soon as the client takes it, in order. Too many waiting bytes end the connection."""
        if self.mute:
            return
        frame = message.frame
        self.touched_at = self.loop.time()
        if not self.waiting and not self.write_paused:
            self._write(frame)
            return
        if self.waiting_bytes + len(frame) > WAITING_BYTES_MAX:
            self.cut(*BUFFER_FULL)
            return
        self.waiting.append(frame)
        self.waiting_bytes += len(frame)
        self._count_unsent()

    def _write(self, data: bytes) -> None:
        if not self.transport.is_closing():
            self.written_bytes += len(data)
            self.transport.write(data)

    def _count_unsent(self) -> None:
        change = self.waiting_bytes - self.counted_bytes
        self.counted_bytes = self.waiting_bytes
        if change:
            self.everybody.keep_unsent(change)

    # ---- the end

    def cut(self, code: int, reason: str) -> None:
        """End the connection for a reason. The client has a while to read it; nothing else is sent."""
        if self.mute:
            return
        self.ended = True
        self.inbox.clear()
        self._hush()
        if self.frames.state is State.OPEN:
            self.frames.send_close(code, reason)
        self._answer()
        # The client's own close frame has to be seen.
        self._read_on_or_wait()

    def fail(self, code: int, reason: str) -> None:
        """End the connection as `cut` does, but wait for no close frame, as the client's input is unreadable."""
        if not self.mute:
            self.ended = True
            self.inbox.clear()
            self._hush()
            self.frames.fail(code, reason)
            self._answer()
            self._end()
            self._read_on_or_wait()

    def cut_off(self) -> None:
        self.cut(*BUFFER_FULL)

    def drop(self, *, reset: bool) -> None:
        """End the connection without a close frame, for a fault."""
        self.ended = True
        self._hush()
        if reset:
            abort_with_reset(self.transport)
        self.transport.close()

    def shut(self) -> None:
        """Send the farewell as the server stops, then close with 1012. Other waiting messages are dropped."""
        if not self.mute:
            if self.farewell is not None:
                self._write(self.farewell.frame)
            self.cut(*STOPPED)

    def _hush(self) -> None:
        """Send nothing more. Earlier messages of the client still run, unless it is cut off."""
        self.mute = True
        self.mute_since = self.mute_since or self.loop.time()
        self.half = None
        self.waiting.clear()
        self.waiting_bytes = 0
        self._count_unsent()
        self._wake()

    def _end(self) -> None:
        """Close after the last frame. Bytes that still arrive are read and dropped for a while: a close before them
        would reset the connection, and the client might never see the reason."""
        if self.client_closed or not self.transport.can_write_eof():
            self.transport.close()
        else:
            self.transport.write_eof()

    # ---- time

    def sweep(self, now: float) -> None:
        """Enforce the deadlines, at `now` of the loop's clock."""
        unsent_bytes = self.transport.get_write_buffer_size()
        taken_bytes = self.written_bytes - unsent_bytes
        if not unsent_bytes or taken_bytes != self.taken_bytes:
            self.taken_bytes = taken_bytes
            self.stalled_since = now
        elif now - self.stalled_since > STALLED_SECONDS_MAX:
            self.transport.abort()
            return
        if (self.read_paused or self.in_line) and is_reset(self.transport):
            self.transport.abort()
        elif self.mute:
            if now - self.mute_since > CUT_SECONDS_MAX:
                self.transport.abort()
        elif self.read_paused or self.in_line:
            return
        elif self.half_since and now - self.half_since > HALF_SECONDS_MAX:
            self.fail(*HALF)
        elif self.idle_seconds and now - self.touched_at >= self.idle_seconds:
            self.cut(*SILENT)


def wire_bytes(frame: Frame) -> int:
    """Length of a client's frame on the wire: two bytes, longer length where needed, mask, payload (RFC 6455, 5.2)."""
    length = len(frame.data)
    return length + 6 + (0 if length < 126 else 2 if length < 65_536 else 8)
