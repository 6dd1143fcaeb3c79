"""The layout as the Card Platform's editor keeps it: components with their properties.

UNCONFIRMED: learnt from the templates that the platform's makers publish; no console has taken it.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from .card_layout import LAYOUT, ROOT, SUMMARY, Body, Button, Line, Part, Press, Rule, When
from .cards import VARIABLES

Props = dict[str, Any]
SCHEMA_VERSION = "3.0.0"
_KINDS: Mapping[type[Part], str] = {
    Line: "BaseText",
    Body: "Markdown",
    Rule: "Divider",
    Button: "SingleButton",
}
_STYLES: Mapping[str, str] = {
    "title": "common_h4_bold_text_style",
    "note": "common_footnote_text_style",
}
TONES: Mapping[str, str] = {
    "ink": "common_level1_base_color",
    "pale": "common_level3_base_color",
    "blue": "common_blue1_color",
    "green": "common_green1_color",
    "red": "common_red1_color",
    "orange": "common_orange1_color",
}
"""The platform's names of the colours that the layout uses."""
DESCRIPTIONS: Mapping[str, str] = {
    "title": "标题 Title",
    "markdown": "正文 Text",
    "status": "状态 Status: pending, approved, rejected, closed, info",
    "status_text": "状态文案 Status in words",
    "source": "来源 Source",
    "time": "时间 Time",
    "detail_url": "详情链接 Address of the page",
    "detail_text": "详情按钮文案 Label of its button",
    "show_actions": "是否显示按钮 Whether the buttons are shown",
    "primary_text": "主按钮文案 Label of the first button",
    "secondary_text": "次按钮文案 Label of the second button",
    "notice_id": "按钮回传内容 What a press brings back",
    "footer": "页脚 Small print",
}
SAMPLES: Mapping[str, str] = {
    "title": "Approve export?",
    "markdown": "**SQL result** export asks for approval",
    "status": "pending",
    "status_text": "Warning",
    "source": "",
    "time": "2026-01-05 08:00",
    "detail_url": "https://example.com/tickets/4711",
    "detail_text": "Open",
    "show_actions": "true",
    "primary_text": "Approve",
    "secondary_text": "Reject",
    "notice_id": "{}",
    "footer": "Sent by the notification gateway",
}


def editor_data() -> dict[str, Any]:
    """Return what the editor opens."""
    return {
        "schemaVersion": SCHEMA_VERSION,
        "schema": {
            "version": "1.0.0",
            "componentsMap": [_component(name) for name in (*_KINDS.values(), "Card")],
            "componentsTree": [_card()],
            "i18n": {},
        },
        "mockData": {
            "cardData": dict(SAMPLES),
            "cardPrivateData": {},
            "localData": {},
            "richTextData": {},
        },
        "editVersion": 0,
        "customWidgetInfo": "",
        "useCustomWidgetInfo": False,
        "variableList": [_variable(name, kind) for name, kind in VARIABLES.items()],
        **{name: [] for name in ("formList", "expList", "localList", "hsfList", "lwpList")},
        "extension": {"extendType": "NORMAL", "fileTypeList": [_events()]},
    }


def _component(name: str) -> dict[str, Any]:
    return {
        "package": "@ali/dxComponent",
        "version": "1.0.0",
        "exportName": name,
        "main": "./src/index.tsx",
        "destructuring": False,
        "subName": "",
        "componentName": name,
    }


def _variable(name: str, kind: str) -> dict[str, Any]:
    extra: dict[str, Any] = {"disabled": False, "schema": []} if kind == "markdown" else {}
    return {
        "id": name,
        "name": name,
        "type": kind,
        "private": False,
        "description": DESCRIPTIONS[name],
        "editorVarType": "variables",
        **extra,
    }


def _events() -> dict[str, str]:
    """Return the chain of events behind each part: there are none but the buttons' own."""
    return {"fileName": "event_chain", "fileSource": json.dumps({}), "fileType": "json"}


