"""The shapes of answers, held against the vendor's OpenAPI document where it is present."""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from bot.sandbox.connectwise import ConnectWiseSite
from bot.sandbox.connectwise.company_fields import COMPANY_FIELDS
from bot.sandbox.connectwise.world import build
from tests.sandbox_connectwise.conftest import Client

NEAR = Path(__file__).parents[2].parent / "shared" / "data" / "connectwise-openapi-subset.json"
SOURCE = Path(os.environ.get("CW_OPENAPI", NEAR))

pytestmark = pytest.mark.skipif(
    not SOURCE.is_file(), reason="the OpenAPI document is not here (set CW_OPENAPI)"
)


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = _as_json_schema(json.loads(SOURCE.read_text(encoding="utf-8")))
    return loaded


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema lists `null`; an object without fields stands for anything."""
    if isinstance(node, list):
        return [_as_json_schema(element) for element in node]
    if not isinstance(node, dict):
        return node
    if node == {"type": "object"}:
        return {}
    turned = {key: _as_json_schema(value) for key, value in node.items() if key != "nullable"}
    if node.get("nullable") and isinstance(node.get("type"), str):
        turned["type"] = [node["type"], "null"]
        if "enum" in turned:
            turned["enum"] = [*turned["enum"], None]
    return turned


def paths() -> list[str]:
    return sorted(json.loads(SOURCE.read_text(encoding="utf-8"))["paths"]) if SOURCE.is_file() else []


def schema_of(path: str) -> dict[str, Any]:
    content = document()["paths"][path]["get"]["responses"]["200"]["content"]
    schema: dict[str, Any] = next(iter(content.values()))["schema"]
    return {**schema, "components": document()["components"]}


def record_id(path: str) -> str:
    """An id that exists in the list above, or one that nobody has."""
    tables = build().tables
    table = {
        "/system/info/members/{id}": "members",
        "/system/members/{id}": "members",
        "/system/apiMembers/{id}": "apiMembers",
        "/system/securityroles/{id}": "securityRoles",
        "/company/companies/{id}": "companies",
        "/company/configurations/{id}": "configurations",
        "/company/contacts/{id}": "contacts",
        "/service/tickets/{id}": "tickets",
        "/service/boards/{id}": "boards",
        "/project/projects/{id}": "projects",
        "/time/entries/{id}": "timeEntries",
        "/finance/agreements/{id}": "agreements",
        "/procurement/catalog/{id}": "catalog",
        "/system/myAccount/{id}": "apiMembers",
    }.get(path)
    if table is None:
        return "500" if path.endswith("/settings/{id}") else ""
    return str(tables[table][1 if table == "apiMembers" else 0]["id"])


EMPTY = {"/system/callbacks/{id}", "/system/documents/{id}"}


@pytest.mark.parametrize("path", paths())
async def test_every_documented_path_answers_in_the_documented_shape(client: Client, path: str) -> None:
    parent = "60" if "securityRoles" in path else "1"
    filled = path.replace("{parentId}", parent).replace("{id}", record_id(path) or "1")
    reply = await client.as_admin(filled, **({} if "{id}" in path else {"pageSize": 1000}))
    if path in EMPTY:
        assert (reply.status, reply.json["code"]) == (404, "NotFound")
        return
    assert reply.status == 200, reply.text
    schema = schema_of(path)
    jsonschema.Draft202012Validator(schema).validate(reply.json)
    _check_names(reply.json, schema)


def _check_names(value: Any, schema: dict[str, Any]) -> None:
    """No field may come that the document does not know."""
    schema = _resolve(schema)
    if isinstance(value, list):
        for element in value:
            _check_names(element, schema["items"])
    elif isinstance(value, dict) and "properties" in schema:
        assert value.keys() <= schema["properties"].keys()
        for key, inner in value.items():
            _check_names(inner, schema["properties"][key])


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in schema:
        return schema
    resolved: dict[str, Any] = document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return resolved


async def test_errors_have_the_documented_shape(client: Client, site: ConnectWiseSite) -> None:
    schema = document()["components"]["schemas"]["ErrorResponseMessage"]["properties"]
    site.set(role="nothing")
    for reply in (
        await client.api("/company/companies"),
        await client.api("/nothing"),
        await client.api("/service/info/boards", conditions="x=1"),
        await client.api("/service/info/boards", page=0),
    ):
        assert reply.status >= 400
        assert reply.json.keys() <= schema.keys()


def test_every_documented_field_of_a_company_can_be_filtered_on() -> None:
    properties = document()["components"]["schemas"]["Company"]["properties"]
    known = {key for row in build().tables["companies"] for key in row}
    known |= {name.partition("/")[0] for name in COMPANY_FIELDS}
    assert properties.keys() <= known | {"_info"}
