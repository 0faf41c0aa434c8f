"""What a template may do: put in the variables of its case, and leave parts out where one of them has no value.

Nothing else of Jinja is allowed: no loops, no calls, no attributes. So a template that passes here ends, reaches nothing
but what it is given, and cannot fail when it is filled in.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from jinja2 import nodes

from contact_hub.context.cases import VARIABLES, Case

_MAX_DEPTH = 12
_SHOWN = 40  # characters of a name from the template that an error repeats
_KINDS = {
    "Call": "a call",
    "Getattr": "an attribute",
    "Getitem": "an item",
    "For": "a loop",
    "Assign": "`set`",
    "Compare": "a comparison",
    "Const": "a number, or a word like none,",
}


@dataclass(frozen=True, order=True)
class Problem:
    """What is wrong with a template: in which line, with which variable (empty: with no certain one), and what to do."""

    line: int
    variable: str
    message: str


def refused(case: Case, tree: nodes.Template) -> Iterator[Problem]:
    """What a template does that none may, and the variables that its case does not have."""
    return _Grammar(case).body(tree.body, 0)


def is_default(node: nodes.Node) -> TypeGuard[nodes.Filter]:
    """Whether an expression is ``...|default('...')``."""
    return (
        isinstance(node, nodes.Filter)
        and node.name == "default"
        and node.node is not None
        and len(node.args) == 1
        and not node.kwargs
        and node.dyn_args is None
        and node.dyn_kwargs is None
    )


def both_sides(node: nodes.Node) -> tuple[nodes.Expr, nodes.Expr] | None:
    """A value and what takes its place where it is empty: of ``this or that`` and of ``this|default(that)``."""
    if isinstance(node, nodes.Or):
        return node.left, node.right
    return (node.node, node.args[0]) if is_default(node) and node.node is not None else None


class _Grammar:
    def __init__(self, case: Case) -> None:
        self._case, self._variables = case, VARIABLES[case]

    def body(self, parts: list[nodes.Node], depth: int) -> Iterator[Problem]:
        for part in parts:
            if depth > _MAX_DEPTH:
                yield _too_deep(part)
            elif isinstance(part, nodes.If):
                yield from self._if(part, depth)
            elif isinstance(part, nodes.Output):
                for value in part.nodes:
                    yield from self._value(value, depth + 1)
            else:
                yield _refused(part)

    def _if(self, node: nodes.If, depth: int) -> Iterator[Problem]:
        branches: list[nodes.If] = [node, *node.elif_]
        for branch in branches:
            yield from self._condition(branch.test, depth + 1)
            yield from self.body(branch.body, depth + 1)
        yield from self.body(node.else_, depth + 1)

    def _condition(self, node: nodes.Node, depth: int) -> Iterator[Problem]:
        if depth > _MAX_DEPTH:
            yield _too_deep(node)
        elif isinstance(node, nodes.Name):
            yield from self._named(node)
        elif isinstance(node, nodes.Not):
            yield from self._condition(node.node, depth + 1)
        elif isinstance(node, nodes.And | nodes.Or):
            yield from self._condition(node.left, depth + 1)
            yield from self._condition(node.right, depth + 1)
        else:
            yield _refused(node)

    def _value(self, node: nodes.Node, depth: int) -> Iterator[Problem]:
        if depth > _MAX_DEPTH:
            yield _too_deep(node)
        elif isinstance(node, nodes.Name):
            yield from self._named(node)
        elif (sides := both_sides(node)) is not None:
            for side in sides:
                yield from self._value(side, depth + 1)
        elif isinstance(node, nodes.CondExpr) and node.expr2 is not None:
            yield from self._condition(node.test, depth + 1)
            yield from self._value(node.expr1, depth + 1)
            yield from self._value(node.expr2, depth + 1)
        elif not isinstance(node, nodes.TemplateData) and not (isinstance(node, nodes.Const) and isinstance(node.value, str)):
            yield _refused(node)

    def _named(self, node: nodes.Name) -> Iterator[Problem]:
        if node.name not in self._variables.all:
            name, listed = node.name[:_SHOWN], ", ".join(sorted(self._variables.all))
            yield Problem(node.lineno, name, f"'{self._case}' has no variable '{name}'; it has {listed}")


def _too_deep(node: nodes.Node) -> Problem:
    return Problem(node.lineno, "", "too much is nested in it")


def _refused(node: nodes.Node) -> Problem:
    kind = type(node).__name__
    if isinstance(node, nodes.Filter):
        return Problem(node.lineno, "", f"the filter '{node.name[:_SHOWN]}' cannot be used so; there is default('...')")
    if isinstance(node, nodes.CondExpr):
        return Problem(node.lineno, "", "an `if` inside braces needs an `else`")
    return Problem(
        node.lineno,
        "",
        f"{_KINDS.get(kind, f'`{kind.lower()}`')} cannot be used; there are variables, `if` and texts in quotes",
    )
