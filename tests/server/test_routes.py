"""What stands between the table of views, whose type cannot say which request belongs to which name, and a request."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tallystick.contract import ENDPOINTS, by_name
from tallystick.contract.core import Endpoint, Nothing, Request
from tallystick.server.app import Route, run_of
from tallystick.server.call import of_class
from tallystick.views import VIEWS, View


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_a_view_takes_the_requests_of_its_endpoint(endpoint: Endpoint) -> None:
    assert VIEWS[endpoint.name].request in (endpoint.request, Request)
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
