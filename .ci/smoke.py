"""Starts `gateway demo --send` from an installed wheel and sees the card arrive."""
# ruff: noqa: INP001 - a script, no package

import json
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

PATIENCE_SECONDS = 20.0
STOP_SECONDS = 15.0


def main(program: str) -> None:
    """Run the demo on ports of its own, look, and end it."""
    with tempfile.TemporaryDirectory() as data:
        command = [program, "demo", "--send", "--json", "--data", str(Path(data) / "demo")]
        started = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own program
            try:
                ready = read_document(process)
                print(f"ready after {time.monotonic() - started:.1f} s")  # noqa: T201 - a report
                for emulator in ready["emulators"]:
                    see_card(emulator["url"], ready["person"])
            finally:
                process.send_signal(signal.SIGINT)
                code = process.wait(STOP_SECONDS)
        if code:
            sys.exit(f"the demo ended with {code}")


def read_document(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Read the JSON document that the demo prints once it is ready."""
    text = ""
    for line in process.stdout or ():
        text += line
        if line.rstrip() == "}":
            document: dict[str, Any] = json.loads(text)
            return document
    sys.exit("the demo ended before it was ready")


def see_card(url: str, person: str) -> None:
    """Wait until the emulated platform shows a message to this person."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        with urllib.request.urlopen(f"{url}/_emulator/messages?person={person}") as reply:  # noqa: S310 - our own emulator
            if json.load(reply)["messages"]:
                print(f"{url}: the card arrived")  # noqa: T201 - a report
                return
        time.sleep(0.1)
    sys.exit(f"{url}: no card arrived")


if __name__ == "__main__":
    main(sys.argv[1])
