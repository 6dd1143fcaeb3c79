"""Takes a file in row by row: each is written, left as it is, or passed over with a reason."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from pydantic import ValidationError
from sqlalchemy import Connection

from gateway.people.sheets import Row, RowError
from gateway.problems import field_errors
from gateway.store import Store

A_COMMIT = 500
MOST_ERRORS = 100


@dataclass(slots=True)
class Imported:
    """What became of a file's rows; only the first errors are kept, all are counted."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0
    errors: list[RowError] = field(default_factory=list)

    def add(self, part: "Imported") -> None:
        """Count some more rows."""
        for name in ("rows", "created", "updated", "unchanged", "failed"):
            setattr(self, name, getattr(self, name) + getattr(part, name))
        self.errors += part.errors[: MOST_ERRORS - len(self.errors)]

    def refuse(self, errors: Sequence[RowError]) -> None:
        """Count one row that is passed over."""
        self.failed += 1
        self.errors += errors[:MOST_ERRORS]


Take = Callable[[Connection, Sequence[Row]], Imported]


async def run(
    store: Store, rows: Sequence[Row | RowError], take: Take, key: str, *, dry_run: bool
) -> Imported:
    """Take the rows in, some hundreds in a commit; a row that names another's `key` is refused."""
    report = Imported()
    good = list(_unrepeated(rows, key, report))
    for start in range(0, len(good), A_COMMIT):
        part = good[start : start + A_COMMIT]
        work = _work(take, part)
        report.add(await (store.read(work) if dry_run else store.write(work)))
    report.errors.sort(key=lambda error: error.line)
    return report


def problems_of(
    row: Row, error: ValidationError, columns: Mapping[str, str] = MappingProxyType({})
) -> list[RowError]:
    """Return what pydantic found, without the input; `columns` are those not named as fields."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    told = [(str(each["loc"][0]), each["message"]) for each in field_errors(found, [])]
    return [RowError(row.line, columns.get(name, name), message) for name, message in told]


def _work(take: Take, part: Sequence[Row]) -> Callable[[Connection], Imported]:
    return lambda connection: take(connection, part)


def _unrepeated(rows: Sequence[Row | RowError], key: str, report: Imported) -> Iterator[Row]:
    seen: dict[str, int] = {}
    for row in rows:
        report.rows += 1
        if isinstance(row, RowError):
            report.refuse([row])
        elif (first := seen.setdefault(row.cells[key], row.line)) != row.line:
            report.refuse([RowError(row.line, key, f"this is on line {first} already")])
        else:
            yield row
