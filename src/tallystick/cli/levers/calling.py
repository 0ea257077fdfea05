"""Calls of levers: to the venue that `connection.json` in the data folder names."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from tallystick.cli.frame.answers import say
from tallystick.cli.frame.failing import Failure, Form
from tallystick.cli.frame.options import Asked
from tallystick.cli.levers.drawing import drawn
from tallystick.cli.levers.forms import Lever
from tallystick.client.errors import LeverRefused, NotSent
from tallystick.client.levers import Levers


def pull(asked: Asked, lever: Lever, name: str | None, fields: dict[str, Any]) -> None:
    """Make a call and print its answer. Raises Failure: the venue refuses, or is not there. Raises ClientError."""
    url = ""
    try:
        with Levers.of_data(asked.data) as levers:
            url = levers.url
            named = () if name is None else (name,)
            answer = attrgetter(lever.call)(levers)(*named, **fields).raw
    except LeverRefused as refused:
        raise Failure(Form("refused", str(refused.status), refused.text, refused.retry), hint=refused.hint) from None
    except NotSent as problem:
        reason = f"nobody serves {url}"
        raise Failure(
            Form("not-sent", reason=reason, retryable=problem.retry),
            hint=f"start the venue with tally serve --data {asked.data}",
        ) from None
    say(asked, answer, lambda: drawn(lever, answer, {"name": name, **fields}))
