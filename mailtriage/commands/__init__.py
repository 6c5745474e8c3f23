"""The commands, a file for each noun."""

from __future__ import annotations

import importlib

import click

WHERE = {
    "up": "running:up",
    "demo": "running:demo",
    "poll": "running:poll_command",
    "parse": "reading:parse",
    "threads": "reading:threads",
    "classify": "deciding:classify",
    "explain": "explaining:explain_command",
    "import": "importing:import_command",
    "schema": "deciding:schema_command",
    "train": "models:train",
    "evaluate": "evaluating:evaluate_command",
    "experiment": "models:experiment_command",
    "models": "models:models_group",
    "audit": "audit:audit",
    "runs": "runs:runs_group",
    "labels": "labels:labels",
    "encoder": "encoder:encoder_group",
    "drift": "drift:drift_group",
    "starters": "models:starters_command",
    "correct": "correct:correct",
    "disputes": "disputes:disputes",
    "customers": "customers:customers",
    "users": "people:users",
    "tokens": "tokens:tokens",
    "mailboxes": "mailboxes:mailboxes",
    "policy": "rules:policy",
    "work": "work:work",
    "timesheet": "timesheet:timesheet",
    "invoice": "timesheet:invoice",
    "charges": "charges:charges",
    "quotas": "work:quotas",
    "quarantine": "quarantine:quarantine",
    "set-aside": "set_aside:set_aside",
    "due": "due:due",
    "answered": "due:answered",
    "notifications": "notifications:notifications",
    "reference": "reference:reference_command",
    "draft": "draft:draft_command",
    "replay": "keeping:replay_command",
    "doctor": "keeping:doctor",
    "backup": "keeping:backup",
}
"""Each command's file and function; a file is imported when its command is used, as some need large libraries."""


class Commands(click.Group):
    """The group that finds its commands in :data:`WHERE`, in that order."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(WHERE)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in WHERE:
            return None
        file, _, function = WHERE[cmd_name].partition(":")
        found = getattr(importlib.import_module(f"mailtriage.commands.{file}"), function)
        if not isinstance(found, click.Command):
            raise TypeError(f"{file}.{function} is no command")
        return found
