"""Both card dialects as tables (documentation: "Card JSON 2.0 structure" and "1.0 structure").

A kind is a word: a scalar (`str`, `bool`, `num`, `object`, `any`), a checked text (`md`, `href`,
`image`, `id`), a choice (`=a|b`), a list (`[kind]`), a language map (`{kind}`), or the name of an
object below. `!` after it makes the property required.
"""

Table = dict[str, dict[str, str]]

TEMPLATES = (
    "=blue|wathet|turquoise|green|yellow|orange|red|carmine|violet|purple|indigo|grey|default"
)
TAG_COLOURS = (
    "=neutral|blue|turquoise|lime|orange|violet|indigo|wathet|green|yellow|red|purple|carmine"
)
BUTTON_TYPES = (
    "=default|primary|danger|text|primary_text|danger_text|primary_filled|danger_filled|laser"
)
_WEST = ("en_us", "pt_br", "es_es", "de_de", "fr_fr", "it_it", "ru_ru")
_EAST = ("zh_cn", "zh_hk", "zh_tw", "ja_jp", "ko_kr", "id_id", "ms_my", "th_th", "vi_vn")
LANGUAGES = frozenset((*_WEST, *_EAST))

_COMMON = {"tag": "str!", "element_id": "id", "margin": "str"}
_SPACING = {
    "direction": "=vertical|horizontal",
    "padding": "str",
    "horizontal_spacing": "str",
    "horizontal_align": "=left|center|right",
    "vertical_spacing": "str",
    "vertical_align": "=top|center|bottom",
}
_LOOK = {"text_size": "str", "text_align": "=left|center|right"}
_INPUT = {
    **_COMMON,
    "name": "str",
    "required": "bool",
    "disabled": "bool",
    "placeholder": "text",
    "width": "str",
    "confirm": "confirm",
    "behaviors": "[behavior]",
}
_CHOICE = {**_INPUT, "type": "str", "options": "[option]"}
_PICKER = {**_INPUT, "initial_date": "str", "initial_time": "str", "initial_datetime": "str"}

OBJECTS: Table = {
    "config": {
        "streaming_mode": "bool",
        "streaming_config": "object",
        "summary": "summary",
        "locales": "[str]",
        "enable_forward": "bool",
        "enable_forward_interaction": "bool",
        "update_multi": "bool",
        "width_mode": "=fill|compact|default",
        "use_custom_translation": "bool",
        "style": "object",
    },
    "summary": {"content": "str", "i18n_content": "{str}"},
    "card_link": {"url": "href", "pc_url": "href", "ios_url": "href", "android_url": "href"},
    "header": {
        "title": "text!",
        "subtitle": "text",
        "template": TEMPLATES,
        "text_tag_list": "[text_tag]",
        "i18n_text_tag_list": "object",
        "icon": "icon",
        "padding": "str",
    },
    "text_tag": {
        "tag": "=text_tag!",
        "element_id": "id",
        "text": "text!",
        "color": TAG_COLOURS,
    },
    "icon": {
        "tag": "=standard_icon|custom_icon!",
        "token": "str",
        "color": "str",
        "size": "str",
        "img_key": "image",
    },
    "plain_text": {
        **_COMMON,
        **_LOOK,
        "content": "str!",
        "i18n_content": "{str}",
        "text_color": "str",
        "lines": "num",
    },
    "lark_md": {
        **_COMMON,
        **_LOOK,
        "content": "md!",
        "i18n_content": "{md}",
        "text_color": "str",
        "lines": "num",
    },
    "field": {"is_short": "bool", "text": "text!"},
    "confirm": {"title": "text!", "text": "text!"},
    "open_url": {
        "type": "str!",
        "default_url": "href",
        "pc_url": "href",
        "ios_url": "href",
        "android_url": "href",
    },
    "callback": {"type": "str!", "value": "object!"},
    "form_action": {"type": "str!", "behavior": "=submit|reset!"},
    "option": {"text": "text", "value": "str!", "icon": "icon", "behaviors": "[behavior]"},
    "column": {
        **_COMMON,
        **_SPACING,
        "background_style": "str",
        "width": "str",
        "weight": "num",
        "elements": "[element]",
        "action": "object",
    },
    "panel_header": {
        "title": "text!",
        "background_color": "str",
        "vertical_align": "str",
        "padding": "str",
        "position": "str",
        "width": "str",
        "icon": "icon",
        "icon_position": "str",
        "icon_expanded_angle": "num",
    },
}

ROOT: dict[str, str] = {
    "schema": "str",
    "config": "config",
    "card_link": "card_link",
    "header": "header",
    "body": "body",
}
OBJECTS["root"] = ROOT
OBJECTS["body"] = {**_SPACING, "elements": "[element]"}

