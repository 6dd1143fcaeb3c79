"""The card template says the same to the editor and to phones, and all that our cards fill in."""

import json
import os
import re
from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from gateway.plugin import CallbackAction, Card, UrlAction
from gateway_dingtalk import card_template
from gateway_dingtalk.card_editor import DESCRIPTIONS, SAMPLES
from gateway_dingtalk.card_layout import LAYOUT, STATUSES, variables_of
from gateway_dingtalk.cards import SLOTS, VARIABLES, WITHDRAWN, render

PARSED: dict[str, Any] = json.loads(card_template.shipped())
EDITOR: dict[str, Any] = json.loads(PARSED["editorData"])
DRAWN: Element = fromstring(PARSED["widgetInfo"])


def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("children", ()):
        yield from nodes(child)


def every() -> list[dict[str, Any]]:
    [tree] = EDITOR["schema"]["componentsTree"]
    return list(nodes(tree))


def kinds(name: str) -> dict[str, dict[str, Any]]:
    return {node["id"]: node["props"] for node in every() if node["componentName"] == name}


def named(value: object) -> Iterator[str]:
    """Yield every variable that something in the editor's data refers to."""
    if isinstance(value, dict):
        if value.get("variable"):
            yield value["variable"]
        for inner in value.values():
            yield from named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named(inner)
    elif isinstance(value, str):
        yield from re.findall(r"\$\{(\w+)\}", value)


def drawn(id_: str) -> Element:
    [found] = [each for each in DRAWN.iter() if each.get("userId") == id_]
    return found


def conditions(props: dict[str, Any]) -> set[tuple[str, str, str]]:
    visible = props["visible"]
    found = visible["condition"]["conditions"]
    assert visible["valueType"] == ("condition" if found else "fixed")
    return {(each["variable"], each["op"], each["value"]) for each in found}


def test_the_file_that_is_shipped_is_what_the_layout_says() -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        card_template.FILE.write_text(card_template.written(), encoding="utf-8")
    assert card_template.shipped() == card_template.written()


def test_it_has_the_form_of_an_exported_template() -> None:
    assert list(PARSED) == ["editorData", "widgetInfo", "type", "mode"]
    assert (PARSED["type"], PARSED["mode"]) == ("im", "card")
    assert set(EDITOR) == {
        *("schemaVersion", "schema", "mockData", "editVersion", "customWidgetInfo"),
        *("useCustomWidgetInfo", "variableList", "formList", "expList", "localList"),
        *("hsfList", "lwpList", "extension"),
    }
    assert EDITOR["extension"]["extendType"] == "NORMAL"


def test_every_variable_of_our_cards_is_declared_with_its_type_and_no_other() -> None:
    declared = {each["name"]: each["type"] for each in EDITOR["variableList"]}
    assert declared == dict(VARIABLES)
    assert all(each["id"] == each["name"] for each in EDITOR["variableList"])
    assert not any(each["private"] for each in EDITOR["variableList"])
    assert set(DESCRIPTIONS) == set(SAMPLES) == set(VARIABLES)


def test_what_a_card_fills_in_is_declared() -> None:
    actions = (
        CallbackAction(kind="callback", id="approve", label="Approve"),
        UrlAction(kind="url", id="open", label="Open", url="https://example.com"),
    )
    filled = render(Card(title="Hi", actions=actions), template=True)["card"]["variables"]
    # The time is that of the sending.
    assert {*filled, "time"} == set(VARIABLES)
    assert set(WITHDRAWN) <= set(VARIABLES)
    assert {filled["status"], WITHDRAWN["status"]} <= set(STATUSES)


def test_every_declared_variable_is_shown_or_brought_back_or_decides() -> None:
    assert {name for part in LAYOUT for name in variables_of(part)} == set(VARIABLES)
    assert set(named(EDITOR["schema"])) == set(VARIABLES)
    attributes = " ".join(value for each in DRAWN.iter() for value in each.attrib.values())
    assert set(re.findall(r"data\.cardData\.(\w+)", attributes)) == set(VARIABLES)


def test_every_id_is_there_once_and_both_halves_have_the_same() -> None:
    ids = [node["id"] for node in every()]
    assert len(set(ids)) == len(ids)
    assert [each.get("userId") for each in DRAWN.iter() if each.get("userId")] == ids


def test_every_component_in_use_is_declared() -> None:
    used = {node["componentName"] for node in every()}
    assert {each["componentName"] for each in EDITOR["schema"]["componentsMap"]} == used


@pytest.mark.parametrize("slot", SLOTS)
def test_a_button_brings_back_its_slot_and_the_notice(slot: str) -> None:
    props = kinds("SingleButton")[f"node_{slot}"]
    assert (props["actionType"], props["actionId"]["content"]) == ("request", slot)
    told = {
        each["name"]: (each["type"], each["value"], each["variable"]) for each in props["params"]
    }
    assert told == {
        "action": ("fixed", slot, ""),
        "notice_id": ("variable", "", "notice_id"),
    }
    assert len({each["id"] for each in props["params"]}) == len(props["params"])
    assert conditions(props) == {
        ("show_actions", "isTrue", ""),
        (f"{slot}_text", "isNotEmpty", ""),
    }
    [button] = drawn(f"node_{slot}")
    tap = button.get("onTap", "")
    assert f"'params',@dtMapAppend{{null,'action','{slot}','notice_id'," in tap
    assert f"'actionIds',@dtArrayAppend{{null,'{slot}'}}" in tap


def test_the_link_opens_the_page_of_its_variable() -> None:
    props = kinds("SingleButton")["node_detail"]
    assert (props["actionType"], props["url"]["variable"]) == ("url", "detail_url")
    assert ("detail_url", "isNotEmpty", "") in conditions(props)
    [button] = drawn("node_detail")
    assert button.get("onTap") == "@dtOpenLink{@data{data.cardData.detail_url}}"


def test_each_status_has_a_line_in_a_colour_of_its_own() -> None:
    lines = kinds("BaseText")
    for status in STATUSES:
        props = lines[f"node_status_{status}"]
        assert props["text"]["content"] == "${status_text}"
        assert ("status", "equal", status) in conditions(props)
        assert f"@toStr{{'{status}'}}" in drawn(f"node_status_{status}").get("visibility", "")
    colors = [lines[f"node_status_{status}"]["color"]["value"] for status in STATUSES]
    assert len(set(colors)) == len(colors)


@pytest.mark.parametrize(
    "id_", sorted(node["id"] for node in every() if "visible" in node["props"])
)
def test_phones_hide_what_the_editor_hides(id_: str) -> None:
    [props] = [node["props"] for node in every() if node["id"] == id_]
    visibility = drawn(id_).get("visibility", "")
    asked = {variable for variable, _, _ in conditions(props)}
    assert set(re.findall(r"data\.cardData\.(\w+)", visibility)) == asked


def test_every_expression_closes_what_it_opens() -> None:
    for each in DRAWN.iter():
        for value in each.attrib.values():
            assert value.count("{") == value.count("}")
            assert value.count("'") % 2 == 0


def test_the_text_is_markdown_and_the_list_of_chats_shows_the_title() -> None:
    content = kinds("Markdown")["node_markdown"]["content"]
    assert (content["type"], content["variable"]) == ("dynamicMarkdown", "markdown")
    [text] = drawn("node_markdown")
    assert text.get("attributedText") == "@data{data.cardData.markdown}"
    assert kinds("Card")["node_card"]["summaryContent"]["variable"] == "title"
