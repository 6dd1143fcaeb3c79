"""What an operator can mend is one sentence; a mistake of ours keeps its traceback."""

import pytest

from gateway.cli.failures import told_plainly
from gateway.cli.output import CommandError
from gateway.store import StoreUnavailableError

MENDABLE = (
    (StoreUnavailableError("the store is not available: disk full"), 1, "disk full"),
    (ImportError("greenlet is required"), 1, "[postgres]"),
    (PermissionError(13, "Permission denied", "data/gateway.db"), 1, "data/gateway.db"),
    (ValueError("GATEWAY_OWNER_KEY needs 20 characters or more"), 2, "GATEWAY_OWNER_KEY"),
)
OURS = (ImportError("no module named nonsense"), ValueError("oh"), OSError(5, "odd"), KeyError("x"))


@pytest.mark.parametrize(("error", "code", "words"), MENDABLE, ids=lambda each: repr(each)[:40])
def test_what_can_be_mended_is_told(error: Exception, code: int, words: str) -> None:
    with pytest.raises(CommandError) as told, told_plainly():
        raise error
    assert told.value.code == code
    assert words in str(told.value)


@pytest.mark.parametrize("error", OURS, ids=repr)
def test_a_mistake_of_ours_is_not_hidden(error: Exception) -> None:
    with pytest.raises(type(error)) as raised, told_plainly():
        raise error
    assert not isinstance(raised.value, CommandError)
