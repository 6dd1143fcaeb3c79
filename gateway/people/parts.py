"""All that can be done about a platform's people, put together."""

from dataclasses import dataclass

from gateway.people.again import LookingAgain
from gateway.people.asking import Asking
from gateway.people.auto import AutoBinding
from gateway.people.binding_table import BindingTable
from gateway.people.browsing import Browsing
from gateway.people.members import Members
from gateway.people.user_table import UserTable
from gateway.registry import Registry
from gateway.store import Store


@dataclass(frozen=True, slots=True)
class People:
    """Browse, bind, add, look again; and the same as files."""

    browsing: Browsing
    auto: AutoBinding
    members: Members
    again: LookingAgain
    users: UserTable
    bindings: BindingTable


def people(store: Store, registry: Registry, asking: Asking) -> People:
    """Put the parts together."""
    return People(
        browsing=Browsing(store, asking),
        auto=AutoBinding(store, asking),
        members=Members(store, asking),
        again=LookingAgain(store, asking),
        users=UserTable(store),
        bindings=BindingTable(store, registry),
    )
