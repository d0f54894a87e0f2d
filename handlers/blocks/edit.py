"""The form with an instance's details."""

from dataclasses import dataclass

from bot.domain.instance import Instance, Profile
from handlers.blocks import kit
from handlers.blocks.kit import JSON
from handlers.blocks.meta import Meta
from handlers.blocks.site import PROFILES
from handlers.ids import Block, Callback


@dataclass(frozen=True, slots=True)
class EditForm:
    """What stands in the form."""

    name: str
    description: str
    host: str
    company: str
    profile: Profile

    @classmethod
    def of(cls, instance: Instance) -> "EditForm":
        """What is kept."""
        return cls(
            name=instance.name,
            description=instance.description,
            host=instance.host,
            company=instance.company,
            profile=instance.profile,
        )


def build_edit(instance: Instance, form: EditForm, *, integration: str, notice: str = "") -> JSON:
    """The form; `notice` (mrkdwn) says on top what came of the last try."""
    profiles = [kit.option(text.format(app=integration), it, about) for it, (text, about) in PROFILES.items()]
    proof = (
        "Another host or company is checked with the keys I keep, and saved only if they work there."
        if instance.credentials is not None
        else "Another host or company is checked before it is saved."
    )
    blocks = [
        kit.field(Block.NAME, "Instance name", kit.text_input(initial=form.name, limit=75)),
        kit.field(
            Block.DESCRIPTION,
            "Description",
            kit.text_input(
                initial=form.description,
                placeholder="What it is for, and whom to ask",
                limit=3000,
                multiline=True,
            ),
            optional=True,
        ),
        kit.field(Block.HOST, "Hostname", kit.text_input(initial=form.host, limit=300), hint=proof),
        kit.field(Block.COMPANY, "Company ID", kit.text_input(initial=form.company, limit=100)),
        kit.field(
            Block.PROFILE,
            "What is it used for?",
            kit.select(profiles, initial=form.profile),
            hint="Decides which rights the security role is held to.",
        ),
    ]
    head = [kit.section(notice)] if notice else []
    return kit.modal(
        callback_id=Callback.EDIT,
        title="Edit instance",
        submit="Save",
        close="Cancel",
        private_metadata=Meta(instance_id=instance.id, edition=instance.edition).pack(),
        blocks=[*head, *blocks],
    )
