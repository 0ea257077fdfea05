"""The guide says what the venue answers today: examples, tables, diagrams, plots, numbers in sentences, links."""

from __future__ import annotations

import html
import json
import re
import shlex
from decimal import Decimal
from importlib import resources
from pathlib import Path

import msgspec
import pytest

from docs import chinese, control, examples, made, runs, served
from tallystick.cli.agents.tools import BYTES_MAX
from tallystick.cli.serve import serve
from tallystick.cluster.passing import NOT_DONE
from tallystick.cluster.relay import COME_AGAIN
from tallystick.contract import channels
from tallystick.contract.errors import ERRORS
from tallystick.lab.lives import COMPILED_LOANS
from tallystick.lab.screen import BLOCK_HOURS
from tallystick.server.control.endpoints import ENDPOINTS
from tallystick.server.control.form import ControlEndpoint
from tallystick.server.ws import message_loop, protocol, session, subscriptions
from tallystick.store.postgres import store
from tallystick.venue import saving
from tallystick.views.channels import books
from tests.tidy.files import ROOT

IMAGES = examples.GUIDE / "img"
ENDINGS = (".svg", ".zh-CN.svg")
PAGES = examples.pages()
FENCES = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?!\w)")
OF_THE_SESSION = re.compile(
    r"\.tally-guide|^>>> .*(?<![\w/])(?:account|trade|funding|convert|loans|levers|prices|pick)\b", re.MULTILINE
)
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")

CLOSINGS = (
    protocol.BUFFER_FULL,
    protocol.SILENT,
    session.KEY_GONE,
    message_loop.LOGIN_FAILED,
    message_loop.NO_BINARY,
    session.RESET,
    subscriptions.TOO_MANY_HERE,
    subscriptions.TOO_MANY_OF_KEY,
)

