"""Cards with holes, and what data makes of them: pure.

A template's card is a card's JSON whose texts may have holes. An element of `blocks`, `fields` or
`actions` may also say `"$for": "item in items"`, to be there once for each, and `"$if"`, to be
there only where a condition holds.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import ValidationError

from gateway.card import Card
from gateway.problems import place_in_body
from gateway.template.filling import HoleError
from gateway.template.holes import Condition, Place, Text, Work, condition_of, has_holes, text_of

Loc = tuple[str | int, ...]
T = TypeVar("T")
MOST_BYTES = 64 * 1024
"""Of a card with holes, and of the data that fills it, as JSON."""
MOST_HOLES = 300
MOST_ELEMENTS = 1000
REPEATED = frozenset({"blocks", "fields", "actions"})
FIXED = frozenset({"type", "kind"})
ADDRESSES = frozenset({"url", "link"})
FOR, IF = "$for", "$if"
_EACH = re.compile(
    r"\s*([A-Za-z]\w{0,63})\s+in\s+([A-Za-z]\w{0,63}(?:\.\w{1,64}){0,8})\s*", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a card with holes, or with the data for it, and where in the card."""

    loc: Loc
    message: str
    type: str = "template_error"


class TemplateFaultError(Exception):
    """A card with holes is wrong, or the data does not make a card of it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(faults[0].message)
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class _Each:
    """Says for which list of the data an element is repeated."""

    name: str
    path: tuple[str, ...]

    def items(self, data: Mapping[str, Any]) -> Sequence[Any]:
        found: Any = data
        for step in self.path:
            if not isinstance(found, Mapping) or step not in found:
                raise HoleError(f"the data has no `{'.'.join(self.path)}`")
            found = found[step]
        if not isinstance(found, list):
            raise HoleError(f"`{'.'.join(self.path)}` is no list")
        return found


@dataclass(frozen=True, slots=True)
class _Element:
    """An object among others, there as often as the data says."""

    body: Mapping[str, Any]
    each: _Each | None
    condition: Condition | None


@dataclass(frozen=True, slots=True)
class CardText:
    """A card with holes, ready to be filled.

    Attributes:
        variables: What it takes from the data, each with the place where it is named first.
    """

    variables: Mapping[str, Loc]
    _root: Mapping[str, Any]

    def fill(self, data: Mapping[str, Any]) -> Card:
        """Return the card that the data makes.

        Raises:
            TemplateFaultError: It does not make one.
        """
        filling = _Filling(Work())
        try:
            value = filling.fill(self._root, data, (), ())
            return Card.model_validate(value)
        except ValidationError as error:
            raise TemplateFaultError(list(_refused(error, filling.origins))) from None


def card_text(card: Mapping[str, Any]) -> CardText:
    """Compile a card with holes.

    Raises:
        TemplateFaultError: It is no card, or a text of it is wrong.
    """
    if len(json.dumps(card, ensure_ascii=False).encode(errors="replace")) > MOST_BYTES:
        raise TemplateFaultError([Fault((), f"a card with holes has at most {MOST_BYTES} bytes")])
    reading = _Reading()
    root = reading.read(card, (), inside="")
    faults = reading.faults or list(_misshapen(card))
    if faults:
        raise TemplateFaultError(faults)
    return CardText(reading.variables, root)


@dataclass(slots=True)
class _Reading:
    """Goes through a card once, and keeps what is wrong with it."""

    faults: list[Fault] = field(default_factory=list)
    variables: dict[str, Loc] = field(default_factory=dict)
    _holes: int = 0

    def read(self, value: Any, loc: Loc, *, inside: str, own: frozenset[str] = frozenset()) -> Any:  # noqa: ANN401 - any JSON
        """Return a part of the card, compiled; `own` are the names that loops around it make."""
        match value:
            case str() if has_holes(value):
                return self._text(value, loc, inside, own)
            case Mapping():
                return self._object(value, loc, inside, own)
            case list() | tuple():
                read = self._element if inside in REPEATED and "value" not in loc else self._item
                return [read(each, (*loc, at), inside, own) for at, each in enumerate(value)]
        return value

    def _item(self, value: object, loc: Loc, inside: str, own: frozenset[str]) -> object:
        return self.read(value, loc, inside=inside, own=own)

    def _object(
        self, value: Mapping[str, Any], loc: Loc, inside: str, own: frozenset[str]
    ) -> dict[str, Any]:
        place = "markdown" if value.get("type") == "markdown" else inside
        read = {}
        for name, each in value.items():
            if has_holes(name):
                self._fault((*loc, name), "a hole is in a text, not in the name of a field")
            context = f"{place}.text" if name == "text" else name
            read[name] = self.read(each, (*loc, name), inside=context, own=own)
        return read

    def _element(self, value: object, loc: Loc, inside: str, own: frozenset[str]) -> object:
        if not isinstance(value, Mapping):
            return self._item(value, loc, inside, own)
        body = {name: each for name, each in value.items() if name not in (FOR, IF)}
        each = self._each(value.get(FOR), (*loc, FOR), own) if FOR in value else None
        mine = own | {each.name} if each else own
        condition = self._condition(value.get(IF), (*loc, IF), mine) if IF in value else None
        read = self._object(body, loc, inside, mine)
        return _Element(read, each, condition) if each or condition else read

    def _each(self, source: object, loc: Loc, own: frozenset[str]) -> _Each | None:
        found = _EACH.fullmatch(source) if isinstance(source, str) else None
        if found is None:
            self._fault(loc, "a repetition is written `item in items`")
            return None
        path = tuple(found[2].split("."))
        self._uses(frozenset(path[:1]) - own, loc)
        return _Each(found[1], path)

    def _condition(self, source: object, loc: Loc, own: frozenset[str]) -> Condition | None:
        try:
            condition = condition_of(source if isinstance(source, str) else "")
        except HoleError as error:
            self._fault(loc, str(error))
            return None
        self._uses(condition.text.variables - own, loc)
        return condition

    def _text(self, source: str, loc: Loc, inside: str, own: frozenset[str]) -> Text | None:
        self._holes += 1
        if self._holes > MOST_HOLES:
            self._fault(loc, f"a card has at most {MOST_HOLES} texts with holes")
            return None
        if loc[-1] in FIXED and "value" not in loc:
            self._fault(loc, "what a part of a card is has to be written out")
            return None
        try:
            text = text_of(source, _place(inside, loc))
        except HoleError as error:
            self._fault(loc, str(error))
            return None
        self._uses(text.variables - own, loc)
        return text

    def _uses(self, names: frozenset[str], loc: Loc) -> None:
        for name in names:
            self.variables.setdefault(name, loc)

    def _fault(self, loc: Loc, message: str) -> None:
        self.faults.append(Fault(loc, message))


def _place(inside: str, loc: Loc) -> Place:
    if "value" in loc[:-1]:  # what a button brings back is the application's own
        return Place.PLAIN
    if inside == "markdown.text":
        return Place.MARKDOWN
    return Place.ADDRESS if loc[-1] in ADDRESSES else Place.PLAIN


@dataclass(slots=True)
class _Filling:
    """Fills a card once, and keeps from which element of the template each element comes."""

    work: Work
    origins: dict[Loc, Loc] = field(default_factory=dict)
    _elements: int = 0

    def fill(self, node: Any, data: Mapping[str, Any], source: Loc, target: Loc) -> Any:  # noqa: ANN401 - any JSON
        """Return a part of the card; `source` is where the template has it, `target` the card."""
        match node:
            case Text():
                return self._try(lambda: node.fill(data, self.work), source)
            case Mapping():
                return {
                    name: self.fill(each, data, (*source, name), (*target, name))
                    for name, each in node.items()
                }
            case list():
                return list(self._elements_of(node, data, source, target))
        return node

    def _elements_of(
        self, nodes: Sequence[Any], data: Mapping[str, Any], source: Loc, target: Loc
    ) -> Iterator[Any]:
        made = 0
        for at, node in enumerate(nodes):
            body = node.body if isinstance(node, _Element) else node
            for scope in self._scopes(node, data, (*source, at)):
                here = (*target, made)
                self.origins[here] = (*source, at)
                yield self.fill(body, scope, (*source, at), here)
                made += 1

    def _scopes(self, node: Any, data: Mapping[str, Any], loc: Loc) -> Iterator[Mapping[str, Any]]:  # noqa: ANN401 - any JSON
        """Yield the data for each time that an element is there."""
        if not isinstance(node, _Element):
            yield data
            return
        for scope in self._repeated(node.each, data, loc):
            self._elements += 1
            if self._elements > MOST_ELEMENTS:
                raise _faulty((*loc, FOR), f"it repeats more than {MOST_ELEMENTS} parts")
            if self._shown(node.condition, scope, loc):
                yield scope

    def _repeated(
        self, each: _Each | None, data: Mapping[str, Any], loc: Loc
    ) -> Iterator[Mapping[str, Any]]:
        if each is None:
            yield data
            return
        for item in self._try(lambda: each.items(data), (*loc, FOR)):
            yield {**data, each.name: item}

    def _shown(self, condition: Condition | None, data: Mapping[str, Any], loc: Loc) -> bool:
        if condition is None:
            return True
        return self._try(lambda: condition.holds(data, self.work), (*loc, IF))

    def _try(self, do: Callable[[], T], loc: Loc) -> T:
        try:
            return do()
        except HoleError as error:
            raise _faulty(loc, str(error)) from None


def _faulty(loc: Loc, message: str) -> TemplateFaultError:
    return TemplateFaultError([Fault(loc, message)])


def _misshapen(card: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield what keeps this from being a card, whatever fills its holes."""
    try:
        Card.model_validate(_without_marks(card, ""))
    except ValidationError as error:
        for found in error.errors(include_url=False, include_context=False):
            open_ = isinstance(found["input"], str) and has_holes(found["input"])
            if not open_ or found["type"].endswith("_type"):
                yield Fault(
                    tuple(place_in_body(found["loc"])), _sentence(found["msg"]), found["type"]
                )


def _without_marks(value: Any, inside: str) -> Any:  # noqa: ANN401 - any JSON
    """Return the card without what is said about its elements, as if each were there once."""
    match value:
        case Mapping():
            marks = (FOR, IF) if inside in REPEATED else ()
            return {n: _without_marks(v, n) for n, v in value.items() if n not in marks}
        case list() | tuple():
            return [_without_marks(each, inside) for each in value]
    return value


def _refused(error: ValidationError, origins: Mapping[Loc, Loc]) -> Iterator[Fault]:
    """Yield what the filled card is refused for, at its place in the template."""
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        loc = tuple(place_in_body(found["loc"]))
        yield Fault(_origin(loc, origins), _sentence(found["msg"]), found["type"])


def _origin(loc: Loc, origins: Mapping[Loc, Loc]) -> Loc:
    for end in range(len(loc), 0, -1):
        if loc[:end] in origins:
            return (*origins[loc[:end]], *loc[end:])
    return loc


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")
