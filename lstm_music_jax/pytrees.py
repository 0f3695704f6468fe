"""Frozen dataclasses that are PyTrees, with and without checks of their fields.

A field is a leaf of the PyTree, or it is static. A static field is part of the tree's
structure, so a new value compiles a new program. A table is a large leaf, such as an
index of a corpus. The other leaves are the hyperparameters.

A sweep runs several settings, each with its own values of the hyperparameters. They are
stacked along a new first axis. All settings of a sweep share the tables.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, ClassVar, TypeVar, dataclass_transform

import jax
import numpy as np

from lstm_music_jax.fields import (
    derived,
    flag,
    ids,
    integer,
    integers,
    number,
    numbers,
    one_id,
    refusal,
    sequences,
    size,
    table,
    tree,
    written,
)

Class = TypeVar("Class")


def static(**options: Any) -> Any:
    """Declare a static field, not a leaf: changing its value compiles a new program.

    Its values must be hashable. `options` go to `dataclasses.field`.
    """
    return dataclasses.field(metadata={"static": True}, **options)


@dataclass_transform(frozen_default=True, field_specifiers=(static,))
def pytree(cls: type[Class], **options: bool) -> type[Class]:
    """Make `cls` a frozen dataclass and a PyTree whose leaves are the fields.

    Fields declared by `static()` are not leaves. `options` go to `dataclass`.

    `jax.tree_util.register_dataclass` is not used. With it, two classes that have
    equally many fields may have tree structures that compare equal (jax 0.10.2,
    0.12.0). Then `jit` may run the program that belongs to the other class.
    """
    cls = dataclasses.dataclass(frozen=True, **options)(cls)
    fields = dataclasses.fields(cls)  # type: ignore[arg-type]
    leaves = [field.name for field in fields if not field.metadata.get("static")]
    sizes = [field.name for field in fields if field.metadata.get("static")]

    def flatten(instance):
        children = tuple(getattr(instance, name) for name in leaves)
        return children, tuple(getattr(instance, name) for name in sizes)

    def flatten_with_keys(instance):
        children, aux = flatten(instance)
        keys = map(jax.tree_util.GetAttrKey, leaves)
        return tuple(zip(keys, children, strict=True)), aux

    def unflatten(aux, children):
        # __init__ is bypassed because inside tree maps a leaf may be anything.
        instance = object.__new__(cls)
        for name, value in zip((*leaves, *sizes), (*children, *aux), strict=True):
            object.__setattr__(instance, name, value)
        return instance

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)
    return cls


@dataclass_transform(
    frozen_default=True,
    field_specifiers=(
        number,
        integer,
        numbers,
        integers,
        ids,
        one_id,
        sequences,
        size,
        flag,
        static,
        table,
        tree,
        derived,
    ),
)
class Checked:
    """Base class of frozen dataclasses that are PyTrees and check their fields.

    Subclasses need no decorator. Each field is declared by a function of the module
    `fields`, such as `number`. Numbers and ids are checked and cast when an instance is
    made, but not when JAX unflattens one. A field with only an annotation is a leaf and
    is stored unchanged. A class that writes its own `__init__` passes `init=False` in
    the class statement.
    """

    # jaxtyping does not check the fields, because they check their values themselves,
    # with clearer errors.
    __no_type_check__: ClassVar[bool] = True

    def check(self) -> None:
        """Raise ValueError if the values of several fields do not fit together.

        This method accepts all values; subclasses override it.
        """

    def __init_subclass__(cls, init: bool = True) -> None:
        super().__init_subclass__()
        pytree(cls, init=init, eq=False, repr=False)

    def __post_init__(self) -> None:
        owner = type(self).__name__
        for field in _fields(self):
            if "cast" in field.metadata:
                value = getattr(self, field.name)
                leaf = field.metadata["cast"](owner, field.name, value)
                object.__setattr__(self, field.name, leaf)
        for field in _fields(self):
            if "make" in field.metadata:
                object.__setattr__(self, field.name, field.metadata["make"](self))
        self.check()

    def refusal(self, name: str, allowed: str) -> ValueError:
        """Return the error for `check` to raise if a field has a wrong value.

        Args:
            name: the name of the field.
            allowed: what its value must be, in words.
        """
        (field,) = (f for f in _fields(self) if f.name == name)
        value = _written(field, getattr(self, name))
        return refusal(type(self).__name__, name, value, allowed)

    def __repr__(self) -> str:
        """Return the expression that makes the instance.

        Arguments that equal their default are left out. In place of a value that
        `tree` or `table` declares, such as a model, the name of its argument is shown.
        """
        arguments: list[str] = []
        by_name: Any = False
        for field in _fields(self):
            if not field.init:
                continue
            value = getattr(self, field.name)
            if _is_default(field, value):
                by_name = True
                continue
            text = _written(field, value) if field.repr else field.name
            by_name = by_name or field.kw_only
            arguments.append(f"{field.name}={text}" if by_name else text)
        return f"{type(self).__name__}({', '.join(arguments)})"

    def __eq__(self, other: object) -> bool:
        """Return whether the classes, static fields and leaves are equal."""
        if not isinstance(other, Checked):
            return NotImplemented
        return same_leaves(self, other)

    def __hash__(self) -> int:
        """Return a hash of the class, the static fields and the leaves' shapes."""
        leaves, structure = jax.tree.flatten(self)
        return hash((structure, tuple(map(np.shape, leaves))))


