"""Dataclasses that are PyTrees."""

import dataclasses
from typing import Any

import jax


def pytree(cls: type) -> type:
    """Make `cls` a frozen dataclass and a PyTree, all fields but `static()` leaves.

    Not by `jax.tree_util.register_dataclass`: the tree structures of two classes that
    it has registered compare equal (jax 0.10.2, 0.12.0) if their fields are as many,
    and now and then `jit` then runs the program of another strategy.
    """
    cls = dataclasses.dataclass(frozen=True)(cls)
    fields = dataclasses.fields(cls)
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
        # Not through __init__: inside tree maps a leaf may be anything.
        instance = object.__new__(cls)
        for name, value in zip((*leaves, *sizes), (*children, *aux), strict=True):
            object.__setattr__(instance, name, value)
        return instance

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)
    return cls


def static() -> Any:
    """Declare a field that fixes shapes: part of the compiled program, not a leaf."""
    return dataclasses.field(metadata={"static": True})
