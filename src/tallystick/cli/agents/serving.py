"""Serving the tools over standard input and output, with the official SDK of MCP."""

from __future__ import annotations

import json
from typing import Any, Final

import anyio
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    Tool,
    ToolAnnotations,
)

import tallystick
from tallystick.cli.agents import tools
from tallystick.cli.agents.desk import Desk, Result, failed
from tallystick.cli.frame.failing import Effect, Failure, Form

INSTRUCTIONS: Final = (
    "Debts of one account: see them, plan a repayment, find out what became of one. Amounts are decimal text. A result "
    "with `error` tells its `outcome`: none (nothing happened), done, or unknown. After unknown never repeat the "
    "request under a new intent: ask `outcome` with the same intent."
)
READ_ONLY: Final = "This server is read-only; tally mcp --write has tools that move something."
TEXT_MAX: Final = 400_000
"""Letters of a result at most."""


def serve(desk: Desk, *, writes: bool) -> None:
    """Serve until standard input ends."""
    anyio.run(_serve, desk, writes)


async def _serve(desk: Desk, writes: bool) -> None:
    served = {tool.name: tool for tool in tools.TOOLS if writes or not tool.writes}
    turn = anyio.Lock()

    async def list_tools(ctx: Any, params: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=[described(tool) for tool in served.values()])

    async def call_tool(ctx: Any, params: CallToolRequestParams) -> CallToolResult:
        tool = served.get(params.name)
        if tool is None:
            reason = READ_ONLY if any(one.name == params.name for one in tools.TOOLS) else "There is no such tool."
            return result({"error": Form("parameter", reason=reason)._asdict()})
        async with turn:
            return result(await anyio.to_thread.run_sync(answered, desk, tool, params.arguments or {}))

    instructions = INSTRUCTIONS if writes else f"{INSTRUCTIONS} {READ_ONLY}"
    server: Server[Any] = Server(
        "tallystick",
        version=tallystick.__version__,
        instructions=instructions,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def described(tool: tools.Tool[Any]) -> Tool:
    """A tool as the protocol has it."""
    return Tool(
        name=tool.name,
        description=tool.about,
        input_schema=tool.schema(),
        annotations=ToolAnnotations(read_only_hint=not tool.writes, idempotent_hint=True),
    )


def answered(desk: Desk, tool: tools.Tool[Any], arguments: dict[str, Any]) -> Result:
    """The result of a call, or its error in the form of the command line."""
    try:
        return tool.run(desk, arguments)
    except Exception as error:
        try:
            return failed(error)
        except Exception as bug:
            reason = f"{type(bug).__name__}: {bug}. This is a fault of the program."
            outcome: Effect = "unknown" if tool.writes else "none"
            return failed(Failure(Form("bug", reason=reason, outcome=outcome)))


def result(found: Result) -> CallToolResult:
    """A result as the protocol has it; an error is one there too."""
    text = json.dumps(found, ensure_ascii=False)
    if len(text) > TEXT_MAX:
        reason = f"The result has {len(text)} letters, and {TEXT_MAX} are the most: ask for less."
        return result({"error": Form("failed", reason=reason)._asdict()})
    return CallToolResult(
        content=[TextContent(type="text", text=text)], structured_content=json.loads(text), is_error="error" in found
    )
