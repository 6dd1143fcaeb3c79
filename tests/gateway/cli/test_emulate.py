"""`gateway emulate` runs one platform, of any channel type that has an emulator."""

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from gateway.demo.emulators import emulated, emulated_types
from tests.gateway.cli.conftest import Run


def test_an_unknown_brand_is_told_with_those_there_are(run: Run) -> None:
    told = run("emulate", "nobody")
    assert told.code == 2
    assert "lark" in told.err


def test_an_emulator_answers_until_it_is_ended(folder: Path) -> None:
    command = [str(Path(sys.executable).with_name("gateway")), "emulate", "lark"]
    command += ["--port", "0", "--json"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        text = ""
        while not text.endswith("\n}\n"):
            text += next(process.stdout)
        told = json.loads(text)
        with urllib.request.urlopen(f"{told['url']}/_emulator/state") as reply:
            assert json.load(reply)["brand"] == "lark"
        process.send_signal(signal.SIGINT)
    assert told["config"]["api_base"] == told["url"]
    assert process.returncode == 0


def test_a_robots_emulator_is_its_platforms_and_tells_the_robots_address() -> None:
    types = emulated_types()
    with emulated({"feishu-robot": types["feishu-robot"]}, 0) as [robot]:
        assert robot.platform.app.state.emulator.brand.name == "feishu"
        assert robot.config["webhook_url"].startswith(f"{robot.url}/open-apis/bot/v2/hook/")
        assert set(robot.config) == {"webhook_url", "secret"}
