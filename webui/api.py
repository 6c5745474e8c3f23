"""The REST API: customers as JSON, for programs that hold a token."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, cast

from flask import Blueprint, Flask, Response, g, json, request, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect
from werkzeug.exceptions import HTTPException

from errors import MailtriageError
from policies.policy import Policy
from tickets.api_tokens import digest
from tickets.customer.customer_values import check_contact, check_customer
from tickets.customer.erasure import erase_customer
from tickets.disputes import NoSuchDispute
from tickets.faults import CustomerChanged, NameTaken, NoSuchCustomer, NoSuchTicket, StoreUnavailable, TicketChanged
from tickets.holds import NoSuchHold
from tickets.rows import CustomerRecord, User
from webui.paging import LAST_PAGE, LONGEST_QUERY, SIZE
from webui.problems import Problem
from webui.roles import may_edit
from webui.room import room

log = logging.getLogger(__name__)

PREFIX = "/api/v1"
bp = Blueprint("api", __name__, url_prefix=PREFIX)

REQUESTS = "600 per minute"
"""Of one token."""
REFUSALS = "60 per minute"
"""Requests of one address that come without a token that is good."""

CUSTOMER_KEYS = frozenset({"policy", "name", "domains", "facts"})
CONTACT_KEYS = frozenset({"name", "facts", "left_on"})
SHOWN_ONLY = frozenset({"id", "contacts", "address"})
"""What an answer has and a request may repeat: it is not looked at."""


def answers(path: str) -> bool:
    """Whether the API answers an address, so that what goes wrong there is told as a problem."""
    return path.startswith(("/api/", PREFIX))


@bp.before_request
def ask_for_token() -> None:
    """Takes bearer tokens alone (RFC 6750, 2.1): a browser's session is none, so that no page can make it ask."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    user = room().store.token_owner(token.strip()) if scheme.lower() == "bearer" else None
    if user is None:
        raise Problem(
            401,
            "Send a token as `Authorization: Bearer TOKEN`; `mailtriage tokens add USER NAME` makes one.",
            headers={"WWW-Authenticate": 'Bearer realm="mailtriage"'},
        )
    g.api_user = user


@bp.get("/customers")
def customers() -> Response:
    """``q``, ``policy``, ``page`` and ``per_page`` choose which; ``next`` is the address of the next page."""
    policy, words = request.args.get("policy"), request.args.get("q", "").replace("\x00", " ")[:LONGEST_QUERY].strip()
    if policy is not None:
        policy_named(policy)
    page = min(max(request.args.get("page", 1, type=int), 1), LAST_PAGE)
    size = min(max(request.args.get("per_page", SIZE, type=int), 1), 200)
    found = room().store.search_customers(words, policy=policy, limit=size + 1, offset=(page - 1) * size)
    kept: dict[str, Any] = {"q": words or None, "policy": policy, "per_page": request.args.get("per_page")}
    following = url_for("api.customers", page=page + 1, **kept) if len(found) > size else None
    return answer({"customers": [_shown(record) for record in found[:size]], "page": page, "next": following})


@bp.get("/customers/<int:customer_id>")
def customer(customer_id: int) -> Response:
    return _record(_found(customer_id))


@bp.post("/customers")
def create() -> Response:
    sent = sent_object(CUSTOMER_KEYS)
    policy = policy_named(sent.get("policy"))
    name, domains, facts = _checked(policy, sent)
    made = room().store.create_customer(policy.name, name, domains, facts, actor=editor().name)
    response = _record(made, 201)
    response.headers["Location"] = url_for("api.customer", customer_id=made.customer.id)
    return response


@bp.route("/customers/<int:customer_id>", methods=["PUT", "PATCH"])
def change(customer_id: int) -> Response:
    """PUT replaces name, domains and facts; PATCH changes those named, null being unknown (RFC 7396)."""
    before = _found(customer_id)
    sent = sent_object(CUSTOMER_KEYS)
    was = before.customer
    if sent.get("policy", was.policy) != was.policy:
        raise Problem(422, "A customer stays under its policy: make another one.", faults={"policy": "cannot change."})
    policy = policy_named(was.policy)
    told = as_object(sent.get("facts", {}), "facts")
    # What the policy does not have (any more) stays as it is, and may be sent back so.
    strange = {fact: value for fact, value in was.facts.items() if fact not in policy.fact_values}
    told = {fact: value for fact, value in told.items() if fact not in strange or value != strange[fact]}
    if request.method == "PATCH":
        known = {fact: value for fact, value in was.facts.items() if fact not in strange}
        sent, told = {"name": was.name, "domains": was.domains, **sent}, {**known, **told}
    name, domains, facts = _checked(policy, {**sent, "facts": told})
    actor, expected = editor().name, _expected()
    saved = room().store.edit_customer(customer_id, name, domains, {**strange, **facts}, expected=expected, actor=actor)
    return _record(saved)


@bp.post("/customers/<int:customer_id>/erase")
def erase(customer_id: int) -> Response:
    """Erases the customer and all its mail; ``If-Match`` says that it was looked at."""
    actor, expected = editor("erase customers").name, _expected()
    before = _found(customer_id)
    if expected is not None and expected != before.mark:
        raise CustomerChanged(before.customer.name)
    return answer(erase_customer(room().store, room().registry, customer_id, actor=actor).to_json())


