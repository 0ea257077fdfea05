"""`tally mcp`: serves an agent over MCP."""

from __future__ import annotations

from tallystick.cli.frame.accounts import client_of, confirm
from tallystick.cli.frame.commands import command, option
from tallystick.cli.frame.failing import Stop
from tallystick.cli.frame.options import ACCOUNT, DATA, LANG, LIVE, PROFILE, USER, Asked, gathered
from tallystick.data.install import advice

SHARED = (PROFILE, USER, DATA, LIVE, ACCOUNT, LANG)
MISSING = f"the MCP library is not installed: {advice('mcp')}"


@command(
    zh="""通过 MCP（标准输入输出）向智能体提供负债、计划、历史和结果。

    未加 --write 时为只读。写操作带有智能体自定的 intent：重复同一 intent 不会再次发送。真实账户的写操作还需要
    --live 和 --account。
    """,
)
@option("--write", is_flag=True, help="Also offer tools that change something.", zh="同时提供写操作工具。")
@gathered(*SHARED)
def mcp(asked: Asked, write: bool) -> None:
    """Give an AI agent debts, plans, histories and outcomes, over MCP on standard input and output.

    It is read-only without --write. A write has an intent, an id of the agent's own: the same intent sends nothing
    again. Writes on a live account want --live and --account as well.
    """
    try:
        from tallystick.cli.agents.serving import serve
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in ("mcp", "mcp_types", "anyio"):
            raise
        raise Stop(MISSING) from None
    from tallystick.cli.agents.desk import Desk

    with client_of(asked) as client:
        if write:
            # Nobody can be asked here: what is allowed, is allowed before the agent comes.
            confirm(asked._replace(yes=True, json=()), client, "", look=None)
        serve(Desk(asked, client), writes=write)
