"""Frame of the commands of `tally lab`: what the lab says as errors of a command, and a bar of progress."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import click

from tallystick.cli.frame.failing import Failure, Form, Stop
from tallystick.data.install import advice
from tallystick.store.api import StoreError


@contextmanager
def lab_errors(kept: Path | None, command: str = "run") -> Iterator[None]:
    """Turn what the lab says into errors of a command; without numpy say how to install it.

    `command` goes on with what is kept in the folder.
    """
    if find_spec("numpy") is None:
        raise Stop(f"the lab needs numpy: {advice('lab')}")
    from tallystick.cli.labbing.books import BadBook
    from tallystick.lab.conditions import Coupled
    from tallystick.lab.jobs import LabFailed
    from tallystick.lab.listed import BadList
    from tallystick.lab.models import BadModel

    try:
        yield
    except (BadBook, BadList, BadModel, Coupled, OSError, StoreError) as problem:
        raise Stop(str(problem)) from None
    except LabFailed as problem:
        raise Failure(Form("failed", reason=str(problem), retryable=True, resume=_resume(kept, command))) from None
    except ValueError as problem:
        raise Stop(str(problem)) from None
    except KeyboardInterrupt:
        resume = _resume(kept, command)
        hint = f"the paths that are done are kept: {resume} does the rest" if resume else ""
        raise Failure(
            Form("interrupted", reason="the run was ended", resume=resume), hint=hint, exit_code=130
        ) from None


def _resume(kept: Path | None, command: str) -> str:
    """Command that goes on with a run in a folder; "" where none has begun there, so that the same one begins anew."""
    from tallystick.lab.running import MANIFEST

    return f"tally lab {command} --resume {kept}" if kept and (kept / MANIFEST).exists() else ""


@contextmanager
def bar() -> Iterator[Callable[[int, int], None]]:
    """Bar on standard error; paths that are done move it."""
    with click.progressbar(length=1_000, label="paths", file=sys.stderr) as bar:
        yield lambda done, of: bar.update(done * 1_000 // of - bar.pos)
