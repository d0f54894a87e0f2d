"""What the listeners are given: the use cases, the gateway, and a few settings that sentences need."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from bot.services.access import Access
from bot.services.audit import AuditService
from bot.services.credentials import CredentialsService
from bot.services.digest import DigestService
from bot.services.filter_preview import FilterPreviewService
from bot.services.instances import InstanceService
from bot.services.onboarding import OnboardingService
from bot.services.ports import Spawn
from bot.services.removal import RemovalService
from bot.services.rotation import RotationService
from bot.services.setup import SetupService
from bot.services.status import StatusService
from bot.services.variables import VariablesService
from bot.services.workspaces import LeavingService
from bot.slack.gateway import SlackGateway


class Conceal(Protocol):
    """Masks values in everything that is logged, for as long as the context lasts."""

    def __call__(self, *secrets: str) -> AbstractContextManager[None]:
        """Register them, and forget them in the end."""
        ...


@dataclass(frozen=True, slots=True)
class Services:
    """Everything a listener may call."""

    access: Access
    setup: SetupService
    credentials: CredentialsService
    onboarding: OnboardingService
    status: StatusService
    instances: InstanceService
    filter_preview: FilterPreviewService
    rotation: RotationService
    removal: RemovalService
    variables: VariablesService
    audit: AuditService
    digest: DigestService
    leaving: LeavingService
    gateway: SlackGateway
    spawn: Spawn
    conceal: Conceal
    integration: str
    has_client_id: bool
