"""Which files of the front-end packages are served: those that pages name, not whole packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from typing import Any

from django.contrib.staticfiles.finders import FileSystemFinder
from django.core.files.storage import Storage

# By prefix in STATICFILES_DIRS. Add a file here when a page starts to use it.
NEEDED = {
    "vendor/tabler/css": ("tabler.min.css", "tabler.min.css.map"),
    "vendor/tabler/js": ("tabler.min.js", "tabler.min.js.map"),
    "vendor/htmx": ("htmx.min.js",),
    "vendor/echarts": ("echarts.esm.min.js",),
    "vendor/inter": ("wght.css", "files/inter-*-wght-normal.woff2"),
}


class NeededFilesFinder(FileSystemFinder):
    """Collects all of our own static files and the needed ones of each package."""

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, Any]]:
        """Give (path, storage) of each file to collect."""
        for path, storage in super().list(ignore_patterns):
            if _is_needed(path, storage):
                yield path, storage


def _is_needed(path: str, storage: Storage) -> bool:
    patterns = NEEDED.get(getattr(storage, "prefix", None) or "")
    return patterns is None or any(fnmatch(path, pattern) for pattern in patterns)
