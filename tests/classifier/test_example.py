"""The labelled-mail format: what is kept, what is refused, and in which words."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from classifier.example import (
    Example,
    ExampleFileError,
    check_labels,
    read_file,
    read_jsonl,
    require_legal,
)
from policies.policy import Policy

LINE = {
    "id": "pen-040",
    "policy": "penelope",
    "from": "sunita@littleriverfs.example",
    "subject": "odbc",
    "body": "hey can u set up odbc for marcus our new eval guy",
    "received": "2026-05-06T13:35:00-04:00",
    "customer": {"hosting": "saas", "product_version": None},
    "history": [{"topic": "odbc_account", "days_ago": 260}],
    "mood": "cheerful",
    "labels": {
        "severity": "SEV4",
        "scope": None,
        "topic": "odbc_account",
        "reviewer": "jo",
        "clauses": ["penelope/included.2"],
        "impact": {"kind": "request", "deadline": False},
        "evidence": {"affected": "marcus our new\neval guy", "kind": "can u set up odbc"},
    },
}


def read(*records: object) -> list[Example]:
    return read_jsonl([json.dumps(record) for record in records], "mails.jsonl")


def test_a_labelled_mail_is_read_with_unknown_keys_kept() -> None:
    example = read(LINE)[0]
    assert example.sender == "sunita@littleriverfs.example"
    assert example.labels == {"severity": "SEV4", "topic": "odbc_account"}
    assert example.impact == {"kind": "request", "deadline": "false"}
    assert example.history == (("odbc_account", 260),)
    assert example.extra == {"mood": "cheerful", "labels": {"reviewer": "jo"}}


def test_what_was_read_is_written_back_to_an_equal_example() -> None:
    stream = io.StringIO()
    stream.writelines(json.dumps(example.to_json()) + "\n" for example in read(LINE))
    assert read_jsonl(stream.getvalue().splitlines(), "again") == read(LINE)


def test_the_training_data_come_back_as_they_were_written(examples: Sequence[Example]) -> None:
    assert [Example.from_json(json.loads(json.dumps(e.to_json()))) for e in examples] == list(examples)


def test_unknown_facts_are_absent_and_a_missing_date_is_the_epoch() -> None:
    facts = read({"id": "a", "subject": "s", "body": "b"})[0].facts
    assert (facts.received_at.year, facts.customer, facts.history, facts.sender_proven) == (1970, {}, None, True)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": None}, "id is missing"),
        ({"subject": 5}, "subject is not a text"),
        ({"received": "2026-05-06T13:35:00"}, "no offset from UTC"),
        ({"received": "yesterday"}, "not an ISO 8601"),
        ({"customer": []}, "customer is not a JSON object"),
        ({"history": [{"topic": "x"}]}, "days_ago"),
        ({"labels": {"severity": 1}}, "severity is not a text"),
        ({"labels": {"clauses": "penelope/included.2"}}, "not a list of clause ids"),
        ({"labels": {"impact": {"kind": 3}}}, "kind is not a text"),
        ({"body": "\ud800"}, "body is not valid UTF-8"),
    ],
)
def test_a_line_that_cannot_be_used_is_named_with_its_reason(change: dict[str, object], words: str) -> None:
    with pytest.raises(ExampleFileError, match=r"mails\.jsonl, line 2: ") as caught:
        read(LINE, {**LINE, **change})
    assert words in str(caught.value)


@pytest.mark.parametrize("line", ["{", "[1]", "null", "[" * 100_000])
def test_a_line_that_is_no_json_object_is_named(line: str) -> None:
    with pytest.raises(ExampleFileError, match="line 1"):
        read_jsonl([line], "mails.jsonl")


def test_skip_bad_reads_the_rest_and_empty_lines_count() -> None:
    lines = [json.dumps(LINE), "", "not json", json.dumps({**LINE, "id": "b"})]
    assert [e.id for e in read_jsonl(lines, "m", skip_bad=True)] == ["pen-040", "b"]
    with pytest.raises(ExampleFileError, match="line 3"):
        read_jsonl(lines, "m")


def test_a_file_with_a_byte_order_mark_is_read_and_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "mails.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(LINE).encode() + b"\r\n")
    assert len(read_file(path)) == 1
    path.write_bytes(b'{"id": "a", "subject": "s", "body": "\xff"}\n')
    with pytest.raises(ExampleFileError, match="line 1: body is not valid UTF-8"):
        read_file(path)
    with pytest.raises(ExampleFileError, match="cannot be read"):
        read_file(tmp_path / "absent.jsonl")


def test_legal_labels_have_no_problem(policy: Policy) -> None:
    assert check_labels(read(LINE)[0], policy) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"labels": {"severity": "SEV5"}}, "severity 'SEV5' is not one of SEV1, SEV2, SEV3, SEV4"),
        ({"labels": {"topic": "odbc"}}, "topic 'odbc' is not one of"),
        ({"clauses": ("penelope/included.99",)}, "clause 'penelope/included.99'"),
        ({"impact": {"function": "broken"}}, "impact fact function 'broken'"),
        ({"impact": {"colour": "red"}}, "impact fact 'colour'"),
        ({"evidence": {"kind": "set up odbc please"}}, "not in the mail word for word"),
        ({"evidence": {"colour": "odbc"}}, "neither a label nor an impact fact"),
    ],
)
def test_an_illegal_label_is_named(policy: Policy, change: dict[str, object], words: str) -> None:
    example = replace(read(LINE)[0], **change)
    assert len(check_labels(example, policy)) == 1
    assert words in check_labels(example, policy)[0]
    with pytest.raises(ExampleFileError, match=r"held\.jsonl, mail pen-040"):
        require_legal([example], policy, "held.jsonl")


def test_labels_of_another_policy_are_refused(policy: Policy) -> None:
    with pytest.raises(ExampleFileError, match="labelled under perfana, not penelope"):
        require_legal([replace(read(LINE)[0], policy="perfana")], policy, "held.jsonl")


def test_the_digest_follows_the_content() -> None:
    example = read(LINE)[0]
    assert example.digest == read(dict(reversed(LINE.items())))[0].digest
    assert example.digest != replace(example, labels={"severity": "SEV1"}).digest
