"""The reason of a refusal as it is told: words, levers and numbers, made from the facts the refusal carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from tallystick.contract.errors import text
from tallystick.contract.reasons import reason_text
from tallystick.engine.amounts import cut, lift, text_from_atoms, unit_of
from tallystick.engine.rejects import Fact
from tallystick.server import lint
from tallystick.server.moments import iso
from tallystick.wire.decode import Fault

if TYPE_CHECKING:
    from tallystick.server.answers import Headers
    from tallystick.server.call import Call, No
    from tallystick.server.services import Services

HEADER: Final = b"x-tally-reason"
CHARACTERS_MAX: Final = 4_000
"""Longest header; aiohttp fails at 8,190 bytes of one."""
CENT: Final = unit_of(2)


class Reason(Struct, frozen=True):
    """Reason of one refusal. `numbers` are its facts as exact text, `item` the number of an order in a list, else 0."""

    en: str
    zh: str
    levers: tuple[str, ...] = ()
    numbers: dict[str, str] = {}
    item: int = 0

    @property
    def line(self) -> str:
        """Reason and levers in one line of ASCII, for a header or a terminal."""
        head = f"item {self.item}: {self.en}" if self.item else self.en
        line = f"{head}: {' or '.join(self.levers)}" if self.levers else head
        return line.encode("ascii", "replace").decode()


class _Known(dict[str, str]):
    """Facts by name; a placeholder that nobody filled stays as it is."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def reason_of(name: str, facts: Mapping[str, Fact], code: str, details: Mapping[str, str], item: int = 0) -> Reason:
    """Reason of this name, else that of the code; without either, the text of the code in both languages."""
    found = reason_text(name) or reason_text(code) or reason_text(code.partition("/")[0])
    if found is None:
        en, zh = (text(code, language, **details) for language in ("en", "zh"))
        return Reason(en=en, zh=zh, item=item)
    known = _Known(details) | {name: shown(name, fact) for name, fact in facts.items()}
    return Reason(
        en=found.en.format_map(_Known(known)),
        zh=found.zh.format_map(_Known(known)),
        levers=tuple(lever.format_map(_Known(known)) for lever in found.levers),
        numbers={name: exact(name, fact) for name, fact in facts.items()},
        item=item,
    )


def of_refusal(services: Services, call: Call, no: No, problem: Exception, item: int = 0) -> Reason:
    """Reason of a refusal. `problem` is what was raised, and `no` the refusal that the answer tells."""
    if isinstance(problem, Fault):
        said = "; ".join(lint.of_fault(call.endpoint, problem, services.surface))
        if said:
            return Reason(en=said, zh=text(no.key, "zh", **no.details), item=item)
    name, facts = getattr(problem, "reason", "") or no.key, getattr(problem, "facts", None) or {}
    details = {"name": services.name_of(call.user_id), **no.details}
    return reason_of(name, facts, no.key, details, item)


def exact(name: str, fact: Fact) -> str:
    """Text of a fact without any rounding."""
    if isinstance(fact, str):
        return fact
    if name.endswith(("_span_ms", "_count")):
        return str(fact)
    return iso(fact) if name.endswith("_ms") else text_from_atoms(fact)


def shown(name: str, fact: Fact) -> str:
    """Text of a fact for a sentence: dollars in cents, what is needed lifted and the rest cut; spans with a unit.

    Less than a cent is shown exactly.
    """
    if isinstance(fact, int) and name.endswith("_usd"):
        whole = lift(fact, CENT) if name.startswith(("needed", "least")) else cut(fact, CENT)
        return text_from_atoms(whole or fact)
    if isinstance(fact, int) and name.endswith("_span_ms"):
        return f"{fact / 1000:g} s" if fact >= 1_000 else f"{fact} ms"
    return exact(name, fact)


def header(reasons: tuple[Reason, ...]) -> Headers:
    """Header with the reasons of an answer."""
    line = "; ".join(reason.line for reason in reasons)
    return [(HEADER, (line if len(line) <= CHARACTERS_MAX else line[: CHARACTERS_MAX - 4] + " ...").encode("ascii"))]
