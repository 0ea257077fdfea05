"""The client's own files go into the test's folder: turns, intents, profiles."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run))
    monkeypatch.setenv("TALLY_STATE", str(tmp_path / "state"))
    for name in ("TALLY_PROFILES", "TALLY_DATA"):
        monkeypatch.delenv(name, raising=False)
