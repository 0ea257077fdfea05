"""`tally market show` and `tally fidelity` as they print."""

from __future__ import annotations

import json

from tallystick.cli.columns import aligned
from tallystick.engine.parameters import LEVERS
from tallystick.venue.fidelity import report
from tests.cli.process import tally


def test_columns_stand_under_each_other() -> None:
    table = aligned(("name", "value", "note"), [("a", "1", "x"), ("longer", "10000", "")], right=(1,))
    assert table.splitlines() == ["name    value  note", "a           1  x", "longer  10000"]


def test_chinese_takes_two_columns_a_character() -> None:
    assert aligned(("a", "b"), [("币种", "1"), ("x", "2")]).splitlines() == ["a     b", "币种  1", "x     2"]


def test_every_number_is_explained_in_both_languages() -> None:
    lines = [line.split("  ") for line in tally("market", "numbers").stdout.splitlines()]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    assert ["taker_fee", "fraction", "0 to 0.1", "Taker's fee"] in cells
    assert ["tick", "quote coins for one base coin", "fixed", "Smallest step of a price"] in cells
    assert {name for levers in LEVERS.values() for name in levers} <= {line[0] for line in cells if line}
    chinese = tally("market", "numbers", "--lang", "zh").stdout
    assert [line.split() for line in chinese.splitlines() if line.startswith("taker_fee")] == [
        ["taker_fee", "比例", "0", "to", "0.1", "吃单手续费率"]
    ]


def test_the_packaged_table_in_overview() -> None:
    shown = tally("market", "show")
    assert (shown.returncode, shown.stderr) == (0, "")
    lines = [line.split() for line in shown.stdout.splitlines()]
    assert ["BTC", "0", "10", "5000", "0.00001", "20", "20:0.98", "(4", "in", "all)",
            "inferred;", "quota", "documented,", "discount_tiers", "observed"] in lines  # fmt: skip
    assert ["BTC-USDT", "0.1", "0.00000001", "0.00001", "3600000", "observed"] in lines
    assert ["ETH-USDT", "0.01", "0.000001", "0.001", "3900000", "observed;", "depth_quote", "inferred"] in lines
    assert ["taker_fee", "0.001", "documented", "regular", "level", "1"] in lines


def test_one_currency_in_full() -> None:
    shown = tally("market", "show", "--ccy", "btc").stdout
    assert "20:0.98 25:0.9775 30:0.975 50:0.97" in shown
    assert "BTC-USDT" in shown
    assert "ETH-USDT" not in shown
    wrong = tally("market", "show", "--ccy", "NOPE")
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr.startswith("tally: there is no currency NOPE, there are BTC, ETH")


def test_fidelity_in_words_and_in_json() -> None:
    whole = tally("fidelity").stdout
    found = report()
    for row in found.endpoints:
        assert row.path in whole
    for page in found.decisions:
        assert page.title in whole
    for parameter in found.parameters:
        assert parameter.name in whole
    chosen = tally("fidelity", "--source", "chosen").stdout
    assert "Parameters" not in chosen
    ours = [row for row in found.endpoints if row.source == "chosen"]
    # Two headings each, and a blank line between.
    assert len(chosen.splitlines()) == len(found.decisions) + len(ours) + (5 if ours else 2)
    answered = json.loads(tally("fidelity", "--json").stdout)
    assert {part: len(rows) for part, rows in answered.items()} == {
        "endpoints": len(found.endpoints),
        "decisions": len(found.decisions),
        "parameters": len(found.parameters),
    }
    assert tally("fidelity", "--source", "rumour").returncode == 2


def test_the_help_says_how_to_change_a_number() -> None:
    for arguments in (("market", "show", "--help"), ("fidelity", "--help")):
        assert "tally parameters set" in " ".join(tally(*arguments).stdout.split())
