"""Every reference resolves: rules, decisions, invariants, links between pages, and none points outside the project."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.tidy import files

DOCS = files.ROOT / "docs"
RULES = DOCS / "rules"
DECISIONS = DOCS / "decisions"

LINK = re.compile(r"\]\(([^()\s]*)\)")
FENCED = re.compile(r"^```.*?^```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)
ANCHOR = re.compile(r'<a id="([a-z0-9-]+)"></a>')
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
RULE = re.compile(r"docs/rules(/[\w./-]*\w)?(?:#([\w-]+))?")
DECISION = re.compile(r"\bdecisions?[/ ](\d{3})\b|\bchosen\(\"(\d{3})\"\)|\(chosen: (\d{3})\)")
STANDING = re.compile(r"\*(?=Documented|Observed|Chosen)([^*]+)\*")
READ = {".py", ".md", ".toml", ".mjs", ".json"}


def texts() -> Iterable[tuple[str, str]]:
    """(name, text) of every file that may refer to something; packaged data aside."""
    for path in files.project_files():
        name = path.relative_to(files.ROOT).as_posix()
        if path.suffix in READ and path != Path(__file__).resolve() and not name.startswith("src/tallystick/data/okx"):
            yield name, files.text_of(path) or ""


@functools.cache
def anchors_of(page: Path) -> frozenset[str]:
    """Anchors set by hand, and those that GitHub makes of headings."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    slugs = (re.sub(r"[^\w -]", "", ANCHOR.sub("", title)).strip().lower() for title in HEADING.findall(text))
    return frozenset({*ANCHOR.findall(text), *(slug.replace(" ", "-") for slug in slugs)})


# ---- from source and tests


def rule_faults(text: str) -> list[str]:
    """Cited rules whose page or anchor is not there."""
    found = []
    for cited in RULE.finditer(text):
        page = DOCS / f"rules{cited[1] or ''}"
        if not page.exists() or (cited[2] and cited[2] not in anchors_of(page)):
            found.append(cited[0])
    return found


def decision_faults(text: str) -> list[str]:
    """Cited decisions that have no page."""
    numbers = [next(filter(None, groups)) for groups in DECISION.findall(text)]
    return [number for number in numbers if not list(DECISIONS.glob(f"{number}-*.md"))]


def test_rules_and_decisions_that_are_cited_are_there() -> None:
    found = {name: [*rule_faults(text), *decision_faults(text)] for name, text in texts()}
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Source: docs/rules/margin.md#no-such-fact.", "docs/rules/margin.md#no-such-fact"),
        ("Source: docs/rules/marginal.md.", "docs/rules/marginal.md"),
        ("chosen (decisions/999)", "999"),
        ('source=chosen("999")', "999"),
        ("(chosen: 999)", "999"),
    ],
)
def test_a_citation_of_nothing_is_seen(text: str, fault: str) -> None:
    assert [*rule_faults(text), *decision_faults(text)] == [fault]


def test_a_citation_of_something_passes() -> None:
    text = "Source: docs/rules/margin.md#tiers (decisions/012), docs/rules/README.md, decision 007."
    assert [*rule_faults(text), *decision_faults(text)] == []


# ---- from page to page


def link_faults(page: Path, text: str) -> list[str]:
    """Links whose file or anchor is not there; addresses of other hosts are not looked at."""
    found = []
    for target in LINK.findall(FENCED.sub("", text)):
        if "://" in target or target.startswith("mailto:"):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and anchor not in anchors_of(file)):
            found.append(target)
    return found


