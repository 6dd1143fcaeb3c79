"""The one recipient that a robot or a webhook has."""

from gateway.plugin import Identity, Recipient, RecipientError, RecipientKind

KIND = "channel"


def identity_of(recipient: Recipient) -> Identity:
    """Return the channel itself as an identity.

    Raises:
        RecipientError: Somebody else is meant.
    """
    if recipient.kind is not RecipientKind.CHANNEL:
        raise RecipientError("This channel is one group; it reaches nobody in person.")
    return Identity(recipient.id, KIND)
