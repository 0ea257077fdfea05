"""Bodies and answers of the control calls of faults."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from msgspec import Struct, field

from tallystick.contract.core import Doc
from tallystick.server.control.form import Body, IsoTime
from tallystick.server.faults.kinds import Afterwards, Place

# ---- what is sent


class FaultBody(Body, frozen=True, kw_only=True):
    """A rule: where (`on`, `user`, `key`, `method`), when (`nth` to `seed`), and which `fault`, with its parameters.

    `nth` alone hits that one only; `count` hits as many from there on; without both all are hit.
    `from` and `until` are ISO times on the venue's clock.
    """

    on: str
    fault: str
    user: str | None = None
    key: str | None = None
    method: Literal["GET", "POST", "WS"] | None = None
    nth: int | None = None
    count: int | None = None
    from_at: IsoTime | None = field(default=None, name="from")
    until_at: IsoTime | None = field(default=None, name="until")
    probability: Decimal | None = None
    seed: int | None = None
    ms: int | None = None
    answer: str | None = None
    code: str | None = None
    leg: int | None = None
    share: Decimal | None = None


# ---- what is answered


class Made(Struct, frozen=True, kw_only=True):
    id: int


class FaultRule(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A rule with all its values; `matched` requests or occasions met its conditions, `fired` of them were hit."""

    id: int
    on: str
    fault: str
    user: str | None = None
    key: str | None = None
    method: str | None = None
    nth: int = 0
    count: int | None = None
    from_at: IsoTime | None = field(default=None, name="from")
    until_at: IsoTime | None = field(default=None, name="until")
    probability: Decimal | None = None
    seed: int | None = None
    ms: int | None = None
    answer: str | None = None
    code: str | None = None
    leg: int | None = None
    share: Decimal | None = None
    matched: int
    fired: int


class FaultRules(Struct, frozen=True, kw_only=True):
    faults: list[FaultRule]


class KindParameter(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Parameter of a kind: a whole number from `least` to `most`, or one of `words`."""

    name: str
    default: int | str
    least: int = 0
    most: int = 0
    words: tuple[str, ...] = ()


class FaultKind(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A kind of fault. `sees` is what the client sees; `orders` tells if it can hit WebSocket order operations.

    `on` of a kind whose place is a request names an endpoint; of a stream or subscription a channel, or ws for all; of
    the engine an endpoint that it is about.
    """

    name: str
    place: Place
    afterwards: Afterwards
    orders: bool
    parameters: list[KindParameter]
    operations: tuple[str, ...] = ()
    sees: Doc
    words: Doc


class FaultKinds(Struct, frozen=True, kw_only=True):
    kinds: list[FaultKind]
