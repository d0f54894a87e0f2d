"""The Kubernetes manifests, as kustomize puts them together, against Kubernetes' schemas and the product's contracts."""

import copy
import ipaddress
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.runtime import oauth
from bot.runtime.bot import DRAIN_SECONDS
from bot.runtime.manifest import REDIRECT_PATH
from bot.store.embedded import _STOP_SECONDS
from tests.deploy.dockerfile import read_dockerfile
from tests.deploy.places import DEPLOY, find_tool

FOLDER = DEPLOY / "kubernetes"
OVERLAYS = ("single", "replicated")
# The oldest that has every field that is used, and the newest whose schemas are known.
VERSIONS = ("1.29", "1.37")
_COMPONENTS = re.compile(r"^# (components:|  - \.\./\.\./components/\w+)$", re.MULTILINE)
_CACHE: dict[tuple[str, bool], list[dict[str, Any]]] = {}

Objects = list[dict[str, Any]]


def render(overlay: str, folder: Path, *, with_components: bool) -> Objects:
    """What `kubectl apply -k` would send; the components switched on by taking their comment signs away."""
    shutil.copytree(FOLDER, folder / "kubernetes")
    path = folder / "kubernetes" / "overlays" / overlay / "kustomization.yaml"
    if with_components:
        text, many = _COMPONENTS.subn(r"\1", path.read_text())
        assert many == 3
        path.write_text(text)
    if shutil.which("kustomize"):
        command = ["kustomize", "build", str(path.parent)]
    else:
        command = [find_tool("kubectl", "kubernetes.io/docs/tasks/tools"), "kustomize", str(path.parent)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [it for it in yaml.safe_load_all(done.stdout) if it]


@pytest.fixture(params=[(name, more) for name in OVERLAYS for more in (False, True)], ids=str)
def rendered(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    overlay, more = request.param
    if request.param not in _CACHE:
        _CACHE[request.param] = render(overlay, tmp_path, with_components=more)
    return _CACHE[request.param]


def overlay(name: str, tmp_path: Path, *, more: bool = False) -> Objects:
    if (name, more) not in _CACHE:
        _CACHE[name, more] = render(name, tmp_path, with_components=more)
    return _CACHE[name, more]


def one(objects: Objects, kind: str) -> dict[str, Any]:
    [found] = [it for it in objects if it["kind"] == kind]
    return found


def pod(objects: Objects) -> dict[str, Any]:
    spec: dict[str, Any] = one(objects, "Deployment")["spec"]["template"]["spec"]
    return spec


def container(objects: Objects) -> dict[str, Any]:
    [found] = pod(objects)["containers"]
    return dict(found)


def settings(objects: Objects) -> dict[str, str]:
    data: dict[str, str] = one(objects, "ConfigMap")["data"]
    return data


def load_schemas() -> Any:
    return pytest.importorskip(
        "kubernetes_validate", reason="kubernetes-validate is not installed: make deploy-tools"
    )


def test_the_schemas_know_what_is_no_field(tmp_path: Path) -> None:
    checker = load_schemas()
    deployment = copy.deepcopy(one(overlay("single", tmp_path), "Deployment"))
    deployment["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(checker.ValidationError):
        checker.validate(deployment, VERSIONS[-1], strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_own_schemas_take_every_object_and_know_every_field(
    rendered: Objects, version: str
) -> None:
    checker = load_schemas()
    for it in rendered:
        if it["apiVersion"].startswith("monitoring.coreos.com/"):
            continue
        checker.validate(it, version, strict=True)


def test_everything_is_in_the_one_namespace_which_is_restricted(rendered: Objects) -> None:
    namespace = one(rendered, "Namespace")
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert {it["metadata"]["namespace"] for it in rendered if it is not namespace} == {"cw-bot"}


def test_the_pod_asks_for_nothing_that_restricted_forbids(rendered: Objects) -> None:
    security = pod(rendered)["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    own = container(rendered)["securityContext"]
    assert own == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    kinds = {kind for it in pod(rendered)["volumes"] for kind in it if kind != "name"}
    assert kinds <= {"secret", "emptyDir", "persistentVolumeClaim"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod(rendered))
    assert pod(rendered)["automountServiceAccountToken"] is False


def test_the_user_is_that_of_the_image(rendered: Objects) -> None:
    [user] = [it.text for it in read_dockerfile(DEPLOY / "Dockerfile") if it.name == "USER"]
    security = pod(rendered)["securityContext"]
    assert f"{security['runAsUser']}:{security['runAsGroup']}" == user
    assert security["fsGroup"] == security["runAsGroup"]


def test_no_secret_is_written_here_and_each_comes_as_a_file(rendered: Objects) -> None:
    assert not [it for it in rendered if it["kind"] == "Secret"]
    [volume] = [it for it in pod(rendered)["volumes"] if "secret" in it]
    assert volume["secret"]["secretName"] == "cw-bot"
    assert not volume["secret"]["defaultMode"] & 0o007
    [mount] = [it for it in container(rendered)["volumeMounts"] if it["name"] == volume["name"]]
    assert mount["mountPath"] == settings(rendered)["CW_BOT_SECRETS_DIR"]
    assert "env" not in container(rendered)


def test_probes_ask_what_they_mean(rendered: Objects) -> None:
    it = container(rendered)
    paths = {
        name: it[name]["httpGet"]["path"] for name in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {"startupProbe": "/livez", "livenessProbe": "/livez", "readinessProbe": "/readyz"}
    assert {it[name]["httpGet"]["port"] for name in paths} == {"http"}
    [port] = it["ports"]
    assert port["containerPort"] == int(settings(rendered)["CW_BOT_PORT"])


def test_there_is_time_to_finish_what_was_accepted(rendered: Objects) -> None:
    before = int(container(rendered)["lifecycle"]["preStop"]["exec"]["command"][1])
    grace = pod(rendered)["terminationGracePeriodSeconds"]
    assert grace >= before + DRAIN_SECONDS + _STOP_SECONDS + 5


def test_the_service_and_the_rules_mean_the_bots_pods(rendered: Objects) -> None:
    labels = one(rendered, "Deployment")["spec"]["template"]["metadata"]["labels"]
    assert one(rendered, "Deployment")["spec"]["selector"]["matchLabels"].items() <= labels.items()
    service = one(rendered, "Service")
    assert service["spec"]["selector"].items() <= labels.items()
    assert service["spec"]["ports"][0]["targetPort"] == "http"
    for it in rendered:
        if it["kind"] in ("NetworkPolicy", "PodDisruptionBudget"):
            selector = it["spec"].get("podSelector") or it["spec"]["selector"]
            assert selector["matchLabels"].items() <= labels.items()


def egress_blocks(objects: Objects) -> Iterator[dict[str, Any]]:
    for rule in one(objects, "NetworkPolicy")["spec"]["egress"]:
        yield from (it["ipBlock"] for it in rule["to"] if "ipBlock" in it)


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "172.20.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "fd00::1", "fe80::1"],
)
def test_private_networks_and_the_clouds_metadata_are_out_of_reach(address: str, tmp_path: Path) -> None:
    target = ipaddress.ip_address(address)
    for block in egress_blocks(overlay("replicated", tmp_path, more=True)):
        network = ipaddress.ip_network(block["cidr"])
        if target.version == network.version:
            assert any(target in ipaddress.ip_network(it) for it in block["except"])


def test_nobody_comes_in_but_who_is_let_in_by_a_component(tmp_path: Path) -> None:
    assert one(overlay("single", tmp_path / "a"), "NetworkPolicy")["spec"]["ingress"] == []
    rules = one(overlay("single", tmp_path / "b", more=True), "NetworkPolicy")["spec"]["ingress"]
    assert len(rules) == 2
    for rule in rules:
        assert rule["ports"] == [{"protocol": "TCP", "port": "http"}]
        assert len(rule["from"]) == 1


def test_a_single_one_keeps_its_data_and_never_runs_twice(tmp_path: Path) -> None:
    objects = overlay("single", tmp_path)
    spec = one(objects, "Deployment")["spec"]
    assert spec["replicas"] == 1
    assert spec["strategy"] == {"type": "Recreate"}
    claim = one(objects, "PersistentVolumeClaim")["metadata"]["name"]
    [volume] = [it for it in pod(objects)["volumes"] if it["name"] == "data"]
    assert volume == {"name": "data", "persistentVolumeClaim": {"claimName": claim}}
    [mount] = [it for it in container(objects)["volumeMounts"] if it["name"] == "data"]
    # The volume's top is root's: the store could not keep it to itself.
    assert settings(objects)["CW_BOT_DATA_DIR"].startswith(f"{mount['mountPath']}/")
    assert not [it for it in objects if it["kind"] in ("HorizontalPodAutoscaler", "PodDisruptionBudget")]


def test_replicas_are_two_at_least_and_no_more_than_slack_has_sockets_for(tmp_path: Path) -> None:
    objects = overlay("replicated", tmp_path)
    deployment, scaler = one(objects, "Deployment"), one(objects, "HorizontalPodAutoscaler")["spec"]
    # With a number of its own, each `kubectl apply` would undo what the autoscaler did.
    assert "replicas" not in deployment["spec"]
    assert scaler["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert scaler["minReplicas"] >= 2
    update = deployment["spec"]["strategy"]["rollingUpdate"]
    assert update["maxUnavailable"] == 0
    assert scaler["maxReplicas"] + update["maxSurge"] <= 10
    assert one(objects, "PodDisruptionBudget")["spec"]["minAvailable"] < scaler["minReplicas"]
    ports = [
        port["port"] for rule in one(objects, "NetworkPolicy")["spec"]["egress"] for port in rule["ports"]
    ]
    assert 6379 in ports
    assert not [it for it in objects if it["kind"] == "PersistentVolumeClaim"]


def test_the_ingress_lets_slacks_paths_through_and_no_other(tmp_path: Path) -> None:
    objects = overlay("replicated", tmp_path, more=True)
    [rule] = one(objects, "Ingress")["spec"]["rules"]
    paths = {it["path"]: it for it in rule["http"]["paths"]}
    assert set(paths) == {"/slack/events", oauth.INSTALL_PATH, REDIRECT_PATH}
    for it in paths.values():
        assert it["pathType"] == "Exact"
        assert it["backend"]["service"]["name"] == one(objects, "Service")["metadata"]["name"]
    [tls] = one(objects, "Ingress")["spec"]["tls"]
    assert tls["hosts"] == [rule["host"]]


def test_prometheus_finds_the_service(tmp_path: Path) -> None:
    objects = overlay("replicated", tmp_path, more=True)
    spec, service = one(objects, "ServiceMonitor")["spec"], one(objects, "Service")
    assert spec["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert service["metadata"]["labels"][spec["jobLabel"]] == "cw-bot"
    [endpoint] = spec["endpoints"]
    assert (endpoint["port"], endpoint["path"]) == (service["spec"]["ports"][0]["name"], "/metrics")


def test_every_file_is_used_by_a_kustomization() -> None:
    used: set[Path] = set()
    for path in FOLDER.rglob("kustomization.yaml"):
        content = yaml.safe_load(path.read_text())
        named = [*content.get("resources", []), *(it["path"] for it in content.get("patches", []))]
        named += [env for it in content.get("configMapGenerator", []) for env in it["envs"]]
        used |= {path, *((path.parent / it).resolve() for it in named)}
    assert {it for it in FOLDER.rglob("*") if it.is_file()} <= used