@bp.put("/customers/<int:customer_id>/contacts/<address>")
def contact(customer_id: int, address: str) -> Response:
    """Creates or replaces a contact; one of another customer of the policy moves here."""
    before = _found(customer_id)
    sent = sent_object(CONTACT_KEYS)
    facts = as_object(sent.get("facts", {}), "facts")
    policy = policy_named(before.customer.policy)
    entry, faults = check_contact(policy, address, sent.get("name", ""), facts, sent.get("left_on"))
    _refuse(faults)
    actor, expected = editor().name, _expected()
    return _record(room().store.edit_contact(customer_id, entry, expected=expected, actor=actor))


@bp.route("/<path:rest>", methods=["GET", "POST", "PUT", "PATCH"])
def nothing(rest: str) -> Response:
    raise Problem(404, "There is nothing at this address; docs/formats.md lists what the API has.")


def asking() -> User:
    """Whose token it is."""
    return cast(User, g.api_user)


def editor(what: str = "edit customers") -> User:
    """Whose token it is, a lead or an administrator; ``what`` is what the others are told they may not."""
    user = asking()
    if not may_edit(user.role):
        raise Problem(403, f"{user.name} is an {user.role}: leads and administrators {what}.")
    return user


def _found(customer_id: int) -> CustomerRecord:
    found = room().store.customer(customer_id)
    if found is None:
        raise NoSuchCustomer(f"There is no customer {customer_id}.")
    return found


def policy_named(name: object) -> Policy:
    policies = room().policies
    if not isinstance(name, str) or name not in policies:
        known = ", ".join(sorted(policies))
        raise Problem(422, f"There is no such policy; there are {known}.", faults={"policy": f"one of {known}."})
    return policies[name]


def _expected() -> str | None:
    """The mark that the request was made on (RFC 9110, 13.1.1); ``*`` is whatever there is."""
    given = request.headers.get("If-Match")
    if given is None:
        raise Problem(428, "Send If-Match with the ETag of what you looked at, so that nobody's change is lost.")
    return None if given.strip() == "*" else given.strip().strip('"')


def sent_object(keys: frozenset[str]) -> dict[str, Any]:
    try:
        sent = as_object(request.get_json(silent=True), "the body")
    except RecursionError as error:
        raise Problem(400, "The body is nested deeper than anything that the API takes.") from error
    strange = {key: "is not known here." for key in sent if key not in keys | SHOWN_ONLY}
    if strange:
        raise Problem(422, f"A request has {', '.join(sorted(keys))}.", faults=strange)
    return {key: value for key, value in sent.items() if key in keys}


def as_object(value: object, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Problem(400, f"{what[0].upper()}{what[1:]} must be a JSON object (Content-Type: application/json).")
    return value


def _checked(policy: Policy, sent: Mapping[str, Any]) -> tuple[str, tuple[str, ...], Mapping[str, Any]]:
    domains = sent.get("domains", ())
    if not isinstance(domains, list | tuple):
        raise Problem(422, "The domains are a list.", faults={"domains": "must be a list of strings."})
    checked = check_customer(policy, sent.get("name", ""), domains, as_object(sent.get("facts", {}), "facts"))
    _refuse(checked.faults)
    return checked.name, checked.domains, checked.facts


def _refuse(faults: Mapping[str, str]) -> None:
    if faults:
        keys = CUSTOMER_KEYS | CONTACT_KEYS | {"address"}
        told = {name if name in keys else f"facts/{name}": fault for name, fault in faults.items()}
        raise Problem(422, "Nothing was saved: see what is wrong with each field.", faults=told)


def _shown(record: CustomerRecord) -> dict[str, Any]:
    return {**record.to_json(), "mark": record.mark}


def _record(record: CustomerRecord, status: int = 200) -> Response:
    response = answer(record.to_json(), status)
    response.set_etag(record.mark)
    return response


def answer(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), status, content_type="application/json")


@bp.errorhandler(Problem)
def problem(error: Problem) -> Response:
    return error.response()


@bp.errorhandler(MailtriageError)
def refused(error: MailtriageError) -> Response:
    if isinstance(error, StoreUnavailable):
        log.error("store unavailable: %s", error)
        return Problem(503, "The store does not answer just now; nothing was changed.").response()
    codes: dict[type[MailtriageError], int] = {
        NoSuchCustomer: 404,
        NoSuchTicket: 404,
        NoSuchDispute: 409,
        NoSuchHold: 409,
        TicketChanged: 409,
        CustomerChanged: 412,
        NameTaken: 409,
    }
    return Problem(codes.get(type(error), 400), str(error)).response()


@bp.errorhandler(HTTPException)
def failed(error: HTTPException) -> Response:
    detail = "Too many requests: wait a minute." if error.code == 429 else error.description
    response = Problem(error.code or 500, detail or "The request cannot be carried out.").response()
    response.headers.extend({name: value for name, value in error.get_headers() if name in ("Allow", "Retry-After")})
    return response


@bp.errorhandler(Exception)
def broke(error: Exception) -> Response:
    log.error("unexpected failure", exc_info=error)
    return Problem(500, "Something went wrong on our side; the details are in the program's log.").response()


def install(app: Flask, csrf: CSRFProtect, limiter: Limiter) -> None:
    """Registers the API with its limits. Forms' tokens are not asked for: no browser sends a bearer token by itself."""
    app.register_blueprint(bp)
    csrf.exempt(bp)
    limiter.shared_limit(REQUESTS, "api", key_func=_asking)(bp)
    limiter.shared_limit(REFUSALS, "api refusals", key_func=get_remote_address, deduct_when=_unknown)(bp)


def _asking() -> str:
    """The token that asks, as it is kept; the address of who has none."""
    token = request.headers.get("Authorization", "").partition(" ")[2].strip()
    return f"token {digest(token)}" if token else f"address {get_remote_address()}"


def _unknown(response: Response) -> bool:
    return response.status_code == 401
