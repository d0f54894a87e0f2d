"""The judges of the verdict: from evidence to layers, without any waiting of their own.

Each judge returns a layer, or None while the evidence that it needs is still on its way. The first layer that
failed carries the fix and those behind it are skipped; so are those behind a gate that could not be told.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from bot.domain.catalogue import describe, explain
from bot.domain.errors import ConnectWiseError
from bot.domain.evidence import CompanyInfo, StageName
from bot.domain.hygiene import doubt_keys
from bot.domain.instance import Credentials
from bot.domain.report import LAYERS, Layer, LayerName, State
from bot.services.verification_evidence import Answer, Evidence

Judge = Callable[[Evidence], Layer | None]
CONNECTION: Final[tuple[LayerName, ...]] = ("dns", "tcp", "tls", "company")
# Behind these nothing can be known; the layers after them stand side by side.
GATES: Final = frozenset({*CONNECTION, "keys"})
_SETTLE_KEYS: Final = ("keys_refused", "cannot_route", "ssl_required")
_OURS: Final = frozenset({"deadline", "internal"})  # said by us, not by the other side
_SPENT_ON: Final[dict[StageName, str]] = {"dns": "dns_trouble", "tcp": "tcp_timeout", "tls": "tls_timeout"}
_NOT_THERE: Final = frozenset({"not_found", "endpoint_unknown", "not_connectwise"})


def finding(
    evidence: Evidence, name: LayerName, state: State, key: str, *, duration_ms: int = 0, **params: object
) -> Layer:
    """A layer with the catalogue's words; only what is not fine has an `error_key`."""
    words = explain(key, **{**evidence.params, **params})
    return Layer(
        name=name,
        state=state,
        summary=words.summary,
        fix=words.fix,
        error_key=None if state in {State.OK, State.SKIPPED} else key,
        duration_ms=duration_ms,
    )


def findings(
    evidence: Evidence,
    name: LayerName,
    state: State,
    keys: Sequence[str],
    *,
    duration_ms: int = 0,
    **params: object,
) -> Layer:
    """One layer with several findings at once: the first is its error key, each has its say (a fix a line)."""
    each = [finding(evidence, name, state, key, duration_ms=duration_ms, **params) for key in keys]
    return each[0].model_copy(
        update={"summary": " ".join(it.summary for it in each), "fix": "\n".join(it.fix for it in each)}
    )


def fault(
    evidence: Evidence,
    name: LayerName,
    error: ConnectWiseError,
    *,
    key: str = "",
    duration_ms: int = 0,
    **params: object,
) -> Layer:
    """A layer that an error speaks for: what may pass by itself is unknown, everything else failed."""
    state = State.UNKNOWN if error.transient else State.FAIL
    said = {**describe(error), **params}
    return finding(evidence, name, state, key or error.key, duration_ms=duration_ms, **said)


def judge(
    evidence: Evidence, judges: Mapping[LayerName, Judge], told: Sequence[Layer] = ()
) -> tuple[Layer, ...]:
    """The layers that can be told by now, in their order; those that were `told` before stay as they are."""
    layers = list(told)
    is_blocked = any(_blocks(layer) for layer in layers)
    for name in LAYERS[len(layers) :]:
        if name not in judges:
            break
        layer = finding(evidence, name, State.SKIPPED, "skipped") if is_blocked else judges[name](evidence)
        if layer is None:
            break
        layers.append(layer)
        is_blocked |= _blocks(layer)
    return tuple(layers)


def _blocks(layer: Layer) -> bool:
    return layer.state is State.FAIL or (layer.state is State.UNKNOWN and layer.name in GATES)


def judge_stage(name: StageName) -> Judge:
    """The judge of one step of the connection."""

    def look(evidence: Evidence) -> Layer | None:
        stage, company = evidence.stages.get(name), evidence.company
        if stage is not None and stage.duration_ms is not None and stage.error is None:
            late = _late_refusal(name, company)
            if late is not None:
                return fault(evidence, name, late, duration_ms=stage.duration_ms)
            return finding(evidence, name, State.OK, f"{name}_ok", duration_ms=stage.duration_ms)
        if company is None:  # a failed step may be tried again
            return None
        if stage is not None and stage.error is not None:
            return fault(evidence, name, stage.error, duration_ms=stage.duration_ms or 0)
        # A step that has begun, or none at all, when time ran out: this is where it was spent.
        if company.error is not None and (evidence.stages or company.error.key in _OURS):
            key = _SPENT_ON[name] if company.error.key == "answer_timeout" else ""
            return fault(evidence, name, company.error, key=key)
        return finding(evidence, name, State.OK, "connection_open")

    return look


def _late_refusal(name: StageName, company: Answer[CompanyInfo] | None) -> ConnectWiseError | None:
    """What TLS 1.3 says after the handshake: a server that wants a certificate of ours tells so only then."""
    error = company.error if company is not None and name == "tls" else None
    return error if error is not None and error.key.startswith("tls_") else None


def judge_company(evidence: Evidence) -> Layer | None:
    """Whether the site knows the company."""
    answer = evidence.company
    if answer is None:
        return None
    if answer.error is not None:
        return fault(evidence, "company", answer.error, duration_ms=answer.duration_ms)
    info = answer.value
    name = (info.name if info else "") or evidence.target.company
    duration = info.answer_ms if info else answer.duration_ms
    return finding(evidence, "company", State.OK, "company_ok", duration_ms=duration, company_name=name)


def judge_keys(evidence: Evidence) -> Layer | None:
    """Whether the keys are known.

    One answer settles it, whichever comes first; a refusal of the login test too.
    """
    if evidence.target.credentials is None:
        return finding(evidence, "keys", State.FAIL, "keys_missing")
    heard = [answer for answer in evidence.keyed if answer is not None]
    proof = next((answer for answer in heard if answer.proves_keys), None)
    if proof is not None:
        return finding(evidence, "keys", State.OK, "keys_ok", duration_ms=proof.duration_ms)
    worst = _most_telling(heard)
    is_settled = worst is not None and worst.error is not None and worst.error.key in _SETTLE_KEYS
    if worst is None or worst.error is None or (not is_settled and len(heard) < len(evidence.keyed)):
        return None
    key = _key_of_keys(worst.error, has_client_id=bool(evidence.client_id))
    doubt = _doubt(evidence.target.credentials)
    return fault(evidence, "keys", worst.error, key=key, duration_ms=worst.duration_ms, doubt=doubt)


def _doubt(credentials: Credentials) -> str:
    """What is unusual about the keys, now that they are refused.

    Their length alone can be told without them.
    """
    doubts = doubt_keys(credentials.public_key.get_secret_value(), credentials.private_key.get_secret_value())
    return "".join(
        f" The {it.which} has {it.length} characters; a usual one has {it.usual}." for it in doubts
    )


def _most_telling(heard: list[Answer[object]]) -> Answer[object] | None:
    for key in _SETTLE_KEYS:
        for answer in heard:
            if answer.error is not None and answer.error.key == key:
                return answer
    lasting = (it for it in heard if it.error is not None and not it.error.transient)
    return next(lasting, heard[0] if heard else None)


def _key_of_keys(error: ConnectWiseError, *, has_client_id: bool) -> str:
    """The same refusal, said of the login.

    The company was found, so it cannot be the path that does not route.
    """
    if error.key == "cannot_route":
        return "client_id_refused" if has_client_id else "client_id_missing"
    return "keys_not_found" if error.key in _NOT_THERE else error.key
