"""`tally compare`: recorded answers beside the contract, without a word of what was in them."""

from __future__ import annotations

import base64
import json
import random
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tallystick.cli.main import main
from tallystick.contract.endpoints import ENDPOINTS, by_name

EXAMPLES = Path(__file__).resolve().parents[2] / "src" / "tallystick" / "contract" / "examples"
REPAY = "/api/v5/trade/one-click-repay-v2"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["compare", *map(str, arguments)])


def compared(*arguments: object) -> Any:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def lines(path: Path, *records: tuple[str, str, object]) -> Path:
    """A file of JSON lines."""
    rows = [{"method": method, "path": target, "answer": answer} for method, target, answer in records]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def good(*rows: object) -> dict[str, object]:
    return {"code": "0", "msg": "", "data": list(rows)}


def har(path: Path, *records: tuple[str, str, object]) -> Path:
    """A HAR file, with keys and cookies as a browser records them."""
    secrets = [{"name": "OK-ACCESS-KEY", "value": "my-api-key"}, {"name": "Cookie", "value": "session=abc"}]
    entries = [
        {
            "request": {"method": method, "url": url, "headers": secrets, "postData": {"text": '{"secret":"body"}'}},
            "response": {"status": 200, "headers": secrets, "content": {"text": json.dumps(answer)}},
        }
        for method, url, answer in records
    ]
    path.write_text(json.dumps({"log": {"version": "1.2", "entries": entries}}), encoding="utf-8")
    return path


def found(report: Any) -> list[tuple[str, str, list[str], str, str]]:
    """Findings of all endpoints as (kind, field, surfaces, ours, theirs)."""
    return [
        (one["kind"], one["field"], one["surfaces"], one["ours"], one["theirs"])
        for endpoint in report["endpoints"]
        for one in endpoint["findings"]
    ]


BOTH = ["2026-01", "2026-08"]


def test_documented_answers_show_nothing_that_we_lack_or_have_in_another_type(tmp_path: Path) -> None:
    records = []
    for endpoint in ENDPOINTS:
        sample = json.loads((EXAMPLES / f"{endpoint.name}.json").read_text(encoding="utf-8"))
        records.append((endpoint.method, endpoint.path, sample["answer"]))
    report = compared(lines(tmp_path / "documents.jsonl", *records))
    assert report["answers"] == len(ENDPOINTS)
    odd = [one for one in found(report) if one[0] == "types" or (one[0] == "lacks" and "2026-08" in one[2])]
    assert odd == []


def test_a_field_that_we_lack_one_that_we_invent_and_other_types_are_named(tmp_path: Path) -> None:
    leg = {
        "cTime": 1742342342,
        "fillPx": "1.1",
        "fillSz": "many",
        "instId": "BTC-USDT",
        "ordId": "1",
        "ordType": "limit",
        "px": "1",
        "side": "buy",
        "state": "filled",
        "sz": "1",
        "feeCcy": "BTC",
    }
    row = {"debtCcy": "USDC", "ordIdInfo": [leg], "repayCcyList": "BTC", "status": "filled", "ts": "1742342342"}
    report = compared(
        lines(tmp_path / "one.jsonl", ("GET", f"{REPAY.replace('-v2', '-history-v2')}?limit=1", good(row)))
    )
    assert found(report) == [
        ("invents", "fillDebtSz", BOTH, "decimal text", ""),
        ("types", "repayCcyList", BOTH, "list of texts", "text"),
        ("lacks", "ordIdInfo[].feeCcy", BOTH, "", "text"),
        ("types", "ordIdInfo[].cTime", BOTH, "time as text of digits", "number"),
        ("types", "ordIdInfo[].fillSz", BOTH, "decimal text", "text"),
        ("types", "ordIdInfo[].ordType", BOTH, "one of 'ioc'", "'limit'"),
    ]
    text = run(tmp_path / "one.jsonl").output
    assert "1 answer of 1 endpoint, 6 differences" in text
    assert "we lack" in text
    assert "我们缺少" in run(tmp_path / "one.jsonl", "--lang", "zh").output


