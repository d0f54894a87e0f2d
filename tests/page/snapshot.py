"""A workspace to look at: every kind of block, message and person that the page has to draw."""

from datetime import UTC, datetime, timedelta
from typing import Any

Json = dict[str, Any]

TEAM = {"id": "T1", "name": "Northwind IT", "domain": "northwind-it"}
ADA, BEN, CLEO, EVE, BOT = "U1ADA", "U2BEN", "U3CLEO", "U9EVE", "U0BOT"
SETUP, PRIVATE, SHARED, LONELY, OLD = "C1SETUP", "C2OPS", "C3SHARED", "C4LONELY", "C5OLD"
NOW = datetime(2030, 3, 6, 14, 30, tzinfo=UTC)


def ts_at(minutes_ago: float, tail: int = 100) -> str:
    """A message's ts so many minutes before the time at which the tests play."""
    return f"{int((NOW - timedelta(minutes=minutes_ago)).timestamp())}.{tail:06d}"


ROOT = ts_at(42)


def user(user_id: str, name: str, real_name: str, role: str, **more: Any) -> Json:
    """A person or bot as the state lists them."""
    home = {
        "team_id": "T1",
        "team_name": "Northwind IT",
        "title": "",
        "color": "8a5cd1",
        "tz": "Europe/London",
    }
    return {"id": user_id, "name": name, "real_name": real_name, "role": role, **home, **more}


def channel(channel_id: str, name: str, **more: Any) -> Json:
    """A channel as the state lists it."""
    plain = {"is_private": False, "is_ext_shared": False, "is_archived": False, "is_member": True}
    return {"id": channel_id, "name": name, **plain, "bot_is_member": True, "topic": "", "unread": 0, **more}


def message(user_id: str, text: str, minutes_ago: float, **more: Any) -> Json:
    """A message as the state lists it."""
    sent: Json = {"ts": ts_at(minutes_ago), "user": user_id, "text": text, "thread_ts": None, "blocks": []}
    kept = {"edited": False, "ephemeral": False, "reply_count": 0, "reply_users": [], "latest_reply": None}
    return {**sent, **kept, "date": (NOW - timedelta(minutes=minutes_ago)).isoformat(), **more}


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> Json:
    """A mrkdwn object."""
    return {"type": "mrkdwn", "text": text}


def section(text: str, **more: Any) -> Json:
    """A section of mrkdwn."""
    return {"type": "section", "text": mrkdwn(text), **more}


def button(text: str, action_id: str, **more: Any) -> Json:
    """A button."""
    return {"type": "button", "text": plain(text), "action_id": action_id, **more}


def option(text: str, value: str, **more: Any) -> Json:
    """An option of a select, overflow menu or checkbox."""
    return {"text": plain(text), "value": value, **more}


def text_input(label: str, block_id: str, **element: Any) -> Json:
    """An input block with a plain_text_input; `hint` and `optional` go to the block."""
    block: Json = {"type": "input", "block_id": block_id, "label": plain(label)}
    for name in ("hint", "optional"):
        if name in element:
            block[name] = element.pop(name)
    return {**block, "element": {"type": "plain_text_input", "action_id": f"{block_id}_in", **element}}


def view(blocks: list[Json], **more: Any) -> Json:
    """A modal as the state lists it."""
    shown = {"id": "V1", "hash": "1.a", "title": "Connect ConnectWise", "submit": "Next", "close": "Cancel"}
    return {
        **shown,
        "blocks": blocks,
        "errors": {},
        "error": None,
        "callback_id": "setup",
        "values": {},
        **more,
    }


PARENT_BLOCKS: list[Json] = [
    {"type": "header", "block_id": "h", "text": plain(":electric_plug: Connecting ConnectWise: Northwind")},
    section(
        f"`▓▓▓▓▓░░░` *5 of 8 steps* · started by <@{ADA}> "
        f"<!date^{int(NOW.timestamp()) - 3600}^{{date_short_pretty}} at {{time}}|an hour ago>",
        block_id="s",
    ),
    section(
        ":white_check_mark: *Security role* – checked by the API\n"
        f":white_check_mark: *API member* – <@{BEN}>\n"
        ":white_check_mark: *API keys* – sealed, the last four are `…7c1e`\n"
        ":hourglass_flowing_sand: *Verdict* – checking `na.myconnectwise.net`…\n"
        ":white_circle: *Integration in Rewst* – next: <https://docs.example.com/rewst|open the guide>",
        block_id="steps",
    ),
    {
        "type": "actions",
        "block_id": "acts",
        "elements": [
            button("Enter API keys", "keys", style="primary", value="i1"),
            button("Check again", "check", value="i1"),
            button(
                "Remove",
                "remove",
                style="danger",
                value="i1",
                confirm={
                    "title": plain("Remove Northwind?"),
                    "text": mrkdwn("The keys are *destroyed*. This cannot be undone."),
                    "confirm": plain("Remove it"),
                    "deny": plain("Keep it"),
                    "style": "danger",
                },
            ),
            {
                "type": "overflow",
                "action_id": "more",
                "options": [option("Rename", "rename"), option("Make default", "default")],
            },
        ],
    },
    {
        "type": "context",
        "block_id": "c",
        "elements": [mrkdwn(":lock: Keys are sealed before they are checked"), mrkdwn("_Updated just now_")],
    },
]

