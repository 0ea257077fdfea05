"""`tally serve` as its own process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.patience import PATIENCE_S

SOURCE = Path(__file__).resolve().parents[2] / "src"
COMMAND = [sys.executable, "-m", "tallystick"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE), "PYTHONUNBUFFERED": "1"}


def tally(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command that ends by itself."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=ENVIRONMENT,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


class Served:
    """`greeting` is all it printed before it answered."""

    def __init__(self, process: subprocess.Popen[str], greeting: str, folder: Path) -> None:
        self.process = process
        self.greeting = greeting
        self.connection: dict[str, Any] = json.loads((folder / "connection.json").read_text(encoding="utf-8"))
        self.url: str = self.connection["url"]

    def control(self, method: str, path: str, body: object = None) -> Any:
        client = HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE_S)
        token = self.connection["control_token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        client.request(method, f"/tally/v1/{path}", None if body is None else json.dumps(body), headers)
        answer = json.loads(client.getresponse().read())
        client.close()
        return answer

    def stop(self, number: int = signal.SIGINT) -> tuple[int, str, str]:
        """Exit status, and what it printed since the greeting."""
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out, err


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Served]:
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--data", str(folder), *arguments],
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        last = "http://" if "--quiet" in arguments else '{"kind":"ready"' if "json" in arguments else "Ctrl-C"
        lines: list[str] = []
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if line.startswith(last):
                break
        else:
            raise AssertionError(process.communicate()[1])
        yield Served(process, "".join(lines), folder)
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
