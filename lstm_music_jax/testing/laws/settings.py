"""Laws of the hyperparameters and sizes of a strategy.

Hyperparameters are leaves of the strategy, which is a PyTree. Sizes are its static
fields. A law is a function that states in its docstring what must hold. It raises
`Broken` if the subject, which is the strategy under test with its inputs, breaks it.
"""

import dataclasses

import jax
import numpy as np

from lstm_music_jax.strategies.base import Strategy
from lstm_music_jax.testing.findings import class_like, require, require_equal
from lstm_music_jax.testing.programs import Outline, outline, static_fields, within
from lstm_music_jax.testing.runner import ALTERNATING, CHANGED, GIVEN
from lstm_music_jax.testing.subject import Subject


def one_trace(subject: Subject) -> None:
    """Hyperparameters are array leaves, so a changed value is not compiled anew.

    A float must not be static, because it fixes no shape.
    """
    for path, strategy in within(subject.strategy):
        for name, value in vars(strategy).items():
            is_float = isinstance(value, float) or (
                name in static_fields(strategy) and isinstance(value, np.floating)
            )
            require(
                not is_float,
                f"{path}.{name} is {value!r}, a float; it must be a float32 leaf",
            )
    for place, leaf in jax.tree_util.tree_leaves_with_path(subject.strategy):
        require(
            isinstance(leaf, (np.ndarray, np.generic, jax.Array)),
            f"the leaf {jax.tree_util.keystr(place)} is {leaf!r}; it must be an array",
        )
    tokens = subject.course.tokens
    before = subject.traces
    subject.rerun(subject.inputs, tokens, CHANGED)
    require(
        subject.traces == before, f"{subject.traces - before} more traces were made"
    )


def structure_is_its_own(subject: Subject) -> None:
    """The tree structure of a strategy differs from that of any other class.

    If two classes had equal tree structures, `jit` could run the program of the wrong
    class. This may happen with `jax.tree_util.register_dataclass`: the tree structures
    of two classes are then equal if their numbers of fields and their static values are
    equal. `Strategy` registers its subclasses in another way.
    """
    strategy = subject.strategy
    if not dataclasses.is_dataclass(strategy):
        return
    fields = [
        (field.name, bool(field.metadata.get("static")))
        for field in dataclasses.fields(strategy)
    ]
    structure = jax.tree.structure(strategy)
    values = [getattr(strategy, name) for name, _ in fields]
    other = class_like(tuple(fields))(*values)
    require(
        structure != jax.tree.structure(other),  # type: ignore[operator]
        f"{structure} equals that of another dataclass; let Strategy register it",
    )


def leaves_can_be_swept(subject: Subject) -> None:
    """A batch with several settings gives the same as one batch per setting.

    A setting is one value for each hyperparameter. In the batch, rows of two settings
    take turns. The logits that the strategy returns for a row must equal those of a
    batch in which all rows have the setting of this row. Logits count as equal if they
    forbid the same symbols, and if all probabilities differ by at most `TOLERANCE`.
    """
    if not jax.tree.leaves(subject.strategy):
        return
    tokens = subject.course.tokens
    given, changed, both = (
        np.asarray(subject.rerun(subject.inputs, tokens, settings).shaped)
        for settings in (GIVEN, CHANGED, ALTERNATING)
    )
    alone = np.where(ALTERNATING[:, None, None], changed, given)
    require_equal(alone, both, "in a sweep")


def sizes_fix_shapes(subject: Subject) -> None:
    """Each static whole number fixes a shape or the operations of a method.

    A number that fixes neither is a hyperparameter and must be a leaf. A leaf can be
    changed without compiling anew, and it can be swept.
    """
    for path, strategy in within(subject.strategy):
        for name in static_fields(strategy):
            value = getattr(strategy, name)
            if type(value) is not int:
                continue
            other = _number_only(strategy, name, value, subject.vocab_size)
            require(
                other is None,
                f"{path}.{name} is {value}, a size; with {other} all shapes and "
                "operations are the same. Declare it by `integer`",
            )


def _number_only(
    strategy: Strategy, name: str, value: int, vocab_size: int
) -> int | None:
    """Return a value for a field with which only numbers change, or None.

    If the field gets this value instead of `value`, the operations and shapes in the
    compiled methods stay the same, and only numbers change. So the field should be a
    leaf. A few values are tried in turn. Return None as soon as one of them changes the
    operations or shapes, or if none of them changes the numbers.

    Args:
        strategy: the strategy.
        name: the name of the field.
        value: the value that the field has.
        vocab_size: number of symbols in the vocabulary.
    """
    given = outline(strategy, vocab_size)
    for other in (value + 1, value - 1, 2, 1, 2 * value):
        found = _outline_with(strategy, name, other, vocab_size)
        if found is not None and found.form != given.form:
            return None
        if found is not None and found.numbers != given.numbers:
            return other
    return None


def _outline_with(
    strategy: Strategy, name: str, value: int, vocab_size: int
) -> Outline | None:
    """Return the outline of a strategy whose field `name` is changed to `value`.

    An outline holds the operations, shapes and numbers of the strategy's methods.
    Return None if the strategy does not allow this value, or if a method fails with it.
    """
    try:
        changed = dataclasses.replace(strategy, **{name: value})
        return outline(changed, vocab_size)
    except Exception:  # another size may make any method fail
        return None
