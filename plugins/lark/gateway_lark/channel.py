"""One tenant's application on Lark or Feishu, as the gateway uses it."""

import functools
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from gateway.plugin import (
    Batches,
    Browses,
    Card,
    Channel,
    ChannelType,
    Check,
    ContentError,
    Context,
    Degrades,
    DeliveryError,
    Identity,
    Limits,
    LoggedIn,
    LogsIn,
    Loss,
    Page,
    Payload,
    Person,
    Reads,
    Recalls,
    Receipt,
    Recipient,
    RecipientError,
    ResolvesInBulk,
    ScopeMissingError,
    Updates,
    Uploads,
    Urges,
)

from . import cards, check, directory, guide, login, lookup, people
from .client import Answer, Application, Client, items, part, texts
from .credential import LarkCredential, credential_for
from .platform import Platform

MESSAGES = "/open-apis/im/v1/messages"
BATCH = "/open-apis/message/v4/batch_send/"
BATCH_MESSAGES = "/open-apis/im/v1/batch_messages"
IMAGES = "/open-apis/im/v1/images"

EXAMPLE: Mapping[str, str] = {"app_id": "cli_0123456789abcdef", "app_secret": "an-example"}
NO_DECISIONS = (
    "A message to a department cannot change later, so its card may have no buttons that report "
    "back. Name the people, or leave out those buttons."
)
NO_DEPARTMENT = "The platform does not know this department, or the application may not see it."
LONGEST_UUID = 50
RECALLED = "230011"
MOST_READ_PAGES = 100
SINGLE_KINDS = frozenset({"open_id", "union_id", "user_id", "email", "chat_id"})
BATCH_FIELDS: Mapping[str, str] = {
    "open_id": "open_ids",
    "union_id": "union_ids",
    "user_id": "user_ids",
}


