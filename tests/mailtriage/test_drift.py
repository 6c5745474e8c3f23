"""A kind of mail that nobody foresaw: it is seen, found, named, made a topic by a click, and learned."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from benchmarks.invented import invented
from classifier.assess import assess
from classifier.example import Example
from classifier.mail import Mail
from classifier.model import Model
from classifier.registry import Registry
from classifier.snapshot import snapshot
from classifier.training import GateReport
from mailtriage import starters
from mailtriage.cli import main
from mailtriage.clusters import NoSuchCluster, cluster_of, clusters
from mailtriage.drift import drift
from mailtriage.drift_pages import DriftPages
from mailtriage.importing import import_labelled
from mailtriage.new_topic import give_topic
from mailtriage.office import Office, open_office
from mailtriage.policies_in_force import PoliciesInForce
from mailtriage.retraining import retrain
from mailtriage.settings import Settings
from policies.adding import NewTopic, TopicRefused
from policies.facts import Facts
from policies.loader import check
from policies.policy import Policy
from tests import small_model
from tickets.labelled import examples as agent_examples
from webui.drifting import Cluster

NOW = datetime.now(UTC)
WEEK = timedelta(days=7)
KIND = 14
BIKES = NewTopic("bicycle_lease", "Leased bicycles", None, ("outside.2",))


def came(mails: list[Example], ago: timedelta) -> list[Example]:
    """The mails as they come: unlabelled, one after the other."""
    return [
        replace(
            mail,
            id=f"came-{mail.id}",
            policy="penelope",
            labels={},
            history=None,
            received=NOW - ago - timedelta(seconds=n),
        )
        for n, mail in enumerate(mails)
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Under penelope a lean model of sixty mails; others came in earlier weeks, and now some of a new kind."""
    folder = tmp_path_factory.mktemp("drift")
    ordinary = starters.shipped_examples("penelope")[5:600:15]
    mails = small_model.examples()[: small_model.LEARNED]
    (folder / "penelope.jsonl").write_text("\n".join(json.dumps(mail.to_json()) for mail in mails), "utf-8")
    settings = Settings(data_dir=folder / "data", profile="lean")
    report = GateReport("penelope", True, (), None, (), (), snapshot(mails), small_model.model())
    registry = Registry(settings.models_dir)
    registry.promote("penelope", starters.add_to_shelf(report, small_model.policy(), registry))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(starters, "TRAINING_DATA", folder)
        opened = open_office(settings)
        for mails, weeks in ((ordinary[::2], 3), (ordinary[1::2], 2), (list(invented(KIND)), 0)):
            import_labelled(came(mails, weeks * WEEK), "penelope", opened, agent="nobody")
        opened.close()
    return folder


