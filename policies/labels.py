"""The label sets that every policy shares."""

from __future__ import annotations

from enum import StrEnum


class Severity(StrEnum):
    """Impact of a request, the highest first."""

    SEV1 = "SEV1"
    SEV2 = "SEV2"
    SEV3 = "SEV3"
    SEV4 = "SEV4"


class Scope(StrEnum):
    """Whether the support agreement covers a request."""

    INCLUDED = "included"
    OUTSIDE = "outside"
    PROFESSIONAL_SERVICES = "professional_services"


class IssueType(StrEnum):
    """What kind of work a request asks for."""

    BUG = "bug"
    CONFIGURATION_ERROR = "configuration_error"
    ADVICE = "advice"
    CONFIGURATION_REQUEST = "configuration_request"
    FEATURE_REQUEST = "feature_request"


LABELS: tuple[str, ...] = ("severity", "scope", "issue_type", "topic")
"""The labels of a verdict, in the order in which they are shown."""

IMPACT_VALUES: dict[str, tuple[str, ...]] = {
    "kind": ("fault", "question", "request", "wish", "other"),
    "function": ("dead", "degraded", "partial", "cosmetic", "none", "unknown"),
    "affected": ("all", "group", "one", "none", "unknown"),
    "environment": ("production", "test", "unknown"),
    "state": ("ongoing", "resolved", "future", "unknown"),
    "workaround": ("none", "painful", "easy", "unknown"),
    "data": ("lost", "exposed", "safe", "unknown"),
    "deadline": ("true", "false"),
}
"""The impact facts and their values (labelling guide); ``deadline`` is true or false in JSON, these words inside."""
