import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession

from bot.sandbox.slack import Person, SlackServer, greet
from tests.sandbox_slack.app import Data, FakeApp, actions, button, modal, option, plain, typed

ADA = "U0ADA00001"


class Dial:
    """A panel with one setting."""

    def __init__(self) -> None:
        self.level = 1

    def describe(self) -> dict[str, Any]:
        return {"level": self.level}

    def set(self, **values: Any) -> None:
        if values["level"] > 3:
            raise ValueError("The dial goes to three.")
        self.level = values["level"]


class Browser:
    """What the page's script does: fetches."""

    def __init__(self, slack: SlackServer, session: ClientSession) -> None:
        self._slack = slack
        self._session = session

    async def get(self, path: str, **headers: str) -> tuple[int, Any]:
        async with self._session.get(self._slack.base_url + path, headers=headers) as response:
            is_json = response.content_type == "application/json"
            return response.status, await (response.json() if is_json else response.text())

    async def post(self, path: str, body: Data) -> tuple[int, Data]:
        async with self._session.post(self._slack.base_url + path, json=body) as response:
            return response.status, await response.json()

    async def state(self, user: str = ADA) -> Data:
        status, state = await self.get(f"/sandbox/state?user={user}")
        assert status == 200
        assert isinstance(state, dict)
        return state

    async def act(self, kind: str, user: str = ADA, **fields: Any) -> Data:
        return (await self.post("/sandbox/act", {"type": kind, "user": user, **fields}))[1]

    @property
    def session(self) -> ClientSession:
        return self._session


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    page = tmp_path / "page"
    (page / "js").mkdir(parents=True)
    (page / "index.html").write_text("<h1>Sandbox</h1>")
    (page / "js" / "main.js").write_text("start()")
    (tmp_path / "secret.txt").write_text("no")
    return page


@pytest.fixture
async def slack(folder: Path) -> AsyncIterator[SlackServer]:
    async with SlackServer(ack_seconds=0.3, panels={"dial": Dial()}, page=folder) as server:
        yield server


@pytest.fixture
async def browser(slack: SlackServer) -> AsyncIterator[Browser]:
    async with ClientSession() as session:
        yield Browser(slack, session)


async def test_the_page_and_its_files_are_served_and_nothing_else(browser: Browser) -> None:
    assert await browser.get("/") == (200, "<h1>Sandbox</h1>")
    assert await browser.get("/static/js/main.js") == (200, "start()")
    assert await browser.get("/js/main.js") == (200, "start()")
    for path in (
        "/static/../secret.txt",
        "/static/%2e%2e/secret.txt",
        "/%2e%2e/secret.txt",
        "/js",
        "/none.js",
    ):
        assert (await browser.get(path))[0] == 404


async def test_the_page_is_not_kept_and_runs_only_its_own_script(browser: Browser) -> None:
    async with browser.session.get(browser._slack.base_url) as response:
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["Content-Security-Policy"] == (
            "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'"
        )


async def test_other_sites_are_turned_away(browser: Browser) -> None:
    assert (await browser.get(f"/sandbox/state?user={ADA}", Host="evil.test"))[0] == 403
    url = f"{browser._slack.base_url}/sandbox/act"
    form = {"type": "say", "user": ADA, "channel": "C0PSASETUP", "text": "x"}
    async with browser.session.post(url, data=form) as response:
        assert response.status == 415


async def test_the_state_shows_what_its_person_sees(app: FakeApp, browser: Browser) -> None:
    await app.client.chat_postEphemeral(channel="C0PSASETUP", user=ADA, text="psst")
    state = await browser.state()
    assert state["team"] == {"id": "T0NORTHWND", "name": "Northwind IT", "domain": "northwind-it"}
    assert state["me"] == ADA
    assert {user["id"]: user["role"] for user in state["users"]}["U0EVE00001"] == "stranger"
    assert state["commands"][0]["command"] == "/cw-setup"
    assert state["app"]["bot_user_id"] == browser._slack.installation.bot_user_id
    assert [m["text"] for m in state["messages"]["C0PSASETUP"]] == ["psst"]
    assert state["messages"]["C0PSASETUP"][0]["ephemeral"] is True
    assert state["panels"] == ["dial"]
    assert (state["views"], state["home"]) == ([], None)


