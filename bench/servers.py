"""Starting and stopping the measured servers, each as its users would run it, all held to one core.

- venue: `tally serve` with rate limits off, one process.
- FastAPI, Starlette, Litestar: uvicorn with uvloop and httptools, one worker, no access log.
- Flask: gunicorn, one worker of the kind `gthread`: the plain `sync` worker closes the connection after each answer,
  which a client with keep-alive would pay for.
- Node: its own HTTP server, one process.

All children inherit this program's interpreter and environment.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
PEERS = Path(__file__).parent / "peers"
MAIN = "tallystick.cli.main"
SERVICE_UNAVAILABLE = 503
START_S_MAX = 60.0
FLASK_THREADS = 4


@dataclass(frozen=True, slots=True)
class Server:
    """One running server."""

    name: str
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def cpu_s(self) -> float:
        """Processor seconds used so far by the process and its children."""
        ticks = 0
        for pid in _family(self.process.pid):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def cpu_ns(self) -> int:
        """Nanoseconds of processor used so far by all threads of the process, finer than `cpu_s`."""
        threads = Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads)

    def stop(self) -> None:
        """End the process as Ctrl-C would, and harder if that does not help."""
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_venue(folder: Path, core: int | None, *options: str, source: Path = SOURCE) -> Server:
    """The venue of a working tree on a free port, its data in `folder`; `options` are those of `tally serve`."""
    port = free_port()
    command = [sys.executable, "-c", f"import {MAIN} as main; main.main(prog_name='tally')", "serve"]
    command += ["--port", str(port), "--data", str(folder), "--limits", "off", *options]
    return _start("venue", command, port, folder.with_suffix(".log"), core, environment={"PYTHONPATH": str(source)})


def connection(folder: Path) -> tuple[str, str]:
    """(url, control token) out of the venue's connection.json."""
    told = json.loads((folder / "connection.json").read_text())
    return told["url"], told["control_token"]


def start_asgi(name: str, database: Path, core: int | None) -> Server:
    """A peer behind uvicorn (`NAME_app.py`) on a free port."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", f"{name}_app:app", "--app-dir", str(PEERS), "--port", str(port)]
    command += ["--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning"]
    return _start(name, command, port, database.with_suffix(".log"), core, environment=_environment(database))


def start_node(name: str, database: Path, core: int | None) -> Server:
    """The bare server in Node on a free port."""
    port = free_port()
    command = ["node", str(PEERS / "node_server.mjs"), str(port)]
    return _start(name, command, port, database.with_suffix(".log"), core, environment=_environment(database))


def start_flask(name: str, database: Path, core: int | None) -> Server:
    """The Flask peer on a free port."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "flask_app:app", "--chdir", str(PEERS), "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", "1", "--worker-class", "gthread", "--threads", str(FLASK_THREADS)]
    command += ["--keep-alive", "60", "--worker-connections", "1000", "--log-level", "warning"]
    return _start(name, command, port, database.with_suffix(".log"), core, environment=_environment(database))


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def pin(core: int | None) -> None:
    """Hold this process, and what it starts from now on, to one core; None leaves it free."""
    if core is not None:
        os.sched_setaffinity(0, {core})


def machine_cpu_s() -> float:
    """Seconds that programs, or the machine's owner, have used since boot, all cores together.

    Interrupts are left out: they are mostly the network and disk of whoever is being measured.
    """
    user, nice, system, _idle, _iowait, _irq, _softirq, steal = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]
    )
    return (user + nice + system + steal) / os.sysconf("SC_CLK_TCK")


def _environment(database: Path) -> dict[str, str]:
    return {"PEER_DATABASE": str(database), "PEER_LIMITS": "off"}


def _start(
    name: str, command: Sequence[str], port: int, log: Path, core: int | None, environment: dict[str, str]
) -> Server:
    """Run the command on the core and wait for its first answer; RuntimeError with its log if it does not."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # As an installed package is: what it compiles at its first start it keeps.
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": ""} | environment,
            preexec_fn=lambda: pin(core),
        )
    server = Server(name, f"http://127.0.0.1:{port}", process, log)
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline and process.poll() is None:
        if _answers(port):
            return server
        time.sleep(0.05)
    if process.poll() is None:
        process.kill()
        process.wait()
    raise RuntimeError(f"{name} did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _answers(port: int) -> bool:
    """Test whether an answer comes, but not 503: a venue says so while it starts, and its port is bound before."""
    probe = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        probe.request("GET", "/")
        answer = probe.getresponse()
        answer.read()
        return answer.status != SERVICE_UNAVAILABLE
    except OSError:
        return False
    finally:
        probe.close()


def _family(pid: int) -> list[int]:
    """The process and its direct children."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    return [pid] + [int(child) for child in children.read_text().split()] if children.exists() else [pid]
