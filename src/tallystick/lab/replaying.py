"""One path of a run again: by the lab, and by the real engine hour by hour."""

from __future__ import annotations

from pathlib import Path

from tallystick.lab.jobs import LabFailed
from tallystick.lab.lab import Lab
from tallystick.lab.lives import Lives, Row
from tallystick.lab.naming import model_of
from tallystick.lab.running import Folder


def replayed(folder: Folder, path: int) -> tuple[list[tuple[int, Row]], bool]:
    """Rows of a path, each with the number of its loan, in order of loans; and whether the engine has the same ones.

    Raises LabFailed: the folder holds no run, or the run has no such path. Raises BadModel.
    """
    manifest, book = folder.manifest(), folder.book()
    if path >= manifest.paths:
        raise LabFailed(f"the run has the paths 0 to {manifest.paths - 1}")
    model = model_of(manifest.model, Path(manifest.markets))
    steps = model.paths(book, manifest.seed, manifest.hours, manifest.points)(path)
    lives = Lives(book, manifest.hours, manifest.points)
    found = {life.loan_id: list(life.rows) for life in lives.on(steps)}
    lab = Lab(book, manifest.hours, manifest.points)
    same = lab.by_the_engine(model, path, manifest.seed) == found
    return [(loan, row) for loan, rows in found.items() for row in rows], same
