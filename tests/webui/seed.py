"""A handful of mails, hand-made verdicts and users in a real store: to test the pages with, and to look at them."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import uuid4

from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST

from classifier.verdict import FactReading, LabelDecision, RuleHit, Verdict, Versions, WordWeight
from intake.message import parse
from intake.screening import Screening
from policies.facts import Facts, PastTicket
from policies.labels import IssueType, Scope, Severity
from policies.policy import Policy
from tickets.recording import Fault
from tickets.store import Held, Placement, Recorded, Recording, Store
from webui.room import SecondLook

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A Monday morning, 11:00 in Amsterdam."""

PASSWORD = "correct horse battery"
PIXEL = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==")
ACCEPT = Screening("accept", "a person's mail")
FIXED = {"severity": tuple(Severity), "scope": tuple(Scope), "issue_type": tuple(IssueType)}


@dataclass(frozen=True)
class Sample:
    """One mail and what is decided of it; ``labels`` are severity, scope, issue type, topic with probabilities."""

    policy: str
    sender: str
    subject: str
    body: str
    labels: Sequence[tuple[str, float]]
    ago: timedelta
    company: str = ""
    customer: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[PastTicket, ...] | None = ()
    proven: bool | None = True
    impact: Mapping[str, tuple[str, float, str | None]] = field(default_factory=dict)
    words: Mapping[str, Sequence[tuple[str, float]]] = field(default_factory=dict)
    hits: tuple[RuleHit, ...] = ()
    clauses: tuple[str, ...] | None = None
    missing: tuple[str, ...] = ()
    ask: tuple[str, ...] = ()
    table: str | None = None
    html: str | None = None
    files: Sequence[tuple[str, bytes, str]] = ()
    language: str = "en"


