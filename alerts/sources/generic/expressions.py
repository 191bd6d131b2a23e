"""JMESPath, bounded: whoever writes an expression may be wrong or unkind, and the worker goes on all the same.

JMESPath has no loops, but an expression of a few hundred characters can double a value at each step. So every step is
counted, what a step makes is weighed, and join(), which alone multiplies, is asked beforehand. `root()` is the whole
body, wherever an expression stands.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from jmespath import exceptions
from jmespath.functions import Functions, signature
from jmespath.parser import ParsedResult, Parser
from jmespath.visitor import Options, TreeInterpreter

LONGEST = 1000
# For all expressions of one body together, about a second's work.
MOST_STEPS = 500_000
# Of one value: characters, and one for each member of a list or an object. A body has half a million bytes.
HEAVIEST = 2_000_000
_MAKERS = frozenset(
    (
        "multi_select_list",
        "multi_select_dict",
        "flatten",
        "function_expression",
        "projection",
        "value_projection",
    )
)


class BadExpression(ValueError):
    """The expression cannot be read or evaluated. `position` counts characters from 1, 0 where none is to blame."""

    def __init__(self, reason: str, position: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.position = position


@dataclass(slots=True)
class Budget:
    """What evaluating may still cost. One is shared by all expressions of a body."""

    steps: int = MOST_STEPS
    weight: int = 8 * HEAVIEST


class _Own(Functions):  # type: ignore[misc]  # the library has no types
    """JMESPath's functions, and root()."""

    def __init__(self, root: object) -> None:
        self._root = root

    @signature()  # type: ignore[untyped-decorator]
    def _func_root(self) -> object:
        return self._root

    @signature({"types": ["string"]}, {"types": ["array-string"]})  # type: ignore[untyped-decorator]
    def _func_join(self, separator: str, array: list[str]) -> str:
        if len(separator) * len(array) + sum(map(len, array)) > HEAVIEST:
            raise BadExpression("The result is too large.")
        return separator.join(array)


class _Bounded(TreeInterpreter):  # type: ignore[misc]  # the same
    def __init__(self, root: object, budget: Budget) -> None:
        super().__init__(Options(custom_functions=_Own(root)))
        self._budget = budget

    def visit(self, node: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        self._budget.steps -= 1
        if self._budget.steps < 0:
            raise BadExpression("The expression takes too many steps for this body.")
        found = super().visit(node, *args, **kwargs)
        if node["type"] in _MAKERS:
            self._weigh(found)
        return found

    def _weigh(self, value: object) -> None:
        """What was made may weigh so much, and all that is made together a little more."""
        self._budget.weight -= weight(value, HEAVIEST)
        if self._budget.weight < 0:
            raise BadExpression("The result is too large.")


def weight(value: object, enough: int) -> int:
    """How large a value would be if it were written out; raises BadExpression beyond `enough`."""
    total, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        total += len(each) + 1 if isinstance(each, str | list | dict) else 1
        if total > enough:
            raise BadExpression("The result is too large.")
        if isinstance(each, list):
            waiting += each
        elif isinstance(each, dict):
            waiting += each.values()
    return total


@lru_cache(maxsize=512)
def compiled(expression: str) -> ParsedResult:
    """Read an expression; raises BadExpression with the position of what is wrong."""
    if len(expression) > LONGEST:
        raise BadExpression(f"An expression has at most {LONGEST} characters.")
    try:
        with warnings.catch_warnings():
            # `foo` for the text "foo" is an old way to write it, which works.
            warnings.simplefilter("ignore", PendingDeprecationWarning)
            return Parser().parse(expression)
    except exceptions.LexerError as error:
        place = int(error.lexer_position) + 1
        raise BadExpression(f"“{error.lexer_value}” is not understood.", place) from error
    except exceptions.IncompleteExpressionError as error:
        raise BadExpression("The expression ends too early.", len(expression) + 1) from error
    except exceptions.ParseError as error:
        place, token = int(error.lex_position) + 1, error.token_value
        reason = f"“{token}” is not expected." if token else "The expression ends too early."
        raise BadExpression(reason, place) from error
    except (exceptions.JMESPathError, ValueError) as error:
        raise BadExpression(f"The expression cannot be read: {str(error)[:200]}") from error
    except RecursionError as error:
        raise BadExpression("The expression is nested too deeply.") from error


def evaluated(expression: str, value: object, root: object, budget: Budget | None = None) -> Any:
    """What the expression finds in `value`; None for nothing. Raises BadExpression."""
    parsed = compiled(expression)
    try:
        return _Bounded(root, budget or Budget()).visit(parsed.parsed, value)
    except BadExpression:
        raise
    except exceptions.UnknownFunctionError as error:
        raise BadExpression(str(error)) from error
    except exceptions.JMESPathError as error:
        raise BadExpression(" ".join(str(error).split())[:300]) from error
    except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError) as error:
        # The library does not check everything that it hands to Python.
        raise BadExpression(f"The expression does not fit this body: {str(error)[:200]}") from error
    except RecursionError as error:
        raise BadExpression("The expression is nested too deeply.") from error


def is_true(value: object) -> bool:
    """As JMESPath sees it: nothing, false, and what is empty are not; zero is."""
    return not (value is None or value is False or value in ("", [], {}))
