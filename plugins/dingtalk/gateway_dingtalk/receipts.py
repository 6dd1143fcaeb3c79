"""What the platform's answers say of each recipient: a receipt, or why there is none."""

from collections.abc import Sequence

from gateway.plugin import DeliveryError, RateLimitedError, Receipt, RecipientError

from .client import Answer, items, texts
from .codes import FLOW_CONTROL_LASTS
from .messages import person_message

KNOWN_CARD = "The platform had this card already, from an attempt whose answer was never seen."
UNREACHED = (
    "The platform did not deliver to this person or group: unknown, outside the application's "
    "visible range, or the chatbot was blocked or removed."
)
SLOWED = "This person got too many messages from the chatbot."


def receipt(
    answer: Answer, message_id: str, note: str | None = None, *, batch: bool = False
) -> Receipt:
    """Return the receipt of a call that succeeded."""
    return Receipt(
        message_id=message_id,
        batch=batch,
        log_id=answer.log_id,
        http_status=answer.http_status,
        note=note,
    )


def for_known_card(refusal: DeliveryError, key: str) -> Receipt:
    """Return the receipt of a card that an earlier attempt had made."""
    return Receipt(
        message_id=key,
        log_id=refusal.log_id,
        http_status=refusal.http_status,
        provider_code=refusal.provider_code,
        note=KNOWN_CARD,
    )


def for_each(
    userids: Sequence[str], answer: Answer, note: str | None, *, batch: bool
) -> list[Receipt | DeliveryError]:
    """Return what became of each person of one call of the chatbot's."""
    unknown = frozenset(texts(answer.body.get("invalidStaffIdList")))
    slowed = frozenset(texts(answer.body.get("flowControlledStaffIdList")))
    if unknown.issuperset(userids):
        return [_unreached(answer) for _ in userids]
    sent = receipt(answer, person_message(answer.text("processQueryKey")), note, batch=batch)
    return [_one(each, unknown, slowed, answer) or sent for each in userids]


def delivered(answer: Answer) -> None:
    """Look at every space that a card was to go to.

    Raises:
        UncertainError: The answer names none.
        RecipientError: The platform did not deliver to one of them.
    """
    results = items(answer.succeeded().result.get("deliverResults"))
    if not results:
        raise answer.odd("The answer does not tell whether the card was delivered.")
    if any(each.get("success") is not True for each in results):
        raise _unreached(answer)


def _one(
    userid: str, unknown: frozenset[str], slowed: frozenset[str], answer: Answer
) -> DeliveryError | None:
    if userid in unknown:
        return _unreached(answer)
    if userid not in slowed:
        return None
    return RateLimitedError(
        SLOWED,
        retry_after=FLOW_CONTROL_LASTS,
        scope="recipient",
        http_status=answer.http_status,
        log_id=answer.log_id,
    )


def unreached(http_status: int | None, log_id: str | None) -> RecipientError:
    """Return the error of somebody whom the platform could not reach."""
    return RecipientError(UNREACHED, gone=True, http_status=http_status, log_id=log_id)


def _unreached(answer: Answer) -> RecipientError:
    return unreached(answer.http_status, answer.log_id)
