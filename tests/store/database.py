"""A PostgreSQL server of our own for tests: made in a scratch folder when it is first asked for, gone at the end.

It runs as the system's user `postgres` where the tests run as root, since PostgreSQL refuses root.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import asyncpg
import pytest

from tests.patience import PATIENCE_S

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "log_min_messages": "warning",
    "autovacuum_naptime": "5s",
}
ROOM = 2 * 1024**3
"""Bytes that memory must have free for the folder to lie there; a disk makes the tests slower and no better."""


class Server:
    """A server and its folder. `url()` names a new database on it."""

    def __init__(self, folder: Path | None = None, **settings: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tally-postgres-", dir=folder or scratch()))
        self.port = free_port()
        self._numbers = itertools.count(1)
        self._data = self.folder / "data"
        self._log = self.folder / "log"
        self._process: subprocess.Popen[bytes] | None = None
        if as_user := other_user():
            shutil.chown(self.folder, as_user, as_user)
        run("initdb", "-D", str(self._data), "-U", "tally", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        chosen = SETTINGS | settings | {"port": str(self.port), "unix_socket_directories": str(self.folder)}
        with (self._data / "postgresql.conf").open("a", encoding="utf-8") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in chosen.items())
        self.start()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*ending_with_us(), tool("postgres"), "-D", str(self._data)], stdout=log, stderr=log
            )
        # It says so itself, in one line of the file of its lock.
        while not self._ready():
            assert self._process.poll() is None, self._log.read_text()
            run("pg_isready", "-h", "127.0.0.1", "-p", str(self.port), "-t", "1", check=False)

    def _ready(self) -> bool:
        ready = run("pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port), check=False)
        return ready.returncode == 0

    def stop(self, number: int = signal.SIGINT) -> None:
        """Stop it: at once and in order with SIGINT, as a crash with SIGQUIT."""
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(PATIENCE_S)
            self._process = None

    def close(self) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, port: int = 0) -> str:
        """Address of a new, empty database, through another port where one is given."""
        name = f"venue_{next(self._numbers)}"
        self.tell(f"CREATE DATABASE {name}")
        return self.url_of(name, port)

    def url_of(self, name: str, port: int = 0) -> str:
        return f"postgresql://tally@127.0.0.1:{port or self.port}/{name}"

    def tell(self, *statements: str, database: str = "postgres") -> None:
        """Carry out statements as a user who may do anything."""
        told(self.url_of(database), *statements)


def told(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Rows of the last of the statements."""

    async def tell() -> list[tuple[object, ...]]:
        connection = await asyncpg.connect(url)
        try:
            rows: list[asyncpg.Record] = []
            for statement in statements:
                rows = await connection.fetch(statement)
            return [tuple(row) for row in rows]
        finally:
            await connection.close()

    # A loop may run on this thread.
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(lambda: asyncio.run(tell())).result()


@functools.cache
def server() -> Server:
    """The server of this process. Without PostgreSQL the test is skipped by name, and under CI=true it fails."""
    require_postgres()
    made = Server()
    atexit.register(made.close)
    return made


def close() -> None:
    """End the server of this process, if it was asked for."""
    if server.cache_info().currsize:
        server().close()


def require_postgres() -> None:
    if binaries() is not None:
        return
    missing = "PostgreSQL is not installed: apt-get install postgresql"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


@functools.cache
def binaries() -> Path | None:
    """Folder of initdb and postgres: on the path, or where Debian puts the newest."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    kept = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return kept[-1].parent if kept else None


def tool(name: str) -> str:
    folder = binaries()
    assert folder is not None
    return str(folder / name)


def run(name: str, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run([*as_other_user(), tool(name), *arguments], capture_output=True, check=False, cwd="/")
    assert not check or done.returncode == 0, done.stderr.decode()
    return done


def other_user() -> str:
    """User to run it as; "" for the one who runs the tests."""
    return "postgres" if os.geteuid() == 0 else ""


def ending_with_us() -> Sequence[str]:
    """Command that runs another one as that user, and ends it where this process ends without a word."""
    return (*(as_other_user() or ("setpriv",)), "--pdeathsig", "QUIT")


def as_other_user() -> Sequence[str]:
    if not (name := other_user()):
        return ()
    user = pwd.getpwnam(name)
    return ("setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups")


def scratch() -> str:
    memory = Path("/dev/shm")
    return (
        str(memory) if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM else tempfile.gettempdir()
    )


def free_port() -> int:
    """A port that the system gives to nobody else for a minute, since a connection to it has just ended there.

    Whoever asks for it by number gets it, as servers may bind a port whose connections have ended.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as client:
            accepted, _ = listener.accept()
            # The side that ends first remembers the connection.
            accepted.close()
            assert client.recv(1) == b""
    return port


def main() -> None:
    """Serve an empty database until Ctrl-C, in a scratch folder of the folder that is named, and print its address."""
    made = Server(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.gettempdir()))
    try:
        print(made.url(), flush=True)
        signal.pause()
    except KeyboardInterrupt:
        return
    finally:
        made.close()


if __name__ == "__main__":
    main()
