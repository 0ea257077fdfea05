"""Build the site with Zensical: English at its root, Chinese in `zh`, and `llms.txt`. Broken links are errors.

Run by `make docs-site`; `python -m docs.site.build FOLDER` builds elsewhere than in `build/site`. Reading needs no
network either: a page that would load a script, style or picture from another host is an error too.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from docs.site import mermaid, reference, tree
from tallystick import __version__

SITE = tree.ROOT / "build" / "site"
SECONDS_MAX = 300
GUIDE = "docs/guide/README.md"
ROW = re.compile(r"^\| \[(.+?)\]\((\S+?\.md)\) \| (.+?) \|$", re.MULTILINE)
CONFIGURATION = """\
[project]
site_name = "Tallystick"
site_description = "{description}"
docs_dir = "pages"
site_dir = "site"
use_directory_urls = false
nav = {nav}

[project.theme]
language = "{language}"
font = false
features = ["navigation.indexes", "navigation.top", "search.highlight", "content.code.copy", "toc.follow"]

[[project.theme.palette]]
media = "(prefers-color-scheme: light)"
scheme = "default"

[[project.theme.palette]]
media = "(prefers-color-scheme: dark)"
scheme = "slate"

[project.markdown_extensions.attr_list]

[project.markdown_extensions.tables]

[project.markdown_extensions.toc]
permalink = true
slugify = {{ object = "pymdownx.slugs.slugify", kwds = {{ case = "lower" }} }}

[project.markdown_extensions.pymdownx.highlight]

[project.markdown_extensions.pymdownx.superfences]
custom_fences = [
    {{ name = "mermaid", class = "mermaid", format = "pymdownx.superfences.fence_code_format" }},
]
"""
DESCRIPTION = (
    "The credit side of a crypto exchange, on your own machine",
    "在自己的机器上运行的加密货币交易所信贷部分",
)
PARTS = (
    ("Start", "开始", ("README.md", *(f"docs/{name}.md" for name in ("install", "first-session", "scope", "differs")))),
    ("Clients", "客户端", ("docs/clients.md", "docs/control-calls.md")),
    ("Project", "项目", ("docs/images.md", "docs/market-data.md", "CHANGELOG.md", "CONTRIBUTING.md")),
)


LOADED = ("stylesheet", "icon", "preload", "preconnect", "modulepreload")
"""Links whose target a browser asks for without being told to."""


class BrokenSite(Exception):
    """The site has a broken link, or the generator refused it."""


def build(into: Path) -> None:
    """Build both halves into a folder, which is made anew. Raises BrokenSite, NoMermaid."""
    shutil.rmtree(into, ignore_errors=True)
    build_half(into, chinese=False)
    build_half(into / tree.CHINESE_HALF, chinese=True)
    (into / "llms.txt").write_text(llms(), encoding="utf-8")
    mermaid.copy_into(into)
    mermaid.load_where_drawn(into)
    broken = list(broken_links(into))
    if broken:
        raise BrokenSite("\n".join(broken))


def build_half(into: Path, *, chinese: bool) -> None:
    """Build one language. Raises BrokenSite."""
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        made = {
            **tree.pages(chinese),
            **{f"docs/{reference.FOLDER}/{name}": text for name, text in reference.pages(chinese).items()},
        }
        for name, text in made.items():
            page = work / "pages" / name
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, encoding="utf-8")
        for name in tree.pictures():
            picture = work / "pages" / name
            picture.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tree.ROOT / name, picture)
        said = CONFIGURATION.format(
            description=DESCRIPTION[chinese], language="zh" if chinese else "en", nav=toml(navigation(made, chinese))
        )
        (work / "zensical.toml").write_text(said, encoding="utf-8")
        command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
        if done.returncode != 0:
            raise BrokenSite(plain(done.stdout + done.stderr))
        shutil.copytree(work / "site", into, dirs_exist_ok=True)


def navigation(made: dict[str, str], chinese: bool) -> list[tuple[str, list[str]]]:
    """Parts of the site with their pages: the guide in the order of its index, everything else by name."""
    start, clients, project = (
        (zh if chinese else en, [page for page in pages if page in made]) for en, zh, pages in PARTS
    )
    guide = [GUIDE, *(f"docs/guide/{name}" for _, name, _ in ROW.findall(made[GUIDE]))]
    rest = {
        "参考" if chinese else "Reference": f"docs/{reference.FOLDER}",
        "规则" if chinese else "Rules": "docs/rules",
        "决策" if chinese else "Decisions": "docs/decisions",
    }
    folders = [(name, in_folder(made, folder)) for name, folder in rest.items()]
    others = sorted(
        set(made) - {page for _, pages in (start, clients, project, *folders) for page in pages} - set(guide)
    )
    return [start, ("指南" if chinese else "Guide", guide), clients, *folders, (project[0], [*project[1], *others])]


def in_folder(made: dict[str, str], folder: str) -> list[str]:
    """Pages of a folder, its index first."""
    found = sorted(name for name in made if name.startswith(f"{folder}/"))
    return sorted(found, key=lambda name: not name.endswith("/README.md"))


def toml(parts: list[tuple[str, list[str]]]) -> str:
    """The navigation as TOML."""
    return "[" + ", ".join(f'{{ "{name}" = {pages} }}' for name, pages in parts) + "]"


def llms() -> str:
    """The list of pages for language models: https://llmstxt.org."""
    english = tree.pages(chinese=False)
    lines = [
        "# Tallystick",
        "",
        f"> {DESCRIPTION[0]}: an OKX-compatible venue to borrow, repay and convert against. Version {__version__}.",
        "",
        "## Guide",
        "",
        *(f"- [{title}](docs/guide/{tree.html_of(name)}): {said}" for title, name, said in ROW.findall(english[GUIDE])),
        "",
        "## Reference",
        "",
        *(
            f"- [{text.splitlines()[0].removeprefix('# ')}](docs/{reference.FOLDER}/{tree.html_of(name)})"
            for name, text in reference.pages(chinese=False).items()
        ),
        "",
        "## Optional",
        "",
        *(
            f"- [{text.splitlines()[0].removeprefix('# ')}]({tree.html_of(name)})"
            for name, text in english.items()
            if not name.startswith("docs/guide/")
        ),
    ]
    return "\n".join(lines) + "\n"


