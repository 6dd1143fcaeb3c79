import pytest

from gateway.template.variables import MOST_FAULTS, Misfit, SchemaError, declared, schema_of

TICKET = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "integer"}, "note": {"type": "string", "pattern": "^(a+)+$"}},
}


def test_data_that_does_not_fit_is_named_with_its_place() -> None:
    schema = schema_of(TICKET)
    assert schema is not None
    assert schema.misfits({"id": 1, "note": "aaa"}) == []
    assert schema.misfits({"id": "x"}) == [Misfit(("id",), '"x" is not of type "integer"')]
    assert "required" in schema.misfits({})[0].message


def test_an_empty_schema_judges_nothing() -> None:
    assert schema_of({}) is None


def test_a_pattern_takes_no_longer_for_data_that_is_made_to_hurt_it() -> None:
    schema = schema_of(TICKET)
    assert schema is not None
    assert len(schema.misfits({"id": 1, "note": "a" * 30_000 + "!"})) == 1


def test_the_first_few_misfits_are_enough() -> None:
    schema = schema_of({"additionalProperties": {"type": "string"}})
    assert schema is not None
    assert len(schema.misfits({str(n): n for n in range(1000)})) == MOST_FAULTS


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://evil.example/schema.json"},
        {"properties": {"a": {"$ref": "#"}}},
        {"properties": {"properties": {"$ref": "file:///etc/passwd"}}},
        {"$defs": {"a": {"$dynamicRef": "#a"}}},
        {"$schema": "https://evil.example/meta.json"},
        {"allOf": [{"items": {"$recursiveRef": "#"}}]},
        {"$id": "https://evil.example/"},
    ],
)
def test_a_schema_refers_to_nothing(schema: dict[str, object]) -> None:
    with pytest.raises(SchemaError, match="write the schema out"):
        schema_of(schema)


@pytest.mark.parametrize(
    ("schema", "loc"),
    [
        ({"type": "nonsense"}, ("type",)),
        ({"properties": {"a": {"pattern": "(?=b)"}}}, ("properties", "a", "pattern")),
        ({"properties": 3}, ("properties",)),
        ({"required": "id"}, ("required",)),
    ],
)
def test_what_is_no_schema_is_refused_with_its_place(
    schema: dict[str, object], loc: tuple[str, ...]
) -> None:
    with pytest.raises(SchemaError) as caught:
        schema_of(schema)
    assert caught.value.loc == loc


def test_a_schema_that_is_nested_without_end_is_refused() -> None:
    schema: dict[str, object] = {}
    for _ in range(5000):
        schema = {"not": schema}
    with pytest.raises(SchemaError, match="deeply"):
        schema_of(schema)


def test_a_schema_names_the_variables() -> None:
    assert declared(TICKET) == {"id", "note"}
    assert declared({"type": "object"}) is None
