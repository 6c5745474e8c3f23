"""An answer of a token server, read within bounds before anybody looks at it."""

from __future__ import annotations

import io
import time
from typing import Any

from requests import Response
from urllib3.exceptions import HTTPError

LARGEST_ANSWER = 256 * 1024
"""Bytes; the longest tokens in use are below 16 KiB."""
LONGEST_ANSWER_SECONDS = 30.0
CHUNK = 16 * 1024
LONGEST_RETRY_AFTER = 3600.0


class BadAnswer(Exception):
    """The answer is none that a token endpoint gives; ``code`` is a short word for it."""

    def __init__(self, code: str, says: str) -> None:
        super().__init__(says)
        self.code = code


class Busy(BadAnswer):
    """The server asks to be left alone for a while (RFC 6585, 4; RFC 9110, 15.6.4)."""

    def __init__(self, code: str, says: str, retry_after: float) -> None:
        super().__init__(code, says)
        self.retry_after = retry_after


def bounded(response: Response, *_: Any, **__: Any) -> Response:
    """For requests' ``response`` hook: reads a body of bounded size in bounded time.

    Redirects are refused: a token server that sends a client's secret elsewhere is none. Raises :class:`BadAnswer`.
    """
    if 300 <= response.status_code < 400:
        raise BadAnswer("redirect", f"it redirects (HTTP {response.status_code}), which no token endpoint does")
    if response.status_code == 429 or response.status_code >= 500:
        code = f"http_{response.status_code}"
        raise Busy(code, f"it answers HTTP {response.status_code}", _retry_after(response))
    try:
        response.raw = io.BytesIO(_read(response.raw))
    except HTTPError as error:
        raise BadAnswer("broken_answer", f"its answer breaks off ({type(error).__name__})") from error
    return response


def _read(raw: Any) -> bytes:
    deadline = time.monotonic() + LONGEST_ANSWER_SECONDS
    body = bytearray()
    # read1 gives what is there; read would wait for a whole chunk from a server that sends byte by byte.
    while chunk := raw.read1(CHUNK, decode_content=True):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise BadAnswer("too_large", f"its answer is over {LARGEST_ANSWER // 1024} KiB")
        if time.monotonic() > deadline:
            raise BadAnswer("too_slow", f"its answer takes over {LONGEST_ANSWER_SECONDS:g} s")
    return bytes(body)


def _retry_after(response: Response) -> float:
    """Seconds (RFC 9110, 10.2.3); the form that gives a date is passed over."""
    value = response.headers.get("Retry-After", "")
    return min(float(value), LONGEST_RETRY_AFTER) if value.isdecimal() and len(value) < 10 else 0.0
