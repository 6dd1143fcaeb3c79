import asyncio
import itertools
from collections.abc import Callable

import httpx
import pytest

from gateway.plugin import (
    Card,
    ContentError,
    DeliveryError,
    Identity,
    Receipt,
    Recipient,
    RecipientError,
    RecipientKind,
    ScopeMissingError,
)
from gateway_lark.channel import LarkChannel
from gateway_lark.emulator import Message, Person, create
from gateway_lark.emulator.model import Department

from .conftest import Rig

APPROVAL = Card.model_validate(
    {"title": "Approve?", "actions": [{"kind": "callback", "id": "ok", "label": "OK"}]}
)
CARD = Card.model_validate({"title": "Approve?", "blocks": [{"type": "markdown", "text": "**x**"}]})


def emails(people: list[Person]) -> list[Recipient]:
    return [Recipient(RecipientKind.EMAIL, person.email or "") for person in people]


async def look_up(
    channel: LarkChannel, recipients: list[Recipient]
) -> dict[str, Identity | DeliveryError]:
    parts = channel.lookups(recipients)
    answers = [await channel.resolve_many(part) for part in parts]
    pairs = zip(itertools.chain(*parts), itertools.chain(*answers), strict=True)
    return {recipient.id: found for recipient, found in pairs}


async def test_a_card_reaches_a_person(rig: Rig) -> None:
    person = rig.emulator.people["li.wei"]
    channel = rig.channel()
    identity = await channel.resolve(Recipient(RecipientKind.EMAIL, person.email))
    receipt = await channel.send(identity, channel.render(CARD), key="a" * 32)
    (message,) = rig.emulator.visible_messages(person)
    assert identity == Identity(rig.emulator.open_id(rig.app_id, person), "open_id")
    assert receipt.message_id == message.message_id
    assert (receipt.http_status, receipt.provider_code) == (200, "0")
    assert receipt.log_id
    assert message.card == channel.render(CARD)


async def test_a_repeat_with_the_same_key_is_one_message(rig: Rig) -> None:
    person = rig.emulator.people["li.wei"]
    channel = rig.channel()
    identity = await channel.resolve(Recipient(RecipientKind.EMAIL, person.email))
    first = await channel.send(identity, channel.render(CARD), key="k" * 32)
    again = await channel.send(identity, channel.render(CARD), key="k" * 32)
    assert first.message_id == again.message_id
    assert len(rig.emulator.visible_messages(person)) == 1


@pytest.mark.parametrize("kind", ["open_id", "union_id", "user_id", "email", "chat_id"])
async def test_every_kind_of_identity_can_be_sent_to(rig: Rig, kind: str) -> None:
    person = rig.emulator.people["li.wei"]
    chat = next(iter(rig.emulator.chats.values()))
    ids = {
        "open_id": rig.emulator.open_id(rig.app_id, person),
        "union_id": person.union_id,
        "user_id": person.id,
        "email": person.email,
        "chat_id": chat.chat_id,
    }
    channel = rig.channel()
    await channel.send(Identity(ids[kind], kind), channel.render(CARD), key="k" * 32)
    assert len(rig.emulator.visible_messages(person)) == 1


async def test_an_identity_of_no_kind_is_refused_without_a_call(rig: Rig) -> None:
    channel = rig.channel()
    with pytest.raises(RecipientError):
        await channel.send(Identity("x", "fax_number"), channel.render(CARD), key="k")
    assert not rig.emulator.calls


async def test_a_thousand_people_cost_one_token_twenty_look_ups_five_batches(
    rig: Rig,
) -> None:
    people = rig.emulator.add_people(1000)
    channel = rig.channel()
    found = await look_up(channel, emails(people))
    identities = [found[person.email] for person in people]
    payload = channel.render(CARD)
    for part in range(0, 1000, 200):
        receipts = await channel.send_batch(identities[part : part + 200], payload, key="k")
        assert all(isinstance(receipt, Receipt) and receipt.batch for receipt in receipts)
    assert sum(rig.emulator.calls.values()) == 26
    assert (rig.calls("tenant_access_token"), rig.calls("batch_get_id")) == (1, 20)
    assert rig.calls("batch_send") == 5


async def test_a_thousand_people_cost_a_thousand_single_sends(rig: Rig) -> None:
    rig.emulator.enforce_limits = False
    people = rig.emulator.add_people(1000)
    channel = rig.channel()
    found = await look_up(channel, emails(people))
    payload = channel.render(CARD)
    for number, person in enumerate(people):
        await channel.send(found[person.email], payload, key=f"key{number}")
    assert sum(rig.emulator.calls.values()) == 1021
    assert not rig.emulator.duplicates()


async def test_a_batch_names_who_cannot_be_reached(rig: Rig) -> None:
    person = rig.emulator.people["li.wei"]
    good = Identity(rig.emulator.open_id(rig.app_id, person), "open_id")
    channel = rig.channel()
    results = await channel.send_batch(
        [good, Identity("ou_nobody", "open_id")], channel.render(CARD), key="k"
    )
    assert isinstance(results[0], Receipt)
    assert isinstance(results[1], RecipientError)
    assert results[1].gone


