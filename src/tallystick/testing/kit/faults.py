"""Faults of a test: rules by which requests go wrong, each with how often it fired."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tallystick.testing.kit.text import moment_text

if TYPE_CHECKING:
    from tallystick.testing.kit.control import Control

WHEN = ("from_", "until")


class Fault:
    """A rule. `fired` is asked anew each time; `must_fire` lets a test fail in which it never did."""

    def __init__(self, control: Control, on: str, kind: str, rule: Mapping[str, Any], *, must_fire: bool) -> None:
        self._control = control
        self.on = on
        self.fault = kind
        self.must_fire = must_fire
        self._fired = 0
        self._ended = False
        self.id: int = control.post("faults", body_of(on, kind, rule))["id"]

    def __repr__(self) -> str:
        return f"<fault {self.id}: {self.fault} on {self.on}>"

    @property
    def fired(self) -> int:
        """Requests that it hit so far."""
        if self._ended:
            return self._fired
        rules = self._control.get("faults")["faults"]
        return next((rule["fired"] for rule in rules if rule["id"] == self.id), 0)

    def end(self) -> None:
        """Take the rule away. `fired` stays."""
        self.settle()
        self._control.delete(f"faults/{self.id}")

    def settle(self) -> None:
        """Keep how often it fired: the rule is about to end."""
        self._fired, self._ended = self.fired, True


def body_of(on: str, kind: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    """Body of the control call. Users and keys may be the kit's own; `from_` stands for `from`."""
    body: dict[str, Any] = {"on": on, "fault": kind}
    for name, value in rule.items():
        if name in WHEN:
            body[name.rstrip("_")] = moment_text(value)
        elif name == "user":
            body[name] = getattr(value, "name", value)
        elif name == "key":
            body[name] = getattr(value, "api_key", value)
        elif isinstance(value, Decimal):
            body[name] = float(value)
        else:
            body[name] = value
    return body
