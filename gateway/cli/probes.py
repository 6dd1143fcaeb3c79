"""What the doctor looks at, one function each."""

import ipaddress
import sqlite3
import stat
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import structlog
from sqlalchemy.exc import DBAPIError

import gateway
from gateway.access import SHORTEST_OWNER_KEY
from gateway.cli.findings import Finding, fail, ok, warn
from gateway.cli.output import CommandError
from gateway.cli.plugins import quiet_log
from gateway.cli.posting import Gateway, Server
from gateway.registry import Registry, load
from gateway.serving import PortTakenError, listen
from gateway.settings import Network, Settings
from gateway.store import StoreLockedError, StoreUnavailableError, open_store
from gateway.store.migrate import current, newest
from gateway.vault import EncryptionKeyError, parse_keys

# Before it a checkpoint could damage the file when two connections wrote at the same moment.
SAFE_SQLITE = (3, 51, 3)
CLOCK_SLACK = timedelta(seconds=30)
WIDE_PREFIX = 8
METADATA_HOST = ipaddress.ip_address("169.254.169.254")


async def here(settings: Settings) -> list[Finding]:
    """Look at this machine."""
    return [
        *_sqlite_version(settings),
        await _database(settings),
        _keys(settings),
        _owner_key(settings),
        _plugins(settings),
        _clock(datetime.now(UTC)),
        _port(settings),
        _egress(settings.egress_allow),
    ]


async def there(url: str) -> list[Finding]:
    """Ask a running gateway."""
    name = "running gateway"
    try:
        async with Gateway(Server(url)) as running:
            reply = await running.answer("/readyz")
    except CommandError as error:
        return [fail(name, str(error), "Start it, or correct --url.")]
    skew = clock_difference(reply.headers.get("Date"), datetime.now(UTC))
    if not reply.is_success:
        return [
            fail(name, f"/readyz answered {reply.status_code}: {reply.text[:200]}", "See why."),
            skew,
        ]
    return [_ready(name, url, reply.json().get("plugins", {})), skew]


def _ready(name: str, url: str, broken: Mapping[str, str]) -> Finding:
    if broken:
        told = "; ".join(f"{plugin}: {error}" for plugin, error in broken.items())
        return warn(name, f"{url} is ready, but not the plugin {told}", "Mend or remove it.")
    return ok(name, f"{url} is ready.")


def clock_difference(date: str | None, now: datetime) -> Finding:
    """Compare this clock with the one of a running gateway."""
    name = "its clock"
    try:
        theirs = parsedate_to_datetime(date or "")
    except ValueError:
        return warn(name, "It did not tell its time.", "Look at what stands in front of it.")
    apart = abs(now - theirs)
    if apart > CLOCK_SLACK:
        return fail(name, f"{apart.seconds} s apart from this one.", "Synchronise both clocks.")
    return ok(name, "It agrees with this one.")


def _sqlite_version(settings: Settings) -> list[Finding]:
    if settings.sqlite_path is None:
        return []
    return [sqlite_version(sqlite3.sqlite_version_info)]


def sqlite_version(version: tuple[int, ...]) -> Finding:
    """Judge the SQLite that Python was built with."""
    text = ".".join(map(str, version))
    if version >= SAFE_SQLITE:
        return ok("SQLite", f"Version {text}.")
    return warn(
        "SQLite",
        f"Version {text}: before 3.51.3 a second writing connection could damage the file. "
        "The gateway writes through one only.",
        "Open the file with no other program while the gateway runs, or update SQLite.",
    )


async def _database(settings: Settings) -> Finding:
    name, path = "database", settings.sqlite_path
    if path is not None and not path.exists():
        return _room_for(path)
    try:
        revision = await _revision(settings)
    except StoreLockedError:
        return ok(name, "A gateway is working on it at this moment.")
    except (StoreUnavailableError, DBAPIError, OSError, ValueError, ImportError) as error:
        fix = "Check GATEWAY_DATABASE_URL and that the database is up."
        return fail(name, _first_line(error), fix)
    if revision != newest():
        return warn(name, f"Revision {revision or 'none'}, newest {newest()}.", "`gateway migrate`")
    return ok(name, f"It can be written; revision {revision}.")


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


