"""The role sheet: which level of which function to click, by module in the order of ConnectWise's grid."""

from bot.domain.matrix import COLUMNS, ModuleSheet, Row, role_sheet, role_sheet_csv
from bot.domain.onboarding import Onboarding
from handlers.blocks import kit
from handlers.blocks.kit import JSON
from handlers.ids import Action, Callback


def build_lines(onboarding: Onboarding) -> list[JSON]:
    """The sheet in short, for the step's message: a section a module."""
    return [kit.section(_module(sheet)) for sheet in role_sheet(onboarding.profile)]


def build_buttons(onboarding: Onboarding) -> list[JSON]:
    """What opens the sheet in full."""
    return [kit.button("Role sheet", Action.ROLE_SHEET, onboarding.id)]


def build_sheet(onboarding: Onboarding, *, integration: str) -> JSON:
    """The sheet in full, as a modal to print or to copy from: with the reasons, and as a table for a spreadsheet."""
    role = kit.code(f"{integration} API", 40)
    return kit.modal(
        callback_id=Callback.NOTICE,
        title="Role sheet",
        blocks=[
            kit.section(
                f"*System → Security Roles → {role}*\nSet these levels. Whatever is not listed stays *None*."
            ),
            *(kit.section(_module(sheet, with_reasons=True)) for sheet in role_sheet(onboarding.profile)),
            kit.divider(),
            kit.section("*As a table.*  Copy it into a file called `role.csv`, and a spreadsheet opens it."),
            _preformatted(role_sheet_csv(onboarding.profile).replace("\r\n", "\n").rstrip("\n")),
        ],
    )


def _module(sheet: ModuleSheet, *, with_reasons: bool = False) -> str:
    lines = [f"*{kit.escape(sheet.module)}*"]
    for row in sheet.rows:
        reason = f"\n      _{kit.escape(row.why)}_" if with_reasons and row.why else ""
        lines.append(f"•  {kit.escape(row.function)}:  {_levels(row)}{reason}")
    return "\n".join(lines)


def _levels(row: Row) -> str:
    given = [(name.capitalize(), row.level(name)) for name in COLUMNS if row.level(name) != "None"]
    return ", ".join(f"{name} *{level}*" for name, level in given)


def _preformatted(text: str) -> JSON:
    part = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": text}]}
    return {"type": "rich_text", "elements": [part]}
