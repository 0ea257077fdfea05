"""Clients that are killed at each call that writes, syncs or sends, in processes of their own.

`python -m tests.safe_repay.killing` reads a JSON line for each client, forks, and tells which calls the child began.
The child dies by SIGKILL before call number `at`. With `power` the machine loses its power as well, and with it all
that was not synced: the content of a file without its fsync, a name without that of its folder.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.patience import PATIENCE_S

ROOT: Final = Path(__file__).resolve().parents[2]
FILES: Final = ("open", "write", "fsync", "close", "link", "unlink", "mkdir", "rename", "replace", "pwrite")
"""Functions of `os` that change files, or end them."""
NEVER: Final = 1_000_000
SAID: Final = "said"


class Died(NamedTuple):
    """How a client ended: the calls that it began, and whether it lived to say its outcome."""

    calls: list[str]
    finished: bool

    @property
    def said(self) -> bool:
        """True where its call had returned: its caller had the outcome."""
        return SAID in self.calls


class Clients:
    """The process that forks clients. It has imported what they need."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.safe_repay.killing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))},
            text=True,
        )

    def run(self, order: dict[str, Any]) -> Died:
        """Let a client act, and die at call number `order["at"]`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        calls: list[str] = []
        for line in self.process.stdout:
            if line.startswith("ended "):
                status = int(line.split()[1])
                assert status in (0, signal.SIGKILL), f"a client failed by itself after {calls[-1:]}"
                return Died(calls, status == 0)
            calls.append(line.rstrip("\n"))
        raise AssertionError("the process that forks clients has ended")

    def close(self) -> None:
        self.process.stdin.close()  # type: ignore[union-attr]
        self.process.wait(PATIENCE_S)
        self.process.stdout.close()  # type: ignore[union-attr]


# ---- in the process of the clients


class Disk:
    """What would be lost with the power: files without their fsync, and names without that of their folder."""

    def __init__(self) -> None:
        self.paths: dict[int, Path] = {}
        self.unsynced: set[Path] = set()
        self.made: list[Path] = []
        self.removed: dict[Path, bytes] = {}

    def before(self, name: str, arguments: tuple[Any, ...]) -> None:
        path = Path(os.fspath(arguments[0])) if isinstance(arguments[0], str | os.PathLike) else None
        if name == "unlink" and path is not None and path.suffix == ".intent":
            self.removed[path] = path.read_bytes()
        elif name == "replace":
            self.removed[Path(arguments[1])] = Path(arguments[1]).read_bytes()
            self.made.append(Path(arguments[1]))
        elif name in ("write", "pwrite") and arguments[0] in self.paths:
            self.unsynced.add(self.paths[arguments[0]])
        elif name in ("link", "rename"):
            source, target = (Path(os.fspath(argument)) for argument in arguments[:2])
            self.made.append(target)
            if source in self.unsynced:
                self.unsynced.add(target)
        elif name == "fsync":
            self._synced(self.paths.get(arguments[0]))

    def after(self, name: str, arguments: tuple[Any, ...], result: Any) -> None:
        if name == "open":
            self.paths[result] = Path(os.fspath(arguments[0]))

    def _synced(self, path: Path | None) -> None:
        if path is None:
            return
        self.unsynced.discard(path)
        self.made = [made for made in self.made if made.parent != path]
        self.removed = {removed: content for removed, content in self.removed.items() if removed.parent != path}

    def lose(self) -> None:
        """The power fails."""
        for path in self.unsynced:
            if path.exists():
                os.truncate(path, 0)
        for path in self.made:
            path.unlink(missing_ok=True)
        for path, content in self.removed.items():
            if not path.exists():
                path.write_bytes(content)


def hook(at: int, *, power: bool) -> None:
    """Tell of each call that writes, syncs or sends, and die before number `at`."""
    disk, number, real = Disk(), 0, {name: getattr(os, name) for name in FILES}
    sent = socket.socket.sendall

    def tell(what: str) -> None:
        nonlocal number
        real["write"](1, f"{what}\n".encode())
        if number == at:
            for name, found in real.items():
                setattr(os, name, found)
            if power:
                disk.lose()
            os.kill(os.getpid(), signal.SIGKILL)
        number += 1

    def hooked(name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            tell(f"{name} {arguments[-1] if name == 'link' else arguments[0]}")
            disk.before(name, arguments)
            result = real[name](*arguments, **named)
            disk.after(name, arguments, result)
            return result

        return call

    for name in FILES:
        setattr(os, name, hooked(name))

    def sendall(plug: socket.socket, data: bytes) -> None:
        tell(f"send {bytes(data[:60]).partition(b' HTTP')[0].decode(errors='replace')}")
        sent(plug, data)

    socket.socket.sendall = sendall  # type: ignore[assignment, method-assign]


def act(order: dict[str, Any]) -> None:
    """The life of one client."""
    from tallystick import Client

    os.environ["TALLY_STATE"] = order["state"]
    if order["plant"]:
        from tests.safe_repay.planted import PLANTS

        PLANTS[order["plant"]].plant()
    tell = os.write
    hook(order["at"], power=order["power"])
    with Client(**order["keys"], pace=False) as client:
        getattr(client, order["method"])(**order["arguments"])
        tell(1, f"{SAID}\n".encode())


def main() -> None:
    import tallystick.client.sync  # noqa: F401

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                act(json.loads(line))
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        _, ended = os.waitpid(child, 0)
        os.write(1, f"ended {ended}\n".encode())


if __name__ == "__main__":
    main()
