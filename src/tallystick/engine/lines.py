"""Lines in rough order: the least of many is found, and all up to a value are taken, without a full order of them.

A heap of a million lines compares each new one with a dozen others that lie far apart in memory, and those that are
judged most often lie at its top. Here lines that agree in their leading bits share a list, and only the lists have an
order: a new line is appended, and only the list in which a value falls is searched.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

from tallystick.engine.transient import Key

Entry = tuple[int, int, Key]
"""(line, number of the registration, entry)."""
BITS = 11
"""Lists part lines that differ by more than one part in 2**11."""
_WHOLE = 1 << BITS


def place_of(line: int) -> int:
    """Number of the list of a line (0 or more); it rises with the line."""
    shift = line.bit_length() - BITS - 1
    return line if shift <= 0 else (shift << BITS) + (line >> shift)


def least_of(place: int) -> int:
    """Least line of a list."""
    if place < 2 * _WHOLE:
        return place
    shift = (place >> BITS) - 1
    return (place - (shift << BITS)) << shift


class Lines:
    """Entries by their line, which is 0 or more. Its length is their count."""

    __slots__ = ("_count", "_least", "_lists", "_order")

    def __init__(self) -> None:
        self._count = 0
        self._lists: dict[int, list[Entry]] = {}
        self._order: list[int] = []
        """Heap of the places that have a list; no list is empty."""
        self._least: int | None = None
        """The least line, None where it has to be searched for."""

    def __len__(self) -> int:
        return self._count

    def push(self, entry: Entry) -> None:
        """Add an entry."""
        line = entry[0]
        # `place_of`, written out: a price has thousands of entries pushed.
        shift = line.bit_length() - BITS - 1
        place = line if shift <= 0 else (shift << BITS) + (line >> shift)
        try:
            self._lists[place].append(entry)
        except KeyError:
            self._lists[place] = [entry]
            heappush(self._order, place)
        if self._least is not None and line < self._least:
            self._least = line
        self._count += 1

    def least(self) -> int:
        """The least line. For lines that are not empty."""
        if self._least is None:
            self._least = min(self._lists[self._order[0]])[0]
        return self._least

    def take(self, reached: int) -> list[Entry]:
        """Remove and return the entries whose line is `reached` or less."""
        taken: list[Entry] = []
        order, lists = self._order, self._lists
        while order and least_of(order[0]) <= reached:
            place = heappop(order)
            entries = lists.pop(place)
            if least_of(place + 1) <= reached + 1:
                taken += entries
                continue
            taken += [entry for entry in entries if entry[0] <= reached]
            beyond = [entry for entry in entries if entry[0] > reached]
            if beyond:
                lists[place] = beyond
                heappush(order, place)
            break
        if taken:
            self._count -= len(taken)
            self._least = None
        return taken

    def keep(self, counts: Callable[[Entry], bool]) -> None:
        """Drop all entries but those that count."""
        kept = [entry for entries in self._lists.values() for entry in entries if counts(entry)]
        self._lists.clear()
        self._order.clear()
        self._count, self._least = 0, None
        for entry in kept:
            self.push(entry)