def same_leaves(tree: Any, other: Any) -> bool:
    """Return whether two PyTrees have the same structure and equal leaves."""
    leaves, structure = jax.tree.flatten(tree)
    others, structure_of_other = jax.tree.flatten(other)
    same = structure == structure_of_other  # type: ignore[operator]
    return same and all(map(_same, leaves, others))


def settings_axes(tree: Any) -> Any:
    """Return the `in_axes` with which `vmap` maps over the settings of a sweep.

    `tree` holds the stacked settings. The result has the same structure. In place of
    each hyperparameter it has 0, the number of the axis of the settings. In place of
    each table it has None, because all settings share the table.
    """
    axes = [None if shared else 0 for shared in _shared(tree)]
    return jax.tree.unflatten(jax.tree.structure(tree), axes)


def map_settings(change: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """Map the leaves of PyTrees like `jax.tree.map`, but keep the tables of `tree`.

    `change` gets one leaf of each PyTree. It is not called for tables.
    """
    leaves, structure = jax.tree.flatten(tree)
    columns = zip(leaves, *map(jax.tree.leaves, others), strict=True)
    mapped = [
        column[0] if shared else change(*column)
        for column, shared in zip(columns, _shared(tree), strict=True)
    ]
    return jax.tree.unflatten(structure, mapped)


def hyperparameters(tree: Any) -> list[Any]:
    """Return the leaves of a PyTree that do not belong to a table."""
    leaves = zip(jax.tree.leaves(tree), _shared(tree), strict=True)
    return [leaf for leaf, shared in leaves if not shared]


def same_tables(tree: Any, other: Any) -> bool:
    """Return whether two PyTrees of the same structure have equal tables."""
    leaves = zip(
        jax.tree.leaves(tree), jax.tree.leaves(other), _shared(tree), strict=True
    )
    return all(_same(one, two) for one, two, shared in leaves if shared)


def _shared(tree: Any) -> list[bool]:
    """Return for each leaf, in JAX's order of leaves, whether it belongs to a table."""
    if not isinstance(tree, Checked):
        parts = jax.tree.leaves(tree, is_leaf=lambda part: isinstance(part, Checked))
        return [
            shared
            for part in parts
            for shared in (_shared(part) if isinstance(part, Checked) else [False])
        ]
    found = []
    for field in _fields(tree):
        value = getattr(tree, field.name)
        if field.metadata.get("shared"):
            found += [True] * len(jax.tree.leaves(value))
        elif not field.metadata.get("static"):
            found += _shared(value)
    return found


def _fields(instance: Any) -> tuple[dataclasses.Field, ...]:
    return dataclasses.fields(instance)


def _written(field: dataclasses.Field, value: Any) -> str:
    return written(value, field.metadata.get("pad_to", 0))


def _is_default(field: dataclasses.Field, value: Any) -> bool:
    if field.default is dataclasses.MISSING:
        return False
    cast = field.metadata.get("cast", lambda owner, name, default: default)
    return _same(value, cast("", field.name, field.default))


def _same(one: Any, other: Any) -> bool:
    """Return whether two leaves are equal; a JAX tracer equals only itself."""
    traced = isinstance(one, jax.core.Tracer) or isinstance(other, jax.core.Tracer)
    return one is other or bool(not traced and np.array_equal(one, other))
