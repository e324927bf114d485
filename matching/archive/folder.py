"""A month's folder: its Parquet files, and the manifest that says what is in them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from matching.models import ArchivedMonth
from matching.months import next_month

VERSION = 1
"""Of the layout: which files there are and what their columns mean. A reader refuses a later one."""

MANIFEST = "manifest.json"


class ArchiveDamaged(Exception):
    """Something of the archive is missing or is not what was archived; the sentence names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of one month, and its manifest as read."""

    path: Path
    manifest: dict[str, Any]

    @property
    def month(self) -> str:
        """The month as YYYY-MM."""
        return str(self.manifest["month"])

    def file(self, name: str) -> Path:
        """Return the path of one of its files."""
        return self.path / name

    def last_of(self, market_id: int) -> int:
        """Return the last sequence of a market in this month; 0 where it has none."""
        return int(self.manifest["markets"].get(str(market_id), {"last": 0})["last"])

    def first_of(self, market_id: int) -> int:
        """Return the first sequence of a market in this month; 0 where it has none."""
        return int(self.manifest["markets"].get(str(market_id), {"first": 0})["first"])


def folder_name(month: datetime) -> str:
    """Name a month's folder."""
    return f"{month:%Y-%m}"


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def described(path: Path, rows: int) -> dict[str, object]:
    """Return what a manifest says of a file."""
    return {"rows": rows, "bytes": path.stat().st_size, "sha256": sha256_of(path)}


def start_folder(root: Path, month: datetime) -> Path:
    """Return a new folder to write a month's files into; what an earlier attempt left is gone."""
    partial = root / f".{folder_name(month)}.partial"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    return partial


def write_manifest(partial: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest beside the files."""
    text = json.dumps(manifest, indent=1, sort_keys=True, ensure_ascii=False)
    (partial / MANIFEST).write_text(text + "\n", encoding="utf-8")


def finish_folder(partial: Path, root: Path, month: datetime) -> Path:
    """Put the folder in its place once all of it is on the disk; an unfinished one of the same month gives way."""
    for path in partial.iterdir():
        sync(path)
    sync(partial)
    final = root / folder_name(month)
    if final.exists():
        shutil.rmtree(final)
    partial.rename(final)
    sync(root)
    return final


def sync(path: Path) -> None:
    """Wait until a file, or a folder's list of files, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_folder(path: Path) -> Folder:
    """Read a month's manifest; raises ArchiveDamaged."""
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArchiveDamaged(
            f"{path / MANIFEST}: cannot be read ({error}). Put the month's folder back from a copy."
        ) from None
    if manifest["version"] > VERSION:
        raise ArchiveDamaged(f"{path}: is of a later version than this program reads. Use the newer program.")
    return Folder(path, manifest)


def archived_folders() -> list[Folder]:
    """Return the folders of all months that have left the database, oldest first; raises ArchiveDamaged.

    Reads the manifests and holds each against the hash that the database keeps, and against the next one's word for it.
    """
    folders: list[Folder] = []
    previous: str | None = None
    for month in ArchivedMonth.objects.all():
        path = find_folder(month)
        folder = read_folder(path)
        found = sha256_of(path / MANIFEST)
        if found != month.manifest_sha256:
            raise ArchiveDamaged(
                f"{path / MANIFEST}: its SHA-256 is {found}, when {month} was archived it was {month.manifest_sha256}. "
                "Put the month's folder back from a copy."
            )
        if folder.manifest["previous"] != previous:
            raise ArchiveDamaged(f"{path / MANIFEST}: does not follow the manifest of the month before it.")
        previous = found
        folders.append(folder)
    return folders


def archived_until() -> datetime | None:
    """Return the moment before which commands, trades and order events have left the database; None where none have."""
    last = ArchivedMonth.objects.order_by("-month").values_list("month", flat=True).first()
    return None if last is None else next_month(datetime(last.year, last.month, 1, tzinfo=UTC))


def find_folder(month: ArchivedMonth) -> Path:
    """Say where a month's folder is: where it was put, else below ARCHIVE_DIR."""
    put = Path(month.folder)
    return put if put.exists() else Path(settings.ARCHIVE_DIR) / str(month)


def find_damage(folder: Folder) -> Iterator[str]:
    """Yield a sentence for each file of a month that is not what its manifest says."""
    for name, told in sorted(folder.manifest["files"].items()):
        path = folder.file(name)
        if not path.exists():
            yield f"{path}: is missing. Put it back from a copy."
        elif (found := sha256_of(path)) != told["sha256"]:
            yield f"{path}: its SHA-256 is {found}, the manifest says {told['sha256']}. Put it back from a copy."
