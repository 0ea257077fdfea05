"""Deciding all stretches of a journal: one after the other, or beside each other in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from tallystick.store.api import JournalDamaged, OtherVersion, Reader, StoreError
from tallystick.venue.deciding import Decided, Deciding, Disagrees, Stretch

if TYPE_CHECKING:
    from concurrent.futures import Future

TOLD_EVERY_S: Final = 0.2
"""Time between two reports of how far the processes are."""
Expected: TypeAlias = tuple[int, str] | None
"""Number of an entry and the hash of the state after it, as a running venue knows them."""
_so_far: Any = None
"""In a process of its own: the numbers of entries that agreed so far, of each stretch."""


class Fault(Struct, frozen=True):
    """What ended a stretch. `entries` is the last entry that agreed, `missed` what only another version knows."""

    problem: str
    seq: int = 0
    entries: int = 0
    decisions_differ: bool = False
    missed: str = ""


def attempt(view: Reader, stretch: Stretch, expected: Expected, progress: Callable[[int], None]) -> Decided | Fault:
    """Decide a stretch again, and tell what ended it as a record. Raises what `progress` raises."""
    entries = stretch.after
    try:
        deciding = Deciding(view, stretch, expected, progress)
        try:
            return deciding.run()
        finally:
            entries = deciding.entries
    except JournalDamaged as error:
        return Fault(str(error), error.seq, entries)
    except Disagrees as found:
        return Fault(found.problem, found.seq, entries, found.decisions_differ)
    except msgspec.ValidationError as missed:
        return Fault("", entries, entries, missed=str(missed))
    except msgspec.DecodeError as error:
        return Fault(f"what is stored cannot be read: {error}", entries, entries)
    except OtherVersion as error:
        return Fault("", entries, entries, missed=error.missed)
    except StoreError as error:
        return Fault(str(error), 0, entries)


def one_by_one(
    view: Reader, stretches: Sequence[Stretch], expected: Expected, progress: Callable[[int], None]
) -> Iterator[Decided | Fault]:
    """Results of the stretches in their order. `progress` is given the entries that agreed so far."""
    for stretch in stretches:
        yield attempt(view, stretch, expected, progress)


def beside_each_other(
    opener: Callable[[], Reader], stretches: Sequence[Stretch], workers: int, progress: Callable[[int], None]
) -> Iterator[Decided | Fault]:
    """Results of the stretches in their order, from as many processes; `opener` opens a view in each of them.

    `progress` is given the entries that agreed so far. What it raises ends the processes.
    """
    # They take their time to load, and a venue that is served starts no processes.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor

    spawning = multiprocessing.get_context("spawn")
    so_far = spawning.Array("q", len(stretches), lock=False)
    with ProcessPoolExecutor(workers, spawning, initializer=_begin, initargs=(so_far,)) as pool:
        try:
            tasks = [pool.submit(_decide, opener, place, stretch) for place, stretch in enumerate(stretches)]
            _watch(tasks, lambda: progress(sum(so_far)))
            yield from (task.result() for task in tasks)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise


def _watch(tasks: Sequence[Future[Any]], tell: Callable[[], None]) -> None:
    from concurrent.futures import FIRST_COMPLETED, wait

    waiting = set(tasks)
    while waiting:
        _, waiting = wait(waiting, TOLD_EVERY_S, FIRST_COMPLETED)
        tell()


def _begin(so_far: Any) -> None:
    global _so_far
    _so_far = so_far


def _decide(opener: Callable[[], Reader], place: int, stretch: Stretch) -> Decided | Fault:
    def progress(seq: int) -> None:
        _so_far[place] = seq - stretch.after

    view = opener()
    try:
        found = attempt(view, stretch, None, progress)
    finally:
        view.close()
    progress(stretch.until)
    return found
