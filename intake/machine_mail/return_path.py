"""Where failures of a mail are reported to (RFC 5321, 4.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping

NOBODY = re.compile(r"<?\s*(?:mailer-daemon(?:@[^>\s]{0,255})?)?\s*>?", re.IGNORECASE)
"""RFC 5321, 4.5.5: the null reverse-path; some systems write MAILER-DAEMON into its place."""


def is_null(fields: Mapping[str, str]) -> bool:
    """Whether the Return-Path is there and empty: the mail reports or answers, and nobody wants an answer to it."""
    value = fields.get("return-path")
    return value is not None and NOBODY.fullmatch(value.strip()[:300]) is not None
