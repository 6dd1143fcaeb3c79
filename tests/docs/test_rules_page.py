"""Every body of the page on rules is one that the gateway takes."""

import json
import re
from pathlib import Path

from pydantic import TypeAdapter

from gateway.house_rules import RuleBody
from gateway.matching import RuleFacts, judge, texts
from gateway.request import NotifyRequest, To, ToDepartment
from gateway.topics import TopicBody

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "rules.md").read_text(encoding="utf-8")
RULE, EVENT, TOPIC, DEPARTMENT = map(json.loads, re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))


def test_the_pages_bodies_are_accepted() -> None:
    assert RuleBody.model_validate(RULE).mobile_only
    assert len(TopicBody.model_validate(TOPIC).members) == 3
    named: object = TypeAdapter(To).validate_python(DEPARTMENT)
    assert isinstance(named, ToDepartment)


def test_the_pages_event_misses_the_pages_rule_by_its_state_alone() -> None:
    event = NotifyRequest.model_validate({"card": {"title": "T"}, **EVENT})
    match = {name: texts(value) for name, value in RULE["match"].items()}
    [verdict] = judge([RuleFacts("r", match=match)], event)
    assert [finding.name for finding in verdict.findings if not finding.holds] == ["state"]
