"""Invoices and statements as PDF, in Chinese and English, with fonts of our own: nothing depends on the machine's."""

from __future__ import annotations

import json
import threading
from functools import cache
from pathlib import Path
from typing import Literal

import typst
from django.conf import settings

from billing.documents.content import document_content
from billing.models import Invoice

TEMPLATE = Path(__file__).parent / "documents" / "document.typ"
WEIGHTS = {"noto-sans-sc": ("400Regular", "500Medium", "600SemiBold"), "noto-serif-sc": ("600SemiBold",)}
"""The weights that the template uses, by font package: a folder each."""

one_at_a_time = threading.Lock()  # the compiler keeps state between documents


class FontsMissing(Exception):
    """The font packages are not installed; the text says how to get them."""


def render_invoice(invoice: Invoice, *, standard: Literal["a-3b"] | None = None) -> bytes:
    """Return the PDF of a stored document; the same document gives the same bytes. Raises FontsMissing.

    `standard` asks for a PDF that keeps to it, such as PDF/A-3b for Factur-X.
    """
    content = json.dumps(document_content(invoice), ensure_ascii=False)
    with one_at_a_time:
        issued_at = invoice.issued_at.replace(microsecond=0)  # typst takes whole seconds
        pdf = _compiler().compile(
            sys_inputs={"document": content},
            format="pdf",
            timestamp=issued_at,
            pdf_standards=[standard] if standard else [],
        )
    if not isinstance(pdf, bytes):
        raise TypeError("typst gave no single document.")
    return pdf


@cache
def _compiler() -> typst.Compiler:
    """Load template and fonts once a process; a reload for each document would cost five times the rendering."""
    return typst.Compiler(TEMPLATE, root=TEMPLATE.parent, font_paths=open_fonts())


@cache
def open_fonts() -> typst.Fonts:
    """Load the fonts of every PDF once a process. Raises FontsMissing."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=_font_folders())


def _font_folders() -> list[Path]:
    folders = [Path(folder) / weight for folder in settings.PDF_FONT_DIRS for weight in WEIGHTS[Path(folder).name]]
    for folder in folders:
        if not folder.is_dir():
            raise FontsMissing(f"{folder} is missing. Run `make setup`, which installs the packages of package.json.")
    return folders
