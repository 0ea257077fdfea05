"""Three servers of one database, each in a process of its own and behind a proxy, and what is done to them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import msgspec

from tallystick.cluster.secret import VARIABLE
from tallystick.venue.connection import CONNECTION, Connection
from tallystick.venue.keys import Credentials
from tests.store.database import Server as Database
from tests.store.database import free_port
from tests.torture.history import BEGUN_WITH, UNIT
from tests.torture.launch import PLANT
from tests.torture.proxy import Proxy
from tests.torture.served import ENVIRONMENT, ROOT

START_SECONDS_MAX = 120
ROLE_SECONDS_MAX = 60
ATTEMPTS = 20
SECRET = "a-secret-of-the-torture"


class One:
    """One server. Its port, its folder and its proxy stay when its process is killed and started again."""

    def __init__(self, database: Database, name: str, folder: Path, number: int, plant: str) -> None:
        self.proxy = Proxy(database.port)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder / f"server-{number}"
        self.log = folder / f"server-{number}.log"
        self._store = database.url_of(name, self.proxy.port)
        self._plant = plant
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start its process, and do not wait."""
        arguments = ["serve", "--store", self._store, "--port", str(self.port), "--data", str(self.folder), "--quiet"]
        with self.log.open("a") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.torture.launch", *arguments, "--limits", "off", "--market", "by-hand"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
                env=ENVIRONMENT | {VARIABLE: SECRET, PLANT: self._plant},
            )

    def wait_started(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        url = self.process.stdout.readline()
        assert url.startswith("http"), self.log.read_text()

    def signal(self, number: int) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                if pipe is not None:
                    pipe.close()
            self.process = None

    @property
    def connection(self) -> Connection:
        return msgspec.json.decode((self.folder / CONNECTION).read_bytes(), type=Connection)

    def control(self, path: str, body: object = None, seconds: float = 2.0) -> Any:
        """Answer to a control call; None where there is none, or a refusal."""
        client = HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        headers = {"Authorization": f"Bearer {self.connection.control_token}", "Content-Type": "application/json"}
        try:
            raw = None if body is None else json.dumps(body)
            client.request("GET" if body is None else "POST", f"/tally/v1/{path}", raw, headers)
            answer = client.getresponse()
            said = json.loads(answer.read())
            return said if answer.status == 200 else None
        except (OSError, HTTPException, ValueError):
            return None
        finally:
            client.close()

    @property
    def role(self) -> str:
        said = self.control("health")
        return "" if said is None else str(said["role"])


class Servers:
    """All of them."""

    def __init__(self, database: Database, folder: Path, count: int = 3, plant: str = "") -> None:
        self.database = database
        url = database.url()
        self.name = url.rpartition("/")[2]
        self.url = url
        self.all = [One(database, self.name, folder, number, plant) for number in range(count)]

    def start(self) -> None:
        for one in self.all:
            one.start()
        for one in self.all:
            one.wait_started()
        self.leader()

    def leader(self, but: Sequence[One] = (), seconds: float = ROLE_SECONDS_MAX) -> One:
        """The server that leads, once one does."""
        began = time.monotonic()
        while True:
            for one in self.all:
                if one not in but and one.process is not None and one.role == "leader":
                    return one
            assert time.monotonic() - began < seconds, "nobody leads: " + self.logs()
            time.sleep(0.02)

    def user(self, name: str) -> tuple[int, Credentials]:
        """Number and key of a new user, who has coins in the funding account. Whatever fails begins with another one:
        the leader may change on a machine that is busy."""
        for attempt in range(ATTEMPTS):
            made = self._user(f"{name}-{attempt}")
            if made is not None:
                return made
        raise AssertionError("no user could be made: " + self.logs())

    def _user(self, name: str) -> tuple[int, Credentials] | None:
        leader = self.leader()
        amount = {"account": "funding", "ccy": "BTC", "amt": str(BEGUN_WITH // UNIT)}
        user = leader.control("users", {"name": name}, 30)
        if user is None or leader.control(f"users/{name}/balance", amount, 30) is None:
            return None
        key = leader.control(f"users/{name}/keys", {"permissions": ["read", "trade"]}, 30)
        if key is None:
            return None
        return int(user["uid"]), Credentials(key["api_key"], key["secret_key"], key["passphrase"], ())

    def logs(self) -> str:
        return "\n".join(f"-- {one.log}\n{one.log.read_text()[-2_000:]}" for one in self.all if one.log.exists())

    def close(self) -> None:
        for one in self.all:
            if one.process is not None:
                with suppress(ProcessLookupError):
                    os.kill(one.process.pid, signal.SIGCONT)
            one.kill()
            one.proxy.close()


@contextmanager
def together(database: Database, folder: Path, count: int = 3, plant: str = "") -> Iterator[Servers]:
    servers = Servers(database, folder, count, plant)
    try:
        servers.start()
        yield servers
    finally:
        servers.close()
