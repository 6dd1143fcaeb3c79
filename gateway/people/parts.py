"""All that can be done about a platform's people, put together."""

from dataclasses import dataclass

from gateway.credentials import Credentials
from gateway.people.again import LookingAgain
from gateway.people.asking import Asking
from gateway.people.auto import AutoBinding
from gateway.people.binding_table import BindingTable
from gateway.people.browsing import Browsing
from gateway.people.logins import Logins
from gateway.people.members import Members
from gateway.people.user_table import UserTable
from gateway.registry import Registry
from gateway.store import Store


@dataclass(frozen=True, slots=True)
class People:
    """Browse, bind, add, look again, log in; and the same as files."""

    browsing: Browsing
    auto: AutoBinding
    members: Members
    again: LookingAgain
    logins: Logins
    users: UserTable
    bindings: BindingTable


def people(
    store: Store, registry: Registry, asking: Asking, credentials: Credentials, home: str
) -> People:
    """Put the parts together; `home` is the gateway's own address, without a slash at its end."""
    return People(
        browsing=Browsing(store, asking),
        auto=AutoBinding(store, asking),
        members=Members(store, asking),
        again=LookingAgain(store, asking),
        logins=Logins(asking, registry, credentials, home),
        users=UserTable(store),
        bindings=BindingTable(store, registry),
    )
