"""One tenant's application on DingTalk, as the gateway uses it."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import httpx

from gateway.plugin import (
    Batches,
    Browses,
    Card,
    Channel,
    Check,
    ContentError,
    Context,
    CredentialError,
    Degrades,
    DeliveryError,
    Identity,
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
    Updates,
    Urges,
    error_for_exception,
)

from . import cards, check, departments, login, lookup, losing, messages, reading, receipts, robot
from .client import Answer, Application, Client, texts
from .credential import DingTalkCredential
from .dings import Dings
from .editions import Edition
from .memory import keep
from .notices import Notices
from .people import People
from .route import Route, about_address

TO_PEOPLE = "/v1.0/robot/oToMessages/batchSend"
TO_GROUP = "/v1.0/robot/groupMessages/send"
CARDS = "/v1.0/card/instances"
DELIVER_CARD = f"{CARDS}/createAndDeliver"
RECALL_FROM_PEOPLE = "/v1.0/robot/otoMessages/batchRecall"  # its t is small, unlike the others'
RECALL_FROM_GROUP = "/v1.0/robot/groupMessages/recall"
MOST_RECALLED = 20

URGENT = "您有一条紧急通知 You have an urgent notification"
BY_KEY = {"cardUpdateOptions": {"updateCardDataByKey": True}}
CARD_EXISTS = "param.cardAlreadyExist"


class DingTalkChannel(
    Channel[DingTalkCredential], Batches, Updates, Recalls, Reads, Urges, Degrades, Browses, LogsIn
):
    """A channel of either edition."""

    code_names: ClassVar[tuple[str, ...]] = login.CODE_NAMES
    batch_limit: ClassVar[int] = 20
    batch_kinds: ClassVar[frozenset[str]] = frozenset({lookup.USER})

    def __init__(
        self,
        credential: DingTalkCredential,
        context: Context,
        *,
        edition: Edition,
        rounds: departments.Rounds | None = None,
    ) -> None:
        super().__init__(credential, context)
        self.edition = edition
        application = Application(
            edition=edition,
            api_base=credential.api_base,
            oapi_base=credential.oapi_base,
            app_key=credential.app_key,
            secret=credential.app_secret.get_secret_value(),
        )
        self.client = Client(application, context)
        self._robot_code = credential.robot_code
        self._people = People(self.client, context.clock)
        self._departments = departments.Departments(self.client, context.clock, rounds)
        self._route = Route(self.client, context.clock, context.callback_url)
        self._dings = Dings(self.client, credential.robot_code, context.clock)
        self._notices = _notices(credential, self.client, context)
        self._userids: OrderedDict[Identity, str] = OrderedDict()
        self._summaries: OrderedDict[str, str] = OrderedDict()

    @property
    def _has_template(self) -> bool:
        return self.credential.card_template_id is not None

    async def check(self) -> Sequence[Check]:
        """Prove the credential and tell what is granted and what is missing."""
        return await check.run(self.client, self.credential)

    async def resolve(self, recipient: Recipient) -> Identity:
        """Find one recipient; a group needs no call."""
        return await lookup.find(self.client, recipient)

    async def browse(self, query: str = "", cursor: str | None = None) -> Page:
        """Return a page of the people in the application's contact range."""
        return await self._people.page(query, cursor)

    async def describe(self, identities: Sequence[Identity]) -> Sequence[Person | DeliveryError]:
        """Return what the platform tells of each, by a call each."""
        return await self._people.describe(identities)

    def login_url(self, redirect_uri: str, state: str) -> str:
        """Return where people log in."""
        return login.page(self.client.application, redirect_uri, state)

    async def identify(self, code: str, redirect_uri: str) -> LoggedIn:
        """Return which member's code it is, in three calls."""
        del redirect_uri  # the platform does not ask for it again
        return await login.identify(self.client, code)

    def render(self, card: Card) -> Payload:
        """Write the card for the template, and as the chatbot's own message."""
        return cards.render(card, template=self._has_template)

    def losses(self, card: Card) -> Sequence[Loss]:
        """Return what the template, or the chatbot's own message, has no place for."""
        return losing.losses(card, template=self._has_template)

    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        """Send one card, or one message of the chatbot's.

        The platform makes one card of a key; a chatbot's message it sends again.
        """
        if to.kind == lookup.DEPARTMENT:
            return await self._to_department(to.id, payload, key)
        whom = await self._addressed(to)
        if self._as_card(whom, payload):
            receipt = await self._send_card(whom, payload, key)
        else:
            receipt = await self._send_message(whom, payload, key)
        self._remember(receipt.message_id, payload)
        return receipt

    async def send_batch(
        self, to: Sequence[Identity], payload: Payload, *, key: str
    ) -> Sequence[Receipt | DeliveryError]:
        """Send one message of the chatbot's to at most 20 people in one call.

        The platform knows no repeats here. Who is no userid is sent to in turn.
        """
        if any(each.kind != lookup.USER for each in to):
            return [await self._alone(each, payload, key) for each in to]
        try:
            return await self._to_people([each.id for each in to], payload, key, batch=True)
        except RecipientError as error:
            if len(to) == 1:
                return [error]
            return [await self._alone(each, payload, key) for each in to]

    async def update(self, message_id: str, payload: Payload, *, key: str) -> Receipt:
        """Change the variables of a card ("Update a card"); those not named stay."""
        del key
        message = messages.known(message_id)
        if message.form != "card":
            raise ContentError("Only an interactive card can change; this was a plain message.")
        answer = await self._change(message.key, messages.variables_of(payload), "update")
        return receipts.receipt(answer, message_id, messages.note_of(payload, "card"))

    async def recall(self, receipt: Receipt) -> None:
        """Take back a chatbot's message of the last 24 hours; a card is marked as withdrawn."""
        message = messages.known(receipt.message_id)
        if message.form == "card":
            await self._change(message.key, dict(cards.WITHDRAWN), "recall")
            return
        if message.form == messages.NOTICE:
            for task in message.keys:
                await self.notices.recall(task)
            return
        for start in range(0, len(message.keys), MOST_RECALLED):
            await self._recall(message.keys[start : start + MOST_RECALLED], message.chat)

    async def read_by(self, message_id: str) -> Sequence[Identity]:
        """List who has read a chatbot's message or a work notice of the last 24 hours."""
        message = messages.known(message_id)
        if message.form == messages.NOTICE:
            return [each for key in message.keys for each in await self.notices.read_by(key)]
        return await reading.read_by(self.client, self._robot_code, message)

    async def urge(self, to: Identity, message_id: str) -> None:
        """Send a DING inside the app ("A chatbot sends a DING message")."""
        if to.kind in (lookup.CHAT, lookup.DEPARTMENT):
            raise ContentError("Only a message to a person can be urgent.")
        whom = await self._addressed(to)
        await self._dings.send(whom.id, self._summaries.get(message_id, URGENT))

    @property
    def notices(self) -> Notices:
        """The application's work notices; without its Agent ID there are none."""
        if self._notices is None:
            raise ContentError("Work notices need the Agent ID of the application.")
        return self._notices

    def _as_card(self, to: Identity, payload: Payload) -> bool:
        """Tell whether a payload goes to one recipient as an interactive card."""
        del to
        return payload.get("single") == "card"

    async def _addressed(self, to: Identity) -> Identity:
        """Return whom the platform's calls name: a userid or a group."""
        if to.kind in (lookup.USER, lookup.CHAT):
            return to
        find = _BY_KIND.get(to.kind)
        if find is None:
            raise RecipientError(f"The platform cannot send to a {to.kind}.")
        if to not in self._userids:
            keep(self._userids, to, await find(self.client, to.id))
        return Identity(self._userids[to], lookup.USER)

    async def _send_card(self, to: Identity, payload: Payload, key: str) -> Receipt:
        body = self._card(to, payload, key)
        try:
            if messages.variables_of(payload).get("show_actions") != "true":
                answer, more = await self._deliver(body), ""
            else:
                answer, more = await self._deliver_reporting(body)
        except ContentError as error:
            if error.provider_code != CARD_EXISTS:
                raise
            return receipts.for_known_card(error, key)
        return receipts.receipt(answer, key, messages.note_of(payload, "card", more))

    async def _deliver_reporting(self, body: Mapping[str, Any]) -> tuple[Answer, str]:
        """Deliver a card whose buttons report back, and tell where they do not."""
        named = await self._route.named()
        try:
            answer = await self._deliver({**body, **named})
        except (ContentError, CredentialError) as error:
            if not named or not about_address(error):
                raise
            self._route.forget()
            return await self._deliver(body), messages.NO_ROUTE
        return answer, "" if named else messages.NO_ROUTE

    async def _deliver(self, body: Mapping[str, Any]) -> Answer:
        answer = await self.client.post(DELIVER_CARD, body, purpose="send")
        receipts.delivered(answer)
        return answer

    def _card(self, to: Identity, payload: Payload, key: str) -> dict[str, Any]:
        """Return one card for one person or group, known by the delivery's key."""
        now = self.context.clock.now().astimezone(ZoneInfo(self.edition.zone))
        own = {"time": now.strftime("%Y-%m-%d %H:%M"), **messages.variables_of(payload)}
        return {
            "cardTemplateId": self.credential.card_template_id,
            "outTrackId": key,
            "userIdType": 1,
            "cardData": {"cardParamMap": own},
            **messages.called(messages.form_of(payload, "card")),
            **messages.space(to, payload, self._robot_code),
        }

    async def _change(self, track: str, variables: Mapping[str, str], purpose: str) -> Answer:
        body = {"outTrackId": track, "cardData": {"cardParamMap": variables}, **BY_KEY}
        answer = (await self.client.put(CARDS, body, purpose=purpose)).succeeded()
        if answer.body.get("result") is not True:
            raise answer.odd("The answer does not say that the card changed.")
        return answer

    async def _send_message(self, to: Identity, payload: Payload, key: str) -> Receipt:
        if to.kind == lookup.CHAT:
            return await self._to_group(to.id, payload)
        (sent,) = await self._to_people([to.id], payload, key, batch=False)
        if isinstance(sent, DeliveryError):
            raise sent
        return sent

    async def _to_people(
        self, userids: list[str], payload: Payload, key: str, *, batch: bool
    ) -> list[Receipt | DeliveryError]:
        """Send one plain message to people, of whom each gets an outcome."""
        del key  # the chatbot's messages have none
        purpose = "batch" if batch else "send"
        body = {"userIds": userids, **self._message(payload)}
        answer = await self.client.post(TO_PEOPLE, body, purpose=purpose)
        note = messages.note_of(payload, "robot")
        return receipts.for_each(userids, answer, note, batch=batch)

    async def _to_department(self, department: str, payload: Payload, key: str) -> Receipt:
        """Send a plain message to as many of a department as one call takes."""
        if "robot" not in payload:
            raise ContentError(departments.NO_DECISIONS)

        async def deliver(userids: list[str]) -> Sequence[Receipt | DeliveryError]:
            return await self._to_people(userids, payload, key, batch=True)

        return await self._departments.send(department, key, deliver, self.batch_limit)

    async def _recall(self, keys: list[str], chat: str) -> None:
        body: dict[str, Any] = {"robotCode": self._robot_code, "processQueryKeys": keys}
        path = RECALL_FROM_PEOPLE
        if chat:
            path, body = RECALL_FROM_GROUP, {**body, "openConversationId": chat}
        answer = await self.client.post(path, body, purpose="recall")
        if not set(keys).issubset(texts(answer.body.get("successResult"))):
            raise ContentError("The platform did not take the message back.")

    async def _to_group(self, chat: str, payload: Payload) -> Receipt:
        body = {"openConversationId": chat, **self._message(payload)}
        answer = await self.client.post(TO_GROUP, body, purpose="send")
        message_id = messages.group_message(chat, answer.text("processQueryKey"))
        return receipts.receipt(answer, message_id, messages.note_of(payload, "robot"))

    def _message(self, payload: Payload) -> dict[str, Any]:
        made = messages.form_of(payload, "robot")
        return {
            "robotCode": self._robot_code,
            "msgKey": str(made.get("msgKey")),
            "msgParam": robot.param(made),
        }

    async def _alone(self, to: Identity, payload: Payload, key: str) -> Receipt | DeliveryError:
        try:
            return await self._send_message(await self._addressed(to), payload, key)
        except DeliveryError as error:
            return error
        except httpx.HTTPError as error:  # one lost answer must not hide those that came
            return error_for_exception(error)

    def _remember(self, message_id: str, payload: Payload) -> None:
        """Keep the summary of what was sent last: a DING says it again."""
        keep(self._summaries, message_id, cards.summary_in(payload) or URGENT)


_BY_KIND = {lookup.UNION: lookup.by_union, lookup.LOGIN: lookup.by_login}


def _notices(credential: DingTalkCredential, client: Client, context: Context) -> Notices | None:
    if credential.agent_id is None:
        return None
    return Notices(client, credential.agent_id, context.clock)
