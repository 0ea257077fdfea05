"""Routes: each view takes the requests of its endpoint, which the type of the table of views cannot say."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.contract import ENDPOINTS, by_name
from tallystick.contract.channels import LOGIN
from tallystick.contract.core import SPOT, Endpoint, Nothing, Request
from tallystick.contract.errors import ERRORS
from tallystick.server.call import of_class
from tallystick.server.routes import Route, run_of
from tallystick.server.steps import CHECKS, steps_of
from tallystick.server.ways import CODES, Way
from tallystick.views import VIEWS, View


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_a_view_takes_the_requests_of_its_endpoint(endpoint: Endpoint) -> None:
    if endpoint.name in VIEWS:
        assert VIEWS[endpoint.name].request in (endpoint.request, Request)
    else:
        assert endpoint.modes
        assert SPOT not in endpoint.modes
    Route(endpoint)


@pytest.mark.parametrize(
    ("endpoint", "view"),
    [
        pytest.param(by_name["loan_info"], VIEWS["loan_borrow"], id="the request of another endpoint"),
        pytest.param(replace(by_name["loan_history"], page=None), VIEWS["loan_history"], id="a page not declared"),
        pytest.param(replace(by_name["loan_history"], permission=None), VIEWS["loan_history"], id="rows of somebody"),
        pytest.param(
            replace(by_name["orders_history"], permission=None), VIEWS["orders_history"], id="sifted rows of somebody"
        ),
        pytest.param(
            replace(by_name["lending_rate_history"], permission=by_name["balance"].permission),
            VIEWS["lending_rate_history"],
            id="rows of nobody",
        ),
        pytest.param(by_name["balance"], View(Request), id="a view of no kind"),
    ],
)
def test_a_view_that_does_not_fit_is_found_before_anything_is_served(endpoint: Endpoint, view: View) -> None:
    with pytest.raises(RuntimeError):
        run_of(view, endpoint)


def test_a_page_without_what_places_it_is_found_before_anything_is_served() -> None:
    endpoint = replace(by_name["balance"], page=by_name["loan_history"].page)
    with pytest.raises(RuntimeError, match="lacks one of"):
        Route(endpoint)


def test_a_record_of_another_class_is_a_bug() -> None:
    borrow = by_name["loan_max_redeem"].request
    with pytest.raises(TypeError, match="Nothing is no LoanMaxRedeem"):
        of_class(Nothing(), borrow)


def test_every_way_asks_in_the_one_order() -> None:
    """The checks of a login and of an operation over a WebSocket stand in the order of a signed request."""
    whole = [check.step for check in CHECKS]
    for endpoint in (LOGIN, *ENDPOINTS):
        for way in Way:
            places = [whole.index(step) for step in steps_of(endpoint, way)]
            assert places == sorted(places)


def test_a_finding_has_a_code_in_each_way_that_looks_for_it() -> None:
    signs = {"form", "window", "unknown", "missing", "address", "passphrase", "signature"}
    for finding, (http, order, login) in CODES.items():
        of_a_key = bool(signs & set(finding.split())) and finding != "expiry form"
        assert http in ERRORS
        assert bool(login) == of_a_key
        # A key may also end, by a reset, between a login and an operation.
        assert bool(order) != of_a_key or finding == "key unknown"
        assert {order or http, login or http} <= set(ERRORS)