class LarkChannel(
    Channel[LarkCredential],
    ResolvesInBulk,
    Batches,
    Updates,
    Recalls,
    Reads,
    Urges,
    Uploads,
    Degrades,
    Browses,
    LogsIn,
):
    """A channel of either brand."""

    batch_limit: ClassVar[int] = 200
    batch_kinds: ClassVar[frozenset[str]] = frozenset(BATCH_FIELDS)

    def __init__(self, credential: LarkCredential, context: Context, *, platform: Platform) -> None:
        super().__init__(credential, context)
        self.platform = platform
        application = Application(
            platform=platform,
            api_base=credential.api_base,
            app_id=credential.app_id,
            secret=credential.app_secret.get_secret_value(),
        )
        self.client = Client(application, context)
        self._directory = directory.Directory(self.client, context.clock)
        self._home = login.Home(self.client)

    async def check(self) -> Sequence[Check]:
        """Prove the credential and tell what is granted and what is missing."""
        return await check.run(self.client, organization=self.credential.organization)

    async def resolve(self, recipient: Recipient) -> Identity:
        """Find one recipient; a chat needs no call."""
        (found,) = await self.resolve_many([recipient])
        if isinstance(found, DeliveryError):
            raise found
        return found

    def lookups(self, recipients: Sequence[Recipient]) -> Sequence[Sequence[Recipient]]:
        """Split into calls of 50 addresses and 50 numbers each."""
        return lookup.parts(recipients)

    async def resolve_many(
        self, recipients: Sequence[Recipient]
    ) -> Sequence[Identity | DeliveryError]:
        """Look up one part, by address and number at once; no call where nobody needs one."""
        found: lookup.Found = {}
        if any(lookup.direct(recipient) is None for recipient in recipients):
            question = lookup.question(recipients)
            answer = await self.client.post(lookup.PATH, question, purpose="resolve")
            found = lookup.found_in(answer.data)
        return [lookup.outcome(recipient, found) for recipient in recipients]

    def render(self, card: Card) -> Payload:
        """Write the card as card JSON 2.0."""
        return cards.render(card)

    def losses(self, card: Card) -> Sequence[Loss]:
        """Return nothing: a neutral card holds what this platform shows; pictures are uploaded."""
        del card
        return ()

    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        """Send one card ("Send message"); the platform refuses repeats of `key` for an hour."""
        if to.kind == lookup.DEPARTMENT_ID:
            return await self._to_department(to, payload)
        if to.kind not in SINGLE_KINDS:
            raise RecipientError(f"The platform cannot send to a {to.kind}.")
        body = {
            "receive_id": to.id,
            "msg_type": "interactive",
            "content": cards.dumps(payload),
            "uuid": key[:LONGEST_UUID],
        }
        path = f"{MESSAGES}?receive_id_type={to.kind}"
        answer = await self.client.post(path, body, purpose="send")
        return _receipt(answer, str(answer.data.get("message_id", "")))

    async def send_batch(
        self, to: Sequence[Identity], payload: Payload, *, key: str
    ) -> Sequence[Receipt | DeliveryError]:
        """Send one card to many people ("Send messages in batches").

        The platform knows no repeats here. Chats cannot be batched and are sent to in turn.

        Raises:
            ScopeMissingError: The application may not batch.
        """
        field = BATCH_FIELDS.get(to[0].kind)
        if field is None:
            return [await self._one_of_many(each, payload, key) for each in to]
        answer = await self._batch(payload, field, to)
        receipt = _receipt(answer, str(answer.data.get("message_id", "")), batch=True)
        refused = frozenset(texts(answer.data.get(f"invalid_{field}")))
        return [_unreached(answer) if each.id in refused else receipt for each in to]

    async def _batch(self, payload: Payload, field: str, to: Sequence[Identity]) -> Answer:
        body = {"msg_type": "interactive", "card": payload, field: [each.id for each in to]}
        return await self.client.post(BATCH, body, purpose="batch")

    async def _to_department(self, to: Identity, payload: Payload) -> Receipt:
        """Send to everybody in a department and below it, in one call that nothing follows."""
        if cards.calls_back(payload):
            raise ContentError(NO_DECISIONS)
        try:
            answer = await self._batch(payload, "department_ids", [to])
        except ScopeMissingError as error:
            # People are reached all the same, so that this may not hold up the whole channel.
            raise RecipientError(
                error.message,
                provider_code=error.provider_code,
                log_id=error.log_id,
                fix_url=error.fix_url,
            ) from error
        if to.id in texts(answer.data.get("invalid_department_ids")):
            raise RecipientError(NO_DEPARTMENT, log_id=answer.log_id)
        return _receipt(answer, str(answer.data.get("message_id", "")), batch=True)

    async def _one_of_many(
        self, to: Identity, payload: Payload, key: str
    ) -> Receipt | DeliveryError:
        own = hashlib.sha256(f"{key} {to.kind} {to.id}".encode()).hexdigest()
        try:
            return await self.send(to, payload, key=own)
        except DeliveryError as error:
            return error

    async def update(self, message_id: str, payload: Payload, *, key: str) -> Receipt:
        """Replace a card sent by itself within 14 days ("Update message card")."""
        del key
        path = f"{MESSAGES}/{part(message_id)}"
        answer = await self.client.patch(path, {"content": cards.dumps(payload)}, purpose="update")
        return _receipt(answer, message_id)

    async def recall(self, receipt: Receipt) -> None:
        """Take back one message, or everybody's copy of a batch."""
        base = BATCH_MESSAGES if receipt.batch else MESSAGES
        path = f"{base}/{part(receipt.message_id)}"
        try:
            await self.client.call("DELETE", path, purpose="recall")
        except ContentError as error:  # a repeat, after an answer that was never seen
            if error.provider_code != RECALLED:
                raise

    async def read_by(self, message_id: str) -> Sequence[Identity]:
        """List who has read a message of the last 7 days ("Query message read status")."""
        path = f"{MESSAGES}/{part(message_id)}/read_users?user_id_type=open_id&page_size=100"
        readers: list[Identity] = []
        page = ""
        for _ in range(MOST_READ_PAGES):
            answer = await self.client.get(path + page, purpose="read")
            rows = items(answer.data.get("items"))
            readers += [
                Identity(str(row["user_id"]), "open_id") for row in rows if "user_id" in row
            ]
            if not answer.data.get("has_more"):
                break
            page = f"&page_token={part(str(answer.data.get('page_token', '')))}"
        return readers

    async def urge(self, to: Identity, message_id: str) -> None:
        """Mark a message as urgent inside the app ("Send urgent in-app message")."""
        if to.kind not in BATCH_FIELDS:
            raise ContentError("Only a message to a person can be urgent.")
        path = f"{MESSAGES}/{part(message_id)}/urgent_app?user_id_type={to.kind}"
        answer = await self.client.patch(path, {"user_id_list": [to.id]}, purpose="urgent")
        if to.id in texts(answer.data.get("invalid_user_id_list")):
            raise _unreached(answer)

    async def upload(self, image: bytes, media_type: str) -> str:
        """Upload one picture of at most 10 MiB ("Upload image") and return its `img_key`."""
        if not 0 < len(image) <= self.max_image_bytes:
            raise ContentError(f"A picture has 1 to {self.max_image_bytes} bytes.")
        files = {"image": ("image", image, media_type)}
        form = {"image_type": "message"}
        answer = await self.client.call("POST", IMAGES, purpose="upload", data=form, files=files)
        return str(answer.data.get("image_key", ""))

    async def browse(self, query: str = "", cursor: str | None = None) -> Page:
        """Return a page of the people in the application's contact data range."""
        return await self._directory.page(query, cursor)

    async def describe(self, identities: Sequence[Identity]) -> Sequence[Person | DeliveryError]:
        """Return what the platform tells of each, twenty in a call."""
        return await people.describe(self.client, identities)

    def login_url(self, redirect_uri: str, state: str) -> str:
        """Return where people of the organisation log in."""
        return login.page(self.client.application, redirect_uri, state)

    async def identify(self, code: str, redirect_uri: str) -> LoggedIn:
        """Return whose code it is, in two calls, and once another for the organisation."""
        return await login.identify(self.client, self._home, code, redirect_uri)


