"""Calls of levers: to the venue that `connection.json` in the data folder names."""

from __future__ import annotations

from operator import attrgetter
from typing import Any, NoReturn

import msgspec

from tallystick.cli.frame.answers import say
from tallystick.cli.frame.failing import Failure, Form, under_way
from tallystick.cli.frame.language import Words
from tallystick.cli.frame.options import Asked
from tallystick.cli.frame.request_record import Request
from tallystick.cli.frame.requests import told
from tallystick.cli.levers.drawing import drawn
from tallystick.cli.levers.forms import Lever
from tallystick.client.errors import LeverRefused, NotSent
from tallystick.client.levers import Levers
from tallystick.client.levers.connection import Connection, target_of
from tallystick.client.levers.sync_calls import Calls

NOTHING_SENT = Words("Dry run: nothing was sent.", "试运行：未发送任何内容。")


def pull(asked: Asked, lever: Lever, name: str | None, fields: dict[str, Any]) -> None:
    """Make a call and print its answer; with --dry-run print its request alone.

    Raises Failure: a value that cannot be sent, the venue refuses, or is not there. Raises ClientError.
    """
    url = ""
    named = () if name is None else (name,)
    try:
        if asked.dry_run:
            request = request_of(lever, named, fields)
            say(asked, request, lambda: f"{told(request)}\n\n{NOTHING_SENT}")
            return
        with Levers.of_data(asked.data) as levers:
            url = levers.url
            under_way("" if lever.moves else None)
            answer = attrgetter(lever.call)(levers)(*named, **fields).raw
    except TypeError as problem:
        raise Failure(Form("parameter", reason=f"{problem}; nothing was sent")) from None
    except LeverRefused as refused:
        raise Failure(Form("refused", str(refused.status), refused.text, refused.retry), hint=refused.hint) from None
    except NotSent as problem:
        reason = f"nobody serves {url}"
        raise Failure(
            Form("not-sent", reason=reason, retryable=problem.retry),
            hint=f"start the venue with tally serve --data {asked.data}",
        ) from None
    say(asked, answer, lambda: drawn(lever, answer, {"name": name, **fields}))


def request_of(lever: Lever, named: tuple[str, ...], fields: dict[str, Any]) -> Request:
    """The request of a call. Raises TypeError for a value that cannot be sent."""
    try:
        attrgetter(lever.call)(Calls(Unsent()))(*named, **fields)
    except _Made as made:
        return made.request
    raise AssertionError(f"{lever.call} made no request")


class _Made(Exception):
    """The request that a call makes."""

    def __init__(self, request: Request) -> None:
        self.request = request


class Unsent(Connection):
    """Connection that sends nothing: a call ends with its request."""

    def __init__(self) -> None:
        """Without an address, since nothing is sent."""

    def _call(self, method: Any, path: tuple[str | int, ...], query: str, body: bytes, record: Any) -> NoReturn:
        decoded = msgspec.json.decode(body) if body else None
        raise _Made(Request(method, target_of(path) + query, decoded))
