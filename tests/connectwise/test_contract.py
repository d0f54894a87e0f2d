"""What the client asks for and reads, held against the vendor's OpenAPI document where it is present."""

import json
import os
import random
from collections.abc import Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import AliasChoices

from bot.connectwise import ConnectWiseLogin, ConnectWiseSites
from bot.connectwise import answers as models
from bot.connectwise.lists import _SOURCES, EntryAnswer
from bot.domain.evidence import ApiMember, MyMember, SystemInfo
from bot.domain.instance import Filter
from tests.connectwise.conftest import Server
from tests.verification.conftest import keys

NEAR = Path(__file__).parents[2].parent / "shared" / "data" / "connectwise-openapi-subset.json"
SOURCE = Path(os.environ.get("CW_OPENAPI", NEAR))
KEYS = keys("p" * 16, "q" * 16)
READ: dict[str, type[models.Answer]] = {
    "/system/info": models.SystemInfoAnswer,
    "/system/myMembers": models.MyMemberAnswer,
    "/system/apiMembers": models.ApiMemberAnswer,
    "/system/mySecurity": models.SecurityRowAnswer,
    "/system/mySecurity/customizeItems/": models.CustomizeItemAnswer,
    "/company/companies": models.NameRefAnswer,
    "/company/companies/count": models.CountAnswer,
}

pytestmark = pytest.mark.skipif(
    not SOURCE.is_file(), reason="the OpenAPI document is not here (set CW_OPENAPI)"
)


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(SOURCE.read_text(encoding="utf-8"))
    return loaded


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    found: dict[str, Any] = document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return found


def answer_of(path: str) -> dict[str, Any]:
    content = document()["paths"][path]["get"]["responses"]["200"]["content"]
    schema: dict[str, Any] = next(iter(content.values()))["schema"]
    return schema


def fields_of(path: str) -> set[str]:
    """The names that one record of a path's answer may have."""
    schema = resolved(answer_of(path))
    record = resolved(schema["items"]) if schema.get("type") == "array" else schema
    return set(record["properties"])


def read_by(model: type[models.Answer]) -> set[frozenset[str]]:
    """The names a model reads; those of one member that has several stand together."""
    return {
        frozenset(map(str, it.validation_alias.choices))
        if isinstance(it.validation_alias, AliasChoices)
        else frozenset({str(it.alias or name)})
        for name, it in model.model_fields.items()
    }


@pytest.mark.parametrize("path", READ)
def test_every_member_that_is_read_is_documented(path: str) -> None:
    documented = fields_of(path)
    for names in read_by(READ[path]):
        assert names & documented, names


@pytest.mark.parametrize("source", _SOURCES.values(), ids=lambda it: it.path)
def test_every_list_and_its_fields_are_documented(source: Any) -> None:
    for path, fields in ((source.path, source.fields), (source.twin, source.twin_fields)):
        if path:
            documented = fields_of(path.replace("{board}", "{parentId}"))
            assert {*fields.split(","), *source.searched} <= documented
            assert source.order in documented
    assert {"id"} in read_by(EntryAnswer)


def made(schema: dict[str, Any], chance: random.Random, *, depth: int = 0) -> Any:
    """Something that the document allows."""
    if schema.get("nullable") and chance.random() < 0.2:
        return None
    schema = resolved(schema)
    if "enum" in schema:
        return chance.choice(schema["enum"])
    if schema.get("type") == "array":
        return [made(schema["items"], chance, depth=depth + 1) for _ in range(0 if depth > 2 else 2)]
    if schema.get("type") == "object":
        properties = schema.get("properties", {}) if depth <= 3 else {}
        needed = schema.get("required", ())
        return {
            name: made(it, chance, depth=depth + 1)
            for name, it in properties.items()
            if name in needed or name in {"identifier", "count", "version"} or chance.random() < 0.8
        }
    simple = {"integer": 7, "number": 7.5, "boolean": chance.random() < 0.5, "string": "2026-01-01T00:00:00Z"}
    return simple[schema["type"]]


Call = Callable[[ConnectWiseLogin], Awaitable[object]]
CALLS: dict[str, tuple[Call, type]] = {
    "/system/info": (lambda it: it.system_info(), SystemInfo),
    "/system/myMembers": (lambda it: it.my_member(), MyMember),
    "/system/apiMembers": (lambda it: it.api_member("2026-01-01T00:00:00Z"), ApiMember),
    "/system/mySecurity": (lambda it: it.my_security(), tuple),
    "/system/mySecurity/customizeItems/": (lambda it: it.customize_items(), tuple),
    "/company/companies": (lambda it: it.sample_companies(Filter()), tuple),
    "/company/companies/count": (lambda it: it.count_companies(Filter()), int),
}


@pytest.mark.parametrize("path", CALLS)
async def test_whatever_the_document_allows_is_read(
    sites: ConnectWiseSites, server: Server, path: str
) -> None:
    call, kind = CALLS[path]
    login = sites.site("cw.test").login("acme", KEYS)
    chance = random.Random(path)
    for _ in range(25):
        server.answer(body=json.dumps(made(answer_of(path), chance)))
        found = await call(login)
        assert isinstance(found, kind)
        if isinstance(found, tuple):
            assert len(found) == 2
