"""One recorded mail: its text, its HTML in a frame, its attachments and its raw bytes."""

from __future__ import annotations

import unicodedata
from io import BytesIO

from flask import Blueprint, Response, abort, make_response, redirect, render_template, send_file, url_for
from werkzeug.wrappers import Response as BaseResponse

from intake.message import Attachment, parse
from tickets.rows import StoredMessage
from webui.headers import MAIL_POLICY
from webui.highlight import LONGEST_TEXT
from webui.room import room
from webui.sanitise import harmless
from webui.spans import pieces

bp = Blueprint("mail", __name__, url_prefix="/mail")


@bp.get("/<int:number>")
def show(number: int) -> BaseResponse | str:
    message = _message(number)
    if message.ticket is not None and message.disposition in ("ticket", "reply"):
        return redirect(url_for("ticket.show", number=message.ticket, _anchor=f"mail-{message.id}"))
    if message.disposition == "quarantined":
        return redirect(url_for("quarantine.show", number=message.id))
    shown = pieces(message, ())
    return render_template("mail/show.html", message=message, pieces=shown, longest=LONGEST_TEXT)


@bp.get("/<int:number>/html")
def frame(number: int) -> Response:
    """The sanitised HTML version; made to be shown in a sandboxed frame only."""
    message = _message(number)
    if message.html is None:
        abort(404, "This mail has no HTML version.")
    inline = [part for part in _parts(message) if part.content_id]
    response = make_response(render_template("mail/frame.html", fragment=harmless(message.html, inline)))
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


@bp.get("/<int:number>/attachments/<int:index>")
def attachment(number: int, index: int) -> Response:
    """An attachment's bytes, to be saved: never shown, never given the type that its sender claims."""
    message = _message(number)
    if index >= len(message.attachments):
        abort(404, "This mail has no such attachment.")
    wanted = message.attachments[index]
    content = room().store.attachment(message.id, wanted["sha256"])
    if content is None:
        abort(404, "This attachment is no longer in the stored mail.")
    return _download(content, saved_name(str(wanted["name"]), "attachment"))


@bp.get("/<int:number>/raw")
def raw(number: int) -> Response:
    """The mail as it arrived, to be saved as ``.eml``."""
    content = room().store.raw(_message(number).id)
    if content is None:
        abort(404, "The raw bytes of this mail are not kept any more.")
    return _download(content, f"mail-{number}.eml")


def saved_name(name: str, otherwise: str) -> str:
    """``name`` without path, control or direction characters, which could make it look like another (``U+202E``)."""
    base = name.replace("\\", "/").rpartition("/")[2]
    seen = "".join(c for c in base if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp"))
    return seen.strip(" .")[:150] or otherwise


def _message(number: int) -> StoredMessage:
    message = room().store.message(number)
    if message is None:
        abort(404, f"There is no mail {number}.")
    return message


def _parts(message: StoredMessage) -> tuple[Attachment, ...]:
    content = room().store.raw(message.id)
    return () if content is None else parse(content).attachments


def _download(content: bytes, name: str) -> Response:
    response = send_file(BytesIO(content), "application/octet-stream", as_attachment=True, download_name=name)
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response
