"""Every step of an explanation is a sentence in both languages."""

from typing import Any

import pytest

from gateway.matching import RuleFacts, judge
from gateway.models import Method
from gateway.reasons import Reason
from gateway.request import NotifyRequest
from gateway.rules import Because, Where
from gateway.steps import judged, rule_step, sentence
from gateway.verdicts import LONGEST, MOST_RULES, MOST_TEXTS, told

STEPS = [
    *(("switch", result) for result in ("no_channel", "enabled", "disabled")),
    *(("resolution", result) for result in ("open", "unbound", "not_found", "stale", *Method)),
    *(
        ("call", result)
        for result in (
            *("accepted", "temporary", "uncertain", "rate_limited", "quota_exhausted"),
            *("credential", "scope_missing", "recipient", "content", "channel_gone"),
            "plugin_error",
        )
    ),
    *(("switch", reason) for reason in Reason),
]


@pytest.mark.parametrize(("step", "result"), STEPS)
def test_every_result_of_a_step_has_a_sentence_in_both_languages(step: str, result: str) -> None:
    found = sentence(step, str(result))
    assert found["en"].endswith(".")
    assert found["en"] != f"{result}."
    assert found["zh-CN"].endswith("。")


@pytest.mark.parametrize("where", list(Where))
@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("reason", [None, "rule_disabled"])
def test_what_made_a_delivery_is_one_sentence(
    where: Where, reason: str | None, *, named: bool
) -> None:
    because = Because(where, named, (RuleFacts("dms"),))
    step = rule_step(because.told, reason)
    assert "`dms`" in step["sentence"]["en"]
    assert "`dms`" in step["sentence"]["zh-CN"]
    assert step["result"] == ("disabled" if reason else "matched")


def test_a_delivery_without_a_record_was_named_on_every_enabled_channel() -> None:
    assert Because().told is None
    step = rule_step(None, None)
    assert (step["result"], step["rules"]) == ("none", [])
    assert "every enabled channel" in step["sentence"]["en"]


def record(rule: RuleFacts, **attributes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    body = {"type": "t", "card": {"title": "T"}, "attributes": attributes}
    kept = told(judge([rule], NotifyRequest.model_validate(body)))
    assert kept is not None
    [only] = kept["rules"]
    found: dict[str, Any] = judged(only)
    return found


def test_a_rule_that_does_not_match_says_by_what() -> None:
    found = record(RuleFacts("r", match={"state": ["open", "new"]}), state="closed")
    assert found["sentence"]["en"] == ("It does not match: state is `closed`, not `open`, `new`.")
    assert "state" in found["sentence"]["zh-CN"]


@pytest.mark.parametrize(("enabled", "words"), [(True, "is on"), (False, "switched off")])
def test_a_rule_that_matches_says_whether_it_is_on(words: str, *, enabled: bool) -> None:
    assert words in record(RuleFacts("r", enabled=enabled))["sentence"]["en"]


def test_the_record_is_short_however_much_there_was() -> None:
    found = record(RuleFacts("r", match={"n": ["x"]}), n=["y" * 1000] * 100)
    [condition] = found["conditions"]
    assert len(condition["found"]) == MOST_TEXTS
    assert len(condition["found"][0]) == LONGEST + 1
    body = NotifyRequest.model_validate({"type": "t", "card": {"title": "T"}})
    rules = [RuleFacts(str(n), match={"n": ["x"]}) for n in range(80)] + [RuleFacts("hit")]
    kept = told(judge(rules, body))
    assert kept is not None
    assert (len(kept["rules"]), kept["rules"][0]["rule"]) == (MOST_RULES, "hit")
