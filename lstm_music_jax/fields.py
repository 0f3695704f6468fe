"""Functions that declare the fields of a `Checked` class, with type and bounds.

    class TopP(Strategy):
        p: Number = number(above=0, at_most=1)

A `Checked` class is a frozen dataclass whose instances are PyTrees. The numbers and ids
of an instance are checked and cast when it is made. Other values, such as models, are
stored as they are. Most fields are leaves of the PyTree. The others are static: a new
value compiles a new program.

A sweep runs several settings of a strategy, that is, several values of its numbers. So
a number may also be an array with one number per setting.
"""

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from operator import index
from typing import Any, Literal

import jax
import numpy as np

from lstm_music_jax.types import Array, Float, Int

# The types of fields: the values that a user may give, and those an instance holds.
Number = float | np.floating | Float[np.ndarray, "..."] | Float[Array, "..."]
Numbers = Sequence[float] | Float[np.ndarray, "... _"] | Float[Array, "... _"]
Integer = int | np.integer | Int[np.ndarray, "..."] | Int[Array, "..."]
Sequences = Sequence[Sequence[int]]
Integers = Sequence[int] | Int[np.ndarray, "... _"] | Int[Array, "... _"]

_LARGEST = int(np.iinfo(np.int32).max)
_LONGEST_TEXT = 80


@dataclasses.dataclass(frozen=True)
class Bounds:
    """The bounds that a number must be within, and words for the error.

    Attributes:
        above: the number must be greater than this; None for no such bound.
        at_least: the number must be this or greater; None for no such bound.
        below: the number must be less than this; None for no such bound.
        at_most: the number must be this or less; None for no such bound.
        hint: words that follow the bounds in the error, such as the unit.
        instead: the last words of the error, which say what to use in place of a
            refused value. For example, "(0: Greedy)" means `Greedy` in place of 0.
    """

    above: float | None = None
    at_least: float | None = None
    below: float | None = None
    at_most: float | None = None
    hint: str = ""
    instead: str = ""

    def hold(self, values: np.ndarray) -> bool:
        """Return whether all values are within the bounds."""
        return bool(
            (self.above is None or np.all(values > self.above))
            and (self.at_least is None or np.all(values >= self.at_least))
            and (self.below is None or np.all(values < self.below))
            and (self.at_most is None or np.all(values <= self.at_most))
        )

    def __str__(self) -> str:
        """Return the bounds in words, such as "in (0, 1]" or "above 0 bits"."""
        return f"{self._limits()} {self.instead}".strip()

    def _limits(self):
        low = self.at_least if self.above is None else self.above
        high = self.at_most if self.below is None else self.below
        hint = f" {self.hint}" if self.hint else ""
        if low is not None and high is not None:
            left = "[" if self.above is None else "("
            right = "]" if self.below is None else ")"
            return f"in {left}{low}, {high}{right}{hint}"
        if low is not None:
            above = self.above is not None
            return f"above {low}{hint}" if above else f"{low}{hint} or more"
        if high is not None:
            below = self.below is not None
            return f"below {high}{hint}" if below else f"{high}{hint} or less"
        return ""

    def within_int32(self) -> "Bounds":
        """Return these bounds, with the limits of int32 where a bound is missing."""
        bounds = self
        if self.above is None and self.at_least is None:
            bounds = dataclasses.replace(bounds, at_least=-_LARGEST - 1)
        if self.below is None and self.at_most is None:
            bounds = dataclasses.replace(bounds, at_most=_LARGEST)
        return bounds


def number(*, default: Any = dataclasses.MISSING, **bounds: Any) -> Any:
    """Declare a field that holds a finite number; it is a float32 leaf.

    Args:
        default: the value if the argument is left out. Without a default, the argument
            must be given.
        bounds: optionally `above` or `at_least`, and `below` or `at_most`. Two more
            arguments are words for the error: `hint`, such as the unit, follows the
            bounds, and `instead` ends the sentence.
    """
    return _leaf("a finite number", np.float32, bounds, default)


def integer(*, default: Any = dataclasses.MISSING, **bounds: Any) -> Any:
    """Declare a field that holds a whole number, an int32 leaf; see `number`."""
    return _leaf("a whole number", np.int32, bounds, default)


def numbers(*, default: Any = dataclasses.MISSING, **bounds: Any) -> Any:
    """Declare a field that holds a row of numbers, a float32 leaf; see `number`.

    The numbers must be finite. With `below=np.inf`, -inf is allowed too.
    """
    kind = "one or more numbers"
    if bounds.get("below") != np.inf:
        kind = "one or more finite numbers"
    return _leaf(kind, np.float32, bounds, default, 1)


