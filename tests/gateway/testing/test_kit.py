import subprocess
import sys

import pytest

from gateway import testing

LOADED = """
import sys
import gateway.testing.pytest_plugin
print(*sorted(name for name in sys.modules if name.startswith("gateway")))
"""


@pytest.mark.parametrize("name", testing.__all__)
def test_each_part_of_the_kit_is_there(name: str) -> None:
    assert getattr(testing, name) is not None


def test_what_is_not_there_is_said_as_python_says_it() -> None:
    with pytest.raises(AttributeError, match=r"gateway\.testing.* has no attribute 'Contract'"):
        getattr(testing, "Contract")  # noqa: B009 - mypy refuses the plain way


def test_pytest_loads_nothing_of_the_gateway_before_a_test_wants_it() -> None:
    ended = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, check=True)
    assert ended.stdout.decode().split() == [
        *("gateway", "gateway.testing", "gateway.testing.pytest_plugin")
    ]
