"""Removing an instance: the form that asks for its name."""

from collections.abc import Sequence

from bot.domain.instance import Instance
from handlers.blocks import kit
from handlers.blocks.kit import JSON
from handlers.blocks.meta import Meta
from handlers.ids import Block, Callback


def build_removal(instance: Instance, others: Sequence[Instance]) -> JSON:
    """The form; with a menu for the next default where this one is it and others stay."""
    needs_successor = instance.is_default and bool(others)
    blocks = [
        kit.section(
            f":warning: *{kit.typed(instance.name)}* goes for good: its keys are destroyed here, its checks end, and its "
            "thread is closed. In ConnectWise nothing changes."
        )
    ]
    if needs_successor:
        options = [kit.option(it.name, it.id) for it in others]
        blocks.append(
            kit.field(
                Block.SUCCESSOR,
                "Which one is the default from now on?",
                kit.select(options, placeholder="Choose an instance"),
                hint="This one is the default, and there has to be one.",
            )
        )
    blocks.append(
        kit.field(
            Block.CONFIRMATION,
            f"Type its name to confirm: {instance.name}",
            kit.text_input(limit=300),
        )
    )
    return kit.modal(
        callback_id=Callback.REMOVE,
        title="Remove instance",
        submit="Remove",
        close="Keep it",
        private_metadata=Meta(instance_id=instance.id).pack(),
        blocks=blocks,
    )


def build_share(instance: Instance, channel_id: str = "") -> JSON:
    """Where to share an instance's status."""
    channel: JSON = {
        "type": "conversations_select",
        "action_id": "value",
        "filter": {
            "include": ["public", "private"],
            "exclude_bot_users": True,
            "exclude_external_shared_channels": True,
        },
    }
    if channel_id:
        channel["initial_conversation"] = channel_id
    return kit.modal(
        callback_id=Callback.SHARE,
        title="Share to channel",
        submit="Share",
        close="Cancel",
        private_metadata=Meta(instance_id=instance.id).pack(),
        blocks=[
            kit.field(
                Block.CHANNEL,
                "Channel",
                channel,
                hint=f"Everybody there sees how {kit.clip(instance.name, 75)} is doing, in my name and yours.",
            )
        ],
    )
