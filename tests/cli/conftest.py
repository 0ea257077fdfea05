"""The client's own files go into the test's folder, and the environment names neither language nor profile."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = tmp_path / "run"
    run.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run))
    monkeypatch.setenv("TALLY_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("TALLY_PROFILES", str(tmp_path / "profiles.toml"))
    for name in ("TALLY_DATA", "TALLY_PROFILE", "LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
