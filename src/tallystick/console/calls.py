"""Control calls as the page asks for them, carried out by the client: what was answered, refused, or is unknown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

from msgspec import Struct, field

from tallystick.client.clock import monotonic
from tallystick.client.errors import ClientError, LeverRefused, OutcomeUnknown, UnreadableOutcome
from tallystick.client.levers.connection import AsyncConnection
from tallystick.client.records import Record
from tallystick.console.admission import Refused

PART: Final = re.compile(r"[A-Za-z0-9._ -]{1,64}")
PARTS_MAX: Final = 5
WHOLE_MAX: Final = 2**53


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """A control call: the parts of its path behind /tally/v1/, and the fields of its query or body."""

    method: Literal["GET", "POST", "DELETE"]
    path: list[str]
    fields: dict[str, Any] = field(default_factory=dict)


class Told(Struct, frozen=True, omit_defaults=True):
    """Result of a call. `outcome` is unknown where it was sent and not answered; `us` is the time it took."""

    outcome: Literal["done", "refused", "not-sent", "unknown"]
    us: int
    answer: Any = None
    message: str = ""
    hint: str = ""


class Anything(Record):
    """Answer of any call, as it was sent."""

    __slots__ = ()


async def carry_out(connection: AsyncConnection, asked: Asked) -> Told:
    """Carry out a call once. Raises Refused 400 for a path that no call has."""
    if not 0 < len(asked.path) <= PARTS_MAX or not all(map(_is_name, asked.path)):
        raise Refused(400, "path is no path of a control call", 'give its parts, such as ["clock", "advance"]')
    ask = {"GET": connection.get, "POST": connection.post, "DELETE": connection.delete}[asked.method]
    began = monotonic()

    def us() -> int:
        return int((monotonic() - began) * 1_000_000)

    try:
        answer = await ask(tuple(asked.path), asked.fields, Anything)
    except TypeError as problem:
        return Told("not-sent", us(), message=str(problem))
    except LeverRefused as refused:
        return Told("refused", us(), message=refused.text, hint=refused.hint)
    except (OutcomeUnknown, UnreadableOutcome) as problem:
        return Told("unknown", us(), message=problem.text, hint=problem.hint)
    except ClientError as problem:
        return Told("not-sent", us(), message=problem.text, hint=problem.hint)
    return Told("done", us(), answer=exact(answer.raw))


def exact(value: Any) -> Any:
    """An answer as a browser can hold it: whole numbers beyond 2**53, such as those of loans, are text."""
    if isinstance(value, Mapping):
        return {name: exact(each) for name, each in value.items()}
    if isinstance(value, list):
        return [exact(each) for each in value]
    return str(value) if type(value) is int and abs(value) > WHOLE_MAX else value


def _is_name(part: str) -> bool:
    return PART.fullmatch(part) is not None and part.strip(".") != ""
