import pytest

from bot.sandbox.slack import Message, SlackServer, render_text
from tests.sandbox_slack.app import Data, button, mrkdwn, option, plain, section, typed


def shown(*blocks: Data, text: str = "") -> str:
    return render_text(Message("1.1", "C0PSASETUP", "U0ADA00001", text, list(blocks)))


RICH: Data = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "Hi "},
                {"type": "user", "user_id": "U1"},
                {"type": "emoji", "name": "wave"},
                {"type": "link", "url": "https://x.test"},
            ],
        },
        {
            "type": "rich_text_list",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "one"}]}],
        },
    ],
}


@pytest.mark.parametrize(
    ("block", "read"),
    [
        (section("a", fields=[mrkdwn("b"), mrkdwn("*c*")], accessory=button("Go")), "a\nb\nc\n[Go]"),
        ({**typed("Key", "k"), "hint": plain("Visible."), "optional": True}, None),
        ({"type": "alert", "level": "warning", "text": mrkdwn("Careful")}, "⚠ Careful"),
        ({"type": "image", "image_url": "https://x.test/a", "alt_text": "a chart"}, "(a chart)"),
        ({"type": "markdown", "text": "**bold**"}, "**bold**"),
        ({"type": "video"}, "(video)"),
        (
            {
                "type": "actions",
                "elements": [{"type": "overflow", "options": [option("Edit"), option("Drop")]}],
            },
            "[⋯ Edit | Drop]",
        ),
        (
            {
                "type": "actions",
                "elements": [{"type": "radio_buttons", "options": [option("Yes"), option("No")]}],
            },
            "○ Yes ○ No",
        ),
        (
            {"type": "actions", "elements": [{"type": "users_select", "placeholder": plain("Who?")}]},
            "[Who? ▾]",
        ),
        (
            {
                "type": "table",
                "rows": [[{"type": "raw_text", "text": "a"}, {"type": "raw_text", "text": "b"}]],
            },
            "a | b",
        ),
        (RICH, "Hi @U1👋https://x.test\n• one"),
    ],
)
def test_blocks_read_as_they_look(block: Data, read: str | None) -> None:
    assert shown(block) == (read or "Key (optional): [plain_text_input ▾]\n  Visible.")


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("*bold* _it_ ~no~ 2*3*4 snake_case_name", "bold it no 2*3*4 snake_case_name"),
        ("`<!channel>` & ```code\n*x*```", "@channel & code\n*x*"),
        ("&lt;b&gt; &amp;amp;", "<b> &amp;"),
        ("<https://x.test> <mailto:a@b.c|a@b.c> <#C1> <!here|here>", "https://x.test a@b.c #C1 @here"),
        (":rocket: :not_an_emoji:", "🚀 :not_an_emoji:"),
    ],
)
def test_markup_reads_as_it_looks(text: str, read: str) -> None:
    assert shown(text=text) == read


async def test_ids_read_as_names(slack: SlackServer) -> None:
    ada = slack.person("ada")
    said = ada.say("@ben see #helpdesk", "psa-setup")
    message = next(m for m in ada.messages("psa-setup") if m.ts == said.ts)
    assert ada.read(message) == "@Ben Okafor see #helpdesk"
