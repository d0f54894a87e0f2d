"""Makes every `await` of the product a gate that can be told to fail.

The gates are put in by rewriting the code while it is imported, so that they are all there are, and no list of them can
go stale. To be installed before anything of the product is imported, in a process of its own.
"""

import ast
import builtins
import contextvars
import importlib.util
import inspect
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType
from typing import Any

_GATE = "_await_gate"
# Where a request of Slack's comes in: what happens from there on, and in tasks that it starts, is its path.
ENTRY = "bot.runtime.http:_Door.admit:"

_run: contextvars.ContextVar[int] = contextvars.ContextVar("run", default=0)


@dataclass
class Gates:
    """Notes which awaits the request of this run passes; raises `fault` at the one that is to fail, once.

    A gate that fails `after` has its work done, and its answer lost.
    """

    run: int = 0
    passed: dict[str, None] = field(default_factory=dict)
    failing: str = ""
    after: bool = False
    fault: Callable[[str], Exception] = RuntimeError

    def arm(self, failing: str = "", *, after: bool = False) -> None:
        """The next request is another run."""
        self.run += 1
        self.passed.clear()
        self.failing, self.after = failing, after

    async def __call__(self, awaitable: Any, site: str) -> Any:
        """What stands in the place of `await awaitable`."""
        is_failing = self._pass(site)
        if is_failing and not self.after:
            if inspect.iscoroutine(awaitable):
                awaitable.close()
            raise self.fault(site)
        result = None if awaitable is None else await awaitable
        if is_failing:
            raise self.fault(site)
        return result

    def _pass(self, site: str) -> bool:
        if site.startswith(ENTRY):
            _run.set(self.run)
        if _run.get() != self.run or not self.run:
            return False
        is_first = site not in self.passed
        self.passed[site] = None
        return is_first and site == self.failing


gates = Gates()


class _Rewriter(ast.NodeTransformer):
    def __init__(self, module: str) -> None:
        self._module = module
        self._names: list[str] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._inside(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._inside(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._inside(node)

    def visit_Await(self, node: ast.Await) -> ast.AST:
        self.generic_visit(node)
        return self._gate(node.value, node)

    def visit_AsyncWith(self, node: ast.AsyncWith) -> list[ast.AST]:
        return self._before(node)

    def visit_AsyncFor(self, node: ast.AsyncFor) -> list[ast.AST]:
        return self._before(node)

    def _before(self, node: ast.stmt) -> list[ast.AST]:
        self.generic_visit(node)
        gate = ast.copy_location(ast.Expr(self._gate(ast.Constant(None), node)), node)
        return [gate, node]

    def _inside(self, node: Any) -> ast.AST:
        self._names.append(node.name)
        self.generic_visit(node)
        self._names.pop()
        return node  # type: ignore[no-any-return]  # the node that came in

    def _gate(self, value: ast.expr, node: Any) -> ast.expr:
        site = f"{self._module}:{'.'.join(self._names)}:{node.lineno}:{node.col_offset}"
        call = ast.Call(ast.Name(_GATE, ast.Load()), [value, ast.Constant(site)], [])
        return ast.copy_location(ast.Await(call), node)


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> Any:
        """From the source, never from a cache of what was compiled without gates."""
        path = self.get_filename(fullname)
        tree = _Rewriter(fullname).visit(ast.parse(self.get_data(path), path))
        return compile(ast.fix_missing_locations(tree), path, "exec", dont_inherit=True)


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package = fullname.partition(".")[0]
        if package not in ("bot", "handlers") or fullname.startswith("bot.sandbox"):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or not isinstance(spec.loader, SourceFileLoader):
            return spec
        loader = _Loader(fullname, spec.loader.path)
        return importlib.util.spec_from_file_location(
            fullname, loader.path, loader=loader, submodule_search_locations=spec.submodule_search_locations
        )


def install() -> None:
    """From now on what is imported of the product has gates."""
    loaded = [it for it in sys.modules if it.partition(".")[0] in ("bot", "handlers")]
    if loaded:
        raise RuntimeError(f"imported too early: {loaded}")
    setattr(builtins, _GATE, gates)
    sys.meta_path.insert(0, _Finder())
