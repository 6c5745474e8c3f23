"""Quotas within a batch and between programs, and requests opened from another ticket: the whole program's part."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from mailtriage import pipeline
from mailtriage.cli import main
from mailtriage.office import Office
from mailtriage.open_request import CannotOpen, open_request
from mailtriage.pipeline import Counter, Incoming, decide, process, written
from mailtriage.replay import replay
from mailtriage.stopwatch import Stopwatch
from policies.facts import FactValue
from tickets import desk
from tickets.customer.assigning import assign
from tickets.labelled import examples
from tickets.recording import Recording
from tickets.rows import Customer, Ticket
from tickets.store import QuotaSpent, StoreUnavailable

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
TASK = (
    "Please create a new project type {name} with its own form and the fields customer, date and place. The sales team "
    "needs it.\n\nKind regards, Ann"
)
QUESTION = "How can I filter the list of contacts by city? I do not find it."


def raw(subject: str, body: str, *, proven: bool = True, **more: str) -> bytes:
    result = "pass" if proven else "fail"
    headers = {
        "From": "ann@brewery.example",
        "Subject": subject,
        "Message-ID": f"<{subject.replace(' ', '-')}@brewery.example>",
        "Authentication-Results": f"mx.vendor.example; dmarc={result} header.from=brewery.example",
        "Date": "Fri, 20 Nov 2026 10:00:00 +0000",
        **{name.replace("_", "-"): value for name, value in more.items()},
    }
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + f"\r\n{body}\r\n".encode()


def task(name: str, *, proven: bool = True) -> bytes:
    return raw(f"New project type {name}", TASK.format(name=name), proven=proven)


def brewery(office: Office, left: FactValue) -> Customer:
    facts: dict[str, FactValue] = {"service_contract": True, "hosting": "vendor", "free_tasks_left": left}
    return office.store.upsert_customer("atollon", "Brewery South", ["brewery.example"], facts, "tests")


def counter(office: Office) -> Counter:
    trusted = ("mx.vendor.example",)
    model = office.models.of("atollon")
    return Counter(office.policy("atollon"), model, (), trusted, office.references, policies=office.policies)


def run(office: Office, mails: Sequence[bytes]) -> list[Ticket]:
    done = process([Incoming(each, NOW) for each in mails], None, counter(office), office.store, Stopwatch())
    return [ticket(office, each.ticket) for each in done]


def ticket(office: Office, number: int | None) -> Ticket:
    found = office.store.ticket(number or 0)
    assert found is not None
    return found


def left(office: Office, whose: Customer) -> FactValue:
    record = office.store.customer(whose.id)
    assert record is not None
    return record.customer.facts["free_tasks_left"]


def test_of_two_tasks_in_one_batch_with_one_left_the_first_alone_is_included(office: Office) -> None:
    whose = brewery(office, 1)
    first, second = run(office, [task("Tasting"), task("Brewing")])
    assert (first.scope, second.scope) == ("included", "professional_services")
    assert (first.terms.procedure, second.terms.procedure) == ("free-task", "configuration-request")
    assert (first.facts.customer["free_tasks_left"], second.facts.customer["free_tasks_left"]) == (1, 0)
    assert left(office, whose) == 0
    assert replay(first.number, office).same
    assert replay(second.number, office).same


def test_an_answer_in_the_same_batch_uses_no_second_task(office: Office) -> None:
    whose = brewery(office, 2)
    answer = raw(
        "Re: New project type Tasting", TASK.format(name="x"), In_Reply_To="<New-project-type-Tasting@brewery.example>"
    )
    run(office, [task("Tasting"), answer])
    assert left(office, whose) == 1


def test_a_task_that_another_program_uses_meanwhile_is_decided_again_without_it(office: Office) -> None:
    whose = brewery(office, 1)
    works = decide([Incoming(task("Tasting"), NOW)], counter(office), office.store, Stopwatch())
    assert works[0].terms is not None
    assert works[0].terms.quotas
    run(office, [task("Brewing")])

    def write(recordings: list[Recording]) -> Ticket:
        return ticket(office, office.store.record(recordings)[0].ticket)

    late = written(works, counter(office), write)
    assert (late.scope, late.terms.quotas, late.facts.customer["free_tasks_left"]) == ("professional_services", {}, 0)
    assert left(office, whose) == 0


def test_a_batch_that_loses_every_race_is_left_for_later(office: Office) -> None:
    brewery(office, 0)
    works = decide([Incoming(task("Tasting"), NOW)], counter(office), office.store, Stopwatch())

    def always_late(recordings: list[Recording]) -> None:
        raise QuotaSpent({})

    with pytest.raises(StoreUnavailable, match="quotas"):
        written(works, counter(office), always_late)


def test_an_unproven_sender_uses_no_task(office: Office) -> None:
    whose = brewery(office, 1)
    [found] = run(office, [task("Tasting", proven=False)])
    assert found.terms.quotas == {}
    assert left(office, whose) == 1


def test_old_mail_uses_no_task(office: Office) -> None:
    whose = brewery(office, 1)
    old = replace(counter(office), old_mail=True)
    [done] = process([Incoming(task("Tasting"), NOW)], None, old, office.store, Stopwatch())
    found = ticket(office, done.ticket)
    assert (found.scope, found.terms.quotas, left(office, whose)) == ("included", {}, 1)
    assert [note for note in found.terms.notes if "free tasks" in note] == []


def test_a_correction_into_it_with_none_left_is_decided_with_none(office: Office) -> None:
    whose = brewery(office, 1)
    [question] = run(office, [raw("Contacts by city", QUESTION)])
    run(office, [task("Tasting")])
    policy = office.policy_of(question)
    desk.correct(
        office.store,
        policy,
        question.number,
        {"topic": "new_function", "issue_type": "configuration_request"},
        agent="ann",
    )
    found = ticket(office, question.number)
    assert (found.scope, found.terms.quotas, left(office, whose)) == ("professional_services", {}, 0)
    assert found.facts.customer["free_tasks_left"] == 1


def test_a_corrected_task_gives_back_and_the_next_mail_gets_it(office: Office) -> None:
    whose = brewery(office, 1)
    [first] = run(office, [task("Tasting")])
    desk.correct(office.store, office.policy_of(first), first.number, {"topic": "feature_wish"}, agent="ann")
    assert left(office, whose) == 1
    [second] = run(office, [task("Brewing")])
    assert second.scope == "included"


def test_a_mail_taken_from_quarantine_uses_a_task(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    whose = brewery(office, 1)

    def fails(*_: object) -> list[object]:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "assess", fails)
        [held] = process([Incoming(task("Tasting"), NOW)], None, counter(office), office.store, Stopwatch())
    assert held.disposition == "quarantined"
    again = office.store.held(held.message, "quarantined")
    works = decide([Incoming(again.raw, NOW, held=again)], counter(office), office.store, Stopwatch())
    done = written(works, counter(office), lambda found: office.store.reconsider(again, found[0], actor="ann"))
    assert ticket(office, done.ticket).scope == "included"
    assert left(office, whose) == 0


def test_a_ticket_given_to_its_own_customer_again_keeps_its_task(office: Office) -> None:
    whose = brewery(office, 1)
    [found] = run(office, [task("Tasting")])
    record = office.store.customer(whose.id)
    assert record is not None
    again = assign(office.store, office.policy_of(found), found.number, record, agent="ann", vouched_by="ann")
    assert (again.scope, again.terms.quotas, left(office, whose)) == ("included", found.terms.quotas, 0)


def test_a_ticket_given_to_another_customer_gives_back_and_uses_one_of_that(office: Office) -> None:
    whose = brewery(office, 1)
    [found] = run(office, [task("Tasting")])
    facts: dict[str, FactValue] = {"service_contract": True, "hosting": "vendor", "free_tasks_left": 5}
    other = office.store.upsert_customer("atollon", "Brewery North", [], facts, "tests")
    record = office.store.customer(other.id)
    assert record is not None
    assign(office.store, office.policy_of(found), found.number, record, agent="ann")
    assert (left(office, whose), left(office, other)) == (1, 4)


def test_a_request_opened_from_advice_is_linked_read_from_its_mail_and_in_its_procedure(office: Office) -> None:
    whose = brewery(office, 1)
    [question] = run(office, [raw("Contacts by city", QUESTION)])
    assert question.issue_type == "advice"
    number = open_request(question.number, "new_function", office, agent="ann", why="needs a consultant")
    opened = ticket(office, number)
    assert (opened.issue_type, opened.topic, opened.origin) == (
        "configuration_request",
        "new_function",
        question.number,
    )
    assert dict(opened.corrected) == {"issue_type": "configuration_request", "topic": "new_function"}
    assert (opened.scope, opened.terms.procedure, left(office, whose)) == ("included", "free-task", 0)
    assert opened.conversation != question.conversation
    assert [past.topic for past in opened.facts.history or ()] == [question.topic]
    assert office.store.opened_from(question.number) == [number]
    assert [mail.ticket for mail in office.store.messages_of(number)] == [question.number]
    assert replay(number, office).same
    assert next(event.kind for event in office.store.events(question.number)) == "request_opened"


def test_with_no_task_left_an_opened_request_is_charged(office: Office) -> None:
    brewery(office, 0)
    [question] = run(office, [raw("Contacts by city", QUESTION)])
    opened = ticket(office, open_request(question.number, "new_function", office, agent="ann"))
    assert (opened.scope, opened.terms.procedure) == ("professional_services", "configuration-request")


def test_facts_of_a_contact_who_has_left_are_not_those_of_an_opened_request(office: Office) -> None:
    whose = brewery(office, 1)
    [question] = run(office, [raw("Contacts by city", QUESTION)])
    for left_on, known in ((None, True), (date(2026, 1, 1), False)):
        told = {"contact_role": "system_admin"}
        office.store.upsert_contact(whose.id, "ann@brewery.example", "Ann", told, "tests", left_on)
        opened = ticket(office, open_request(question.number, "new_function", office, agent="ann"))
        assert ("contact_role" in opened.facts.customer) is known
        assert "free_tasks_left" in opened.facts.customer


def test_the_customers_answers_stay_with_the_question(office: Office) -> None:
    brewery(office, 1)
    [question] = run(office, [raw("Contacts by city", QUESTION)])
    number = open_request(question.number, "new_function", office, agent="ann")
    [answered] = run(
        office, [raw("Re: Contacts by city", "And thank you!", In_Reply_To="<Contacts-by-city@brewery.example>")]
    )
    assert answered.number == question.number
    assert len(office.store.messages_of(number)) == 1


def test_an_opened_request_can_be_corrected_and_teaches_nothing(office: Office) -> None:
    brewery(office, 1)
    [question] = run(office, [raw("Contacts by city", QUESTION)])
    number = open_request(question.number, "new_function", office, agent="ann")
    opened = ticket(office, number)
    desk.correct(office.store, office.policy_of(opened), number, {"topic": "new_organisation"}, agent="ann")
    desk.correct(office.store, office.policy_of(question), question.number, {"topic": "undescribed_problem"}, agent="b")
    assert [example.id for example in examples(office.store, "atollon")] == [f"ticket-{question.number}"]


def test_a_request_is_opened_from_a_request_of_that_kind_and_about_its_topics_alone(office: Office) -> None:
    brewery(office, 1)
    question, wish = run(office, [raw("Contacts by city", QUESTION), task("Tasting")])
    with pytest.raises(CannotOpen, match="new_object_type, new_function"):
        open_request(question.number, "feature_wish", office, agent="ann")
    with pytest.raises(CannotOpen, match="opens no request"):
        open_request(wish.number, "new_function", office, agent="ann")


@pytest.fixture
def told(office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Runs a command on the office's data: exit code, standard output, standard error."""

    def run_command(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["--data-dir", str(tmp_path / "data"), *arguments])
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    return run_command


