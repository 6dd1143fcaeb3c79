from dataclasses import replace
from typing import Any

from gateway.connections import Network
from gateway.egress import Egress
from gateway.plugin import CallbackReply, CallbackRequest, Receives
from tests.gateway.lanes.toy import Platform, toy_type

PUBLIC = "https://notify.example.com"


def listening(toy: Any) -> Any:  # noqa: ANN401 - a channel type and its classes, all made up
    class Listening(toy.channel, Receives):  # type: ignore[misc] - a class that is made up
        def receive(self, request: CallbackRequest) -> CallbackReply:
            return CallbackReply({})

    return replace(toy, channel=Listening)


async def test_a_channel_that_receives_is_told_where_its_callbacks_go() -> None:
    egress = Egress()
    try:
        network = Network(egress, public=PUBLIC)
        toy = toy_type(Platform())
        told = network.callback_url(listening(toy), "acme", "ding")
        assert told == "https://notify.example.com/v1/callbacks/acme/ding"
        assert network.callback_url(toy, "acme", "ding") is None
        assert Network(egress).callback_url(listening(toy), "acme", "ding") is None
    finally:
        await egress.aclose()
