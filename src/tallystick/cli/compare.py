"""`tally compare`: recorded answers of the exchange beside what the contract declares."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import click
from msgspec import Struct

from tallystick.cli.columns import aligned
from tallystick.cli.comparing import differences, recordings, stripping
from tallystick.cli.comparing.differences import Compared, Finding, Report
from tallystick.cli.comparing.recordings import Damaged, Recorded
from tallystick.cli.frame.answers import say
from tallystick.cli.frame.commands import command, option
from tallystick.cli.frame.failing import Stop
from tallystick.cli.frame.language import Count, Words
from tallystick.cli.frame.options import JSON, LANG, Asked, gathered
from tallystick.contract.core import SURFACES


class UnknownEndpoint(Struct, frozen=True):
    """Endpoint of the recordings that the contract lacks."""

    method: str
    path: str
    answers: int


class ComparedEndpoint(Struct, frozen=True):
    """Differences of one endpoint. `refusals` are among the answers; their rows are not compared."""

    name: str
    method: str
    path: str
    answers: int
    rows: int
    refusals: int
    findings: list[Finding]


class Comparison(Struct, frozen=True):
    """Result of a comparison. `without` counts requests whose answer was not recorded, or is not JSON."""

    surfaces: tuple[str, ...]
    answers: int
    without: int
    differences: int
    endpoints: list[ComparedEndpoint]
    unknown: list[UnknownEndpoint]


KINDS: Final[dict[str, Words]] = {
    "lacks": Words("we lack", "我们缺少"),
    "invents": Words("we invent", "我们多出"),
    "types": Words("other type", "类型不同"),
    "sometimes": Words("not always there", "并非总有"),
}
HEADS: Final = Words("difference,field,surface,ours,recorded,in", "差异,字段,版本,本平台,记录,出现")
SUMMARY: Final = Words(
    "{answers:answer} of {endpoints:endpoint}, {differences:difference}; {without} without an answer in JSON",
    "{endpoints} 个接口的 {answers} 个应答，{differences} 处差异；{without} 个没有 JSON 应答",
)
ABSENT: Final = Words("endpoints that this venue lacks:", "本平台没有的接口：")
EQUAL: Final = Words("no difference", "没有差异")
WROTE: Final = Words("wrote {path}: {lines:answer} without values", "已写入 {path}：{lines} 个不含数值的应答")
HIDES_SECRETS: Final = (
    "Headers, cookies, queries and values of fields are neither kept nor printed: the report has names, types and "
    "counts."
)
HIDES_SECRETS_ZH: Final = "不保存也不输出请求头、Cookie、查询参数和字段的值：报告只有名称、类型和次数。"


@command(
    zh=f"""将交易所的应答记录与本平台声明的字段作比较，逐个接口、逐个版本列出。

    FILE 是浏览器或代理保存的 HAR 文件，或每行一个含 method、path 和 answer 的 JSON。{HIDES_SECRETS_ZH}
    """,
    help=f"""List the fields of recorded answers that this venue lacks, adds or gives another type.

    FILE is a HAR file of a browser or proxy, or has JSON lines with method, path and answer. {HIDES_SECRETS}
    """,
    answer=Comparison,
)
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@option(
    "--stripped",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the answers without their values to this file, to be shown to others.",
    zh="将去除数值的应答写入此文件，可供他人查看。",
)
@gathered(JSON, LANG)
def compare(asked: Asked, files: tuple[Path, ...], stripped: Path | None) -> None:
    recorded = [one for path in files for one in _read(path)]
    report = differences.compare(recorded)
    found = comparison(report)
    notes = [] if stripped is None else [_write(stripped, recorded)]
    say(asked, found, lambda: "\n".join([*told(found), *notes]))


def _read(path: Path) -> list[Recorded]:
    try:
        return recordings.read(path)
    except Damaged as problem:
        raise Stop(f"{path}: {problem}") from None
    except OSError as problem:
        raise Stop(f"cannot read {path}: {problem.strerror}") from None


def _write(path: Path, recorded: Iterable[Recorded]) -> str:
    content = stripping.stripped(recorded)
    try:
        path.write_bytes(content)
    except OSError as problem:
        raise Stop(f"cannot write {path}: {problem.strerror}") from None
    return str(WROTE).format(path=path, lines=Count(content.count(b"\n")))


def comparison(report: Report) -> Comparison:
    """A report as the command answers it."""
    endpoints = [_endpoint(one) for one in report.compared.values()]
    return Comparison(
        surfaces=SURFACES,
        answers=sum(one.answers for one in endpoints),
        without=report.without,
        differences=sum(len(one.findings) for one in endpoints),
        endpoints=endpoints,
        unknown=[UnknownEndpoint(method, path, count) for (method, path), count in report.unknown.items()],
    )


def _endpoint(one: Compared) -> ComparedEndpoint:
    endpoint = one.endpoint
    return ComparedEndpoint(
        name=endpoint.name,
        method=endpoint.method,
        path=endpoint.path,
        answers=one.answers,
        rows=one.rows,
        refusals=one.refusals,
        findings=one.findings(),
    )


def told(found: Comparison) -> Iterator[str]:
    """Lines of a comparison: a table for each endpoint that differs."""
    numbers = {
        "answers": Count(found.answers),
        "endpoints": Count(len(found.endpoints)),
        "differences": Count(found.differences),
        "without": Count(found.without),
    }
    yield str(SUMMARY).format(**numbers)
    for endpoint in found.endpoints:
        yield f"\n{endpoint.method} {endpoint.path} ({endpoint.name})"
        yield _table(endpoint.findings) if endpoint.findings else str(EQUAL)
    if found.unknown:
        yield f"\n{ABSENT}"
        yield from (f"{one.method} {one.path}" for one in found.unknown)


def _table(findings: list[Finding]) -> str:
    rows = [
        (
            str(KINDS[one.kind]),
            one.field,
            " ".join(one.surfaces),
            one.ours or "-",
            one.theirs or "-",
            f"{one.count}/{one.of}",
        )
        for one in findings
    ]
    return aligned(str(HEADS).split(","), rows)
