"""One card on every surface, against files; `GOLDEN=write pytest …` writes them anew."""

import html
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import structlog

from docs.generate_types import matrix
from docs.one_card import Surface, card, dumped, surfaces
from gateway.plugin import ABILITIES
from gateway.registry import load
from tests.contract import dingtalk_subject, lark_subject, webhook_subject

GOLDEN = Path(__file__).parent / "golden"
TYPES = {n: o.channel_type for n, o in sorted(load(structlog.get_logger()).offers.items())}
FOUND = {each.name: each for each in surfaces()}
READERS = {
    **dict.fromkeys(("lark", "feishu", "lark-robot", "feishu-robot"), lark_subject.marks),
    **dict.fromkeys(("dingtalk", "dingtalk-exclusive"), dingtalk_subject.marks),
    "dingtalk-robot": webhook_subject.dingtalk_marks,
}


def losses(surface: Surface) -> list[dict[str, Any]]:
    return [
        {"loc": list(loss.loc), "becomes": loss.becomes, "why": loss.why} for loss in surface.losses
    ]


def test_every_channel_type_is_a_surface() -> None:
    assert set(FOUND) == set(TYPES)


@pytest.mark.parametrize("name", FOUND)
def test_the_card_is_written_as_before_and_loses_as_much(name: str) -> None:
    surface = FOUND[name]
    shown = dumped({"payload": surface.payload, "losses": losses(surface)})
    file = GOLDEN / f"one-card.{name}.json"
    if os.environ.get("GOLDEN") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert json.loads(shown) == json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", sorted(READERS))
def test_nothing_of_the_evil_text_is_more_than_text(name: str) -> None:
    marks = READERS[name](FOUND[name].payload)
    assert len(marks.mentions) == (name != "dingtalk-exclusive")
    assert "all" not in " ".join(marks.mentions)
    assert [link for link in marks.links if not link.startswith("https://")] == []


def test_a_receiver_gets_the_card_unchanged() -> None:
    assert FOUND["webhook"].payload["data"]["card"] == card().model_dump(mode="json")


@pytest.mark.parametrize("name", FOUND)
def test_every_part_that_people_read_is_shown_or_told_as_lost(name: str) -> None:
    text = json.dumps(FOUND[name].payload, ensure_ascii=False)
    written = html.unescape(text).replace("\\\\_", "_")
    for part in ("Approve the export", "李伟", "客户数据", "crm_production", "Sent by DMS"):
        assert part in written, part
    told = {loss.loc for loss in FOUND[name].losses if loss.becomes == "nothing"}
    for at, action in enumerate(card().actions):
        assert action.label in written or ("actions", at) in told


def row(rows: Sequence[Sequence[str]], start: str) -> dict[str, str]:
    [found] = [each for each in rows if each[0].startswith(start)]
    return dict(zip(TYPES, found[1:], strict=True))


def test_the_matrix_says_what_the_classes_are() -> None:
    (_, _, able), (_, _, whom), (_, _, pace) = matrix(TYPES)
    for name, ability in ABILITIES.items():
        cells = row(able, f"`{name}`:")
        for kind, channel_type in TYPES.items():
            assert (cells[kind] == "yes") == issubclass(channel_type.channel, ability)
    assert row(whom, "addresses")["webhook"] == "group"
    assert row(whom, "`to` takes")["dingtalk"] == "`chat`, `department`, `mobile`"
    assert row(pace, "calls a minute")["lark"] == "1,000"
