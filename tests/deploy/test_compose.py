"""`deploy/compose.yaml`: understood by Compose's own grammar, hardened, and in step with the product."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.runtime.bot import DRAIN_SECONDS
from bot.runtime.settings import Settings
from tests.deploy.dockerfile import read_dockerfile
from tests.deploy.places import DEPLOY

FILE = DEPLOY / "compose.yaml"
# Compose puts these in before anything else; here all stand at their defaults.
TEXT = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", FILE.read_text())
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def seconds(text: str) -> float:
    return float(text.removesuffix("s"))


def test_composes_own_grammar_takes_it_with_every_reference_defined() -> None:
    compose_spec = pytest.importorskip(
        "compose_spec", reason="compose-spec is not installed: make deploy-tools"
    )
    options = compose_spec.PyOptions()
    options.apply_merge = True
    options.from_yaml(TEXT).validate()


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_locked_down_and_bounded(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service.get("cap_add", [])) <= {"NET_BIND_SERVICE"}
    assert not {"privileged", "network_mode", "pid", "ipc", "devices"} & set(service)
    limits = service["deploy"]["resources"]["limits"]
    assert set(limits) == {"cpus", "memory", "pids"}
    assert service["restart"] == "unless-stopped"
    assert service["logging"]["options"]["max-size"]


def test_images_are_named_by_tag_and_can_be_replaced_by_pinned_ones() -> None:
    for service in SERVICES.values():
        assert re.fullmatch(r"(docker\.io/[a-z/]+|cw-bot):[a-z0-9.-]+", service["image"])
        assert not service["image"].endswith(":latest")
    assert len(re.findall(r"image: \$\{\w+:-", FILE.read_text())) == len(SERVICES)


def test_no_secret_stands_in_an_environment() -> None:
    secret = {
        name.upper() for name, field in Settings.model_fields.items() if "Secret" in str(field.annotation)
    }
    for service in SERVICES.values():
        assert not secret & set(service.get("environment", {}))
    handed_in = {it.upper() for it in SERVICES["bot"]["secrets"]}
    assert secret == handed_in, "each secret setting has its file"
    assert SERVICES["bot"]["environment"]["CW_BOT_SECRETS_DIR"] == "/run/secrets"


def test_every_file_that_is_named_is_shipped_or_made_by_the_operator() -> None:
    for config in COMPOSE["configs"].values():
        assert (DEPLOY / config["file"]).is_file()
    assert {Path(it["file"]).parent for it in COMPOSE["secrets"].values()} == {Path("secrets")}
    assert "secrets/" in (DEPLOY / ".gitignore").read_text()


def test_the_store_is_reached_by_the_bot_alone() -> None:
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert SERVICES["store"]["networks"] == ["inside"]
    assert [name for name, it in SERVICES.items() if "inside" in it["networks"]] == ["bot", "store"]
    assert "ports" not in SERVICES["store"]
    assert SERVICES["bot"]["ports"] == ["127.0.0.1:3000:3000"]


def test_the_store_keeps_its_data_and_is_asked_whether_it_is_well() -> None:
    store = SERVICES["store"]
    assert store["volumes"] == ["store:/data"]
    assert store["command"][:2] == ["valkey-server", "/etc/valkey/redis.conf"]
    assert store["configs"][0]["target"] == "/etc/valkey/redis.conf"
    assert "/run/secrets/users.acl" in store["command"]
    assert "--user health" in store["healthcheck"]["test"][1]
    settings = (DEPLOY / "redis" / "redis.conf").read_text()
    [megabytes] = re.findall(r"^maxmemory (\d+)mb$", settings, re.MULTILINE)
    limit = store["deploy"]["resources"]["limits"]["memory"]
    assert int(limit.removesuffix("M")) >= 2 * int(megabytes), (
        "rewriting the file copies what is written to meanwhile"
    )


def test_there_is_time_to_finish_what_was_accepted() -> None:
    assert seconds(SERVICES["bot"]["stop_grace_period"]) >= DRAIN_SECONDS + 10


def test_the_user_of_the_image_owns_what_it_writes_to() -> None:
    [user] = [it.text for it in read_dockerfile(DEPLOY / "Dockerfile") if it.name == "USER"]
    uid, _, gid = user.partition(":")
    [data] = [it for it in SERVICES["bot"]["tmpfs"] if it.startswith("/data:")]
    assert f"uid={uid},gid={gid}" in data
    assert "mode=0700" in data


def test_the_proxy_is_asked_for_and_waits_for_the_bot() -> None:
    proxy = SERVICES["proxy"]
    assert proxy["profiles"] == ["https"]
    assert proxy["environment"]["CW_BOT_UPSTREAM"] == "bot:3000"
    assert proxy["depends_on"]["bot"]["condition"] == "service_healthy"
    assert SERVICES["bot"]["depends_on"]["store"]["condition"] == "service_healthy"
