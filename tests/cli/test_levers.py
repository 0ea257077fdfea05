"""Levers as commands: every control call, against a venue that is served."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import click
import msgspec
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner, Result

from docs import cli_levers
from tallystick.cli.levers.declared import LEVERS
from tallystick.cli.levers.forms import Lever
from tallystick.cli.levers.groups import group
from tallystick.cli.levers.labels import LABELS
from tallystick.cli.levers.names import GROUPS
from tallystick.cli.main import main
from tallystick.server.control.endpoints import ENDPOINTS
from tests.cli.process import Served, serving
from tests.cli.test_answers import SCHEMA, check

ELSEWHERE = {
    "POST market/price": "`prices set` sets one or several",
    "GET fidelity": "`tally fidelity` shows it without a venue",
    "GET refusals": "`tally tail` shows them with their reasons",
    "GET requests": "`tally tail` shows them",
    "GET events": "`tally tail` shows them",
    "GET notes": "`tally tail` shows them",
    "GET users/*/past": "`tally console` looks back with it",
    "GET users/*/why": "`tally console` explains with it",
}
"""Control calls that another command makes."""
OPTIONS = ("--frozen", "--at", "2026-12-01T00:00:00Z", "--market", "by-hand")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("levers") / "data"


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    with serving(folder, *OPTIONS) as found:
        yield found


@pytest.fixture
def fresh(served: Served, folder: Path) -> Path:
    """Folder of a venue that is as it began, without snapshots."""
    for one in served.control("GET", "snapshots")["snapshots"]:
        served.control("DELETE", f"snapshots/{one['name']}")
    served.control("POST", "reset")
    return folder


def run(folder: Path, line: str, *more: str) -> Result:
    return CliRunner().invoke(main, [*line.split(), "--data", str(folder), *more])


def says(folder: Path, line: str, *more: str) -> str:
    done = run(folder, line, *more)
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    return done.stdout.rstrip("\n")


def answered(folder: Path, line: str, *more: str) -> Any:
    """Answer of a lever, which has its published schema; and which fields it may have says its declaration."""
    found = json.loads(says(folder, line, *more, "--json"))
    command = " ".join(line.split()[:2])
    check(found, SCHEMA["commands"][f"tally {command}"])
    assert set(found) <= set(next(lever for lever in LEVERS if f"{lever.group} {lever.command}" == command).fields)
    return found


def test_every_control_call_is_a_command_or_another_command_makes_it() -> None:
    without = {f"{one.method} {one.path}" for one in ENDPOINTS if one.spelling is None}
    assert without == set(ELSEWHERE)
    assert [path.name for path, text in cli_levers.fresh().items() if path.read_text(encoding="utf-8") != text] == []
    assert {lever.group for lever in LEVERS} == set(GROUPS)
    assert len({(lever.group, lever.command) for lever in LEVERS}) == len(LEVERS) == len(ENDPOINTS) - len(ELSEWHERE)


def test_the_clock(fresh: Path) -> None:
    assert says(fresh, "clock show") == "2026-12-01T00:00:00.000Z, frozen, speed 1"
    assert says(fresh, "clock advance 1h") == "2026-12-01T01:00:00.000Z, frozen, speed 1"
    assert answered(fresh, "clock advance --ms 500")["now"] == "2026-12-01T01:00:00.500Z"
    assert says(fresh, "clock advance --to 2026-12-02") == "2026-12-02T00:00:00.000Z, frozen, speed 1"
    assert says(fresh, "clock set --at 2026-12-03T00:00:00Z") == "2026-12-03T00:00:00.000Z, frozen, speed 1"
    assert json.loads(says(fresh, "clock show", "--json", "mode,speed")) == {"mode": "frozen", "speed": 1}


def test_prices_and_books(fresh: Path, served: Served) -> None:
    assert says(fresh, "prices set BTC-USDT 30000 ETH-USDT 1500").split() == (
        ["instrument", "price", "BTC-USDT", "30000", "ETH-USDT", "1500"]
    )
    assert ticker(served, "ETH-USDT")["last"] == "1500"
    assert says(fresh, "book set BTC-USDT --bids 29990 1 --bids 29980 2 --asks 30000 1") == "set the book of BTC-USDT"
    assert (ticker(served, "BTC-USDT")["bidPx"], ticker(served, "BTC-USDT")["askPx"]) == ("29990", "30000")
    assert says(fresh, "prices release BTC-USDT") == "BTC-USDT is back with the market"


def ticker(served: Served, instrument: str) -> Any:
    asked = {"method": "GET", "path": f"/api/v5/market/ticker?instId={instrument}"}
    return served.control("POST", "users/alice/request", asked)["answer"]["data"][0]


def test_users(fresh: Path, served: Served) -> None:
    assert says(fresh, "users add carol").startswith("made carol, uid ")
    assert says(fresh, "users add carol-bot --master carol").startswith("made carol-bot, uid ")
    assert answered(fresh, "users list")["users"][-1]["master"] == "carol"
    assert says(fresh, "users level carol VIP1") == "carol has level VIP1"
    key = answered(fresh, "users key carol read trade --label bot --ips 10.0.0.0/8")
    assert key["permissions"] == ["read", "trade"]
    assert key["secret_key"]
    assert says(fresh, "users balance carol trading BTC 2") == "added 2 BTC to the trading account"
    assert says(fresh, "users balance carol trading BTC -0.5") == "added -0.5 BTC to the trading account"
    assert answered(fresh, "users spot-borrow carol on") == {"enabled": True}
    assert answered(fresh, "users modes carol 3 4") == {"name": "carol", "mode": "1", "open": ["1", "3", "4"]}
    blocked = answered(fresh, "users obstacles carol compliance_kyc2 pending_algos")
    assert blocked == {"name": "carol", "obstacles": ["pending_algos", "compliance_kyc2"]}
    assert answered(fresh, "users obstacles carol") == {"name": "carol", "obstacles": []}
    assert "made dora" in says(fresh, "users add dora --modes 3")
    balance = answered(fresh, "users send carol GET /api/v5/account/balance?ccy=BTC")["answer"]
    assert balance["data"][0]["details"][0]["cashBal"] == "1.5"
    body = '{"ccy": "USDT", "side": "borrow", "amt": "100"}'
    sent = says(fresh, "users send carol POST /api/v5/account/spot-manual-borrow-repay", "--body", body)
    assert sent.startswith("HTTP 200\n{")


def test_rates_pools_fund_and_parameters(fresh: Path) -> None:
    assert says(fresh, "rates set USDT 0.073") == "USDT: 0.073 from the next hour on"
    assert rate_of(fresh)["by_hand"] is True
    assert answered(fresh, "rates set USDT null") == {"ccy": "USDT", "apr": None}
    assert answered(fresh, "rates bids USDT --bids 1000000 0.03 --bids 500000 0.08")["bids"] == (
        [["1000000", "0.03"], ["500000", "0.08"]]
    )
    assert answered(fresh, "rates bids USDT")["bids"] == []
    before = next(one for one in answered(fresh, "pools list")["pools"] if one["ccy"] == "USDT")
    after = answered(fresh, "pools move USDT -1000")
    assert int(before["free"]) - int(after["free"]) == 1000
    funded = int(answered(fresh, "fund show")["amt"])
    assert int(answered(fresh, "fund move -5")["amt"]) == funded - 5
    changed = answered(fresh, "parameters set --currencies BTC quota 5 --constants taker_fee 0.002")["changed"]
    assert changed == {"currencies.BTC.quota": "5", "constants.taker_fee": "0.002"}
    shown = [line.split() for line in says(fresh, "parameters show").splitlines() if "currencies.BTC.quota " in line]
    assert [line[:2] + line[-1:] for line in shown] == [["currencies.BTC.quota", "5", "yes"]]
    assert answered(fresh, "parameters set --constants loan_adjusted_ltv true")["changed"] == (
        {"constants.loan_adjusted_ltv": True}
    )


def rate_of(folder: Path) -> Any:
    return next(one for one in answered(folder, "rates show")["rates"] if one["ccy"] == "USDT")


LISTING = {
    "currencies": {"XRP": {"discount_tiers": [["100000", "0.9"]]}},
    "instruments": {"XRP-USDT": {"tick": "0.0001", "lot": "0.000001"}},
    "prices": {"XRP-USDT": "0.5"},
}
SAVED = {"code": "0", "msg": "", "data": [{"details": [{"ccy": "BTC", "eq": "0.5", "liab": "0"}]}]}


def test_documents_come_from_a_file_or_from_standard_input(fresh: Path, served: Served, tmp_path: Path) -> None:
    path = tmp_path / "listing.json"
    path.write_text(json.dumps(LISTING))
    assert answered(fresh, "listings add", str(path)) == {"currencies": ["XRP"], "instruments": ["XRP-USDT"]}
    assert ticker(served, "XRP-USDT")["last"] == "0.5"
    own = tmp_path / "more.toml"
    own.write_text('[instruments.XRP-USDC]\ntick = "0.0001"\nlot = "0.001"\n')
    assert answered(fresh, "listings add", str(own))["instruments"] == ["XRP-USDC"]
    assert says(fresh, "users add dan").startswith("made dan")
    words = ["users", "account", "dan", "-", "--json", "--data", str(fresh)]
    done = CliRunner().invoke(main, words, input=json.dumps(SAVED))
    assert json.loads(done.stdout) == {"name": "dan", "held": {"BTC": "0.5"}, "owed": {}}


BAD_DOCUMENTS = [
    ("listing.json", b"{", 2, "usage", "is no JSON"),
    ("listing.json", b"[]", 2, "usage", "is no JSON object"),
    ("listing.json", b'{"coins": {}}', 2, "usage", "has coins: there are currencies, instruments, prices"),
    ("listing.json", b"\xff\xfe", 2, "usage", "is not text in UTF-8"),
    ("listing.json", b"[" * 100_000, 2, "usage", "is no JSON"),
    ("listing.toml", b"a = ", 2, "usage", "is no TOML"),
    ("listing.json", b'{"prices": {"BTC-USDT": 0.5}}', 1, "parameter", "which is not exact"),
    ("listing.json", b"{}", 1, "refused", "nothing to list"),
]


@pytest.mark.parametrize(("name", "content", "code", "category", "reason"), BAD_DOCUMENTS)
def test_a_document_that_cannot_be_gives_the_error_form(
    fresh: Path, tmp_path: Path, name: str, content: bytes, code: int, category: str, reason: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = run(fresh, f"listings add {path} --json")
    form = json.loads(done.stdout)["error"]
    assert (done.exit_code, form["category"], form["outcome"]) == (code, category, "none")
    assert reason in form["reason"]


def test_a_document_that_is_not_there_is_said_so(fresh: Path, tmp_path: Path) -> None:
    done = run(fresh, f"users account alice {tmp_path / 'none.json'} --json")
    assert done.exit_code == 1
    assert "No such file or directory" in json.loads(done.stdout)["error"]["reason"]
    assert "is no JSON" in json.loads(run(fresh, "users account alice - --json").stdout)["error"]["reason"]
    (tmp_path / "empty.json").write_text("{}")
    done = run(fresh, f"users account alice {tmp_path / 'empty.json'} --json")
    assert "lacks data" in json.loads(done.stdout)["error"]["reason"]


DRY = [
    ("clock advance 1h", "POST", "/tally/v1/clock/advance", {"by": "1h"}),
    ("prices set BTC-USDT 60000", "POST", "/tally/v1/market/prices", {"prices": {"BTC-USDT": "60000"}}),
    ("users level carol VIP1", "POST", "/tally/v1/users/carol/level", {"level": "VIP1"}),
    ("users level a/b VIP1", "POST", "/tally/v1/users/a%2Fb/level", {"level": "VIP1"}),
    ("faults remove 9", "DELETE", "/tally/v1/faults/9", None),
    ("venue reset", "POST", "/tally/v1/reset", {}),
]


@pytest.mark.parametrize(("line", "method", "path", "body"), DRY, ids=[line for line, *_ in DRY])
def test_a_dry_run_shows_the_request_and_needs_no_venue(
    tmp_path: Path, line: str, method: str, path: str, body: object
) -> None:
    done = run(tmp_path, f"{line} --dry-run --json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found == {"method": method, "path": path, "body": body}
    check(found, SCHEMA["commands"]["tally " + " ".join(line.split()[:2])])
    assert f"Sends {method} {path}" in run(tmp_path, f"{line} --dry-run").stdout
    assert "试运行：未发送任何内容" in run(tmp_path, f"{line} --dry-run --lang zh").stdout


def test_a_dry_run_moves_nothing(fresh: Path, served: Served) -> None:
    before = served.control("GET", "state-hash")
    assert run(fresh, "clock advance 1h --dry-run").exit_code == 0
    assert run(fresh, "venue reset --dry-run").exit_code == 0
    assert served.control("GET", "state-hash") == before


def test_every_lever_that_moves_has_a_dry_run_and_no_other() -> None:
    for lever in LEVERS:
        command = group(lever.group).commands[lever.command]
        assert any(one.name == "dry_run" for one in command.params) == lever.moves, lever


def test_the_venue_as_a_whole(fresh: Path) -> None:
    assert answered(fresh, "venue health")["borrowing"] == "open"
    assert answered(fresh, "venue verify")["ok"] is True
    assert len(answered(fresh, "venue journal --after 0 --limit 2")["entries"]) == 2
    assert says(fresh, "venue journal --limit 2").splitlines()[0].split() == [
        "seq",
        "at_ms",
        "command",
        "events",
        "hash",
    ]
    assert len(answered(fresh, "venue state-hash")["hash"]) == 64
    assert {one["ccy"] for one in answered(fresh, "venue collateral")["collateral"]} >= {"BTC", "USDT"}
    assert {one["name"]: one["plays"] for one in answered(fresh, "venue scenarios")["scenarios"]}["cascade"] is True
    assert answered(fresh, "venue play pool-squeeze")["state"] == "held"
    answered(fresh, "venue play pool-squeeze --wait off --pause-ms 60000")
    assert answered(fresh, "venue stop-play")["state"] == "stopped"
    assert says(fresh, "venue reset --at 2027-01-01").startswith("reset: 2027-01-01T00:00:00.000Z, generation ")


# ---- bad input


def wrong_lines(lever: Lever) -> Iterator[str]:
    """Command lines of a lever that cannot be: an unknown option, a word too many, none where one is needed."""
    command = f"{lever.group} {lever.command}"
    yield f"{command} --unknown"
    variadic = any(one.argument and one.form in ("list", "pairs") for one in lever.parameters)
    needed = [one for one in lever.parameters if one.argument and one.required]
    if not variadic:
        yield f"{command} {'1 ' * 12}"
    if needed or lever.name:
        yield command
    for one in lever.parameters:
        if one.form == "whole":
            yield f"{command} --{one.name.removesuffix('_at')} many"
        if one.choices and not one.argument:
            yield f"{command} --{one.name} nonsense"


BAD = [line for lever in LEVERS for line in wrong_lines(lever)]


@pytest.mark.parametrize("line", BAD)
def test_a_wrong_command_line_gives_the_error_form(line: str, tmp_path: Path) -> None:
    done = run(tmp_path, line, "--json")
    assert done.exit_code == 2, done.output
    form = json.loads(done.stdout)["error"]
    assert (form["category"], form["outcome"]) == ("usage", "none")
    assert form["reason"]


REFUSED = [
    ("clock advance soon", "'soon' is not a duration"),
    ("clock advance", "give exactly one of ms, by and to"),
    ("clock set", "nothing to change"),
    ("prices set NO-SUCH 1", "unknown instrument"),
    ("prices set BTC-USDT -1", "prices.BTC-USDT"),
    ("book set BTC-USDT --bids 2 1 --asks 1 1", "the best bid must be below the best ask"),
    ("users add Carol", "a name has 1 to 32 characters"),
    ("users level nobody VIP1", "there is no user 'nobody'"),
    ("users key alice", "Missing argument 'PERMISSIONS...'"),
    ("users balance alice trading BTC -9999999", "would be negative"),
    ("users repay-with-collateral alice 1 USDT 5 BTC", "unknown loan"),
    ("users send alice GET /nowhere", "the API has no GET /nowhere"),
    ("rates set USDT 0", "a rate must be above 0"),
    ("rates bids USDT --bids x 1", "bids"),
    ("pools move USDT 0", "nothing to move"),
    ("fund move much", "amt"),
    ("parameters set", "nothing to change"),
    ("parameters set --constants no_such 1", "unknown parameter"),
    ("faults add tme 50026", "there is no operation 'tme'"),
    ("faults remove 9", "there is no rule '9'"),
    ("snapshot restore none", "there is no snapshot 'none'"),
    ("snapshot save a/b", "'a/b' cannot name a snapshot"),
    ("venue journal --after x", "after must be a whole number"),
    ("venue reset --at never", "'never' is not a time"),
]


@pytest.mark.parametrize(("line", "reason"), REFUSED, ids=[line for line, _ in REFUSED])
def test_what_the_venue_refuses_gives_the_error_form(line: str, reason: str, fresh: Path) -> None:
    done = run(fresh, line, "--json")
    assert done.exit_code in (1, 2), done.output
    form = json.loads(done.stdout)["error"]
    assert (form["category"], form["outcome"]) in (("refused", "none"), ("usage", "none"))
    assert reason in form["reason"]
    plain = run(fresh, line)
    assert (plain.exit_code, plain.stdout) == (done.exit_code, "")
    assert reason in plain.stderr


def test_what_to_do_stands_beside_the_form(fresh: Path) -> None:
    told = json.loads(run(fresh, "prices set BTC-USTD 1", "--json").stdout)
    assert "did you mean BTC-USDT" in told["hint"]
    check(told, SCHEMA["error"])


def test_pairs_and_json_that_cannot_be_are_told_before_anything_is_sent(tmp_path: Path) -> None:
    assert "ETH-USDT has no value" in run(tmp_path, "prices set BTC-USDT 1 ETH-USDT").stderr
    assert "is not JSON" in run(tmp_path, "users send alice POST /x --body {a").stderr
    done = run(tmp_path, "users balance alice trading BTC --amt")
    assert (done.exit_code, "No such option" in done.stderr) == (2, True)


def test_a_venue_that_is_not_there_or_does_not_run(tmp_path: Path) -> None:
    done = run(tmp_path, "clock show", "--json")
    assert (done.exit_code, json.loads(done.stdout)["error"]["category"]) == (1, "profile")
    with serving(tmp_path / "data") as served:
        url = served.url
        served.stop()
    form = json.loads(run(tmp_path / "data", "clock show", "--json").stdout)["error"]
    assert (form["category"], form["reason"]) == ("not-sent", f"nobody serves {url}")


# ---- help and completion


@pytest.mark.parametrize("lever", LEVERS, ids=lambda lever: f"{lever.group} {lever.command}")
def test_help_is_there_in_both_languages(lever: Lever) -> None:
    for language, own in (("en", 0), ("zh", 1)):
        done = CliRunner().invoke(main, ["--lang", language, lever.group, lever.command, "--help"], terminal_width=200)
        assert done.exit_code == 0
        for one in lever.parameters:
            assert one.words[own] in done.output.replace("\n", "")
        assert "用法" in done.output if own else "Usage: " in done.output


def test_a_shell_completes_levers_options_and_faults() -> None:
    def after(*words: str) -> list[str]:
        *before, last = words
        return [one.value for one in ShellComplete(main, {}, "tally", "_TALLY_COMPLETE").get_completions(before, last)]

    assert {"clock", "prices", "users"} <= set(after(""))
    assert set(after("clock", "")) == {"show", "set", "advance"}
    assert after("clock", "set", "--mode", "f") == ["frozen"]
    assert "drop-after-commit" in after("faults", "add", "one_click_repay_v2", "drop-")
    assert after("faults", "add", "time", "50026", "--pro") == ["--probability"]


def completed(folder: Path, line: str, last: str) -> list[str]:
    """Words a shell completes after a line, with the folder of the venue named in it."""
    words = [*line.split(), "--data", str(folder)]
    return [one.value for one in ShellComplete(main, {}, "tally", "_TALLY_COMPLETE").get_completions(words, last)]


def test_a_shell_completes_names_of_the_served_venue(fresh: Path, served: Served) -> None:
    assert completed(fresh, "users level", "") == ["alice", "bob"]
    served.control("POST", "users", {"name": "carol"})
    assert completed(fresh, "users balance", "ca") == ["carol"]
    assert "BTC-USDT" in completed(fresh, "prices set", "BTC")
    assert {"BTC", "USDT", "ETH"} <= set(completed(fresh, "pools move", ""))
    assert completed(fresh, "snapshot restore", "") == []
    says(fresh, "snapshot save before")
    assert completed(fresh, "snapshot restore", "b") == ["before"]
    says(fresh, "faults add time 50026")
    assert completed(fresh, "faults remove", "") == ["1"]
    assert "one_click_repay_v2" in completed(fresh, "faults add", "one_click")
    assert completed(fresh, "debts", "--us") == ["--user"]


def test_a_shell_completes_what_commands_of_accounts_take(fresh: Path) -> None:
    def after(line: str, option: str, last: str) -> list[str]:
        words = [*line.split(), "--data", str(fresh), option]
        return [one.value for one in ShellComplete(main, {}, "tally", "_TALLY_COMPLETE").get_completions(words, last)]

    assert after("debts", "--user", "") == ["alice", "bob"]
    assert after("call ticker", "--instId", "ETH-U") == ["ETH-USDT"]
    assert "USDC" in completed(fresh, "borrow", "US")
    assert after("debts", "--profile", "l") == ["local"]
    assert after("faults add time 50026", "--user", "b") == ["bob"]


def test_a_shell_is_told_nothing_where_no_venue_answers(tmp_path: Path) -> None:
    assert completed(tmp_path, "users level", "") == []
    (tmp_path / "connection.json").write_text("{")
    assert completed(tmp_path, "prices set", "") == []
    (tmp_path / "connection.json").write_text('{"url": "http://127.0.0.1:9", "control_token": "x", "users": []}')
    assert completed(tmp_path, "snapshot restore", "") == []
    assert completed(tmp_path, "borrow", "") == []


# ---- Chinese


def names_of(hint: Any) -> Iterator[str]:
    """Names of the fields of an answer, those of its parts too."""
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        for field in msgspec.structs.fields(hint):
            yield field.encode_name
            yield from names_of(field.type)
    for part in get_args(hint):
        yield from names_of(part)


DRAWN_OTHERWISE = {"parameters show", "faults kinds"}
"""Their tables have headings of their own."""
KEPT = {"API Key", "Secret Key", "passphrase"}
"""Names that the exchange has in Chinese too."""


def test_every_field_that_a_table_shows_has_a_chinese_name() -> None:
    spoken = [one for one in ENDPOINTS if one.spelling is not None and one.spelling.words not in DRAWN_OTHERWISE]
    shown = {name for one in spoken for name in names_of(one.answer)}
    assert shown - set(LABELS) == set()
    assert all(any(letter >= "一" for letter in name) or name in KEPT for name in LABELS.values())


def test_tables_speak_chinese(fresh: Path) -> None:
    assert says(fresh, "fund show", "--lang", "zh").splitlines()[0].split() == ["币种", "USDT"]
    assert says(fresh, "pools list", "--lang", "zh").splitlines()[0].split() == ["币种", "可借", "已借出", "等待偿还"]
    assert says(fresh, "users spot-borrow alice on", "--lang", "zh").split() == ["已开启", "是"]
    says(fresh, "faults add time 50026 --nth 2")
    head, row = says(fresh, "faults list", "--lang", "zh").splitlines()
    assert head.split() == ["规则", "位置", "故障", "条件", "次数", "已匹配", "已触发"]
    assert "从第 2 次起" in row
    shown = says(fresh, "prices set BTC-USDT 60000", "--lang", "zh").splitlines()[0]
    assert shown.split() == ["交易对", "价格"]


def test_levers_load_no_server() -> None:
    assert isinstance(group("clock"), click.Group)
    source = (Path(cli_levers.PLACE).parent / "groups.py").read_text(encoding="utf-8")
    assert "tallystick.server" not in source
