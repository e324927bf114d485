"""Every static file that a page names is there after `make setup`, and every one names only what is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from pytest_django.fixtures import Settings

IMPORT = re.compile(r"""^import\s+(?:[^"']*\sfrom\s+)?["'](\.[^"']+)["']""", re.MULTILINE)
STATIC_TAG = re.compile(r"""\{%\s*static\s+['"]([^'"{]+)['"]""")


def test_pages_name_collected_files(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    collected = json.loads((tmp_path / "staticfiles.json").read_text(encoding="utf-8"))["paths"]
    assert named_by_templates() - set(collected) == set()
    assert imported_by_modules() - set(collected) == set()


def imported_by_modules() -> set[str]:
    """Every file that one of our ES modules imports, by its static name."""
    root = Path(settings.BASE_DIR) / "static"
    found = set()
    for path in (root / "js").rglob("*.js"):
        for name in IMPORT.findall(path.read_text(encoding="utf-8")):
            found.add((path.parent / name).resolve().relative_to(root.resolve()).as_posix())
    return found


def named_by_templates() -> set[str]:
    """Every name given to a static tag in a template."""
    templates = (Path(settings.BASE_DIR) / "templates").rglob("*.html")
    return {name for path in templates for name in STATIC_TAG.findall(path.read_text(encoding="utf-8"))}
