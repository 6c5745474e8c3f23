"""Everything one running program decides with: the store, the policies and the models in force."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from classifier.model import Model
from classifier.registry import Registry
from errors import MailtriageError
from intake.mailbox_settings import MailboxSettings
from intake.ticket_reference import TicketReferences
from mailtriage import encoders, starters
from mailtriage.mailbox_table import MailboxTable
from mailtriage.oauth.keeper import TokenKeeper
from mailtriage.oauth.token_endpoint import TokenEndpoint
from mailtriage.own_mails import own_mails
from mailtriage.policies_in_force import PoliciesInForce, record_found
from mailtriage.settings import Settings
from policies.policy import Policy
from policies.versions import Policies
from tickets.audits import Sampling
from tickets.rows import Ticket
from tickets.store import Store


class UnknownPolicy(MailtriageError):
    """No policy has that name; lists those that there are."""


class LoadedModels:
    """The models in force, read once; when the registry puts another one in force, the next batch gets that."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._loaded: dict[str, Model] = {}
        self._lock = threading.Lock()

    def of(self, policy: str) -> Model:
        """The model in force for ``policy``; raises :class:`~classifier.registry.RegistryError` when there is none."""
        with self._lock:
            model = self._loaded.get(policy)
            if model is None or model.version != self.registry.current(policy):
                model = self._loaded[policy] = self.registry.load(policy)
            return model


@dataclass(frozen=True, slots=True)
class Office:
    """What every part of the program works with; made once at start, closed at the end."""

    settings: Settings
    store: Store
    policies: Policies
    models: LoadedModels
    references: TicketReferences
    tokens: Mapping[str, TokenKeeper] = field(default_factory=dict)
    """By mailbox, for those that are signed in to with an access token."""

    @property
    def registry(self) -> Registry:
        return self.models.registry

    @property
    def sampling(self) -> Sampling:
        """Draws what is audited: by a key that all who share the store have, so that they draw the same."""
        return self.settings.audit.sampling(self.settings.reference_key())

    def copy_address(self, policy: str, ticket: int) -> str | None:
        """Where a copy of an answer to ``ticket`` goes: a mailbox of its policy, by plus-address where it has them."""
        for table in self.settings.mailboxes:
            if table.policy == policy and table.own_addresses:
                own = table.own_addresses[0]
                return self.references.address(ticket, own) if table.plus_addresses else own
        return None

    def policy(self, name: str) -> Policy:
        """The version in force now; raises :class:`UnknownPolicy`."""
        return find_policy(self.policies, name)

    def policy_of(self, ticket: Ticket) -> Policy:
        """The version that decided a ticket; the one in force when its mail came, where no record has that."""
        return policy_that_decided(self.policies, ticket)

    def session(self, table: MailboxTable) -> MailboxSettings:
        """What a mailbox is opened with, its access tokens included; reads the password now."""
        return replace(table.session(), token=self.tokens.get(table.name))

    def close(self) -> None:
        self.store.close()


def settle() -> None:
    """Tells the garbage collector that what is loaded by now stays: libraries and models are most of what there is, and
    looking through them at every batch took as long as writing it."""
    gc.collect()
    gc.freeze()


def find_policy(policies: Mapping[str, Policy], name: str) -> Policy:
    """The policy of that name; raises :class:`UnknownPolicy`."""
    if name not in policies:
        raise UnknownPolicy(f"No policy is called {name!r}; there are {', '.join(sorted(policies))}.")
    return policies[name]


def policy_that_decided(policies: Policies, ticket: Ticket) -> Policy:
    """The version that decided a ticket; the one in force when its mail came, where no record has that.

    A later one where that alone has the topic that the ticket was given since.
    """
    find_policy(policies, ticket.policy)
    decided = policies.that_decided(ticket.policy, ticket.verdict.versions.policy, ticket.facts.received_at)
    return policies.knowing(decided, ticket.topic)


def open_policies(settings: Settings) -> dict[str, Policy]:
    """The policies in force now by name, for what needs nothing else of the store."""
    with opened_policies(settings) as policies:
        return dict(policies)


@contextmanager
def opened_policies(settings: Settings, *, besides: Path | None = None) -> Iterator[PoliciesInForce]:
    """The policies with all their versions, of a store that is open meanwhile.

    ``besides`` is a file of ``policies_dir`` whose version is not recorded yet.
    """
    store, policies = _open_store(settings, besides)
    with closing(store):
        yield policies


@contextmanager
def opened_books(settings: Settings) -> Iterator[tuple[Store, PoliciesInForce]]:
    """The store and the policies, for what needs no model."""
    store, policies = _open_store(settings)
    with closing(store):
        yield store, policies


def _open_store(settings: Settings, besides: Path | None = None) -> tuple[Store, PoliciesInForce]:
    """The store (migrated), what ships and what ``policies_dir`` holds recorded in it."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MailtriageError(f"data_dir {settings.data_dir}: cannot be made ({error.strerror}).") from error
    store = Store.open(settings.store_url(), settings.data_dir / "attachments").telling(settings.subscriptions())
    try:
        record_found(store, settings.policies_dir, besides=besides)
        policies = PoliciesInForce(store)
        for mailbox in settings.mailboxes:
            find_policy(policies, mailbox.policy)
    except BaseException:
        store.close()
        raise
    return store.counting_by(policies), policies


def open_registry(settings: Settings, policies: Mapping[str, Policy], *, train_own: bool = True) -> Registry:
    """The registry in the data folder; a policy without a model gets the shipped starter.

    One of one's own gets a model that is trained now from its own mails, unless ``train_own`` is False.
    """
    encoders.prepare(settings)
    registry = Registry(settings.models_dir)
    starters.ensure(registry, policies, settings.profile, lambda own: own_mails(own, settings) if train_own else [])
    return registry


def open_office(settings: Settings, *, train_own: bool = True) -> Office:
    """Opens the store (migrated), the policies and the models of ``settings``; see :func:`open_registry`."""
    store, policies = _open_store(settings)
    try:
        references = TicketReferences(settings.reference_key())
        models = LoadedModels(open_registry(settings, policies, train_own=train_own))
    except BaseException:
        store.close()
        raise
    return Office(settings, store, policies, models, references, open_tokens(settings))


def open_tokens(settings: Settings) -> dict[str, TokenKeeper]:
    """The keepers of the access tokens, by mailbox, of those mailboxes that use them; asks nobody yet."""
    return {
        table.name: TokenKeeper(
            TokenEndpoint(table.name, table.oauth, timeout_seconds=table.timeout_seconds), settings.tokens_dir
        )
        for table in settings.mailboxes
        if table.oauth is not None
    }
