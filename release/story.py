"""A short story through an installed `tally`: serve, borrow, repay, stop, verify.

It knows the command by its path only, so that it tells of a package as a user has it. Needs the standard library alone.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

DEADLINE_S = 120
"""Longest wait for one command, for the first line of `tally serve`, and for its end."""
KEPT = ("HOME", "LANG", "TMPDIR", "TZ")
"""Variables a command of the story sees beside PATH."""
BARE_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
"""Folders of the system's own commands, so that nothing is found of the environment at hand."""


class StoryBroken(Exception):
    """A step of the story ended otherwise than expected."""


def play(tally: Path, place: Path, *, inside: Sequence[str] = (), seen_at: str | None = None) -> str:
    """Play the story with `tally` in the folder `place`; returns what `tally --version` says.

    `inside` is put before each command, such as chroot and its folder; `seen_at` is the data folder as commands then
    name it. Raises StoryBroken.
    """
    data = seen_at or str(place / "data")
    version = _run([*inside, str(tally), "--version"], place)

    def told(*words: str) -> str:
        return _run([*inside, str(tally), *words, "--data", data], place)

    serve = [*inside, str(tally), "serve", "--port", "0", "--market", "by-hand", "--frozen", "--quiet", "--data", data]
    with _served(serve, place):
        told("prices", "set", "BTC-USDT", "30000", "ETH-USDT", "1500")
        told("borrow", "USDT", "100", "--yes")
        _expect(_debts(told("debts", "--json")), {"USDT": "100"})
        _expect(json.loads(told("repay", "USDT", "--yes", "--json"))["outcome"], "repaid")
        _expect(_debts(told("debts", "--json")), {})
    told("verify")
    return version.strip()


def _debts(answer: str) -> dict[str, str]:
    return {row["ccy"]: row["debt"] for row in json.loads(answer)["spot"]}


def _expect(found: object, expected: object) -> None:
    if found != expected:
        raise StoryBroken(f"expected {expected!r}, found {found!r}")


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "PATH": BARE_PATH}


def _run(command: Sequence[str], place: Path) -> str:
    done = subprocess.run(
        command, cwd=place, env=_environment(), capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    if done.returncode != 0:
        raise StoryBroken(f"{' '.join(command)} ended with {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


@contextmanager
def _served(command: Sequence[str], place: Path) -> Iterator[None]:
    """A served venue, from its first line on; afterwards it is asked to stop by SIGTERM and must end with 0."""
    errors = place / "serve.err"
    with errors.open("w") as told:
        server = subprocess.Popen(
            command, cwd=place, env=_environment(), stdout=subprocess.PIPE, stderr=told, text=True
        )
    late = threading.Timer(DEADLINE_S, server.kill)
    late.start()
    try:
        assert server.stdout is not None
        if not server.stdout.readline().startswith("http://"):
            raise StoryBroken(f"{' '.join(command)} does not serve: {errors.read_text()}")
        late.cancel()
        yield
        server.send_signal(signal.SIGTERM)
        code = server.wait(DEADLINE_S)
        if code != 0:
            raise StoryBroken(f"SIGTERM ended the venue with {code}: {errors.read_text()}")
    finally:
        late.cancel()
        server.kill()
        server.communicate()
