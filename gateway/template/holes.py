"""Texts with holes: Jinja's syntax, cut down to variables, `if`, `for` and a few filters.

Jinja parses a text and compiles it for its sandbox, but only once every node of the syntax tree
was found in a short list: no call, no arithmetic, no assignment, no attribute of anything but
data. What fills a hole is data: it is escaped for the place where the hole is.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, Undefined, nodes, pass_context
from jinja2.environment import Template
from jinja2.exceptions import TemplateError, UndefinedError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.template.filling import ESCAPED, ESCAPES, FILTERS, Filter, HoleError

MOST_NODES = 500
MOST_TURNS = 1000
"""Of all loops inside the texts of one card."""
MOST_WORK = 5_000_000
"""Characters and items that the filters of one card may look at."""
LONGEST = 20_000
DEEPEST = 8
_WORK = "_work"
_LOOP = frozenset({"index", "index0", "first", "last", "length"})
_IN_TARGET = re.compile(r"\]\(<?[^()\s]*\Z")
_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.For, nodes.Name),
    *(nodes.Getattr, nodes.Getitem, nodes.Const, nodes.Filter, nodes.Compare, nodes.Operand),
    *(nodes.And, nodes.Or, nodes.Not, nodes.CondExpr, nodes.List),
)


class Place(StrEnum):
    """Where a text stands, which decides what data could do there."""

    PLAIN = "plain"
    MARKDOWN = "markdown"
    ADDRESS = "address"


@dataclass(slots=True)
class Work:
    """What the texts of one card may still cost."""

    turns: int = MOST_TURNS
    units: int = MOST_WORK

    def turn(self, items: object) -> Sequence[Any]:
        """Return what a loop repeats over, and count its turns.

        Raises:
            HoleError: It is no list, or there are too many turns.
        """
        if isinstance(items, Undefined):
            raise _missing(items)
        if not isinstance(items, list):
            raise HoleError("only a list can be repeated over")
        self.turns -= len(items)
        if self.turns < 0:
            raise HoleError(f"the loops of a card have at most {MOST_TURNS} turns")
        return items

    def pay(self, value: object) -> None:
        """Count what a filter looks at or makes."""
        self.units -= len(value) if isinstance(value, str | list) else 1
        if self.units < 0:
            raise HoleError("this takes too long to fill")


@dataclass(frozen=True, slots=True)
class Text:
    """A text with holes, ready to be filled.

    Attributes:
        variables: What it takes from the data.
    """

    variables: frozenset[str]
    _template: Template
    _paths: Mapping[str, str] = field(default_factory=dict)

    def fill(self, data: Mapping[str, Any], work: Work) -> str:
        """Return the text with its holes filled.

        Raises:
            HoleError: The data lacks something, or cannot stand where it is wanted.
        """
        parts: list[str] = []
        room = LONGEST
        try:
            for part in self._template.generate({**data, _WORK: work}):
                room -= len(part)
                if room < 0:
                    raise HoleError(f"it becomes longer than {LONGEST} characters")
                parts.append(part)
        except TemplateError as error:
            raise self._told(error) from None
        except (TypeError, ValueError, RecursionError) as error:
            known = isinstance(error, HoleError)
            raise error if known else HoleError("the data does not fit here") from None
        return "".join(parts)

    def _told(self, error: TemplateError) -> HoleError:
        if not isinstance(error, UndefinedError):
            return HoleError(str(error))
        name = str(error)
        return HoleError(f"the data has no `{self._paths.get(name, name)}`")


@dataclass(frozen=True, slots=True)
class Condition:
    """What a part of a card depends on."""

    text: Text

    def holds(self, data: Mapping[str, Any], work: Work) -> bool:
        """Tell whether the part is shown."""
        return self.text.fill(data, work) == "1"


def has_holes(text: str) -> bool:
    """Tell whether there is anything to fill."""
    return "{{" in text or "{%" in text or "{#" in text


def text_of(source: str, place: Place) -> Text:
    """Compile a text.

    Raises:
        HoleError: Its syntax is wrong, or it uses what texts cannot.
    """
    tree = _parsed(source)
    names = _variables(tree)
    _escape(tree, place)
    code = _ENVIRONMENT.compile(tree)
    return Text(names, Template.from_code(_ENVIRONMENT, code, {}), _paths(tree))


def condition_of(source: str) -> Condition:
    """Compile the condition of a `$if`.

    Raises:
        HoleError: As `text_of`.
    """
    if "%}" in source:
        raise HoleError("a condition is one expression, such as `amount > 100`")
    return Condition(text_of(f"{{% if {source} %}}1{{% endif %}}", Place.PLAIN))


def _parsed(source: str) -> nodes.Template:
    if len(source) > LONGEST:
        raise HoleError(f"a text has at most {LONGEST} characters")
    try:
        tree = _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        raise HoleError(f"{error.message} (line {error.lineno})") from None
    except RecursionError:
        raise HoleError("it is nested too deeply") from None
    _check(tree)
    return tree


def _check(tree: nodes.Template) -> None:
    for count, (node, depth) in enumerate(_walk(tree, 0)):
        if count > MOST_NODES or depth > 2 * DEEPEST:
            raise HoleError("it is too intricate")
        _allow(node)


def _walk(node: nodes.Node, depth: int) -> Iterator[tuple[nodes.Node, int]]:
    yield node, depth
    if depth <= 2 * DEEPEST:
        for child in node.iter_child_nodes():
            yield from _walk(child, depth + 1)


def _allow(node: nodes.Node) -> None:
    if not isinstance(node, _ALLOWED):
        raise HoleError(f"texts know no {_WORDS.get(type(node), type(node).__name__.lower())}")
    match node:
        case nodes.Name(name=name) if name.startswith("_") or name == "self":
            raise HoleError(f"a variable cannot be called {name}")
        case nodes.For(target=target, test=test, recursive=recursive):
            if not isinstance(target, nodes.Name) or test is not None or recursive:
                raise HoleError("a loop is `for item in list`")
        case nodes.CondExpr(expr2=None):
            raise HoleError("`… if …` needs an `else`")
        case nodes.Filter():
            _allow_filter(node)


def _allow_filter(node: nodes.Filter) -> None:
    takes = FILTERS.get(node.name) or ESCAPED.get(node.name)
    if node.node is None or takes is None:
        known = ", ".join(sorted((*FILTERS, *ESCAPED)))
        raise HoleError(f"there is no filter {node.name}; there are {known}")
    named = node.kwargs or node.dyn_args or node.dyn_kwargs
    least, most = takes.arguments
    if named or not least <= len(node.args) <= most:
        raise HoleError(f"the filter {node.name} takes {takes.usage}")


def _variables(tree: nodes.Template) -> frozenset[str]:
    """Return what the text takes from the data: names that no loop of it makes."""
    made = {node.target.name for node in tree.find_all(nodes.For)}  # type: ignore[attr-defined]  # a Name, as checked
    used = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "load"}
    return frozenset(used - made - {"loop"})


def _paths(tree: nodes.Template) -> dict[str, str]:
    """Return how the text writes each attribute, to name it in full when it is missing."""
    return {node.attr: _path(node) for node in tree.find_all(nodes.Getattr)}


def _path(node: nodes.Node) -> str:
    match node:
        case nodes.Getattr(node=inner, attr=attr):
            return f"{_path(inner)}.{attr}"
        case nodes.Name(name=name):
            return str(name)
    return "…"


def _escape(tree: nodes.Template, place: Place) -> None:
    """Wrap what fills each hole for the place where it stands."""
    before = ""
    for output in list(tree.find_all(nodes.Output)):
        for at, node in enumerate(output.nodes):
            if isinstance(node, nodes.TemplateData):
                before += node.data
                continue
            output.nodes[at] = _escaped(node, place, before)
            before += "\ufffc"
    for loop in list(tree.find_all(nodes.For)):
        loop.iter = nodes.Filter(loop.iter, "_turn", [], [], None, None)


def _escaped(node: nodes.Expr, place: Place, before: str) -> nodes.Expr:
    if isinstance(node, nodes.Filter) and node.name in ESCAPED:
        if place is not Place.MARKDOWN:
            raise HoleError(f"the filter {node.name} is for the text of markdown blocks")
        return node
    return nodes.Filter(node, f"_{_escape_at(place, before)}", [], [], None, None)


def _escape_at(place: Place, before: str) -> str:
    if place is Place.PLAIN:
        return "text"
    if place is Place.ADDRESS:
        return "part" if before else "address"
    if before.endswith(("](", "](<")):
        return "address"
    return "part" if _IN_TARGET.search(before) else "markdown"


class _Missing(Undefined):
    """What the data does not have: false in a condition, an error in a hole."""

    @property
    def _undefined_message(self) -> str:
        return str(self._undefined_name)


def _missing(value: Undefined) -> TemplateError:
    return value._undefined_exception(str(value._undefined_name))  # noqa: SLF001 - jinja's way for subclasses


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, in which a dot and brackets reach data and nothing else."""

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - as jinja has it
        """Return a member of an object of the data."""
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return self.undefined(name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401 - as above
        """Return a member of an object, or an item of a list, of the data."""
        if isinstance(obj, list) and isinstance(argument, int):
            return obj[argument] if -len(obj) <= argument < len(obj) else _nothing(self, argument)
        if isinstance(obj, Mapping) and isinstance(argument, str):
            return self.getattr(obj, argument)
        return _nothing(self, argument)


def _nothing(environment: Environment, name: object) -> Undefined:
    return environment.undefined(name=str(name))


def _charged(filter_: Filter) -> Callable[..., Any]:
    """Let a filter count what it looks at; what is missing reaches only those that take it."""

    @pass_context
    def apply(context: Context, value: object, *args: object) -> object:
        if isinstance(value, Undefined):
            if not filter_.takes_missing:
                raise _missing(value)
            value = None
        work: Work = context[_WORK]
        work.pay(value)
        made = filter_.change(value, *args)
        work.pay(made)
        return made

    return apply


@pass_context
def _turn(context: Context, items: object) -> Sequence[Any]:
    work: Work = context[_WORK]
    return work.turn(items)


def _environment() -> _Environment:
    environment = _Environment(
        undefined=_Missing, optimized=False, cache_size=0, keep_trailing_newline=True
    )
    environment.globals = {}
    environment.tests = {}
    ours = {**FILTERS, **ESCAPED, **{f"_{name}": each for name, each in ESCAPES.items()}}
    environment.filters = {name: _charged(each) for name, each in ours.items()}
    environment.filters["_turn"] = _turn
    return environment


_WORDS: Mapping[type[nodes.Node], str] = {
    nodes.Call: "calls",
    nodes.Assign: "assignments",
    nodes.AssignBlock: "assignments",
    nodes.Concat: "joining with ~; put the holes beside each other",
    nodes.Test: "tests; `if name` is false where the data has no such name",
    **dict.fromkeys((nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.Pow), "arithmetic"),
}
_ENVIRONMENT = _environment()
