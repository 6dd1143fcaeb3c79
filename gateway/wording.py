"""What a notification says to each of its recipients: one card, or a template's by language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from gateway.models import Recipient
from gateway.problems import ProblemError, invalid
from gateway.request import NotifyRequest
from gateway.rules import Facts
from gateway.template import DEFAULT, Template, problem_of
from gateway.template.cards import TemplateFaultError
from gateway.variants import Content

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(eq=False)
class Contents:
    """The contents of one notification by locale, each made when its first recipient needs it."""

    request: NotifyRequest
    facts: Facts
    _made: dict[str, Content] = field(default_factory=dict)

    def check(self) -> None:
        """Refuse a template that is not there, and data that does not fit it.

        Raises:
            ProblemError: Naming the field.
        """
        if self.request.template is None:
            return
        if self.facts.template is None:
            raise invalid(
                ["body", "template"], "there is no such template", code="unknown_template"
            )
        _try(self.facts.template.check, self.request.data)

    def for_recipient(self, recipient: Recipient) -> Content:
        """Return what this recipient gets; raises as `for_locale`."""
        if self.facts.template is None:
            return self.for_locale(None)
        return self.for_locale(self.facts.person(recipient).locale)

    def for_locale(self, locale: str | None) -> Content:
        """Return what those of a locale get.

        Raises:
            ProblemError: There is no card, or the template's cannot be made of the data.
        """
        template = self.facts.template
        own = template.locale_for(locale, self.facts.locale) if template else DEFAULT
        if own not in self._made:
            self._made[own] = self._content(template, own)
        return self._made[own]

    @property
    def main(self) -> Content:
        """What most is said of the notification by: what its first recipient gets."""
        return next(iter(self._made.values()), None) or self.for_locale(None)

    @property
    def variants(self) -> Mapping[str, str] | None:
        """The other cards' JSON by key; None where there are none."""
        texts: dict[str, str] = {}
        for content in self._made.values():
            texts |= {content.key: content.text, **content.variants}
        texts.pop(self.main.key, None)
        return texts or None

    @property
    def locales(self) -> Mapping[str, str | None]:
        """The template's locale of each card by key; None is its own card's."""
        keys = ((key, own) for own, c in self._made.items() for key in (c.key, *c.variants))
        return {key: own or None for key, own in keys}

    @property
    def source(self) -> Mapping[str, Any]:
        """What is kept of where the cards come from, besides the template's name and the data."""
        template = self.facts.template
        return {"template_version": template.version} if template else {}

    def _content(self, template: Template | None, locale: str) -> Content:
        if template is not None:
            card = _try(template.card, locale, self.request.data)
        elif self.request.card is None:
            raise ProblemError("validation_failed", "a notification needs a card")
        else:
            card = self.request.card
        return Content(card, self.request.overrides)


def _try(do: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    try:
        return do(*args, **kwargs)
    except TemplateFaultError as error:
        raise problem_of(error) from None
