"""A workspace with something to protect, people of every kind before it, and what they send: genuine and forged.

Two instances (one with keys and variables, one still being set up) in one workspace; the app is in another one too.
Everything goes in as Slack would send it: built by the sandbox's Slack, signed, over HTTP.
"""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest

from bot.domain.onboarding import Onboarding
from bot.runtime.logging import configure_logging
from bot.sandbox.bench import Sandbox
from bot.sandbox.slack import Person
from bot.sandbox.slack.delivery import Ack
from bot.sandbox.slack.model import Channel, Installation, Json, Message, User, View
from bot.sandbox.slack.payloads import Container
from bot.store import keys
from bot.store.audit import RedisAudit
from bot.store.connection import Client
from bot.store.onboardings import RedisOnboardings
from bot.store.schedule import RedisSchedule
from handlers.board import SlackBoard
from tests.journeys.steps import (
    CHANNEL,
    PATIENCE,
    card,
    connect,
    key_fields,
    open_setup,
    site_fields,
    submit,
    thread_text,
)
from tests.journeys.test_variables import choices, choose_board, press
from tests.oauth.steps import Browser, oauth_settings

PRODUCTION, DRAFT = "Production", "Draft"
DRAFT_CHANNEL, SPARE_CHANNEL = "ops-room", "spare"
GROUP = "S0PSATEAM1"
MEMBER, GONE = "mia", "uwe"
_SETTLE_SECONDS = 20.0
# All keys and what they hold, in one round trip; without marks that go by themselves, and the trails.
_DUMP = """
local found = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  if not (key:find(':once:', 1, true) or key:find(':added:', 1, true) or key:find('}:audit', 1, true)) then
    found[#found + 1] = key
    found[#found + 1] = redis.call('DUMP', key)
  end
end
return found
"""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, and through which workspace's installation."""

    user: User
    installation: Installation

    @property
    def team_id(self) -> str:
        """The workspace that has to decide."""
        return self.installation.team_id


@dataclass(slots=True)
class Answer:
    """What came of a request: Slack's status, everything that anybody was shown, and what the trail has got."""

    status: int | None
    shown: str
    deeds: list[dict[str, str]]
    changed: set[str]