def channel_type(platform: Platform) -> ChannelType:
    """Return what a brand offers."""
    return ChannelType(
        name=platform.name,
        title=platform.titles,
        credential=credential_for(platform),
        channel=LarkChannel,
        connect=functools.partial(LarkChannel, platform=platform),
        limits=limits(platform, "free"),
        limits_for=functools.partial(_limits_for, platform),
        hosts=platform.hosts,
        host_fields=("api_base",),
        app_field="app_id",
        identity_kinds=("open_id", "union_id", "user_id"),
        recipients=frozenset({"email", "mobile", "chat", "department"}),
        uncounted=frozenset({"token", "resolve", "directory"}),
        quota_zone=platform.zone,
        guide=functools.partial(guide.write, platform),
        example=EXAMPLE,
        emulator="gateway_lark.emulator:create",
    )


def limits(platform: Platform, edition: str) -> Limits:
    """Return what an edition of the platform allows ("Frequency control")."""
    return Limits(
        calls_per_second=50,
        calls_per_minute=1000,
        recipient_calls_per_second=5,
        user_window_seconds=600,
        monthly_quota=platform.monthly_quota[edition],
    )


def _limits_for(platform: Platform, config: Mapping[str, Any]) -> Limits:
    """Return what the edition allows that a channel is configured for."""
    return limits(platform, config.get("edition") or "free")


def _receipt(answer: Answer, message_id: str, *, batch: bool = False) -> Receipt:
    return Receipt(
        message_id=message_id,
        batch=batch,
        log_id=answer.log_id,
        http_status=answer.http_status,
        provider_code="0",
    )


def _unreached(answer: Answer) -> RecipientError:
    facts: dict[str, Any] = {"http_status": answer.http_status, "log_id": answer.log_id}
    return RecipientError(
        "The platform does not know this person, or may not show the bot to them.",
        gone=True,
        **facts,
    )
