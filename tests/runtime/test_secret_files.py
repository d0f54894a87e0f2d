"""Settings from files, one a setting, as containers and services hand secrets on."""

from pathlib import Path

import pytest

from bot.runtime.settings import SettingsError, load_settings


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CW_BOT_SECRETS_DIR", str(tmp_path))
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "CW_BOT_SETUP_USERS", "CW_BOT_PORT"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_file_is_a_setting_whatever_the_case_of_its_name(folder: Path) -> None:
    (folder / "slack_bot_token").write_text("xoxb-1\n")
    (folder / "CW_BOT_SETUP_USERS").write_text("U012ABC,U034DEF\n")
    settings = load_settings(_env_file=None)
    assert settings.slack_bot_token.get_secret_value() == "xoxb-1"
    assert settings.cw_bot_setup_users == ("U012ABC", "U034DEF")
    assert "xoxb-1" in settings.secrets()


def test_the_environment_goes_before_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "cw_bot_port").write_text("3001")
    assert load_settings(_env_file=None).cw_bot_port == 3001
    monkeypatch.setenv("CW_BOT_PORT", "3002")
    assert load_settings(_env_file=None).cw_bot_port == 3002


def test_the_file_may_be_a_link_within_the_folder_as_kubernetes_lays_it(folder: Path) -> None:
    (folder / "..2026").mkdir()
    (folder / "..2026" / "slack_bot_token").write_text("xoxb-1")
    (folder / "..data").symlink_to("..2026")
    (folder / "slack_bot_token").symlink_to("..data/slack_bot_token")
    assert load_settings(_env_file=None).slack_bot_token.get_secret_value() == "xoxb-1"


def test_an_empty_file_counts_as_not_set(folder: Path) -> None:
    (folder / "slack_app_token").write_text("\n")
    (folder / "cw_bot_port").write_text("")
    (folder / "readme").write_bytes(b"\xff left alone")
    assert load_settings(_env_file=None).cw_bot_port == 3000
    assert not load_settings(_env_file=None).uses_socket_mode


def test_a_wrong_value_is_told_by_its_name_alone(folder: Path) -> None:
    (folder / "cw_client_id").write_text("not-a-guid-but-secret")
    with pytest.raises(SettingsError, match="CW_CLIENT_ID cannot be used") as told:
        load_settings(_env_file=None)
    assert "not-a-guid" not in str(told.value)


def test_a_folder_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CW_BOT_SECRETS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(SettingsError, match="CW_BOT_SECRETS_DIR names no directory"):
        load_settings(_env_file=None)


def test_a_file_that_is_no_text_is_told(folder: Path) -> None:
    (folder / "slack_bot_token").write_bytes(b"\xff\xfe\x00secret")
    with pytest.raises(SettingsError, match="slack_bot_token in CW_BOT_SECRETS_DIR is not text"):
        load_settings(_env_file=None)
