"""What a browser needs for the first useful paint of any page, compressed: the page, its styles, its scripts and what they import.

Charts load after it and only where there is one, fonts replace what is painted already.
"""

from __future__ import annotations

import gzip
import re
from functools import cache
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone

from tests.web.desk.world import World
from tests.web.walk import addresses, visitors

BYTES_MAX = 140_000
LATER = (
    "vendor/echarts/",
    "vendor/inter/files/",
    *(
        f"js/{chart}.js"
        for chart in ("chart", "candle-series", "market-charts", "job-chart", "class-lines", "price-history")
    ),
)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_is_light(db: None, language: str) -> None:
    world = World.create(timezone.now())
    heavy = {}
    for person, client in visitors(world).items():
        client.cookies["language"] = language
        for name, address in addresses(person, client):
            if (weight := _weight(client, address)) > BYTES_MAX:
                heavy[f"{person} {name}"] = weight
    assert not heavy


def _weight(client: Client, address: str) -> int:
    html = client.get(address).content
    text = html.decode()
    linked = re.findall(r'<link rel="stylesheet" href="/static/([^"]+)"', text)
    linked += re.findall(r'<script[^>]* src="/static/([^"]+)"', text)
    assert len(linked) > 5, address
    needed: set[str] = set()
    for name in linked:
        needed |= _with_imports(name)
    return len(gzip.compress(html, 6)) + sum(_compressed(name) for name in needed)


@cache
def _with_imports(name: str) -> frozenset[str]:
    """A file, and those that it imports before it runs."""
    if name.startswith(LATER):
        return frozenset()
    found = {name}
    if name.endswith(".js") and not name.startswith("vendor/"):
        for imported in re.findall(r'^import\s[^;]*?"\./([^"]+)";', _file(name).read_text("utf-8"), flags=re.MULTILINE):
            found |= _with_imports(f"{name.rpartition('/')[0]}/{imported}")
    return frozenset(found)


@cache
def _compressed(name: str) -> int:
    return len(gzip.compress(_file(name).read_bytes(), 9))


def _file(name: str) -> Path:
    found = finders.find(name)
    assert found, f"{name} is linked and is not there"
    return Path(found)
