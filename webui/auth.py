"""Signing in and out."""

from __future__ import annotations

from hashlib import sha256
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, redirect, render_template, request, session, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, current_user, login_user, logout_user
from werkzeug.wrappers import Response as BaseResponse

from tickets.rows import User
from webui import api
from webui.passwords import verify_password
from webui.room import room

bp = Blueprint("auth", __name__)

OPEN_TO_ALL = frozenset({"auth.sign_in", "health.healthz", "static"})
"""Endpoints that answer without a session; every other asks to sign in."""

TRIES_BY_ADDRESS = "20 per minute; 200 per hour"
TRIES_BY_NAME = "10 per minute; 50 per hour"
"""Failed tries at signing in; one that succeeds does not count."""


class SignedIn:
    """A user with a session, as Flask-Login wants it. The session ends when the password changes."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, user: User) -> None:
        self.name = user.name
        self.role = user.role
        self._id = f"{user.id}:{sha256(user.password_hash.encode()).hexdigest()[:16]}"

    def get_id(self) -> str:
        return self._id


def load(session_id: str) -> SignedIn | None:
    """The user that a session belongs to; None when it belongs to nobody any more."""
    number, _, _ = session_id.partition(":")
    user = room().store.user_by_id(int(number)) if number.isdecimal() else None
    if user is None:
        return None
    signed_in = SignedIn(user)
    return signed_in if signed_in.get_id() == session_id else None


def ask_to_sign_in() -> BaseResponse | None:
    """For ``before_request``: sends whoever has no session to the sign-in page, and back afterwards."""
    if request.endpoint in OPEN_TO_ALL or _of_the_api() or current_user.is_authenticated:
        return None
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("auth.sign_in", next=wanted if wanted != "/" else None))


def _of_the_api() -> bool:
    """Whether the API answers, which asks for a token, or nothing is there."""
    return request.blueprint == "api" or (request.endpoint is None and api.answers(request.path))


def local_path(target: str | None) -> str | None:
    """``target`` when it is a path on this server, else None (an address elsewhere is never followed)."""
    if not target or not target.startswith("/") or target.startswith("//") or "\\" in target:
        return None
    if any(ord(c) <= 0x20 or ord(c) == 0x7F for c in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


@bp.route("/sign-in", methods=["GET", "POST"])
def sign_in() -> BaseResponse | tuple[str, int]:
    wanted = local_path(request.values.get("next"))
    if current_user.is_authenticated:
        return redirect(wanted or url_for("queue.show"))
    if request.method == "GET":
        return render_template("auth/sign_in.html", next=wanted, name="", refused=False), 200
    name = request.form.get("name", "").strip()
    user = room().store.user(name) if name and "\x00" not in name else None
    if not verify_password(user.password_hash if user else None, request.form.get("password", "")) or user is None:
        return render_template("auth/sign_in.html", next=wanted, name=name, refused=True), 401
    session.clear()
    session.permanent = True
    login_user(SignedIn(user))
    return redirect(wanted or url_for("queue.show"))


@bp.post("/sign-out")
def sign_out() -> BaseResponse:
    logout_user()
    session.clear()
    return redirect(url_for("auth.sign_in"))


def install(app: Flask) -> Limiter:
    """Sessions, the wall before every page (the API has one of its own), and the limit on tries, which is returned."""
    manager = LoginManager()
    manager.init_app(app)
    manager.user_loader(load)
    app.before_request(ask_to_sign_in)
    limiter = Limiter(get_remote_address, app=app, storage_uri="memory://", strategy="moving-window")
    for tries, key in ((TRIES_BY_ADDRESS, get_remote_address), (TRIES_BY_NAME, _name_tried)):
        limit = limiter.limit(tries, key_func=key, methods=["POST"], deduct_when=_refused)
        app.view_functions["auth.sign_in"] = limit(app.view_functions["auth.sign_in"])  # type: ignore[assignment]
    return limiter


def _name_tried() -> str:
    return request.form.get("name", "").strip().casefold()[:200]


def _refused(response: Response) -> bool:
    return response.status_code == 401
