"""`tally mcp`, driven over standard input and output by the client of the official SDK."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.stdio import stdio_client

from tallystick.cli.agents.tools import BYTES_MAX, TOOLS, TOOLS_MAX
from tests.cli.process import SOURCE, Served, serving, tally
from tests.patience import PATIENCE_S

Talk = Callable[[Client], Coroutine[Any, Any, None]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("agents") / "data"


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[Served]:
    options = ("--frozen", "--at", "2026-12-01T00:00:00Z", "--market", "by-hand", "--limits", "off")
    with serving(folder, *options) as found:
        yield found


@pytest.fixture
def served(running: Served, tmp_path: Path) -> Served:
    """A venue as it began, where alice owes 100 USDC of which she holds none, with prices."""
    running.control("POST", "reset")
    running.control("DELETE", "faults")
    running.control("POST", "market/prices", {"prices": {"BTC-USDT": "60000", "ETH-USDT": "3000", "USDC-USDT": "1"}})
    running.control("POST", "users/alice/balance", {"account": "trading", "ccy": "USDC", "amt": "-20"})
    borrowed(running, "100")
    running.control("POST", "users/alice/balance", {"account": "trading", "ccy": "USDC", "amt": "-100"})
    return running


def as_alice(served: Served, method: str, path: str, body: object = None) -> Any:
    asked = {"method": method, "path": path, **({"body": body} if body is not None else {})}
    return served.control("POST", "users/alice/request", asked)["answer"]


def borrowed(served: Served, amt: str) -> None:
    body = {"ccy": "USDC", "side": "borrow", "amt": amt}
    assert as_alice(served, "POST", "/api/v5/account/spot-manual-borrow-repay", body)["code"] == "0"


def runs(served: Served) -> list[Any]:
    rows: list[Any] = as_alice(served, "GET", "/api/v5/trade/one-click-repay-history-v2")["data"]
    return rows


def talk(folder: Path, state: Path, said: Talk, *options: str, program: str = "") -> None:
    """One agent's talk with a server of its own; `program` is run in its place."""
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "TALLY_STATE": str(state), "XDG_RUNTIME_DIR": str(state)}
    server = StdioServerParameters(
        command=sys.executable,
        args=[*(["-c", program] if program else ["-m", "tallystick"]), "mcp", "--data", str(folder), *options],
        env=environment,
    )

    async def whole() -> None:
        async with Client(stdio_client(server)) as client:
            await said(client)

    asyncio.run(asyncio.wait_for(whole(), PATIENCE_S))


