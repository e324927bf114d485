"""Documents and reports as PDF by typst, with fonts of our own: nothing depends on the machine's."""

from __future__ import annotations

import json
import os
import threading
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Literal

import typst
from django.conf import settings

Standard = Literal["a-3b"]
"""PDF/A-3b, for a PDF that carries a file."""

ROOT = Path(__file__).parent
"""What a template can name: its own pictures, and nothing outside."""

WEIGHTS = {"noto-sans-sc": ("400Regular", "600SemiBold"), "noto-serif-sc": ("600SemiBold",)}
"""The weights that the templates use, by font package: a folder each."""

_one_at_a_time = threading.Lock()  # the compiler keeps state between documents


class FontsMissing(Exception):
    """The font packages are not installed; the text says how to get them."""


def typeset(template: Path, content: dict[str, Any], *, at: datetime, standard: Standard | None = None) -> bytes:
    """Return the PDF that the template's `printed(content)` gives; the same content and time give the same bytes.

    `standard` asks for a PDF that keeps to it. Raises FontsMissing.
    """
    # The content comes in the source and not as `sys.inputs`, of which everything that the compiler keeps would depend:
    # so it lays out again only what the documents before did not have.
    source = f'#import "/{template.relative_to(ROOT)}": printed\n#printed(json(bytes({_literal(content)})))'
    with _one_at_a_time:
        pdf = _compiler().compile(
            source.encode(),
            format="pdf",
            timestamp=at.replace(microsecond=0),  # typst takes whole seconds
            pdf_standards=[standard] if standard else [],
        )
    if not isinstance(pdf, bytes):
        raise TypeError("typst gave no single document.")
    return pdf


def _literal(content: dict[str, Any]) -> str:
    text = json.dumps(content, ensure_ascii=False)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@cache
def _compiler() -> typst.Compiler:
    """Load the fonts once a process."""
    # Documents are printed side by side in processes, which take the cores: threads within one cost it CPU for nothing.
    os.environ.setdefault("RAYON_NUM_THREADS", "1")
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=_font_folders())
    return typst.Compiler(b"", root=ROOT, font_paths=fonts)


def _font_folders() -> list[Path]:
    folders = [Path(folder) / weight for folder in settings.PDF_FONT_DIRS for weight in WEIGHTS[Path(folder).name]]
    for folder in folders:
        if not folder.is_dir():
            raise FontsMissing(f"{folder} is missing. Run `make setup`, which installs the packages of package.json.")
    return folders
