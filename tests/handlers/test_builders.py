"""Whatever is built about instances: Slack takes it, and nothing that was typed gets out of its quotes.

With names of 75 emoji, descriptions of 3,000 characters, and 50 instances; lengths as whoever counts most has them.
"""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

import pytest

from bot.domain.digest import Summary
from bot.domain.doubles import Doubles
from bot.domain.drift import Drift, Drifts, Subject
from bot.domain.errors import CwBotError
from bot.domain.filters import check as check_filter
from bot.domain.instance import Change, Credentials, Filter, Instance, Profile, Standing, Waiting
from bot.domain.monitor import Health, Notice, NoticeKind
from bot.domain.onboarding import Onboarding, Phase, Thread
from bot.domain.report import Report, RightFinding, Rights, State
from bot.sandbox.slack.blocks import validate_message_blocks, validate_view
from bot.sandbox.slack.render import render_blocks
from bot.sandbox.slack.text import mentions, mrkdwn_in
from bot.services.audit import Deed
from bot.services.filter_preview import Preview
from bot.services.removal import Removed
from bot.services.revisions import EditEntry, FilterEntry, Rotated, Saved, Stale
from bot.services.status import Overview
from handlers.blocks import (
    audit,
    edit,
    filters,
    home,
    keys,
    kit,
    manage,
    notices,
    remove,
    report,
    site,
    status,
)
from handlers.blocks.card import Message
from handlers.blocks.notices_monitor import build_digest, build_notice
from handlers.changes import build_rotation_answer, build_stale
from tests.domain.onboarding_strategies import NOON, PEOPLE, begin, report_of

APP = "Rewst"
ADA, BEN, CLEO = PEOPLE
NOW = NOON + timedelta(hours=3)
LINK = "https://northwind.slack.com/archives/C0PSASETUP/p1"
NAMES = (
    "Production",
    "😀" * 75,
    "<!channel> <!here> <@U0EVIL00001> <https://evil.example|click> *b* `c`"[:75],
    "@here #general everyone@evil.example",
    "\u202eright to left\u202c\u2066\u200b",
    "x" * 75,
)
LONG = "*Ask* <!channel> & 😀" * 150
MISSING = tuple(
    RightFinding(module=module, function=function, level=level, have="None", want="All", why="Boards.")
    for module in ("Companies", "Service Desk", "System")
    for function in ("Table Setup", "Service Tickets", "A function with quite a long name & more")
    for level in ("add", "edit", "delete", "inquire")
)


@cache
def verdict(name: str) -> Report:
    """A report in which everything long is long."""
    facts = {
        "company_name": name,
        "version": "v2026.1" * 20,
        "region": "NA",
        "latency_ms": 17,
        "matches": 1234,
        "samples": [name] * 5,
        "role": name,
    }
    made = report_of(missing=MISSING, rights=State.FAIL, member="member_boards_restricted")
    excess = tuple(it.model_copy(update={"have": "All", "want": "None"}) for it in MISSING * 8)
    rights = Rights(missing=MISSING, excess=excess)
    return made.model_copy(update={"facts": facts, "rights": rights})


def instance_of(name: str, number: int = 0, **changes: Any) -> Instance:
    """An instance with all there can be."""
    drifts = tuple(
        Drift(subject=Subject.RIGHT, name=name, before="All", after=name, is_worse=True) for _ in range(12)
    )
    edits = tuple(
        Change(edition=it, what=("name", "description", "host", "company", "member"), by=ADA, at=NOON)
        for it in range(1, 9)
    )
    fields: dict[str, Any] = {
        "id": f"{number:016x}",
        "team_id": "T0NORTHWND",
        "name": name,
        "host": "h" * 60 + ".example",
        "company": "c" * 60,
        "description": LONG[:3000],
        "member": name,
        "is_default": number == 0,
        "standing": Standing.NEEDS_YOU,
        "credentials": Credentials.model_validate({"public_key": "p" * 255, "private_key": "k" * 255}),
        "keys_entered_by": BEN,
        "keys_entered_at": NOON - timedelta(days=400),
        "created_by": BEN,
        "created_at": NOON,
        "report": verdict(name),
        "drift": Drifts(since=NOON, at=NOON, changes=drifts),
        "new_keys": Waiting(submission_id="0123456789abcdef", by=CLEO, at=NOON),
        "edition": 9,
        "changes": edits,
        **changes,
    }
    return Instance(**fields)


