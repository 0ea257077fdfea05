"""Admission to the console: the same hosts, origins and tokens as the control calls admit, and no cookie."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from tallystick.console.admission import Admission, Refused
from tallystick.console.codes import LETTERS, new_code
from tests.cli.process import serving, tally
from tests.console.place import Console, console_of
from tests.patience import PATIENCE_S

JSON = {"Content-Type": "application/json"}
ROUTES = [("GET", "/"), ("GET", "/page/main.js"), ("POST", "/session"), ("GET", "/session"), ("GET", "/feed")]
ROUTES += [("POST", "/call"), ("GET", "/manual/rules/interest")]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("admission") / "data"
    with serving(folder, "--frozen"), console_of(folder) as found:
        yield found


@pytest.fixture(scope="module")
def token(console: Console) -> str:
    _, answer = ask(console, "POST", "/session", {"code": console.code.upper().replace("-", " ")})
    return str(answer["token"])


def sent(console: Console, method: str, path: str, body: object = None, **headers: str) -> tuple[HTTPResponse, bytes]:
    client = HTTPConnection(console.url.removeprefix("http://"), timeout=PATIENCE_S)
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
    client.request(method, path, raw, ({} if raw is None else JSON) | given)
    answer = client.getresponse()
    found = answer.read() if answer.headers["Content-Type"] != "application/x-ndjson" else answer.readline()
    client.close()
    return answer, found


def ask(console: Console, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Any]:
    answer, found = sent(console, method, path, body, **headers)
    return answer.status, json.loads(found) if found[:1] in (b"{", b"[") else found


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_foreign_host_and_a_foreign_origin_are_refused(console: Console, token: str, method: str, path: str) -> None:
    bearer = f"Bearer {token}"
    body = {"code": console.code} if path == "/session" and method == "POST" else None
    for headers in (
        {"Host": "evil.example"},
        {"Host": "127.0.0.1.evil.example:8081"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
    ):
        status, answer = ask(console, method, path, body, Authorization=bearer, **headers)
        assert status == 403, headers
        assert set(answer) == {"error"}


def test_its_own_origin_is_admitted(console: Console, token: str) -> None:
    call = {"method": "GET", "path": ["health"]}
    status, answer = ask(console, "POST", "/call", call, Authorization=f"Bearer {token}", Origin=console.url)
    assert (status, answer["outcome"], answer["answer"]["borrowing"]) == (200, "done", "open")


@pytest.mark.parametrize(("method", "path"), [("GET", "/session"), ("GET", "/feed"), ("POST", "/call")])
def test_without_the_token_there_is_nothing(console: Console, token: str, method: str, path: str) -> None:
    for address, headers in (
        (path, {}),
        (path, {"Authorization": "Bearer wrong"}),
        (path, {"Authorization": f"Basic {token}"}),
        (path, {"Cookie": f"token={token}; Authorization=Bearer {token}"}),
        (f"{path}?token={token}", {}),
    ):
        status, answer = ask(console, method, address, {} if method == "POST" else None, **headers)
        assert (status, answer["error"]["message"]) == (401, "the token is missing or wrong")


def test_no_answer_sets_a_cookie_or_tells_the_control_token(console: Console, token: str) -> None:
    for method, path in ROUTES:
        body = {"code": console.code} if (method, path) == ("POST", "/session") else None
        answer, found = sent(console, method, path, body, Authorization=f"Bearer {token}")
        assert answer.headers["Set-Cookie"] is None
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert b"control_token" not in found


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"method": "GET", "path": []}, 400),
        ({"method": "GET", "path": ["a/b"]}, 400),
        ({"method": "GET", "path": ["..", "..", "api"]}, 400),
        ({"method": "GET", "path": ["health"], "more": 1}, 400),
        ({"method": "PUT", "path": ["health"]}, 400),
        (b"[" * 60_000, 400),
        (b"\xff", 400),
        (b"x" * 70_000, 413),
    ],
)
def test_what_is_no_call_is_refused(console: Console, token: str, body: object, status: int) -> None:
    assert ask(console, "POST", "/call", body, Authorization=f"Bearer {token}")[0] == status


def test_a_body_is_declared_as_json(console: Console, token: str) -> None:
    """A form of another page cannot declare it without asking first."""
    call = {"method": "GET", "path": ["health"]}
    answer = ask(console, "POST", "/call", call, Authorization=f"Bearer {token}", Content_Type="text/plain")
    assert answer[0] == 415


def test_a_call_that_the_venue_refuses_says_why(console: Console, token: str) -> None:
    call = {"method": "POST", "path": ["users"], "fields": {"name": "No Name"}}
    status, answer = ask(console, "POST", "/call", call, Authorization=f"Bearer {token}")
    assert (status, answer["outcome"]) == (200, "refused")
    assert answer["message"].startswith("a name has 1 to 32 characters")


def test_a_float_is_not_sent(console: Console, token: str) -> None:
    call = {"method": "POST", "path": ["pools"], "fields": {"ccy": "USDT", "amt": 0.1}}
    _, answer = ask(console, "POST", "/call", call, Authorization=f"Bearer {token}")
    assert answer["outcome"] == "not-sent"
    assert "amt is a float" in answer["message"]


def test_codes_cannot_be_guessed() -> None:
    now = [0.0]
    admission = Admission(clock=lambda: now[0])
    for _ in range(10):
        with pytest.raises(Refused) as wrong:
            admission.token_for("aaaa-aaaa")
        assert wrong.value.status == 401
    for _ in range(3):
        with pytest.raises(Refused) as early:
            admission.token_for(admission.code)
        assert (early.value.status, early.value.hint) == (429, "wait 61 s")
    now[0] = 61.0
    assert len(admission.token_for(admission.code)) >= 32


def test_every_console_has_a_code_and_a_token_of_its_own() -> None:
    codes = {new_code() for _ in range(100)}
    assert len(codes) == 100
    assert all(len(code) == 9 and set(code) - {"-"} <= set(LETTERS) for code in codes)
    one, other = Admission(), Admission()
    assert one.token_for(one.code) != other.token_for(other.code)


def test_a_missing_venue_is_named(tmp_path: Path) -> None:
    done = tally("console", "--data", str(tmp_path / "none"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
