"""The commands on customers and tokens, and what assigning a ticket leaves for a replay."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from intake import files
from mailtriage import cli
from mailtriage.demo import SAMPLES
from mailtriage.importing import import_mails
from mailtriage.office import Office
from mailtriage.replay import replay
from tickets.customer.assigning import assign

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Calls the command line on a data folder of the test's own: exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def called(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as left:
            cli.main(["--data-dir", "data", *arguments])
        return int(left.value.code or 0), *capsys.readouterr()

    return called


def test_a_customer_is_added_set_and_shown(call: Call) -> None:
    assert call("customers", "add", "River", "--policy", "penelope", "hosting=saas", "domains=river.example")[0] == 0
    assert call("customers", "set", "River", "product_version=5.6", "hosting=", "domains=a.example,b.example")[0] == 0
    _, shown, _ = call("customers", "show", "River")
    assert "domains: a.example, b.example" in shown
    assert "hosting: unknown" in shown
    assert "product_version: 5.6" in shown
    _, as_json, _ = call("customers", "show", "River", "--json")
    assert json.loads(as_json)["facts"] == {"product_version": "5.6"}
    assert call("customers", "list", "b.exam")[1].startswith("penelope  River")
    assert call("customers", "list", "zebra")[1] == ""


def test_contacts_come_and_leave(call: Call) -> None:
    call("customers", "add", "River", "--policy", "penelope")
    added = call("customers", "contact", "add", "River", "Ann@river.example", "--name", "Ann", "contact_role=end_user")
    assert added[0] == 0
    assert call("customers", "contact", "left", "River", "ann@river.example", "--on", "2026-05-01")[0] == 0
    assert "ann@river.example  Ann  contact_role=end_user  left on 2026-05-01" in call("customers", "show", "River")[1]
    call("customers", "contact", "left", "River", "ann@river.example", "--on", "")
    assert "left on" not in call("customers", "show", "River")[1]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("set", "Lake", "hosting=saas"), "no customer called 'Lake'"),
        (("set", "River", "hosting=cloud"), "hosting: 'cloud' is not one of saas, self_hosted."),
        (("set", "River", "hosting"), "write FACT=VALUE"),
        (("set", "River", "domains=gmail.com"), "anybody has an address at gmail.com"),
        (("add", "River", "--policy", "penelope"), "called River already"),
        (("add", "Lake", "--policy", "nowhere"), "nowhere"),
        (("contact", "add", "River", "nobody"), "not a mail address"),
        (("contact", "left", "River", "x@y.example"), "has no contact"),
        (("assign", "99", "River"), "no ticket 99"),
    ],
)
def test_a_mistake_is_one_line_that_says_what_to_do(call: Call, arguments: tuple[str, ...], says: str) -> None:
    call("customers", "add", "River", "--policy", "penelope")
    status, _, error = call("customers", *arguments)
    assert status == 2
    assert says in error


def test_a_name_under_two_policies_asks_which(call: Call) -> None:
    for policy in ("penelope", "perfana"):
        call("customers", "add", "River", "--policy", policy)
    assert "say which with --policy" in call("customers", "show", "River")[2]
    assert "(perfana)" in call("customers", "show", "River", "--policy", "perfana")[1]


def test_what_is_exported_changes_nothing_when_it_is_imported(call: Call, tmp_path: Path) -> None:
    call("customers", "import", str(SAMPLES / "penelope-customers.csv"), "--policy", "penelope")
    assert call("customers", "export", "all.csv")[0] == 0
    assert (tmp_path / "all.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    status, told, _ = call("customers", "import", "all.csv", "--json")
    assert (status, json.loads(told)["changes"]) == (0, [])
    assert call("customers", "export")[1].splitlines() == (tmp_path / "all.csv").read_text("utf-8-sig").splitlines()


def test_a_dry_run_in_json_says_every_change(call: Call, tmp_path: Path) -> None:
    (tmp_path / "c.csv").write_text("customer,hosting,address\nRiver,saas,a@river.example\n", "utf-8")
    told = json.loads(call("customers", "import", "c.csv", "--policy", "penelope", "--dry-run", "--json")[1])
    [change] = told["changes"]
    assert (told["saved"], change["new"], change["facts"]) == (False, True, {"hosting": {"from": None, "to": "saas"}})
    assert call("customers", "list")[1] == ""


def test_a_token_is_printed_once(call: Call, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("long enough to pass\n")
    call("users", "add", "maria", "--role", "lead", "--password-file", "password")
    status, text, told = call("tokens", "add", "maria", "CRM")
    assert status == 0
    assert text.strip() and text.strip() not in told
    listed = call("tokens", "list")[1]
    assert "maria  CRM  in use" in listed
    assert text.strip() not in listed
    assert call("tokens", "revoke", "1")[0] == 0
    assert "revoked" in call("tokens", "list")[1]
    assert "no user" in call("tokens", "add", "nobody", "CRM")[2]


def test_an_assigned_ticket_is_replayed_to_the_same_verdict(office: Office) -> None:
    """The model goes on seeing what it saw; the rules decide by what is known since."""
    import_mails(files.read([SAMPLES / "perfana"]), "perfana", office)
    facts = {"plan": "enterprise", "maintenance_until": "2020-01-01", "product_version": "1.9"}
    office.store.upsert_customer("perfana", "River", [], facts, "anna")
    [record] = office.store.customers_named("River")
    before = {item.number: office.store.ticket(item.number) for item in office.store.search(policy="perfana")}
    for number in before:
        assign(office.store, office.policy("perfana"), number, record, agent="ben", vouched_by="ben")
    after = {number: office.store.ticket(number) for number in before}
    assert any(after[n].scope != before[n].scope for n in before)  # type: ignore[union-attr]
    assert all(replay(number, office).same for number in before)
