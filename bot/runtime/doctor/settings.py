"""The settings, one finding each: set, missing or wrong. No value is ever shown, secret or not."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pydantic import SecretStr, ValidationError

from bot.runtime.doctor.findings import Finding, Report, State, split_sentence
from bot.runtime.requirements import FirstRunError, require_keys, require_slack
from bot.runtime.secret_files import VARIABLE, SecretFilesError
from bot.runtime.settings import Settings, SettingsError, explain_errors

DEFAULT_KEY: Final = "setting_default"
_VARIABLE: Final = re.compile(r"SLACK_[A-Z_]+")


@dataclass(frozen=True, slots=True)
class Survey:
    """What the settings are: as far as they can be read, with the wrong ones at their defaults, and why these are wrong.

    `settings` is None where not even that is possible. `wrong` is by variable.
    """

    settings: Settings | None
    wrong: Mapping[str, str] = field(default_factory=dict)


def survey_settings() -> Survey:
    """Read them from the environment, `.env` and files, however many are wrong."""
    try:
        return Survey(Settings())
    except SecretFilesError as error:
        return Survey(None, {VARIABLE: str(error)})
    except ValidationError as error:
        wrong = explain_errors(error)
    kept = {name.lower(): Settings.model_fields[name.lower()].default for name in wrong}
    return Survey(Settings(**kept), wrong)


async def look_at_settings(survey: Survey, report: Report) -> None:
    """Report each, and what they lack together."""
    for variable, why in survey.wrong.items():
        summary, fix = split_sentence(why)
        report(Finding(variable, State.FAIL, summary, "setting_wrong", fix or f"Correct {variable}."))
    if survey.settings is None:
        return
    problems = dict(_find_problems(survey.settings))
    for name in Settings.model_fields:
        variable = name.upper()
        if variable not in survey.wrong and variable not in problems:
            report(_tell(survey.settings, name))
    for variable, finding in problems.items():
        if variable not in survey.wrong:
            report(finding)


def _find_problems(settings: Settings) -> Iterator[tuple[str, Finding]]:
    requirements: tuple[tuple[Callable[[Settings], None], str], ...] = (
        (require_slack, "SLACK_BOT_TOKEN"),
        (require_keys, "CW_BOT_ENCRYPTION_KEYS"),
    )
    for require, usual in requirements:
        try:
            require(settings)
        except FirstRunError:
            fix = "Run cw-bot run without any setting: it tells the way to them, in order."
            words = "Nothing of Slack is set yet."
            yield usual, Finding(usual, State.FAIL, words, "first_run", fix)
        except SettingsError as error:
            summary, fix = split_sentence(str(error))
            # The sentence begins with the variable to blame, where it is not the usual one.
            named = _VARIABLE.match(str(error)) if require is require_slack else None
            variable = named[0] if named else usual
            yield variable, Finding(variable, State.FAIL, summary, "setting_missing", fix)


def _tell(settings: Settings, name: str) -> Finding:
    value, default = getattr(settings, name), Settings.model_fields[name].default
    if value != default:
        return Finding(name.upper(), State.OK, "It is set.", "setting_set")
    is_needed = isinstance(default, SecretStr) or default in ("", None, ())
    words = "It is not set." if is_needed else f"It is not set; the default is {_show(default)}."
    return Finding(name.upper(), State.OK, words, DEFAULT_KEY)


def _show(default: object) -> str:
    return f"{default:g}" if isinstance(default, float) else str(default)
