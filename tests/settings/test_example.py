"""`.env.example` names every setting and no other, and is good as it is."""

import re
from pathlib import Path

import bot
from bot.runtime.settings import Settings

EXAMPLE = (Path(bot.__file__).parents[1] / ".env.example").read_text(encoding="utf-8")
NAMED = re.findall(r"(?m)^(?:# )?([A-Z][A-Z_]+)=(.*)$", EXAMPLE)


def test_it_names_every_setting_and_no_other() -> None:
    names = [name for name, _ in NAMED]
    assert sorted(names) == sorted(name.upper() for name in Settings.model_fields)


def test_what_it_shows_as_a_default_is_the_default_and_every_example_can_be_used(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    shown = {name.lower(): text for name, text in NAMED if text and name != "CW_BOT_CA_BUNDLE"}
    settings = Settings(_env_file=None, **shown)
    for name in shown:
        default = Settings.model_fields[name].default
        if default not in ("", None, ()):
            assert getattr(settings, name) == default, name


def test_copied_as_it_is_it_sets_nothing(tmp_path: Path) -> None:
    (tmp_path / "env").write_text(EXAMPLE, encoding="utf-8")
    assert Settings(_env_file=tmp_path / "env").model_fields_set == set()
