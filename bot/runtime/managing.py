"""The composition of everything that manages instances: one part of the composition root, in a file of its own."""

from dataclasses import dataclass

from bot.domain.jobs import JobKind
from bot.domain.onboarding import Onboarding
from bot.runtime.settings import Settings
from bot.services.credentials import CredentialsService
from bot.services.filter_preview import FilterPreviewService
from bot.services.hand_in import HandIns
from bot.services.instance_ports import ManagedInstances
from bot.services.instances import InstanceService
from bot.services.onboarding import OnboardingService
from bot.services.ports import Clock, Spawn
from bot.services.removal import RemovalService
from bot.services.rotation import RotationService
from bot.services.status import StatusService
from bot.services.variables import VariablesService
from bot.services.verification import Sites, Verifier
from bot.slack.gateway import SlackGateway
from bot.store.onboardings import RedisOnboardings
from bot.store.schedule import RedisSchedule
from bot.store.submissions import RedisSubmissions
from handlers.instance_board import SlackInstanceBoard


@dataclass(frozen=True, slots=True)
class Managing:
    """The services, joined."""

    status: StatusService
    instances: InstanceService
    preview: FilterPreviewService
    rotation: RotationService
    removal: RemovalService


@dataclass(frozen=True, slots=True)
class Parts:
    """What they are joined from."""

    settings: Settings
    verifier: Verifier
    sites: Sites
    instances: ManagedInstances
    submissions: RedisSubmissions
    onboardings: RedisOnboardings[Onboarding]
    schedule: RedisSchedule
    gateway: SlackGateway
    onboarding: OnboardingService
    credentials: CredentialsService
    variables: VariablesService
    clock: Clock
    spawn: Spawn


def manage(parts: Parts) -> Managing:
    """Join them."""
    settings = parts.settings
    board = SlackInstanceBoard(
        parts.gateway, parts.onboarding, integration=settings.cw_bot_integration_name, clock=parts.clock
    )
    hand_ins = HandIns(
        JobKind.ROTATE_KEYS,
        submissions=parts.submissions,
        schedule=parts.schedule,
        clock=parts.clock,
        spawn=parts.spawn,
    )
    rotation = RotationService(
        verifier=parts.verifier,
        instances=parts.instances,
        onboarding=parts.onboarding,
        hand_ins=hand_ins,
        board=board,
        clock=parts.clock,
    )
    return Managing(
        rotation=rotation,
        instances=InstanceService(
            verifier=parts.verifier,
            instances=parts.instances,
            onboarding=parts.onboarding,
            board=board,
            clock=parts.clock,
            spawn=parts.spawn,
            may_reveal=settings.cw_bot_reveal == "on",
        ),
        preview=FilterPreviewService(
            sites=parts.sites,
            instances=parts.instances,
            default_client_id=settings.cw_client_id.get_secret_value(),
        ),
        removal=RemovalService(
            instances=parts.instances,
            submissions=parts.submissions,
            onboarding=parts.onboarding,
            schedule=parts.schedule,
            clock=parts.clock,
        ),
        status=StatusService(
            verifier=parts.verifier,
            instances=parts.instances,
            onboarding=parts.onboarding,
            onboardings=parts.onboardings,
            credentials=parts.credentials,
            rotation=rotation,
            variables=parts.variables,
        ),
    )
