"""Reads templates for those who post by them; the last few stay compiled."""

from collections import OrderedDict

from gateway.store import Store
from gateway.store.templates import TemplateRow, read_many
from gateway.template import Template, problem_of, template_of
from gateway.template.cards import TemplateFaultError

MOST_KEPT = 128
Place = tuple[str, str, int, int]


class TemplateReader:
    """Returns templates in the version in use: a row is read each time, and compiled once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: OrderedDict[Place, Template] = OrderedDict()

    async def read(self, tenant: str, name: str | None) -> Template | None:
        """Return a template, or None where the tenant has none of that name.

        Raises:
            ProblemError: It was written for another release, and this one cannot read it.
        """
        if name is None:
            return None
        row = await self._store.gather(read_many, (tenant, name))
        return self._compiled(row) if row else None

    def _compiled(self, row: TemplateRow) -> Template:
        place = (row.tenant, row.name, row.version, row.created)
        if place not in self._kept:
            self._kept[place] = _compile(row)
        self._kept.move_to_end(place)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return self._kept[place]


def _compile(row: TemplateRow) -> Template:
    try:
        return template_of(row.name, row.version, row.card, row.locales, row.variables)
    except TemplateFaultError as error:
        raise problem_of(error, ["body", "template"]) from None