@dataclass(slots=True)
class Stage:
    """The running product and the state that every request begins with."""

    sandbox: Sandbox
    other_team: str
    production: str = ""
    draft: str = ""
    views: dict[str, View] = field(default_factory=dict)
    messages: dict[str, Message] = field(default_factory=dict)
    state: dict[bytes, bytes] = field(default_factory=dict)

    @property
    def redis(self) -> Client:
        """The bot's own store."""
        assert self.sandbox.bot is not None
        found = self.sandbox.bot._redis
        assert found is not None
        return found

    @property
    def home_team(self) -> str:
        """The workspace with the instances."""
        return self.sandbox.slack.workspace.team.id

    def sender(self, name: str) -> Sender:
        """Somebody; people of other companies come by the installation of the workspace that they are guests of."""
        workspace = self.sandbox.slack.workspace
        user = workspace.user(name)
        via = user.team_id if user.team_id == self.other_team else self.home_team
        return Sender(user, workspace.installations[via])

    # --- building what Slack sends -------------------------------------------------------------------------------

    def command(self, sender: Sender, line: str) -> Json:
        """A slash command in the team's channel."""
        name, _, text = line.partition(" ")
        channel = self.sandbox.slack.workspace.channel(CHANNEL)
        return dict(
            self.sandbox.slack.payloads.command(sender.user, channel, sender.installation, name, text)
        )

    def click(
        self, sender: Sender, action: Mapping[str, Any], *, view: str = "", message: str = "card"
    ) -> Json:
        """A button or a menu: in the modal of that name, else in that message."""
        place = Container(view=self.open(sender, view)) if view else Container(message=self.messages[message])
        built = {"type": "button", "block_id": "b", **action}
        return self.sandbox.slack.payloads.actions(sender.user, sender.installation, place, built)

    def submission(self, sender: Sender, view: str) -> Json:
        """A modal handed in."""
        return self.sandbox.slack.payloads.submission(
            sender.user, sender.installation, self.open(sender, view)
        )

    def search(self, sender: Sender, view: str, action_id: str) -> Json:
        """A select of a modal that asks what there is to choose."""
        opened = self.open(sender, view)
        block = next(it for it in opened.blocks if it.get("element", {}).get("action_id") == action_id)
        place = Container(view=opened)
        return self.sandbox.slack.payloads.suggestion(
            sender.user, sender.installation, place, (str(block["block_id"]), action_id, "")
        )

    def look_at_home(self, sender: Sender) -> Json:
        """The event of somebody who opens the app's Home."""
        workspace = self.sandbox.slack.workspace
        return {
            "type": "event_callback",
            "team_id": sender.team_id,
            "api_app_id": workspace.app.id,
            "event_id": workspace.new_id("Ev"),
            "event_time": int(workspace.clock.now()),
            "event": {"type": "app_home_opened", "user": sender.user.id, "tab": "home", "channel": "D0X"},
            "authorizations": [{"team_id": sender.team_id, "is_enterprise_install": False}],
        }

    def open(self, sender: Sender, name: str) -> View:
        """A genuine modal of the bot's, in front of this person."""
        workspace = self.sandbox.slack.workspace
        view = deepcopy(self.views[name])
        view.id, view.user_id, view.team_id = workspace.new_id("V"), sender.user.id, sender.team_id
        view.root_id, view.previous_id = view.id, None
        workspace.stacks[sender.user.id] = [view]
        return view

    # --- sending it ------------------------------------------------------------------------------------------------

    async def send(self, body: Json) -> Answer:
        """Deliver it, wait until nothing moves any more, and tell what came of it."""
        assert self.sandbox.bot is not None
        calls, trails = self.sandbox.slack.calls, await self._ends()
        seen, before = len(calls), await self.kept()
        ack = await self._deliver(body)
        await self.rest()
        shown = [
            {"ack": ack.body},
            *({"method": it.method, "args": dict(it.args)} for it in calls[seen:] if _is_shown(it.method)),
        ]
        after = await self.kept()
        changed = {key.decode() for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        # A job that has been done meanwhile was due anyway.
        changed -= {it.decode() for it in before.keys() - after.keys() if it.startswith(b"job ")}
        return Answer(
            ack.status,
            json.dumps(shown, ensure_ascii=False, default=str),
            await self._deeds_since(trails),
            changed,
        )

    async def _deliver(self, body: Json) -> Ack:
        delivery = self.sandbox.slack.delivery
        if "command" in body:
            return await delivery.command(body)
        if body["type"] == "event_callback":
            return await delivery.event(body)
        return await delivery.interaction(body)

    async def rest(self) -> None:
        """Wait until the bot has nothing under way."""
        assert self.sandbox.bot is not None
        cancelled = await self.sandbox.bot._tracker.drain(_SETTLE_SECONDS)
        assert not cancelled, "something never ends"

    async def kept(self) -> dict[bytes, bytes]:
        """All that is kept of both workspaces, but the trails and marks that go by themselves; and the work to do."""
        found = {key: value for key, value in (await self._dump()).items() if b"{schedule}" not in key}
        schedule = RedisSchedule(self.redis)
        jobs = [*await schedule.ids_of(self.home_team), *await schedule.ids_of(self.other_team)]
        return found | {b"job " + it.encode(): b"" for it in jobs}

    async def restore(self) -> None:
        """Everything as it was in the beginning."""
        now = await self._dump()
        for key in now.keys() - self.state.keys():
            await self.redis.delete(key)
        for key, value in self.state.items():
            if now.get(key) != value:
                await self.redis.restore(key, 0, value, replace=True)

    async def _dump(self) -> dict[bytes, bytes]:
        flat: list[bytes] = await self.redis.eval(_DUMP, 0, f"{keys.PREFIX}:*")
        return dict(zip(flat[::2], flat[1::2], strict=True))

    async def remember(self) -> None:
        """This is how everything begins."""
        await self.rest()
        self.state = await self._dump()

    async def _ends(self) -> dict[str, str]:
        ends = {}
        for team in (self.home_team, self.other_team):
            last = await RedisAudit(self.redis).read(team, 1)
            ends[team] = last[0].id if last else ""
        return ends

    async def _deeds_since(self, ends: Mapping[str, str]) -> list[dict[str, str]]:
        deeds = []
        for team, end in ends.items():
            fresh = await RedisAudit(self.redis).read(team, 10)
            news = list(takewhile(lambda it, end=end: it.id != end, fresh))  # type: ignore[misc]  # mypy knows no such default
            deeds += [{"team": team, **it.event} for it in reversed(news)]
        return deeds


def _is_shown(method: str) -> bool:
    return method not in ("users.info", "usergroups.users.list", "auth.test", "bots.info", "oauth.v2.access")


def _elements(message: Message) -> list[Json]:
    found: list[Any] = []
    for block in message.blocks:
        found += block.get("elements") or []
        found += [block["accessory"]] if block.get("accessory") else []
    return [it for it in found if isinstance(it, dict)]


def _populate(sandbox: Sandbox) -> None:
    workspace = sandbox.slack.workspace
    workspace.app.scopes += ("usergroups:read",)
    home = workspace.team.id
    for user_id, name, is_deleted in (("U0MIA00001", MEMBER, False), ("U0UWE00001", GONE, True)):
        role = "owner" if is_deleted else "member"
        workspace.users[user_id] = User(user_id, name, name.title(), "", role, home, is_deleted=is_deleted)
    staff = {it.id for it in workspace.users.values() if it.team_id == home}
    workspace.channels["C0SPARE001"] = Channel("C0SPARE001", SPARE_CHANNEL, (home,), set(staff))


@asynccontextmanager
async def stage(folder: Path) -> AsyncIterator[Stage]:
    """Everything started, installed in two workspaces, connected, and at rest."""
    sandbox = Sandbox(data_dir=folder)
    sandbox.override(
        **oauth_settings(
            sandbox,
            cw_bot_requests_per_minute=0,
            cw_bot_check_interval=86_400,
            cw_bot_setup_users=(sandbox.slack.workspace.user("dan").id,),
            cw_bot_setup_usergroups=(GROUP,),
        )
    )
    configure_logging(level="CRITICAL", style="console", redactor=sandbox.redactor)
    _populate(sandbox)
    with pytest.MonkeyPatch.context() as patch:
        # Slack's paces of posts and of edits would be most of the test.
        patch.setattr("bot.slack.gateway._BURST", 1e9)
        patch.setitem(SlackBoard.__init__.__kwdefaults__ or {}, "edit_interval_seconds", 0.0)
        async with sandbox:
            sandbox.slack.workspace.trigger_seconds = 60.0
            other = sandbox.slack.add_team("Contoso", "contoso-2", installed=False)
            made = Stage(sandbox, other.id)
            async with Browser(sandbox) as browser:
                for team_id in (made.home_team, other.id):
                    assert (await browser.install(team_id)).status == 200
            await _set_up(made)
            yield made


async def _set_up(made: Stage) -> None:
    sandbox, ada = made.sandbox, made.sandbox.slack.person("ada")
    ada.invite_bot(SPARE_CHANNEL)
    await connect(sandbox, ada)
    await ada.close_modal()
    await press(ada, "Choose variables")
    await choose_board(ada, "Help Desk")
    assert (await submit(ada, choices())).ok
    await ada.wait_for(lambda: ada.modal is not None and "Saved." in ada.modal.text, PATIENCE)
    await ada.close_modal()
    await open_setup(ada, DRAFT_CHANNEL)
    fields = site_fields(sandbox, **{"Instance name": DRAFT, "API keys already": "Not yet"})
    assert (await submit(ada, fields)).ok
    await ada.close_modal()
    await ada.wait_for(
        lambda: len(ada.thread(DRAFT_CHANNEL, getattr(card(ada, DRAFT, DRAFT_CHANNEL), "ts", ""))) == 9,
        PATIENCE,
    )
    made.production, made.draft = await _ids(made)
    await ada.click("I'm on it", message=_find_step(made, "member"))
    await ada.wait_for(lambda: "is on it" in thread_text(ada, DRAFT, DRAFT_CHANNEL), PATIENCE)
    await made.remember()
    parent = card(ada)
    assert parent is not None
    # As they are now: whatever is done later, the buttons are those of the beginning.
    found = {"card": parent, **{name: _find_step(made, name) for name in ("role", "member")}}
    made.messages = {name: deepcopy(it) for name, it in found.items()}
    await _collect_views(made, ada)
    await made.restore()


def _find_step(made: Stage, name: str) -> Message:
    """The message of a step of the second instance."""
    ada = made.sandbox.slack.person("ada")
    parent = card(ada, DRAFT, DRAFT_CHANNEL)
    assert parent is not None
    value = f"{made.draft}:{name}:"
    thread = ada.thread(DRAFT_CHANNEL, parent.ts)
    return next(it for it in thread if any(str(e.get("value", "")).startswith(value) for e in _elements(it)))


async def _ids(made: Stage) -> tuple[str, str]:
    known = await RedisOnboardings(made.redis, Onboarding).list(made.home_team)
    found = {it.name: it.id for it in known}
    return found[PRODUCTION], found[DRAFT]


async def _collect_views(made: Stage, ada: Person) -> None:
    """The bot's own modals, filled in: each is opened by an owner as people open it."""
    sandbox, sender = made.sandbox, made.sender("ada")

    async def show(name: str, body: Json, fields: Mapping[str, Any] | None = None) -> None:
        await made.send(body)
        if fields:
            await ada.fill(fields)
        assert ada.modal is not None, name
        made.views[name] = deepcopy(ada.modal.view)

    def menu(entry: str, instance_id: str) -> Json:
        option = {"selected_option": {"value": f"{entry}:{instance_id}"}}
        return made.click(sender, {"type": "overflow", "action_id": "instance_menu", **option})

    def button(action_id: str, value: str) -> Json:
        return made.click(sender, {"action_id": action_id, "value": value})

    site = site_fields(sandbox, **{"Instance name": "Third", "Channel": SPARE_CHANNEL})
    crib = sandbox.connectwise.crib()
    pair = {"Public key": crib["Second public key"], "Private key": crib["Second private key"]}
    await show("resume", made.command(sender, "/cw-setup"))
    await show("site", made.click(sender, {"action_id": "start_setup"}, view="resume"), site)
    await show("credentials", button("enter_keys", made.draft), key_fields(sandbox))
    await show("edit", menu("edit", made.production), {"Description": "Other words"})
    await show("filter", menu("filter", made.production), {"query conditions": "deletedFlag=false"})
    await show("reveal", menu("reveal", made.production))
    await show(
        "remove",
        menu("remove", made.production),
        {"Type its name": PRODUCTION, "Which one is the default": DRAFT},
    )
    await show("rotate", button("rotate_keys", made.production), pair)
    await show("share", button("share_status", made.production), {"Channel": SPARE_CHANNEL})
    await show("variables", button("choose_variables", made.production), {"Priority": "Priority 2"})
    await show("table", button("show_variables", made.production))
    await show("instance", button("manage", made.production))
    sandbox.slack.modals.clear(ada.id)
