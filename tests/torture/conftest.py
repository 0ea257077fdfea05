from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.torture.waiting import Waiting


@pytest.fixture(scope="session", autouse=True)
def waiting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Waiting | None]:
    """Begun with the first test of the suite, where one asks for it, so that nobody waits longer than must be."""
    if not any(item.path.stem == "test_waiting" for item in request.session.items):
        yield None
        return
    begun = Waiting(tmp_path_factory.mktemp("waiting"))
    try:
        yield begun
    finally:
        begun.close()