def test_commands_take_a_request_from_estimate_to_invoice(
    office: Office, told: Callable[..., tuple[int, str, str]]
) -> None:
    brewery(office, 0)
    [request] = run(office, [task("Tasting")])
    number = str(request.number)
    code, _, error = told("work", "step", number, "start", "--by", "maria")
    assert code == 2
    assert "in which you may estimate it" in error
    code, _, error = told("timesheet", "add", number, "--minutes", "20", "--kind", "consultant")
    assert code == 2
    assert "atollon/configuration-request.2" in error
    told("work", "estimate", number, "--work", "consultant=70", "--by", "maria")
    told("work", "step", number, "send", "--by", "maria")
    told("work", "step", number, "approve", "--by", "maria", "--said-by", "Jana")
    assert told("timesheet", "add", number, "--minutes", "20", "--kind", "consultant", "--day", "2026-05-06")[0] == 0
    _, shown, _ = told("work", "show", number, "--json")
    assert json.loads(shown)["state"] == "approved"
    _, shown, _ = told("invoice", "--customer", "Brewery South", "--month", "2026-05", "--json")
    bill = json.loads(shown)
    assert (bill["total"], bill["missing_prices"]) == ({"minutes": 20, "units": 2, "amount": None}, ["consultant"])
    _, shown, _ = told("invoice", number, "--csv")
    assert shown.splitlines()[1].startswith(f"{number},2026-05-06,consultant,work,command line,20,2,,")
    assert "consultant" in told("invoice", number)[1].splitlines()[-1]


def test_quotas_are_listed_with_the_tickets_that_used_them(
    office: Office, told: Callable[..., tuple[int, str, str]]
) -> None:
    brewery(office, 2)
    [request] = run(office, [task("Tasting")])
    _, shown, _ = told("quotas", "Brewery South", "--json")
    listed = json.loads(shown)
    assert (listed["left"], [use["ticket"] for use in listed["used"]]) == (1, [request.number])
    assert "free tasks: 1 left, 1 used" in told("quotas")[1]
    assert told("quotas", "Nobody")[0] == 2
    told("work", "no-request", str(request.number), "--by", "maria")
    assert "free tasks: 2 left, 0 used" in told("quotas")[1]


def test_a_month_that_is_none_and_an_invoice_of_nobody_are_refused(told: Callable[..., tuple[int, str, str]]) -> None:
    assert told("invoice", "--customer", "Brewery South", "--month", "2026-13")[0] == 2
    assert told("invoice")[0] == 2
    assert told("invoice", "--customer", "Brewery South")[0] == 2
