"""The page is made of files of this package alone."""

import re

from tests.page.server import PAGE

OUTSIDE = re.compile(r"(?:\b(?:https?|wss?):)?//[\w-]+(?:\.[\w-]+)+[^\s\"'`]*")
SVG_NAMESPACE = "http://www.w3.org/2000/svg"
TEXT = [path for path in sorted(PAGE.rglob("*")) if path.suffix in {".html", ".js", ".css", ".svg"}]


def test_no_file_refers_to_an_outside_address() -> None:
    assert len(TEXT) > 20
    found = {(path.name, hit) for path in TEXT for hit in OUTSIDE.findall(path.read_text("utf-8"))}
    assert {hit for _, hit in found} <= {SVG_NAMESPACE}


def test_no_file_parses_text_as_html() -> None:
    sinks = re.compile(
        r"\.innerHTML|\.outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\(|srcdoc"
    )
    assert [path.name for path in TEXT if sinks.search(path.read_text("utf-8"))] == []


def test_every_module_that_is_imported_exists() -> None:
    imports = re.compile(r'from "\./([\w.-]+)"')
    scripts = PAGE / "js"
    wanted = {name for path in scripts.glob("*.js") for name in imports.findall(path.read_text("utf-8"))}
    assert wanted <= {path.name for path in scripts.glob("*.js")}


def test_the_page_forbids_the_browser_to_fetch_from_elsewhere() -> None:
    index = (PAGE / "index.html").read_text("utf-8")
    assert "default-src 'none'; script-src 'self'" in index
    assert "connect-src 'self'" in index