@pytest.fixture
def office(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    shutil.copytree(made / "data", tmp_path / "data")
    monkeypatch.setattr(starters, "TRAINING_DATA", made)
    opened = open_office(Settings(data_dir=tmp_path / "data", profile="lean"))
    yield opened
    opened.close()


def numbers_of_kind(office: Office) -> set[int]:
    return {item.number for item in office.store.search("bicycle", limit=100)} | {
        item.number for item in office.store.search("bike", limit=100)
    }


def kind_among(found: Sequence[Cluster]) -> Cluster:
    """The one cluster that is named by the new kind's words."""
    [cluster] = [each for each in found if "bicycle" in each.words]
    return cluster


def topic_read(model: Model, policy: Policy, mail: Example) -> str:
    facts = Facts(received_at=NOW, customer={}, history=None, sender_proven=None)
    [verdict] = assess(model, policy, [Mail(mail.subject, mail.body, facts)])
    return verdict.labels["topic"].model_value


def test_a_new_kind_of_mail_is_seen_found_made_a_topic_and_learned(office: Office, tmp_path: Path) -> None:
    found = drift("penelope", office, weeks=4)
    week = found.weeks[0]
    assert (week.mails, found.learned_from, found.remark) == (KIND, small_model.LEARNED, None)
    assert "words" in week.unlike_training and "words" in week.unlike_before
    assert {"bicycle", "lease"} <= {part.value for part in week.training["words"].parts}
    assert {int(mail) for mail in week.training["words"].mails} <= numbers_of_kind(office)
    assert found.weeks[2].mails == 20 and "words" not in found.weeks[2].unlike_before
    assert "words" not in found.weeks[2].unlike_training

    cluster = kind_among(clusters("penelope", office))
    assert len(cluster.mails) == KIND and {number for number, _ in cluster.mails} == numbers_of_kind(office)
    assert {"bicycle", "lease"} <= set(cluster.words) and cluster.language == "en"
    assert cluster_of(cluster.number, office, ["penelope"]) == cluster

    before = office.policy("penelope")
    given = give_topic("penelope", [number for number, _ in cluster.mails], BIKES, office, author="lea", reason="new")
    assert (given.labelled, given.version) == (KIND, "1.2.0")
    policy = office.policy("penelope")
    assert policy.version == "1.2.0" and policy.topics["bicycle_lease"].scope == "outside"
    assert isinstance(office.policies, PoliciesInForce)
    row = office.policies.history("penelope")[-1]
    assert (row.author, row.reason) == ("lea", "new")
    kept = tmp_path / "penelope.toml"
    kept.write_bytes(policy.source)
    assert check(kept) == []
    words = office.store.corrections(cluster.number)
    assert [(word.to_value, word.agent, word.how.bulk) for word in words] == [("bicycle_lease", "lea", True)]
    ticket = office.store.ticket(cluster.number)
    assert ticket is not None and (ticket.topic, ticket.scope) == ("bicycle_lease", "outside")
    assert ticket.verdict.versions.policy == before.version and office.policy_of(ticket).version == policy.version
    assert not any("bicycle" in each.words for each in clusters("penelope", office))

    assert sum(e.labels.get("topic") == "bicycle_lease" for e in agent_examples(office.store, "penelope")) == KIND
    report = retrain("penelope", office, actor="test")
    further = list(invented(5, seed=1))
    assert [topic_read(report.model, policy, mail) for mail in further] == ["bicycle_lease"] * len(further)


def test_a_cluster_may_be_given_a_topic_that_there_is(office: Office) -> None:
    pages = DriftPages(office)
    cluster = kind_among(pages.clusters("penelope"))
    assert kind_among(pages.clusters("penelope")) is cluster
    tickets = [number for number, _ in cluster.mails]
    given = pages.give("penelope", tickets, NewTopic("port_information", ""), "lea", "")
    assert not any("bicycle" in each.words for each in pages.clusters("penelope"))
    assert (given.labelled, given.version, office.policy("penelope").version) == (KIND, None, "1.1.0")
    with pytest.raises(NoSuchCluster, match="drift clusters"):
        cluster_of(cluster.number, office, ["penelope"])
    for topic, says in ((NewTopic("nowhere", ""), "no topic"), (BIKES, "No ticket")):
        with pytest.raises(TopicRefused, match=says):
            give_topic("penelope", tickets if "no topic" in says else [], topic, office, author="lea")


def test_the_commands_name_weeks_clusters_and_what_became_of_them(
    office: Office, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mailtriage.policies_in_force.LOOK_SECONDS", 0.0)
    folder = ["--data-dir", str(office.settings.data_dir)]

    def said(*arguments: str) -> tuple[int | str | None, str]:
        with pytest.raises(SystemExit) as left:
            main([*folder, *arguments])
        out, err = capsys.readouterr()
        return left.value.code, out + err

    code, weeks = said("drift", "--policy", "penelope", "--weeks", "2", "--json")
    assert code == 0 and json.loads(weeks)["weeks"][0]["unlike_training"]
    code, text = said("drift", "--policy", "penelope")
    assert code == 0 and "bicycle 0% to" in text
    cluster = kind_among(clusters("penelope", office))
    code, text = said("drift", "clusters")
    assert code == 0 and f"{cluster.number}  penelope  {KIND} mails" in text
    topic = ("--name", "bikes", "--title", "Bikes", "--by", "lea")
    code, text = said("drift", "topic", str(cluster.number), *topic)
    assert code == 2 and "which clauses" in text and office.policy("penelope").version == "1.1.0"
    code, text = said("drift", "topic", str(cluster.number), *topic, "--clause", "outside.2")
    assert code == 0 and f"{KIND} tickets have the topic bikes, new in penelope 1.2.0" in text
    code, text = said("policy", "history", "penelope", "--print", "1.2.0")
    assert code == 0 and text.encode() == office.policies.version("penelope", "1.2.0").source
    assert said("drift", "topic", "1", *topic, "--scope", "outside")[0] == 2
