"""Clients of commands: the account that a profile names, and the guard before its writes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

import click
import msgspec

from tallystick.cli.frame.failing import RESUME, Failure, Form, under_way, usage
from tallystick.cli.frame.language import Words, language
from tallystick.cli.frame.options import LOCAL, Asked
from tallystick.client import profiles
from tallystick.client.clock import monotonic
from tallystick.client.hosts import LOOPBACK, Host
from tallystick.client.steps import Headers, Received, Send
from tallystick.client.transport import HttpTransport
from tallystick.client.waiting import Waiting

if TYPE_CHECKING:
    from tallystick.client.sync import Client

HEALTH_S: Final = 5.0
"""Longest wait for the settings of a venue on this machine."""
C = TypeVar("C", bound=Waiting)

ASK: Final = Words("Do it?", "是否执行？")
CONFIRM: Final = Words("Type {account} to do this on the live account", "请输入 {account} 以确认对真实账户执行")
NOT_SENT: Final = Words("Not confirmed; nothing was sent.", "未确认；未发送任何内容。")


@contextmanager
def client_of(asked: Asked) -> Iterator[Client]:
    """Client of the account that the options name. Raises ProfileError, HostRefused."""
    # All methods take longer to load than those that a reading needs.
    from tallystick.client.sync import Client

    with opened(asked, Client) as client:
        yield client


@contextmanager
def opened(asked: Asked, kind: type[C]) -> Iterator[C]:
    """Client of some kind for the account that the options name."""
    if asked.user and asked.profile != LOCAL:
        raise usage("--user names a user of the local venue: leave it out, or leave --profile out")
    with kind.from_profile(
        asked.profile, data=asked.data, user=asked.user, pace=paced(asked), language=language()
    ) as client:
        yield client


def paced(asked: Asked) -> bool:
    """False for a venue of this machine that has no rate limits: then nothing waits for its turn."""
    if asked.profile != LOCAL:
        return True
    # The typed levers take longer to load than this one call to make.
    url, token, ca = profiles.control(asked.data)
    transport = HttpTransport(url, ca=ca)
    headers = Headers({"Authorization": f"Bearer {token}"})
    try:
        told = transport.send(Send("GET", "/tally/v1/health", headers, b"", monotonic() + HEALTH_S, repeatable=True))
    finally:
        transport.close()
    try:
        health = msgspec.json.decode(told.body) if isinstance(told, Received) else {}
    except msgspec.DecodeError:
        health = {}
    return not isinstance(health, dict) or health.get("limits") != "off"


def is_live(host: Host) -> bool:
    """True where a write moves real coins: any host but a venue of this machine and the demo of the exchange."""
    return not host.simulated and urlsplit(host.url).hostname not in LOOPBACK


def confirm(asked: Asked, client: Client, told: str, *, look: str | None = RESUME) -> None:
    """Show what is about to be sent, and ask for it. Raises Failure where it may not be sent or is not confirmed.

    `look` is the command that says what became of it, should this one be ended meanwhile; None where nothing is sent.

    A live account is asked for by host and user, whatever --yes says; --account confirms both where nobody is there.
    """
    profile = profiles.load(asked.profile, data=asked.data, user=asked.user)
    if profile.read_only:
        raise Failure(
            Form("read-only", reason=f"Profile {asked.profile!r} is read-only; nothing was sent."),
            hint="Take another profile, or remove its entry access.",
        )
    live = is_live(profile.host)
    if live and not asked.live:
        reason = f"{profile.host.url} is a live host, and this command moves something; nothing was sent."
        raise Failure(Form("not-confirmed", reason=reason), hint="Say --live to allow it.")
    if told and asked.json is None:
        click.echo(told)
    if live:
        confirm_account(asked, account_of(client, profile.host))
    elif not asked.yes and (asked.json is not None or not click.confirm(str(ASK), default=False, err=True)):
        raise Failure(Form("not-confirmed", reason=str(NOT_SENT)), hint="Say --yes to answer beforehand.")
    under_way(look)


def account_of(client: Client, host: Host) -> str:
    """Host and user of a client's key, such as openapi.okx.com/123. Raises Failure for a key that may not trade."""
    config = client.config()
    if "trade" not in config.perm.split(","):
        raise Failure(Form("read-only", reason="This key may not trade; nothing was sent."))
    return f"{urlsplit(host.url).hostname}/{config.uid}"


def confirm_account(asked: Asked, account: str) -> None:
    """Require that host and account were named by the one who asks. Raises Failure."""
    named = asked.account
    if not named and not asked.yes and asked.json is None:
        named = str(click.prompt(str(CONFIRM).format(account=account), default="", show_default=False, err=True))
    if named != account:
        raise Failure(
            Form("not-confirmed", reason=f"The account is {account}, not {named or 'named'}; nothing was sent."),
            hint=f"Say --account {account} to confirm it.",
        )
