"""The layout as phones draw it: views whose attributes are expressions over the variables.

The editor writes this anew when it saves; a template needs it only until then.
UNCONFIRMED: learnt from the templates that the platform's makers publish; no console has taken it.
"""

from collections.abc import Mapping
from xml.sax.saxutils import escape

from .card_editor import TONES
from .card_layout import LAYOUT, ROOT, Body, Button, Line, Part, Press, Rule, When
from .cards import VARIABLES

Attributes = Mapping[str, str]
_QUOTES = {'"': "&quot;", "'": "&#039;"}
_FULL: Attributes = {"width": "match_parent", "height": "match_content"}
_SHADES: Mapping[str, tuple[str, str]] = {
    "ink": ("#1B1F23", "#ECEFF4"),
    "pale": ("#7A8088", "#9AA0A8"),
    "blue": ("#1677FF", "#4C9DFF"),
    "green": ("#1E8E4A", "#46B871"),
    "red": ("#D9363E", "#F0616A"),
    "orange": ("#C76A00", "#F0A04B"),
}
"""Each tone on a light and on a dark ground, for clients that do not know the platform's names."""
_SIZES: Mapping[str, tuple[str, str, str]] = {
    "title": ("17np", "25np", "true"),
    "note": ("12np", "18np", "false"),
}
_FACES: Mapping[str, tuple[str, str, str]] = {
    "blue": ("#1677FF", "#1677FF", "#FFFFFF"),
    "gray": (
        "@dtDarkModeAdapter{'#FFFFFF','#45484D'}",
        "@dtDarkModeAdapter{'#C9CDD4','#6B7077'}",
        "@dtDarkModeAdapter{'#1B1F23','#ECEFF4'}",
    ),
}
"""A button's ground, edge and label."""


def widget_info() -> str:
    """Return the template as phones draw it."""
    parts = "".join(_part(part) for part in LAYOUT)
    ground = "@dtDarkModeAdapter{'#FFFFFF','#1E1E1E'}"
    return _view(
        "LinearLayout",
        parts,
        width="@data{width}",
        height="match_content",
        userId=ROOT,
        orientation="vertical",
        cornerRadius="6np",
        paddingTop="6np",
        paddingBottom="6np",
        backgroundColor=ground,
    )


def _part(part: Part) -> str:
    match part:
        case Line():
            return _row(part.id, _line(part), part.when, height=4)
        case Body():
            inner = _view("DDRichTextView", **_FULL, attributedText=_raw(part.variable))
            return _row(part.id, inner, (), height=8)
        case Rule():
            ground = "@dtDarkModeAdapter{'#1F111F2C','#1FFFFFFF'}"
            size = {"width": "match_parent", "height": "0.5np"}
            return _row(part.id, _view("View", **size, backgroundColor=ground), (), height=6)
        case Button():
            return _row(part.id, _button(part), part.when, height=4)


def _row(id_: str, inner: str, when: tuple[When, ...], *, height: int) -> str:
    visible = {"visibility": f"@triple{{{_all(when)},'visible','gone'}}"} if when else {}
    return _view(
        "LinearLayout",
        inner,
        **_FULL,
        userId=id_,
        orientation="horizontal",
        marginTop=f"{height}np",
        marginBottom=f"{height}np",
        marginLeft="12np",
        marginRight="12np",
        **visible,
    )


def _line(line: Line) -> str:
    size, height, bold = _SIZES[line.size]
    light, dark = _SHADES[line.tone]
    plain = f"@dtDarkModeAdapter{{'{light}','{dark}'}}"
    token = f"@dtDesignTokenParser{{'{TONES[line.tone]}'}}"
    color = f"@triple{{@dtParserAvailable{{'dtDesignTokenParser'}},{token},{plain}}}"
    return _label(line.variable, color, textSize=size, lineHeight=height, isBold=bold, maxLines="2")


def _button(button: Button) -> str:
    ground, edge, ink = _FACES[button.color]
    return _view(
        "LinearLayout",
        _label(button.label, ink, textSize="14np", maxLines="1"),
        width="match_parent",
        height="36np",
        orientation="horizontal",
        childGravity="center",
        cornerRadius="6np",
        borderWidth="1np",
        borderColor=edge,
        backgroundColor=ground,
        onTap=_tap(button),
    )


def _label(variable: str, color: str, **looks: str) -> str:
    size = {"width": "match_content", "height": "match_content"}
    cut = {"lineBreakMode": "end"}
    return _view("FastTextView", **size, text=_value(variable), textColor=color, **cut, **looks)


def _tap(button: Button) -> str:
    if not isinstance(button.does, Press):
        return f"@dtOpenLink{{{_raw(button.does.variable)}}}"
    slot, brings = f"'{button.does.slot}'", button.does.brings
    params = _map(("action", slot), (brings, _raw(brings)))
    context = (
        "@dtMapAppend{@data{data.renderContext},'platform','im',"
        "'platformBizId',@data{data.renderContext.mid}}"
    )
    pressed = _map(("params", params), ("actionIds", f"@dtArrayAppend{{null,{slot}}}"))
    sent = _map(
        ("actionType", "'0'"),
        ("cardInstanceId", "@data{data.cardInstanceId}"),
        ("actionId", slot),
        ("actionData", _map(("context", context), ("cardPrivateData", pressed))),
        ("requestEventId", slot),
        ("requestStatusKey", slot),
    )
    return f"@dtSendOutData{{{sent}}}"


def _map(*pairs: tuple[str, str]) -> str:
    return "@dtMapAppend{null," + ",".join(f"'{name}',{value}" for name, value in pairs) + "}"


def _all(when: tuple[When, ...]) -> str:
    conditions = [_condition(each) for each in when]
    return conditions[0] if len(conditions) == 1 else f"@and{{{','.join(conditions)}}}"


def _condition(when: When) -> str:
    if when.value is not None:
        return f"@equal{{{_value(when.variable)},@toStr{{'{when.value}'}}}}"
    return _raw(when.variable) if VARIABLES[when.variable] == "boolean" else _value(when.variable)


def _raw(variable: str) -> str:
    return f"@data{{data.cardData.{variable}}}"


def _value(variable: str) -> str:
    return f"@toStr{{{_raw(variable)}}}"


def _view(name: str, inner: str = "", /, **attributes: str) -> str:
    written = "".join(f' {key}="{escape(value, _QUOTES)}"' for key, value in attributes.items())
    return f"<{name}{written}>{inner}</{name}>"
