"""Faults of a test: rules by which requests go wrong, each with how often it fired."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tallystick.client.levers.sync_calls import Faults

if TYPE_CHECKING:
    from tallystick.client.levers import Levers


class Fault:
    """A rule. `fired` is asked anew each time; `must_fire` lets a test fail in which it never did."""

    def __init__(self, levers: Levers, on: str, kind: str, rule: Mapping[str, Any], *, must_fire: bool) -> None:
        self._levers = levers
        self.on = on
        self.fault = kind
        self.must_fire = must_fire
        self._fired = 0
        self._ended = False
        self.id: int = levers.faults.make(on=on, fault=kind, **named(rule)).id

    def __repr__(self) -> str:
        return f"<fault {self.id}: {self.fault} on {self.on}>"

    @property
    def fired(self) -> int:
        """Requests that it hit so far."""
        if self._ended:
            return self._fired
        return next((rule.fired for rule in self._levers.faults.show().faults if rule.id == self.id), 0)

    def end(self) -> None:
        """Take the rule away. `fired` stays."""
        fired = self.fired
        self._levers.faults.remove(self.id)
        self.settle(fired)

    def settle(self, fired: int) -> None:
        """Keep how often it fired: the rule has ended."""
        self._fired, self._ended = fired, True


def named(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of the control call. Users and keys may be the kit's own. Raises TypeError: there is no such name."""
    known = [name for name in inspect.signature(Faults.make).parameters if name not in ("self", "on", "fault")]
    if wrong := [name for name in rule if name not in known]:
        raise TypeError(f"a fault has no {', '.join(wrong)}; it may have must_fire, {', '.join(known)}")
    texts = {"user": "name", "key": "api_key"}
    return {name: getattr(value, texts[name], value) if name in texts else value for name, value in rule.items()}
