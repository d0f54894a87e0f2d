"""ConnectWise's lists: asked for page by page, searched with quoted conditions, read from the twin where one may not."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.connectwise import ConnectWiseSites
from bot.connectwise.lists import PAGE_SIZE, ConnectWiseLists
from bot.domain.errors import ConnectWiseError
from bot.domain.instance import Credentials, Instance
from bot.domain.variables import Entry, Kind
from tests.connectwise.conftest import Server

FORBIDDEN = {"code": "Security", "message": "You do not have security permission to perform this action."}
INSTANCE = Instance(
    id="i",
    team_id="T",
    name="P",
    host="cw.test",
    company="acme",
    credentials=Credentials(
        public_key=SecretStr("publicPUBLIC1234"), private_key=SecretStr("privatePRIVATE56")
    ),
    created_by="U",
    created_at=datetime(2026, 3, 4, tzinfo=UTC),
)


@pytest.fixture
def lists(sites: ConnectWiseSites) -> ConnectWiseLists:
    return ConnectWiseLists(sites, default_client_id="0a0b")


def answering(server: Server, answer: Callable[[web.BaseRequest], tuple[int, Any]]) -> None:
    """Answer each request by itself."""

    async def handle(request: web.BaseRequest) -> web.Response:
        status, body = answer(request)
        return web.Response(status=status, text=json.dumps(body), content_type="application/json")

    server.handler = handle


def path_of(request: web.BaseRequest) -> str:
    return request.rel_url.path.partition("/apis/3.0")[2]


async def test_a_list_is_read_page_by_page_until_it_ends(lists: ConnectWiseLists, server: Server) -> None:
    total = PAGE_SIZE + 3

    def page(request: web.BaseRequest) -> tuple[int, Any]:
        start = (int(request.rel_url.query["page"]) - 1) * PAGE_SIZE
        ids = range(start + 1, min(start + PAGE_SIZE, total) + 1)
        return 200, [{"id": it, "name": f"Source {it}"} for it in ids]

    answering(server, page)
    found = await lists.read(INSTANCE, Kind.SOURCE)
    assert [it.id for it in found.entries] == list(range(1, total + 1))
    assert found.is_complete
    assert [it.rel_url.query["pageSize"] for it in server.requests] == ["1000", "1000"]
    assert {it.headers["clientId"] for it in server.requests} == {"0a0b"}


async def test_a_list_without_an_end_is_left_incomplete(lists: ConnectWiseLists, server: Server) -> None:
    answering(server, lambda _: (200, [{"id": it, "name": "x"} for it in range(1, PAGE_SIZE + 1)]))
    found = await lists.read(INSTANCE, Kind.SOURCE)
    assert not found.is_complete
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("Help", 'name like "%Help%"'),
        ('" or name like "', 'name like "% or name like %"'),
        ("50%* off\\", 'name like "%50 off%"'),
        ("  a\nb ", 'name like "%a b%"'),
        ("%%", None),
        ("x" * 500, f'name like "%{"x" * 60}%"'),
    ],
)
async def test_what_is_searched_for_cannot_leave_its_quotation_marks(
    lists: ConnectWiseLists, server: Server, typed: str, asked: str | None
) -> None:
    server.answer(body=b"[]")
    await lists.read(INSTANCE, Kind.PRIORITY, search=typed)
    (request,) = server.requests
    assert request.rel_url.query.get("conditions") == asked


async def test_members_are_searched_by_every_part_of_their_name(
    lists: ConnectWiseLists, server: Server
) -> None:
    row = {"id": 4, "identifier": "ALind", "firstName": "Ada", "lastName": "Lind", "inactiveFlag": True}
    answering(server, lambda _: (200, [row]))
    found = await lists.read(INSTANCE, Kind.MEMBER, search="lin")
    assert found.entries == (Entry(4, "Ada Lind", note="ALind", inactive=True),)
    asked = server.requests[0].rel_url.query["conditions"]
    assert asked == 'firstName like "%lin%" or lastName like "%lin%" or identifier like "%lin%"'


async def test_a_status_is_read_from_the_twin_where_the_list_is_refused(
    lists: ConnectWiseLists, server: Server
) -> None:
    def answer(request: web.BaseRequest) -> tuple[int, Any]:
        if path_of(request) == "/service/boards/7/statuses":
            return 403, FORBIDDEN
        return 200, [{"id": 3, "name": "Closed", "closedFlag": True, "inactiveFlag": False}]

    answering(server, answer)
    assert await lists.find(INSTANCE, Kind.STATUS, {3, 9}, board_id=7) == {3: Entry(3, "Closed", closed=True)}
    assert path_of(server.requests[1]) == "/service/boards/7/statuses/info"
    assert server.requests[1].rel_url.query["conditions"] == "id in (3,9)"


async def test_a_list_without_a_twin_says_that_it_may_not_be_read(
    lists: ConnectWiseLists, server: Server
) -> None:
    answering(server, lambda _: (403, FORBIDDEN))
    with pytest.raises(ConnectWiseError) as caught:
        await lists.read(INSTANCE, Kind.PRIORITY)
    assert caught.value.key == "right_missing"


async def test_only_what_was_asked_for_is_found_and_nothing_asks_for_nothing(
    lists: ConnectWiseLists, server: Server
) -> None:
    answering(server, lambda _: (200, [{"id": 1, "name": "A"}, {"id": 2}, {"name": "no id"}, "junk"]))
    assert await lists.find(INSTANCE, Kind.PRIORITY, set()) == {}
    assert await lists.find(INSTANCE, Kind.PRIORITY, {2, 5}) == {2: Entry(2, "2")}
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "known"),
    [(200, [{"id": 1}], True), (200, [], False), (403, FORBIDDEN, None)],
)
async def test_an_agreement_is_known_unknown_or_not_told(
    lists: ConnectWiseLists, server: Server, status: int, body: Any, known: bool | None
) -> None:
    answering(server, lambda _: (status, body))
    assert await lists.knows_agreement(INSTANCE, 'Gold"') is known
    assert server.requests[0].rel_url.query["conditions"] == 'name="Gold"'


@pytest.mark.parametrize(
    ("status", "body", "fits"),
    [
        (200, [{"id": 1, "item": {"id": 5, "name": "Create"}}], True),
        (200, [{"id": 1, "item": {"id": 6}}, {"id": 2, "item": None}], False),
        (200, [{"id": 1, "item": None}], None),
        (200, [], None),
        (404, {"code": "ConnectWiseApi", "message": "The endpoint does not exist."}, None),
    ],
)
async def test_an_item_fits_does_not_or_nobody_says(
    lists: ConnectWiseLists, server: Server, status: int, body: Any, fits: bool | None
) -> None:
    answering(server, lambda _: (status, body))
    assert await lists.item_fits(INSTANCE, board_id=7, type_id=1, subtype_id=2, item_id=5) is fits


async def test_without_keys_nothing_is_asked(lists: ConnectWiseLists, server: Server) -> None:
    with pytest.raises(ConnectWiseError) as caught:
        await lists.read(INSTANCE.evolve(credentials=None), Kind.BOARD)
    assert caught.value.key == "keys_missing"
    assert server.requests == []
