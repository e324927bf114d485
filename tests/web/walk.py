"""Walks every page that the browser tests list, without a browser, as the people of the desk's world."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.test import Client

from tests.browser.pictures import EXPECTED_STATUS, PAGES
from tests.web.desk.world import World

NAMES = {"buyer": "alice", "provider": "bob", "finance": "fiona"}
LISTED_CLASS, CLASS_HERE = "A100-SXM4-80G", "H800-80G"


def visitors(world: World) -> dict[str, Client]:
    """A browser for each kind of person of PAGES; finance staff operate the exchange too."""
    return {person: world.client(NAMES[person]) if person else Client() for person in PAGES}


def addresses(person: str, client: Client) -> Iterator[tuple[str, str]]:
    """Yield the names and addresses of a person's pages that this exchange has and that answer with a page."""
    for name, listed in PAGES[person].items():
        path, _, selector = listed.replace(LISTED_CLASS, CLASS_HERE).partition(" > ")
        found = _first_link(client, path, selector) if selector else path
        if found is not None and EXPECTED_STATUS.get(name, 200) == 200:
            yield name, found


def _first_link(client: Client, path: str, selector: str) -> str | None:
    start = re.search(r"\[href\^='([^']+)'\]", selector)
    unwanted = re.search(r":not\(\[href\$='([^']+)'\]\)", selector)
    assert start is not None, f"{selector}: links are found by how they start"
    body = client.get(path).content.decode().partition("<main")[2]
    if "tbody" in selector:
        body = "".join(re.findall(r"<tbody.*?</tbody>", body, flags=re.DOTALL))
    links = [link for link in re.findall(r'href="([^"]+)"', body) if link.startswith(start[1])]
    return next((link for link in links if not (unwanted and link.endswith(unwanted[1]))), None)