def _card() -> dict[str, Any]:
    props: Props = {
        "isLinkToCard": False,
        "showCloseButton": False,
        "summaryContent": _reference(SUMMARY),
        "enableClickEvent": False,
    }
    whole = {"fileName": "notification", "dataSource": {"list": []}}
    return {**_node("Card", ROOT, props), **whole, "children": [_part(part) for part in LAYOUT]}


def _part(part: Part) -> dict[str, Any]:
    match part:
        case Line():
            props = _line(part)
        case Body():
            content = _bound("dynamicMarkdown", part.variable)
            props = {"mdVer": 0, "content": content, "visible": _visible(()), **_margins(12)}
        case Rule():
            looks = {"direction": "horizontal", "height": 30, "color": "#1F111F2C"}
            props = {**looks, "visible": _visible(()), **_margins(6)}
        case Button():
            props = _button(part)
    return _node(_KINDS[type(part)], part.id, props)


def _node(kind: str, id_: str, props: Props) -> dict[str, Any]:
    return {
        "componentName": kind,
        "id": id_,
        "props": props,
        "title": "",
        "hidden": False,
        "isLocked": False,
        "condition": True,
        "conditionGroup": "",
    }


def _line(line: Line) -> Props:
    return {
        "text": _text(line.variable),
        "styleType": "standard",
        "styleToken": _STYLES[line.size],
        "fontColorType": "Standard",
        "color": _fixed("dynamicColor", TONES[line.tone]),
        "gravity": "left",
        "maxLine": _fixed("dynamicNumber", 2),
        "autoWidth": False,
        "enableIcon": False,
        "visible": _visible(line.when),
        **_margins(6),
    }


def _button(button: Button) -> Props:
    return {
        "text": _text(button.label),
        "status": _fixed("dynamicSelect", "normal"),
        "color": _fixed("dynamicSelect", button.color),
        "enableIcon": False,
        "enableClickEvent": True,
        "enableStatPoint": False,
        "disabledWhileForward": False,
        **_does(button),
        "visible": _visible(button.when),
        **_margins(8),
    }


def _does(button: Button) -> Props:
    does = button.does
    if isinstance(does, Press):
        return {
            "actionType": "request",
            "actionId": {"type": "dynamicString", "content": does.slot, "i18n": False},
            "params": [
                _param("1", "action", value=does.slot),
                _param("2", does.brings, variable=does.brings),
            ],
            "successCondition": {"op": "and", "conditions": []},
        }
    return {"actionType": "url", "urlType": "all", "url": _bound("dynamicLink", does.variable)}


def _param(id_: str, name: str, *, value: str = "", variable: str = "") -> Props:
    return {
        "id": id_,
        "name": name,
        "type": "variable" if variable else "fixed",
        "value": value,
        "variable": variable,
        "variableType": "global",
    }


def _text(variable: str) -> Props:
    return {"type": "dynamicString", "content": f"${{{variable}}}", "i18n": False}


def _fixed(kind: str, value: object) -> Props:
    return {
        "type": kind,
        "valueType": "fixed",
        "value": value,
        "variable": "",
        "variableType": "global",
    }


def _bound(kind: str, variable: str) -> Props:
    return {**_fixed(kind, ""), "valueType": "variable", "variable": variable}


def _reference(variable: str) -> Props:
    return {"type": "variableValue", "variable": variable, "variableType": "global"}


def _visible(when: Iterable[When]) -> Props:
    conditions = [_condition(each) for each in when]
    return {
        "type": "dynamicVisible",
        "value": True,
        "valueType": "condition" if conditions else "fixed",
        "condition": {"op": "and", "conditions": conditions},
    }


def _condition(when: When) -> Props:
    is_set = "isTrue" if VARIABLES[when.variable] == "boolean" else "isNotEmpty"
    return {
        "type": "variable",
        "variable": when.variable,
        "variableType": "global",
        "op": is_set if when.value is None else "equal",
        "value": when.value or "",
        "valueType": "fixed",
        "valueVariableType": "global",
    }


def _margins(height: int) -> Props:
    return {
        "marginLeft": 12,
        "marginRight": 12,
        "marginTop": height,
        "marginBottom": height,
        "innerOffset": 0,
    }
