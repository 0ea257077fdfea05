"""Console beside a venue: `tally serve --console` starts it as a process of its own, which ends with the venue.

The socket is opened and the code is made before the venue answers, so its first lines can tell both. The process itself
is started by a thread once the venue answers, so the venue never waits for it. Whatever goes wrong with the console is
one line of warning.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections import deque
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Final

import click
import msgspec

from tallystick.cli.console import MISSING, address, bound
from tallystick.cli.frame.failing import Stop
from tallystick.cli.frame.language import Words
from tallystick.console.codes import new_code
from tallystick.console.handing import Handed

COMMAND: Final = (sys.executable, "-P", "-m", "tallystick.console")
"""Program of the console. A module that lies in the folder of the shell is none of ours, so it is not looked in."""
END_S: Final = 5.0
"""Time for the console to end by itself before it is killed."""
WARNING: Final = Words("tally: warning: {why}; the venue goes on without it", "tally: 警告：{why}；平台继续运行")
ENDED: Final = Words("the console has ended ({said})", "控制台已退出（{said}）")


class Beside:
    """Console beside one venue, at `url` for whoever has `code`. Close it after the venue."""

    def __init__(self, listener: socket.socket) -> None:
        self.url = address(listener)
        self.code = new_code()
        self._listener = listener
        self._warning, self._ended = str(WARNING), str(ENDED)
        self._lock = threading.Lock()
        self._closing = False
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def begin(self, url: str, token: str, ca: Path | None, data: str) -> None:
        """Start the process, for the venue that answers at `url`. `data` are the options of commands that name it."""
        handed = Handed(
            url=url,
            token=token,
            ca=None if ca is None else str(ca),
            data=data,
            code=self.code,
            listener=self._listener.fileno(),
        )
        line = msgspec.json.encode(handed) + b"\n"
        self._thread = threading.Thread(target=self._run, args=(line,), name="console", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the process. Harmless when it has ended, or never began."""
        with self._lock:
            self._closing = True
            process = self._process
        self._listener.close()
        if process is not None:
            with suppress(OSError):
                _input(process).close()
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
        if self._thread is not None:
            self._thread.join()

    # ---- in the thread

    def _run(self, line: bytes) -> None:
        try:
            process = self._started(line)
        except OSError as problem:
            self._warn(problem.strerror or str(problem))
            return
        if process is None or process.stderr is None:
            return
        with process.stderr as told:
            last = deque(told, maxlen=1)
        status = process.wait()
        if not self._closing:
            said = b"".join(last).decode("utf-8", "replace").strip()
            self._warn(said or f"status {status}")

    def _started(self, line: bytes) -> subprocess.Popen[bytes] | None:
        """The process with what it needs on its standard input; None where the venue ends already."""
        with self._lock:
            if self._closing:
                return None
            # In a session of its own no Ctrl-C reaches it, and it serves until the venue has ended.
            self._process = process = subprocess.Popen(  # noqa: S603
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                pass_fds=(self._listener.fileno(),),
                start_new_session=True,
            )
        # A browser must hear of the end of the process, so nobody else holds its socket.
        self._listener.close()
        with suppress(BrokenPipeError):
            _input(process).write(line)
            _input(process).flush()
        return process

    def _warn(self, said: str) -> None:
        click.echo(self._warning.format(why=self._ended.format(said=said)), err=True)


def beside(port: int) -> Beside | None:
    """Console that can be begun at this port of this machine; else None, and a warning says why."""
    try:
        if find_spec("aiohttp") is None:
            raise Stop(str(MISSING))
        return Beside(bound("127.0.0.1", port, "--console-port"))
    except Stop as problem:
        click.echo(str(WARNING).format(why=problem.form.reason), err=True)
        return None


def _input(process: subprocess.Popen[bytes]) -> IO[bytes]:
    if process.stdin is None:
        raise ValueError("the process was started without an input")
    return process.stdin
