"""Tables of the kinds of faults, in both languages, made from the table that the server plays them from."""

from __future__ import annotations

from collections.abc import Iterable

from docs.tables import table
from tallystick.contract.core import Doc
from tallystick.server.faults.happenings import CATALOGUE
from tallystick.server.faults.kinds import AFTERWARDS, Kind, Parameter

PLACES = {
    "request": Doc("Requests", "请求"),
    "stream": Doc("Messages of streams", "WebSocket 消息"),
    "engine": Doc("What really happens", "真实发生的事"),
    "entrance": Doc("Handshake, login, subscription and ping of a stream", "WebSocket 的握手、登录、订阅和 ping"),
}


def in_english() -> str:
    return "\n\n".join(_section(place, chinese=False) for place in PLACES)


def in_chinese() -> str:
    return "\n\n".join(_section(place, chinese=True) for place in PLACES)


def _section(place: str, *, chinese: bool) -> str:
    found = [kind for kind in CATALOGUE if _place(kind) == place]
    heads = (
        ("故障", "参数", "客户端看到", "之后的状态")
        if chinese
        else ("fault", "parameters", "the client sees", "afterwards")
    )
    return f"**{_said(PLACES[place], chinese)}**\n\n{table(heads, _rows(found, chinese))}"


def _place(kind: Kind) -> str:
    return kind.place if kind.place in PLACES else "entrance"


def _rows(kinds: Iterable[Kind], chinese: bool) -> Iterable[tuple[str, ...]]:
    for kind in kinds:
        parameters = ", ".join(_parameter(one, chinese) for one in kind.parameters)
        words = (_said(kind.sees, chinese), _said(AFTERWARDS[kind.afterwards], chinese))
        yield f"`{kind.name}`{' *' if kind.orders else ''}", parameters, *words


def _parameter(one: Parameter, chinese: bool) -> str:
    if one.words:
        joined = "、" if chinese else ", "
        return f"`{one.name}`: {joined.join(f'`{word}`' for word in one.words)}"
    return f"`{one.name}` = {one.default}"


def _said(words: Doc, chinese: bool) -> str:
    return words.zh if chinese else words.en
