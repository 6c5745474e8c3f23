"""Finding tickets: the queue, full text, filters, and what was set aside."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.screening import Screening
from tests.tickets.making import NOON, mail, recording, terms, verdict
from tickets.store import Store
from tickets.words import words


def numbers(items: object) -> list[int]:
    return [item.number for item in items]  # type: ignore[attr-defined]


def write(store: Store, *texts: str, **labels: str) -> list[int]:
    """One ticket a text, a minute apart; their numbers."""
    batch = [
        recording(mail(text), said=verdict(**labels), received_at=NOON + timedelta(minutes=n))
        for n, text in enumerate(texts)
    ]
    return [done.ticket or 0 for done in store.record(batch)]


def test_the_queue_is_ordered_by_severity_then_due_then_age(store: Store) -> None:
    def waiting(severity: str, due: int | None, age: int) -> int:
        promised = terms(NOON + timedelta(hours=due) if due is not None else None)
        written = recording(
            said=verdict(severity=severity, ask=["Look."]), promised=promised, received_at=NOON - timedelta(hours=age)
        )
        return store.record([written])[0].ticket or 0

    undated, later = waiting("SEV2", None, 9), waiting("SEV2", 5, 1)
    mild, soon = waiting("SEV4", 1, 9), waiting("SEV2", 1, 1)
    worst, older = waiting("SEV1", 9, 1), waiting("SEV2", 5, 2)
    assert numbers(store.review_queue()) == [worst, soon, older, later, undated, mild]
    assert numbers(store.review_queue(limit=2, offset=1)) == [soon, older]


def test_the_queue_holds_only_what_waits_and_of_one_policy_if_asked(store: Store) -> None:
    store.record([recording()])
    [pen] = store.record([recording(said=verdict(ask=["Look."]))])
    [per] = store.record([recording(said=verdict(ask=["Look."]), policy="perfana")])
    assert set(numbers(store.review_queue())) == {pen.ticket, per.ticket}
    assert numbers(store.review_queue(policy="perfana")) == [per.ticket]


def test_a_queue_line_shows_the_customer_and_the_reasons(store: Store) -> None:
    customer = store.upsert_customer("penelope", "River", [], {}, "anna")
    store.record([recording(mail(subject="Down"), customer=customer, said=verdict(ask=["Look."]))])
    [item] = store.review_queue()
    assert (item.subject, item.customer_name, item.review_reasons) == ("Down", "River", ("Look.",))
    assert (item.created_at, item.due_at) == (NOON, NOON + timedelta(hours=2))


def test_counts_name_every_state_and_disposition(store: Store) -> None:
    store.record([recording(), recording(said=verdict(ask=["Look."])), recording(quarantine="No.")])
    store.record([recording(screening=Screening("bulk", "List-Id"))])
    assert store.counts() == {
        "review": 1,
        "decided": 1,
        "closed": 0,
        "ticket": 2,
        "reply": 0,
        "set_aside": 1,
        "duplicate": 0,
        "quarantined": 1,
        "disputed": 0,
    }


def test_what_was_set_aside_is_listed_newest_first(store: Store) -> None:
    message = mail()
    batch = [
        recording(message, uid=1),
        recording(uid=2, quarantine="No."),
        recording(uid=3, screening=Screening("bulk", "List-Id")),
    ]
    store.record(batch)
    store.record([recording(message, uid=4)])
    assert [m.disposition for m in store.set_aside()] == ["duplicate", "set_aside"]
    assert [m.disposition for m in store.set_aside(limit=1, offset=1)] == ["set_aside"]
    assert [m.disposition for m in store.quarantined()] == ["quarantined"]


def test_a_ticket_is_found_by_the_words_of_its_mail_newest_first(store: Store) -> None:
    first, second, _ = write(store, "The ODBC account fails", "odbc again", "Something else")
    assert numbers(store.search("Odbc")) == [second, first]
    assert numbers(store.search("odbc ACCOUNT")) == [first]
    assert numbers(store.search("odbc nowhere")) == []


def test_all_words_may_be_in_different_mails_of_one_ticket(store: Store) -> None:
    [opened] = store.record([recording(mail("The printer burns"), conversation="c1")])
    store.record([recording(mail("Now the scanner too"), conversation="c1", ticket=opened.ticket)])
    assert numbers(store.search("scanner printer")) == [opened.ticket]


def test_subject_and_sender_are_searched_as_well(store: Store) -> None:
    [done] = store.record(
        [recording(mail("x", subject="Quarterly figures", sender="zoe@lagoon.example", name="Zoë Ž"))]
    )
    for words_asked in ("quarterly", "lagoon", "zoe@lagoon.example", "zoe", "Zoë", "ž"):
        assert numbers(store.search(words_asked)) == [done.ticket], words_asked


def test_case_accents_and_punctuation_do_not_matter(store: Store) -> None:
    [number] = write(store, "Straße: l'imprimé ORA-12154 (Ärger) in file_name.txt, İstanbul, 日本語テキスト")
    for asked in ("STRASSE", "imprime", "ora-12154", "ORA 12154", "arger", "file_name.txt", "name", "istanbul", "本語"):
        assert numbers(store.search(asked)) == [number], asked
    for asked in ("ORA-12155", "12154-ora", "語本"):
        assert numbers(store.search(asked)) == [], asked


def test_words_joined_by_punctuation_must_follow_one_another(store: Store) -> None:
    _, joined = write(store, "login the page", "the login-page")
    assert numbers(store.search("login-page")) == [joined]


def test_a_search_without_any_word_finds_nothing_and_an_empty_one_everything(store: Store) -> None:
    written = write(store, "one", "two")
    assert numbers(store.search("?!* \"' ...")) == []
    assert numbers(store.search("  ")) == numbers(store.search()) == written[::-1]


def test_filters_narrow_the_search(store: Store) -> None:
    [first] = write(store, "alpha", severity="SEV1", scope="outside", issue_type="advice", topic="other")
    [second] = write(store, "alpha")
    store.set_state(second, "closed", actor="anna")
    for narrow in (
        {"severity": "SEV1"},
        {"scope": "outside"},
        {"issue_type": "advice"},
        {"topic": "other"},
        {"state": "decided"},
    ):
        assert numbers(store.search("alpha", **narrow)) == [first], narrow  # type: ignore[arg-type]
        assert numbers(store.search(**narrow)) == [first], narrow  # type: ignore[arg-type]
    assert numbers(store.search("alpha", policy="perfana")) == []
    assert numbers(store.search("alpha", limit=1, offset=1)) == [first]


def test_what_was_set_aside_alone_is_no_ticket_to_find(store: Store) -> None:
    store.record([recording(mail("alpha"), screening=Screening("bulk", "List-Id"))])
    assert store.search("alpha") == []


def test_the_excerpt_is_around_the_word_found(store: Store) -> None:
    write(store, "word " * 100 + "the Néedle is here" + " word" * 100)
    [item] = store.search("needle")
    assert "the Néedle is here" in item.excerpt
    assert item.excerpt.startswith("… ") and item.excerpt.endswith(" …")
    assert len(item.excerpt) < 220


def test_a_match_in_the_subject_shows_the_beginning_of_the_mail(store: Store) -> None:
    store.record([recording(mail("Dear all,\n\nplease help", subject="needle"))])
    [item] = store.search("needle")
    assert item.excerpt == "Dear all, please help"


STRANGE = [
    '"', '""', "'", "a' OR 1=1 --", "NEAR(a b)", "subject:x", "a AND", "NOT", "-a", "a*", "^a", "(", ")", "{", "a:b",
    "\x00", "\udcff", "%", "\\", "a" * 5000, "word " * 5000, " ".join(map(str, range(3000))), "&", "|", "!", "<->",
    "a & !b", ":*", "𝕬𝖑𝖕𝖍𝖆",
]  # fmt: skip


def test_any_text_is_a_legal_query(store: Store) -> None:
    write(store, "alpha beta")
    for query in STRANGE:
        found = store.search(query, severity="SEV3")
        assert numbers(found) == ([1] if query == "𝕬𝖑𝖕𝖍𝖆" else []), query[:20]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=40))
def test_a_mail_is_found_by_its_own_text(store: Store, text: str) -> None:
    """Whatever was written can be written, read and found again."""
    [number] = write(store, text)
    if text.strip() and words(text):
        assert number in numbers(store.search(text, limit=1000))
    [message] = store.messages_of(number)
    assert message.text == text.replace("\x00", "\ufffd")


def test_a_very_long_mail_is_indexed_in_its_first_part(store: Store) -> None:
    text = " ".join(f"w{n:x}é漢" for n in range(60_000)) + " needle"
    [number] = write(store, text)
    assert numbers(store.search("w1é")) == [number]
    assert store.search("needle") == []
    assert len(store.messages_of(number)[0].text) == len(text)


def test_words_are_cut_to_what_an_index_holds() -> None:
    assert words("a" * 1000) == ["a" * 64]
    for wide in ("漢字" * 90_000, "\ufdfa " * 90_000, "𐀀𐀁 " * 90_000):
        assert sum(len(word.encode()) + 8 for word in words(wide)) < 2**20
