"""Where a template would show nothing because a variable has no value: 'with .' is no way to say that nobody is known.

Whether a condition holds depends only on which variables have a value, so a template is gone through once for each way in
which they can: what is found is exact.
"""

from collections.abc import Iterator

from jinja2 import nodes

from contact_hub.context.template_grammar import Problem, both_sides


def gaps(tree: nodes.Template, there: frozenset[str]) -> Iterator[Problem]:
    """The gaps of a template of the grammar, where exactly these variables have a value."""
    return _gaps(tree.body, there)


def _gaps(parts: list[nodes.Node], there: frozenset[str]) -> Iterator[Problem]:
    for part in parts:
        if isinstance(part, nodes.If):
            yield from _gaps(_taken(part, there), there)
        elif isinstance(part, nodes.Output):
            for value in part.nodes:
                name = _missing(value, there)
                if name is not None:
                    yield _problem(value.lineno, name)


def _taken(node: nodes.If, there: frozenset[str]) -> list[nodes.Node]:
    branches: list[nodes.If] = [node, *node.elif_]
    return next((branch.body for branch in branches if _holds(branch.test, there)), node.else_)


def _missing(node: nodes.Node, there: frozenset[str]) -> str | None:
    """The variable whose lack makes a value empty; None for a value, and for a text that is empty as written."""
    if isinstance(node, nodes.Name):
        return None if node.name in there else node.name
    if (sides := both_sides(node)) is not None:
        return None if _holds(sides[0], there) else _missing(sides[1], there)
    if isinstance(node, nodes.CondExpr) and node.expr2 is not None:
        return _missing(node.expr1 if _holds(node.test, there) else node.expr2, there)
    return None


def _holds(node: nodes.Node, there: frozenset[str]) -> bool:
    if isinstance(node, nodes.Name):
        return node.name in there
    if isinstance(node, nodes.Not):
        return not _holds(node.node, there)
    if isinstance(node, nodes.And):
        return _holds(node.left, there) and _holds(node.right, there)
    if (sides := both_sides(node)) is not None:
        return any(_holds(side, there) for side in sides)
    if isinstance(node, nodes.CondExpr) and node.expr2 is not None:
        return _holds(node.expr1 if _holds(node.test, there) else node.expr2, there)
    return isinstance(node, nodes.Const) and bool(node.value)


def _problem(line: int, name: str) -> Problem:
    how = f"{{% if {name} %}} ... {{{{ {name} }}}} ... {{% endif %}}"
    return Problem(line, name, f"'{name}' may have no value: write {how}, or {{{{ {name} or 'something else' }}}}")
