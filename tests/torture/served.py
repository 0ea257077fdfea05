"""A venue in a process of its own, as whoever tries to hurt it sees it: its port, its memory, its handles, its log."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tallystick.venue.connection import CONNECTION, Connection
from tallystick.venue.keys import Credentials
from tallystick.wire.sign import sign
from tests.torture.launch import AHEAD, FILES, PLANT

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))}
START_SECONDS_MAX = 60
ANSWER_SECONDS_MAX = 30
LOGGED = re.compile("(CRITICAL|ERROR|WARNING) ")
PAGE = os.sysconf("SC_PAGESIZE")


class Venue:
    """`patience` is how long a call may take before it counts as hanging."""

    def __init__(self, process: subprocess.Popen[str], folder: Path, log: Path, log_began: int) -> None:
        self.process = process
        self.folder = folder
        self._log = log
        self._log_began = log_began
        self.connection = msgspec.json.decode((folder / CONNECTION).read_bytes(), type=Connection)
        self.url = self.connection.url
        self.port = urlsplit(self.url).port or 0
        self.token = self.connection.control_token
        self.alice, self.bob = (user.keys[0] for user in self.connection.users)

    # ---- what it is asked

    def call(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Status and answer, on a connection of its own. JSON that is none comes as text."""
        client = HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS_MAX)
        try:
            raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
            client.request(method, path, raw or None, {"Content-Type": "application/json", **(headers or {})})
            answer = client.getresponse()
            text = answer.read().decode("utf-8", "replace")
        finally:
            client.close()
        try:
            return answer.status, json.loads(text)
        except ValueError:
            return answer.status, text

    def control(self, path: str, body: object = None) -> tuple[int, Any]:
        """POST where there is a body."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self.call("GET" if body is None else "POST", f"/tally/v1/{path}", body, headers)

    def must(self, path: str, body: object = None) -> Any:
        """A control call that is to succeed."""
        status, answer = self.control(path, body)
        assert status == 200, (path, status, answer)
        return answer

    def signed(self, method: str, path: str, body: object = None, key: Credentials | None = None) -> tuple[int, Any]:
        raw = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.call(method, path, raw or None, headers_of(key or self.alice, method, path, raw))

    def transfer(self, number: str) -> tuple[int, Any]:
        """A command that always succeeds: a little of what alice has, named by a client's number."""
        body = {"ccy": "BTC", "amt": "0.0001", "from": "18", "to": "6", "clientId": number}
        return self.signed("POST", "/api/v5/asset/transfer", body)

    def told(self) -> tuple[int, str]:
        """Number of the last entry, and the hash of the state after it."""
        found = self.must("state-hash")
        return found["seq"], found["hash"]

    # ---- what is done to it

    def order(self, do: str, **what: Any) -> Any:
        """One order for `tests.torture.launch`; what it tells."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"do": do, **what}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())["done"]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(START_SECONDS_MAX)

    # ---- what it looks like from outside

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def memory(self) -> int:
        """Bytes that are in memory."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * PAGE

    def handles(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def log(self) -> str:
        """What this process has said on standard error."""
        return self._log.read_text(encoding="utf-8", errors="replace")[self._log_began :]

    def complaints(self) -> list[str]:
        """First lines of what it has logged, tracebacks left out."""
        return [line for line in self.log().splitlines() if LOGGED.match(line)]


def headers_of(key: Credentials, method: str, path: str, raw: bytes) -> dict[str, str]:
    now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {
        "OK-ACCESS-KEY": key.api_key,
        "OK-ACCESS-SIGN": sign(key.secret_key, now, method, path, raw),
        "OK-ACCESS-TIMESTAMP": now,
        "OK-ACCESS-PASSPHRASE": key.passphrase,
    }


@contextmanager
def starting(
    folder: Path, *options: str, plant: str = "", ahead_ms: int = 0, files: int = 0
) -> Iterator[subprocess.Popen[str]]:
    """`tally serve` as a process that has just begun; killed at the end where it still lives."""
    arguments = ["serve", "--port", "0", "--quiet", "--limits", "off", "--data", str(folder), *options]
    under_control = {PLANT: plant, AHEAD: str(ahead_ms), FILES: str(files)}
    with (
        log_of(folder).open("a") as errors,
        subprocess.Popen(
            [sys.executable, "-m", "tests.torture.launch", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            env=ENVIRONMENT | under_control,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def serving(folder: Path, *options: str, plant: str = "", ahead_ms: int = 0, files: int = 0) -> Iterator[Venue]:
    """As `starting`, once it answers. `files` is how many it may have open, 0 as many as the system grants."""
    log = log_of(folder)
    log_began = log.stat().st_size if log.exists() else 0
    with starting(folder, *options, plant=plant, ahead_ms=ahead_ms, files=files) as process:
        assert process.stdout is not None
        url = process.stdout.readline()
        assert url.startswith("http"), f"it did not start: {log.read_text()}"
        yield Venue(process, folder, log, log_began)


def log_of(folder: Path) -> Path:
    """Beside the data folder, which may not be there yet."""
    return folder.with_suffix(".log")


def until(true: Callable[[], object], seconds: float, what: str) -> float:
    """Wait for something to be so; how long it took. Raises AssertionError after `seconds`."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"not within {seconds} s: {what}"
        time.sleep(0.02)
    return time.monotonic() - began


def answers(venue: Venue) -> bool:
    """It takes connections and says what time it is."""
    try:
        return venue.call("GET", "/api/v5/public/time")[0] == 200
    except (OSError, HTTPException):
        return False