def integers(
    *,
    default: Any = dataclasses.MISSING,
    fewest: int = 1,
    pad_to: int = 0,
    **bounds: Any,
) -> Any:
    """Declare a field that holds a row of whole numbers; it is an int32 leaf.

    Args:
        default: as for `number`.
        fewest: the smallest length of the row, 0 or 1.
        pad_to: a shorter row is filled to this length by repeats of its last entry, so
            that rows of several lengths can be stacked for a sweep. An empty row stays
            empty.
        bounds: the bounds of each entry, as for `number`.
    """
    kind = "one or more whole numbers" if fewest else "whole numbers"
    return _leaf(kind, np.int32, bounds, default, fewest, pad_to)


def ids(*, default: Any = dataclasses.MISSING, fewest: int = 1) -> Any:
    """Declare a field that holds a row of symbol ids, an int32 leaf; see `integers`.

    `generate` refuses an id that is not in the model's vocabulary. In a text that
    `read_strategy` reads, such as "Forbid(['C4'])", a symbol may stand for its id.
    """
    field = integers(default=default, fewest=fewest, at_least=0)
    metadata = field.metadata | {"ids": True}
    return dataclasses.field(metadata=metadata, default=default)


def one_id() -> Any:
    """Declare a field that holds one symbol id, an int32 leaf; see `ids`."""
    field = integer(at_least=0)
    return dataclasses.field(metadata=field.metadata | {"ids": True})


def size(*, default: Any = dataclasses.MISSING, **bounds: Any) -> Any:
    """Declare a field that holds a whole number that fixes shapes; it is static.

    Changing it compiles a new program, so it cannot be swept. Arguments are those of
    `number`.
    """
    limits = Bounds(**bounds)
    cast = partial(_cast_size, limits)
    metadata = {"cast": cast, "static": True, "bounds": limits, "whole": True}
    return dataclasses.field(metadata=metadata, default=default)


def flag(*, default: bool, kw_only: bool = False) -> Any:
    """Declare a static field that holds True or False.

    Args:
        default: the value if the argument is left out.
        kw_only: whether the argument must be given by its name.
    """
    metadata = {"cast": _cast_flag, "static": True}
    return dataclasses.field(metadata=metadata, default=default, kw_only=kw_only)


def sequences() -> Any:
    """Declare a field that holds one or more sequences of symbol ids, of any lengths.

    Ids are 0 or more, and no sequence may be empty. The field is static, so changing it
    compiles a new program. In a text that `read_strategy` reads, a symbol may stand for
    its id.
    """
    cast = partial(_cast_sequences, Bounds(at_least=0))
    metadata = {"cast": cast, "static": True, "ids": True}
    return dataclasses.field(metadata=metadata)


def tree() -> Any:
    """Declare a field that holds a PyTree, such as a model, and stores it unchanged.

    In place of the PyTree, `repr` shows the name of the field.
    """
    return dataclasses.field(repr=False)


def derived(
    make: Callable[[Any], Any], *, shared: bool = False, init: Literal[False] = False
) -> Any:
    """Declare a leaf, such as a mask, that `make(instance)` computes from other fields.

    Args:
        make: computes the leaf, or a PyTree of leaves.
        shared: whether all settings of a sweep share the leaf, as they share a `table`.
            The leaf must then depend on static fields and tables alone.
        init: always False, because the leaf is not an argument of the class.
    """
    metadata = {"make": make, "shared": shared}
    return dataclasses.field(init=init, repr=False, metadata=metadata)


def table() -> Any:
    """Declare a field that holds a large PyTree, such as an index of a corpus.

    It is not a hyperparameter: all settings of a sweep share one table, so it is never
    stacked or copied. `repr` shows the name of the argument instead of the table.
    """
    return dataclasses.field(repr=False, metadata={"shared": True})


def refusal(owner: str, name: str, value: Any, allowed: str) -> ValueError:
    """Return the error that names an argument, its value and what is allowed.

    Args:
        owner: the name of the class.
        name: the name of the argument.
        value: the value that was given.
        allowed: what the argument must be, in words.
    """
    text = " ".join(str(value).split())
    if len(text) > _LONGEST_TEXT:
        text = text[:_LONGEST_TEXT] + "..."
    return ValueError(f"{name} of {owner} is {text}; it must be {allowed}")


