"""The settings of a run as JSON, for config.json and for checkpoints."""

import dataclasses
import json
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from lstm_music_jax.music.corpus.dataset import Dataset
from lstm_music_jax.music.vocabulary import Vocabulary
from lstm_music_jax.training.config import ModelConfig, TrainingConfig
from lstm_music_jax.training.versions import VERSION, upgraded_settings

_PLURALS = {int: "integers", str: "strings"}
# `X | None` has one of two types, which depends on X.
_UNIONS = (types.UnionType, typing.Union)
# What `Dataset.from_corpus` writes of a corpus.
_CORPUS = {
    "source": str,
    "fingerprint": str,
    "pieces": int,
    "validation": float,
    "split_seed": int,
    "split_in_any_key": bool,
    "start": bool,
    "end": bool,
    "every_symbol": bool,
    "origin": dict | None,
}


def config_json(
    model: ModelConfig, training: TrainingConfig, dataset: Dataset
) -> dict[str, Any]:
    """Return the content of config.json."""
    return {
        "version": VERSION,
        "model": dataclasses.asdict(model),
        "training": dataclasses.asdict(training),
        "encoding": dataset.encoding.config(),
        "corpus": dataset.description,
    }


def read_config_json(path: Path) -> dict[str, Any]:
    """Read a config.json of any version.

    Returns:
        A ModelConfig as "model", a TrainingConfig as "training", and the JSON of the
        encoding and the corpus as "encoding" and "corpus".

    Raises:
        ValueError: the file is not JSON, it has an unknown version, or a key is
            missing, is unknown or has a value that is not allowed. The message names
            the file, and the key and the allowed values.
    """
    try:
        try:
            saved = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise ValueError(
                "it is not JSON in UTF-8, so restore it from a copy, or start anew in "
                f"a new folder ({error})"
            ) from error
        if not isinstance(saved, dict):
            raise ValueError("the file must hold a JSON object")
        saved = upgraded_settings(saved)
        return {
            "model": _config(ModelConfig, saved, "model"),
            "training": _config(TrainingConfig, saved, "training"),
            "encoding": _entry(saved, "encoding", dict),
            "corpus": _corpus(saved),
        }
    except ValueError as error:
        raise ValueError(f"{path} cannot be read: {error}") from error


def owner_of_checkpoints(
    model: ModelConfig, training: TrainingConfig, dataset: Dataset
) -> dict[str, Any]:
    """Return JSON that describes a run: its model, training settings and corpus.

    Every checkpoint of the run holds this JSON. So a checkpoint of another run is
    noticed when it is restored.
    """
    return {
        **model_of_checkpoints(model, dataset.encoding.config(), dataset.vocabulary),
        "training": dataclasses.asdict(training),
        "corpus": dataset.description,
    }


def model_of_checkpoints(
    model: ModelConfig, encoding: dict[str, Any], vocabulary: Vocabulary
) -> dict[str, Any]:
    """Return JSON that describes a model, as every checkpoint of its run holds it.

    It holds the architecture, the encoding and the vocabulary. It is a part of the
    result of `owner_of_checkpoints`, which describes the whole run. When a checkpoint
    is loaded for generation, only this part must agree with the files of the run
    folder.

    `cores` is left out, because a checkpoint fits a model with any number of cores. The
    unseen symbols are left out, because earlier versions did not save them.
    """
    architecture = dataclasses.asdict(model)
    del architecture["cores"]
    symbols = vocabulary.to_json()
    del symbols["unseen"]
    return {"model": architecture, "encoding": encoding, "vocabulary": symbols}


def changeable_settings(training: TrainingConfig) -> set[str]:
    """Return the names of the training settings that a resumed run may change.

    With a cosine schedule, the number of steps is not one of them.
    """
    names = {"steps_per_dispatch", "evaluate_every", "save_every"}
    # A cosine falls to 0 at the last step, so it depends on the number of steps.
    return names | ({"steps"} if training.schedule == "constant" else set())


def entries(
    saved: Mapping[str, Any], hints: Mapping[str, Any], part: str
) -> dict[str, Any]:
    """Check the types of the values of a JSON object, and return a copy of it.

    Where the type is a tuple, the list of the JSON becomes a tuple.

    Args:
        saved: the object.
        hints: the type of each key's value.
        part: the name of the object, for the error.

    Raises:
        ValueError: a key is missing, is unknown or has a value of another type.
    """
    for name in saved:
        if name not in hints:
            raise ValueError(
                f"{part}.{name} is unknown; {part} has the keys {', '.join(hints)}"
            )
    return {name: _entry(saved, name, hint, f"{part}.") for name, hint in hints.items()}


def _corpus(saved):
    corpus = _entry(saved, "corpus", dict)
    # Only a corpus that names its origin is ever loaded again. Others may be described
    # by any keys.
    if corpus.get("origin") is not None:
        entries(corpus, _CORPUS, "corpus")
    return corpus


def _config(kind, saved, part):
    values = _entry(saved, part, dict)
    found = entries(values, typing.get_type_hints(kind), part)
    try:
        return kind(**found)
    except ValueError as error:
        raise ValueError(f"{part}.{error}") from error


def _entry(saved, name, hint, prefix=""):
    if name not in saved:
        raise ValueError(f"{prefix}{name} is missing; it must be {_in_words(hint)}")
    value = saved[name]
    if not _fits(value, hint):
        raise ValueError(f"{prefix}{name} is {value!r}; it must be {_in_words(hint)}")
    return tuple(value) if typing.get_origin(hint) is tuple else value


def _fits(value, hint):
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in _UNIONS:
        return any(_fits(value, option) for option in inner)
    if origin is Literal:
        return value in inner
    if origin is tuple:
        return type(value) is list and all(_fits(entry, inner[0]) for entry in value)
    # Types are compared exactly, because True is an int for isinstance. JSON may write
    # 1.0 as 1.
    return type(value) is hint or (hint is float and type(value) is int)


def _in_words(hint):
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in _UNIONS:
        return " or ".join(_in_words(option) for option in inner)
    if origin is Literal:
        return f"one of {', '.join(map(repr, inner))}"
    if origin is tuple:
        return f"a list of {_PLURALS[inner[0]]}"
    return {
        str: "a string",
        int: "an integer",
        float: "a number",
        bool: "true or false",
        dict: "an object",
        type(None): "null",
    }[hint]
