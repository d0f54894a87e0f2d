"""One ConnectWise host: requests with the right headers, patience and limits, and answers as plain values."""

import asyncio
import base64
import logging
import random
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeVar
from urllib.parse import quote, urlencode

from yarl import URL

from bot.connectwise import answers
from bot.connectwise.probe import elapsed_ms, listening
from bot.connectwise.refusals import Reply, explain_refusal
from bot.connectwise.retry import PATIENCE
from bot.connectwise.transport import Wires
from bot.domain.calls import Begin, unwatched
from bot.domain.errors import ConnectWiseError
from bot.domain.evidence import (
    ApiMember,
    Budget,
    CompanyInfo,
    CustomizeItem,
    MyMember,
    NameRef,
    SecurityRow,
    Stage,
    SystemInfo,
)
from bot.domain.instance import Credentials, Filter

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

API_ROOT: Final = "/v4_6_release/apis/3.0"
DEFAULT_API_VERSION: Final = "2025.1"
_PLAIN_HEADERS: Final = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "cw-bot"}
_FILTER_PARAMS: Final = (
    ("conditions", "conditions"),
    ("childConditions", "child_conditions"),
    ("customFieldConditions", "custom_field_conditions"),
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all sites share.

    The wires, the version to pin, how many calls a site may have under way, the global cap, where waiting and chance
    come from, who is told of each try, and who of each login and its secrets before they are used.
    """

    wires: Wires
    api_version: str
    in_flight: int
    everybody: asyncio.Semaphore
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    jitter: random.Random = field(default_factory=random.SystemRandom)
    begin: Begin = unwatched
    hide: Callable[..., None] = lambda *_: None


class KeyAuth:
    """Makes the Authorization header as a request leaves, so that nothing of ours keeps it in the clear."""

    def __init__(self, company: str, credentials: Credentials) -> None:
        self._company = company
        self._credentials = credentials

    def header(self) -> str:
        """Basic, of `company+publicKey:privateKey`."""
        public, private = self.secrets
        return f"Basic {base64.b64encode(f'{self._company}+{public}:{private}'.encode()).decode()}"

    @property
    def secrets(self) -> tuple[str, str]:
        """Both keys, for blanking them out of what a server says."""
        keys = self._credentials
        return keys.public_key.get_secret_value(), keys.private_key.get_secret_value()


class ConnectWiseSite:
    """Calls to one host, at most `bot.connectwise.Limits.in_flight` at once."""

    def __init__(self, host: str, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._turns = asyncio.Semaphore(surroundings.in_flight)
        self._in_flight = 0
        self._origin = f"https://{host}"

    @property
    def is_idle(self) -> bool:
        """Whether no call is under way."""
        return self._in_flight == 0

    async def company_info(
        self,
        company: str,
        *,
        budget: Budget = Budget.INTERACTIVE,
        on_stage: Callable[[Stage], None] | None = None,
    ) -> CompanyInfo:
        """Look the company up. Sends no secret, not even the client id.

        Raises `ConnectWiseError`: `company_unknown` (an answer of null), `company_not_found` (404, which is
        also what a host says that knows no such page), `not_connectwise`, and whatever the network did.
        """
        with listening(on_stage):
            try:
                reply, milliseconds = await self.get(
                    f"/login/companyinfo/{quote(company, safe='')}", budget=budget
                )
            except ConnectWiseError as error:
                raise _about_company(error) from error.__cause__
        try:
            body = reply.json()
        except ConnectWiseError:
            raise ConnectWiseError("not_connectwise", status=reply.status) from None
        if body is None:
            raise ConnectWiseError("company_unknown", status=reply.status)
        answer = answers.one(answers.CompanyInfoAnswer, body)
        if answer is None or not answer.is_recognised:
            raise ConnectWiseError("not_connectwise", status=reply.status)
        return answer.evidence(answer_ms=milliseconds)

    def login(
        self,
        company: str,
        credentials: Credentials,
        *,
        client_id: str = "",
        budget: Budget = Budget.INTERACTIVE,
        hangs_up: bool = False,
    ) -> "ConnectWiseLogin":
        """Calls in the name of an API member; one that hangs up closes the connection with each answer."""
        auth = KeyAuth(company, credentials)
        version = self._surroundings.api_version
        accept = f"application/vnd.connectwise.com+json; version={version}" if version else "application/json"
        headers = {"Accept": accept} | ({"clientId": client_id} if client_id else {})
        headers |= {"Connection": "close"} if hangs_up else {}
        login = ConnectWiseLogin(self, auth=auth, headers=headers, budget=budget)
        self._surroundings.hide(login, *auth.secrets, *([client_id] if client_id else []))
        return login

    async def get(
        self,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: KeyAuth | None = None,
        budget: Budget = Budget.INTERACTIVE,
    ) -> tuple[Reply, int]:
        """A successful answer and the milliseconds it took, tried as often as the budget has patience for."""
        patience = PATIENCE[budget]
        attempt = 0
        while True:
            attempt += 1
            try:
                return await self._try(path, params, headers, auth)
            except ConnectWiseError as error:
                _log.info("connectwise_call_failed path=%s key=%s status=%s", path, error.key, error.status)
                delay = patience.delay(error, attempt=attempt, jitter=self._surroundings.jitter)
                if delay is None:
                    raise
            await self._surroundings.sleep(delay)

    async def _try(
        self,
        path: str,
        params: Mapping[str, str | int] | None,
        headers: Mapping[str, str] | None,
        auth: KeyAuth | None,
    ) -> tuple[Reply, int]:
        self._in_flight += 1
        try:
            async with self._turns, self._surroundings.everybody:
                return await self._ask(path, params, headers, auth)
        finally:
            self._in_flight -= 1

    async def _ask(
        self,
        path: str,
        params: Mapping[str, str | int] | None,
        headers: Mapping[str, str] | None,
        auth: KeyAuth | None,
    ) -> tuple[Reply, int]:
        started = time.perf_counter()
        # Told without the path, which may hold what was typed.
        end, outcome = self._surroundings.begin("GET"), "given_up"
        sent = {**_PLAIN_HEADERS, **(headers or {})} | ({"Authorization": auth.header()} if auth else {})
        try:
            url = _read_url(f"{self._origin}{path}", tuple(params.items()) if params else ())
            reply = await self._surroundings.wires.get(url, sent)
            if not reply.is_success:
                raise explain_refusal(reply, secrets=auth.secrets if auth else ())
            outcome = "ok"
        except ConnectWiseError as error:
            outcome = error.key
            raise
        finally:
            end(outcome)
        return reply, elapsed_ms(started)


class ConnectWiseLogin:
    """The read-only calls that the verdict and the choices are made of. All raise `ConnectWiseError`."""

    def __init__(
        self, site: ConnectWiseSite, *, auth: KeyAuth, headers: Mapping[str, str], budget: Budget
    ) -> None:
        self._site = site
        self._auth = auth
        self._headers = headers
        self._budget = budget

    async def system_info(self) -> SystemInfo:
        """The server: the usual login test."""
        reply = await self._get("/system/info")
        answer = answers.one(answers.SystemInfoAnswer, reply.json())
        if answer is None or not answer.is_recognised:
            raise ConnectWiseError("answer_unreadable", transient=True)
        return answer.evidence(request_id=reply.request_id)

    async def my_member(self) -> MyMember:
        """Whose keys these are. The documents say one object; a list of one is taken too."""
        answer = await self._one(answers.MyMemberAnswer, "/system/myMembers")
        if answer is None or not answer.identifier:
            raise ConnectWiseError("answer_unreadable", transient=True)
        return answer.evidence()

    async def my_security(self) -> tuple[SecurityRow, ...]:
        """The effective rights of the calling member, one row a function."""
        reply = await self._get("/system/mySecurity", {"pageSize": 1000})
        return _expect(answers.read_security(reply.json()))

    async def customize_items(self) -> tuple[CustomizeItem, ...]:
        """The entries behind the "(customize)" links. The path ends in a slash, as documented."""
        reply = await self._get("/system/mySecurity/customizeItems/", {"pageSize": 1000})
        return _expect(answers.read_items(reply.json()))

    async def api_member(self, identifier: str) -> ApiMember | None:
        """The API member of that id, None where there is none to be seen."""
        params: dict[str, str | int] = {"conditions": f"identifier={quoted(identifier)}", "pageSize": 5}
        rows = await self._many(answers.ApiMemberAnswer, "/system/apiMembers", params)
        wanted = identifier.casefold()
        return next((row.evidence() for row in rows if row.identifier.casefold() == wanted), None)

    async def count_companies(self, which: Filter) -> int:
        """How many companies the filter lets through."""
        answer = await self._one(answers.CountAnswer, "/company/companies/count", _filter_params(which))
        count = answer.count if answer else None
        return _expect(count if count is not None and count >= 0 else None)

    async def sample_companies(self, which: Filter, *, size: int = 5) -> tuple[NameRef, ...]:
        """The first few of them, by name."""
        params = _filter_params(which) | {"pageSize": size, "fields": "id,identifier,name"}
        rows = await self._many(answers.NameRefAnswer, "/company/companies", params)
        return tuple(row.evidence() for row in rows[:size])

    async def probe(self, path: str) -> None:
        """Ask for one id of a list path; returning means that reading is allowed."""
        await self._get(path, {"pageSize": 1, "fields": "id"})

    async def choices(self, path: str, *, conditions: str = "") -> tuple[NameRef, ...]:
        """The records of a list path by id and name; at most 1,000."""
        params: dict[str, str | int] = {"conditions": conditions} if conditions else {}
        rows = await self._many(
            answers.NameRefAnswer, path, params | {"pageSize": 1000, "fields": "id,identifier,name"}
        )
        return tuple(row.evidence() for row in rows if row.id is not None)

    async def rows(
        self, kind: type[answers.AnswerT], path: str, params: Mapping[str, str | int] | None = None
    ) -> tuple[answers.AnswerT, ...]:
        """A page of a list path, in a shape of the caller's own (`bot.connectwise.lists`)."""
        return await self._many(kind, path, params)

    async def _get(self, path: str, params: Mapping[str, str | int] | None = None) -> Reply:
        reply, _ = await self._site.get(
            API_ROOT + path, params=params, headers=self._headers, auth=self._auth, budget=self._budget
        )
        return reply

    async def _one(
        self, kind: type[answers.AnswerT], path: str, params: Mapping[str, str | int] | None = None
    ) -> answers.AnswerT | None:
        return answers.one(kind, (await self._get(path, params)).json())

    async def _many(
        self, kind: type[answers.AnswerT], path: str, params: Mapping[str, str | int] | None = None
    ) -> tuple[answers.AnswerT, ...]:
        return _expect(answers.many(kind, (await self._get(path, params)).json()))


@lru_cache(maxsize=1024)
def _read_url(url: str, params: tuple[tuple[str, str | int], ...]) -> URL:
    """Taking a URL apart costs as much as building the rest of a request; the same ones are asked again and again."""
    query = "?" + urlencode(params, quote_via=quote) if params else ""
    return URL(url + query, encoded=True)


def quoted(text: str) -> str:
    """A string of the conditions grammar.

    Quotes and backslashes have no escape in it, so they are left out.
    """
    return '"' + re.sub(r'["\\\x00-\x1f]', "", text) + '"'


def _filter_params(which: Filter) -> dict[str, str | int]:
    return {name: value for name, member in _FILTER_PARAMS if (value := getattr(which, member)).strip()}


def _expect(value: _T | None) -> _T:
    if value is None:
        raise ConnectWiseError("answer_unreadable", transient=True)
    return value


_COMPANY_KEYS: Final = {
    "cannot_route": "company_unknown",
    "not_found": "company_not_found",
    "endpoint_unknown": "company_not_found",
    "request_refused": "not_connectwise",
    "keys_refused": "not_connectwise",
    "forbidden": "blocked",
    "right_missing": "blocked",
}


def _about_company(error: ConnectWiseError) -> ConnectWiseError:
    """The same error, said of a lookup that needs no key.

    A 401 there is a log-in page, a 404 an unknown company.
    """
    key = _COMPANY_KEYS.get(error.key)
    if key is None:
        return error
    found = ConnectWiseError(key, status=error.status, code=error.code, message=error.message)
    found.params = error.params
    return found