async def _revision(settings: Settings) -> str | None:
    """Ask inside a writing transaction, so that a read-only database shows."""
    store = open_store(settings.database_url)
    try:
        return await store.database.commit(current)
    finally:
        await store.database.aclose()


def _room_for(path: Path) -> Finding:
    folder = next(each for each in path.absolute().parents if each.exists())
    if not folder.stat().st_mode & stat.S_IWUSR:
        return fail(
            "database", f"{folder} may not be written.", "Give the gateway's user the folder."
        )
    return ok("database", f"None yet; {path} is made at the first start.")


def _keys(settings: Settings) -> Finding:
    name = "encryption keys"
    if settings.encryption_keys is not None:
        try:
            count = len(parse_keys(settings.encryption_keys.get_secret_value()))
        except EncryptionKeyError as error:
            return fail(name, f"{error}.", "Base64 of 32 bytes each: `openssl rand -base64 32`")
        return ok(name, f"{count} in GATEWAY_ENCRYPTION_KEYS.")
    path = settings.sqlite_path
    return _key_file(path.with_name(path.name + ".key")) if path else ok(name, "None.")


def _key_file(path: Path) -> Finding:
    name = "encryption keys"
    if not path.exists():
        return ok(name, f"None yet; {path} is made at the first start. Keep a copy of it.")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        return fail(name, f"{path} can be read by others.", f"chmod 600 {path}")
    return ok(name, f"{path}, for its owner only. Without a copy of it, backups are worthless.")


def _owner_key(settings: Settings) -> Finding:
    name, fix = "owner key", "Set GATEWAY_OWNER_KEY: `openssl rand -hex 32`"
    if settings.owner_key is None:
        return warn(name, "None is set: only keys made before open anything.", fix)
    if len(settings.owner_key.get_secret_value()) < SHORTEST_OWNER_KEY:
        return fail(name, f"It is shorter than {SHORTEST_OWNER_KEY} characters.", fix)
    return ok(name, "It is set.")


def _plugins(settings: Settings) -> Finding:
    return plugins_of(load(quiet_log(structlog), allowed=settings.plugins))


def plugins_of(registry: Registry) -> Finding:
    """Judge the plugins: a broken one is a warning, as the others work without it."""
    told = "; ".join(f"{plugin.name}: {plugin.error}" for plugin in registry.broken)
    if not registry.offers:
        fix = "Install one, or look at GATEWAY_PLUGINS."
        return fail("plugins", told or "None is loaded.", fix)
    if told:
        return warn("plugins", told, "Mend or remove it; the others work meanwhile.")
    return ok("plugins", f"Channel types: {', '.join(sorted(registry.offers))}.")


def _clock(now: datetime) -> Finding:
    """A clock behind the installation itself is surely wrong; callbacks would be refused."""
    installed = datetime.fromtimestamp(Path(gateway.__file__).stat().st_mtime, UTC)
    if now < installed:
        return fail("clock", f"It says {now:%Y-%m-%d %H:%M} UTC.", "Set and synchronise the clock.")
    return ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC.")


def _port(settings: Settings) -> Finding:
    try:
        listen(settings.host, settings.port).close()
    except PortTakenError as error:
        return warn("port", str(error), "If the gateway runs already, this is as it should be.")
    return ok("port", f"{settings.host}:{settings.port} is free.")


def _egress(allowed: Sequence[Network]) -> Finding:
    """Name what users' URLs may reach besides the public internet."""
    name, told = "egress", ", ".join(map(str, allowed))
    if not allowed:
        return ok(name, "URLs of users reach public addresses only.")
    if any(_dangerous(network) for network in allowed):
        fix = "List the few networks that are meant in GATEWAY_EGRESS_ALLOW."
        return warn(name, f"URLs of users may reach {told}.", fix)
    return ok(name, f"URLs of users may also reach {told}.")


def _dangerous(network: Network) -> bool:
    return network.prefixlen < WIDE_PREFIX or METADATA_HOST in network