def test_each_surface_is_judged_by_the_fields_of_its_own(tmp_path: Path) -> None:
    """`ordId` of a loan came with the surface 2026-08."""
    sample = json.loads((EXAMPLES / "loan_info.json").read_text(encoding="utf-8"))["answer"]
    target = by_name["loan_info"].path
    newer = [{**row, "ordId": "123"} for row in sample["data"]]
    older = [{name: value for name, value in row.items() if name != "ordId"} for row in sample["data"]]
    with_it = compared(lines(tmp_path / "newer", ("GET", target, good(*newer))))
    assert ("lacks", "ordId", ["2026-01"], "", "text") in found(with_it)
    without = compared(lines(tmp_path / "older", ("GET", target, good(*older))))
    assert ("invents", "ordId", ["2026-08"], "text", "") in found(without)
    mixed = compared(lines(tmp_path / "mixed", ("GET", target, good(*newer, *older))))
    assert ("sometimes", "ordId", ["2026-08"], "text", "") in found(mixed)


def test_rows_that_are_lists_and_books_are_compared_by_their_places(tmp_path: Path) -> None:
    bar = ["1", "2", "3", "4", "5", "6", "7", "8", "1"]
    candles = by_name["candles"].path
    assert found(compared(lines(tmp_path / "same", ("GET", candles, good(bar))))) == []
    odd = [["1", "2", "3", "4", "5", "6", "7", "8"], [*bar, "9"], [*bar[:8], 1]]
    assert found(compared(lines(tmp_path / "odd", ("GET", candles, good(*odd))))) == [
        ("lacks", "[9]", BOTH, "", "decimal text"),
        ("sometimes", "confirm", BOTH, "one of '0', '1'", ""),
        ("types", "confirm", BOTH, "one of '0', '1'", "number"),
    ]
    book = {"asks": [["1", "1", "0", "1"], [2, "1"]], "bids": "none", "ts": "1"}
    kinds = [one[:2] for one in found(compared(lines(tmp_path / "book", ("GET", by_name["books"].path, good(book)))))]
    assert kinds == [("types", "asks"), ("types", "bids"), ("invents", "seqId")]


def test_other_envelopes_refusals_and_unknown_endpoints_are_told(tmp_path: Path) -> None:
    time = by_name["time"].path
    report = compared(
        lines(
            tmp_path / "all",
            ("GET", time, {"code": 0, "msg": "", "data": [{"ts": "1"}]}),
            ("GET", time, {"code": "50011", "msg": "Too Many Requests", "data": []}),
            ("GET", time, {"code": "0", "msg": "", "data": {"ts": "1"}}),
            ("GET", time, "<html>"),
            ("GET", "/api/v5/account/greeks?ccy=BTC", good({})),
            ("GET", "/api/v5/users/8a7f6e5d4c3b2a10/secret-of-7312345678", good({})),
            ("GET", "/priapi/v1/other", good({})),
        )
    )
    (endpoint,) = report["endpoints"]
    assert (endpoint["answers"], endpoint["refusals"], endpoint["rows"]) == (3, 1, 1)
    assert [(one["field"], one["theirs"]) for one in endpoint["findings"]] == [
        ("code", "number"),
        ("data", "object"),
    ]
    assert report["without"] == 1
    assert [one["path"] for one in report["unknown"]] == ["/api/v5/account/greeks", "/api/v5/users/*/*"]


SECRET = {
    "uid": "7312345678901",
    "acctLv": "2",
    "label": "my private label",
    "ip": "203.0.113.7",
    "newSecretField": "hunter2 and more",
    "hunter2@example.org": "x",
    "nested": {"apiKey": "00000000-1111-2222-3333-444444444444", "held": 1234567.25},
}
WORDS = ("7312345678901", "my private label", "203.0.113.7", "hunter2", "444444444444", "1234567.25", "my-api-key",
         "session=abc", "body", "42.4242", "abcdef0123456789")  # fmt: skip


def secrets(folder: Path) -> Path:
    url = f"https://www.okx.com{by_name['config'].path}?token=abcdef0123456789"
    balance = good({"details": [{"ccy": "BTC", "cashBal": "42.4242"}], "totalEq": "7312345678901"})
    return har(folder / "mine.har", ("GET", url, good(SECRET)), ("GET", f"https://a{by_name['balance'].path}", balance))


def test_nothing_that_is_secret_is_printed_or_written(tmp_path: Path) -> None:
    path, written = secrets(tmp_path), tmp_path / "shared.jsonl"
    printed = run(path, "--stripped", written).output + run(path, "--json").output
    assert "newSecretField" in printed
    assert "(another name)" in printed
    for text in (printed, written.read_text(encoding="utf-8")):
        assert [word for word in WORDS if word in text] == []


