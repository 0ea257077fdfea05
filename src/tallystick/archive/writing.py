"""Files beside an archive, line by line: written whole or not at all, and read."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from tallystick.client.clock import fresh_id


@contextmanager
def replaced(out: Path) -> Iterator[BinaryIO]:
    """A file beside `out` that takes its place, synced, when nothing was raised. Raises OSError."""
    draft = out.with_name(f".{out.name}.{fresh_id()}.draft")
    try:
        with draft.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, out)
    finally:
        with suppress(FileNotFoundError):
            os.unlink(draft)


def write_lines(out: Path, lines: Iterable[bytes]) -> int:
    """Write lines to a file, whole or not at all. Returns how many. Raises OSError."""
    count = 0
    with replaced(out) as stream:
        for line in lines:
            stream.write(line + b"\n")
            count += 1
    return count


@contextmanager
def placed(out: Path) -> Iterator[Path]:
    """A folder beside `out`, gone afterwards; a file of its name in it takes the place of `out`, synced.

    Raises OSError.
    """
    with TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
        yield Path(folder)
        with (Path(folder) / out.name).open("rb") as written:
            os.fsync(written.fileno())
        os.replace(Path(folder) / out.name, out)


def lines_of(path: Path) -> Iterator[bytes]:
    """Lines of a file. Raises OSError."""
    with path.open("rb") as stream:
        yield from stream