def written(value: Any, pad_to: int = 0) -> str:
    """Return the Python expression that evaluates to the value of a field.

    A float32 is written with the fewest digits that no other float32 shares.

    Args:
        value: the value.
        pad_to: the length to which the field fills a row with repeats of the last
            entry; the repeats are left out. 0 if the field fills no rows.
    """
    if isinstance(value, jax.core.Tracer) or not hasattr(value, "dtype"):
        return repr(value)
    if np.ndim(value) == 1 and len(value) == pad_to:
        changes = np.flatnonzero(np.diff(value))
        value = value[: changes.max(initial=-1) + 2]
    if np.ndim(value):
        return f"[{', '.join(map(written, np.asarray(value)))}]"
    text = str(np.asarray(value)[()])
    return f"float('{text}')" if text.endswith("inf") else text


def _leaf(kind, dtype, bounds, default, fewest=None, pad_to=0):
    limits = Bounds(**bounds)
    cast = partial(_cast_leaf, kind, dtype, limits, fewest, pad_to)
    rank = 0 if fewest is None else 1
    metadata = {
        "cast": cast,
        "pad_to": pad_to,
        "rank": rank,
        "bounds": limits,
        "whole": dtype is np.int32,
    }
    return dataclasses.field(metadata=metadata, default=default)


def _cast_leaf(kind, dtype, bounds, fewest, pad_to, owner, name, value):
    """Return a value as an array of a leaf's type, or raise ValueError.

    Args:
        kind: what the value must be, in words for the error.
        dtype: the type of the leaf, float32 or int32.
        bounds: the bounds of the number, or of each entry of the row.
        fewest: the smallest length of a row; None for a single number.
        pad_to: a shorter row is filled to this length; 0 for no filling.
        owner: the name of the class, for the error.
        name: the name of the field, for the error.
        value: the value that was given.
    """
    try:
        given = np.asarray(value)
    except jax.errors.TracerArrayConversionError:
        raise _traced(owner, name) from None
    except ValueError:  # rows of unequal lengths
        given = np.asarray(None)
    if given.size == 0 == fewest:
        given = given.astype(dtype)
    whole = dtype is np.int32
    fits = given.dtype.kind in ("iu" if whole else "iuf")
    fits = fits and given.size >= (1 if fewest is None else fewest)
    fits = fits and (fewest is None or given.ndim > 0)
    if fits and whole and np.any((given > _LARGEST) | (given < -_LARGEST - 1)):
        # The cast to int32 would change the number.
        fits, bounds = False, bounds.within_int32()
    # The float32 is checked, because a tiny number may become 0, and a huge one inf.
    with np.errstate(over="ignore"):
        leaf = given.astype(dtype) if fits else given
    finite = bounds.below == np.inf or bool(fits and np.all(np.isfinite(leaf)))
    if not fits or not finite or not bounds.hold(leaf):
        raise refusal(owner, name, value, _allowed(kind, bounds))
    missing = pad_to - leaf.shape[-1] if pad_to else 0
    if missing > 0:
        leaf = np.concatenate([leaf, leaf[..., -1:].repeat(missing, -1)], -1)
    return leaf[()]


def _cast_size(bounds, owner, name, value):
    try:
        given = index(value)
    except jax.errors.TracerIntegerConversionError:
        raise _traced(owner, name) from None
    except TypeError:
        given = None
    if given is not None and given > _LARGEST:
        bounds = bounds.within_int32()
    if given is None or not bounds.hold(np.asarray(given)):
        raise refusal(owner, name, value, _allowed("a whole number", bounds))
    return given


def _cast_flag(owner, name, value):
    if not isinstance(value, bool | np.bool_):
        raise refusal(owner, name, value, "True or False")
    return bool(value)


def _traced(owner, name):
    return ValueError(
        f"{name} of {owner} is traced, so it cannot be checked; make the {owner} "
        "outside of the function that jit, grad or vmap traces, and pass it in"
    )


def _cast_sequences(bounds, owner, name, value):
    try:
        rows = [np.asarray(row) for row in value]
    except (TypeError, ValueError):  # not a sequence, or one of sequences of sequences
        rows = []
    if any(row.dtype.kind in "iu" and np.any(row > _LARGEST) for row in rows):
        bounds = bounds.within_int32()
    if not rows or not all(
        row.ndim == 1 and row.size and row.dtype.kind in "iu" and bounds.hold(row)
        for row in rows
    ):
        kind = "one or more sequences of one or more whole numbers"
        raise refusal(owner, name, value, _allowed(kind, bounds))
    return tuple(tuple(row.tolist()) for row in rows)


def _allowed(kind, bounds):
    limits = str(bounds)
    if not limits or kind == "a finite number":
        return limits or kind
    each = " each" if kind.endswith("s") else ""
    return f"{kind}{' ' if limits.startswith('in') else ', '}{limits}{each}"