SAMPLES = (
    Sample(
        "perfana",
        "Ingrid Solberg <ingrid@nordbanken.example>",
        "No results in any dashboard since the 08:40 deploy",
        "Hi,\n\nSince 08:40 this morning no test run of any team is stored any more. All 31 teams "
        "see empty dashboards in "
        "production, and the release of our payment platform waits for the outcome.\n\nRestarting "
        "the perfana-fe pods did not help. "
        "The log says:\n\n    MongoNetworkTimeoutError: connection 14 to 10.2.0.17:27017 timed "
        "out\n\nThere is no way around it "
        "that we know of.\n\nKind regards,\nIngrid\n\n-- \nIngrid Solberg\nPerformance engineering, "
        "Nordbanken\n+47 555 01 23\n",
        [("SEV1", 0.91), ("included", 0.88), ("bug", 0.97), ("production_down", 0.83)],
        timedelta(minutes=35),
        "Nordbanken",
        {
            "plan": "enterprise",
            "product_version": "3.5.2",
            "maintenance_until": "2027-06-30",
            "customised": False,
            "contact_role": "system_admin",
        },
        (PastTicket("question", 41), PastTicket("performance_tuning", 120)),
        impact={
            "kind": ("fault", 0.99, "no test run of any team is stored any more"),
            "function": ("dead", 0.93, "All 31 teams see empty dashboards"),
            "affected": ("all", 0.9, "All 31 teams"),
            "environment": ("production", 0.97, "in production"),
            "state": ("ongoing", 0.95, "Since 08:40 this morning"),
            "workaround": ("none", 0.71, "There is no way around it"),
            "data": ("lost", 0.55, "is stored any more"),
            "deadline": ("true", 0.8, "the release of our payment platform waits"),
        },
        words={
            "severity": [("empty dashboards", 1.4), ("production", 1.1), ("no test run", 0.9), ("kind regards", -0.3)],
            "topic": [("all 31 teams", 0.8), ("timed out", 0.6)],
            "scope": [("pods", 0.4), ("log", 0.2)],
            "issue_type": [("did not help", 0.7)],
        },
        table="SEV1",
        ask=("SEV1 is always looked at by a person",),
    ),
    Sample(
        "penelope",
        "Marcus Webb <marcus.webb@littleriver.example>",
        "admin password - again, sorry",
        "Good morning,\n\nour system administrator account is locked once more. Could you reset the "
        "sysadmin password for us? It is only "
        "me who is stuck, case workers can log in normally.\n\nI know you did this in September as "
        "well.\n\nThanks\nMarcus\n",
        [("SEV3", 0.64), ("included", 0.58), ("configuration_request", 0.93), ("admin_password_reset", 0.96)],
        timedelta(hours=3),
        "Little River Family Services",
        {"hosting": "saas", "product_version": "5.6.0", "concurrent_licences": 40, "contact_role": "system_admin"},
        (PastTicket("admin_password_reset", 68), PastTicket("odbc_account", 260)),
        impact={
            "kind": ("request", 0.9, "Could you reset the sysadmin password"),
            "function": ("none", 0.6, None),
            "affected": ("one", 0.92, "It is only me who is stuck"),
            "environment": ("unknown", 0.7, None),
            "state": ("ongoing", 0.88, "is locked once more"),
            "workaround": ("unknown", 0.8, None),
            "data": ("safe", 0.97, None),
            "deadline": ("false", 0.96, None),
        },
        words={
            "severity": [("locked", 0.7), ("only me", 0.5)],
            "topic": [("sysadmin password", 2.1), ("reset", 1.3)],
            "scope": [("reset", 0.3)],
            "issue_type": [("could you", 0.9)],
        },
        hits=(
            RuleHit(
                "second-reset",
                ("penelope/outside.3", "penelope/professional.2"),
                {"scope": "professional_services"},
                ("the topic is an administrator password reset", "this customer had one 68 days ago"),
                ("reset the sysadmin password",),
            ),
        ),
        clauses=("penelope/outside.3", "penelope/professional.2"),
        table="SEV4",
        ask=("the severity table and the text disagree",),
    ),
    Sample(
        "penelope",
        "Joy Adeyemi <joy@harbourcare.example>",
        "Reports take four minutes for the whole intake team",
        "Hello support,\n\nsince the weekend every report our intake team opens takes about four "
        "minutes. Twelve people are affected, they "
        "go back to paper for now which is painful but possible. Nothing is lost as far as we can "
        "see.\n\nWe are on 5.6.1, hosted by "
        "you.\n\nJoy Adeyemi\n",
        [("SEV2", 0.78), ("included", 0.94), ("bug", 0.81), ("technical_issue", 0.9)],
        timedelta(hours=20),
        "Harbour Care",
        {"hosting": "saas", "product_version": "5.6.1", "contact_role": "end_user"},
        impact={
            "kind": ("fault", 0.97, "every report our intake team opens takes about four minutes"),
            "function": ("degraded", 0.92, "takes about four minutes"),
            "affected": ("group", 0.95, "Twelve people are affected"),
            "environment": ("production", 0.6, None),
            "state": ("ongoing", 0.9, "since the weekend"),
            "workaround": ("painful", 0.84, "they go back to paper for now which is painful but possible"),
            "data": ("safe", 0.9, "Nothing is lost"),
            "deadline": ("false", 0.9, None),
        },
        words={"severity": [("four minutes", 1.2), ("twelve people", 0.8)], "topic": [("report", 0.6)]},
        table="SEV2",
        missing=("concurrent_licences",),
        html=(
            "<html><body><p>Hello support,</p><p>since the weekend <b>every report</b> our intake team "
            "opens takes about four minutes.</p><img src='cid:logo'><img src='https://tracker.example/p.gif'>"
            "<script>alert(1)</script><a href='https://phish.example/'>our portal</a></body></html>"
        ),
        files=(
            ("slow-reports.pdf", b"%PDF-1.4 slow", "application/pdf"),
            ("timings.csv", b"report,seconds\nintake,241\n", "text/csv"),
        ),
    ),
    Sample(
        "perfana",
        "Sanne de Wit <sanne@poldertelecom.example>",
        "Vraag over het vergelijken van testruns",
        "Hoi,\n\nIs het mogelijk om in versie 3.6 meer dan twee testruns naast elkaar te "
        "vergelijken? Er is geen haast bij.\n\nGroet,\nSanne\n",
        [("SEV4", 0.97), ("included", 0.81), ("advice", 0.92), ("question", 0.95)],
        timedelta(days=1, hours=2),
        "Polder Telecom",
        {"plan": "team", "product_version": "3.6.0"},
        impact={"kind": ("question", 0.97, "Is het mogelijk om")},
        words={"severity": [("geen haast", 0.9)], "topic": [("is het mogelijk", 1.1)]},
        table="SEV4",
        language="nl",
        missing=("maintenance_until", "contact_role"),
    ),
    Sample(
        "atollon",
        "Petr Dvořák <petr.dvorak@stavby-morava.example>",
        "New project type with approval step",
        "Dear Atollon team,\n\nwe would like a new project type 'Tender' with the statuses draft, "
        "internal approval, submitted, won, lost. "
        "Only the sales department may see it. Could you send us an estimate and do it by the end of "
        "next month?\n\nBest regards\nPetr Dvořák\n",
        [("SEV4", 0.9), ("professional_services", 0.77), ("configuration_request", 0.98), ("new_object_type", 0.91)],
        timedelta(hours=6),
        "Stavby Morava",
        {"hosting": "vendor", "service_contract": True, "free_tasks_left": 0, "update_subscription": True},
        impact={
            "kind": ("request", 0.98, "we would like a new project type"),
            "deadline": ("true", 0.66, "by the end of next month"),
        },
        words={
            "topic": [("new project type", 1.9)],
            "issue_type": [("could you send us an estimate", 1.2)],
            "severity": [("would like", 0.6)],
        },
        table="SEV4",
    ),
    Sample(
        "atollon",
        "Eva Horák <eva@logistika-ph.example>",
        "it does not do what it should",
        "Hello, the thing with the invoices is not right again. Please call.\n",
        [("SEV3", 0.49), ("included", 0.52), ("advice", 0.61), ("undescribed_problem", 0.73)],
        timedelta(minutes=50),
        "Logistika PH",
        {"hosting": "client"},
        None,
        proven=None,
        impact={"kind": ("fault", 0.62, "is not right again"), "function": ("unknown", 0.8, None)},
        words={"severity": [("not right", 0.4)], "topic": [("the thing", 0.8)]},
        table=None,
        missing=("service_contract", "update_subscription"),
        ask=("the sender is not proven", "the history is not known"),
    ),
)