def test_a_stripped_recording_gives_the_same_differences(tmp_path: Path) -> None:
    samples = [json.loads(path.read_text(encoding="utf-8"))["answer"] for path in sorted(EXAMPLES.glob("*.json"))]
    named = [by_name[path.stem] for path in sorted(EXAMPLES.glob("*.json"))]
    records = [(one.method, one.path, answer) for one, answer in zip(named, samples, strict=True)]
    odd = good({"ordIdInfo": [{"state": "fully done", "px": 1.5, "sz": None}], "status": "pending", "ts": "soon"})
    path = lines(tmp_path / "all", *records, ("GET", by_name["one_click_repay_history_v2"].path, odd))
    before, written = compared(secrets(tmp_path), path, "--stripped", tmp_path / "shared"), tmp_path / "shared"
    assert len(found(before)) > 20
    assert found(compared(written)) == found(before)


def damaged(number: int) -> bytes:
    """A file that is no recording: cut, overwritten, or of another form."""
    rng = random.Random(number)
    whole = {"method": "GET", "path": by_name["time"].path, "answer": good({"ts": "1"})}
    line = json.dumps(whole).encode()
    log = {"log": {"entries": [{"request": {"method": "GET", "url": "https://a/api/v5/public/time"}}]}}
    broken: Any = rng.choice(
        [
            line[: rng.randrange(1, len(line) - 1)],
            line + b"\n" + line[: rng.randrange(1, len(line) - 1)],
            bytes(rng.randrange(128, 256) for _ in range(rng.randrange(1, 50))),
            b"[" * rng.randrange(5_000, 50_000),
            b'{"method": "GET", "path": "/api/v5/public/time", "answer": ' + b'{"a":' * 5_000,
            json.dumps({**whole, "method": rng.choice([None, 1, "PUT", []])}).encode(),
            json.dumps({**whole, "path": rng.choice([None, 1, {}, "http://[::1/api/v5"])}).encode(),
            json.dumps({**whole, "answer": rng.choice([1, True, []])}).encode(),
            json.dumps({name: whole[name] for name in rng.sample(sorted(whole), 2)}).encode(),
            json.dumps(
                rng.choice([[], [whole], 1, "text", None, {"log": 1}, {"log": {}}, {"log": {"entries": 7}}])
            ).encode(),
            json.dumps(
                {"log": {"entries": [rng.choice([None, 1, {}, {"request": 1}, {"request": {"method": 1}}])]}}
            ).encode(),
            _answering(log, {"text": 7}),
            _answering(log, {"text": "%%%", "encoding": "base64"}),
            b"",
            b" \n ",
            b"\xef\xbb\xbf",
            b"{" + bytes(rng.randrange(0, 256) for _ in range(200)),
        ]
    )
    return bytes(broken)


def _answering(log: Any, content: object) -> bytes:
    log["log"]["entries"][0]["response"] = {"content": content}
    return json.dumps(log).encode()


@pytest.mark.parametrize("number", range(100))
def test_a_damaged_file_gives_a_message(number: int, tmp_path: Path) -> None:
    path = tmp_path / "damaged.har"
    path.write_bytes(damaged(number))
    done = run(path)
    assert (done.exit_code, done.stdout) == (1, ""), done.output
    assert done.stderr.startswith(f"tally: {path}: "), done.stderr
    assert "Traceback" not in done.stderr
    form = json.loads(run(path, "--json").stdout)["error"]
    assert (form["category"], form["outcome"]) == ("failed", "none")


def test_an_answer_in_base64_and_answers_that_were_not_recorded_are_read(tmp_path: Path) -> None:
    url = f"https://a{by_name['time'].path}"
    text = base64.b64encode(json.dumps(good({"ts": 5})).encode()).decode()
    contents: list[object] = [{"content": {"text": text, "encoding": "base64"}}, {"content": {}}, {}, None]
    entries = [{"request": {"method": "GET", "url": url}, "response": content} for content in contents]
    path = tmp_path / "mixed.har"
    path.write_text(json.dumps({"log": {"entries": entries}}), encoding="utf-8")
    report = compared(path)
    assert (report["answers"], report["without"]) == (1, 3)
    assert found(report) == [("types", "ts", BOTH, "time as text of digits", "number")]


def test_a_file_that_is_not_there_is_a_wrong_command_line(tmp_path: Path) -> None:
    done = run(tmp_path / "none.har", "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]["category"] == "usage"
