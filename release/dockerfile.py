"""Instructions of a Dockerfile, read as far as ours goes: continued lines, JSON arrays, stages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import NamedTuple

DOCKERFILE = Path(__file__).resolve().parents[1] / "Dockerfile"
CONTINUED = re.compile(r"\\\n\s*")


class Instruction(NamedTuple):
    """One instruction; `stage` counts its FROM from 0."""

    stage: int
    name: str
    text: str

    def words(self) -> list[str]:
        """Words of an array such as CMD ["a", "b"], else of the text."""
        found = re.search(r"\[.*\]$", self.text)
        return list(json.loads(found[0])) if found else self.text.split()


def instructions(text: str) -> list[Instruction]:
    """All instructions of a Dockerfile in their order."""
    found, stage = [], -1
    for line in CONTINUED.sub("", text).splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, _, rest = line.partition(" ")
        stage += name == "FROM"
        found.append(Instruction(stage, name, rest.strip()))
    return found


def last(found: list[Instruction], name: str) -> Instruction:
    """The instruction of this name that counts in the image. Raises IndexError."""
    final = found[-1].stage
    return [one for one in found if one.name == name and one.stage == final][-1]
