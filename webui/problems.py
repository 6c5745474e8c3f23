"""What went wrong, for programs: problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from flask import Response, json

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """A request that is answered with a problem."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        faults: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.faults = faults or {}
        self.headers = headers or {}

    def response(self) -> Response:
        """The answer: ``errors`` names each field that is wrong, as a JSON pointer, and why."""
        told: dict[str, Any] = {"title": HTTPStatus(self.status).phrase, "status": self.status, "detail": self.detail}
        if self.faults:
            told["errors"] = [{"pointer": f"#/{name}", "detail": fault} for name, fault in self.faults.items()]
        return Response(json.dumps(told), self.status, content_type=CONTENT_TYPE, headers=self.headers)