REPLY = (
    "Hello support,\n\none more thing: on Monday it was even six minutes.\n\nJoy\n\nOn Sun, 22 Nov 2026, "
    "support wrote:\n> We are looking into it.\n> Which reports are slow?\n"
)


def raw_mail(sample: Sample, *, message_id: str, in_reply_to: str | None = None, at: datetime) -> bytes:
    """The sample as an RFC 5322 mail."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sample.sender, "support@vendor.example", sample.subject
    mail["Date"], mail["Message-ID"] = at, f"<{message_id}>"
    if in_reply_to:
        mail["In-Reply-To"] = f"<{in_reply_to}>"
    mail.set_content(sample.body)
    if sample.html is not None:
        mail.add_alternative(sample.html, subtype="html")
        html_part = mail.get_payload()[1]  # type: ignore[index]
        html_part.add_related(PIXEL, "image", "png", cid="<logo>", filename="logo.png")  # type: ignore[union-attr]
    for name, content, kind in sample.files:
        main, _, sub = kind.partition("/")
        mail.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return mail.as_bytes()


def verdict_of(sample: Sample, policy: Policy) -> Verdict:
    """The sample's verdict; what is left of a label's probability is spread over its other values, unevenly."""
    decided: dict[str, LabelDecision] = {}
    for label, (value, probability) in zip(("severity", "scope", "issue_type", "topic"), sample.labels, strict=True):
        others = [v for v in FIXED.get(label, tuple(policy.topics)) if v != value]
        parts = [2.0**-i for i in range(len(others))]
        rest = [(str(v), (1 - probability) * p / sum(parts)) for v, p in zip(others, parts, strict=True)]
        by_rule = next((hit.effects[label] for hit in sample.hits if label in hit.effects), None)
        decided[label] = LabelDecision(
            by_rule or value,
            "rule" if by_rule else "model",
            value,
            probability,
            ((value, probability), *rest),
            probability >= 0.9,
        )
    topic = policy.topics[decided["topic"].value]
    return Verdict(
        policy=policy.name,
        labels=decided,
        impact={fact: FactReading(*reading) for fact, reading in sample.impact.items()},
        severity_by_table=sample.table,
        severity_by_head=decided["severity"].model_value,
        clauses=topic.clauses if sample.clauses is None else sample.clauses,
        evidence={label: tuple(WordWeight(*w) for w in words) for label, words in sample.words.items()},
        rule_hits=sample.hits,
        missing_facts=sample.missing,
        ask=sample.ask,
        language=sample.language,
        versions=Versions("20261101-1", policy.version, "0.1.0"),
    )


def recording_of(
    store: Store,
    sample: Sample,
    policy: Policy,
    *,
    message_id: str,
    conversation: str | None = None,
    ticket: int | None = None,
) -> Recording:
    """Everything of the sample that is written together."""
    at = NOW - sample.ago
    customer = None
    if sample.company:
        domain = sample.sender.rpartition("@")[2].rstrip(">")
        customer = store.upsert_customer(policy.name, sample.company, [domain], sample.customer, "seed")
    facts = Facts(at, dict(sample.customer), sample.history, sample.proven, sample.language)
    verdict = verdict_of(sample, policy)
    labels = {label: decision.value for label, decision in verdict.labels.items()}
    return Recording(
        policy=policy.name,
        message=parse(raw_mail(sample, message_id=message_id, at=at)),
        screening=ACCEPT,
        placement=Placement(conversation or uuid4().hex, ticket, customer, facts),
        verdict=verdict,
        terms=policy.terms(labels, verdict.clauses, facts, at, impact=verdict.impact_values, signals=verdict.signals),
        received_at=at,
    )


def add(store: Store, policies: Mapping[str, Policy], sample: Sample, *, message_id: str | None = None) -> Recorded:
    """Records one sample; what became of it."""
    message_id = message_id or f"{uuid4().hex}@seed.example"
    return store.record([recording_of(store, sample, policies[sample.policy], message_id=message_id)])[0]


def aside(
    store: Store,
    subject: str,
    body: str,
    screening: Screening | None,
    *,
    sender: str = "MAILER-DAEMON@mx.example",
    quarantine: Fault | str | None = None,
) -> Recorded:
    """Records a mail that becomes no ticket."""
    sample = Sample("penelope", sender, subject, body, (), timedelta(hours=5))
    raw = raw_mail(sample, message_id=f"{uuid4().hex}@seed.example", at=NOW - sample.ago)
    fault = Fault("assessing", quarantine, "0.0.9") if isinstance(quarantine, str) else quarantine
    recording = Recording(
        "penelope", parse(raw), screening, None, None, None, quarantine=fault, received_at=NOW - sample.ago
    )
    return store.record([recording])[0]


def second_look(store: Store, policies: Mapping[str, Policy]) -> SecondLook:
    """Makes a ticket of every mail but one whose subject is ``hopeless``, in the real store."""

    def look(held: Held, agent: str) -> Recorded:
        read = parse(held.raw)
        policy = policies[held.policy]
        recording = replace(recording_of(store, SAMPLES[1], policy, message_id="any@seed.example"), message=read)
        if read.subject == "hopeless":
            fault = Fault("assessing", "Assessing failed: no better this time.")
            recording = replace(recording, placement=None, verdict=None, terms=None, quarantine=fault)
        return store.reconsider(held, recording, actor=agent)

    return SecondLook(
        retry=lambda message, agent: look(store.held(message, "quarantined"), agent),
        accept=lambda message, agent: look(store.held(message, "set_aside"), agent),
    )


def add_lead(store: Store) -> None:
    """Lena, who may edit customers."""
    store.add_user("lena", PasswordHasher.from_parameters(CHEAPEST).hash(PASSWORD), "lead", actor="seed")


def seed(store: Store, policies: Mapping[str, Policy]) -> dict[str, int]:
    """Users, customers, six tickets (one with a reply) and what was set aside; ticket numbers by subject."""
    cheap = PasswordHasher.from_parameters(CHEAPEST)
    for name in ("anna", "bram"):
        store.add_user(name, cheap.hash(PASSWORD), "agent", actor="seed")
    numbers: dict[str, int] = {}
    for index, sample in enumerate(SAMPLES):
        number = add(store, policies, sample, message_id=f"sample-{index}@seed.example").ticket
        assert number is not None
        numbers[sample.subject] = number
    slow = SAMPLES[2]
    number = numbers[slow.subject]
    ticket = store.ticket(number)
    assert ticket is not None
    reply = Sample(
        "penelope",
        slow.sender,
        f"Re: {slow.subject}",
        REPLY,
        slow.labels,
        timedelta(hours=1),
        slow.company,
        slow.customer,
    )
    store.record(
        [
            recording_of(
                store,
                reply,
                policies["penelope"],
                message_id="reply@seed.example",
                conversation=ticket.conversation,
                ticket=number,
            )
        ]
    )
    aside(
        store,
        "Automatic reply: your ticket",
        "I am out of the office until Thursday.\n",
        Screening("auto_reply", "Auto-Submitted: auto-replied (RFC 3834, 5)"),
        sender="Joy Adeyemi <joy@harbourcare.example>",
    )
    aside(
        store,
        "Undelivered Mail Returned to Sender",
        "The mail could not be delivered.\n",
        Screening(
            "bounce", "multipart/report; report-type=delivery-status (RFC 3464), 5.1.1", ("x@gone.example",), True
        ),
    )
    aside(
        store,
        "winmail",
        "??\n",
        None,
        sender="Old Client <old@client.example>",
        quarantine=(
            "Classifying failed: the model of penelope could not be read. Run `mailtriage doctor`, then "
            "`mailtriage replay`."
        ),
    )
    return numbers