async def test_whoever_names_nobody_is_the_owner(browser: Browser) -> None:
    assert (await browser.get("/sandbox/state"))[1]["me"] == ADA


async def test_guests_and_other_companies_see_only_their_channels(browser: Browser) -> None:
    async def names(user: str) -> set[str]:
        return {channel["name"] for channel in (await browser.state(user))["channels"]}

    assert await names("U0EVE00001") == {"ext-contoso"}
    assert await names("U0SOL00001") == {"helpdesk"}
    assert "project-heron" not in await names("U0BEN00001")
    assert "project-heron" in await names(ADA)


async def test_threads_are_counted_at_their_parent(app: FakeApp, browser: Browser) -> None:
    parent = (await app.client.chat_postMessage(channel="C0PSASETUP", text="p"))["ts"]
    reply = (await app.client.chat_postMessage(channel="C0PSASETUP", text="r", thread_ts=parent))["ts"]
    first = (await browser.state())["messages"]["C0PSASETUP"][0]
    assert (first["reply_count"], first["latest_reply"]) == (1, reply)
    assert first["reply_users"] == [browser._slack.installation.bot_user_id]


async def test_a_greeted_workspace_does_not_look_deserted(browser: Browser, slack: SlackServer) -> None:
    greet(slack.workspace)
    assert len((await browser.state())["messages"]["C0PSASETUP"]) == 2


async def test_messages_of_others_are_unread_until_one_acts_there(app: FakeApp, browser: Browser) -> None:
    async def unread() -> int:
        channels = {c["id"]: c["unread"] for c in (await browser.state())["channels"]}
        return int(channels["C0PSASETUP"])

    await app.client.chat_postMessage(channel="C0PSASETUP", text="p")
    assert await unread() == 1
    await browser.act("say", channel="C0PSASETUP", text="seen")
    assert await unread() == 0


async def test_a_whole_conversation_goes_through_the_page(app: FakeApp, browser: Browser) -> None:
    async def opened(form: Data) -> None:
        menu = {"type": "external_select", "action_id": "x", "min_query_length": 0}
        board = {
            "type": "input",
            "block_id": "board",
            "optional": True,
            "label": plain("B"),
            "element": menu,
        }
        view = modal(typed("Name", "n"), board, actions(button("Help", "help")), notify_on_close=True)
        await app.client.views_open(trigger_id=form["trigger_id"], view=view)

    async def judged(_payload: Data) -> Data:
        return {"response_action": "errors", "errors": {"n": "Taken."}}

    async def boards(_payload: Data) -> Data:
        return {"options": [option("Desk")]}

    app.on |= {"command": opened, "view_submission": judged, "block_suggestion": boards}
    assert (await browser.act("command", channel="C0PSASETUP", text="/cw-setup"))["ok"]
    view = (await browser.state())["views"][0]
    assert view["title"]["text"] == "Connect"
    assert view["values"]["n"] == {"typed": {"type": "plain_text_input", "value": None}}

    where: Data = {"container": {"view_id": view["id"]}, "block_id": "board", "action_id": "x"}
    offered = await browser.act("suggest", **where, text="d")
    assert offered["options"][0]["text"]["text"] == "Desk"

    values = {"n": {"typed": {"type": "plain_text_input", "value": "Main"}}}
    press: Data = {"container": {"view_id": view["id"]}, "block_id": "row", "action_id": "help"}
    assert (await browser.act("click", **press, values=values))["ok"]
    assert app.last("block_actions")["view"]["state"]["values"]["n"]["typed"]["value"] == "Main"

    answer = await browser.act("submit", view_id=view["id"], values=values)
    assert (answer["ok"], answer["response_action"]) == (False, "errors")
    assert answer["errors"] == {"n": "Taken."}
    assert (await browser.state())["views"][0]["errors"] == {"n": "Taken."}

    assert (await browser.act("close", view_id=view["id"]))["ok"]
    assert (await browser.state())["views"] == []
    assert app.last("view_closed")["view"]["id"] == view["id"]
    assert (await browser.act("close", view_id=view["id"])) == {"ok": False, "error": "this modal is closed"}


