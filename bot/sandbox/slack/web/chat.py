"""chat.*."""

from bot.sandbox.slack.blocks import validate_message_blocks
from bot.sandbox.slack.errors import ApiError, invalid_blocks
from bot.sandbox.slack.model import Channel, Json, Message
from bot.sandbox.slack.web.registry import Request, method

POST_CHARACTERS = 40_000
UPDATE_CHARACTERS = 4_000


def _content(request: Request, *, most: int) -> tuple[str, list[Json]]:
    """Text and blocks, checked."""
    text = request.text("text") or ""
    blocks = request.structure("blocks", error="invalid_blocks_format") or []
    if not isinstance(blocks, list):
        raise ApiError("invalid_blocks_format")
    if not text and not blocks:
        raise ApiError("no_text")
    if len(text) > most:
        raise ApiError("msg_too_long")
    problems = validate_message_blocks(blocks) if blocks else []
    if problems:
        raise invalid_blocks(problems)
    return text, request.workspace.with_ids(blocks)


def _metadata(request: Request) -> Json | None:
    metadata = request.structure("metadata")
    if metadata is None:
        return None
    if not isinstance(metadata, dict) or not metadata.get("event_type") or "event_payload" not in metadata:
        raise ApiError("invalid_metadata_format")
    return metadata


def _destination(request: Request) -> Channel:
    """The channel to post to; a person's id means the direct messages with them."""
    key = request.required("channel")
    user = request.workspace.users.get(key)
    if user is not None:
        return request.slack.doings.direct_message(user.id, request.bot.bot_user_id, request.bot.team_id)
    channel = request.channel()
    if channel.is_archived:
        raise ApiError("is_archived")
    if request.bot.bot_user_id not in channel.members and "chat:write.public" not in request.bot.scopes:
        raise ApiError("not_in_channel")
    if channel.posting == "admins":
        raise ApiError("restricted_action")
    return channel


def _thread(request: Request, channel: Channel) -> str | None:
    thread_ts = request.text("thread_ts")
    if thread_ts is None:
        return None
    parent = channel.find_parent(thread_ts)
    if parent is None:
        # Slack does not refuse: the reply appears in the channel itself, and the answer has no thread_ts.
        name = channel.name
        request.workspace.problems.append(f"a reply to a thread that is gone was posted to #{name} itself")
        return None
    if parent.is_reply:
        # Slack hangs a reply to a reply below the parent of both.
        return parent.thread_ts
    return thread_ts


@method("chat.postMessage", scope="chat:write")
def chat_post_message(request: Request) -> Json:
    """Post to a channel or a thread."""
    channel = _destination(request)
    text, blocks = _content(request, most=POST_CHARACTERS)
    if (before := _find_before(request, channel)) is not None:
        return {
            "channel": channel.id,
            "ts": before.ts,
            "message": request.slack.payloads.message_json(before),
        }
    thread_ts = _thread(request, channel)
    message = Message(
        request.workspace.new_ts(),
        channel.id,
        request.bot.bot_user_id,
        text,
        blocks,
        thread_ts=thread_ts,
        is_by_app=True,
        metadata=_metadata(request),
        name=request.text("client_msg_id") or "",
        unfurl=request.flag("unfurl_links") or request.flag("unfurl_media", default=True),
    )
    request.workspace.post(message)
    answer: Json = {
        "channel": channel.id,
        "ts": message.ts,
        "message": request.slack.payloads.message_json(message),
    }
    if not text:
        request.workspace.problems.append(f"a message in #{channel.name} has no text beside its blocks")
        answer |= {
            "warning": "missing_text_in_message",
            "response_metadata": {"warnings": ["missing_text_in_message"]},
        }
    return answer


def _find_before(request: Request, channel: Channel) -> Message | None:
    """The message that was made of this `client_msg_id`.

    Slack documents the errors of it: a duplicate is looked for, and may turn out not to exist any more.
    """
    name = request.text("client_msg_id")
    if not name:
        return None
    if name not in request.workspace.message_names:
        request.workspace.message_names.add(name)
        return None
    before = next((it for it in channel.messages if it.name == name and not it.is_tombstone), None)
    if before is None:
        raise ApiError("duplicate_message_not_found")
    return before


def _own(request: Request, channel: Channel, *, refusal: str) -> Message:
    message = channel.find(request.required("ts"))
    if message is None:
        raise ApiError("message_not_found")
    if message.user_id != request.bot.bot_user_id:
        raise ApiError(refusal)
    return message


@method("chat.update", scope="chat:write")
def chat_update(request: Request) -> Json:
    """Change a message of one's own; text without blocks takes the blocks away."""
    channel = request.channel()
    if channel.is_archived:
        raise ApiError("is_archived")
    message = _own(request, channel, refusal="cant_update_message")
    text, blocks = _content(request, most=UPDATE_CHARACTERS)
    metadata = _metadata(request)
    if metadata is not None:
        message.metadata = metadata
    if "blocks" in request.args and not text:
        text = message.text
    request.workspace.edit(message, text=text, blocks=blocks, by=request.bot.bot_user_id)
    return {
        "channel": channel.id,
        "ts": message.ts,
        "text": message.text,
        "message": request.slack.payloads.message_json(message),
    }


@method("chat.delete", scope="chat:write")
def chat_delete(request: Request) -> Json:
    """Delete a message of one's own."""
    channel = request.channel()
    message = _own(request, channel, refusal="cant_delete_message")
    request.workspace.delete(message)
    return {"channel": channel.id, "ts": message.ts}


@method("chat.postEphemeral", scope="chat:write")
def chat_post_ephemeral(request: Request) -> Json:
    """A message that one person alone sees; they and the bot must be in the channel."""
    channel = request.channel()
    if channel.is_archived:
        raise ApiError("is_archived")
    if request.bot.bot_user_id not in channel.members:
        raise ApiError("not_in_channel" if not channel.is_private else "channel_not_found")
    user_id = request.required("user")
    if user_id not in channel.members:
        raise ApiError("user_not_in_channel")
    text, blocks = _content(request, most=POST_CHARACTERS)
    message = Message(
        request.workspace.new_ts(),
        channel.id,
        request.bot.bot_user_id,
        text,
        blocks,
        thread_ts=_thread(request, channel),
        is_by_app=True,
        ephemeral_to=user_id,
    )
    request.workspace.post(message)
    return {"message_ts": message.ts}


@method("chat.getPermalink")
def chat_get_permalink(request: Request) -> Json:
    """The address of a message."""
    channel = request.channel()
    message = channel.find(request.required("message_ts"))
    if message is None:
        raise ApiError("message_not_found")
    domain = request.workspace.teams[request.bot.team_id].domain
    link = f"https://{domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.thread_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}
