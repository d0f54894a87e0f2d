"""ConnectWise as it should answer: discovery, routing, sign-in, rights, lists. No sockets, no faults."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from bot.sandbox.connectwise import answers
from bot.sandbox.connectwise.answers import Answer, RefusalError, as_json
from bot.sandbox.connectwise.company_fields import COMPANY_FIELDS
from bot.sandbox.connectwise.identity import (
    CLIENT_ID,
    COMPANY,
    COMPANY_NAME,
    FIRST_PAIR,
    SECOND_PAIR,
    find_member,
    read_authorization,
)
from bot.sandbox.connectwise.matching import Names, learn_names
from bot.sandbox.connectwise.moods import Moods
from bot.sandbox.connectwise.query import parse_query
from bot.sandbox.connectwise.resources import Resource, Route, find_route
from bot.sandbox.connectwise.view import View
from bot.sandbox.connectwise.world import ADMIN_MEMBER, API_MEMBER, World

DISCOVERY: Final = "/login/companyinfo/"
API_ROOT: Final = "/apis/3.0"
_ALIAS: Final = "v4_6_release"
_API_PATH: Final = re.compile(r"/(?P<codebase>[^/]+)/apis/3\.0(?P<path>/.*)", re.IGNORECASE)
_DOUBLED: Final = re.compile(r"/apis/3\.0(/|$)|^/v\d+_\d+", re.IGNORECASE)
_GUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_CLOUD_DOMAINS: Final = (".myconnectwise.net", ".connectwisedev.com")
_REVOKED: Final = {
    "valid": (),
    "first_revoked": (FIRST_PAIR,),
    "second_revoked": (SECOND_PAIR,),
    "revoked": (FIRST_PAIR, SECOND_PAIR),
}


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came in. `headers` are looked up by lower-case name."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    host: str


def is_cloud_web_host(host: str) -> bool:
    """Whether this is a cloud host for browsers (`na.`), which does not serve the API (`api-na.` does)."""
    name = host.rsplit(":", 1)[0].casefold()
    return name.endswith(_CLOUD_DOMAINS) and not name.startswith("api-")


class Gateway:
    """Answers calls from the data set and the switches."""

    def __init__(self, world: World, moods: Moods) -> None:
        self._world = world
        self._moods = moods
        self._names: dict[str, Names] = {}

    @property
    def codebase(self) -> str:
        """The versioned codebase that routes at present."""
        return "v2026_2" if self._moods["upgraded"] else "v2026_1"

    def caller_of(self, call: Call) -> str:
        """The identifier of the member whose keys the call carries; empty where they are nobody's."""
        login = read_authorization(call.headers.get("authorization"))
        return (find_member(login, ()) if login else None) or ""

    def answer(self, call: Call, site_host: str) -> Answer:
        """The answer to a call; `site_host` is how the site names itself."""
        try:
            if call.path.casefold().startswith(DISCOVERY):
                return self._discover(call.path[len(DISCOVERY) :], site_host)
            return self._serve(call)
        except RefusalError as refusal:
            return refusal.answer

    def _knows(self, company: str) -> bool:
        if self._moods["company"] == "unknown":
            return False
        return company == COMPANY or (
            self._moods["company_case"] == "ignored" and company.casefold() == COMPANY
        )

    def _discover(self, company: str, site_host: str) -> Answer:
        if not self._knows(company):
            return self._unknown_company()
        cloud = self._moods["hosting"] == "cloud"
        info: dict[str, Any] = {
            "CompanyName": COMPANY_NAME,
            "Codebase": f"{self.codebase}/",
            "VersionCode": self.codebase.replace("_", "."),
            "VersionNumber": "v4.6.99021",
            "CompanyID": company,
            "IsCloud": cloud,
            "SiteUrl": site_host,
            "AllowedOrigins": ["*.myconnectwise.net"] if cloud else [],
        }
        return as_json(self._reshape(info))

    def _unknown_company(self) -> Answer:
        mood = self._moods["unknown_company"]
        if mood == "404":
            return answers.not_found("Company", "info")
        return answers.html(200, "Sign in", "Welcome back.") if mood == "html" else as_json(None)

    def _reshape(self, info: dict[str, Any]) -> dict[str, Any]:
        shape = self._moods["discovery_shape"]
        if shape == "cloud_as_text":
            return info | {"IsCloud": str(info["IsCloud"])}
        if shape == "sparse":
            return {name: value for name, value in info.items() if name not in {"SiteUrl", "AllowedOrigins"}}
        return info | {"CompanyID": "BWMS"} if shape == "other_company_id" else info

    def _serve(self, call: Call) -> Answer:
        path = self._route_codebase(call)
        if is_cloud_web_host(call.host):
            return answers.ssl_required()
        self._check_client_id(call.headers.get("clientid", ""))
        caller = self._sign_in(call)
        route = find_route(path)
        if route is None or call.method not in {"GET", "HEAD"}:
            return answers.no_endpoint()
        self._guard_my_security(route, caller)
        return self._read(route, View(self._world, self._moods, caller), call)

    def _route_codebase(self, call: Call) -> str:
        """The path below the API's root. Outside of it is a web site; a wrong codebase does not route."""
        if "/apis/" not in call.path.casefold():
            raise RefusalError(answers.html(404, "Not Found", "The resource cannot be found."))
        match = _API_PATH.fullmatch(call.path)
        routed = match is not None and match["codebase"].casefold() in {_ALIAS, self.codebase}
        if match is None or not routed or _DOUBLED.search(match["path"]):
            raise RefusalError(answers.cannot_route())
        return match["path"]

    def _check_client_id(self, client_id: str) -> None:
        mood = self._moods["client_id"]
        unknown = mood == "registered" and client_id.casefold() != CLIENT_ID
        if mood == "rejected" or unknown or not _GUID.fullmatch(client_id):
            raise RefusalError(answers.cannot_route())

    def _sign_in(self, call: Call) -> str:
        login = read_authorization(call.headers.get("authorization"))
        if login is None:
            raise RefusalError(self._not_signed_in())
        if not self._knows(login.company):
            wording = self._moods["unknown_login"]
            raise RefusalError(answers.cannot_route() if wording == "cannot_route" else self._not_signed_in())
        member = find_member(login, _REVOKED[self._moods["keys"]])
        if member is None or (member == API_MEMBER and self._moods["member"] == "inactive"):
            raise RefusalError(self._not_signed_in())
        return member

    def _not_signed_in(self) -> Answer:
        if self._moods["auth_failure"] == "404":
            return answers.not_found("Company", "login")
        return answers.unauthorized(on_premises=self._moods["hosting"] == "on_premises")

    def _guard_my_security(self, route: Route, caller: str) -> None:
        if route.resource.table not in {"mySecurity", "customizeItems"} or caller != API_MEMBER:
            return
        if self._moods["my_security"] == "refused":
            raise RefusalError(answers.forbidden())
        if self._moods["my_security"] == "missing":
            raise RefusalError(answers.no_endpoint())

    def _read(self, route: Route, view: View, call: Call) -> Answer:
        rows = view.rows(route.resource, route.parent_id)
        query = parse_query(call.query, self._names_of(route.resource), route.resource.name)
        if route.kind == "single":
            return as_json(query.keep_fields(rows[0]))
        if route.kind == "item":
            found = next((row for row in rows if str(row["id"]) == route.record_id), None)
            if found is None:
                return answers.not_found(route.resource.name, route.record_id)
            return as_json(query.keep_fields(found))
        matching = query.select(rows)
        return as_json({"count": len(matching)} if route.kind == "count" else query.arrange(matching))

    def _names_of(self, resource: Resource) -> Names:
        """The names that conditions on a list may use: learnt from the whole table, whatever the switches."""
        if resource.table not in self._names:
            names = learn_names(View(self._world, Moods(), ADMIN_MEMBER).table(resource.table))
            for extra in COMPANY_FIELDS if resource.table == "companies" else ("id",):
                names.add(extra)
            self._names[resource.table] = names
        return self._names[resource.table]
