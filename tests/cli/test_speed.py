"""CPU time of commands, in a process of their own; the least of several, since others use the machine too."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from tests.cli.account import Terminal, terminal
from tests.cli.process import ENVIRONMENT

RUNS = 7
TRIES = 4
BARE = "import click"
BARE_MS = 45
"""CPU time of a Python that loads click alone, on a quiet machine of 2026."""
MAIN = "import sys; from tallystick.cli.main import main; main(prog_name='tally')"


def takes_at_most(ms: int, *words: str, **more: str) -> bool:
    """True if a command takes no more CPU time. Others may have been in its way: it is tried four times."""
    return any(cpu_ms(*words, **more) <= ms for _ in range(TRIES))


def cpu_ms(*words: str, **more: str) -> int:
    """Least CPU time of several runs, in ms, as a quiet machine would take.

    A machine that others use is slower in all: it is held against a Python that does nearly nothing. Raises
    AssertionError for a command that prints nothing.
    """
    env = {**ENVIRONMENT, **more}
    tried = [(used_ms(BARE), used_ms(MAIN, *words, env=env)) for _ in range(RUNS)]
    slower = max(1.0, min(bare for bare, _ in tried) / BARE_MS)
    return int(min(ms for _, ms in tried) / slower)


def used_ms(code: str, *words: str, env: Mapping[str, str] = ENVIRONMENT) -> int:
    """CPU time of one process, in ms."""
    command = [sys.executable, "-c", code, *words]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read() or code == BARE
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0
    return int((used.ru_utime + used.ru_stime) * 1000)


def completing(words: str) -> dict[str, str]:
    return {"_TALLY_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}


def test_the_version_takes_at_most_100_ms() -> None:
    assert takes_at_most(100, "--version")


@pytest.mark.parametrize("words", ["tally re", "tally repay --us", "tally call tick", "tally call ticker --inst"])
def test_completion_takes_at_most_150_ms(words: str) -> None:
    assert takes_at_most(150, **completing(words))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    with terminal(tmp_path_factory.mktemp("speed") / "data") as found:
        yield found


@pytest.mark.parametrize("words", ["tally users level --data {data} a", "tally prices set --data {data} BTC"])
def test_completion_from_the_venue_takes_at_most_150_ms(place: Terminal, words: str) -> None:
    assert takes_at_most(150, **completing(words.format(data=place.folder)))


def first_frame_ms(folder: Path) -> int:
    """CPU time of `tally watch` on a terminal until its first frame with debts is there, and it is ended by q."""
    command = [sys.executable, "-c", MAIN, "watch", "--data", str(folder)]
    own, its = pty.openpty()
    env = {**ENVIRONMENT, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    with subprocess.Popen(command, env=env, stdin=its, stdout=its, stderr=its) as process:
        os.close(its)
        seen = b""
        while b"Spot debts" not in seen:
            seen += os.read(own, 65_536)
        os.write(own, b"q")
        with suppress(OSError):
            while os.read(own, 65_536):
                pass
        os.close(own)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return int((used.ru_utime + used.ru_stime) * 1000)


def test_the_first_frame_of_watch_takes_at_most_a_second(place: Terminal) -> None:
    """By CPU time, with its end in it; what else the machine does is left out as for the other commands."""
    tried = [(used_ms(BARE), first_frame_ms(place.folder)) for _ in range(3)]
    slower = max(1.0, min(bare for bare, _ in tried) / BARE_MS)
    assert min(ms for _, ms in tried) / slower <= 1_000


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_debts_take_at_most_300_ms_on_loopback(place: Terminal, tmp_path: Path, more: list[str]) -> None:
    own = {name: os.environ[name] for name in ("XDG_RUNTIME_DIR", "TALLY_STATE")}
    assert takes_at_most(300, "debts", "--data", str(place.folder), *more, **own)


@pytest.mark.parametrize("words", ["tally re", "tally debts --js", "tally loans borrow --coll", "tally watch --wa"])
def test_completion_loads_no_client(words: str) -> None:
    code = (
        "import sys\nfrom tallystick.cli.main import main\n"
        "try:\n    main(prog_name='tally')\nexcept SystemExit:\n    pass\n"
        "print([name for name in sys.modules if name.startswith(('tallystick.client', 'rich', 'textual'))])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**ENVIRONMENT, **completing(words)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"
