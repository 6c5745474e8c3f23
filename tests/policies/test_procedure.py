"""States of work: which step leads where, what waits for the customer, and when time may be booked."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from policies.loader import load_shipped
from policies.work.commitments import procedure_named
from policies.work.procedure import DECLINED, Procedure

ATOLLON = load_shipped("atollon")
STATES = [{"name": "asked", "title": "Asked"}, {"name": "made", "title": "Made", "step": "done"}]


def shipped(name: str) -> Procedure:
    found = procedure_named(ATOLLON, name)
    assert found is not None
    return found


def made(**changes: object) -> Procedure:
    given = {"id": "short", "title": "Short", "when": {"topic": ["other"]}, "states": STATES, **changes}
    return Procedure.model_validate(given)


def test_a_request_goes_from_estimate_over_approval_to_work() -> None:
    request, state, gone = shipped("configuration-request"), "requested", ["requested"]
    for step in ("estimate", "send", "approve", "start", "done"):
        state = request.steps(state, estimated=len(gone) > 1)[step]
        gone.append(state)
    assert gone == ["requested", "estimated", "awaiting_approval", "approved", "in_work", "done"]
    assert request.steps("done", estimated=True) == {}


def test_a_project_is_handed_over_and_accepted_too() -> None:
    project = shipped("project")
    assert project.steps("in_work", estimated=True) == {"hand_over": "handed_over"}
    assert project.steps("handed_over", estimated=True) == {"accept": "accepted", "decline": "in_work"}
    assert project.waits("handed_over")


def test_nothing_but_an_estimate_leads_on_from_a_new_request() -> None:
    assert shipped("configuration-request").steps("requested", estimated=False) == {"estimate": "estimated"}


def test_a_declined_estimate_is_followed_by_another_and_by_nothing_else() -> None:
    request = shipped("configuration-request")
    assert request.steps("awaiting_approval", estimated=True)["decline"] == DECLINED
    assert request.steps(DECLINED, estimated=True) == {"estimate": "estimated"}
    assert not request.waits(DECLINED)


def test_an_estimate_may_be_given_anew_until_it_is_approved() -> None:
    request = shipped("configuration-request")
    assert "estimate" in request.steps("awaiting_approval", estimated=True)
    assert "estimate" not in request.steps("approved", estimated=True)


@pytest.mark.parametrize("state", ["requested", "estimated", "awaiting_approval", DECLINED])
def test_before_the_approval_time_is_booked_for_finding_out_and_talking_alone(state: str) -> None:
    request = shipped("configuration-request")
    assert request.may_book(state, "finding the cause")
    assert request.may_book(state, "talking with the client")
    assert not request.may_book(state, "work")
    assert not request.may_book(state, "testing")


@pytest.mark.parametrize("state", ["approved", "in_work", "done"])
def test_after_the_approval_all_time_is_booked(state: str) -> None:
    assert shipped("configuration-request").may_book(state, "work")


def test_a_free_task_needs_neither_estimate_nor_approval() -> None:
    free = shipped("free-task")
    assert free.steps("requested", estimated=False) == {"start": "in_work"}
    assert free.may_book("requested", "work")


def test_a_state_of_another_procedure_counts_as_the_first() -> None:
    assert shipped("free-task").known("awaiting_approval") == "requested"
    assert shipped("project").known("approved") == "approved"
    assert shipped("free-task").known(DECLINED) == "requested"


@pytest.mark.parametrize(
    ("states", "says"),
    [
        ([{**STATES[0], "step": "start"}, STATES[1]], "no step leads into it"),
        ([STATES[0], {"name": "made", "title": "Made"}], "needs the step"),
        ([STATES[0], {**STATES[1], "name": "asked"}], "'asked' is given twice"),
        ([*STATES, {**STATES[1], "name": "again"}], "'done' is given twice"),
        ([STATES[0], {**STATES[1], "name": "declined"}], "needs no line"),
        ([STATES[0], {**STATES[1], "step": "approve"}], "waits = true"),
        ([STATES[0], {**STATES[1], "needs_estimate": True}], "no state has step = 'estimate'"),
    ],
)
def test_states_that_cannot_be_gone_through_are_refused(states: object, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        made(states=states)


def test_activities_before_the_approval_need_an_approval() -> None:
    with pytest.raises(ValidationError, match="before_approval"):
        made(before_approval=["administration"])
