"""Control calls of faults: rules are made, listed and taken away, and the catalogue of kinds is told."""

from __future__ import annotations

import difflib
from collections.abc import Collection
from decimal import Decimal

from tallystick.contract import by_name as endpoints
from tallystick.contract.channels import by_name as channels
from tallystick.contract.core import Doc
from tallystick.engine.amounts import DECIMALS
from tallystick.engine.faults import PPM
from tallystick.engine.state import State
from tallystick.server.control import happenings
from tallystick.server.control.fault_forms import (
    FaultBody,
    FaultKind,
    FaultKinds,
    FaultRule,
    FaultRules,
    KindParameter,
    Made,
)
from tallystick.server.control.form import Called, ControlEndpoint, Empty, Spelling, Wrong
from tallystick.server.control.text import iso, moment_ms
from tallystick.server.control.users import id_of
from tallystick.server.faults.happenings import CATALOGUE, by_name
from tallystick.server.faults.kinds import AFTERWARDS, ANYTHING, STREAMS, Kind, Parameter
from tallystick.server.faults.past import PASTS_MAX, StaleApp
from tallystick.server.faults.rules import RULES_MAX, Rule, When, Where

NUMBER_MAX = 1_000_000_000
CLOSE_NAMES = 3
PLACES = {
    "stream": "the name of a channel, ",
    "subscribe": "the name of a channel, ",
    "login": "login, ",
    "pong": "",
    "handshake": "",
}
"""Place of a kind -> words for what `on` can name beside ws."""

# ---- the calls


async def make(call: Called, body: FaultBody) -> Made:
    """Make a rule.

    Raises Wrong, the first that applies: an unknown kind, an unknown place, a parameter that the kind has not or that
    is out of range, a condition that is out of range, an unknown user or key (404), too many rules (409).
    """
    kind = kind_of(body.fault)
    require_place(kind, body)
    values = values_of(kind, body)
    when = when_of(kind, body)
    if kind.place == "engine":
        return Made(id=await happenings.inject(call, kind, body, when, values))
    if not kind.reads:
        return await added(call, kind, body, when, values)
    async with call.faults.looking_back:
        require_room(call, kind)
        past = await call.faults.look_back()
        try:
            return await added(call, kind, body, when, values, past=past)
        except BaseException:
            past.end()
            raise


async def added(
    call: Called, kind: Kind, body: FaultBody, when: When, values: dict[str, int | str], *, past: StaleApp | None = None
) -> Made:
    """Add a rule at one turn: its user, its number and its past are of the same venue."""

    def add(state: State, now_ms: int) -> Rule:
        where = Where(
            on=body.on,
            user=body.user,
            user_id=None if body.user is None else id_of(state, body.user),
            key=key_of(call, body.key),
            method=body.method or "",
        )
        require_room(call, kind)
        if past is not None and not past.of_now:
            raise Wrong(409, "the venue began anew while the rule was made", "make it again")
        rule = Rule(call.faults.next_id(state.faults), kind, where, when, values)
        rule.past = past
        return call.faults.add(rule)

    return Made(id=(await call.venue.query(add)).id)


def require_room(call: Called, kind: Kind) -> None:
    """Check that there may be one more rule of a kind. Raises Wrong 409."""
    rules = call.faults.rules
    if len(rules) >= RULES_MAX:
        raise Wrong(409, f"there are {RULES_MAX} rules, the most there may be", "take some away: DELETE faults")
    if kind.reads and sum(rule.past is not None for rule in rules.values()) >= PASTS_MAX:
        raise Wrong(409, f"there are {PASTS_MAX} rules of stale reads, the most there may be", "take one away")


async def show(call: Called, body: Empty) -> FaultRules:
    return await listed(call)


async def clear(call: Called, body: Empty) -> FaultRules:
    """Take all rules away, and show them as they were."""
    found = await listed(call)
    call.faults.clear()
    await happenings.clear(call)
    return found


async def remove(call: Called, body: Empty) -> FaultRules:
    """Take one rule away, and show those that are left. Raises Wrong 404."""
    named = call.name[:18]
    number = int(named) if named.isascii() and named.isdigit() else 0
    if not call.faults.remove(number):
        there = [rule.id for rule in (await listed(call)).faults]
        if number not in there:
            known = ", ".join(str(rule_id) for rule_id in there[:20])
            hint = f"there are: {known}" if known else "there are none"
            raise Wrong(404, f"there is no rule {call.name[:40]!r}", hint)
        await happenings.clear(call, number)
    return await listed(call)


