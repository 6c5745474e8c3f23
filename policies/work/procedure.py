"""The states that work on a request goes through, as a policy file writes them, and which step leads where."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from policies.part import Part
from policies.promises import Citations
from policies.when import TermsWhen
from policies.work.quota import Id

Step = Literal["estimate", "send", "approve", "start", "hand_over", "accept", "done"]
"""What leads into a state. ``decline`` leads back, and needs no state of its own in the file."""

DECLINE = "decline"
DECLINED = "declined"
"""The state after the customer has declined an estimate: only another estimate leads on."""
ANSWERED_BY: Mapping[Step, str] = {"approve": DECLINED, "accept": "start"}
"""What a customer may answer to, and where a refusal leads: to :data:`DECLINED`, or to the state of that step."""


class ProcedureState(Part):
    """A state: its name, what people call it, the step that leads into it (none for the first).

    ``waits`` says that the customer has to act, ``needs_estimate`` that nobody gets here without an estimate.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
    title: str
    step: Step | None = None
    waits: bool = False
    needs_estimate: bool = False


class Procedure(Part):
    """How work on the requests for which ``when`` holds goes: its states in order.

    With ``cites`` it is for requests alone that cite one of these clauses. ``before_approval`` are the activities of
    the timesheet that may be booked before the customer has approved.
    """

    id: Id
    title: str
    clauses: Citations = ()
    cites: Citations = ()
    when: TermsWhen
    states: Annotated[tuple[ProcedureState, ...], Field(min_length=2, strict=False)]
    before_approval: Annotated[tuple[str, ...], Field(strict=False)] = ()

    @field_validator("states")
    @classmethod
    def _in_order(cls, value: tuple[ProcedureState, ...]) -> tuple[ProcedureState, ...]:
        names: list[str | None] = [state.name for state in value]
        steps: list[str | None] = [state.step for state in value]
        if value[0].step is not None:
            raise ValueError("the first state is where a request begins: no step leads into it")
        if None in steps[1:]:
            raise ValueError(f"{names[steps.index(None, 1)]!r} needs the step that leads into it")
        twice = [each for given in (names, steps) for each in given if given.count(each) > 1]
        if twice:
            raise ValueError(f"{twice[0]!r} is given twice")
        if DECLINED in names:
            raise ValueError(f"{DECLINED!r} is the state after the customer has declined; it needs no line")
        for before, after in pairwise(value):
            if after.step in ANSWERED_BY and not before.waits:
                raise ValueError(f"{before.name!r} must have waits = true: the customer's answer leads to {after.name}")
        return value

    @model_validator(mode="after")
    def _reachable(self) -> Procedure:
        if any(state.needs_estimate for state in self.states) and self._place_of("estimate") is None:
            raise ValueError("a state needs an estimate, and no state has step = 'estimate'")
        if self.before_approval and self._place_of("approve") is None:
            raise ValueError("before_approval belongs to a procedure with a state of step = 'approve'")
        return self

    def place(self, state: str) -> int:
        """Where ``state`` stands in the order; 0 for one that this procedure does not have, or that was declined."""
        return next((place for place, each in enumerate(self.states) if each.name == state), 0)

    def known(self, state: str) -> str:
        """``state`` if this procedure has it, else its first."""
        return state if state == DECLINED and self._place_of("approve") else self.states[self.place(state)].name

    def carried(self, before: Procedure | None, state: str, *, estimated: bool) -> str:
        """Where work stands here that stood in ``state`` of the procedure ``before`` (None: one that is unknown).

        Of another procedure it is as far as every step on the way was really taken there: nothing counts as approved
        that nobody was asked to approve. ``estimated`` says whether there is an estimate.
        """
        if before is not None and (before.id == self.id or state == DECLINED):
            return self.known(state)
        taken = {each.step for each in before.states[1 : before.place(state) + 1]} if before is not None else set()
        reached = self.states[0].name
        for each in self.states[1:]:
            if each.step not in taken or (each.needs_estimate and not estimated):
                break
            reached = each.name
        return reached

    def title_of(self, state: str) -> str:
        """What people call a state."""
        return "Declined by the customer" if state == DECLINED else self.states[self.place(state)].title

    def waits(self, state: str) -> bool:
        """Whether the customer has to act."""
        return state != DECLINED and self.states[self.place(state)].waits

    def approved(self, state: str) -> bool:
        """Whether the customer has approved the work, or the procedure asks for no approval."""
        approval = self._place_of("approve")
        return approval is None or (state != DECLINED and self.place(state) >= approval)

    def steps(self, state: str, *, estimated: bool) -> dict[str, str]:
        """The steps that may be taken in ``state``, each with the state that it leads to.

        ``estimated`` says whether there is an estimate.
        """
        found: dict[str, str] = {}
        place = self.place(state)
        following = self.states[place + 1] if place + 1 < len(self.states) else None
        if following is not None and following.step is not None and (estimated or not following.needs_estimate):
            found[following.step] = following.name
            refusal = ANSWERED_BY.get(following.step)
            if refusal is not None and state != DECLINED:
                back = self._place_of(refusal)
                found[DECLINE] = DECLINED if refusal == DECLINED else self.states[back or 0].name
        estimate = self._place_of("estimate")
        if estimate is not None and not (self.approved(state) and self._place_of("approve") is not None):
            found["estimate"] = self.states[estimate].name
        return found

    def may_book(self, state: str, activity: str) -> bool:
        """Whether time for ``activity`` may be booked in ``state``."""
        return self.approved(state) or activity in self.before_approval

    def _place_of(self, step: str) -> int | None:
        return next((place for place, each in enumerate(self.states) if each.step == step), None)
