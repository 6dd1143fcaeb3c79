"""The card template as a file that the Card Platform imports: `card-template.json` in this folder.

Its form is not documented. It follows the templates that the platform's makers publish, and holds
nothing of theirs. UNCONFIRMED: no console has taken it yet.
"""

import json
from pathlib import Path

from .card_editor import editor_data
from .card_widget import widget_info

FILE = Path(__file__).with_name("card-template.json")


def written() -> str:
    """Write the file anew from the layout; a test compares it with the one that is shipped."""
    template = {
        "editorData": json.dumps(editor_data(), ensure_ascii=False, separators=(",", ":")),
        "widgetInfo": widget_info(),
        "type": "im",
        "mode": "card",
    }
    return json.dumps(template, ensure_ascii=False, indent=2) + "\n"


def shipped() -> str:
    """Return the file."""
    return FILE.read_text(encoding="utf-8")
