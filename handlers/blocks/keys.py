"""Keys of an instance that has some: rotating them, and showing them to somebody who may see them."""

from bot.domain.instance import Instance
from handlers.blocks import kit
from handlers.blocks.kit import JSON
from handlers.blocks.meta import Meta
from handlers.ids import Block, Callback


def build_rotation(instance: Instance, *, member: str | None = None, notice: str = "") -> JSON:
    """The form for a new pair. It never holds a key."""
    whose = f"*{kit.typed(instance.member)}*" if instance.member else "the member"
    how = (
        f"*{kit.typed(instance.name)}*:  in ConnectWise open *System → Members → API Members* → {whose} → *API Keys*, "
        "add a key with *+*, press *Save* and copy both. *The pair in use stays until the new one is verified.*"
    )
    head = [kit.section(notice)] if notice else []
    shown = instance.member if member is None else member
    return kit.modal(
        callback_id=Callback.ROTATE,
        title="Rotate keys",
        submit="Verify",
        close="Cancel",
        private_metadata=Meta(instance_id=instance.id, edition=instance.edition).pack(),
        blocks=[
            *head,
            kit.section(how),
            kit.field(Block.PUBLIC_KEY, "Public key", kit.text_input(limit=255)),
            kit.field(
                Block.PRIVATE_KEY,
                "Private key",
                kit.text_input(limit=255),
                hint="Slack has no masked field: it is visible while you type. I seal it before anything else.",
            ),
            kit.field(
                Block.MEMBER,
                "API member ID",
                kit.text_input(initial=shown, limit=60),
                hint="Only if the new pair belongs to another API member. Empty: I look it up by the keys.",
                optional=True,
            ),
        ],
    )


def build_reveal(instance: Instance) -> JSON:
    """Before keys are shown: what will happen."""
    return kit.modal(
        callback_id=Callback.REVEAL,
        title="Reveal keys",
        submit="Show the keys",
        close="Cancel",
        private_metadata=Meta(instance_id=instance.id).pack(),
        blocks=[
            kit.section(
                f":warning: *Show the API keys of {kit.typed(instance.name)}?*\n"
                "They appear in this window, to you alone, until you close it. Whoever has both can act in your "
                "ConnectWise as the API member: do not share your screen now."
            ),
            kit.context(
                "Your name and the time will stand in the instance's thread, and in the audit trail."
            ),
        ],
    )


def build_keys(instance: Instance) -> JSON:
    """The keys in clear: for the answer to an authorized submission alone, never for a message."""
    if instance.credentials is None:
        raise ValueError("there are no keys to show")
    pair = instance.credentials
    return kit.modal(
        callback_id=Callback.NOTICE,
        title="API keys",
        close="Close and forget",
        blocks=[
            kit.section(
                f"*{kit.typed(instance.name)}*:  company {kit.code(instance.company)}, member {kit.code(instance.member)}"
            ),
            kit.section("*Public key*"),
            _secret(pair.public_key.get_secret_value()),
            kit.section("*Private key*"),
            _secret(pair.private_key.get_secret_value()),
            kit.context(
                ":warning: Shown this once. Keep them in a password manager, not in a message. When you suspect that "
                "somebody else has seen them, rotate."
            ),
        ],
    )


def _secret(value: str) -> JSON:
    """As it is, in letters that tell `l` from `I` and `O` from `0`: nothing in it is markup, and it copies whole."""
    part = {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": value}]}
    return {"type": "rich_text", "elements": [part]}
