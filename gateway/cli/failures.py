"""Turns what may go wrong at the start of a server into one sentence."""
# ruff: noqa: PLC0415 - heavy imports wait until a command runs

import contextlib
from collections.abc import Iterator

from gateway.cli.output import CommandError


@contextlib.contextmanager
def told_plainly() -> Iterator[None]:
    """Raise `CommandError` for whatever an operator can mend; a bug of ours stays a traceback."""
    from sqlalchemy.exc import DBAPIError

    from gateway.serving import PortTakenError
    from gateway.store import StoreLockedError, StoreUnavailableError
    from gateway.vault import EncryptionKeyError

    try:
        yield
    except (StoreLockedError, PortTakenError) as error:
        raise CommandError(str(error)) from error
    except StoreUnavailableError as error:
        raise CommandError(f"{_capital(str(error))}. `gateway doctor` tells more.") from error
    except DBAPIError as error:
        raise CommandError(f"The database cannot be used: {error.orig}.") from error
    except EncryptionKeyError as error:
        raise CommandError(f"GATEWAY_ENCRYPTION_KEYS or the key file: {error}.", 2) from error
    except ImportError as error:
        raise _extra(error) from error
    except OSError as error:
        raise _file(error) from error
    except ValueError as error:
        raise _setting(error) from error


def _file(error: OSError) -> Exception:
    """Only what names a file is the operator's to mend."""
    if error.filename is None:
        return error
    return CommandError(f"{error.filename} may not be written: {error.strerror}.")


def _extra(error: ImportError) -> Exception:
    """Only what PostgreSQL needs may be missing; anything else is a broken installation."""
    if not any(part in str(error) for part in ("asyncpg", "greenlet")):
        return error
    return CommandError("PostgreSQL needs an extra: pip install 'notification-gateway[postgres]'.")


def _setting(error: ValueError) -> Exception:
    """Only what names a setting is the operator's to mend."""
    text = str(error)
    named = text.startswith("GATEWAY_") or "database URL" in text
    return CommandError(f"{_capital(text)}.", 2) if named else error


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
