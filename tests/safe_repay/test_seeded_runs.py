"""Safe repay in seeded runs, each with one fault at one request; bots and bugs that fail the same suite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

import pytest

from tallystick.contract.core import SURFACES
from tests.safe_repay import actors, runs
from tests.safe_repay.accounts import WRITES
from tests.safe_repay.network import Fault, Network, network
from tests.safe_repay.planted import PLANTS

SHORT: Final = range(100)
BY_BOTS: Final = ("repay", "repay_spot")
TRIES: Final = range(120)
"""A planted bug is looked for so long."""
BY_HAND_TWICE: Final = Fault(WRITES["repay_spot"], "double-delivery")
LOAN_UNANSWERED: Final = Fault(WRITES["repay_loan"], "drop-before-commit")


@pytest.fixture(scope="module", params=SURFACES)
def net(request: pytest.FixtureRequest) -> Iterator[Network]:
    with network(surface=request.param) as here:
        yield here


@pytest.fixture(scope="module")
def later() -> Iterator[Network]:
    """A network to a venue of the later surface."""
    with network(surface=SURFACES[-1]) as here:
        yield here


@contextmanager
def python_okx() -> Iterator[None]:
    """python-okx takes the machine's time, and warns of how it sends; both are put back at the end."""
    from okx import utils

    right = utils.get_timestamp
    try:
        yield
    finally:
        utils.get_timestamp = right


def test_seeded_runs(net: Network) -> None:
    """All calls are among them, the faults that the issue names, and every outcome that is certain."""
    found = runs.many(net, SHORT)
    assert found.wrong == []
    assert {method for method, _ in found.said} == {*WRITES}
    assert {said for _, said in found.said} >= {"repaid", "partly", "not"}
    assert {*runs.NAMED} <= {*found.fired}
    assert found.fired.total() > len(SHORT) // 2
    assert {*found.beside} == {"", "coins", "other debt", "by hand"}


FOUND_A_BUG: Final = {"2026-08": (101_926, 20_265_714), "2026-01": (202_214, 20_281_140)}
"""By surface: a list of loans that came without its rows was taken for a loan that is repaid; and a request that came
late repaid after the debt was read and before its history was, so that `left` was what had been owed before."""


def test_seeds_that_found_a_bug(net: Network) -> None:
    for seed in FOUND_A_BUG[net.world.services.surface]:
        found = runs.run(net, seed)
        assert found is not None
        assert (found.wrong, found.fired) == ([], True), seed


def test_seeded_runs_while_the_clock_stands_still(later: Network) -> None:
    """Nothing hangs: the client says that an advance is needed, and resumes to the truth after it.

    With the first three seeds its own clock went ahead of the venue's, and it looked for its run later than it was.
    """
    found = runs.many(later, (3, 143, 188, *range(1_000, 1_050)), actors.standing)
    assert found.wrong == []
    assert {said for _, said in found.said} >= {"repaid", "partly", "not"}


def test_a_seed_names_its_run(later: Network) -> None:
    """A complaint can be looked into: the same seed gives the same account, call, fault and answer."""
    assert runs.run(later, 7) == runs.run(later, 7)


# ---- the suite can fail


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
def test_a_bot_with_a_blind_retry_fails(later: Network) -> None:
    with python_okx():
        found = runs.many(later, range(40), actors.blind, BY_BOTS)
    assert any("requests to one_click_repay_v2 were sent" in wrong for wrong in found.wrong)
    assert any("requests to spot_manual_borrow_repay were sent" in wrong for wrong in found.wrong)
    assert any("where partly is true" in wrong for wrong in found.wrong)


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")
def test_a_bot_that_asks_once_and_looks_passes(later: Network) -> None:
    """The suite asks for nothing that python-okx cannot do: this bot is written without the client."""
    with python_okx():
        found = runs.many(later, range(30), actors.careful, BY_BOTS)
    assert found.wrong == []
    assert found.runs > 10


@pytest.mark.parametrize(
    ("plant", "complaint", "methods", "fault"),
    [
        ("a write is repeated on 50004", "were sent", WRITES, None),
        ("a decimal goes by way of a float", "was repaid", WRITES, None),
        ("not repaid is said within the window", "while the request could still be accepted", WRITES, None),
        ("a run that is over has repaid everything", "where partly is true", WRITES, None),
        ("a rest of a cent is nothing", "where partly is true", WRITES, None),
        ("two rows of a repayment by hand count once", "was repaid", ["repay_spot"], BY_HAND_TWICE),
        ("a loan is asked for again under another number", "another client number", ["repay_loan"], LOAN_UNANSWERED),
    ],
)
def test_planted_bugs_are_found(
    later: Network, plant: str, complaint: str, methods: Iterable[str], fault: Fault | None
) -> None:
    found = (runs.run(later, seed, methods=methods, fault=fault) for seed in TRIES)
    with PLANTS[plant].planted():
        assert any(complaint in wrong for run in found if run is not None for wrong in run.wrong)
