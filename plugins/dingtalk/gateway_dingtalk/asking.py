"""Asks the old API, which refuses without saying which permission it wants."""

from collections.abc import Mapping
from typing import Any

from gateway.plugin import ScopeMissingError

from .client import Answer, Client
from .editions import apply_url
from .scopes import Scope

DENIED = "60011"


async def ask(
    client: Client, path: str, question: Mapping[str, Any], scope: Scope, *, purpose: str
) -> Answer:
    """Make one call that wants `scope`.

    Raises:
        ScopeMissingError: It names the permission and links to the page that grants it.
    """
    try:
        return await client.ask(path, question, purpose=purpose)
    except ScopeMissingError as error:
        if error.scopes or error.provider_code != DENIED:
            raise
        raise ScopeMissingError(
            f"{error.message} It wants: {scope.name}.",
            scopes=(scope.name,),
            provider_code=error.provider_code,
            http_status=error.http_status,
            log_id=error.log_id,
            fix_url=apply_url(client.application.app_key, scope.name),
        ) from error
