"""The customers: found, shown, edited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from policies.policy import Policy
from tickets.customer.customer_saving import ContactEntry
from tickets.customer.customer_values import check_contact, check_customer, contact_facts
from tickets.customer.erasure import erase_customer
from tickets.faults import CustomerChanged, NameTaken
from tickets.rows import Contact, CustomerRecord
from webui.paging import SIZE, asked_page, asked_words, page_of
from webui.roles import may_edit
from webui.room import room

bp = Blueprint("customers", __name__, url_prefix="/customers")

FACT = "fact."
"""Before the name of a fact in the name of its field."""

TICKETS_SHOWN = 10
CHANGED = "Somebody else has changed this customer since you opened the page. What is there now is shown below it."

Answer = str | tuple[str, int] | BaseResponse


@dataclass(frozen=True, slots=True)
class Field:
    """One fact in a form: what it is called, its input, the value written in it, and what is wrong with that."""

    name: str
    title: str
    type: str
    options: tuple[str, ...]
    value: str
    fault: str = ""


@bp.get("/")
def show_all() -> str:
    policy = request.args.get("policy") or None
    if policy is not None and policy not in room().policies:
        abort(404, f"There is no policy named {policy[:80]}.")
    number, words = asked_page(), asked_words()
    found = room().store.search_customers(words, policy=policy, limit=SIZE + 1, offset=(number - 1) * SIZE)
    return render_template(
        "customers/show_all.html", page=page_of(number, found), words=words, policy=policy, editing=_may_edit()
    )


@bp.get("/<int:number>")
def show(number: int) -> str:
    return _page(_record(number))


@bp.route("/new", methods=["GET", "POST"])
def new() -> Answer:
    check_may_edit()
    policy = _policy(request.values.get("policy") or next(iter(sorted(room().policies))))
    if request.method == "GET":
        return _form(policy, None, {}, {})
    checked = check_customer(policy, request.form.get("name", ""), _domains(), _facts(policy.fact_values))
    if checked.faults:
        return _form(policy, None, request.form, checked.faults), 400
    actor = current_user.name
    try:
        made = room().store.create_customer(policy.name, checked.name, checked.domains, checked.facts, actor=actor)
    except NameTaken as error:
        return _form(policy, None, request.form, {"name": str(error)}), 409
    flash(f"{made.customer.name} added.")
    return redirect(url_for("customers.show", number=made.customer.id))


@bp.route("/<int:number>/edit", methods=["GET", "POST"])
def edit(number: int) -> Answer:
    check_may_edit()
    record = _record(number)
    policy = _policy(record.customer.policy)
    if request.method == "GET":
        return _form(policy, record, written(record), {})
    checked = check_customer(policy, request.form.get("name", ""), _domains(), _facts(policy.fact_values))
    if checked.faults:
        return _form(policy, record, request.form, checked.faults, mark=request.form.get("mark")), 400
    expected, actor = request.form.get("mark", ""), current_user.name
    # What the policy does not have (any more) is not in the form, and stays.
    kept = {name: value for name, value in record.customer.facts.items() if name not in policy.fact_values}
    facts = {**kept, **checked.facts}
    try:
        room().store.edit_customer(number, checked.name, checked.domains, facts, expected=expected, actor=actor)
    except NameTaken as error:
        return _form(policy, record, request.form, {"name": str(error)}, mark=expected), 409
    except CustomerChanged:
        return _form(policy, record, request.form, {"": CHANGED}), 409
    flash(f"{checked.name} saved.")
    return redirect(url_for("customers.show", number=number))


@bp.route("/<int:number>/contact", methods=["GET", "POST"])
def contact(number: int) -> Answer:
    """One contact's form: that of ``address``, or an empty one."""
    check_may_edit()
    record = _record(number)
    policy = _policy(record.customer.policy)
    known = record.contact(request.args.get("address", ""))
    if request.method == "GET":
        return _contact_form(policy, record, known, written_contact(known) if known else {}, {})
    form = request.form
    address = known.address if known else form.get("address", "")
    facts = _facts(contact_facts(policy))
    entry, faults = check_contact(policy, address, form.get("name", ""), facts, form.get("left_on"))
    if faults:
        return _contact_form(policy, record, known, form, faults, mark=form.get("mark")), 400
    kept = {name: value for name, value in known.facts.items() if name not in contact_facts(policy)} if known else {}
    entry = ContactEntry(entry.address, entry.name, {**kept, **entry.facts}, entry.left_on)
    found = room().store.who_is(policy.name, entry.address)
    other = found.customer if found.contact else None
    if other is not None and other.id != number and not form.get("move"):
        fault = f"{entry.address} is a contact of {other.name}: tick the box to move it here."
        return _contact_form(policy, record, known, form, {"address": fault}, moving=True), 409
    try:
        room().store.edit_contact(number, entry, expected=form.get("mark", ""), actor=current_user.name)
    except CustomerChanged:
        return _contact_form(policy, record, known, form, {"": CHANGED}), 409
    flash(f"{entry.address} saved.")
    return redirect(url_for("customers.show", number=number))


