"""Everything one running program decides with: the store, the policies and the models in force."""

from __future__ import annotations

import gc
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from classifier.model import Model
from classifier.registry import Registry
from errors import MailtriageError
from intake.mailbox_settings import MailboxSettings
from intake.ticket_reference import TicketReferences
from mailtriage import starters
from mailtriage.mailbox_table import MailboxTable
from mailtriage.oauth.keeper import TokenKeeper
from mailtriage.oauth.token_endpoint import TokenEndpoint
from mailtriage.settings import Settings
from policies import loader
from policies.policy import Policy
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
    policies: Mapping[str, Policy]
    models: LoadedModels
    references: TicketReferences
    tokens: Mapping[str, TokenKeeper] = field(default_factory=dict)
    """By mailbox, for those that are signed in to with an access token."""

    @property
    def registry(self) -> Registry:
        return self.models.registry

    def copy_address(self, policy: str, ticket: int) -> str | None:
        """Where a copy of an answer to ``ticket`` goes: a mailbox of its policy, by plus-address where it has them."""
        for table in self.settings.mailboxes:
            if table.policy == policy and table.own_addresses:
                own = table.own_addresses[0]
                return self.references.address(ticket, own) if table.plus_addresses else own
        return None

    def policy(self, name: str) -> Policy:
        return find_policy(self.policies, name)

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


def open_policies(settings: Settings) -> dict[str, Policy]:
    """The shipped policies, and over them those of ``policies_dir``."""
    return loader.load_folder(settings.policies_dir)


def open_registry(settings: Settings, policies: Mapping[str, Policy]) -> Registry:
    """The registry in the data folder; a policy without a model gets the starter that ships for it."""
    registry = Registry(settings.models_dir)
    starters.ensure(registry, policies, settings.profile)
    return registry


def open_office(settings: Settings) -> Office:
    """Opens the store (migrated), the policies and the models of ``settings``."""
    policies = open_policies(settings)
    for mailbox in settings.mailboxes:
        find_policy(policies, mailbox.policy)
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MailtriageError(f"data_dir {settings.data_dir}: cannot be made ({error.strerror}).") from error
    references = TicketReferences(settings.reference_key())
    store = Store.open(settings.store_url(), settings.data_dir / "attachments")
    models = LoadedModels(open_registry(settings, policies))
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
