"""The OpenAPI document is complete, and schemathesis cannot make the API break it."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from gateway.api.app import BODIES
from gateway.api.docs import openapi
from gateway.problems import PROBLEMS
from tests.conftest import started
from tests.gateway.api.conftest import LARK_BODY, NOTIFY, OWNER_KEY, World, made
from tests.gateway.api.test_roles import OPEN, ROUTES

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    unsupported_method,
    ignored_auth,
]
# What is there, so that requests get further than 404.
KNOWN = {"tenant": "acme", "channel": "lark", "type": "lark", "user": "li"}
KNOWN |= {"rule": "dms", "topic": "dba"}
AUTHORIZATION = {"Authorization": f"Bearer {OWNER_KEY}"}


class Served(threading.Thread):
    """The API on a port of its own, in a thread with a loop of its own."""

    def __init__(self, folder: Path) -> None:
        super().__init__(name="served-api")
        self._folder = folder
        self._listening = threading.Event()
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        assert self._listening.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self.join(20)

    def run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        store = await started(f"sqlite:///{self._folder / 'gateway.db'}")
        async with made(store) as world:
            await fill(world)
            config = uvicorn.Config(world.app, port=0, log_config=None, lifespan="off")
            self._server = uvicorn.Server(config)
            config.load()
            self._server.lifespan = config.lifespan_class(config)
            await self._server.startup()
            port = self._server.servers[0].sockets[0].getsockname()[1]
            self.url = f"http://127.0.0.1:{port}"
            self._listening.set()
            await self._server.main_loop()
            await self._server.shutdown()
        await store.aclose()


async def fill(world: World) -> None:
    async with world.client() as owner:
        await owner.put("/v1/tenants/acme/channels/lark", json=LARK_BODY)
        await owner.put("/v1/tenants/acme/users/li", json={"display_name": "Li"})
        await owner.put("/v1/tenants/acme/topics/dba", json={"members": ["user:li"]})
        await owner.put("/v1/tenants/acme/rules/dms", json={"recipients": [{"topic": "dba"}]})
        await owner.post("/notify", json={**NOTIFY, "tenant": "acme"})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("served")) as thread:
        yield thread


@pytest.fixture(scope="module")
def document(served: Served) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{served.url}/openapi.json")


BOUNDED = settings(
    max_examples=5,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_no_generated_request_breaks_the_document(document: schemathesis.BaseSchema) -> None:
    # The stream of events never ends; its own tests read it.
    found = document.exclude(path="/v1/events").get_all_operations()
    operations = [result.ok() for result in found]
    assert len(operations) == len(ROUTES) - 1 + len(OPEN)
    for operation in operations:
        for mode in GenerationMode:
            attack(operation.as_strategy(generation_mode=mode))


def attack(cases: SearchStrategy[schemathesis.Case]) -> None:
    @BOUNDED
    @given(case=cases)
    def run(case: schemathesis.Case) -> None:
        if case.method != "DELETE":
            there = {name: KNOWN[name] for name in case.path_parameters if name in KNOWN}
            case.path_parameters.update(there)
        case.call_and_validate(headers=AUTHORIZATION, checks=CHECKS)

    try:
        run()
    except Unsatisfiable:
        return  # nothing about this operation can be wrong: it takes no input


def test_the_document_tells_of_keys_errors_and_bodies(world: World) -> None:
    document = openapi(world.app, BODIES)
    operations = [op for path in document["paths"].values() for op in path.values()]
    secured = [op for op in operations if op.get("security")]
    assert len(operations) - len(secured) == len(OPEN)
    assert all({"401", "403", "404", "422", "503"} <= set(op["responses"]) for op in secured)
    assert document["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"
    assert len({op["operationId"] for op in operations}) == len(operations)
    writing = [op for op in operations if "requestBody" in op]
    bodies = [body for op in writing for body in op["requestBody"]["content"].values()]
    assert all("example" in body for body in bodies)
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_every_status_of_a_code_is_one_the_contract_knows() -> None:
    known = {400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503}
    assert {kind.status for kind in PROBLEMS.values()} <= known
