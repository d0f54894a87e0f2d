"""What a modal carries in its private_metadata: ids and what may be seen by anybody. Never a secret."""

from pydantic import BaseModel, ConfigDict


class Meta(BaseModel):
    """Private metadata, signed by nobody: every id in it is looked up in the sender's own workspace and checked."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    onboarding_id: str = ""
    channel_id: str = ""
    instance_id: str = ""
    edition: int = 0  # of the instance when the form was opened
    round: int = 0  # how often the bot has replaced what stands in the inputs
    keys_seen: str = ""  # when the keys that counted were handed in, as the modal was opened

    def pack(self) -> str:
        """As private_metadata."""
        return self.model_dump_json(exclude_defaults=True)

    @classmethod
    def unpack(cls, text: str) -> "Meta":
        """From private_metadata; empty on anything that is not ours."""
        try:
            return cls.model_validate_json(text or "{}")
        except ValueError:
            return cls()
