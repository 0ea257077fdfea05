"""Mermaid for the site: one file of its package, taken from the npm registry by version and integrity.

The generator would have the reader's browser load it from another host. It is kept in `build` and stands nowhere in the
tree; its licence, MIT, goes into the site beside it.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
from pathlib import Path

from docs.site import tree

VERSION = "12.3.0"
"""Its major version is the one that the script of the generator draws with."""
INTEGRITY = "sha512-4113TdXeLAsMruJ79OpFL5O8+LTFXhQqZ260rF3tgUmiNAtRm4Uume04I+65PRN6yZ69J4f8rVYWW8zRk65UYw=="
"""Digest of the package, as the registry names it."""
KEPT = tree.ROOT / "build" / f"mermaid-{VERSION}.tgz"
SCRIPT = "assets/javascripts/mermaid.min.js"
"""Path in the site; the licence stands beside it."""
MEMBERS = {"package/dist/mermaid.min.js": SCRIPT, "package/LICENSE": "assets/javascripts/mermaid.LICENSE"}
SECONDS_MAX = 300
DIAGRAM = 'class="mermaid"'
BUNDLE = '<script src="'


class NoMermaid(Exception):
    """The package is not at hand and cannot be fetched, or it is another one."""


def copy_into(site: Path) -> None:
    """Write script and licence into a site. Raises NoMermaid."""
    package = fetched(KEPT)
    with tarfile.open(package) as archive:
        for member, place in MEMBERS.items():
            source = archive.extractfile(member)
            if source is None:
                raise NoMermaid(f"{package.name} has no {member}")
            (site / place).parent.mkdir(parents=True, exist_ok=True)
            (site / place).write_bytes(source.read())


def fetched(kept: Path) -> Path:
    """The package, fetched by npm where it is not kept yet. Raises NoMermaid."""
    if not kept.is_file():
        if shutil.which("npm") is None:
            raise NoMermaid("diagrams of the site need npm once, to fetch mermaid: on Debian, apt-get install npm")
        kept.parent.mkdir(parents=True, exist_ok=True)
        command = ["npm", "pack", f"mermaid@{VERSION}", "--ignore-scripts", "--loglevel=error"]
        done = subprocess.run(
            [*command, f"--pack-destination={kept.parent}"],
            cwd=kept.parent,
            capture_output=True,
            text=True,
            timeout=SECONDS_MAX,
            check=False,
        )
        if done.returncode != 0:
            raise NoMermaid(f"npm cannot fetch mermaid: {done.stderr.strip()}")
    if integrity(kept) != INTEGRITY:
        raise NoMermaid(f"{kept} is not mermaid {VERSION}: its integrity is {integrity(kept)}")
    return kept


def integrity(package: Path) -> str:
    """Digest of a file in the form of the registry."""
    return f"sha512-{base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()}"


def load_where_drawn(site: Path) -> int:
    """Have each page with a diagram load the script before that of the theme; return how many pages have one."""
    count = 0
    for page in sorted(site.rglob("*.html")):
        text = page.read_text(encoding="utf-8")
        if DIAGRAM in text:
            up = "../" * (len(page.relative_to(site).parts) - 1)
            before, bundle, after = text.rpartition(BUNDLE)
            if not bundle:
                raise NoMermaid(f"{page.relative_to(site)} loads no script of the theme")
            page.write_text(f'{before}<script src="{up}{SCRIPT}"></script>{bundle}{after}', encoding="utf-8")
            count += 1
    return count
