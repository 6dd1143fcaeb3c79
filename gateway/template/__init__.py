"""A template as it is used: a card for each language, and what its data has to be. Pure."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gateway.card import Card
from gateway.problems import ProblemError, field_error
from gateway.template.cards import MOST_BYTES, CardText, Fault, Loc, TemplateFaultError, card_text
from gateway.template.variables import Schema, SchemaError, declared, schema_of

DEFAULT = ""
"""Stands for the template's own card among its locales."""


@dataclass(frozen=True, slots=True)
class Template:
    """A version of a template, ready to be filled.

    Attributes:
        cards: By locale; `DEFAULT` is the template's own.
    """

    name: str
    version: int
    cards: Mapping[str, CardText]
    _schema: Schema | None = None

    def locale_for(self, *wanted: str | None) -> str:
        """Return the locale of the first of `wanted` that the template speaks, or the default."""
        found = (_match(each, self.cards) for each in wanted if each)
        return next((each for each in found if each is not None), DEFAULT)

    def check(self, data: Mapping[str, Any]) -> None:
        """Refuse data that does not fit.

        Raises:
            TemplateFaultError: Naming what, below `data`.
        """
        if len(json.dumps(data, ensure_ascii=False).encode(errors="replace")) > MOST_BYTES:
            raise TemplateFaultError([Fault(("data",), f"data has at most {MOST_BYTES} bytes")])
        misfits = self._schema.misfits(data) if self._schema else ()
        if misfits:
            faults = [Fault(("data", *each.loc), each.message, "schema") for each in misfits]
            raise TemplateFaultError(faults)

    def card(self, locale: str, data: Mapping[str, Any]) -> Card:
        """Return the card that data makes in a locale of `cards`.

        Raises:
            TemplateFaultError: It makes none; naming where, below `template`.
        """
        try:
            return self.cards[locale].fill(data)
        except TemplateFaultError as error:
            raise below(("template", *_place(locale)), error) from None


def template_of(
    name: str,
    version: int,
    card: Mapping[str, Any],
    locales: Mapping[str, Mapping[str, Any]],
    variables: Mapping[str, Any],
) -> Template:
    """Compile a template.

    Raises:
        TemplateFaultError: A part of it is wrong; naming where.
    """
    faults: list[Fault] = []
    cards: dict[str, CardText] = {}
    for locale, source in {DEFAULT: card, **locales}.items():
        try:
            cards[locale] = card_text(source)
            _check_names(cards[locale], declared(variables))
        except TemplateFaultError as error:
            faults += below(_place(locale), error).faults
    try:
        schema = schema_of(variables)
    except SchemaError as error:
        faults.append(Fault(("variables", *error.loc), str(error)))
    if faults:
        raise TemplateFaultError(faults)
    return Template(name, version, cards, schema)


def below(loc: Loc, error: TemplateFaultError) -> TemplateFaultError:
    """Return the same faults at a place further in."""
    return TemplateFaultError([Fault((*loc, *f.loc), f.message, f.type) for f in error.faults])


def problem_of(error: TemplateFaultError, prefix: Sequence[str | int] = ("body",)) -> ProblemError:
    """Return what the API says of these faults."""
    errors = [field_error([*prefix, *f.loc], f.message, f.type) for f in error.faults[:MOST_ERRORS]]
    return ProblemError("validation_failed", str(error), errors)


MOST_ERRORS = 100


def _place(locale: str) -> Loc:
    return ("card",) if locale == DEFAULT else ("locales", locale, "card")


def _check_names(text: CardText, names: frozenset[str] | None) -> None:
    if names is None:
        return
    unknown = [name for name in text.variables if name not in names]
    faults = [Fault(text.variables[name], f"`variables` names no `{name}`") for name in unknown]
    if faults:
        raise TemplateFaultError(faults)


def _match(wanted: str, known: Collection[str]) -> str | None:
    """Find a locale: the same, the same language, or another region of that language."""
    by_name = {each.lower(): each for each in known if each}
    language = wanted.lower().split("-")[0]
    if wanted.lower() in by_name:
        return by_name[wanted.lower()]
    if language in by_name:
        return by_name[language]
    others = [each for name, each in by_name.items() if name.split("-")[0] == language]
    return min(others, default=None)