ELEMENTS: Table = {
    "markdown": {
        **_COMMON,
        **_LOOK,
        "content": "md!",
        "i18n_content": "{md}",
        "icon": "icon",
    },
    "div": {**_COMMON, "text": "text", "fields": "[field]", "icon": "icon", "width": "str"},
    "hr": _COMMON,
    "img": {
        **_COMMON,
        "img_key": "image!",
        "i18n_img_key": "{image}",
        "alt": "text!",
        "title": "text",
        "corner_radius": "str",
        "scale_type": "=crop_center|crop_top|fit_horizontal",
        "size": "str",
        "transparent": "bool",
        "preview": "bool",
    },
    "img_combination": {
        **_COMMON,
        "combination_mode": "str!",
        "combination_transparent": "bool",
        "corner_radius": "str",
        "img_list": "[object]!",
    },
    "column_set": {
        **_COMMON,
        "horizontal_spacing": "str",
        "horizontal_align": "=left|center|right",
        "flex_mode": "=none|stretch|flow|bisect|trisect",
        "background_style": "str",
        "columns": "[column]",
        "action": "object",
    },
    "button": {
        **_COMMON,
        "type": BUTTON_TYPES,
        "size": "=tiny|small|medium|large",
        "width": "str",
        "text": "text",
        "icon": "icon",
        "hover_tips": "text",
        "disabled": "bool",
        "disabled_tips": "text",
        "confirm": "confirm",
        "behaviors": "[behavior]",
        "name": "str",
        "required": "bool",
        "form_action_type": "=submit|reset",
    },
    "overflow": {
        **_COMMON,
        "width": "str",
        "options": "[option]!",
        "value": "object",
        "confirm": "confirm",
    },
    "person": {**_COMMON, "size": "str", "user_id": "str!", "show_avatar": "bool",
               "show_name": "bool", "style": "str"},
    "person_list": {**_COMMON, "size": "str", "persons": "[object]!", "lines": "num",
                    "show_avatar": "bool", "show_name": "bool", "drop_invalid_user_id": "bool",
                    "icon": "icon"},
    "chart": {**_COMMON, "chart_spec": "object!", "aspect_ratio": "str", "color_theme": "str",
              "preview": "bool", "height": "str"},
    "table": {**_COMMON, "page_size": "num", "row_height": "str", "row_max_height": "str",
              "freeze_first_column": "bool", "header_style": "object", "columns": "[object]!",
              "rows": "[object]!"},
    "audio": {**_COMMON, "file_key": "str!", "audio_id": "str", "show_time": "bool",
              "fallback": "object", "style": "str"},
    "collapsible_panel": {**_COMMON, **_SPACING, "expanded": "bool", "header": "panel_header!",
                          "border": "object", "background_color": "str",
                          "elements": "[element]!"},
    "interactive_container": {**_COMMON, **_SPACING, "width": "str", "height": "str",
                              "background_style": "str", "has_border": "bool",
                              "border_color": "str", "corner_radius": "str",
                              "behaviors": "[behavior]", "hover_tips": "text",
                              "disabled": "bool", "disabled_tips": "text",
                              "confirm": "confirm", "elements": "[element]!"},
    "form": {**_COMMON, **_SPACING, "name": "str!", "elements": "[element]!"},
    "input": {**_INPUT, "default_value": "str", "max_length": "num", "label": "text",
              "label_position": "str", "input_type": "str", "rows": "num", "auto_resize": "bool",
              "max_rows": "num", "show_icon": "bool", "value": "any", "fallback": "object"},
    "select_static": {**_CHOICE, "initial_option": "str", "initial_index": "num"},
    "multi_select_static": {**_CHOICE, "selected_values": "[str]"},
    "select_person": {**_CHOICE, "initial_option": "str"},
    "multi_select_person": {**_CHOICE, "selected_values": "[str]"},
    "date_picker": _PICKER,
    "picker_time": _PICKER,
    "picker_datetime": _PICKER,
    "checker": {**_INPUT, "checked": "bool", "text": "text", "overall_checkable": "bool",
                "button_area": "object", "checked_style": "object", "padding": "str",
                "hover_tips": "text", "disabled_tips": "text"},
}  # fmt: skip

OLD_ROOT: dict[str, str] = {
    "config": "object",
    "card_link": "card_link",
    "header": "header",
    "elements": "[element]",
    "i18n_elements": "{[element]}",
}
OLD_OBJECTS: Table = {
    **OBJECTS,
    "root": OLD_ROOT,
    "header": {"title": "text!", "subtitle": "text", "template": TEMPLATES,
               "text_tag_list": "[text_tag]"},
    "callback": {"type": "str!", "value": "any!"},
    "multi_url": {"url": "href", "pc_url": "href", "ios_url": "href", "android_url": "href"},
}  # fmt: skip
OLD_ELEMENTS: Table = {
    **ELEMENTS,
    "div": {**ELEMENTS["div"], "extra": "element"},
    "button": {**ELEMENTS["button"], "url": "href", "multi_url": "multi_url", "value": "any"},
    "action": {"tag": "str!", "actions": "[element]!", "layout": "str"},
    "note": {"tag": "str!", "elements": "[note_item]!"},
}
ONLY_OLD = ("note", "action")
COUNTED_OBJECTS = ("plain_text", "lark_md", "standard_icon", "custom_icon", "text_tag", "column")
