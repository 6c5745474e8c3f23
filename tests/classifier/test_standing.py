"""Signals against sentences as people write them: what is denied, past, planned, supposed or quoted does not count."""

from __future__ import annotations

import pytest

from classifier.signals import SignalFinder
from tests.policies.build import SMALL, policy_from

SIGNALS = """
[signals.down]
title = "production is down"
phrases.en = ["production * down", "production down", "server * down", "nobody * log in", "out of service"]
phrases.nl = ["productie * plat", "productie plat", "server * plat", "niemand * inloggen", "buiten gebruik"]

[signals.back]
title = "it works again"
unless = ["negated", "planned", "hypothetical", "quoted"]
phrases.en = ["works again", "back online", "has been fixed"]
phrases.nl = ["werkt weer", "weer in de lucht", "is opgelost"]

[signals.own_server]
title = "on their own server"
phrases.en = ["our own server", "self-hosted"]
phrases.nl = ["onze eigen server", "zelf gehost"]
"""

AFFIRMED = [
    # English: said plainly, with words in between, with what only looks like a negation, a past or a supposition
    ("down", "Production is down."),
    ("down", "production down!!! call me"),
    ("down", "PRODUCTION IS COMPLETELY DOWN"),
    ("down", "Our whole production environment is down since 9."),
    ("down", "Since yesterday production is down and nobody knows why."),
    ("down", "Production has been down for two hours"),
    ("down", "Production went down ten minutes after the update."),
    ("down", "I am not sure why production is down."),
    ("down", "We don't know why the server is down."),
    ("down", "No idea what happened, production is down."),
    ("down", "Not only is the report wrong, production is down too."),
    ("down", "There is no doubt production is down."),
    ("down", "It is not slow, production is down."),
    ("down", "Nobody at our office knows why production is down."),
    ("down", "We have no access and production is down."),
    ("down", "Production was down yesterday and is still down."),
    ("down", "It looks as if production is down."),
    ("down", "We cannot invoice because production is down."),
    ("down", "Nobody in the office can log in."),
    ("down", "If you need logs, tell me; production is down."),
    ("down", "When I click Save the whole server goes down."),
    ("down", "The service desk is out\nof service."),
    ("down", "Are you aware that production is down?"),
    ("down", "- production is down\n- mail works"),
    ("down", "The portal is out of service; we don't need a refund."),
    ("down", "I cannot believe that production is down again."),
    ("back", "Production was down, but it works again."),
    ("back", "It has been fixed, thank you!"),
    ("back", "The server came back online at noon yesterday."),
    ("own_server", "We run it on our own server."),
    ("own_server", "It is self-hosted, not in your cloud."),
    ("own_server", "Could you send the manual? We are self-hosted."),
    ("own_server", "Would you please note that we are self-hosted."),
    # Dutch
    ("down", "Productie ligt plat."),
    ("down", "productie plat!! bel mij"),
    ("down", "Onze hele productie ligt sinds vanochtend plat."),
    ("down", "Sinds gisteren ligt de server plat en niemand weet waarom."),
    ("down", "Ik weet niet waarom productie plat ligt."),
    ("down", "Geen idee waarom, maar productie ligt plat."),
    ("down", "We snappen niet hoe het komt dat productie plat ligt."),
    ("down", "Niet alleen is het traag, de server ligt plat."),
    ("down", "Het is niet traag, productie ligt helemaal plat."),
    ("down", "Wij hebben geen toegang en productie ligt plat."),
    ("down", "Gisteren lag productie plat en nu nog steeds."),
    ("down", "Het lijkt alsof productie plat ligt."),
    ("down", "We kunnen niet factureren omdat productie plat ligt."),
    ("down", "Niemand van ons kan nog inloggen."),
    ("down", "Als beheerder zie ik dat productie plat ligt."),
    ("down", "Als u logs nodig hebt, zeg het; productie ligt plat."),
    ("down", "Het portaal is buiten\ngebruik."),
    ("down", "Er is geen twijfel dat productie plat ligt."),
    ("down", "Zodra ik op Opslaan klik, gaat de server plat."),
    ("down", "1. productie ligt plat\n2. mail werkt"),
    ("down", "Productie ligt nu al twee uur plat."),
    ("down", "Ik kan niet geloven dat productie weer plat ligt."),
    ("back", "Productie lag plat, maar alles werkt weer."),
    ("back", "Het is opgelost, bedankt!"),
    ("back", "De server is sinds gisteren weer in de lucht."),
    ("own_server", "Het draait op onze eigen server."),
    ("own_server", "Wij zijn zelf gehost, niet bij jullie."),
    ("own_server", "Kunt u de handleiding sturen? We draaien op onze eigen server."),
    ("own_server", "Zou u willen noteren dat wij zelf gehost zijn."),
]
NEGATED = [
    ("down", "Production is not down."),
    ("down", "Production isn't down, only slow."),
    ("down", "Production isn\u2019t down."),
    ("down", "I do not think that production is down."),
    ("down", "Production was never down."),
    ("down", "Neither production nor the test server is down."),
    ("down", "The portal is by no means out of service."),
    ("down", "Production is hardly down, it is one report."),
    ("down", "Production is anything but down."),
    ("back", "It has not been fixed, nothing works again."),
    ("back", "No, it still does not works again as it should."),
    ("own_server", "We are not self-hosted."),
    ("own_server", "We don't have it on our own server."),
    ("own_server", "Without our own server we depend on you."),
    ("own_server", "We refuse to go self-hosted."),
    ("own_server", "Nobody here is self-hosted."),
    ("own_server", "Niemand van ons is zelf gehost."),
    ("down", "Productie ligt niet plat."),
    ("down", "Productie ligt gelukkig niet plat, het is alleen traag."),
    ("down", "Ik denk niet dat productie plat ligt."),
    ("down", "De server ligt nooit plat."),
    ("down", "De server is nauwelijks plat te noemen."),
    ("down", "Het portaal is geenszins, of beter: niet buiten gebruik."),
    ("back", "Het werkt weer niet."),
    ("back", "Niets werkt weer zoals het hoort, het is niet opgelost."),
    ("back", "Het is nog niet weer in de lucht."),
    ("own_server", "We draaien niet op onze eigen server."),
    ("own_server", "Zonder onze eigen server zijn wij van u afhankelijk."),
    ("own_server", "Wij zijn niet zelf gehost."),
]
PAST = [
    ("down", "Production was down yesterday, fixed."),
    ("down", "Last week the server went down for an hour."),
    ("down", "Two months ago nobody could log in."),
    ("down", "The server was down."),
    ("down", "Production had been down before your engineer called."),
    ("down", "The portal was out of service."),
    ("own_server", "Last year it was still self-hosted, now you run it."),
    ("own_server", "We used to have it on our own server."),
    ("own_server", "It was self-hosted."),
    ("own_server", "We had a self-hosted system."),
    ("own_server", "We moved from self-hosted to your cloud."),
    ("own_server", "Het was een zelf gehost systeem."),
    ("down", "Gisteren lag productie plat, inmiddels verholpen."),
    ("down", "Vorige week ging de server een uur plat."),
    ("down", "Twee maanden geleden kon niemand inloggen."),
    ("down", "De server lag plat."),
    ("down", "Het portaal was buiten gebruik."),
    ("own_server", "Vroeger draaide het op onze eigen server."),
    ("own_server", "Voorheen waren wij zelf gehost."),
]
PLANNED = [
    ("down", "What do we do when production goes down next month"),
    ("down", "Next week production is down for maintenance."),
    ("down", "Production will be down on Saturday."),
    ("down", "Tomorrow the server is down between 6 and 7."),
    ("down", "We plan to take the server down in May."),
    ("back", "It will be back online tomorrow, your colleague hopes."),
    ("own_server", "Next year we want it self-hosted."),
    ("own_server", "We are planning to move it to our own server."),
    ("down", "Volgende maand ligt productie een dag plat voor onderhoud."),
    ("down", "Productie zal zaterdag plat liggen."),
    ("down", "Morgen ligt de server tussen 6 en 7 plat."),
    ("down", "We zijn van plan de server in mei plat te leggen."),
    ("back", "Morgen werkt weer alles, hopen wij."),
    ("own_server", "Volgend jaar willen wij het op onze eigen server."),
    ("own_server", "Wij zullen het op onze eigen server zetten."),
]
SUPPOSED = [
    ("down", "What happens if production is down?"),
    ("down", "If production is down, whom do we call?"),
    ("down", "Whom do we call when production is down?"),
    ("down", "Should production go down, we lose a day."),
    ("down", "In case the server is down we have no plan."),
    ("down", "Suppose production is down at night."),
    ("down", "Please check whether production is down."),
    ("down", "Is production down?"),
    ("down", "Production would be down for a day with that approach."),
    ("back", "Tell me if it works again."),
    ("own_server", "If it were self-hosted, would it be quicker?"),
    ("own_server", "Unless it is on our own server we cannot use it."),
    ("down", "Wat gebeurt er als productie plat ligt?"),
    ("down", "Als productie plat ligt, wie bellen wij dan?"),
    ("down", "Wie bellen wij wanneer productie plat ligt?"),
    ("down", "Mocht productie plat gaan, dan verliezen wij een dag."),
    ("down", "Stel dat productie 's nachts plat ligt."),
    ("down", "Indien de server plat ligt, hebben wij geen plan."),
    ("down", "Ligt productie plat?"),
    ("down", "Productie zou dan een dag plat liggen."),
    ("back", "Laat weten of alles is opgelost."),
    ("own_server", "Tenzij het op onze eigen server staat, kunnen wij het niet gebruiken."),
    ("own_server", "Zou het sneller zijn als het zelf gehost was?"),
]
QUOTED = [
    ("down", "> production is down\nThat was an hour ago."),
    ("down", "Your colleague wrote: production is down, which is not what we see."),
    ("down", 'You said "production is down" in your last mail.'),
    ("own_server", "The contract says that a self-hosted system is excluded."),
    ("own_server", "> We run it on our own server\n\nNo longer."),
    ("down", "> productie ligt plat\nDat was een uur geleden."),
    ("down", "Uw collega schreef: productie ligt plat, maar wij zien dat niet."),
    ("down", "Jullie schreven dat de server plat ligt."),
    ("own_server", "De overeenkomst zegt dat een zelf gehost systeem is uitgesloten."),
]
NOT_AFFIRMED = [
    *(("negated", *case) for case in NEGATED),
    *(("past", *case) for case in PAST),
    *(("planned", *case) for case in PLANNED),
    *(("hypothetical", *case) for case in SUPPOSED),
    *(("quoted", *case) for case in QUOTED),
]
KNOWN_MISSES = {
    "sarcasm": ("down", "Oh great, another day on which production is 'not' down.", True),
    "sarcasm, praise": ("back", "Wonderful, it works again exactly as badly as before.", False),
    "sarcasm, Dutch": ("back", "Fijn hoor, het werkt weer net zo slecht als altijd.", False),
    "sarcasm, Dutch denial": (
        "down",
        "Nee hoor, productie ligt natuurlijk niet plat, wij zitten hier voor ons plezier.",
        True,
    ),
    "corrected in the next sentence": ("down", "Production is down. No wait, my cable was loose.", False),
    "corrected in the next sentence, Dutch": ("down", "Productie ligt plat. O nee, mijn kabel zat los.", False),
    "rumour": ("down", "A colleague believes production is down, I have not looked.", False),
    "denied from afar": (
        "down",
        "It is simply not the case, whatever anybody told you, that production is down.",
        False,
    ),
    "present tense of a story": ("down", "So yesterday I come in, I look, and production is down.", False),
}
"""By name: the sentence, and what a person would say. Words around the phrase cannot tell."""


@pytest.fixture(scope="module")
def finder(tmp_path_factory: pytest.TempPathFactory) -> SignalFinder:
    return SignalFinder(policy_from(SMALL + SIGNALS, tmp_path_factory.mktemp("policy")))


@pytest.mark.parametrize(("signal", "text"), AFFIRMED)
def test_what_is_affirmed_counts(finder: SignalFinder, signal: str, text: str) -> None:
    assert signal in finder.find("", text)


@pytest.mark.parametrize(("why", "signal", "text"), NOT_AFFIRMED)
def test_what_is_denied_past_planned_supposed_or_quoted_does_not(
    finder: SignalFinder, why: str, signal: str, text: str
) -> None:
    assert signal not in finder.find("", text), why


@pytest.mark.parametrize("name", KNOWN_MISSES)
def test_known_misses_are_still_missed(finder: SignalFinder, name: str) -> None:
    """Whoever mends one of these moves it into the tables above."""
    signal, text, is_so = KNOWN_MISSES[name]
    assert (signal in finder.find("", text)) is not is_so
