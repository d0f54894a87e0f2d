"""Modal 1: where is your ConnectWise?"""

from dataclasses import dataclass
from functools import lru_cache

from bot.domain.hygiene import REGIONS
from bot.domain.instance import Profile
from bot.slack.wire import Written
from handlers.blocks import kit
from handlers.blocks.kit import JSON
from handlers.blocks.meta import Meta
from handlers.ids import Block, Callback

OWN_HOST = "own"

PROFILES: dict[Profile, tuple[str, str]] = {
    Profile.FULL: ("Everything {app} automates", "20 functions: tickets, projects, time, billing"),
    Profile.NO_PROJECTS: ("Everything but projects", "16 functions"),
    Profile.NO_TIME: ("Everything but time and billing", "17 functions"),
    Profile.CONNECT: ("Only the connection", "The 2 functions without which nothing works"),
}


@dataclass(frozen=True, slots=True)
class SiteForm:
    """What the modal starts from."""

    channel_id: str
    name: str = ""
    region: str = ""
    host: str = ""
    company: str = ""
    profile: Profile = Profile.FULL
    has_keys: bool = False


def build_site(form: SiteForm, *, integration: str, problem: str = "") -> JSON:
    """The modal; `problem` (mrkdwn) is shown on top where a slow look-up found one."""
    intro = (
        f"Let's connect ConnectWise to *{kit.typed(integration)}*. I check host and company at once; "
        "*no key is asked for here*."
    )
    head = [kit.section(f":warning: {problem}")] if problem else [kit.section(intro)]
    return kit.modal(
        callback_id=Callback.SITE,
        title="Connect ConnectWise",
        submit="Check & continue",
        close="Cancel",
        private_metadata=Meta(channel_id=form.channel_id).pack(),
        blocks=[*head, *_where(form), *_how(form, integration)],
    )


@lru_cache(maxsize=64)
def build_empty_site(channel_id: str, integration: str) -> Written:
    """The modal as nearly everybody begins with it, and waits for it: it is made once a channel."""
    return Written(build_site(SiteForm(channel_id=channel_id), integration=integration))


def _where(form: SiteForm) -> list[JSON]:
    regions = [kit.option(region.label, region.key, region.web_host) for region in REGIONS]
    own = kit.option("Own hostname", OWN_HOST, "On-premises or hosted by a partner: fill in Hostname")
    return [
        kit.field(
            Block.NAME,
            "Instance name",
            kit.text_input(initial=form.name, placeholder="Production", limit=75),
            hint="How your team will call this connection, e.g. Production or Sandbox.",
        ),
        kit.field(
            Block.REGION,
            "Site",
            kit.select([*regions, own], initial=form.region or REGIONS[0].key),
            hint="What your browser shows when you work in ConnectWise.",
        ),
        kit.field(
            Block.HOST,
            "Hostname",
            kit.text_input(initial=form.host, placeholder="connectwise.your-company.com", limit=300),
            hint="Only for your own hostname; when filled in it goes before Site. ConnectWise shows it under "
            "System → My Company → Site URL. Paste it as it is.",
            optional=True,
        ),
        kit.field(
            Block.COMPANY,
            "Company ID",
            kit.text_input(initial=form.company, placeholder="acme", limit=100),
            hint="The short name you type on ConnectWise's sign-in screen, not the display name.",
        ),
    ]


def _how(form: SiteForm, integration: str) -> list[JSON]:
    channel: JSON = {
        "type": "conversations_select",
        "action_id": "value",
        "filter": {
            "include": ["public", "private"],
            "exclude_bot_users": True,
            "exclude_external_shared_channels": True,
        },
    }
    if form.channel_id:
        channel["initial_conversation"] = form.channel_id
    profiles = [
        kit.option(label.format(app=integration), profile, about)
        for profile, (label, about) in PROFILES.items()
    ]
    answers = [kit.option("Not yet: show us how", "no"), kit.option("Yes, I have them here", "yes")]
    radio: JSON = {
        "type": "radio_buttons",
        "action_id": "value",
        "options": answers,
        "initial_option": answers[1 if form.has_keys else 0],
    }
    return [
        kit.field(
            Block.PROFILE,
            "What will it be used for?",
            kit.select(profiles, initial=form.profile),
            hint="Decides which rights the security role needs. Nothing beyond them is asked for.",
        ),
        kit.field(
            Block.CHANNEL,
            "Channel for the thread",
            channel,
            hint="I post one thread there, in which the whole team sees each step.",
        ),
        kit.field(Block.HAS_KEYS, "Do you have API keys already?", radio),
    ]
