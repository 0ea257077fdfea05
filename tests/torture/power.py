"""What a disk may hold after the power went: images made from a recording of writes, syncs and acknowledgements.

The model is the one SQLite is written for. What was synced is there. Of what was written since, any part may be
there and any part not, in any order: a write may be whole, missing, or torn at the boundary of a sector, with zeros
where the file grew and nothing was written. Whether a file was made or removed is certain once the folder was synced,
which SQLite does with the first sync of a log it has made.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.torture.disk import Operation

SECTORS = (512, 4096)
LOGS = ("-journal", "-wal")


@dataclass(frozen=True)
class Acknowledged:
    """Somebody was told that this is so: entry `seq` is there, or key `api_key`."""

    seq: int = 0
    api_key: str = ""


Recording = list[Operation | Acknowledged]


class _Made:
    """A file from when it was made until it was removed. `kept` is what it holds for certain, `since` came later."""

    def __init__(self) -> None:
        self.kept = bytearray()
        self.since: list[Operation] = []

    def image(self, draw: random.Random) -> bytes:
        chosen = draw.choice((_whole, _nothing, _beginning, _any, _any))
        return bytes(_applied(self.kept, chosen(draw, self.since)))


class Platter:
    """All that a name may lead to: older files whose end is not certain, no file, and the newest."""

    def __init__(self) -> None:
        self.made: list[_Made | None] = [None]

    def do(self, operation: Operation) -> None:
        newest = self.made[-1]
        if operation.doing == "delete":
            self.made.append(None)
            return
        if newest is None:
            newest = _Made()
            self.made.append(newest)
        if operation.doing == "sync":
            newest.kept, newest.since = _applied(newest.kept, newest.since), []
        elif operation.doing != "create":
            newest.since.append(operation)

    @property
    def certain(self) -> bool:
        return len(self.made) == 1

    def settle(self) -> None:
        """The folder was synced."""
        del self.made[:-1]

    def image(self, draw: random.Random) -> bytes | None:
        """What may be found; None is no file."""
        found = draw.choice(self.made)
        return None if found is None else found.image(draw)


def _applied(content: bytearray, operations: Iterable[Operation]) -> bytearray:
    found = bytearray(content)
    for operation in operations:
        if operation.doing == "truncate":
            del found[operation.offset :]
        elif operation.doing == "write":
            _write(found, operation.offset, operation.data)
    return found


def _write(content: bytearray, offset: int, data: bytes) -> None:
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _whole(draw: random.Random, operations: list[Operation]) -> list[Operation]:
    return operations


def _nothing(draw: random.Random, operations: list[Operation]) -> list[Operation]:
    return []


def _beginning(draw: random.Random, operations: list[Operation]) -> list[Operation]:
    count = draw.randrange(len(operations) + 1)
    return [*operations[:count], *(_torn(draw, operations[count]) if count < len(operations) else ())]


def _any(draw: random.Random, operations: list[Operation]) -> list[Operation]:
    found: list[Operation] = []
    for operation in operations:
        fate = draw.random()
        if fate < 0.4:
            found.append(operation)
        elif fate < 0.7:
            found += _torn(draw, operation)
    return found


def _torn(draw: random.Random, operation: Operation) -> Iterator[Operation]:
    """Some of its sectors."""
    if operation.doing != "write":
        return
    sector, end = draw.choice(SECTORS), operation.offset + len(operation.data)
    start = operation.offset
    while start < end:
        stop = min(end, start - start % sector + sector)
        if draw.random() < 0.5:
            piece = operation.data[start - operation.offset : stop - operation.offset]
            yield Operation("write", operation.path, start, piece)
        start = stop


@dataclass
class Image:
    """What is found in the folder by file name, and what had been promised when the power went."""

    cut: int
    files: dict[str, bytes]
    promised_seq: int
    promised_keys: frozenset[str]


@dataclass
class Disk:
    """All files of a recording, as it is walked through."""

    platters: dict[str, Platter] = field(default_factory=dict)
    promised_seq: int = 0
    promised_keys: set[str] = field(default_factory=set)

    def do(self, step: Operation | Acknowledged) -> None:
        if isinstance(step, Acknowledged):
            self.promised_seq = max(self.promised_seq, step.seq)
            self.promised_keys |= {step.api_key} - {""}
        else:
            platter = self.platters.setdefault(Path(step.path).name, Platter())
            platter.do(step)
            if step.doing == "sync" and step.path.endswith(LOGS) and not platter.certain:
                for one in self.platters.values():
                    one.settle()

    def image(self, draw: random.Random, cut: int) -> Image:
        made = {name: platter.image(draw) for name, platter in self.platters.items()}
        files = {name: content for name, content in made.items() if content is not None}
        return Image(cut, files, self.promised_seq, frozenset(self.promised_keys))


def images(recording: Recording, count: int, draw: random.Random, begin: int = 0) -> Iterator[Image]:
    """`count` images, the power going at random steps not before `begin`, in the order of the steps."""
    cuts = sorted(draw.randrange(begin, len(recording) + 1) for _ in range(count))
    disk, done = Disk(), 0
    for cut in cuts:
        for step in recording[done:cut]:
            disk.do(step)
        done = cut
        yield disk.image(draw, cut)
