"""Signals: a phrase counts only where the mail affirms it."""

from __future__ import annotations

import pytest

from classifier.signals import finder
from policies.loader import load_shipped

AFFIRMED = [
    ("penelope", "self_hosted", "We run it on our own server."),
    ("penelope", "self_hosted", "Penelope is self-hosted here, version 5.5."),
    ("penelope", "self_hosted", "It is not slow, it is on-premise and dead."),
    ("penelope", "second_reset", "Please do the same again as last spring."),
    ("penelope", "second_reset", "You reset it for us in May."),
    ("penelope", "resolved", "It works again, thank you."),
    ("penelope", "resolved", "The server was down yesterday, but it is back online."),
    ("penelope", "unsupported_version", "We are STILL ON 5.1 I fear"),
    ("penelope", "no_source_ip", "They need access from any IP."),
    ("penelope", "emergency_page", "I paged your on-call engineer."),
    ("perfana", "prerelease", "since 3.6.0-SNAPSHOT the charts are gone"),
    ("perfana", "prerelease", "Wij draaien de bètaversie."),
    ("perfana", "end_user", "Ik ben geen beheerder, kunt u helpen?"),
    ("perfana", "end_user", "I\u2019m not the admin but nobody else is here"),
    ("perfana", "resolved", "Hij doet het weer."),
    ("perfana", "customised", "We draaien onze fork van Perfana."),
    ("perfana", "future", "Volgende maand gaan we over."),
]
NOT_AFFIRMED = [
    ("penelope", "self_hosted", "We are not self-hosted."),
    ("penelope", "self_hosted", "We don't run it on our own server."),
    ("penelope", "self_hosted", "We don\u2019t run it on our own server."),
    ("penelope", "self_hosted", "Last year it was still self-hosted, now you run it."),
    ("penelope", "self_hosted", "Next year we want it self-hosted."),
    ("penelope", "self_hosted", "If it were self-hosted, would it be quicker?"),
    ("penelope", "self_hosted", "> we run it on our own server\nThat was a colleague."),
    ("penelope", "resolved", "It is still not working again."),
    ("penelope", "resolved", "Tell me if it works again."),
    ("penelope", "emergency_page", "I never paged anybody."),
    ("perfana", "prerelease", "We never installed a release candidate."),
    ("perfana", "prerelease", "Wij gebruiken geen bètaversie."),
    ("perfana", "prerelease", "Volgende maand installeren wij de bètaversie."),
    ("perfana", "customised", "Zonder eigen patch, gewoon de standaard."),
    ("perfana", "resolved", "Het is nog niet opgelost en werkt niet weer."),
]


def found(policy: str, text: str) -> dict[str, tuple[str, ...]]:
    return finder(load_shipped(policy)).find("", text)


@pytest.mark.parametrize(("policy", "signal", "text"), AFFIRMED)
def test_an_affirmed_phrase_is_found(policy: str, signal: str, text: str) -> None:
    assert signal in found(policy, text)


@pytest.mark.parametrize(("policy", "signal", "text"), NOT_AFFIRMED)
def test_a_denied_past_planned_or_quoted_phrase_is_not(policy: str, signal: str, text: str) -> None:
    assert signal not in found(policy, text)


def test_negation_ends_with_its_clause() -> None:
    assert "self_hosted" in found("penelope", "This is not urgent. We are self-hosted.")
    assert "self_hosted" in found("penelope", "We have no test system, self-hosted as we are")


def test_the_words_matched_are_given_as_they_stand_and_the_subject_counts() -> None:
    signals = finder(load_shipped("penelope")).find("Self-Hosted instance", "it is On-Premise")
    assert signals["self_hosted"] == ("Self-Hosted", "On-Premise")


def test_hostile_text_is_no_trouble() -> None:
    assert found("penelope", "\x00\ud800 " + "not " * 50_000 + "\n\n" * 1000) == {}
