"""Makes the README of the packages from README.md: its relative links lead to the address of the project.

The address is `Repository` of [project.urls] in pyproject.toml, and nowhere else. Without one the links stay as they
are, and `make release` says so.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

README = "README.md"
LINK = re.compile(r"(?P<picture>!?)\[(?P<words>[^\]]*)\]\((?P<target>(?!https?:|#)[^)]+)\)")


def with_address(text: str, address: str, version: str) -> str:
    """Text of a README whose relative links lead to the files of the version's tag; pictures to their bytes."""

    def link(found: re.Match[str]) -> str:
        kind = "raw" if found["picture"] else "blob"
        return f"{found['picture']}[{found['words']}]({address.rstrip('/')}/{kind}/v{version}/{found['target']})"

    return LINK.sub(link, text)


class ReadmeHook(MetadataHookInterface):
    """Hook of hatchling, which calls it whenever the metadata of a package are made."""

    def update(self, metadata: dict[str, Any]) -> None:
        text = Path(self.root, README).read_text(encoding="utf-8")
        if address := metadata.get("urls", {}).get("Repository", ""):
            text = with_address(text, address, metadata["version"])
        metadata["readme"] = {"content-type": "text/markdown", "text": text}
