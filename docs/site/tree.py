"""Pages of the tree as pages of the site, one language at a time.

A page keeps its place, so that links between pages lead where they do in the tree. In the Chinese half `NAME.zh-CN.md`
takes the place of `NAME.md`; what is there in English only stands in both halves.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from posixpath import normpath

ROOT = Path(__file__).resolve().parents[2]
ZH = ".zh-CN.md"
CHINESE_HALF = "zh"
PLACES = ("*.md", "docs/**/*.md", "bench/README.md", "examples/*/README*.md", "src/tallystick/data/SOURCES.md")
LINK = re.compile(r"(!?)\[((?:[^\[\]]|\[[^\]]*\])*)\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```$|^    [^\n]*$", re.MULTILINE | re.DOTALL)
OTHER = re.compile(r"^\[(中文|English)\]\(([^)]+)\)$", re.MULTILINE)
MADE = re.compile(r"^<!-- .* -->\n", re.MULTILINE)


def sources() -> list[str]:
    """Every page of the tree, by its path."""
    return sorted({path.relative_to(ROOT).as_posix() for place in PLACES for path in ROOT.glob(place)})


def pages(chinese: bool) -> dict[str, str]:
    """Pages of one half: path in the site, and text. Raises ValueError: a link leads to nothing in the tree."""
    every = sources()
    made = {}
    for path in every:
        if path.endswith(ZH):
            if chinese:
                made[path.removesuffix(ZH) + ".md"] = _text(path, chinese)
        elif not (chinese and path.removesuffix(".md") + ZH in every):
            made[path] = _text(path, chinese)
    return made


def _text(path: str, chinese: bool) -> str:
    text = (ROOT / path).read_text(encoding="utf-8")
    if twin := _twin(path):
        link = _switch(path, twin)
        text = (
            OTHER.sub(lambda _: link, text, count=1) if OTHER.search(text) else text.replace("\n", f"\n\n{link}\n", 1)
        )
    return MADE.sub("", _outside_fences(text, lambda part: LINK.sub(lambda found: _link(path, found, chinese), part)))


def _outside_fences(text: str, change: Callable[[str], str]) -> str:
    parts, end = [], 0
    for found in FENCE.finditer(text):
        parts += [change(text[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*parts, change(text[end:])])


def _twin(path: str) -> str:
    """The page in the other language, if there is one."""
    twin = path.removesuffix(ZH) + ".md" if path.endswith(ZH) else path.removesuffix(".md") + ZH
    return twin if twin in sources() else ""


def _switch(path: str, twin: str) -> str:
    """A link to the same page in the other half, as HTML, since the halves are built apart."""
    up = "../" * path.count("/")
    if twin.endswith(ZH):
        return f'<a href="{up}{CHINESE_HALF}/{html_of(path)}" lang="zh">中文</a>'
    return f'<a href="{up}../{html_of(twin)}" lang="en">English</a>'


def html_of(page: str) -> str:
    """Path of a page in the built half."""
    place = PurePosixPath(page)
    name = "index" if place.name == "README.md" else place.stem
    return (place.parent / f"{name}.html").as_posix()


def _link(path: str, found: re.Match[str], chinese: bool) -> str:
    """A link as it is in the half: between pages as it was, to another file of the tree as its path."""
    picture, words, target = found.groups()
    if re.match(r"[a-z]+:|#", target):
        return found[0]
    name, mark, anchor = target.partition("#")
    place = normpath(f"{PurePosixPath(path).parent}/{name}")
    if place not in sources():
        if not (ROOT / place).exists():
            raise ValueError(f"{path}: the link {target} leads to nothing")
        return found[0] if picture else f"{words} (`{place}`)"
    if chinese:
        other = place.removesuffix(".md") + ZH
        if place.endswith(ZH):
            name = name.removesuffix(ZH) + ".md"
        elif other in sources():
            anchor = mark = ""
    return f"{picture}[{words}]({name}{mark}{anchor})"


def pictures() -> list[str]:
    """Pictures that pages show, by their path in the tree."""
    found = set()
    for path in sources():
        text = FENCE.sub("", (ROOT / path).read_text(encoding="utf-8"))
        for picture, _, target in LINK.findall(text):
            if picture and not target.startswith("https:"):
                found.add(normpath(f"{PurePosixPath(path).parent}/{target}"))
    return sorted(found)