COMPARED = {
    **dict.fromkeys(("2022", "2025", "2026", "29", "01", "08", "5", "7", "8", "11"), "dates"),
    **dict.fromkeys(("90", "66", "19", "4", "9", "27"), "counted by hand on the day that the page names"),
}
# Not counted or measured, so not to be found in an example: names, dates, and words of the rules.
SAID = {
    "borrowing-and-interest.md": {"8760": "hours of a year", "16": "decimals of spot interest"},
    "flexible-loans.md": {"2022": "year", "2023": "year", "8760": "hours of a year", "8": "decimals of loan interest"},
    "convert.md": {"8": "decimals of sizes"},
    "own-market-coins-and-account.md": {
        "2022": "year",
        "41": "days from one crash to the next",
        "048": "number of a decision",
        "39": "seed of the default market",
    },
    "command-line.md": {"300": "% of the margin ratio at which the venue warns, as `spot_warning_ratio` has it"},
    "lab-cluster.md": {"39": "seed of the default market", "127.0": "of an address", "0.1": "of an address"},
    "lab-decides.md": {
        str(BLOCK_HOURS): "hours of a block",
        "1e-9": "the margin",
        str(COMPILED_LOANS): "loans from which on machine code judges",
        "208": "MB of numba 0.68 and of what it needs",
        "41": "days of the recording that the walks are fitted to",
        "2022": "year",
    },
    "lab.md": {"95": "of an interval", "5": "of the worst paths"},
    "scenarios.md": {"2023": "year"},
    "test-your-bot.md": {"39": "seed of the default market"},
    "reset-snapshots-and-folders.md": {
        str(saving.SNAPSHOTS_MAX): "snapshots at most",
        str(saving.BYTES_MAX // 1024**3): "GiB of snapshots",
        "64": "letters of a name, as `saving.NAME_FORM` has it",
        "1": "letter at least; also a speed",
    },
    "testing-with-the-clock.md": {
        "100": "rows of a page, as the example shows",
        "168": "hours of a week",
        "2100": "year, the last a venue can have",
    },
    "when-something-is-refused.md": {"503": "status of HTTP while a venue starts"},
    "compare.md": COMPARED,
    "compare.zh-CN.md": COMPARED,
    "agents.md": {str(BYTES_MAX // 1024): "KiB of all descriptions"},
    "shared-venue.md": {
        f"{store.PATIENCE_S:g}": "seconds for which a lost database is looked for",
        "15": "version of PostgreSQL that is tried",
    },
    "several-servers.md": {
        str(ERRORS[NOT_DONE].http_status): "HTTP status while nobody leads",
        str(COME_AGAIN[0]): "end of a stream whose leader is lost",
    },
    "taxes.md": {"15": "digits that a spreadsheet keeps", "38": "digits of a DECIMAL", "18": "of them decimals"},
    "repay-safely.md": {"45": "seconds within which a repayment of a loan is repeated"},
    "streaming.md": {
        str(books.CHECKED_LEVELS): "levels of a checksum",
        str(channels.by_name["books"].interval_ms): "ms gathered",
        str(channels.by_name["bbo-tbt"].interval_ms): "ms gathered",
        str(protocol.IDLE_SECONDS_MAX): "seconds of silence",
        str(protocol.MESSAGE_BYTES_MAX // 1024): "KiB of a message",
        str(protocol.WAITING_BYTES_MAX // 1024**2): "MiB that wait",
        str(subscriptions.SUBSCRIPTIONS_PER_KEY): "subscriptions of a key",
        str(subscriptions.SUBSCRIPTIONS_MAX): "subscriptions of a connection",
        **{str(code): reason for code, reason in CLOSINGS},
        "1007": "of the WebSocket protocol itself",
        "1009": "of the WebSocket protocol itself",
    },
}


def names(pages: list[Path]) -> list[str]:
    return [page.name for page in pages]


def test_the_reader_starts_the_venue_that_made_the_pages() -> None:
    for page in ("README.md", "README.zh-CN.md"):
        assert f"\n    {served.COMMAND}\n" in (examples.GUIDE / page).read_text(encoding="utf-8")
    told = serve.make_context("serve", shlex.split(served.COMMAND)[2:]).params
    assert (told["folder"], told["at"]) == (Path(served.FOLDER), served.AT_MS)
    assert (told["market"], told["frozen"], told["limits"]) == ("by-hand", True, "off")


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_a_page_reads_as_a_fresh_run_would_have_it(page: Path) -> None:
    assert examples.fresh(page) == page.read_text(encoding="utf-8"), "make docs writes it anew"


def test_a_wrong_answer_on_a_page_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```pycon\n>>> 20 + 3\n24\n>>> pick({'a': 1, 'b': 2}, 'b')\n```\n", encoding="utf-8")
    assert examples.fresh(page) == "```pycon\n>>> 20 + 3\n23\n>>> pick({'a': 1, 'b': 2}, 'b')\n{'b': 2}\n```\n"


def test_a_wrong_table_or_diagram_on_a_page_is_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- made: repay-states -->\nold\n<!-- end -->\n", encoding="utf-8")
    assert examples.fresh(page) == f"<!-- made: repay-states -->\n{made.repay_states()}\n<!-- end -->\n"


def test_everything_made_is_shown() -> None:
    shown = {found[2] for page in PAGES for found in examples.MADE.finditer(page.read_text(encoding="utf-8"))}
    assert shown == set(made.BLOCKS)


def test_every_plot_is_drawn_in_both_languages_and_no_other() -> None:
    drawn = {path.name for path in IMAGES.iterdir() if path.is_file()}
    assert drawn == {f"{name}{end}" for name in runs.SERIES for end in ENDINGS}


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("name", runs.SERIES)
def test_a_plot_is_of_a_fresh_run(name: str, ending: str) -> None:
    picture = (IMAGES / f"{name}{ending}").read_text(encoding="utf-8")
    assert f"run {runs.SERIES[name]().digest}" in picture, "make docs draws it anew"


@pytest.mark.parametrize("name", runs.SERIES)
def test_a_chinese_plot_says_nothing_in_english_and_names_no_font(name: str) -> None:
    picture = (IMAGES / f"{name}{ENDINGS[1]}").read_text(encoding="utf-8")
    texts = [html.unescape(text) for text in re.findall(r"<text [^>]*>([^<]*)<", picture)]
    assert any(ord(letter) > 0x2E80 for text in texts for letter in text), "the words are text and not paths"
    assert [word for text in texts for word in chinese.WORD.findall(text) if word not in chinese.KEPT] == []
    assert set(re.findall(r"font-family: ([^;\"]+)", picture)) == {"sans-serif"}


@pytest.mark.parametrize("name", [name for name in made.BLOCKS if name not in made.IN_CHINESE])
def test_a_made_block_says_nothing_in_english_on_a_chinese_page(name: str) -> None:
    kept = FENCES.sub("", re.sub(r"^```mermaid.*?^```$", labels, made.block(name, chinese=True), flags=FENCES.flags))
    words = chinese.WORD.findall(chinese.CODE.sub("", kept))
    assert [word for word in words if word not in chinese.KEPT] == []


def labels(found: re.Match[str]) -> str:
    """Words that a diagram shows: names of states, and what stands at its arrows."""
    return "\n".join(re.findall(r'(?:state "| : )([^"\n]+)', found[0]))


def test_a_label_without_chinese_is_refused() -> None:
    with pytest.raises(ValueError, match="no Chinese for 'a new label'"):
        chinese.in_chinese("| coin | a new label |\n| --- | --- |\n| BTC | 1 |")
    assert chinese.in_chinese("| coin | `a new label` |") == "| 币种 | `a new label` |"


def test_a_chinese_page_shows_chinese_pictures() -> None:
    shown = {name for page in PAGES if page.name.endswith(examples.CHINESE) for name in pictures(page)}
    of_console = {name for name in shown if name.startswith("img/console/")}
    assert shown - of_console == {f"img/{name}{ENDINGS[1]}" for name in runs.SERIES}
    assert of_console
    assert all("-zh-" in name for name in of_console)


def pictures(page: Path) -> list[str]:
    return re.findall(r"!\[.*?\]\((.+?)\)", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_numbers_in_sentences_stand_in_an_example_or_in_the_parameters(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    shown = "\n".join([*FENCES.findall(text), *(found[0] for found in examples.MADE.finditer(text))])
    sentences = LINK.sub("]()", examples.MADE.sub("", FENCES.sub("", text)))
    sentences = re.sub(r"\[\d{3}\]|[Dd]ecision \d{3}|决策 \d{3}|^    .*$", "", sentences, flags=re.MULTILINE)
    known = numbers(shown) | parameters() | {Decimal(code) for code in ERRORS if code.isdigit()}
    known |= {Decimal(number) for number in SAID.get(page.name, {})}
    if page.name.endswith(examples.CHINESE):
        known |= numbers(LINK.sub("]()", examples.english(page).read_text(encoding="utf-8")))
    unknown = [
        found[0]
        for found in NUMBER.finditer(sentences)
        if value_of(found[0]) not in known and not (value_of(found[0]) / 100 in known and "%" in after(found))
    ]
    assert unknown == []


def after(found: re.Match[str]) -> str:
    return found.string[found.end() : found.end() + 2]


def value_of(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def numbers(text: str) -> set[Decimal]:
    return {value_of(found[0]) for found in re.finditer(r"\d+(?:\.\d+)?", text)}


def parameters() -> set[Decimal]:
    """Every number of the packaged table, and what the bounds of a repay leg are made of."""
    table = json.loads(resources.files("tallystick.data").joinpath("parameters.json").read_text(encoding="utf-8"))
    found = numbers(json.dumps([table["lending"], table["constants"]]))
    bound = next(Decimal(row["value"]) for row in table["constants"] if row["name"] == "repay_bound")
    return found | {1 - bound, 1 + bound}


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(FENCES.sub("", page.read_text(encoding="utf-8")))
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("ending", [".md", examples.CHINESE])
def test_an_index_names_every_page_of_its_language(ending: str) -> None:
    index = examples.GUIDE / f"README{ending}"
    pages = {page.name for page in PAGES if page.name.endswith(examples.CHINESE) == (ending == examples.CHINESE)}
    listed = set(re.findall(r"^\| \[.+?\]\((.+?\.md)\)", index.read_text("utf-8"), re.MULTILINE))
    assert listed == pages - {index.name}


@pytest.mark.parametrize(
    "page", [page for page in PAGES if not page.name.endswith(examples.CHINESE)], ids=lambda p: p.name
)
def test_every_page_is_there_in_chinese_with_the_same_parts(page: Path) -> None:
    """Prose is compared by its headings, code spans and pictures; blocks are the English ones by the test above."""
    other = page.with_name(page.stem + examples.CHINESE)
    both = [examples.BLOCK.sub("", one.read_text(encoding="utf-8")) for one in (page, other)]
    both[1] = both[1].replace(ENDINGS[1], ENDINGS[0])
    for part in (r"^(#+) ", r"!\[.*?\]\((.+?)\)", r"^- ", r"\.\./decisions/\d+[^)]*"):
        # Pictures of the console are in the language of their page.
        left, right = (re.findall(part, text.replace("-zh-", "-en-"), re.MULTILINE) for text in both)
        assert left == right
    spans, theirs = (set(re.findall(r"`([^`]+)`", text)) for text in both)
    assert spans == theirs


def twin(page: Path) -> Path:
    """The same page in the other language, which may be missing."""
    if page.name.endswith(examples.CHINESE):
        return examples.english(page)
    return page.with_name(page.stem + examples.CHINESE)


LANGUAGES = [page for page in [*PAGES, *sorted(ROOT.glob("docs/*.md"))] if twin(page).exists()]


@pytest.mark.parametrize("page", LANGUAGES, ids=names(LANGUAGES))
def test_a_page_in_both_languages_begins_with_a_link_to_the_other(page: Path) -> None:
    word = "English" if page.name.endswith(examples.CHINESE) else "中文"
    assert page.read_text(encoding="utf-8").split("\n")[1:4] == ["", f"[{word}]({twin(page).name})", ""]


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_a_page_that_needs_the_session_of_the_index_says_so(page: Path) -> None:
    """Before its first heading of the second level."""
    index = f"README{examples.CHINESE if page.name.endswith(examples.CHINESE) else '.md'}"
    text = page.read_text(encoding="utf-8")
    needs = page.name != index and any(OF_THE_SESSION.search(block) for block in FENCES.findall(text))
    assert not needs or f"]({index}" in text.partition("\n## ")[0]


def test_a_chinese_page_that_lacks_a_block_is_seen(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("```text\na\n```\n```text\nb\n```\n", encoding="utf-8")
    chinese = tmp_path / "page.zh-CN.md"
    chinese.write_text("```text\nold\n```\n\n```text\nb\n```\n", encoding="utf-8")
    assert examples.fresh(chinese) == "```text\na\n```\n\n```text\nb\n```\n"
    chinese.write_text("```text\na\n```\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"has 1 blocks, page.md 2"):
        examples.fresh(chinese)


@pytest.mark.parametrize("page", control.PAGES, ids=lambda page: page.name)
def test_the_page_names_every_control_call(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert control.fresh(page) == text, "make docs writes it anew"
    named = set(re.findall(r"/tally/v1/([a-z0-9/*-]+)", text))
    assert {control.named(endpoint.path) for endpoint in ENDPOINTS} <= named


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_the_samples_of_a_control_call_fit_its_form(endpoint: ControlEndpoint) -> None:
    for sample in endpoint.samples:
        if endpoint.method == "GET":
            name, _, _ = sample.partition("=")
            assert name in endpoint.query.__struct_fields__
        else:
            msgspec.json.decode(sample, type=endpoint.body)
    assert endpoint.words.en
    assert endpoint.words.zh
