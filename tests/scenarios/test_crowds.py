"""Crowds with several coins, spot debts and behaviours, and the tables of what happened to them."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from tallystick.cli.main import main
from tallystick.engine import ledger
from tallystick.engine.amounts import ONE, atoms_from_text
from tallystick.testing import crowds, scenario, synopsis
from tallystick.testing.runner import Played, Player
from tallystick.testing.scenario import BadScenario, Scenario
from tallystick.testing.tables import Tables, coins_text, tables_of
from tallystick.venue.importing.market import import_market
from tests.venue.candle_files import own, walk

STORY = """
title = "Fall"
title_zh = "下跌"
about = "Prices fall by hand."
start = 2026-01-20T09:05:00Z
holds = ["books-balance", "loan-rows-reconcile"]

[prices]
BTC-USDT = "60000"
ETH-USDT = "3000"
SOL-USDT = "150"

[[crowd]]
name = "member"
count = {count}
seed = 5
collateral = ["BTC", "ETH", "SOL"]
loan_ccy = "USDT"
value_usd = ["10000", "10000"]
share = ["1", "1"]
{more}

[[steps]]
after = "1h"
price = {{ BTC-USDT = "{btc}", ETH-USDT = "{eth}", SOL-USDT = "{sol}" }}

[[steps]]
after = "3h"
wait = true
"""


def story(more: str = "", *, count: int = 6, fall: int = 100) -> Scenario:
    """`fall` is the price in percent after an hour."""
    prices = {"btc": 600 * fall, "eth": 30 * fall, "sol": f"{150 * fall // 100}.{150 * fall % 100:02}"}
    return scenario.parse(STORY.format(count=count, more=more, **prices))


def play(told: Scenario, markets: Path | None = None) -> tuple[Player, Played, Tables]:
    player = Player.alone(told) if markets is None else Player.alone(told, markets=markets)

    async def whole() -> Played:
        await player.start()
        try:
            return await player.play()
        finally:
            await player.stop()

    played = asyncio.run(whole())
    assert played.faults == []
    return player, played, tables_of(player.store, player.names)


def test_members_pledge_several_coins_of_equal_value() -> None:
    """10,000 USD in two coins are 5,000 each: 0.083333 BTC, 1.666666 ETH, 33.333333 SOL."""
    player, _, tables = play(story("coins = [2, 2]"))
    parts = {"0.083333 BTC", "1.666666 ETH", "33.333333 SOL"}
    for row in tables.loans:
        coins = set(row["collateral"].split(" + "))
        assert len(coins) == 2
        assert coins < parts
    assert len(player.venue.state.loans) == 6


def test_a_range_of_coins_gives_some_of_each() -> None:
    counts = {len(row["collateral"].split(" + ")) for row in play(story("coins = [1, 3]", count=12))[2].loans}
    assert counts == {1, 2, 3}


def test_spot_debts_are_borrowed_and_spent() -> None:
    player, _, tables = play(story('debt = "spot"'))
    state = player.venue.state
    assert tables.loans == []
    for user_id in state.users:
        assert ledger.debt(state, user_id, "USDT") > 5_000 * ONE
        assert ledger.cash(state, user_id, "USDT") == 0
    assert tables.hours[0]["accounts"] == "6"


def test_sizes_and_shares_hang_together_as_told() -> None:
    """With 1 the share follows the size alone; the draws of size and share are the second and third."""
    crowd = replace(story().crowd[0], value_usd=("0", "9999"), share=("0", "0.9999"))
    for number in range(20):
        _, size, third, *_ = (next(draw) % 10_000 for draw in [crowds.draws(5, number)] for _ in range(3))
        for told, boldness in (("0", third), ("1", size), ("0.5", (size + third) // 2)):
            _, value, share, _ = crowds._drawn(replace(crowd, correlation=told), crowds.draws(5, number))
            assert value == atoms_from_text("9999") * size // 10_000
            assert share == atoms_from_text("0.9999") * boldness // 10_000


def test_who_tops_up_has_a_quarter_more_of_the_first_coin() -> None:
    """At three quarters of the price every loan of the most is above its margin call, and below its liquidation."""
    _, played, tables = play(story("behaviour = { top-up = 1 }", fall=75))
    acted = [moment for moment in played.timeline if "decides to top up" in moment.what]
    assert {moment.who for moment in acted} == {f"member{number}" for number in range(1, 7)}
    for row in tables.loans:
        first, ccy = row["collateral"].split()
        once = {"BTC": "0.166666", "ETH": "3.333333", "SOL": "66.666666"}[ccy]
        added = atoms_from_text(first) - atoms_from_text(once)
        assert added > 0
        assert added % (atoms_from_text(once) // 4 // 10**12 * 10**12) == 0


def test_who_repays_owes_a_quarter_less_and_who_does_nothing_as_much() -> None:
    _, _, tables = play(story("behaviour = { repay = 1, nothing = 1 }", count=12, fall=75))
    assert {bool(row["repaid"]) for row in tables.loans if row["margin_calls"] != "0"} == {True, False}
    for row in tables.loans:
        if row["repaid"]:
            share = atoms_from_text(row["repaid"].split()[0]) * 100 // atoms_from_text(row["borrowed"].split()[0])
            assert share in (24, 25, 43, 44)


def test_spot_debtors_act_too() -> None:
    """They owe three quarters of their equity (leverage 3). At 78 % it is 1.04 times the debt: a ratio of 1.9."""
    more = 'debt = "spot"\nbehaviour = { repay = 1, top-up = 1 }'
    _, played, _ = play(story(more, count=12, fall=78))
    told = {moment.what for moment in played.timeline if "decides to" in moment.what}
    assert told == {"is warned, and decides to repay", "is warned, and decides to top up"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("coins = [0, 1]", "coins of member"),
        ("coins = [2, 1]", "coins of member"),
        ("coins = [1, 4]", "its 3 coins"),
        ('correlation = "1.5"', "a number from 0 to 1"),
        ('correlation = "-1"', "a number from 0 to 1"),
        ("behaviour = { top-up = -1 }", "a weight below 0"),
        ("behaviour = { panic = 1 }", "panic"),
        ('debt = "margin"', "margin"),
    ],
)
def test_crowds_that_cannot_be_drawn_are_refused(more: str, said: str) -> None:
    with pytest.raises(BadScenario, match=said):
        story(more)


def test_the_synopsis_tells_what_is_special() -> None:
    told = story('coins = [1, 2]\ncorrelation = "0.5"\nbehaviour = {repay = 2}')
    (line,) = [one for one in synopsis.lines(told) if "member" in one]
    assert line.endswith(
        "of BTC or ETH or SOL, 1 to 2 of them and borrows 1 to 1 of the most USDT it supports; "
        "when warned: repay 2; size and share hang together by 0.5"
    )


# ---- tables


def test_the_rows_of_the_cascade_by_hand() -> None:
    """Two fifths of ann's 48,050 are repaid in the fall that she begins, with 0.1 % of them as fee: 19,220 and 19.22.

    Of lea's loan 0.492747 BTC repay 23,710.000146 USDT: the comments of the packaged story work it out.
    """
    _, _, tables = play(scenario.load("cascade"))
    ann = next(row for row in tables.liquidations if row["user"] == "ann")
    assert (ann["kind"], ann["loan"], ann["repaid"]) == ("account", "", "19220 USDT")
    assert ann["sold"].endswith(" BTC")
    assert ann["fee"].startswith("19.22")
    (lea,) = [row for row in tables.liquidations if row["user"] == "lea"]
    assert (lea["kind"], lea["sold"], lea["repaid"]) == ("partial_liquidation", "0.492747 BTC", "23710.000146 USDT")
    assert list(dict.fromkeys(row["user"] for row in tables.liquidations)) == ["ann", "ben", "cas", "lea"]
    (loan,) = tables.loans
    assert (loan["user"], loan["borrowed"], loan["collateral"]) == ("lea", "47420 USDT", "1 BTC")
    assert (loan["liquidations"], loan["ends"], loan["sold"]) == ("1", "open", "0.492747 BTC")
    assert loan["collateral_at_end"] == "0.507253 BTC"


def test_tables_agree_with_each_other_and_with_the_state() -> None:
    player, _, tables = play(story(count=12, fall=70))
    of_loans = sum(int(row["liquidations"]) for row in tables.loans)
    assert of_loans == len([row for row in tables.liquidations if row["loan"]]) > 0
    assert sum(int(row["liquidations"]) for row in tables.hours) == of_loans
    assert {row["loan"] for row in tables.loans if row["ends"] == "open"} == set(map(str, player.venue.state.loans))
    assert tables.hours[-1]["loans"] == str(len(player.venue.state.loans))
    assert tables.hours[0]["BTC-USDT"] == "60000"
    assert tables.hours[-1]["BTC-USDT"] == "42000"


def test_coins_in_one_cell() -> None:
    assert coins_text({"BTC": ONE // 2, "ETH": 0, "USDT": -3 * ONE}) == "0.5 BTC + -3 USDT"


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    yield from ((path.relative_to(folder).as_posix(), path.read_bytes()) for path in sorted(folder.rglob("*.*")))


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    (tmp_path / "fall.toml").write_text(
        STORY.format(count=6, more="behaviour = { top-up = 1 }", btc=45000, eth=2250, sol="112.50"), encoding="utf-8"
    )
    for name, seed in (("one", "9"), ("two", "9"), ("three", "10")):
        call = ["scenario", "run", str(tmp_path / "fall.toml"), "--seed", seed, "--out", str(tmp_path / name)]
        assert CliRunner().invoke(main, call).exit_code == 0
    one, two, three = (dict(files(tmp_path / name)) for name in ("one", "two", "three"))
    assert one == two
    assert set(one) == {"loans.csv", "liquidations.csv", "hours.csv", "hours.svg", "tables.json"}
    assert one["loans.csv"] != three["loans.csv"]
    rows = list(csv.DictReader(one["loans.csv"].decode().splitlines()))
    told = json.loads(one["tables.json"])
    assert told["loans"] == rows
    assert told["seeds"] == [9]
    assert len(ElementTree.fromstring(one["hours.svg"].decode())) > 8


def test_variants_have_folders_of_their_own(tmp_path: Path) -> None:
    call = ["scenario", "run", "own-book-or-blended-index", "--out", str(tmp_path)]
    assert CliRunner().invoke(main, call).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["blended", "own-book"]


# ---- markets


def at_market(market: str, start: str = "2024-01-01T02:00:00Z") -> Scenario:
    return scenario.parse(
        f'title = "t"\ntitle_zh = "t"\nabout = "a"\nmarket = "{market}"\nstart = {start}\n'
        '[[steps]]\nafter = "30m"\nwait = true\n'
    )


def test_a_scenario_plays_an_imported_market_at_its_own_dates(tmp_path: Path) -> None:
    candles = walk()
    (tmp_path / "BTC-USDT.csv").write_bytes(own(candles))
    import_market([tmp_path / "BTC-USDT.csv"], tmp_path, "mine")
    player, _, _ = play(at_market("mine"), tmp_path)
    assert player.venue.state.markets["BTC-USDT"].index == atoms_from_text(candles[150][1])
    with pytest.raises(BadScenario, match="is not in it"):
        Player.alone(at_market("mine", "2026-01-01T00:00:00Z"), markets=tmp_path)


@pytest.mark.parametrize("market", ["nothing", "../mine", "/etc", "walk:x"])
def test_an_unknown_market_is_a_message(tmp_path: Path, market: str) -> None:
    with pytest.raises(BadScenario, match="market: "):
        Player.alone(at_market(market), markets=tmp_path)
    path = tmp_path / "odd.toml"
    path.write_text(
        f'title = "t"\ntitle_zh = "t"\nabout = "a"\nmarket = "{market}"\nstart = 2024-01-01T02:00:00Z\n',
        encoding="utf-8",
    )
    done = CliRunner().invoke(main, ["scenario", "run", str(path), "--markets", str(tmp_path)])
    assert done.exit_code == 1
    assert "Traceback" not in done.output


def test_a_walk_has_another_seed_with_seed() -> None:
    told = scenario.reseeded(at_market("walk:3:crash"), 8)
    assert told.market == "walk:8:crash"
    player, _, _ = play(told)
    assert player.venue.state.markets["BTC-USDT"].index > 0
