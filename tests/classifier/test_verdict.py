"""A verdict as JSON: there and back inside, and the public document by its schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from classifier.assess import assess
from classifier.example import Example
from classifier.mail import mail_of
from classifier.model import Model
from classifier.schema import VerdictDocument, verdict_document, verdict_schema
from classifier.verdict import Verdict
from policies.labels import IMPACT_VALUES, LABELS
from policies.policy import Policy
from policies.terms import ResponseTarget, Terms

TERMS = Terms(
    clauses={"penelope/outside.1": "Anything about self-hosted is outside."},
    coverage="outside",
    charge="by the hour",
    response_target=ResponseTarget(datetime(2026, 5, 7, 12, tzinfo=UTC), "1 business day", "weekdays"),
)


@pytest.fixture
def verdicts(model: Model, policy: Policy, examples: Sequence[Example]) -> list[Verdict]:
    return assess(model, policy, [mail_of(example) for example in examples[:40]])


def test_a_verdict_comes_back_equal_from_json(verdicts: list[Verdict]) -> None:
    assert [Verdict.from_json(json.loads(json.dumps(v.to_json()))) for v in verdicts] == verdicts
    assert any(v.rule_hits for v in verdicts)


def test_the_public_document_has_the_keys_of_the_format(verdicts: list[Verdict]) -> None:
    document = json.loads(json.dumps(verdict_document(verdicts[0], TERMS)))
    assert {"labels", "impact", "clauses", "evidence", "charge", "response_target", "missing_facts", "language"} < set(
        document
    )
    assert set(document["labels"]) == set(LABELS)
    assert set(document["labels"]["scope"]) == {"value", "source", "probability", "alternatives", "acted_alone"}
    assert set(document["impact"]) == set(IMPACT_VALUES)
    assert set(document["impact"]["kind"]) == {"value", "probability", "words"}
    assert document["clauses"] == [{"id": "penelope/outside.1", "sentence": "Anything about self-hosted is outside."}]
    assert document["response_target"] == {"due": "2026-05-07T12:00:00Z", "calendar": "weekdays", "paused": False}
    assert set(document["versions"]) == {"model", "policy", "program"}


def test_every_document_holds_to_the_schema_and_others_do_not(verdicts: list[Verdict]) -> None:
    for verdict in verdicts:
        document = verdict_document(verdict, TERMS)
        VerdictDocument.model_validate_json(json.dumps(document))
        with pytest.raises(ValidationError):
            VerdictDocument.model_validate_json(json.dumps({**document, "labels": {}}))


def test_the_schema_names_what_is_required() -> None:
    schema = verdict_schema()
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert {"labels", "impact", "clauses", "evidence", "versions"} <= set(schema["required"])
    assert schema["additionalProperties"] is False
