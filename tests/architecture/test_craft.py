"""Craft that tools can see: everything annotated and opened with a sentence; sizes are reported and fail nothing."""

import ast

import pytest

from tests.architecture.modules import functions, modules
from tests.architecture.sizes import SIZES, measure


def test_every_function_is_annotated() -> None:
    bare = [
        f"{module.where}:{function.lineno} {function.name}"
        for module in modules()
        for function in functions(module)
        if function.returns is None or any(argument.annotation is None for argument in _arguments(function))
    ]
    assert bare == []


def test_every_module_opens_with_a_sentence() -> None:
    silent = [module.where for module in modules() if module.text.strip() and not ast.get_docstring(module.tree)]
    assert silent == []


def test_sizes_are_reported(request: pytest.FixtureRequest) -> None:
    request.config.stash[SIZES] = report = measure()
    assert report


def _arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.arg]:
    given = function.args
    positional = [*given.posonlyargs, *given.args]
    if positional and positional[0].arg in {"self", "cls"}:
        del positional[0]
    return [*positional, *given.kwonlyargs, *(each for each in (given.vararg, given.kwarg) if each)]
