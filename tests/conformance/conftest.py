from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conformance.served import Served, running


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One venue for a module: limits off, so that tests need not pace themselves; strict, so that honest clients are shown to be honest."""
    with running(tmp_path_factory.mktemp("venue"), "--limits", "off", "--strict") as served:
        yield served
