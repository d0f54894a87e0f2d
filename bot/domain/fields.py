"""The fields of the modals that an `InputError` can blame."""

from enum import StrEnum
from typing import Final


class Field(StrEnum):
    """One thing that a person types; the value is stable, surfaces map it to their own ids."""

    NAME = "name"
    SITE = "site"
    HOST = "host"
    COMPANY = "company"
    MEMBER = "member"
    PUBLIC_KEY = "public_key"
    PRIVATE_KEY = "private_key"
    CONDITIONS = "conditions"
    CHILD_CONDITIONS = "child_conditions"
    CUSTOM_FIELD_CONDITIONS = "custom_field_conditions"
    CLIENT_ID = "client_id"
    CHANNEL = "channel"
    DESCRIPTION = "description"
    PROFILE = "profile"
    CONFIRMATION = "confirmation"
    SUCCESSOR = "successor"


FIELD_NAME: Final = Field.NAME
FIELD_SITE: Final = Field.SITE
FIELD_HOST: Final = Field.HOST
FIELD_COMPANY: Final = Field.COMPANY
FIELD_MEMBER: Final = Field.MEMBER
FIELD_PUBLIC_KEY: Final = Field.PUBLIC_KEY
FIELD_PRIVATE_KEY: Final = Field.PRIVATE_KEY
FIELD_CONDITIONS: Final = Field.CONDITIONS
FIELD_CHILD_CONDITIONS: Final = Field.CHILD_CONDITIONS
FIELD_CUSTOM_FIELD_CONDITIONS: Final = Field.CUSTOM_FIELD_CONDITIONS
FIELD_CLIENT_ID: Final = Field.CLIENT_ID