def onboarding_of(instance: Instance) -> Onboarding:
    """Its unfinished onboarding."""
    thread = Thread(channel_id="C0PSASETUP", parent_ts="1.1", permalink=LINK)
    return begin(id=instance.id, name=instance.name, company=instance.company, thread=thread)


def overview_of(name: str, number: int) -> Overview[Instance]:
    """A workspace with so many instances, each with an unfinished onboarding, and three whose host is looked up."""
    found = tuple(instance_of(name, it) for it in range(number))
    checking = [
        begin(id=f"f{it:015x}", name=name, phase=Phase.CHECKING, thread=Thread(channel_id="C0PSASETUP"))
        for it in range(3)
    ]
    every = [*(onboarding_of(it) for it in found), *checking]
    return Overview(instances=found, onboardings={it.id: it for it in every})


def entry_of(name: str) -> EditEntry:
    """What was typed into the form with the details."""
    return EditEntry(
        team_id="T0NORTHWND",
        instance_id="0" * 16,
        by=BEN,
        edition=0,
        name=name,
        description=LONG[:3000],
        host="h.example",
        company="acme",
        profile=Profile.FULL,
    )


def messages(name: str) -> Iterator[Message]:
    """Every message about instances."""
    it, full = instance_of(name), overview_of(name, 50)
    onboarding = onboarding_of(it)
    yield status.build_status(it, onboarding, now=NOW, checking=True, others=full.others(it))
    yield status.build_status(it.evolve(report=None, credentials=None), None, now=NOW)
    yield status.build_shared(it, onboarding, by=BEN, now=NOW)
    yield status.build_list(full, now=NOW, waiting={"0" * 16}, failed={f"{1:016x}"})
    yield status.build_list(overview_of(name, 130), now=NOW)
    yield status.build_asking(it, onboarding, now=NOW)
    yield status.build_unknown(full, LONG)
    yield status.build_unknown(full, name)
    yield status.build_nothing()
    yield build_digest(Summary({Health.UP: 3, Health.DOWN: 50}, ((it, LONG),) * 50))
    for kind in NoticeKind:
        changes = it.drift.changes if it.drift else ()
        yield build_notice(
            it,
            Notice(
                serial=1,
                kind=kind,
                at=NOW,
                since=NOON,
                summary=LONG[:800],
                fix=LONG[:800],
                changes=changes,
                drops=3,
                is_stopped=True,
            ),
        )
    deeds = [Deed(by=BEN, action="manage", what="edit", subject=it.id, outcome="done", at=NOON)] * 60
    yield audit.build_audit(deeds, {it.id: name})
    for said in (manage.announce_rotation(it, NOON), manage.announce_reveal(it, BEN, NOON)):
        yield Message(text=said, blocks=[kit.section(said)])
    for text, blocks in (
        notices.build_usage(notices.STATUS_USAGE, LONG),
        notices.build_refusal(CwBotError("not_in_channel")),
    ):
        yield Message(text=text, blocks=blocks)