PAGES = [path for path in files.project_files() if path.suffix == ".md"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(files.ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    assert link_faults(page, page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("target", ["nowhere.md", "margin.md#nowhere", "#nowhere", "../decisions/999-nothing.md"])
def test_a_link_to_nothing_is_seen(target: str) -> None:
    page = RULES / "margin.md"
    assert link_faults(page, f"See [here]({target}) and [there](margin.md#tiers).") == [target]


# ---- the rules themselves


def standing_faults(text: str) -> list[str]:
    """Anchors without a standing behind them, and standings that cite nothing: no link and no sample."""
    found = []
    parts = re.split(r'(?=<a id=")', text)
    for part in parts[1:]:
        name = ANCHOR.match(part)
        standings = STANDING.findall(part)
        if not standings:
            found.append(f"{name and name[1]} has no standing")
        for standing in standings:
            for sentence in re.split(r"(?<=\.) (?=Documented|Observed|Chosen)", standing):
                cites = {"Chosen": "../decisions/"}.get(sentence.split(":")[0], "")
                if cites not in sentence or ("](" not in sentence and "sample" not in sentence):
                    found.append(f"{name and name[1]}: {sentence}")
    return found


FACTS = [page for page in sorted(RULES.glob("*.md")) if page.stem not in ("sources", "invariants")]


@pytest.mark.parametrize("page", FACTS, ids=lambda page: page.name)
def test_every_rule_says_how_it_is_known(page: Path) -> None:
    assert standing_faults(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("page", sorted(RULES.glob("*.md")), ids=lambda page: page.name)
def test_an_anchor_stands_once(page: Path) -> None:
    found = ANCHOR.findall(page.read_text(encoding="utf-8"))
    assert sorted(found) == sorted(set(found))


@pytest.mark.parametrize(
    "fact",
    [
        "The quota is shared.",
        "The quota is shared. *Chosen: it seemed best.*",
        "The quota is shared. *Documented: everybody knows.*",
        "The quota is shared. *Chosen: [margin](margin.md).*",
    ],
)
def test_a_rule_without_a_source_is_seen(fact: str) -> None:
    assert len(standing_faults(f'- <a id="quota"></a>**Quota.** {fact}')) == 1


# ---- invariants, and papers that are not part of the project

PAPERS = re.compile(
    r"credit-rules|rule book|fidelity-unknowns|(?<![\w/])(?:protocol|errors(?:-zh)?|endpoints-[a-z]+|websocket)\.yaml"
    r"|(?<![\w/(-])(?:invariants|measured|design|style|modes)\.md|news-20\d\d",
    re.IGNORECASE,
)
"""Names of the working papers this project was written from."""
IDENTIFIER = re.compile(r"(?<![\w+-])[A-Z]\d{1,2}(?![\w-])")
NOT_IDENTIFIERS = {"tests/contract/test_declarations.py": {"X1"}}
"""File -> text that only looks like an identifier."""


def invariants() -> set[str]:
    """Identifiers the page lists, each under an anchor of its own name."""
    return set(re.findall(r'<a id="\w+"></a>([A-Z]\d+) \|', (RULES / "invariants.md").read_text(encoding="utf-8")))


def paper_faults(name: str, text: str) -> list[str]:
    """Papers outside of the project, and identifiers that no page of it explains."""
    known = invariants() | NOT_IDENTIFIERS.get(name, set())
    return [*PAPERS.findall(text), *(one for one in IDENTIFIER.findall(text) if one not in known)]


def test_nothing_is_cited_that_is_not_here() -> None:
    read = {".py", ".md", ".mjs"}
    found = {name: paper_faults(name, text) for name, text in texts() if Path(name).suffix in read}
    assert {name: faults for name, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    "text",
    [
        "Source: credit-rules 2.4.",
        "By the rule book's tiers.",
        "As in protocol.yaml.",
        "See invariants.md.",
        "The fee is the taker's (chosen: S4).",
        "S23: refused under an order.",
        "K3 holds after a fail-over.",
    ],
)
def test_a_citation_of_a_paper_is_seen(text: str) -> None:
    assert len(paper_faults("planted.py", text)) == 1


def test_what_is_here_may_be_cited() -> None:
    text = "L9: docs/rules/invariants.md#l9, [invariants](invariants.md), RUF001, 2020-W50-2, decisions/012."
    assert paper_faults("planted.py", text) == []


def test_each_invariant_has_its_anchor_and_is_cited_somewhere() -> None:
    page = RULES / "invariants.md"
    rows = re.findall(r'<a id="(\w+)"></a>(\w+) \|', page.read_text(encoding="utf-8"))
    assert [anchor for anchor, identifier in rows if anchor != identifier.lower()] == []
    cited = {one for name, text in texts() if name != "docs/rules/invariants.md" for one in IDENTIFIER.findall(text)}
    assert sorted(invariants() - cited) == []
