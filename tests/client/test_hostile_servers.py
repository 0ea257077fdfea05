"""Answers without end and answers that inflate: bounded in memory and time, and of a write the outcome is unknown."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from typing import Any, Final

import pytest

from tests.client.hostile import ENDLESS, bombs, hostile

TIMEOUT_S: Final = 1.0
LARGE_S: Final = 100.0
"""Timeout where the size is to end the answer: reading 64 MiB, or inflating them, takes a second or two of CPU."""
ENDS_WITHIN_S: Final = 15.0
"""CPU of one call, of whatever is sent. A call that waits for more than its timeout is ended with the whole run."""
GROWS_MIB: Final = 320
"""A body of 64 MiB, which is allowed, in pieces and whole, and what the library has of it; far below two GiB."""

CHILD: Final = """
import asyncio, json, os, resource, sys, time
from tallystick import AsyncClient, Client
from tallystick.client.errors import ClientError

half, attacks = sys.argv[1], json.loads(sys.argv[2])
keys = {"api_key": "a", "secret_key": "b", "passphrase": "c", "pace": False}
write = {"debtCcy": "USDC", "repayCcyList": ["USDC"]}

def sync(url, timeout):
    with Client(**keys, base_url=url, timeout=timeout) as client:
        client.time()
        began, before = time.process_time(), peak()
        try:
            client.one_click_repay_v2(**write)
        except ClientError as error:
            return told(error, began, before)

async def asynchronous(url, timeout):
    async with AsyncClient(**keys, base_url=url, timeout=timeout, transport=half) as client:
        await client.time()
        began, before = time.process_time(), peak()
        try:
            await client.one_click_repay_v2(**write)
        except ClientError as error:
            return told(error, began, before)

def told(error, began, before):
    took, grew = time.process_time() - began, peak() - before
    return {"kind": type(error).__name__, "outcome": error.outcome, "took_s": took, "grew_mib": grew}

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

found = {what: sync(*at) if half == "sync" else asyncio.run(asynchronous(*at)) for what, at in attacks.items()}
print(json.dumps(found), flush=True)
"""


@pytest.mark.parametrize("half", ["sync", "aiohttp", "httptools"])
def test_answers_that_never_end_and_answers_that_inflate(half: str) -> None:
    """aiohttp asks for compression. The others ask for none and inflate nothing: a bomb is an answer without JSON."""
    attacks = {**ENDLESS, **bombs()}
    with ExitStack() as stack:
        servers = {what: stack.enter_context(hostile(attack)) for what, attack in attacks.items()}
        at = {what: (server.url, LARGE_S if server.attack.large else TIMEOUT_S) for what, server in servers.items()}
        command = [sys.executable, "-c", CHILD, half, json.dumps(at)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=300)
        assert run.returncode == 0, run.stderr
        assert {what: server.attacked for what, server in servers.items()} == dict.fromkeys(attacks, 1)
    found: dict[str, dict[str, Any]] = json.loads(run.stdout)
    assert found.keys() == attacks.keys()
    for what, said in found.items():
        inflated = half != "aiohttp" and "bomb" in what
        assert said["kind"] == ("UnreadableOutcome" if inflated else "OutcomeUnknown"), (what, said)
        assert said["outcome"] == "unknown", (what, said)
        assert said["took_s"] < ENDS_WITHIN_S, (what, said)
    assert sum(said["grew_mib"] for said in found.values()) < GROWS_MIB, found