async def kinds(call: Called, body: Empty) -> FaultKinds:
    return FaultKinds(kinds=[kind_told(kind) for kind in CATALOGUE])


# ---- what is checked


def kind_of(name: str) -> Kind:
    kind = by_name.get(name)
    if kind is None:
        raise unknown("fault", name, by_name, "GET faults/kinds, or `tally faults kinds`, lists all")
    return kind


def require_place(kind: Kind, body: FaultBody) -> None:
    """Check that the kind can hit what `on` names."""
    if body.method is not None and kind.place != "request":
        of = "what happens" if kind.place == "engine" else "streams"
        raise Wrong(400, f"{kind.name} has no method: it is of {of}", "leave method out")
    known: tuple[str, ...]
    if kind.place == "request":
        known, what, hint = tuple(endpoints), "operation", "the name of an endpoint, or *"
        if kind.reads:
            known = tuple(name for name, endpoint in endpoints.items() if endpoint.method == "GET")
            hint = f"{kind.name} is of reads: the name of a GET endpoint, or *"
    elif kind.place == "engine":
        known, what = kind.operations, "operation"
        hint = f"{kind.name} is about {' or '.join(known)}, or * for all it is about"
    else:
        known, what = (*places_of(kind), STREAMS), "place"
        hint = f"{kind.name} is of streams: {PLACES[kind.place]}ws for all of them, or *"
    if body.on not in (*known, ANYTHING):
        raise unknown(what, body.on, known, hint)


def places_of(kind: Kind) -> tuple[str, ...]:
    """Channels that `on` can name, beside ws and `*`, of a kind of streams."""
    if kind.place in ("stream", "subscribe"):
        return kind.channels or tuple(channels)
    return ("login",) if kind.place == "login" else ()


def unknown(what: str, name: str, known: Collection[str], hint: str) -> Wrong:
    begun = [one for one in known if name and one.startswith(name)]
    close = begun[:CLOSE_NAMES] or difflib.get_close_matches(name, known, CLOSE_NAMES)
    meant = f"did you mean {' or '.join(close)}? " if close else ""
    return Wrong(400, f"there is no {what} {name[:40]!r}", f"{meant}{hint}")


def values_of(kind: Kind, body: FaultBody) -> dict[str, int | str]:
    """Values of the parameters of a kind, with its defaults."""
    given: dict[str, int | str | None] = {
        "ms": body.ms,
        "answer": body.answer,
        "code": body.code,
        "leg": body.leg,
        "share": None if body.share is None else share_text(body.share),
    }
    sent = {name: value for name, value in given.items() if value is not None}
    values: dict[str, int | str] = {
        one.name: require_range(one, sent.pop(one.name, one.default)) for one in kind.parameters
    }
    if sent:
        takes = ", ".join(one.name for one in kind.parameters) or "no parameters"
        raise Wrong(400, f"{kind.name} has no parameter {next(iter(sent))}", f"it takes {takes}")
    return values


def require_range(parameter: Parameter, value: int | str) -> int | str:
    if parameter.name == "share":
        return value
    if parameter.words:
        if value not in parameter.words:
            raise Wrong(400, f"{parameter.name} is {' or '.join(parameter.words)}, not {str(value)[:40]!r}")
    elif not (isinstance(value, int) and parameter.least <= value <= parameter.most):
        raise Wrong(400, f"{parameter.name} is {parameter.least} to {parameter.most}, not {value}")
    return value


def share_text(share: Decimal) -> str:
    """Plain decimal text of a share. Its exponent is looked at first: written out it may be a text of gigabytes."""
    exponent = share.as_tuple().exponent
    if not (isinstance(exponent, int) and exponent >= -DECIMALS and 0 <= share < 1):
        raise Wrong(400, f"share is at least 0 and below 1, with {DECIMALS} decimals at most, not {str(share)[:40]}")
    return format(share, "f") if share else "0"


def when_of(kind: Kind, body: FaultBody) -> When:
    nth, count = body.nth, body.count
    for name, number in (("nth", nth), ("count", count)):
        if number is not None and not 1 <= number <= NUMBER_MAX:
            raise Wrong(400, f"{name} is 1 to {NUMBER_MAX}, not {number}", "leave it out for every request")
    from_ms = None if body.from_at is None else moment_ms(body.from_at)
    until_ms = None if body.until_at is None else moment_ms(body.until_at)
    if from_ms is not None and until_ms is not None and until_ms <= from_ms:
        raise Wrong(400, "until is not after from", "until is excluded; both are times of the venue's clock")
    return When(
        nth=nth or 1,
        count=1 if nth is not None and count is None and not kind.lasting else count,
        from_ms=from_ms,
        until_ms=until_ms,
        ppm=ppm_of(body.probability, body.seed),
        seed=body.seed or 0,
        numbered=nth is not None,
    )


