import asyncio

import httpx
import pytest
from pydantic import SecretStr

from gateway.plugin import Card, CredentialError, Identity
from gateway.testing import ScriptedTransport, context_for
from gateway_ntfy import Credential, Ntfy

TOPIC = Identity("alerts", "topic")


def test_a_card_becomes_one_call() -> None:
    asyncio.run(one_call())


async def one_call() -> None:
    server = ScriptedTransport({"id": "sPs71M8A2T"}, httpx.Response(401))
    channel = Ntfy(Credential(token=SecretStr("tk_1")), context_for(server))
    payload = channel.render(Card(title="Backup finished"))
    receipt = await channel.send(TOPIC, payload, key="k")
    assert receipt.message_id == "sPs71M8A2T"
    assert server.bodies[0]["topic"] == "alerts"
    with pytest.raises(CredentialError):
        await channel.send(TOPIC, payload, key="k")
