"""The client is light: it loads no server, no engine and no library of the async half before it is asked for."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("tallystick.server", "tallystick.engine", "tallystick.venue", "tallystick.store", "tallystick.views")
LATE = ("asyncio", "aiohttp", "websockets", "httptools", "uvloop", "apsw", "click")
RARE = (
    *("logging", "tempfile", "tomllib", "tallystick.contract.endpoints", "tallystick.contract.public"),
    *("tallystick.client.rows.account", "tallystick.client.safe.one_click", "tallystick.client.stream.sync"),
)
"""Modules that the import of the client leaves to the call that needs it."""
SHOW = "import sys, json; print(json.dumps(sorted(sys.modules)))"


def loaded(code: str) -> set[str]:
    """Modules a new interpreter has loaded after this."""
    run = subprocess.run([sys.executable, "-c", f"{code}\n{SHOW}"], capture_output=True, check=True, text=True)
    return set(json.loads(run.stdout))


def faults(modules: set[str], later: tuple[str, ...] = (*HEAVY, *LATE)) -> list[str]:
    return sorted(name for name in later if name in modules)


@pytest.mark.parametrize(
    "code",
    ["import tallystick.client", "from tallystick import Client; Client(base_url='http://localhost', pace=False)"],
)
def test_the_client_loads_no_other_room(code: str) -> None:
    assert faults(loaded(code) - loaded("")) == []


def test_the_import_loads_nothing_that_one_call_needs() -> None:
    assert faults(loaded("from tallystick import Client") - loaded(""), RARE) == []


def test_every_name_of_the_client_is_there() -> None:
    code = "import tallystick.client as c; assert all(getattr(c, name).__name__ == name for name in c.__all__)"
    assert "aiohttp" not in loaded("from tallystick.client import Client, ClientError, Repaid")
    loaded(code)


def test_the_package_alone_loads_no_client() -> None:
    assert not any(name.startswith("tallystick.client") for name in loaded("import tallystick"))


def test_the_rule_can_fail() -> None:
    assert faults(loaded("import tallystick.server.limits, asyncio")) == ["asyncio", "tallystick.server"]
    assert faults(loaded("import tallystick.client.history, tempfile"), RARE) == ["tempfile"]
