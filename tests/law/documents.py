"""Where a test needs the documents themselves and not only the facts of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.law.extract import documents_folder


def documents() -> Path:
    """The folder of the five documents. Without it the test is skipped by name, and under CI=true it fails."""
    folder = documents_folder()
    if folder is None:
        missing = "the five documents are not at hand; name their folder in TALLYSTICK_SEEDS"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    return folder