class Targets(HTMLParser):
    """Links, pictures and anchors of a page, and what its reader's browser loads by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self.loaded: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        if named.get("rel") in LOADED or tag in ("script", "img", "iframe"):
            self.loaded += [value for value in (named.get("src"), named.get("href")) if value]
        for name, value in attributes:
            if name in ("href", "src") and value:
                self.targets.append(value)
            elif name == "id" and value:
                self.anchors.add(value)


def broken_links(site: Path) -> Iterator[str]:
    """Faults of built pages: links to no file or no anchor, and what another host would have to give."""
    read: dict[Path, Targets] = {}

    def targets_of(page: Path) -> Targets:
        if page not in read:
            read[page] = Targets()
            read[page].feed(page.read_text(encoding="utf-8"))
        return read[page]

    for page in sorted(site.rglob("*.html")):
        if page.name == "404.html":
            continue
        for target in targets_of(page).loaded:
            if urlsplit(target).netloc:
                yield f"{page.relative_to(site)}: {target} is loaded from another host"
        for target in targets_of(page).targets:
            parts = urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            there = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            there = there / "index.html" if there.is_dir() else there
            if not there.is_file():
                yield f"{page.relative_to(site)}: {target} leads to nothing"
            elif there.suffix == ".html" and unquote(parts.fragment) not in targets_of(there).anchors | {"", "__top"}:
                yield f"{page.relative_to(site)}: {target} has no such anchor"
    for name in re.findall(r"\]\((\S+?)\)", (site / "llms.txt").read_text(encoding="utf-8")):
        if not (site / name).is_file():
            yield f"llms.txt: {name} leads to nothing"


def plain(text: str) -> str:
    """Output of the generator without colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def main() -> None:
    into = Path(sys.argv[1]) if len(sys.argv) > 1 else SITE
    try:
        build(into)
    except (BrokenSite, mermaid.NoMermaid, ValueError) as broken:
        raise SystemExit(str(broken)) from None
    print(f"{sum(1 for _ in into.rglob('*.html'))} pages in {into}")


if __name__ == "__main__":
    main()
