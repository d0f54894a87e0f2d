"""The form with the organization variables, handed in: checked against ConnectWise, kept, and printed to paste."""

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.ack.async_ack import AsyncAck

from bot.services.access import Action
from bot.services.variables import Refused, VariablesAnswer
from handlers.blocks import report
from handlers.blocks.variables import block_of, build_checking
from handlers.blocks.variables_table import explain_problem
from handlers.guard import guard_submission
from handlers.ids import Callback
from handlers.payload import Body, Typed
from handlers.services import Services
from handlers.variables import build_answer, read_entry, tell_answer


def register(app: AsyncApp, services: Services) -> None:
    """Listen."""

    async def hand_in(ack: AsyncAck, body: Body) -> None:
        entry = read_entry(body)

        async def tell(answer: VariablesAnswer) -> None:
            await tell_answer(services, entry, answer)

        answer = await services.variables.hand_in(entry, tell)
        if answer is None:
            instance = await services.variables.open(entry.team_id, entry.instance_id)
            await ack(response_action="update", view=build_checking(instance))
        elif isinstance(answer, Refused):
            await ack(response_action="errors", errors=_blame(answer, body))
        else:
            view = build_answer(answer, entry, integration=services.integration)
            await ack(response_action="update", view=view)

    app.view(Callback.VARIABLES)(guard_submission(services, Action.MANAGE, hand_in))


def _blame(answer: Refused, body: Body) -> dict[str, str]:
    """Each problem beside its field; what no field is to blame for, or has a field here, beside the first one."""
    inputs = [str(it["block_id"]) for it in body["view"]["blocks"] if it["type"] == "input"]
    typed = Typed(body["view"])
    errors: dict[str, str] = {}
    if answer.error is not None:
        errors[inputs[0]] = report.describe_error(answer.error)
    for problem in answer.problems:
        block = typed.block_id(block_of(problem.variable))
        errors.setdefault(block if block in inputs else inputs[0], explain_problem(problem))
    return errors
