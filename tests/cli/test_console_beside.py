"""`tally serve --console`: the console is a process of its own, which ends with the venue and never stops it."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import threading
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tallystick.cli.beside import beside
from tests.cli.process import Served, serving
from tests.console.browser import browsing
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
BESIDE = ("--console", "--console-port", "0", "--market", "by-hand")
PAGE = re.compile(
    r"^A page to look at it and to move it: (http://127\.0\.0\.1:\d+) in a browser, with the code (\S+)$", re.M
)


def page_of(served: Served) -> tuple[str, str]:
    """Address and code as the first lines tell them."""
    found = PAGE.search(served.greeting)
    assert found is not None, served.greeting
    return found[1], found[2]


def ask(url: str, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    """Status and answer of the console, which may be about to start."""
    client = HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_S)
    sent = None if body is None else json.dumps(body)
    client.request(method, path, sent, headers if body is None else {"Content-Type": "application/json", **headers})
    answer = client.getresponse()
    said = answer.read()
    client.close()
    return answer.status, json.loads(said) if answer.getheader("Content-Type", "").startswith(
        "application/json"
    ) else said


def console_of(served: Served) -> int:
    """Process of the console, the only child of its venue."""
    url, _ = page_of(served)
    assert ask(url, "GET", "/")[0] == 200
    (child,) = children(served.process.pid)
    return int(child)


def children(number: int) -> list[str]:
    """Processes that a process started, in any of its threads."""
    tasks = Path(f"/proc/{number}/task").iterdir()
    return [child for task in tasks for child in (task / "children").read_text().split()]


def wait_for_end(descriptor: int) -> None:
    """Wait until the process has ended."""
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    assert waiting.poll(PATIENCE_S * 1000), "the console has not ended"


def test_the_page_answers_and_the_code_of_the_first_lines_admits(tmp_path: Path) -> None:
    with serving(tmp_path / "data", *BESIDE) as served:
        url, code = page_of(served)
        assert ask(url, "POST", "/session", {"code": "aaaa-aaaa"})[0] == 401
        status, given = ask(url, "POST", "/session", {"code": code})
        assert status == 200
        admitted = {"Authorization": f"Bearer {given['token']}"}
        assert ask(url, "GET", "/session", **admitted) == (
            200,
            {"url": served.url, "data": f"--data {tmp_path / 'data'}"},
        )
        health = {"method": "GET", "path": ["health"], "fields": {}}
        assert ask(url, "POST", "/call", health, **admitted)[1]["outcome"] == "done"
        assert ask(url, "GET", "/", Host="evil.example")[0] == 403
        assert ask(url, "GET", "/", Origin="http://evil.example")[0] == 403
        assert ask(served.url, "GET", "/")[1]["page"] == f"the page to look at this venue and to move it is at {url}"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_venue_however_that_ends(tmp_path: Path, number: int) -> None:
    with serving(tmp_path / "data", *BESIDE) as served:
        console = os.pidfd_open(console_of(served))
        status, _, err = served.stop(number)
        assert (status, err) == (-9 if number == signal.SIGKILL else 0, "")
        wait_for_end(console)
        os.close(console)


def test_a_port_that_is_taken_is_a_line_of_warning(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with serving(tmp_path / "data", *BESIDE, "--console-port", port) as served:
            assert served.control("GET", "health")["generation"] == 1
            assert "in a browser" not in served.greeting
            assert "tally console serves a page" in ask(served.url, "GET", "/")[1]["page"]
            status, _, err = served.stop()
    assert (status, err) == (
        0,
        f"tally: warning: cannot listen on 127.0.0.1:{port}: Address already in use; give another --console-port; "
        "the venue goes on without it\n",
    )


def test_a_console_that_ends_is_a_line_of_warning(tmp_path: Path) -> None:
    with serving(tmp_path / "data", *BESIDE) as served:
        os.kill(console_of(served), signal.SIGKILL)
        assert served.process.stderr is not None
        told = served.process.stderr.readline()
        assert told == "tally: warning: the console has ended (status -9); the venue goes on without it\n"
        assert served.control("GET", "health")["generation"] == 1
        with pytest.raises(ConnectionRefusedError):
            ask(page_of(served)[0], "GET", "/")
        status, _, err = served.stop()
        assert (status, err) == (0, "")


def test_nobody_waits_for_its_start(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    begun, let_go = threading.Event(), threading.Event()

    def slow(*words: object, **options: object) -> None:
        begun.set()
        assert let_go.wait(PATIENCE_S), "whoever began the console waits for it"
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(subprocess, "Popen", slow)
    page = beside(0)
    assert page is not None
    page.begin("http://127.0.0.1:1", "token", None, "")
    assert begun.wait(PATIENCE_S)
    let_go.set()
    page.close()
    assert capsys.readouterr().err == (
        "tally: warning: the console has ended (No such file or directory); the venue goes on without it\n"
    )


def test_without_the_extra_a_warning_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tallystick.cli.beside.find_spec", lambda name: None)
    assert beside(0) is None
    told = capsys.readouterr().err
    assert told.startswith("tally: warning: the console needs aiohttp: pip install ")
    assert told.endswith("; the venue goes on without it\n")
    assert told.count("\n") == 1


def test_a_module_in_the_folder_of_the_shell_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in the folder in which a venue is started are not run by its console, whoever put them there."""
    (tmp_path / "aiohttp.py").write_text("raise SystemExit('loaded')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with serving(tmp_path / "data", *BESIDE) as served:
        console_of(served)


def test_json_and_quiet_tell_the_address_and_the_code(tmp_path: Path) -> None:
    with serving(tmp_path / "data", *BESIDE, "--log", "json") as served:
        ready = json.loads(served.greeting)
        assert ask(ready["console"], "POST", "/session", {"code": ready["code"]})[0] == 200
    with serving(tmp_path / "other", *BESIDE, "--quiet") as served:
        assert served.process.stdout is not None
        url, code = served.process.stdout.readline().split()
        assert ask(url, "POST", "/session", {"code": code})[0] == 200


def test_a_venue_in_memory_has_one_too(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "connection.json").write_text('{"url": "", "control_token": ""}', encoding="utf-8")
    with serving(tmp_path / "data", *BESIDE, "--in-memory", "--control-token", "token-of-the-tests") as served:
        url, code = page_of(served)
        assert ask(url, "POST", "/session", {"code": code})[0] == 200


def test_serve_alone_has_none(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--market", "by-hand") as served:
        assert "in a second terminal" in served.greeting
        assert children(served.process.pid) == []


def test_make_run_serves_it() -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nrun: setup\n")[2].partition("\n\n")[0]
    assert recipe == "\t@exec $(BIN)/tally serve --console $(ARGS)"


def test_a_browser_gets_in(tmp_path: Path) -> None:
    with serving(tmp_path / "data", "--console", "--console-port", "0") as served, browsing() as browser:
        url, code = page_of(served)
        page = browser.new_page(locale="en-GB")
        page.goto(url)
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Open the console").click()
        page.get_by_role("table", name="Balances").wait_for()
