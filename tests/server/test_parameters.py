"""The exchange's numbers and where they come from, shown and changed over the control endpoints."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest

from tallystick.engine.parameters import LEVERS
from tallystick.server.control.openapi import document
from tallystick.venue import recovery
from tallystick.venue.parameters import load_parameters
from tests.server.harness import AT_MS, World, within
from tests.server.test_control import is_error, is_ok


def test_every_parameter_is_shown_with_its_source() -> None:
    async def story(here: World) -> None:
        shown = is_ok(await here.control("GET", "parameters"))
        loaded = load_parameters()
        assert set(shown["instruments"]) == set(loaded.instruments)
        assert set(shown["currencies"]) == set(loaded.currencies)
        assert set(shown["constants"]) == set(LEVERS["constants"])
        rows = [*shown["instruments"].values(), *shown["currencies"].values(), shown["constants"]]
        cells = [cell for row in rows for cell in row.values()]
        assert all(cell["source"] in ("documented", "observed", "inferred") and cell["note"] for cell in cells)
        assert not any(cell["changed"] for cell in cells)
        assert shown["constants"]["taker_fee"] == {
            "value": "0.001",
            "source": "documented",
            "note": "regular level 1",
            "changed": False,
            "least": "0",
            "most": "0.1",
        }
        bitcoin = shown["currencies"]["BTC"]
        assert bitcoin["discount_tiers"]["value"][:2] == [["20", "0.98"], ["25", "0.9775"]]
        assert (bitcoin["borrowable"]["value"], bitcoin["decimals"]["value"]) == (True, "16")
        assert "lenders" in bitcoin["pool"]["fixed"]
        assert shown["constants"]["stable_ccys"]["value"] == ["USDT", "USDC"]
        meanings = shown["meanings"]
        assert {table: set(fields) for table, fields in meanings.items()} == {
            table: set(levers) for table, levers in LEVERS.items()
        }
        assert meanings["constants"]["taker_fee"] == {
            "about": "Taker's fee",
            "about_zh": "吃单手续费率",
            "unit": "fraction",
            "unit_zh": "比例",
        }

    within(story)


PATCH: dict[str, Any] = {
    "instruments": {"BTC-USDT": {"depth_quote": "100000"}},
    "currencies": {"BTC": {"quota": "5", "discount_tiers": [["1", "1"], ["2", "0.5"]], "loanable": False}},
    "constants": {"taker_fee": "0.002", "repay_leg_delay_ms": 100, "repay_coins_max": "2", "stable_ccys": ["USDC"]},
}


def test_a_patch_changes_what_it_names_and_survives_a_replay() -> None:
    async def story(here: World) -> None:
        changed = is_ok(await here.control("POST", "parameters", PATCH))["changed"]
        assert changed == {
            "instruments.BTC-USDT.depth_quote": "100000",
            "currencies.BTC.quota": "5",
            "currencies.BTC.discount_tiers": [["1", "1"], ["2", "0.5"]],
            "currencies.BTC.loanable": False,
            "constants.taker_fee": "0.002",
            "constants.repay_leg_delay_ms": "100",
            "constants.repay_coins_max": "2",
            "constants.stable_ccys": ["USDC"],
        }
        before = await here.seq_and_hash()
        assert is_ok(await here.control("POST", "parameters", PATCH))["changed"] == {}
        assert await here.seq_and_hash() == before
        shown = is_ok(await here.control("GET", "parameters"))
        quota = shown["currencies"]["BTC"]["quota"]
        assert (quota["value"], quota["packaged"], quota["changed"]) == ("5", "10", True)
        assert quota["changed_at_ms"] == AT_MS
        assert not shown["currencies"]["ETH"]["quota"]["changed"]
        await here.control("POST", "clock/advance", {"by": "2h"})
        assert is_ok(await here.control("POST", "verify"))["ok"]
        recovered = recovery.recover(here.venue.store, load_parameters(), 0)
        assert recovered.state.parameters == here.venue.state.parameters
        assert recovered.state.parameters.repay_coins_max == 2

    within(story)


def test_everything_shown_can_be_sent_back() -> None:
    async def story(here: World) -> None:
        shown = is_ok(await here.control("GET", "parameters"))

        def open_ones(row: dict[str, Any]) -> dict[str, Any]:
            return {name: cell["value"] for name, cell in row.items() if "fixed" not in cell}

        patch = {
            table: {name: open_ones(row) for name, row in shown[table].items()}
            for table in ("instruments", "currencies")
        } | {"constants": open_ones(shown["constants"])}
        assert is_ok(await here.control("POST", "parameters", patch))["changed"] == {}

    within(story)


def test_clients_feel_the_change_at_once_and_a_reset_undoes_it() -> None:
    async def story(here: World) -> None:
        path = "/api/v5/account/spot-manual-borrow-repay"
        borrow = {"ccy": "USDT", "side": "borrow", "amt": "10"}
        assert (await here.signed("POST", path, borrow)).code == "0"
        is_ok(await here.control("POST", "parameters", {"currencies": {"USDT": {"quota": "1"}}}))
        assert (await here.signed("POST", path, borrow)).code == "59412"
        is_ok(await here.control("POST", "reset"))
        assert (await here.signed("POST", path, borrow)).code == "0"
        assert not is_ok(await here.control("GET", "parameters"))["currencies"]["USDT"]["quota"]["changed"]

    within(story)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "nothing to change"),
        ({"fees": {}}, 400, "fees"),
        ({"constants": {"taker_fee": 0.002}}, 400, "taker_fee"),
        ({"constants": {"taker_fee": 1}}, 400, "plain decimal text"),
        ({"constants": {"taker_fee": "1e-3"}}, 400, "plain decimal text"),
        ({"constants": {"taker_fee": "-0.001"}}, 400, "plain decimal text"),
        ({"constants": {"taker_fee": None}}, 400, "taker_fee"),
        ({"constants": {"repay_leg_delay_ms": "0.5"}}, 400, "whole number"),
        ({"constants": {"repay_leg_delay_ms": True}}, 400, "whole number"),
        ({"constants": {"stable_ccys": "USDT"}}, 400, "list of currencies"),
        ({"constants": {"loan_e_mode_pairs": [["USDT"]]}}, 400, "[collateral, loan]"),
        ({"currencies": {"BTC": {"collateral": "false"}}}, 400, "true or false"),
        ({"currencies": {"BTC": {"discount_tiers": [["20", "x"]]}}}, 400, "[upper bound, rate]"),
        ({"currencies": {"BTC": {"discount_tiers": ["20"]}}}, 400, "[upper bound, rate]"),
        ({"currencies": {"BTC": "5"}}, 400, "currencies"),
        ({"constants": {"repay_coins_max": 10**400}}, 409, "out of range"),
        ({"constants": {"repay_coins_max": 10**30}}, 409, "out of range"),
        ({"constants": {"loan_e_mode_pairs": [[["USDT"], {}]]}}, 409, "out of range"),
        ({"constants": {"taker_fee": "0.5"}}, 409, "parameter out of range"),
        ({"constants": {"nope": "1"}}, 409, "unknown parameter"),
        ({"currencies": {"NOPE": {"quota": "1"}}}, 409, "unknown ccy"),
        ({"instruments": {"NO-PAIR": {"depth_quote": "1"}}}, 409, "unknown instrument"),
        ({"instruments": {"BTC-USDT": {"tick": "1"}}}, 409, "parameter fixed"),
        ({"constants": {"convert_max_quote": "0"}}, 409, "parameters disagree"),
    ],
)
def test_patches_that_cannot_be(body: dict[str, Any], status: int, said: str) -> None:
    async def story(here: World) -> None:
        before = await here.seq_and_hash()
        error = is_error(await here.control("POST", "parameters", body), status)
        assert said in error["message"] or said in error["hint"]
        if status == 409:
            assert error["hint"]
        assert await here.seq_and_hash() == before

    within(story)


def test_fidelity_lists_everything_with_its_source() -> None:
    async def story(here: World) -> None:
        whole = is_ok(await here.control("GET", "fidelity"))
        assert {"name": "set_auto_repay", "method": "POST", "path": "/api/v5/account/set-auto-repay"}.items() <= next(
            row for row in whole["endpoints"] if row["path"].endswith("set-auto-repay")
        ).items()
        assert {row["source"] for row in whole["decisions"]} == {"chosen"}
        names = [row["name"] for row in whole["parameters"]]
        assert len(names) == len(set(names))
        assert {"constants.taker_fee", "currencies.BTC.quota", "instruments.BTC-USDT.tick"} <= set(names)
        counts = 0
        for source in ("documented", "observed", "inferred", "chosen"):
            some = is_ok(await here.control("GET", f"fidelity?source={source}"))
            rows = [*some["endpoints"], *some["decisions"], *some["parameters"]]
            assert {row["source"] for row in rows} == {source}
            counts += len(rows)
        assert counts == sum(len(whole[part]) for part in ("endpoints", "decisions", "parameters"))
        assert "inferred" in is_error(await here.control("GET", "fidelity?source=rumour"), 400)["hint"]

    within(story)


def test_the_schema_of_a_patch_fits_what_is_shown_and_names_the_rest() -> None:
    """Made from the declarations: all that can be changed, in the form it is shown in, and nothing that cannot."""
    schema = document()["components"]["schemas"]["Patch"]
    jsonschema.Draft202012Validator.check_schema(schema)
    valid = jsonschema.Draft202012Validator(schema).is_valid

    async def story(here: World) -> None:
        shown = is_ok(await here.control("GET", "parameters"))
        for table in LEVERS:
            for name, row in [("", shown[table])] if table == "constants" else shown[table].items():
                for field, cell in row.items():
                    patch = {field: cell["value"]} if table == "constants" else {name: {field: cell["value"]}}
                    assert valid({table: patch}) is ("fixed" not in cell), f"{table}.{field}"

    within(story)
    assert valid(PATCH)
    assert (
        schema["properties"]["constants"]["properties"]["taker_fee"]["description"] == "Taker's fee; fraction; 0 to 0.1"
    )
    wrong_ones: tuple[dict[str, Any], ...] = (
        {"constants": {"nope": "1"}},
        {"constants": {"taker_fee": 0.1}},
        {"constants": {"taker_fee": "1e-3"}},
        {"constants": {"repay_coins_max": "0.5"}},
        {"constants": {"loan_e_mode_pairs": [["USDT"]]}},
        {"constants": {"stable_ccys": "USDT"}},
        {"currencies": {"BTC": {"collateral": "false"}}},
        {"currencies": {"BTC": {"discount_tiers": [["20", "x"]]}}},
        {"currencies": {"BTC": {"margin_tiers": [["20", "0.1"]]}}},
        {"fees": {}},
    )
    for wrong in wrong_ones:
        assert not valid(wrong), wrong
