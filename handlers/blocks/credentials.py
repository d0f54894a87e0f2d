"""Modal 2: the API member's keys."""

from bot.domain.filters import DEFAULT_FILTER
from bot.domain.instance import Filter
from bot.domain.onboarding import Onboarding, Pending
from handlers.blocks import kit
from handlers.blocks.kit import JSON
from handlers.blocks.meta import Meta
from handlers.ids import Action, Block, Callback


def build_credentials(
    onboarding: Onboarding,
    *,
    integration: str,
    asks_client_id: bool,
    problem: str = "",
    preset: bool = False,
    notes: tuple[str, ...] = (),
) -> JSON:
    """The modal. It never holds a key: what waits sealed is offered by leaving both key fields empty.

    `notes` tell what was changed of the hostname, and what else is worth a look. `preset` fills in the integration's own
    default filter; the input's ids change with it, because Slack keeps what was typed where they stay.
    """
    where = f"*{kit.typed(onboarding.name)}*  ·  company {kit.code(onboarding.company)} at {kit.code(onboarding.host)}"
    if onboarding.company_name:
        where += f" ({kit.typed(onboarding.company_name)})"
    head = [kit.section(where)]
    if problem:
        head.append(kit.section(f":warning: {problem}"))
    if notes:
        head.append(kit.context(*notes))
    return kit.modal(
        callback_id=Callback.CREDENTIALS,
        title="Enter API keys",
        submit="Verify",
        close="Later",
        private_metadata=Meta(onboarding_id=onboarding.id, keys_seen=stamp_keys(onboarding)).pack(),
        blocks=[
            *head,
            *_keys(onboarding, integration),
            kit.divider(),
            *_filter(onboarding.filter, integration, preset=preset),
            _client_id(onboarding, asks_client_id=asks_client_id),
        ],
    )


def stamp_keys(onboarding: Onboarding) -> str:
    """Which hand-in counts at the moment: a modal that was opened on another one is stale."""
    return onboarding.keys_at.isoformat() if onboarding.keys_at else ""


def _keys(onboarding: Onboarding, integration: str) -> list[JSON]:
    waiting = onboarding.pending
    private_hint = (
        "Slack has no masked field: it is visible while you type. I seal it before anything else, "
        "and it is never shown, posted or logged."
    )
    blocks = [
        kit.field(
            Block.MEMBER,
            "API member ID",
            kit.text_input(initial=onboarding.member, placeholder=integration, limit=60),
            hint="System → Members → API Members: the Member ID. Leave it empty and I look it up by the keys.",
            optional=True,
        ),
        kit.field(
            Block.PUBLIC_KEY,
            "Public key",
            kit.text_input(limit=255),
            hint="The member's API Keys tab.",
            optional=waiting is not None,
        ),
        kit.field(
            Block.PRIVATE_KEY,
            "Private key",
            kit.text_input(limit=255),
            hint=private_hint,
            optional=waiting is not None,
        ),
    ]
    return blocks if waiting is None else [_waiting(waiting), *blocks]


def _waiting(waiting: Pending) -> JSON:
    return kit.context(
        f":lock: A pair entered by {kit.user(waiting.by)}, {kit.date(waiting.at)}, waits, sealed. "
        "Leave both key fields empty to use it again."
    )


def _filter(current: Filter, integration: str, *, preset: bool) -> list[JSON]:
    shown = DEFAULT_FILTER if preset else current
    suffix = "/preset" if preset else ""
    fill = kit.button(f"Use {kit.clip(integration, 20)}'s default", Action.USE_PRESET)
    return [
        kit.section(
            "*Which companies?*  Optional. Empty means all of them.", accessory=fill, block_id="filter_intro"
        ),
        kit.field(
            Block.CONDITIONS + suffix,
            "Company query conditions",
            kit.text_input(
                initial=shown.conditions,
                placeholder='deletedFlag=false AND status/name="Active"',
                limit=1500,
                multiline=True,
            ),
            hint="ConnectWise's conditions grammar. I read it before I send it.",
            optional=True,
        ),
        kit.field(
            Block.CHILD_CONDITIONS + suffix,
            "Company query child conditions",
            kit.text_input(
                initial=shown.child_conditions, placeholder='types/name like "Client*"', limit=1000
            ),
            hint="For lists in a company, such as types/name.",
            optional=True,
        ),
        kit.field(
            Block.CUSTOM_CONDITIONS + suffix,
            "Company query custom field conditions",
            kit.text_input(
                initial=shown.custom_field_conditions,
                placeholder='caption="Managed" AND value = true',
                limit=1000,
            ),
            optional=True,
        ),
    ]


def _client_id(onboarding: Onboarding, *, asks_client_id: bool) -> JSON:
    """It is sealed with the keys, so what was typed is never filled in again."""
    waits = onboarding.pending is not None
    if waits:
        when_empty = "Leave it empty to use the one that was entered with the waiting pair, if one was."
    elif asks_client_id:
        when_empty = "This bot has none of its own, so yours is needed."
    else:
        when_empty = "Leave it empty to use this bot's own."
    return kit.field(
        Block.CLIENT_ID,
        "Client ID",
        kit.text_input(placeholder="00000000-0000-0000-0000-000000000000", limit=60),
        hint=f"The GUID from developer.connectwise.com/ClientID. {when_empty}",
        optional=waits or not asks_client_id,
    )
