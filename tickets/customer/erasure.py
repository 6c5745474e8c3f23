"""A customer erased from the store and from what models are trained on."""

from __future__ import annotations

from classifier.registry import Registry
from classifier.snapshot_folder import FOLDER, Snapshots
from tickets.customer.erasing import Erased
from tickets.store import Store


def erase_customer(store: Store, registry: Registry, customer_id: int, *, actor: str) -> Erased:
    """Erases a customer's mail and record, and the texts of its mails in every snapshot of its policy.

    No later snapshot holds them. A model that has learned from them stays until the next training. Interrupted, it may
    be called again. Raises :class:`~tickets.faults.NoSuchCustomer`.
    """
    done = store.erase_customer(customer_id, actor=actor)
    if done.tickets:
        ids = [f"ticket-{number}" for number in done.tickets]
        Snapshots(registry.folder(done.policy) / FOLDER).erase(ids)
    return done