GALLERY: list[Json] = [
    {"type": "header", "block_id": "g0", "text": plain("Status of Northwind")},
    {
        "type": "section",
        "block_id": "g1",
        "fields": [
            mrkdwn("*Site*\nna.myconnectwise.net"),
            mrkdwn("*Company*\nnorthwind"),
            mrkdwn("*Outcome*\n:large_green_circle: verified"),
            mrkdwn("*Checked*\n2 minutes ago in 412 ms"),
        ],
    },
    {"type": "divider", "block_id": "g2"},
    section(
        "*Who is told?*\nThe person who is asked when something breaks.",
        block_id="g3",
        accessory={"type": "users_select", "action_id": "owner", "placeholder": plain("Choose a person")},
    ),
    {
        "type": "table",
        "block_id": "g4",
        "column_settings": [{"is_wrapped": True}, {"align": "center"}, {"align": "right"}],
        "rows": [
            [{"type": "raw_text", "text": name} for name in ("Layer", "State", "Took")],
            [
                {"type": "raw_text", "text": name}
                for name in ("TLS certificate", ":white_check_mark:", "38 ms")
            ],
            [{"type": "raw_text", "text": name} for name in ("Rights of the role", ":warning:", "211 ms")],
        ],
    },
    {
        "type": "rich_text",
        "block_id": "g5",
        "elements": [
            {
                "type": "rich_text_section",
                "elements": [
                    {"type": "text", "text": "Missing rights", "style": {"bold": True}},
                    {"type": "text", "text": " for "},
                    {"type": "user", "user_id": BEN},
                ],
            },
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [
                    {
                        "type": "rich_text_section",
                        "elements": [{"type": "text", "text": "Companies › Configurations"}],
                    },
                    {
                        "type": "rich_text_section",
                        "elements": [{"type": "text", "text": "Service Desk › Tickets"}],
                    },
                ],
            },
            {
                "type": "rich_text_quote",
                "elements": [{"type": "text", "text": "A level of None is no level."}],
            },
            {
                "type": "rich_text_preformatted",
                "elements": [{"type": "text", "text": "GET /system/mySecurity → 200"}],
            },
        ],
    },
    {
        "type": "markdown",
        "block_id": "g6",
        "text": "### What to click\n1. **System** → *Security Roles*\n2. Open `Rewst API`\n\n> Save, then check again.",
    },
    {
        "type": "image",
        "block_id": "g7",
        "image_url": "https://example.com/x.png",
        "alt_text": "The grid of rights",
    },
]

HOSTILE = '&lt;img src=x onerror="window.hacked=1"&gt; &lt;!channel&gt; &amp;lt;b&amp;gt; <javascript:alert(1)|click me>'


def messages() -> dict[str, list[Json]]:
    """What has been said in each channel."""
    replies = [
        message(
            BOT, "", 41 - step, ts=ts_at(41 - step), thread_ts=ROOT, blocks=[section(words, block_id="r")]
        )
        for step, words in enumerate(
            (
                "*1 · Security role* – System → Security Roles → *+*, name it `Rewst API`.",
                "*2 · API member* – System → Members → *API Members* → *+*.",
                "*3 · API keys* – open the member → *API Keys* → *+* → *Save*.",
            )
        )
    ]
    setup = [
        message(ADA, "Let us get ConnectWise connected this week. :rocket:", 1500),
        message(BEN, f"<@{ADA}> I have admin rights there. What do you need from me?", 58),
        message(BEN, "I can make the API member right now.", 57),
        message(
            BOT,
            "Connecting ConnectWise: Northwind",
            42,
            ts=ROOT,
            blocks=PARENT_BLOCKS,
            edited=True,
            reply_count=4,
            reply_users=[BOT, BEN],
            latest_reply=ts_at(6),
        ),
        *replies,
        message(BEN, "Done, the role is there.", 6, thread_ts=ROOT),
        message(CLEO, "> which site is it?\nThe _American_ cloud: `na.myconnectwise.net`, not ~eu~.", 5),
        message(
            BOT,
            "Only you see this.",
            3,
            ephemeral=True,
            blocks=[section(":bulb: Type `/cw-status`.", block_id="e")],
        ),
    ]
    return {
        SETUP: setup,
        PRIVATE: [message(BOT, "Status", 12, blocks=GALLERY), message(ADA, HOSTILE, 4)],
        SHARED: [message(EVE, "Hello from Contoso! Is the ticket sync live?", 30)],
        LONELY: [message(CLEO, "Nobody has invited the app here.", 90)],
        OLD: [message(ADA, "We are done here.", 20000)],
    }


