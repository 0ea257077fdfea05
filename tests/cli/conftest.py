"""The client's own files go into a folder of their own, and the environment names neither language nor profile."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def own_environment(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path_factory.mktemp("own")
    run = own / "run"
    run.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(run))
    monkeypatch.setenv("TALLY_STATE", str(own / "state"))
    monkeypatch.setenv("TALLY_PROFILES", str(own / "profiles.toml"))
    for name in ("TALLY_DATA", "TALLY_PROFILE", "LANG", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
