"""Parts of a run that is kept in no folder: on disk as they come, so that no process holds the lines of all paths."""

from __future__ import annotations

import os
import tempfile
import weakref

import msgspec

from tallystick.lab.jobs import Part


class Loose:
    """Parts in a file without a name, which is gone when nothing of the run is left that reads it."""

    def __init__(self) -> None:
        # It is open as long as the run can be read, which no block of a program tells.
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._places: dict[tuple[int, int], tuple[int, int]] = {}
        """Offset and size of each part, by its range of paths."""
        self._end = 0

    def done(self) -> list[tuple[int, int]]:
        """Ranges that are done."""
        return list(self._places)

    def keep(self, part: Part) -> None:
        """Keep a part. Raises OSError."""
        told = msgspec.msgpack.encode(part)
        self._file.write(told)
        self._file.flush()
        self._places[part.first, part.end] = self._end, len(told)
        self._end += len(told)

    def part(self, some: tuple[int, int]) -> Part:
        """Read the part of a range that is done. Raises OSError."""
        offset, size = self._places[some]
        return msgspec.msgpack.decode(os.pread(self._file.fileno(), size, offset), type=Part)
