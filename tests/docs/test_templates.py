"""The examples of the page about templates are accepted, and fill as the page says."""

import json
import re
from pathlib import Path

from gateway.request import NotifyRequest
from gateway.template import DEFAULT, template_of
from gateway.template.cards import MOST_BYTES, MOST_HOLES
from gateway.template.filling import ESCAPED, FILTERS
from gateway.template.holes import MOST_TURNS
from gateway.templates import TemplateBody

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "templates.md").read_text(encoding="utf-8")
BODY, PREVIEW, NOTIFY = map(json.loads, re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))


def test_the_examples_are_taken_and_filled() -> None:
    body = TemplateBody.model_validate(BODY)
    locales = {locale: dict(each.card) for locale, each in body.locales.items()}
    template = template_of("approval", 1, body.card, locales, body.variables)
    for data in (PREVIEW["data"], NotifyRequest.model_validate(NOTIFY).data):
        template.check(data)
        assert template.card(DEFAULT, data).title == "Approve export 4711?"
        chinese = template.card(template.locale_for(PREVIEW["locale"]), data)
        assert chinese.title == "请审批导出 4711"


def test_the_page_names_every_filter_and_every_limit() -> None:
    assert [name for name in (*FILTERS, *ESCAPED) if f"`{name}" not in PAGE] == []
    limits = (f"{MOST_BYTES // 1024} KiB", f"{MOST_HOLES} texts", f"{MOST_TURNS:,} turns")
    assert [limit for limit in limits if limit not in PAGE] == []
