"""The customers as CSV files: downloaded, and uploaded with a look at what would change first."""

from __future__ import annotations

import io
from base64 import b64decode, b64encode
from hashlib import sha256

from flask import Blueprint, Response, abort, flash, json, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as BaseResponse

from tickets.customer.customer_csv import CustomerFileError, Report, import_csv
from tickets.customer.customer_export import export_csv
from tickets.faults import ImportChanged
from webui.customers import check_may_edit
from webui.room import room

bp = Blueprint("customer_files", __name__, url_prefix="/customers")

LARGEST_FILE = 2 * 1024 * 1024
LARGEST_REQUEST = 2 * LARGEST_FILE
"""Base64 is longer by a third, and the form has more fields."""

MOST_LINES = 10_000
"""Saving so many takes seconds, in which nothing else is written to SQLite; whoever has more has a command for it."""

SHOWN = 200
"""So many customers' changes are shown; all are made."""

PROBLEMS_SHOWN = 50

Answer = str | tuple[str, int] | BaseResponse


@bp.before_app_request
def allow_files() -> None:
    """Lets the two forms that carry a file be larger than others; before anything looks at them."""
    if request.endpoint in ("customer_files.upload", "customer_files.apply"):
        request.max_content_length = LARGEST_REQUEST
        request.max_form_memory_size = LARGEST_REQUEST


@bp.get("/export.csv")
def export() -> Response:
    check_may_edit()
    policy = request.args.get("policy") or None
    stream = io.StringIO()
    export_csv(room().store.customer_records(policy), room().policies, stream)
    headers = {"Content-Disposition": 'attachment; filename="customers.csv"'}
    # The mark tells spreadsheets that it is UTF-8.
    return Response("\ufeff" + stream.getvalue(), content_type="text/csv; charset=utf-8", headers=headers)


@bp.route("/import", methods=["GET", "POST"])
def upload() -> Answer:
    """The form for a file; with one, what it would change."""
    check_may_edit()
    if request.method == "GET":
        return render_template("customers/import.html", report=None, policy=None, problems=())
    given = request.files.get("file")
    content = given.read(LARGEST_FILE + 1) if given else b""
    if not content:
        return _problem("Choose a CSV file.")
    if len(content) > LARGEST_FILE:
        return _problem(
            f"The file is larger than {LARGEST_FILE // 1024 // 1024} MB: use `mailtriage customers import`."
        )
    return _look(content)


@bp.post("/import/apply")
def apply() -> Answer:
    """Saves what the agent has looked at, if it still changes the same."""
    check_may_edit()
    try:
        content = b64decode(request.form.get("content", ""), validate=True)
        looked_at = _plan(content)
        if _mark(looked_at) != request.form.get("mark"):
            return _look(content, again=True)
        report = _run(content, expected=looked_at)
    except ImportChanged:
        return _look(content, again=True)
    except (ValueError, CustomerFileError):
        return _problem("The file could not be read any more: upload it again.")
    changed = len(report.changes)
    flash(f"{changed} {'customer' if changed == 1 else 'customers'} changed, {report.unchanged} as they were.")
    return redirect(url_for("customers.show_all"))


def _look(content: bytes, *, again: bool = False) -> Answer:
    try:
        report = _plan(content)
    except UnicodeDecodeError as error:
        return _problem(f"The file is not UTF-8 (byte {error.start}): save it as CSV UTF-8.")
    except CustomerFileError as error:
        return _problem(*error.problems[:PROBLEMS_SHOWN])
    page = render_template(
        "customers/import.html",
        report=report,
        shown=report.changes[:SHOWN],
        policy=_policy(),
        content=b64encode(content).decode("ascii"),
        mark=_mark(report),
        again=again,
        problems=(),
    )
    return (page, 409) if again else page


def _plan(content: bytes) -> Report:
    return _run(content, expected=None)


def _run(content: bytes, *, expected: Report | None) -> Report:
    """Saves the file if it changes what is ``expected``; without, it only says what it would change."""
    if content.count(b"\n") > MOST_LINES:
        raise CustomerFileError([f"The file has more than {MOST_LINES} lines: use `mailtriage customers import`."])
    store, policies = room().store, room().policies
    stream = io.StringIO(content.decode("utf-8-sig"), newline="")
    return import_csv(
        store,
        stream,
        policies,
        policy=_policy(),
        actor=current_user.name,
        dry_run=expected is None,
        expected=expected,
    )


def _policy() -> str | None:
    name = request.form.get("policy") or None
    if name is not None and name not in room().policies:
        abort(400, f"There is no policy named {name[:80]}.")
    return name


def _mark(report: Report) -> str:
    """What a dry run said, as a short text that changes with it."""
    return sha256(json.dumps([change.to_json() for change in report.changes]).encode()).hexdigest()


def _problem(*problems: str) -> tuple[str, int]:
    page = render_template("customers/import.html", report=None, policy=_policy(), problems=problems)
    return page, 400