HOME: Json = {
    "hash": "h1",
    "blocks": [
        {"type": "header", "block_id": "hh", "text": plain("Your ConnectWise instances")},
        section(
            "*Northwind* · default\n:large_green_circle: verified 2 minutes ago",
            block_id="hs",
            accessory=button("Check now", "home_check", value="i1"),
        ),
        {"type": "divider", "block_id": "hd"},
        {
            "type": "actions",
            "block_id": "ha",
            "elements": [button("Connect another", "home_add", style="primary", value="new")],
        },
    ],
}

PANEL: Json = {
    "title": "ConnectWise",
    "crib": {
        "Site": "127.0.0.1:41873",
        "Company ID": "northwind",
        "Public key": "aB3dE5fG7hJ9kL1m",
        "Private key": "Zx9Yw8Vu7Ts6Rq5P",
    },
    "moods": [
        {
            "id": "tls",
            "label": "Certificate",
            "group": "Network",
            "kind": "select",
            "value": "good",
            "default": "good",
            "options": [{"value": "good", "label": "good"}, {"value": "expired", "label": "expired"}],
            "help": "The certificate that the site presents.",
        },
        {
            "id": "latency",
            "label": "Latency",
            "group": "Network",
            "kind": "number",
            "value": 0,
            "default": 0,
            "help": "Seconds.",
        },
        {
            "id": "upgraded",
            "label": "ConnectWise was upgraded",
            "group": "Site",
            "kind": "toggle",
            "value": False,
            "default": False,
            "help": "The versioned codebase is gone.",
        },
        {
            "id": "rights_missing",
            "label": "Levels taken away",
            "group": "Security role",
            "kind": "rows",
            "value": [],
            "default": [],
            "help": "These levels are None.",
            "options": [
                {"value": f"Module {n}/Function {n}", "label": f"Module {n} › Function {n}"}
                for n in range(80)
            ],
        },
    ],
    "requests": [
        {
            "method": "GET",
            "path": "/login/companyinfo/northwind",
            "member": None,
            "status": 200,
            "duration_ms": 3,
        },
        {
            "method": "GET",
            "path": "/v4_6_release/apis/3.0/system/info",
            "member": "Rewst",
            "status": 401,
            "duration_ms": 8,
        },
    ],
}


def state() -> Json:
    """A fresh state, as Ada sees it."""
    return {
        "rev": 1,
        "team": TEAM,
        "me": ADA,
        "users": [
            user(ADA, "ada", "Ada Berg", "owner", title="Head of operations"),
            user(BEN, "ben", "Ben Okafor", "admin", title="ConnectWise admin", color="#c2632b"),
            user(CLEO, "cleo", "Cleo Marsh", "member", title="Automation engineer", color="2f7fb3"),
            user(EVE, "eve", "Eve Tan", "stranger", team_id="T2", team_name="Contoso Ltd", color="b3446c"),
            user(BOT, "cw_bot", "CW Bot", "bot"),
        ],
        "channels": [
            channel(SETUP, "psa-setup", topic="Connecting ConnectWise"),
            channel(PRIVATE, "ops-room", is_private=True),
            channel(SHARED, "ext-contoso", is_ext_shared=True, unread=2, topic="Shared with Contoso Ltd"),
            channel(LONELY, "helpdesk", bot_is_member=False, topic="Tickets, mostly"),
            channel(OLD, "old-migration", is_archived=True),
        ],
        "commands": [
            {"command": "/cw-setup", "description": "Connect ConnectWise Manage", "usage_hint": "[help]"},
            {
                "command": "/cw-status",
                "description": "What works and what does not",
                "usage_hint": "[name | all]",
            },
        ],
        "app": {"id": "A1", "name": "CW Bot", "bot_user_id": BOT, "has_home": True},
        "messages": messages(),
        "views": [],
        "home": HOME,
        "panels": ["connectwise"],
        "users_switchable": [ADA, BEN, CLEO],
    }
