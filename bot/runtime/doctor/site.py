"""A ConnectWise site, without keys: name, connection, certificate, company (`bot.services.verification`)."""

from functools import partial
from typing import Final

from bot.connectwise import ConnectWiseSites, Resolver
from bot.domain.catalogue import explain_error
from bot.domain.errors import InputError
from bot.domain.hygiene import clean_company, clean_host
from bot.domain.report import Layer, LayerName
from bot.domain.report import State as LayerState
from bot.runtime.doctor.findings import Check, Finding, Report, State
from bot.runtime.settings import Settings
from bot.services.verification import Verifier

_DEADLINE_SECONDS: Final = 15.0
_STATES: Final = {
    LayerState.OK: State.OK,
    LayerState.WARN: State.WARN,
    LayerState.FAIL: State.FAIL,
    LayerState.SKIPPED: State.SKIPPED,
    LayerState.UNKNOWN: State.WARN,  # it may pass by itself
}
_NAMES: Final[dict[LayerName, str]] = {
    "dns": "ConnectWise name",
    "tcp": "ConnectWise connection",
    "tls": "ConnectWise certificate",
    "company": "ConnectWise company",
}


def site_check(settings: Settings, host: str, company: str, resolver: Resolver | None) -> Check:
    """The check of one site."""
    return Check("ConnectWise", partial(_look, settings, host, company, resolver))


async def _look(
    settings: Settings, host: str, company: str, resolver: Resolver | None, report: Report
) -> None:
    try:
        site, cleaned = clean_host(host).host, clean_company(company)
    except InputError as error:
        said = explain_error(error)
        report(Finding("ConnectWise", State.FAIL, said.summary, error.key, said.fix))
        return
    sites = ConnectWiseSites(
        api_version=settings.cw_api_version,
        allowed_networks=settings.cw_bot_allowed_networks,
        ca_bundle=settings.cw_bot_ca_bundle,
        resolver=resolver,
    )
    try:
        found = await Verifier(sites).find_company(site, cleaned, deadline_seconds=_DEADLINE_SECONDS)
    finally:
        await sites.close()
    for layer in found.layers:
        report(_read(layer))


def _read(layer: Layer) -> Finding:
    key = layer.error_key or f"{layer.name}_{layer.state}"
    return Finding(_NAMES[layer.name], _STATES[layer.state], layer.summary, key, layer.fix)