DEPARTMENT = Recipient(RecipientKind.DEPARTMENT, "od-research")


async def everybody(rig: Rig, card: Card = CARD) -> Receipt:
    """Send to a department in which there is one person."""
    rig.emulator.directory.departments["research"] = Department("research", "od-research", "R&D")
    rig.emulator.people["li.wei"].department = "research"
    channel = rig.channel()
    who = await channel.resolve(DEPARTMENT)
    return await channel.send(who, channel.render(card), key="k")


async def test_a_department_is_one_call_without_any_look_up(rig: Rig) -> None:
    receipt = await everybody(rig)
    assert receipt.batch
    assert len(rig.emulator.visible_messages(rig.emulator.people["li.wei"])) == 1
    assert (rig.calls("batch_send"), rig.calls("batch_get_id")) == (1, 0)


async def test_a_department_gets_no_card_that_somebody_decides_on(rig: Rig) -> None:
    with pytest.raises(ContentError, match="buttons that report back"):
        await everybody(rig, APPROVAL)
    assert rig.calls("batch_send") == 0


async def test_a_department_without_its_permission_is_one_refused_recipient(rig: Rig) -> None:
    rig.emulator.apps[rig.app_id].scopes.discard("im:message:send_multi_depts")
    with pytest.raises(RecipientError, match="departments"):
        await everybody(rig)


async def test_a_department_that_is_not_there_is_named(rig: Rig) -> None:
    channel = rig.channel()
    with pytest.raises(RecipientError, match="does not know this department"):
        await channel.send(Identity("od-none", "department_id"), channel.render(CARD), key="k")


async def test_the_root_department_is_refused_without_a_call(rig: Rig) -> None:
    with pytest.raises(RecipientError, match="root department"):
        await rig.channel().resolve(Recipient(RecipientKind.DEPARTMENT, "0"))
    assert not rig.emulator.calls


async def test_a_batch_without_its_permission_says_so(
    rig: Rig,
) -> None:
    rig.emulator.apps[rig.app_id].scopes.discard("im:message:send_multi_users")
    person = rig.emulator.people["li.wei"]
    channel = rig.channel()
    with pytest.raises(ScopeMissingError):
        await channel.send_batch(
            [Identity(rig.emulator.open_id(rig.app_id, person), "open_id")],
            channel.render(CARD),
            key="k",
        )


async def test_chats_are_sent_to_in_turn(rig: Rig) -> None:
    chats = [rig.emulator.add_chat(name) for name in ("one", "two")]
    to = [Identity(chat.chat_id, "chat_id") for chat in chats]
    channel = rig.channel()
    for _ in range(2):
        results = await channel.send_batch(
            [*to, Identity("oc_nowhere", "chat_id")], channel.render(CARD), key="k"
        )
        assert [type(result) for result in results] == [Receipt, Receipt, RecipientError]
    assert len(rig.emulator.messages) == 2


async def sent(rig: Rig) -> tuple[LarkChannel, Person, Identity, Receipt, Message]:
    person = rig.emulator.people["li.wei"]
    channel = rig.channel()
    identity = Identity(rig.emulator.open_id(rig.app_id, person), "open_id")
    receipt = await channel.send(identity, channel.render(CARD), key="k" * 32)
    (message,) = rig.emulator.visible_messages(person)
    return channel, person, identity, receipt, message


async def test_a_sent_card_can_change(rig: Rig) -> None:
    channel, _, _, receipt, message = await sent(rig)
    changed = channel.render(Card(title="Decided"))
    answer = await channel.update(receipt.message_id, changed, key="k")
    assert answer.message_id == receipt.message_id
    assert message.card == changed


async def test_a_sent_card_can_be_recalled(rig: Rig) -> None:
    channel, person, _, receipt, _ = await sent(rig)
    await channel.recall(receipt)
    assert rig.emulator.visible_messages(person) == []


async def test_a_message_that_was_recalled_before_is_recalled(rig: Rig) -> None:
    channel, person, _, receipt, _ = await sent(rig)
    await channel.recall(receipt)
    await channel.recall(receipt)
    assert rig.emulator.visible_messages(person) == []


async def test_a_batch_can_be_recalled(rig: Rig) -> None:
    person = rig.emulator.people["li.wei"]
    channel = rig.channel()
    identity = Identity(rig.emulator.open_id(rig.app_id, person), "open_id")
    (receipt,) = await channel.send_batch([identity], channel.render(CARD), key="k")
    await rig.clock.advance(60)
    await channel.recall(receipt)
    assert rig.emulator.visible_messages(person) == []


async def test_readers_are_told(rig: Rig) -> None:
    channel, person, identity, receipt, _ = await sent(rig)
    assert await channel.read_by(receipt.message_id) == []
    rig.emulator.read(person)
    assert await channel.read_by(receipt.message_id) == [identity]


async def test_a_message_can_be_marked_as_urgent(rig: Rig) -> None:
    channel, person, identity, receipt, message = await sent(rig)
    await channel.urge(identity, receipt.message_id)
    assert message.urgent == {person.id}