def views(name: str) -> Iterator[dict[str, Any]]:
    """Every modal and dashboard about instances."""
    it, full = instance_of(name), overview_of(name, 50)
    doubles = Doubles(same_key=(name,) * 50, same_company=(name,) * 50)
    stale = Stale(instance=it, edition=0, entry=entry_of(name))
    what = Filter(conditions='status/nam="x" AND types/name = "Client"', child_conditions="'" + "q" * 900)
    filter_entry = FilterEntry(team_id="T", instance_id=it.id, by=BEN, edition=0, filter=what)
    yield home.build_home(full, now=NOW, integration=APP, checking={it.id for it in full.instances})
    for number in (0, 1, 20):
        yield home.build_home(overview_of(name, number), now=NOW, integration=name)
    yield home.build_home_refusal(CwBotError("not_allowed_guest"))
    shown = status.build_status(it, onboarding_of(it), now=NOW, checking=True, note=f"*{kit.typed(name)}*")
    yield manage.build_instance(it, shown.blocks)
    yield manage.build_checking(it, "Nothing is saved before.")
    yield manage.build_saved(Saved(it, ("name", "filter"), verdict(name), doubles))
    yield manage.build_saved(Saved(it))
    yield manage.build_rotated(Rotated(it, verdict(name)))
    yield manage.build_removed(Removed(it, it))
    yield manage.build_shared_notice(it, "C0PSASETUP")
    yield edit.build_edit(it, edit.EditForm.of(it), integration=name)
    yield build_stale(stale, integration=APP)
    yield build_stale(Stale(instance=it, edition=0, entry=filter_entry), integration=APP)
    yield build_rotation_answer(it, Stale(instance=it, edition=0), member=name, integration=APP)
    for problem in (None, *check_filter(what)):
        problems = (problem,) if problem else ()
        preview = Preview(what, problems, matches=5, samples=(name,) * 5, error=CwBotError("not_allowed"))
        yield filters.build_filter(it, what, integration=name, preview=preview)
    yield keys.build_rotation(it)
    yield keys.build_reveal(it)
    yield keys.build_keys(it)
    yield remove.build_removal(it, full.others(it))
    yield remove.build_share(it, "C0PSASETUP")
    yield report.build_details(verdict(name))
    yield site.build_site(
        site.SiteForm(channel_id="C0PSASETUP", name=name, company="c" * 100), integration=name, problem="No."
    )
    yield notices.build_resume([onboarding_of(it)] * 50, channel_id="C0PSASETUP", integration=name)
    yield notices.build_refusal_modal(CwBotError("not_in_channel"))


LIMITS = {"button": 75, "option": 75, "header": 150, "section": 3000, "input": 2000, "modal": 24}


def too_long(value: Any) -> Iterator[str]:
    """Texts beyond Slack's limits when every emoji counts as two."""
    if isinstance(value, dict):
        kind = "option" if "value" in value and "type" not in value else str(value.get("type"))
        for name in ("text", "label", "title", "submit", "close", "description"):
            shown = value.get(name)
            if isinstance(shown, dict) and kit.measure(str(shown.get("text", ""))) > LIMITS.get(kind, 3000):
                yield f"{kind}.{name}: {shown['text'][:40]}…"
        for child in value.values():
            yield from too_long(child)
    elif isinstance(value, list):
        for child in value:
            yield from too_long(child)


def expect_plain(built: Any) -> None:
    """Nothing typed mentions, links, formats or reorders; Slack is told to make nothing of what looks like a mention."""
    for text in mrkdwn_in(built):
        assert set(mentions(text)) <= set(PEOPLE)
        assert "evil.example|" not in text
        assert "*b*" not in text
        assert "*Ask*" not in text
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b]", text)
    assert '"verbatim": false' not in json.dumps(built)


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_slack_takes_every_message_about_an_instance(name: str) -> None:
    for message in messages(name):
        assert validate_message_blocks(message.blocks) == []
        assert list(too_long(message.blocks)) == []
        assert 0 < len(message.text) <= 4000
        expect_plain([message.blocks, {"type": "mrkdwn", "text": message.text}])


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_slack_takes_every_modal_and_dashboard_about_an_instance(name: str) -> None:
    for view in views(name):
        assert validate_view(view) == []
        assert list(too_long(view)) == []
        assert len(json.dumps(view)) < 250_000
        expect_plain(view)


def test_fifty_instances_are_all_on_the_dashboard_and_in_the_list() -> None:
    fifty = Overview(instances=tuple(instance_of(f"Number {it}", it) for it in range(50)))
    for shown in (
        render_blocks(home.build_home(fifty, now=NOW, integration=APP)["blocks"]),
        render_blocks(status.build_list(fifty, now=NOW).blocks),
    ):
        assert all(f"Number {it} " in shown for it in range(50))


# --- what one reads there ---------------------------------------------------------------------------------------------


def read(message: Message) -> str:
    return render_blocks(message.blocks, message.text)