def ppm_of(probability: Decimal | None, seed: int | None) -> int:
    """Probability in millionths."""
    if probability is None:
        if seed is not None:
            raise Wrong(400, "a seed is of no use without a probability", 'such as "probability": 0.1')
        return PPM
    if not (probability.is_finite() and 0 < probability <= 1 and probability * PPM % 1 == 0):
        raise Wrong(400, f"probability is above 0, at most 1, with six decimals at most, not {str(probability)[:40]}")
    return int(probability * PPM)


def key_of(call: Called, key: str | None) -> str:
    if key is not None and key not in call.venue.keys:
        raise Wrong(404, f"there is no API key {key[:40]!r}", "a key is named by its api_key")
    return key or ""


# ---- what is told


async def listed(call: Called) -> FaultRules:
    """All rules, by number: those of what is said, and those of what happens from the state."""
    happen = await call.venue.query(lambda state, _: happenings.told(state))
    rules = [*(rule_told(rule) for rule in call.faults.rules.values()), *happen]
    return FaultRules(faults=sorted(rules, key=lambda rule: rule.id))


def rule_told(rule: Rule) -> FaultRule:
    where, when, values = rule.where, rule.when, rule.values
    ms, answer, code = values.get("ms"), values.get("answer"), values.get("code")
    return FaultRule(
        id=rule.id,
        on=where.on,
        fault=rule.kind.name,
        user=where.user,
        key=where.key or None,
        method=where.method or None,
        nth=when.nth,
        count=when.count,
        from_at=None if when.from_ms is None else iso(when.from_ms),
        until_at=None if when.until_ms is None else iso(when.until_ms),
        probability=None if when.ppm == PPM else Decimal(when.ppm) / PPM,
        seed=None if when.ppm == PPM else when.seed,
        ms=ms if isinstance(ms, int) else None,
        answer=answer if isinstance(answer, str) else None,
        code=code if isinstance(code, str) else None,
        matched=rule.matched,
        fired=rule.fired,
    )


def kind_told(kind: Kind) -> FaultKind:
    return FaultKind(
        name=kind.name,
        place=kind.place,
        afterwards=kind.afterwards,
        orders=kind.orders,
        operations=kind.operations,
        parameters=[
            KindParameter(name=one.name, default=one.default, least=one.least, most=one.most, words=one.words)
            for one in kind.parameters
        ],
        sees=kind.sees,
        words=AFTERWARDS[kind.afterwards],
    )


ENDPOINTS = (
    ControlEndpoint(
        "GET",
        "faults",
        Empty,
        FaultRules,
        show,
        words=Doc("List the faults, and how often each fired", "列出故障规则及各自触发的次数"),
        spelling=Spelling("faults list"),
    ),
    ControlEndpoint(
        "DELETE",
        "faults",
        Empty,
        FaultRules,
        clear,
        words=Doc("Delete all faults", "删除全部故障规则"),
        spelling=Spelling("faults clear"),
    ),
    ControlEndpoint(
        "POST",
        "faults",
        FaultBody,
        Made,
        make,
        words=Doc(
            "Make requests and messages go wrong: `on` an operation, a channel, `ws` or `*`, with a `fault` of the"
            " catalogue",
            "让请求和消息出错：`on` 为接口名、频道名、`ws` 或 `*`，`fault` 为目录中的故障",
        ),
        samples=(
            '{"on": "one_click_repay_v2", "fault": "drop-after-commit", "nth": 1}',
            '{"on": "*", "fault": "delay", "ms": 500, "probability": 0.1, "seed": 7}',
            '{"on": "books", "fault": "ws-gap", "nth": 3}',
        ),
        spelling=Spelling("faults add", ("on", "fault")),
    ),
    ControlEndpoint(
        "GET",
        "faults/kinds",
        Empty,
        FaultKinds,
        kinds,
        words=Doc(
            "Show the catalogue: what the client sees, and what is true afterwards",
            "查看故障目录：客户端看到什么，之后的真实状态如何",
        ),
        spelling=Spelling("faults kinds"),
    ),
    ControlEndpoint(
        "DELETE",
        "faults/*",
        Empty,
        FaultRules,
        remove,
        words=Doc("Delete one fault, by its `id`", "按 `id` 删除一条故障规则"),
        spelling=Spelling("faults remove", name=Doc("Number of the rule", "规则的编号")),
    ),
)
