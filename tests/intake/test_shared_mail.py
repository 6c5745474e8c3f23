"""Other projects' test mail: parsing, screening, threading and the new text, against what is expected there."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from benchmarks import decoding
from intake.conversation import conversations
from intake.files import read
from intake.message import Message, parse
from intake.new_text.reply import split
from intake.screening import screen


def folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


@pytest.fixture(scope="module")
def ham(shared_mail: Path) -> list[Message]:
    return [parse(mail.raw) for mail in read([shared_mail / "ham"])]


def test_parse_raises_on_none_of_the_files(shared_mail: Path) -> None:
    """Every file, mail or not, but for the expectations; the mailing-list mail has a test of its own."""
    files = (path for path in sorted(shared_mail.rglob("*")) if path.is_file() and path.suffix != ".json")
    paths = [path for path in files if path.parent.name not in ("ham", "trimmed", "elided")]
    assert len(paths) > 1000
    for path in paths:
        message = parse(path.read_bytes())
        assert "\0" not in message.text + message.subject
        f"{message.text}{message.subject}".encode()


def test_list_mail_is_never_taken_for_an_answer_of_a_machine(ham: list[Message]) -> None:
    kinds = [screen(message).kind for message in ham]
    assert len(kinds) == 2499
    assert len([kind for kind in kinds if kind not in ("accept", "bulk")]) <= 2


def test_list_mail_has_its_fields(ham: list[Message]) -> None:
    assert all(message.sender and message.sender.address and message.date for message in ham)
    assert sum(bool(message.text.strip()) for message in ham) >= 2495


def test_bounces_are_recognised(shared_mail: Path) -> None:
    folder = shared_mail / "sisimai"
    cases = [json.loads(line) for line in (folder / "expected.jsonl").read_text("utf-8").splitlines()]
    screenings = [screen(parse((folder / case["file"]).read_bytes())) for case in cases]
    recognised = [each for each in screenings if each.kind in ("bounce", "feedback_report", "receipt")]
    bounces = [each for each in screenings if each.kind == "bounce"]
    assert len(recognised) >= 0.99 * len(cases)
    assert sum(bool(each.recipients) for each in bounces) >= 0.97 * len(bounces)
    stated = [
        (screening.permanent, case["rows"][0]["dsn"].startswith("5"))
        for case, screening in zip(cases, screenings, strict=True)
        # 5.0.9xx and 4.0.9xx stand for what the mail itself does not say.
        if re.match(r"[45]\.(?!0\.9\d\d)", case["rows"][0]["dsn"])
    ]
    assert sum(said is expected for said, expected in stated) >= 0.99 * len(stated)


def test_subjects_and_senders_are_those_expected(shared_mail: Path) -> None:
    """Where the expectation gave up on a byte (U+FFFD), any character will do."""
    subjects = senders = 0
    for path in sorted((shared_mail / "stalwart").glob("*/[0-9][0-9][0-9].json")):
        fields = {str(h["name"]): h["value"] for h in json.loads(path.read_text("utf-8"))["parts"][0]["headers"]}
        message = parse(path.with_suffix(".eml").read_bytes())
        if isinstance(fields.get("subject"), dict):
            pattern = re.escape(folded(fields["subject"]["Text"])).replace("\ufffd", ".")
            assert re.fullmatch(pattern, folded(message.subject)), path.name
            subjects += 1
        listed = fields["from"]["Address"].get("List") if isinstance(fields.get("from"), dict) else None
        if listed:
            assert message.sender is not None
            expected = (listed[0]["name"] or "", listed[0]["address"] or "")
            assert (message.sender.name, message.sender.address) == expected, path.name
            senders += 1
    assert (subjects, senders) == (79, 77)


def test_texts_and_attachments_are_those_expected(shared_mail: Path) -> None:
    """Of 87 texts and 124 attachments; ``python -m benchmarks.decoding`` says why the others differ."""
    found = list(decoding.cases(shared_mail / "stalwart"))
    texts = [case for case in found if case.text.strip()]
    assert len(texts) == 87
    right = [decoding.f1(case.message.text, case.text) >= decoding.LEAST_F1 for case in texts]
    undecoded = [decoding.wildcard(case.message.text, case.text) for case in texts]
    assert sum(right) >= 78
    assert sum(map(any, zip(right, undecoded, strict=True))) >= 80
    same = [
        any(decoding.same_bytes(each.content, kind, expected) for each in case.message.attachments)
        for case in found
        for kind, expected in case.attachments
    ]
    assert (sum(same) >= 103, len(same)) == (True, 124)


def test_the_new_text_of_replies_is_that_expected(shared_mail: Path) -> None:
    folder = shared_mail / "reply-trimmer"
    right = losses = 0
    for path in sorted((folder / "emails").glob("*.txt")):
        new_text = split(path.read_text("utf-8")).new_text
        expected = (folder / "trimmed" / path.name).read_text("utf-8")
        right += folded(new_text) == folded(expected)
        lost = Counter(expected.split()) - Counter(new_text.split())
        losses += lost.total() > 0.05 * len(expected.split())
    assert right >= 58
    assert losses <= 3


def test_the_new_text_of_client_replies_is_hello(shared_mail: Path) -> None:
    for path in sorted((shared_mail / "talon" / "standard_replies").glob("*.eml")):
        beside = path.with_name(f"{path.stem}_reply_text")
        expected = beside.read_text("utf-8") if beside.exists() else "Hello"
        message = parse(path.read_bytes())
        assert folded(f"{message.new_text}\n{message.signature}") == folded(expected), path.name


def test_the_new_text_of_html_replies_is_found(shared_mail: Path) -> None:
    for path in sorted((shared_mail / "talon" / "html_replies").glob("*.html")):
        message = parse(b"Subject: Re: Test\nContent-Type: text/html; charset=utf-8\n\n" + path.read_bytes())
        assert folded(message.new_text) == "Hi. I am fine. Thanks, Alex", path.name


def test_what_a_forward_claims_is_found(shared_mail: Path) -> None:
    """The bodies that need no subject to be known as forwards; "variant_4" are answers, which forward nothing."""
    bodies = [path for path in (shared_mail / "forwarded").glob("*_body*.txt") if "outlook" not in path.name]
    claims = [split(path.read_text("utf-8")).forwarded for path in bodies if "variant_4" not in path.name]
    senders = [claim.sender for claim in claims if claim and claim.sender]
    right = [each for each in senders if each.address == "john.doe@acme.com" or each.name == "John Doe"]
    assert len(right) >= 0.97 * len(claims)
    assert sum(bool(claim and claim.subject and claim.date) for claim in claims) >= 0.95 * len(claims)
    answers = [path for path in bodies if "variant_4" in path.name]
    assert not any(split(path.read_text("utf-8"), "Re: Integer").forwarded for path in answers)


def test_lines_of_signatures_are_told_apart(shared_mail: Path) -> None:
    right = total = 0
    for path in (shared_mail / "signatures").glob("[PN]/*_body"):
        raw = path.read_text("utf-8", "replace").split("\n")
        lines = [re.sub(r"^#(?:sig|reply)#", "", line) for line in raw]
        sender = path.with_name(path.name.replace("_body", "_sender")).read_text("utf-8", "replace")
        spans = [span for span in split("\n".join(lines), sender=sender).spans if span.kind == "signature"]
        at = 0
        for marked, line in zip(raw, lines, strict=True):
            signature = any(span.start <= at < span.end for span in spans)
            right += bool(line.strip()) and signature == marked.startswith("#sig#")
            total += bool(line.strip())
            at += len(line) + 1
    assert right >= 0.97 * total


@pytest.mark.parametrize(
    ("name", "expected"),
    [("thread", [[1], [3, 2]]), ("thread2", [[1], [2]]), ("thread4", [[1], [2]])],
    ids=["a loop", "one Message-ID twice", "a missing parent; the subject alone joins nothing"],
)
def test_threads_are_those_expected(shared_mail: Path, name: str, expected: list[list[int]]) -> None:
    messages = [parse(mail.raw) for mail in read([shared_mail / "threads" / f"{name}.mbox"])]
    assert sorted(each.tree for each in conversations(messages)) == expected


def test_list_threads_hang_together(ham: list[Message]) -> None:
    found = conversations(ham)
    assert sum(len(each.members) for each in found) == len(ham)
    assert sorted(position for each in found for position in each.positions) == list(range(1, len(ham) + 1))
    assert max(len(each.members) for each in found) > 10
