"""What a file wishes and what a gateway has, in one form that can be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Body = Mapping[str, Any]
Bodies = Mapping[str, Body]

# In this order they are written, and in the reverse one deleted: what is named goes first.
SECTIONS = ("channels", "users", "topics", "templates", "rules", "bindings")
NOUNS = {
    "channels": "channel",
    "users": "user",
    "topics": "topic",
    "templates": "template",
    "rules": "rule",
    "bindings": "binding",
}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a file declares.

    Attributes:
        settings: Those of the tenant's own fields that the file has.
        sections: Whole bodies by name, for the sections that the file has; a binding is named
            `channel/user`. A channel's `secrets` are as the file has them, perhaps with `${…}`.
    """

    tenant: str
    settings: Body
    sections: Mapping[str, Bodies]


@dataclass(frozen=True, slots=True)
class Found:
    """What a gateway has, in the form of a wish.

    Attributes:
        exists: False where there is no such tenant; None where the key may not see.
        secrets: Names of the secrets that are set, by channel.
        kept: Bindings that were found, not declared: nothing deletes them.
    """

    exists: bool | None
    settings: Body
    sections: Mapping[str, Bodies]
    secrets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    kept: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """What has to be known of a channel type."""

    fields: frozenset[str]
    secrets: frozenset[str]
    app_field: str | None


Types = Mapping[str, TypeFacts]


@dataclass(frozen=True, slots=True)
class Change:
    """One field that becomes another; a secret is named, never shown."""

    path: str
    before: Any = None
    after: Any = None
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One write.

    Attributes:
        verb: create, change, delete, enable or disable.
        section: One of `SECTIONS`, or `tenant`.
        body: What is put; secrets still as the file has them.
    """

    verb: str
    section: str
    name: str
    body: Body = field(default_factory=dict, repr=False)
    changes: Sequence[Change] = ()

    def __str__(self) -> str:
        return f"{self.verb} {NOUNS.get(self.section, self.section)} {self.name}"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be written, in order, and what is there although the file does not have it."""

    steps: tuple[Step, ...]
    left: tuple[str, ...] = ()
