"""The site has every page and every declaration, and a broken link is seen. CI builds it whole: `make docs-site`."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from docs.site import build, mermaid, reference, tree

from tallystick.cli.main import COMMANDS
from tallystick.contract import ENDPOINTS
from tallystick.contract.channels import CHANNELS
from tallystick.contract.errors import ERRORS
from tallystick.engine.parameters import LEVERS
from tallystick.server.control.endpoints import ENDPOINTS as CALLS
from tallystick.server.faults.happenings import CATALOGUE

BOTH = pytest.mark.parametrize("chinese", [False, True], ids=["english", "chinese"])


@BOTH
def test_the_reference_has_every_declaration(chinese: bool) -> None:
    made = reference.pages(chinese)
    endpoints = "".join(text for name, text in made.items() if name.startswith("endpoints-"))
    assert [one.name for one in ENDPOINTS if f"## {one.name}\n\n`{one.method} {one.path}`" not in endpoints] == []
    assert [one.name for one in CHANNELS if f"## {one.name}\n" not in made["channels.md"]] == []
    assert [code for code in ERRORS if f"| `{code}` |" not in made["errors.md"]] == []
    assert [kind.name for kind in CATALOGUE if f"`{kind.name}`" not in made["faults.md"]] == []
    levers = [name for table in LEVERS.values() for name in table]
    assert [name for name in levers if f"| `{name}` |" not in made["levers.md"]] == []
    assert [name for name in COMMANDS if f"command-{name}.md" not in made] == []
    assert made["control-calls.md"].count("/tally/v1/") >= len({call.path for call in CALLS})
    assert [name for name in made if name != "README.md" and f"]({name})" not in made["README.md"]] == []


def test_the_reference_speaks_both_languages() -> None:
    english, chinese = (reference.pages(chinese) for chinese in (False, True))
    assert "Usage: tally repay" in english["command-repay.md"]
    assert "用法：tally repay" in chinese["command-repay.md"]
    assert english.keys() == chinese.keys()


@BOTH
def test_every_page_of_the_tree_is_on_the_site_and_in_its_navigation(chinese: bool) -> None:
    made = tree.pages(chinese)
    expected = {path.removesuffix(tree.ZH) + ".md" if path.endswith(tree.ZH) else path for path in tree.sources()}
    assert made.keys() == expected
    listed = [page for _, pages in build.navigation(made, chinese) for page in pages]
    assert sorted(listed) == sorted(set(made))


@BOTH
def test_a_page_in_both_languages_leads_to_the_other(chinese: bool) -> None:
    every = tree.sources()
    both = [path for path in every if path.removesuffix(".md") + tree.ZH in every]
    assert "docs/guide/convert.md" in both
    made = tree.pages(chinese)
    for path in both:
        up = "../" * path.count("/")
        target = f"{up}../{tree.html_of(path)}" if chinese else f"{up}zh/{tree.html_of(path)}"
        assert made[path].count(f'<a href="{target}"') == 1, path


@pytest.mark.parametrize(
    ("text", "chinese", "expected"),
    [
        ("[a](convert.md#quotes)", False, "[a](convert.md#quotes)"),
        ("[a](convert.zh-CN.md#报价)", True, "[a](convert.md#报价)"),
        ("[licence](../../LICENSE)", False, "licence (`LICENSE`)"),
        ("![plot](img/crash.svg)", False, "![plot](img/crash.svg)"),
        ("[x](https://code.example/a.md)", False, "[x](https://code.example/a.md)"),
    ],
)
def test_a_link_leads_where_it_did(text: str, chinese: bool, expected: str) -> None:
    path = "docs/guide/page.zh-CN.md" if chinese else "docs/guide/page.md"
    assert tree.LINK.sub(lambda found: tree._link(path, found, chinese), text) == expected


def test_a_link_to_nothing_in_the_tree_is_refused() -> None:
    with pytest.raises(ValueError, match=r"docs/guide/page\.md: the link nowhere\.md leads to nothing"):
        tree.LINK.sub(lambda found: tree._link("docs/guide/page.md", found, False), "[a](nowhere.md)")


def test_links_below_an_indented_block_are_looked_at() -> None:
    seen: list[str] = []

    def note(part: str) -> str:
        seen.append(part)
        return part

    text = "a\n\n    tally serve\n\nb\n```text\nc\n```\nd\n"
    assert tree._outside_fences(text, note) == text
    assert [part.strip() for part in seen] == ["a", "b", "d"]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "llms.txt").write_text("- [one](one.html)\n", encoding="utf-8")
    (tmp_path / "one.html").write_text('<a href="two.html#part">two</a>', encoding="utf-8")
    (tmp_path / "two.html").write_text('<h1 id="part"></h1><a href="https://code.example">x</a>', encoding="utf-8")
    return tmp_path


def test_a_whole_site_has_no_broken_link(site: Path) -> None:
    assert list(build.broken_links(site)) == []


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ('<a href="three.html">', "one.html: three.html leads to nothing"),
        ('<img src="img/plot.svg">', "one.html: img/plot.svg leads to nothing"),
        ('<a href="two.html#other">', "one.html: two.html#other has no such anchor"),
        ('<script src="https://cdn.example/x.js">', "one.html: https://cdn.example/x.js is loaded from another host"),
        (
            '<link rel="stylesheet" href="//cdn.example/x">',
            "one.html: //cdn.example/x is loaded from another host",
        ),
        ('<img src="https://cdn.example/x.png">', "one.html: https://cdn.example/x.png is loaded from another host"),
    ],
)
def test_a_broken_link_is_seen(site: Path, html: str, said: str) -> None:
    (site / "one.html").write_text(html, encoding="utf-8")
    assert list(build.broken_links(site)) == [said]


def test_the_list_for_language_models_has_guide_and_reference() -> None:
    said = build.llms()
    assert said.startswith("# Tallystick\n\n> ")
    assert "- [Test your bot](docs/guide/test-your-bot.html): " in said
    assert "(docs/reference/errors.html)" in said


def test_a_page_with_a_diagram_loads_mermaid_from_the_site_itself(site: Path) -> None:
    theme = '<script src="../assets/bundle.js"></script>'
    (site / "zh").mkdir()
    (site / "zh" / "drawn.html").write_text(f'<pre class="mermaid">a</pre>{theme}', encoding="utf-8")
    before = (site / "two.html").read_text(encoding="utf-8")
    assert mermaid.load_where_drawn(site) == 1
    script = '<script src="../assets/javascripts/mermaid.min.js"></script>'
    assert (site / "zh" / "drawn.html").read_text(encoding="utf-8") == f'<pre class="mermaid">a</pre>{script}{theme}'
    assert (site / "two.html").read_text(encoding="utf-8") == before


def test_a_page_with_a_diagram_and_no_script_is_seen(site: Path) -> None:
    (site / "drawn.html").write_text('<pre class="mermaid">a</pre>', encoding="utf-8")
    with pytest.raises(mermaid.NoMermaid, match="loads no script of the theme"):
        mermaid.load_where_drawn(site)


def test_another_package_than_the_one_named_is_refused(tmp_path: Path) -> None:
    kept = tmp_path / "mermaid.tgz"
    kept.write_bytes(b"another one")
    with pytest.raises(mermaid.NoMermaid, match=rf"is not mermaid {mermaid.VERSION}"):
        mermaid.fetched(kept)


def test_integrity_has_the_form_of_the_registry(tmp_path: Path) -> None:
    """The SHA-512 of no bytes at all, as FIPS 180 users know it: cf83e135... in hexadecimal."""
    (tmp_path / "empty").write_bytes(b"")
    made = mermaid.integrity(tmp_path / "empty")
    assert (
        base64.b64decode(made.removeprefix("sha512-"))
        .hex()
        .startswith("cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc")
    )
