"""The mutants of a module: mutmut's own mutations of the syntax tree, made one at a time.

Mutmut's runner is not used. It swaps functions behind a trampoline, which cannot be done for a decorated function, and
every rule is one: it would leave out the very lines that decide what is flagged, and all tables of a module besides.
Its operators are a library, though, and know nothing of that.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import libcst as cst
from libcst.helpers import get_full_name_for_node
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

# Calls whose arguments decide nothing that a test could see.
UNSEEN_CALLS = {
    "cast": "for the type checker",
    "TypeVar": "for the type checker",
    "isinstance": "mutmut leaves it alone: a changed type only raises",
    "len": "mutmut leaves it alone: a changed argument only raises",
}
# Keywords that state what holds anyway, or say how the work is done, not what comes of it.
UNSEEN_KEYWORDS = {
    "strict": "of zip: says that the lengths are equal, which they are",
    "zero_copy_only": "of Arrow: how, not what",
    "copy": "of pandas: how, not what",
    "stacklevel": "of warnings",
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Mutant:
    """One change of one place: where it is, which lines the place spans, and whether it runs at import.

    The text is made when it is first asked for: to make thousands takes minutes.
    """

    module: str
    path: Path
    first: int
    last: int
    at_import: bool
    whole: cst.Module
    node: cst.CSTNode
    other: cst.CSTNode

    @cached_property
    def text(self) -> str:
        """The whole module after the change."""
        return self.whole.deep_replace(self.node, self.other).code

    @cached_property
    def changes(self) -> tuple[str, str]:
        """The lines that go and the lines that come, each joined by a space, without what surrounds them."""
        lines = list(difflib.ndiff(self.whole.code.splitlines(), self.text.splitlines()))
        gone, come = (" ".join(line[2:].strip() for line in lines if line[0] == sign) for sign in "-+")
        return gone, come

    @property
    def place(self) -> str:
        """Such as `access/state.py:12`."""
        return f"{self.module.removeprefix('auditkit.').replace('.', '/')}.py:{self.first}"

    @property
    def is_one(self) -> bool:
        """Whether it is still Python, and another program than the original."""
        try:
            compile(self.text, "mutant", "exec", dont_inherit=True)
        except SyntaxError:
            return False
        return self.text != self.whole.code


def mutants(root: Path, path: Path) -> list[Mutant]:
    """Every mutant of a file; a few may prove not to be one."""
    wrapper = MetadataWrapper(cst.parse_module(path.read_text(encoding="utf-8")))
    places = _Places()
    wrapper.visit(places)
    spans = wrapper.resolve(PositionProvider)
    module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
    return [
        Mutant(
            module=module, path=path, first=spans[node].start.line, last=spans[node].end.line, at_import=at_import,
            whole=wrapper.module, node=node, other=other,
        )
        for node, at_import in places.found
        for other in _others(node)
    ]  # fmt: skip


def _others(node: cst.CSTNode) -> Iterable[cst.CSTNode]:
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            for other in operator(node):
                if not (isinstance(node, cst.Call) and isinstance(other, cst.Call) and _drops_unseen(node, other)):
                    yield other


def _drops_unseen(call: cst.Call, other: cst.Call) -> bool:
    kept = {id(argument) for argument in other.args}
    gone = [argument for argument in call.args if id(argument) not in kept]
    return any(argument.keyword is not None and argument.keyword.value in UNSEEN_KEYWORDS for argument in gone)


class _Places(cst.CSTVisitor):
    """The nodes that may be changed, each with whether its code runs when the module is imported."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[cst.CSTNode, bool]] = []
        # What runs only when it is called: a decorator and a default run when the function is made.
        self._bodies: set[cst.CSTNode] = set()
        self._depth = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _is_unseen(node):
            return False
        if isinstance(node, cst.FunctionDef | cst.Lambda):
            self._bodies.add(node.body)
        self._depth += node in self._bodies
        self.found.append((node, self._depth == 0))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        self._depth -= original_node in self._bodies


def _is_unseen(node: cst.CSTNode) -> bool:
    """Whether a node and all in it decide nothing when the program runs, or only whether it runs at all."""
    if isinstance(node, cst.Annotation | cst.Import | cst.ImportFrom):
        return True
    if isinstance(node, cst.Decorator):
        return _called(node.decorator) != "rule"
    if isinstance(node, cst.Arg):
        return node.keyword is not None and node.keyword.value in UNSEEN_KEYWORDS
    if isinstance(node, cst.Call):
        return _called(node) in UNSEEN_CALLS
    if isinstance(node, cst.If):
        return get_full_name_for_node(node.test) == "TYPE_CHECKING"
    if isinstance(node, cst.AnnAssign):
        return get_full_name_for_node(node.annotation.annotation) == "TypeAlias"
    if isinstance(node, cst.Assign):
        return get_full_name_for_node(node.targets[0].target) == "__all__"
    return False


def _called(node: cst.CSTNode) -> str | None:
    return get_full_name_for_node(node.func) if isinstance(node, cst.Call) else None