async def test_buttons_in_messages_and_at_home_are_pressed(app: FakeApp, browser: Browser) -> None:
    row = actions(button("Go", "go", value="v"))
    ts = (await app.client.chat_postMessage(channel="C0PSASETUP", text="x", blocks=[row]))["ts"]
    place = {"channel": "C0PSASETUP", "ts": ts}
    assert (await browser.act("click", container=place, block_id="row", action_id="go"))["ok"]
    assert app.last("block_actions")["actions"][0]["value"] == "v"
    gone = await browser.act("click", container=place, block_id="row", action_id="other")
    assert gone == {"ok": False, "error": "This is no longer here."}

    await app.client.views_publish(user_id=ADA, view={"type": "home", "blocks": [row]})
    assert (await browser.act("home"))["ok"]
    assert (await browser.state())["home"]["blocks"][0]["block_id"] == "row"
    assert (await browser.act("click", container={"home": True}, block_id="row", action_id="go"))["ok"]


async def test_the_workspace_is_changed_through_the_page(app: FakeApp, browser: Browser) -> None:
    said = await browser.act("say", channel="C0HELPDESK", text="<b> @ben")
    state = await browser.state()
    assert state["messages"]["C0HELPDESK"][0]["text"] == "&lt;b&gt; <@U0BEN00001>"
    assert (await browser.act("invite", channel="C0HELPDESK"))["ok"]
    assert (await browser.act("command", channel="C0GENERAL1", text="/invite @bot"))["ok"]
    assert (await browser.act("remove_bot", channel="C0GENERAL1"))["ok"]
    assert (await browser.act("rename", channel="C0HELPDESK", name="desk"))["ok"]
    assert (await browser.act("archive", channel="C0HELPDESK"))["ok"]
    channels = {c["id"]: c for c in (await browser.state())["channels"]}
    assert channels["C0HELPDESK"]["name"] == "desk"
    assert channels["C0HELPDESK"]["is_archived"]
    assert channels["C0HELPDESK"]["bot_is_member"]
    assert not channels["C0GENERAL1"]["bot_is_member"]
    assert (await browser.act("unarchive", channel="C0HELPDESK"))["ok"]
    assert (await browser.act("delete_message", channel="C0HELPDESK", ts=said["ts"]))["ok"]
    assert (await browser.state())["messages"]["C0HELPDESK"] == []


async def test_what_slack_says_no_to_comes_as_a_sentence(app: FakeApp, browser: Browser) -> None:
    command = await browser.act("command", channel="C0PSASETUP", text="/nope")
    assert command == {"ok": False, "error": "/nope is not a valid command.", "text": ""}
    assert not (await browser.act("say", channel="C0PSASETUP", text="  "))["ok"]
    assert (await browser.act("dance"))["error"] == "unknown type: dance"
    hidden = await browser.act("say", user="U0BEN00001", channel="C0SECRET01", text="x")
    assert hidden["error"] == "there is no such channel"
    assert (await browser.get("/sandbox/state?user=U0NOBODY"))[0] == 404


async def test_panels_are_shown_and_set(browser: Browser) -> None:
    assert await browser.get("/sandbox/panel/dial") == (200, {"level": 1})
    assert await browser.post("/sandbox/panel/dial", {"level": 3}) == (200, {"level": 3})
    status, answer = await browser.post("/sandbox/panel/dial", {"level": 4})
    assert (status, answer["error"]) == (400, "The dial goes to three.")
    assert (await browser.get("/sandbox/panel/none"))[0] == 404


async def test_changes_are_told_as_they_happen_and_only_to_those_who_see_them(
    app: FakeApp, browser: Browser, slack: SlackServer, ada: Person
) -> None:
    url = f"{slack.base_url}/sandbox/events?user={ADA}"
    async with asyncio.timeout(5), browser.session.get(url) as stream:
        assert stream.content_type == "text/event-stream"

        async def told() -> int:
            while True:
                line = (await stream.content.readline()).decode()
                if line.startswith("data:"):
                    return int(json.loads(line.removeprefix("data:"))["rev"])

        before = await told()
        await app.client.chat_postEphemeral(channel="C0PSASETUP", user="U0BEN00001", text="for ben")
        await app.client.chat_postEphemeral(channel="C0PSASETUP", user=ADA, text="for ada")
        after = await told()
        assert after == before + 2
        assert (await browser.state())["rev"] == after
        assert slack.workspace.changes.rev_for("U0CLEO0001") == before
