"""Knobs: the numbers in the expressions of strategies that scripts vary.

An arm is a strategy, such as "TopP(0.9)", or a decoder with a strategy, such as
"SMC(64) with TopP(0.9)". Without a strategy, a decoder uses the model alone.
"""

import ast
import dataclasses
import io
import math
import tokenize
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from strategy_expressions import decoder_of, names_decoder, strategy_of

from lstm_music_jax import Run, strategies
from lstm_music_jax.evaluation.comparison.arms import Arm, Knob

_WITH = " with "
_MODEL_ALONE = "Chain()"


def marked(
    text: str, loaded: Run, names: Mapping[str, Any], word: str
) -> tuple[list[tuple[Any, ...]], Callable[[float], strategies.Strategy]]:
    """Read an expression in which a call such as "sweep(0.5, 0.9)" marks a number.

    Args:
        text: the expression.
        loaded: the run that generates.
        names: what the names in an expression stand for, from `known_names`.
        word: the name of the call.

    Returns:
        The arguments of each call of `word`, in order; and a function that takes a
        number, and returns the strategy with this number in place of the calls.

    Raises:
        ValueError: the expression is wrong.
    """
    found: list[tuple[Any, ...]] = []

    def first(*values):
        numbers = all(type(value) in (int, float) for value in values)
        if not values or not numbers or not all(map(math.isfinite, values)):
            raise ValueError(f"{word} has {list(values)}; it takes finite numbers")
        found.append(values)
        return values[0]

    def with_value(value):
        return strategy_of(text, loaded, {**names, word: lambda *_: value})

    strategy_of(text, loaded, {**names, word: first})
    return found, with_value


def arm_of(
    text: str, loaded: Run, names: Mapping[str, Any], *, tuned: bool = False
) -> Arm:
    """Return the arm of an expression: its strategy, and the number that is tuned.

    This number, the knob, is marked by "knob(value, low, high)". It is a whole number
    if all three are written as such. Without a mark it is the only number of the
    strategy, if `tuned`; otherwise the arm has no knob.

    Args:
        text: the expression, such as "TopP(0.9)" or "DRY(knob(0.8, 0, 5), base=1.7)".
            A decoder may come before it, as in "SMC(64) with TopP(0.9)".
        loaded: the run that generates.
        names: what the names in an expression stand for, from `known_names`.
        tuned: whether the knob will be tuned, so that it must be clear which it is.

    Raises:
        ValueError: the expression is wrong, or its decoder holds a knob, or `tuned` and
            several numbers are not marked.
    """
    of_decoder, text = parted(text)
    if of_decoder is None and names_decoder(text, names):
        of_decoder, text = text, _MODEL_ALONE
    if of_decoder is None:
        return _arm_of(text, loaded, names, tuned)
    decoder = decoder_of(of_decoder, loaded, {**names, "knob": _refuse_knob})
    arm = _arm_of(text, loaded, names, tuned)
    prefix = _spelled(of_decoder) + _WITH
    return dataclasses.replace(
        arm,
        name=prefix + arm.name,
        decoder=decoder,
        written=arm.written and (lambda value: prefix + arm.written(value)),
    )


def _refuse_knob(*_):
    raise ValueError(
        "knob is in the decoder; it must be in the strategy, such as "
        "SMC(64) with TopP(knob(0.9, 0.1, 1))"
    )


def parted(text: str) -> tuple[str | None, str]:
    """Return the expressions of the decoder and of the strategy of an arm.

    The decoder is None if the text has no word "with".
    """
    text = text.strip()
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            # It is a word of Python, so no expression holds it outside a string.
            if (token.type, token.string) == (tokenize.NAME, "with"):
                lines = text.splitlines(keepends=True)
                row, column = token.start
                begin = sum(map(len, lines[: row - 1])) + column
                return text[:begin].strip(), text[begin + len("with") :].strip()
    except (tokenize.TokenError, SyntaxError):
        # What is wrong is said when the expression is read.
        pass
    return None, text


def _arm_of(text, loaded, names, tuned):
    """Return the arm of the expression of a strategy; see `arm_of`."""
    calls, with_value = marked(text, loaded, names, "knob")
    name = _spelled(text)
    if len(calls) > 1 or any(len(values) != 3 for values in calls):
        raise ValueError(
            f"strategy is {name!r}; it may hold knob once, with a value and the ends "
            "of its range, such as TopP(knob(0.9, 0.1, 1))"
        )
    if calls:
        knob = Knob.of_range(*calls[0])
        # The ends of the range must be allowed.
        for end in (knob.low, knob.high):
            with_value(end)
        written = partial(_written, name, _place_of_call(name))
        return Arm(name, with_value(knob.value), knob, with_value, written)
    numbers: list[tuple] = []

    def record(*number):
        numbers.append(number)
        return number[0]

    strategy = strategy_of(text, loaded, names, number_of=record)
    if tuned and len(numbers) > 1:
        value = numbers[0][0]
        raise ValueError(
            f"strategy is {name!r}, which has {len(numbers)} numbers; mark the one to "
            f"tune and its range, such as knob({value}, {value / 2:g}, {value * 2:g})"
        )
    if len(numbers) != 1 or not tuned:
        return Arm(name, strategy)

    def exchanged(value):
        return strategy_of(text, loaded, names, number_of=lambda *_: value)

    knob = Knob.of_field(*numbers[0])
    written = partial(_written, name, _place_of_number(name, knob.value))
    return Arm(name, strategy, knob, exchanged, written)


def _spelled(text):
    """Return an expression in the one way in which arms are named."""
    return ast.unparse(ast.parse(text, mode="eval"))


def _written(text, place, value):
    """Return the text of an expression with the number `value` at a place.

    `place` is where the replaced bytes begin and end.
    """
    begin, end = place
    # Python counts the bytes of the line.
    line = text.encode()
    return f"{line[:begin].decode()}{value:g}{line[end:].decode()}"


def _place_of_call(text):
    """Return where the call of `knob` begins and ends in a text, in bytes."""
    return next(
        (node.col_offset, node.end_col_offset)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and node.func.id == "knob"
    )


def _place_of_number(text, value):
    """Return where the number `value` begins and ends in a text, in bytes.

    Only numbers that are arguments of calls are considered.
    """
    arguments = (
        argument
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords))
    )
    return next(
        (node.col_offset, node.end_col_offset)
        for node in arguments
        if _is_number(node) and ast.literal_eval(node) == value
    )


def _is_number(node):
    """Return whether a node of a syntax tree is a number, which may have a sign."""
    operand = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(operand, ast.Constant) and type(operand.value) in (int, float)
