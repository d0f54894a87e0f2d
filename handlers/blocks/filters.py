"""The company filter: the three inputs wherever they are asked for, and the form with the live preview."""

from bot.domain.catalogue import explain_error
from bot.domain.filters import DEFAULT_FILTER, LABELS, Problem
from bot.domain.instance import Filter, Instance
from bot.services.filter_preview import Preview
from handlers.blocks import kit
from handlers.blocks.kit import JSON
from handlers.blocks.meta import Meta
from handlers.ids import Action, Block, Callback


def build_filter_inputs(shown: Filter, suffix: str = "") -> list[JSON]:
    """The three inputs. Slack keeps what was typed where an input's id stays, so other contents need another suffix."""
    return [
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


def build_filter(
    instance: Instance,
    shown: Filter,
    *,
    integration: str,
    round_: int = 0,
    preview: Preview | None = None,
    notice: str = "",
) -> JSON:
    """The form. `round_` grows whenever the bot itself has changed what stands in the inputs."""
    head = [
        kit.section(f"Which companies does *{kit.typed(instance.name)}* work on?  Empty means all of them.")
    ]
    if notice:
        head.insert(0, kit.section(notice))
    tools = kit.actions(
        kit.button("Preview", Action.FILTER_PREVIEW, instance.id),
        kit.button(f"Use {kit.clip(integration, 20)}'s default", Action.FILTER_PRESET, instance.id),
        block_id="filter_tools",
    )
    suffix = f"/{round_}" if round_ else ""
    return kit.modal(
        callback_id=Callback.FILTER,
        title="Edit filter",
        submit="Save",
        close="Cancel",
        private_metadata=Meta(instance_id=instance.id, edition=instance.edition, round=round_).pack(),
        blocks=[*head, *build_filter_inputs(shown, suffix), tools, *_build_preview(instance, preview)],
    )


def preset() -> Filter:
    """The integration's own default."""
    return DEFAULT_FILTER


def _build_preview(instance: Instance, preview: Preview | None) -> list[JSON]:
    if preview is None:
        return [
            kit.context("*Preview* asks ConnectWise how many companies come through. Nothing is saved by it.")
        ]
    blocks = []
    if preview.complaint is not None:
        blocks += _complaint(instance, preview.complaint)
    if preview.matches is not None:
        blocks.append(kit.section(_count(preview)))
    if preview.error is not None:
        said = explain_error(preview.error, field="filter")
        blocks.append(kit.section(f":warning: {kit.escape(kit.clip(f'{said.summary} {said.fix}', 1000))}"))
    return blocks


def _count(preview: Preview) -> str:
    if not preview.matches:
        return ":warning: *No company* comes through. Saved like this, the integration would work on nothing."
    number = "1 company comes" if preview.matches == 1 else f"{preview.matches:,} companies come"
    names = "\n".join(f"•  {kit.typed(name, 100)}" for name in preview.samples)
    return f":mag: *{number} through.*" + (f" For example:\n{names}" if names else "")


def _complaint(instance: Instance, problem: Problem) -> list[JSON]:
    said = explain_error(problem.error)
    mark = ":x:" if problem.is_error else ":warning:"
    where = LABELS[problem.kind].capitalize()
    words = kit.escape(kit.clip(f"{said.summary} {said.fix}", 800))
    text = f"{mark} *{where}*, character {problem.position + 1}: {words}"
    text += f"\n```{_fenced(problem.caret_line())}```"
    if problem.suggestion is not None:
        text += f"\nPerhaps {kit.code(problem.suggestion, 200)}."
    buttons = []
    if problem.move_to is not None:
        label = f"Move it to the {LABELS[problem.move_to]}"
        buttons.append(kit.button(label, Action.FILTER_MOVE, instance.id, style="primary"))
    elif problem.suggestion is not None:
        buttons.append(kit.button("Use the suggestion", Action.FILTER_SUGGEST, instance.id))
    blocks = [kit.section(text)]
    return [*blocks, kit.actions(*buttons, block_id="filter_mend")] if buttons else blocks


def _fenced(text: str) -> str:
    """For a monospaced block: nothing in it can end the block."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("`", "ˋ")
