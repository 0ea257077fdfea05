"""What a follower tells its client when the leader is not there, refuses, or never answers; and how it vouches."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tallystick.cluster.app import HEARD_MAX, Heard
from tallystick.cluster.lease import TRUSTED_MS, Leading, Tenure
from tallystick.cluster.passing import NoAnswer, NotDone, Passer, not_done, unknown
from tallystick.cluster.secret import ClusterSecret
from tallystick.server import serve
from tallystick.server.request import Whole
from tallystick.store.api import StoreError
from tests.venue.machine import HandMachine

SECRET = ClusterSecret("a-secret-of-the-tests")
POST = Whole("POST", b"/api/v5/trade/order", [(b"content-length", b"2")], b"{}", peer="10.9.8.7")
GET = Whole("GET", b"/api/v5/account/balance", [])
CONTROL = Whole("POST", b"/tally/v1/clock", [])
Answerer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def passed_to(answer: Answerer | None) -> None:
    """Pass a POST on to a leader that behaves like this; None is one that is not there."""

    async def run() -> None:
        listener = serve.bind("127.0.0.1", 0)
        port = listener.getsockname()[1]
        server = None if answer is None else await asyncio.start_server(answer, sock=listener)
        if server is None:
            listener.close()
        passer = Passer(Leading(1, "leader", f"http://127.0.0.1:{port}", 1_000), SECRET)
        try:
            await passer.send(POST, b"{}")
        finally:
            await passer.close()
            if server is not None:
                server.close()
                await server.wait_closed()

    asyncio.run(run())


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"{}")
    writer.close()


async def leads_no_more(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"{}")
    writer.write(b"HTTP/1.1 503 Service Unavailable\r\nx-tally-reached: nobody\r\ncontent-length: 2\r\n\r\n{}")
    writer.close()


def test_a_leader_that_is_not_there_did_nothing() -> None:
    with pytest.raises(NotDone):
        passed_to(None)


def test_a_leader_that_leads_no_more_did_nothing() -> None:
    with pytest.raises(NotDone):
        passed_to(leads_no_more)


def test_of_a_leader_that_hangs_up_nobody_knows() -> None:
    with pytest.raises(NoAnswer):
        passed_to(hangs_up)


@pytest.mark.parametrize(
    ("request_", "status", "said"),
    [(POST, 400, b'"50004"'), (GET, 503, b"nothing was carried out"), (CONTROL, 504, b"nobody knows")],
)
def test_only_what_changes_nothing_is_certain_without_an_answer(request_: Whole, status: int, said: bytes) -> None:
    found = unknown(request_, "en")
    assert found[0] == status
    assert said in found[1]


@pytest.mark.parametrize(("request_", "said"), [(POST, b'"50001"'), (CONTROL, b'"error"')])
def test_what_nobody_leads_is_not_done(request_: Whole, said: bytes) -> None:
    status, body, headers = not_done(request_, "en")
    assert status == 503
    assert headers == [(b"x-tally-reason", b"no server of this database leads now, and nothing was carried out")]
    assert said in body
    assert b"nothing was carried out" in body
    assert "未被执行".encode() in not_done(POST, "zh")[1]


def test_a_secret_vouches_for_address_term_server_and_request() -> None:
    def asked(method: str, target: bytes) -> Whole:
        return Whole(method, target, [], b"", peer="")

    get = asked("GET", b"/x?y=1")
    header = SECRET.vouch("10.9.8.7", 3, "one", get).encode()
    assert SECRET.vouched(header, "one", get) == ("10.9.8.7", 3)
    assert SECRET.vouched(header, "another", get) is None, "of another database, at the same address"
    assert SECRET.vouched(header, "one", asked("POST", b"/x?y=1")) is None
    assert SECRET.vouched(header, "one", asked("GET", b"/x?y=2")) is None
    assert SECRET.vouched(header.replace(b" 3 ", b" 4 "), "one", get) is None
    assert SECRET.vouched(header.replace(b"10.9.8.7", b"10.9.8.6"), "one", get) is None
    assert ClusterSecret("another-secret-of-the-tests").vouched(header, "one", get) is None
    for text in (b"", b"1.2.3.4", b"1.2.3.4 x y", b"\xff \xb2 \xb2"):
        assert SECRET.vouched(text, "one", get) is None


@pytest.mark.parametrize("text", ["", "short", "sixteen letters "])
def test_a_secret_that_is_easily_guessed_is_refused(text: str) -> None:
    with pytest.raises(StoreError, match="TALLY_CLUSTER_SECRET"):
        ClusterSecret(text)


def test_a_tenure_counts_from_the_moment_the_lease_was_asked_for() -> None:
    machine = HandMachine(0)
    asked_ns = machine.since_boot_ns()
    # The answer took half a second, and the machine slept meanwhile.
    machine.suspend_s(0.5)
    tenure = Tenure(1, asked_ns, machine)
    assert tenure.left_s == pytest.approx(TRUSTED_MS / 1_000 - 0.5)
    machine.suspend_s(0.39)
    assert not tenure.over
    machine.suspend_s(0.02)
    assert tenure.over
    tenure.renewed(machine.since_boot_ns())
    assert not tenure.over
    tenure.give_up()
    assert (tenure.over, tenure.left_s) == (True, 0)


def test_an_address_that_was_forgotten_is_taken_to_have_heard_all() -> None:
    heard = Heard()
    heard.note("1.1.1.1", (1, 50))
    heard.note("1.1.1.1", (1, 40))
    assert heard.by("1.1.1.1") == (1, 50)
    assert heard.by("2.2.2.2") == (0, 0)
    for number in range(HEARD_MAX):
        heard.note(f"x{number}", (1, 7))
    assert heard.by("1.1.1.1") == (1, 50)
    assert heard.by("2.2.2.2") == (1, 50)