async def ask(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    found = await client.call_tool(tool, arguments)
    content = found.structured_content
    assert isinstance(content, dict)
    assert found.is_error == ("error" in content)
    assert json.loads(found.content[0].text) == content  # type: ignore[union-attr]
    return content


def test_tools_are_few_and_short(served: Served, folder: Path, tmp_path: Path) -> None:
    seen: dict[bool, list[Any]] = {}

    def look(writes: bool) -> Talk:
        async def said(client: Client) -> None:
            seen[writes] = (await client.list_tools()).tools

        return said

    talk(folder, tmp_path, look(False))
    talk(folder, tmp_path, look(True), "--write")
    assert [tool.name for tool in seen[True]] == [tool.name for tool in TOOLS]
    assert len(TOOLS) <= TOOLS_MAX == 15
    told = json.dumps([tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in seen[True]])
    assert len(told.encode()) <= BYTES_MAX == 16 * 1024
    assert {tool.name for tool in seen[False]} == {tool.name for tool in TOOLS if not tool.writes}
    assert all(tool.annotations.read_only_hint for tool in seen[False])


def test_without_write_nothing_can_be_moved(served: Served, folder: Path, tmp_path: Path) -> None:
    before = served.control("GET", "state-hash")

    async def said(client: Client) -> None:
        repaid = await ask(client, "repay", intent="a", debt="USDC", using=["BTC"])
        assert "read-only" in repaid["error"]["reason"]
        called = await ask(
            client, "read", name="one_click_repay_v2", fields={"debtCcy": "USDC", "repayCcyList": ["BTC"]}
        )
        assert called["error"]["category"] == "read-only"
        shown = await ask(client, "show", lever="clock advance")
        assert shown["error"]["category"] == "read-only"
        debts = await ask(client, "debts")
        assert [(one["ccy"], one["debt"]) for one in debts["spot"]] == [("USDC", "100")]
        plan = await ask(client, "plan_repay", debt="USDC", using=["BTC"])
        assert plan["debt"] == "100"
        assert [leg["inst_id"] for leg in plan["legs"]] == ["BTC-USDT", "USDC-USDT"]
        assert (await ask(client, "read", name="ticker", fields={"instId": "BTC-USDT"}))["rows"][0]["last"] == "60000"
        assert (await ask(client, "show", lever="clock show"))["mode"] == "frozen"
        assert "one_click_repay_v2" in (await ask(client, "describe"))["endpoints"]
        assert (await ask(client, "describe", name="one_click_repay_v2"))["fields"]["debtCcy"]["required"] is True
        assert (await ask(client, "describe", name="clock advance"))["fields"]["by"]["form"] == "text"
        assert (await ask(client, "history", name="spot_borrow_repay_history"))["rows"][0]["type"] == "manual_borrow"
        assert {row["ccy"] for row in (await ask(client, "balance"))["funding"]} >= {"BTC", "USDT"}

    talk(folder, tmp_path, said)
    assert served.control("GET", "state-hash") == before


def test_a_repeat_of_an_intent_repays_once(served: Served, folder: Path, tmp_path: Path) -> None:
    """The answer of the repayment is lost; the run ends when the clock moves; the intent is given four times."""
    served.control("POST", "faults", {"on": "one_click_repay_v2", "fault": "drop-after-commit", "nth": 1})
    order = {"intent": "pay-usdc", "debt": "USDC", "using": ["BTC"], "wait": 3}

    async def first(client: Client) -> None:
        found = await ask(client, "repay", **order)
        assert (found["outcome"], found["error"]["outcome"]) == ("still_running", "unknown")
        assert found["error"]["resume"] == "outcome(intent='pay-usdc')"
        moved = await ask(client, "lever", intent="wait", lever="clock advance", fields={"by": "1m"})
        assert moved["answer"]["now"] == "2026-12-01T00:01:00.000Z"
        again = await ask(client, "lever", intent="wait", lever="clock advance", fields={"by": "1m"})
        assert (again["answer"], again["repeated"]) == (moved["answer"], True)

    talk(folder, tmp_path, first, "--write")
    assert len(runs(served)) == 1

    async def later(client: Client) -> None:
        """Another server, such as after a crash."""
        found = await ask(client, "outcome", intent="pay-usdc")
        assert (found["outcome"], found["left"]) == ("repaid", "0")
        again = await ask(client, "repay", **order)
        assert again == {**found, "repeated": True}
        other = await ask(client, "repay", **{**order, "debt": "USDT"})
        assert "was given to another request" in other["error"]["reason"]
        assert (await ask(client, "outcome", intent="never"))["error"]["category"] == "parameter"

    talk(folder, tmp_path, later, "--write")
    assert len(runs(served)) == 1


def borrowings(served: Served) -> list[str]:
    path = "/api/v5/account/spot-borrow-repay-history?ccy=USDC&type=manual_borrow"
    return [row["amt"] for row in as_alice(served, "GET", path)["data"]]


@pytest.mark.parametrize("fault", ["drop-after-commit", "truncated-json", "50004"])
def test_a_borrowing_whose_answer_is_lost_is_found_and_not_repeated(
    served: Served, folder: Path, tmp_path: Path, fault: str
) -> None:
    served.control("POST", "faults", {"on": "spot_manual_borrow_repay", "fault": fault, "nth": 1})
    order = {"intent": "b-1", "ccy": "USDC", "amt": "7", "wait": 5}

    async def said(client: Client) -> None:
        found = await ask(client, "borrow", **order)
        if "error" in found:
            # A refusal that was told: nothing was carried out, and the same intent may be asked again.
            assert found["error"]["outcome"] == "none"
            found = await ask(client, "borrow", **order)
        assert (found["outcome"], found["ccy"], found["amt"]) == ("done", "USDC", "7")
        assert await ask(client, "borrow", **order) == {**found, "repeated": True}
        assert await ask(client, "outcome", intent="b-1") == {**found, "repeated": True}

    talk(folder, tmp_path, said, "--write")
    assert borrowings(served) == ["7", "100"]


def test_a_borrowing_that_never_arrived_is_unknown_until_it_cannot_arrive_any_more(
    served: Served, folder: Path, tmp_path: Path
) -> None:
    served.control("POST", "faults", {"on": "spot_manual_borrow_repay", "fault": "drop-before-commit", "nth": 1})
    order = {"intent": "b-1", "ccy": "USDC", "amt": "7", "wait": 1}

    async def early(client: Client) -> None:
        for tool, arguments in (("borrow", order), ("borrow", order), ("outcome", {"intent": "b-1", "wait": 1})):
            error = (await ask(client, tool, **arguments))["error"]
            assert (error["category"], error["outcome"], error["retryable"]) == ("unknown", "unknown", False)
            assert error["resume"] == "outcome(intent='b-1')"
            assert "spot_borrow_repay_history" in error["reason"]

    talk(folder, tmp_path, early, "--write")
    served.control("POST", "clock/advance", {"by": "20m"})

    async def late(client: Client) -> None:
        error = (await ask(client, "outcome", intent="b-1"))["error"]
        assert (error["category"], error["outcome"], error["retryable"]) == ("not-done", "none", True)
        assert (await ask(client, "borrow", **order))["error"]["outcome"] == "none"
        assert (await ask(client, "borrow", **{**order, "intent": "b-2"}))["outcome"] == "done"

    talk(folder, tmp_path, late, "--write")
    assert borrowings(served) == ["7", "100"]


def test_two_borrowings_that_fit_stay_unknown(served: Served, folder: Path, tmp_path: Path) -> None:
    """Somebody else borrows the same amount meanwhile: nobody can say which is whose."""
    served.control("POST", "faults", {"on": "spot_manual_borrow_repay", "fault": "drop-before-commit", "nth": 1})
    order = {"intent": "b-1", "ccy": "USDC", "amt": "7", "wait": 0}

    async def first(client: Client) -> None:
        assert (await ask(client, "borrow", **order))["error"]["outcome"] == "unknown"

    async def later(client: Client) -> None:
        error = (await ask(client, "outcome", intent="b-1", wait=0))["error"]
        assert error["outcome"] == "unknown"
        assert error["reason"].startswith("2 borrowings fit this one request")

    talk(folder, tmp_path, first, "--write")
    borrowed(served, "7")
    borrowed(served, "7")
    talk(folder, tmp_path, later, "--write")
    assert borrowings(served) == ["7", "7", "100"]


def test_a_switch_whose_answer_is_lost_is_looked_up(served: Served, folder: Path, tmp_path: Path) -> None:
    served.control("POST", "faults", {"on": "set_auto_repay", "fault": "drop-after-commit", "nth": 1})

    async def said(client: Client) -> None:
        assert (await ask(client, "auto_repay", intent="s", on=True))["outcome"] == "done"
        again = await ask(client, "auto_repay", intent="s", on=True)
        assert (again["outcome"], again["repeated"]) == ("done", True)

    talk(folder, tmp_path, said, "--write")


KILLED = """
import os
from tallystick.client.transport import HttpTransport
sent = HttpTransport.send
def send(self, step):
    if step.method == "POST" and {path!r} in step.target:
        os._exit(9)
    return sent(self, step)
HttpTransport.send = send
from tallystick.cli.main import main
main(prog_name="tally")
"""
WRITES = [
    ("borrow", "spot-manual-borrow-repay", {"intent": "k", "ccy": "USDC", "amt": "7", "wait": 1}, "unknown"),
    ("repay_spot", "spot-manual-borrow-repay", {"intent": "k", "ccy": "USDC", "amt": "5", "wait": 1}, "unknown"),
    ("repay", "one-click-repay-v2", {"intent": "k", "debt": "USDC", "using": ["BTC"], "wait": 1}, "unknown"),
    ("convert", "convert/trade", {"intent": "k", "sell": "USDT", "buy": "BTC", "amt": "100", "wait": 1}, "unknown"),
    ("auto_repay", "set-auto-repay", {"intent": "k", "on": True}, "unknown"),
    ("lever", "/tally/v1/users", {"intent": "k", "lever": "users add", "fields": {"name": "dan"}}, "unknown"),
]


@pytest.mark.parametrize(("tool", "path", "order", "outcome"), WRITES, ids=[tool for tool, *_ in WRITES])
def test_a_server_that_is_killed_between_the_note_and_the_sending(
    served: Served, folder: Path, tmp_path: Path, tool: str, path: str, order: dict[str, Any], outcome: str
) -> None:
    """It ends at the moment of sending. The next server sends nothing under that intent, and says that nobody knows."""
    served.control("POST", "users/alice/balance", {"account": "trading", "ccy": "USDC", "amt": "50"})

    async def first(client: Client) -> None:
        with pytest.raises(MCPError):
            await client.call_tool(tool, order)

    talk(folder, tmp_path, first, "--write", program=KILLED.format(path=path))
    before = served.control("GET", "state-hash")

    async def second(client: Client) -> None:
        for _ in range(2):
            error = (await ask(client, tool, **order))["error"]
            assert error["outcome"] == outcome, error
        assert (await ask(client, "outcome", intent="k", wait=1))["error"]["outcome"] == outcome

    talk(folder, tmp_path, second, "--write")
    assert served.control("GET", "state-hash") == before
    if tool in ("auto_repay", "lever"):
        return
    served.control("POST", "clock/advance", {"by": "20m"})

    async def third(client: Client) -> None:
        error = (await ask(client, "outcome", intent="k", wait=1))["error"]
        assert (error["category"], error["outcome"]) == ("not-done", "none")

    talk(folder, tmp_path, third, "--write")


def test_what_is_refused_may_be_asked_again_with_its_intent(served: Served, folder: Path, tmp_path: Path) -> None:
    async def said(client: Client) -> None:
        refused = (await ask(client, "borrow", intent="x", ccy="USDC", amt="999999999"))["error"]
        assert (refused["category"], refused["outcome"]) == ("refused", "none")
        assert refused["code"]
        assert (await ask(client, "borrow", intent="x", ccy="USDC", amt="1"))["outcome"] == "done"
        nothing = await ask(client, "repay", intent="y", debt="ETH", using=["BTC"])
        assert (nothing["outcome"], nothing["repaid"]) == ("repaid", "0")
        unlisted = (await ask(client, "repay", intent="z", debt="NOPE", using=["BTC"]))["error"]
        assert (unlisted["category"], unlisted["outcome"]) == ("parameter", "none")
        switched = await ask(client, "auto_repay", intent="s", on=True)
        assert switched["outcome"] == "done"

    talk(folder, tmp_path, said, "--write")


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("repay", {}),
    ("repay", {"intent": "a b", "debt": "USDC", "using": ["BTC"]}),
    ("repay", {"intent": "a", "debt": "usdc", "using": ["BTC"]}),
    ("repay", {"intent": "a", "debt": "USDC", "using": "BTC"}),
    ("repay", {"intent": "a", "debt": "USDC", "using": ["BTC"], "more": 1}),
    ("borrow", {"intent": "a", "ccy": "USDC", "amt": 1.5}),
    ("borrow", {"intent": "../../etc", "ccy": "USDC", "amt": "1"}),
    ("lever", {"intent": "a", "lever": "clock jump"}),
    ("lever", {"intent": "a", "lever": "users level"}),
    ("history", {"name": "no_such"}),
    ("history", {"name": "bills", "rows": 100000}),
    ("describe", {"name": "no_such"}),
    ("read", {"name": "no_such"}),
    ("no_such", {}),
]


def test_wrong_arguments_give_the_error_form(served: Served, folder: Path, tmp_path: Path) -> None:
    before = served.control("GET", "state-hash")

    async def said(client: Client) -> None:
        for tool, arguments in WRONG:
            error = (await ask(client, tool, **arguments))["error"]
            assert (error["category"], error["outcome"]) == ("parameter", "none"), (tool, arguments)

    talk(folder, tmp_path, said, "--write")
    assert served.control("GET", "state-hash") == before
    assert not list(tmp_path.glob("agents/*.agent"))


def test_a_live_account_and_a_damaged_folder_are_refused_before_anything_is_served(tmp_path: Path) -> None:
    done = tally("mcp", "--data", str(tmp_path), "--write")
    assert (done.returncode, done.stdout) == (1, "")
    assert "connection.json" in done.stderr