async def test_an_urgent_mark_without_its_permission_says_which_one(rig: Rig) -> None:
    rig.emulator.apps[rig.app_id].scopes -= {"im:message.urgent", "im:message.urgent:app_send"}
    channel, _, identity, receipt, _ = await sent(rig)
    with pytest.raises(ScopeMissingError) as refused:
        await channel.urge(identity, receipt.message_id)
    assert "im:message.urgent" in refused.value.scopes
    assert refused.value.fix_url.startswith(rig.platform.api_base)


async def test_somebody_who_cannot_be_urged_is_named(rig: Rig) -> None:
    channel, _, _, receipt, _ = await sent(rig)
    with pytest.raises(RecipientError):
        await channel.urge(Identity("ou_nobody", "open_id"), receipt.message_id)


async def test_readers_are_read_page_by_page(lark_channel: Callable[..., LarkChannel]) -> None:
    pages = {None: ("ou_1", "p/2"), "p/2": ("ou_2", None)}

    def answer(request: httpx.Request) -> httpx.Response:
        if "auth/v3" in request.url.path:
            body = {"code": 0, "tenant_access_token": "t-1", "expire": 7200}
            return httpx.Response(200, json=body)
        reader, following = pages[request.url.params.get("page_token")]
        items = [{"user_id": reader, "user_id_type": "open_id"}, {"odd": 1}]
        data = {"items": items, "has_more": bool(following), "page_token": following}
        return httpx.Response(200, json={"code": 0, "data": data})

    readers = await lark_channel(answer).read_by("om_1")
    assert [reader.id for reader in readers] == ["ou_1", "ou_2"]


async def test_one_of_those_urged_may_be_unknown(lark_channel: Callable[..., LarkChannel]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "auth/v3" in request.url.path:
            body = {"code": 0, "tenant_access_token": "t-1", "expire": 7200}
            return httpx.Response(200, json=body)
        data = {"invalid_user_id_list": ["ou_1"]}
        return httpx.Response(200, json={"code": 0, "data": data})

    with pytest.raises(RecipientError) as refused:
        await lark_channel(answer).urge(Identity("ou_1", "open_id"), "om_1")
    assert refused.value.gone


async def test_only_a_person_can_be_urged(rig: Rig) -> None:
    with pytest.raises(ContentError):
        await rig.channel().urge(Identity("oc_1", "chat_id"), "om_1")


async def test_a_picture_is_uploaded_once_and_shown_by_its_key(rig: Rig) -> None:
    channel = rig.channel()
    key = await channel.upload(b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png")
    person = rig.emulator.people["li.wei"]
    card = Card.model_validate({"title": "t", "blocks": [{"type": "image", "key": key}]})
    identity = Identity(rig.emulator.open_id(rig.app_id, person), "open_id")
    await channel.send(identity, channel.render(card), key="k")
    assert len(rig.emulator.visible_messages(person)) == 1


@pytest.mark.parametrize("size", [0, 10 * 1024 * 1024 + 1])
async def test_a_picture_of_no_sane_size_is_refused_without_a_call(rig: Rig, size: int) -> None:
    with pytest.raises(ContentError):
        await rig.channel().upload(bytes(size), "image/png")
    assert not rig.emulator.calls


async def test_purposes_name_every_call(rig: Rig) -> None:
    seen = []

    async def listen(request: httpx.Request) -> None:
        seen.append(request.extensions["purpose"])

    rig.http.event_hooks["request"] = [listen]
    channel, _, identity, receipt, _ = await sent(rig)
    await channel.resolve(Recipient(RecipientKind.EMAIL, "li.wei@merlion.example"))
    await channel.send_batch([identity], channel.render(CARD), key="k")
    await channel.update(receipt.message_id, channel.render(CARD), key="k")
    await channel.read_by(receipt.message_id)
    await channel.urge(identity, receipt.message_id)
    await channel.upload(b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png")
    await channel.browse()
    await channel.recall(receipt)
    assert [purpose for purpose, _ in itertools.groupby(seen)] == [
        *("token", "send", "resolve", "batch", "update", "read", "urgent", "upload"),
        *("directory", "recall"),
    ]


async def test_another_brands_ids_are_unknown_here(rig: Rig) -> None:
    other = create(brand="feishu" if rig.platform.name == "lark" else "lark")
    stranger = other.state.emulator
    identity = Identity(
        stranger.open_id(other.state.demo["config"]["app_id"], stranger.people["li.wei"]),
        "open_id",
    )
    channel = rig.channel()
    with pytest.raises(RecipientError) as refused:
        await channel.send(identity, channel.render(CARD), key="k")
    assert refused.value.gone


async def test_sends_at_once_share_one_token(rig: Rig) -> None:
    rig.emulator.enforce_limits = False
    people = rig.emulator.add_people(64)
    channel = rig.channel()
    payload = channel.render(CARD)
    await asyncio.gather(
        *(
            channel.send(
                Identity(rig.emulator.open_id(rig.app_id, person), "open_id"),
                payload,
                key=person.id,
            )
            for person in people
        )
    )
    assert rig.calls("tenant_access_token") == 1
