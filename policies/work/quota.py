"""What a contract gives away by number, and requests opened from others, as a policy file writes them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from policies.part import Part
from policies.promises import Citations
from policies.when import IssueTypeWord, TermsWhen, Words

Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,63}$")]


class Quota(Part):
    """A number of requests that the contract includes: each for which ``when`` holds counts ``fact`` down by one.

    ``title`` is what people call it ("free tasks"); a fact that is unknown or 0 gives nothing.
    """

    id: Id
    title: str
    fact: str
    clauses: Citations = ()
    when: TermsWhen


class LinkedRequest(Part):
    """A further request that an agent may open from one for which ``when`` holds: of which issue type and topics."""

    title: str
    clauses: Citations = ()
    when: TermsWhen
    issue_type: IssueTypeWord
    topics: Words
