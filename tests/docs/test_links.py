"""Every relative link and picture of the documents leads somewhere."""

import pytest

from tests.docs.documents import NAMES, ROOT, anchors_of, links_of


@pytest.mark.parametrize("name", NAMES)
def test_every_link_and_picture_resolves(name: str) -> None:
    dead = []
    for link in links_of(name):
        if link.text.startswith(("https://", "mailto:")):
            continue
        path, _, anchor = link.text.partition("#")
        target = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        is_there = target.exists() and target.is_relative_to(ROOT)
        if is_there and anchor:
            is_there = anchor in anchors_of(str(target.relative_to(ROOT)))
        if not is_there:
            dead.append(str(link))
    assert dead == []
