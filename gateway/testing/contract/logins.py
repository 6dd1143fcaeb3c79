"""Rules about logins: an address that may be shown to anybody, and codes that are not believed."""

from urllib.parse import parse_qsl, urlsplit

from gateway.errors import ContentError, RecipientError
from gateway.plugin import LogsIn
from gateway.testing.contract.operations import CODE, HOME
from gateway.testing.contract.rig import Rig
from gateway.testing.contract.rule import Breach, Rule
from gateway.testing.contract.subject import Subject
from gateway.testing.contract.watch import watched

STATE = "eyJhIjogMX0.~state_of-the suite&x=1"


async def addresses(subject: Subject) -> None:
    """The address brings state and redirect address back as they are, and holds no secret."""
    rig = Rig(subject)
    channel = _logging_in(rig)
    with watched() as seen:
        url = channel.login_url(HOME, STATE)
    if seen or rig.wire.requests:
        raise Breach(f"login_url calls {seen[0] if seen else 'the platform'}")
    if channel.login_url(HOME, STATE) != url:
        raise Breach("login_url answers differently when asked again")
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.netloc:
        raise Breach(f"login_url returns {url[:40]!r}, no address of a page")
    values = [value for _, value in parse_qsl(parts.query)]
    for name, value in (("state", STATE), ("redirect address", HOME)):
        if values.count(value) != 1:
            raise Breach(f"the address of the login does not hold the {name} as it was given")
    if any(secret in url for secret in rig.secrets()):
        raise Breach("the address of the login shows a secret")


async def codes(subject: Subject) -> None:
    """A code that the platform never gave out is a `ContentError` that does not repeat it."""
    channel = _logging_in(Rig(subject))
    try:
        told = await channel.identify(CODE, HOME)
    except (ContentError, RecipientError) as error:
        if CODE in str(error):
            raise Breach("the error repeats the code") from error
        return
    except Exception as error:
        raise Breach(f"identify raises {type(error).__name__} for a made-up code") from error
    raise Breach(f"identify takes {told.identity.id} for who logged in, by a made-up code")


def _logging_in(rig: Rig) -> LogsIn:
    channel = rig.channel
    if not isinstance(channel, LogsIn):
        raise Breach("the live channel has no `identify`")
    return channel


ADDRESS = Rule(
    "login-is-an-address",
    "State and redirect address prove whose login comes back; everybody sees the address.",
    "Encode both as values of the query, and leave secrets out.",
    addresses,
    ability="logs_in",
)
MADE_UP_CODES = Rule(
    "refuses-made-up-codes",
    "Whoever is believed without a code of the platform's gets another person's notifications.",
    "Raise ContentError, without the code in it, where the platform refuses a code.",
    codes,
    ability="logs_in",
)