def test_a_status_says_how_old_it_is_which_release_how_fast_how_old_the_keys_are_and_what_drifted() -> None:
    said = read(status.build_status(instance_of("Production"), None, now=NOW))
    assert "3 hours ago" in said
    assert "v2026.1" in said
    assert "NA" in said
    assert "17 ms per answer" in said
    assert "Keys entered 400 days ago" in said
    assert "Time to rotate them" in said
    assert "Changed in ConnectWise" in said


def test_keys_of_today_are_not_said_to_be_entered_today_twice() -> None:
    fresh = instance_of("Production", keys_entered_at=NOW - timedelta(hours=1))
    assert "Keys entered less than a day ago by" in read(status.build_status(fresh, None, now=NOW))


@pytest.mark.parametrize(
    ("layer", "button"),
    [
        ("dns", "Edit details…"),
        ("company", "Edit details…"),
        ("keys", "Rotate keys…"),
        ("filter", "Edit filter…"),
    ],
)
def test_the_first_button_leads_to_where_it_is_mended(layer: str, button: str) -> None:
    states: dict[str, Any] = {layer: State.FAIL}
    broken = instance_of("Production", report=report_of(**states))
    row = manage.build_buttons(broken, onboarding_of(broken))[0]["elements"]
    assert row[0]["text"]["text"] == button
    assert [it.get("style") for it in row].count("primary") == 1
    assert [it.get("text", {}).get("text") for it in row].count(button) == 1


def test_a_role_with_gaps_leads_to_the_role_sheet_and_a_good_one_to_nothing_but_a_check() -> None:
    gaps = instance_of("Production")
    assert manage.build_buttons(gaps, onboarding_of(gaps))[0]["elements"][0]["text"]["text"] == "Role sheet"
    good = instance_of("Production", report=report_of())
    assert manage.build_buttons(good, onboarding_of(good))[0]["elements"][0]["text"]["text"] == "Check again"


def test_a_stale_form_says_who_changed_what_and_what_stands_there_now() -> None:
    it = instance_of("Production EU", changes=(Change(edition=9, what=("name",), by=ADA, at=NOON),))
    view = build_stale(Stale(instance=it, edition=8, entry=entry_of("Production")), integration=APP)
    said = render_blocks(view["blocks"])
    assert ADA in said
    assert "the name (now Production EU)" in said


def test_the_dashboard_tells_the_next_step_of_what_is_unfinished_and_can_begin_another() -> None:
    it = instance_of("Production", report=report_of())
    one = Overview(instances=(it,), onboardings={it.id: onboarding_of(it)})
    said = render_blocks(home.build_home(one, now=NOW, integration=APP)["blocks"])
    assert "Next: create the security role" in said
    assert "[Connect another]" in said
    empty = render_blocks(home.build_home(Overview(), now=NOW, integration=APP)["blocks"])
    assert "[Connect ConnectWise]" in empty


def test_keys_are_shown_letter_by_letter() -> None:
    blocks = keys.build_keys(instance_of("Production"))["blocks"]
    found = [it["elements"][0] for it in blocks if it["type"] == "rich_text"]
    assert [it["type"] for it in found] == ["rich_text_preformatted"] * 2


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*b*", "∗b∗"),
        ("a `c` and ~s~", "a ˋcˋ and ∼s∼"),
        ("set CW_BOT_CA_BUNDLE", "set CW_BOT_CA_BUNDLE"),
        ('types/name like "Client*"', 'types/name like "Client*"'),
        ("_x_ <!here>", "\uff3fx\uff3f &lt;!here&gt;"),
    ],
)
def test_a_pair_of_marks_formats_nothing_and_a_lone_one_stays_as_it_is(text: str, shown: str) -> None:
    assert kit.escape(text) == shown


def test_levels_of_a_function_that_changed_alike_are_told_in_one_line() -> None:
    changes = tuple(
        Drift(
            subject=Subject.RIGHT,
            name=f"Project › {function} › {level}",
            before="All",
            after="None",
            is_worse=True,
        )
        for function in ("Project Headers", "Project Ticket")
        for level in ("Add", "Edit", "Inquire")
    )
    it = instance_of("Production", drift=Drifts(since=NOON, at=NOON, changes=changes))
    said = read(status.build_status(it, None, now=NOW))
    assert "Role: Project › Project Headers › Add, Edit, Inquire: All → None" in said
    assert said.count("Project ›") == 2
