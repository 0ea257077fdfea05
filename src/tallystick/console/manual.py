"""Manual of the console: the packaged pages of rules and decisions as HTML, read without a network.

A page of rules has a Chinese one beside it, of the same name in the folder zh; decisions and sources are in English.

A link to another packaged page leads there, one to an address of others stays, and one to a page that the package does
not have is its text alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from html import escape
from importlib import resources
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Final

import msgspec

if TYPE_CHECKING:
    from markdown_it.token import Token

PLACE: Final = "/manual"
CHINESE: Final = "zh/"
FRAME: Final = """<!doctype html>
<html lang="{lang}">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>{title} – Tallystick</title>
    <link rel="icon" href="/page/icon.svg">
    <link rel="stylesheet" href="/page/style.css">
    <script type="module" src="/page/manual.js"></script>
  </head>
  <body>
    <header class="bar">
      <p class="brand"><a href="/"><b>Tallystick</b></a></p>
      <p class="quiet" id="of"{chinese}>{name}</p>
    </header>
    <main class="manual" id="view" tabindex="-1">
{body}
    </main>
  </body>
</html>
"""


@cache
def pages() -> dict[str, str]:
    """Markdown of the packaged pages by name, such as rules/interest and zh/rules/interest."""
    raw = resources.files("tallystick.data").joinpath("pages.json").read_bytes()
    return msgspec.json.decode(raw, type=dict[str, str])


@cache
def page(name: str) -> bytes | None:
    """The page of this name as HTML, None where the package has none."""
    text = pages().get(name)
    if text is None:
        return None
    # Whoever never opens a page need not wait for this.
    from markdown_it import MarkdownIt

    # The pages are our own, and mark their anchors by HTML; the policy of the console lets no script in.
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    tokens = reader.parse(text)
    for token in tokens:
        _lead(token.children or (), name)
        if token.type == "table_open":
            token.attrSet("tabindex", "0")
    body = reader.renderer.render(tokens, reader.options, {})
    title = text.partition("\n")[0].removeprefix("# ")
    chinese = f' data-chinese="{PLACE}/{CHINESE}{name}"' if CHINESE + name in pages() else ""
    lang = "zh-CN" if name.startswith(CHINESE) else "en"
    place = f"docs/{name.removeprefix(CHINESE)}.md"
    return FRAME.format(title=escape(title), name=place, body=body, lang=lang, chinese=chinese).encode("utf-8")


def _lead(tokens: Sequence[Token], name: str) -> None:
    """Have the links of a line lead to where they can be read."""
    leads = True
    for token in tokens:
        if token.type == "link_open":
            target = _target(str(token.attrGet("href")), name)
            leads = bool(target)
            token.attrs = {"href": target} if target else {}
        if token.type in ("link_open", "link_close") and not leads:
            token.tag = "span"


def _target(href: str, name: str) -> str:
    """Address of a link on this page, "" for a page that the package does not have."""
    if href.startswith(("#", "https://")):
        return href
    path, _, anchor = href.partition("#")
    other = normpath(join(dirname(name), path)).removesuffix(".md")
    if other not in pages():
        return ""
    return f"{PLACE}/{other}" + (f"#{anchor}" if anchor else "")
