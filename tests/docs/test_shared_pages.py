"""The pages on a shared venue and on several servers: every command in them is carried out, and does what they say."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import time
import tomllib
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
from docs.examples import CHINESE, GUIDE

from tests.cli.process import COMMAND, ENVIRONMENT
from tests.patience import PATIENCE_S
from tests.store.database import free_port, server

ROOT = GUIDE.parents[1]
PAGES = ("shared-venue", "several-servers")
COMMAND_LINE = re.compile(r"^    (\S.*)$", re.MULTILINE)
DATABASE = "postgresql://tally@db.example/venue"
HOST = re.compile(r"10\.0\.0\.\d")


def commands(page: str, ending: str = ".md") -> list[str]:
    return COMMAND_LINE.findall((GUIDE / f"{page}{ending}").read_text(encoding="utf-8"))


class Reader:
    """Someone who carries the commands out, with a database, a folder and addresses of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = {**ENVIRONMENT, "TALLY_CONTROL_TOKEN": "the-token-of-a-reader"}
        self.database = server().url()
        self.running: list[subprocess.Popen[str]] = []
        self.urls: list[str] = []
        self.done: list[str] = []

    def do(self, line: str) -> None:
        words = shlex.split(line)
        if words[0] == "export":
            name, _, value = words[1].partition("=")
            self.env[name] = value
        elif words[:2] == ["pip", "install"]:
            extra = re.fullmatch(r"(?:tallystick|\.)\[(\w+)\]", words[2])
            assert extra is not None
            declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
            assert extra[1] in declared["project"]["optional-dependencies"]
        elif words[:2] == ["tally", "serve"]:
            self.serve(words[2:])
        else:
            assert words[0] == "tally", line
            if words[1:3] == ["store", "copy"]:
                self.before_copy(*words[3:5])
            done = self.run(words[1:])
            assert done.returncode == 0, done.stderr
            self.done.append(done.stdout)

    def here(self, words: list[str], port: int = 0) -> list[str]:
        mapped = [HOST.sub("127.0.0.1", word.replace(DATABASE, self.database)) for word in words]
        return [word.replace(":8080", f":{port}") for word in mapped]

    def run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*COMMAND, *self.here(words)],
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )

    def serve(self, words: list[str]) -> None:
        port = free_port()
        process = subprocess.Popen(
            [*COMMAND, "serve", *self.here(words, port), "--port", str(port), "--quiet"],
            env=self.env,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.running.append(process)
        assert process.stdout is not None
        self.urls.append(process.stdout.readline().strip())
        assert self.urls[-1] == f"http://127.0.0.1:{port}"

    def before_copy(self, source: str, target: str) -> None:
        """Let there be a venue in the folder that is copied, and nobody at it; and nothing in the database."""
        self.stop()
        if source.startswith("."):
            self.serve(["--data", source])
            self.stop()
        if target == DATABASE:
            self.database = server().url()

    def stop(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                assert process.wait(PATIENCE_S) == 0
            assert process.stdout is not None
            process.stdout.close()
        self.running, self.urls = [], []

    def health(self, number: int) -> Any:
        with closing(HTTPConnection(self.urls[number].removeprefix("http://"), timeout=PATIENCE_S)) as client:
            token = self.env["TALLY_CONTROL_TOKEN"]
            client.request("GET", "/tally/v1/health", headers={"Authorization": f"Bearer {token}"})
            return json.loads(client.getresponse().read())

    def close(self) -> None:
        for process in self.running:
            process.kill()
            process.wait()
            if process.stdout is not None:
                process.stdout.close()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    found = Reader(tmp_path)
    yield found
    found.close()


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_commands(page: str) -> None:
    assert commands(page)
    assert commands(page, CHINESE) == commands(page)


def test_a_shared_venue_is_served_moved_and_checked(reader: Reader) -> None:
    for line in commands("shared-venue"):
        reader.do(line)
    there, back, checked = reader.done
    assert there.splitlines()[0] == back.splitlines()[0], "both copies have the same hash"
    assert "agree" in checked
    assert (reader.folder / ".tally-back" / "journal.sqlite").exists()
    assert sorted(os.listdir(reader.folder / ".tally-shared")) == ["connection.json"]


def test_several_servers_are_started_and_the_second_goes_on_when_the_first_is_stopped(reader: Reader) -> None:
    for line in commands("several-servers"):
        reader.do(line)
    assert [reader.health(number)["role"] for number in (0, 1)] == ["leader", "follower"]
    first, second = (
        json.loads((reader.folder / name / "connection.json").read_text(encoding="utf-8"))
        for name in (".tally-a", ".tally-b")
    )
    assert first["users"] == second["users"], "the same keys at both"
    reader.running[0].send_signal(signal.SIGINT)
    assert reader.running[0].wait(PATIENCE_S) == 0
    until = time.monotonic() + PATIENCE_S
    while reader.health(1).get("role") != "leader":
        assert time.monotonic() < until
    assert reader.health(1)["term"] == 2
