"""`tally console`: serves a page to look at a venue and to move it."""

from __future__ import annotations

import os
import socket
from ipaddress import ip_address
from typing import Final

import click

from tallystick.cli.frame.commands import command, option
from tallystick.cli.frame.failing import Stop
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import DATA, LANG, Asked, gathered, naming
from tallystick.data.install import advice, advice_zh

PORT: Final = 8081
MISSING: Final = Words(f"the console needs aiohttp: {advice('console')}", f"控制台需要 aiohttp：{advice_zh('console')}")
AT: Final = Words("The console is at {url}", "控制台地址：{url}")
CODE: Final = Words("Give it this code: {code}", "在页面中输入此验证码：{code}")
END: Final = Words("Ctrl-C stops it; the venue goes on.", "按 Ctrl-C 停止；平台继续运行。")


@command(
    zh="""提供一个网页，用来查看平台并操作它：余额、负债、借款、时钟和价格。

    它是独立的进程，只用控制调用，停止它不影响平台。页面要求输入启动时给出的验证码。
    """,
)
@option("--host", default="127.0.0.1", show_default=True, help="Listen on this address.", zh="监听此地址。")
@option(
    "--port",
    type=click.IntRange(0, 65535),
    default=PORT,
    show_default=True,
    help="Listen on this port; 0 takes a free one.",
    zh="监听此端口；0 表示任一空闲端口。",
)
@option(
    "--allow-host",
    multiple=True,
    metavar="NAME",
    help="Answer under this host name too.",
    zh="也接受以此主机名发来的请求。",
)
@gathered(DATA, LANG)
def console(asked: Asked, host: str, port: int, allow_host: tuple[str, ...]) -> None:
    """Serve a page to look at a venue and to move it: balances, debts, loans, the clock and prices.

    It is a process of its own that uses the control calls, and the venue goes on when it stops. The page asks for the
    code that is printed at the start.
    """
    # The client and the web server take their time to load, and completion does without them.
    from tallystick.client.profiles import control

    try:
        from tallystick.console.admission import Admission
        from tallystick.console.app import Venue
        from tallystick.console.serving import serve
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] != "aiohttp":
            raise
        raise Stop(str(MISSING)) from None
    url, token, ca = control(asked.data)
    listener = bound(host, port)
    at = address(listener)
    admission = Admission(frozenset(name.lower() for name in allow_host))

    def ready() -> None:
        click.echo(str(AT).format(url=at))
        click.echo(str(CODE).format(code=admission.code))
        click.echo(str(END))

    with listener:
        serve(listener, Venue(url, token, ca, naming(asked)), admission, ready)


def bound(host: str, port: int, option: str = "--port") -> socket.socket:
    """Socket that listens. Raises Stop, which names the option for another port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as problem:
        raise Stop(
            f"cannot listen on {host}:{port}: {os.strerror(problem.errno or 0)}; give another {option}"
        ) from None


def address(listener: socket.socket) -> str:
    """Address of a socket, as a browser takes it."""
    host, port = listener.getsockname()[:2]
    if ip_address(host).is_unspecified:
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