@bp.post("/<int:number>/erase")
def erase(number: int) -> Answer:
    """Erases the customer, if ``name`` is its name as typed by who asks."""
    check_may_edit()
    record = _record(number)
    if request.form.get("name", "").strip() != record.customer.name:
        flash("Nothing was erased: the name that was typed is not the customer's.")
        return redirect(url_for("customers.show", number=number))
    here = room()
    done = erase_customer(here.store, here.registry, number, actor=current_user.name)
    flash(f"Erased {done.mails} mails of {len(done.tickets)} tickets. What models learned goes with the next training.")
    return redirect(url_for("customers.show_all"))


def check_may_edit() -> None:
    """Refuses who may only read."""
    if not _may_edit():
        abort(403, "Leads and administrators edit customers; ask one of them.")


def _may_edit() -> bool:
    return may_edit(current_user.role)


def written(record: CustomerRecord) -> dict[str, str]:
    """What the form has in its fields for a customer as it is."""
    customer = record.customer
    facts = {FACT + name: _written(value) for name, value in customer.facts.items()}
    return {"name": customer.name, "domains": "\n".join(customer.domains), **facts}


def written_contact(contact: Contact) -> dict[str, str]:
    """What the form has in its fields for a contact as it is."""
    facts = {FACT + name: _written(value) for name, value in contact.facts.items()}
    left_on = contact.left_on.isoformat() if contact.left_on else ""
    return {"address": contact.address, "name": contact.name, "left_on": left_on, **facts}


def fields(policy: Policy, names: Any, values: Mapping[str, str], faults: Mapping[str, str]) -> list[Field]:
    """The fields of facts, in the policy's order."""
    return [
        Field(
            name,
            entry.title,
            entry.type,
            tuple(entry.values),
            values.get(FACT + name, ""),
            faults.get(name, ""),
        )
        for name, entry in policy.file.facts.items()
        if name in names
    ]


def _written(value: object) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else "" if value is None else str(value)


def _facts(names: Any) -> dict[str, str]:
    return {name: request.form.get(FACT + name, "") for name in names}


def _domains() -> list[str]:
    return request.form.get("domains", "").replace(",", " ").replace(";", " ").split()


def _record(number: int) -> CustomerRecord:
    found = room().store.customer(number)
    if found is None:
        abort(404, f"There is no customer {number}.")
    return found


def _policy(name: str) -> Policy:
    policy = room().policies.get(name)
    if policy is None:
        abort(404, f"There is no policy named {name[:80]}.")
    return policy


def _page(record: CustomerRecord) -> str:
    here, number = room(), record.customer.id
    tickets = here.store.customer_tickets(number, limit=TICKETS_SHOWN + 1)
    policy = here.policies.get(record.customer.policy)
    return render_template(
        "customers/show.html",
        record=record,
        customer=record.customer,
        policy=policy,
        titles={name: entry.title for name, entry in policy.file.facts.items()} if policy else {},
        tickets=page_of(1, tickets[:TICKETS_SHOWN]),
        more_tickets=len(tickets) > TICKETS_SHOWN,
        events=here.store.customer_events(number),
        editing=_may_edit() and policy is not None,
        today=here.clock().date(),
    )


def _form(
    policy: Policy,
    record: CustomerRecord | None,
    values: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    mark: str | None = None,
) -> str:
    return render_template(
        "customers/edit.html",
        policy=policy,
        record=record,
        values=values,
        faults=faults,
        fields=fields(policy, policy.fact_values, values, faults),
        now_there=written(record) if record and faults.get("") else None,
        mark=mark if mark is not None else record.mark if record else "",
    )


def _contact_form(
    policy: Policy,
    record: CustomerRecord,
    known: Contact | None,
    values: Mapping[str, str],
    faults: Mapping[str, str],
    *,
    mark: str | None = None,
    moving: bool = False,
) -> str:
    return render_template(
        "customers/contact.html",
        policy=policy,
        record=record,
        known=known,
        values=values,
        faults=faults,
        fields=fields(policy, contact_facts(policy), values, faults),
        moving=moving,
        mark=mark if mark is not None else record.mark,
    )
