"""Versions of the run folder's format, and how folders of older versions are read.

`config.json` and every checkpoint hold the version in which they were written. A file
without a version has version 1. Reading converts an older file version by version; each
conversion is a pure function from one version to the next.

Renaming, adding or removing a setting makes a new version: raise `VERSION`, and append
a conversion to `_SETTINGS_STEPS` and to `_CHECKPOINT_STEPS`.
"""

from collections.abc import Mapping
from typing import Any

VERSION = 3


def upgraded_settings(saved: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of a config.json, converted to the newest version.

    Raises:
        ValueError: the version is unknown.
    """
    return _upgraded(saved, _SETTINGS_STEPS)


def upgraded_checkpoint(saved: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a checkpoint, converted to the newest version.

    Raises:
        ValueError: the version is unknown.
    """
    return _upgraded(saved, _CHECKPOINT_STEPS)


def _upgraded(saved, steps):
    version = saved.get("version", 1)
    if type(version) is not int or not 1 <= version <= VERSION:
        newer = type(version) is int and version > VERSION
        advice = "; a newer version of this package wrote the file" if newer else ""
        raise ValueError(
            f"version is {version!r}; it must be an integer from 1 to {VERSION}{advice}"
        )
    content = {name: value for name, value in saved.items() if name != "version"}
    for step in steps[version - 1 :]:
        content = step(content)
    return content


# Version 1 to version 2.

_RENAMED_SETTINGS = {
    "clip": "clip_norm",
    "crossing": "cross_pieces",
    "steps_a_dispatch": "steps_per_dispatch",
    "warmup": "warmup_steps",
}
_RENAMED_IN_ENCODING = {"step": "ticks_per_note"}
_RENAMED_SUMS = {"line": "since_line", "stretch": "since_validation"}
# Settings that were added within version 1. A file that lacks one means this value.
_ADDED_TO_MODEL = {"gates": "sigmoid", "cores": 2}
_ADDED_TO_TRAINING = {
    "batching": "windows",
    "weight_decay": 0.0,
    "label_smoothing": 0.0,
    "transpose": 0,
    "precision": "float32",
    "matmul_precision": "default",
    "save_every": None,
}


def _settings_to_version_2(saved):
    settings = dict(saved)
    if isinstance(settings.get("model"), dict):
        settings["model"] = _ADDED_TO_MODEL | settings["model"]
    if isinstance(settings.get("training"), dict):
        training = _renamed(settings["training"], _RENAMED_SETTINGS)
        settings["training"] = _ADDED_TO_TRAINING | training
    if isinstance(settings.get("encoding"), dict):
        settings["encoding"] = _renamed(settings["encoding"], _RENAMED_IN_ENCODING)
    return settings


def _checkpoint_to_version_2(saved):
    belongs_to = _settings_to_version_2(saved["belongs_to"])
    facts = _renamed(saved["facts"], _RENAMED_SUMS)
    return {**saved, "belongs_to": belongs_to, "facts": facts}


def _renamed(saved, names):
    return {names.get(name, name): value for name, value in saved.items()}


# Version 2 to version 3.

# Settings of the training that were added, with the values that older runs had.
_ADDED_TO_TRAINING_IN_3 = {
    "stretch": 0.0,
    "unseen_share": 0.0,
    "initial_bias": "zeros",
}
# Settings of the corpus that were added, with the values that older runs had.
_ADDED_TO_ORIGIN = {"grid": 12, "drums": False, "tracks": [], "programs": []}


def _settings_to_version_3(saved):
    settings = dict(saved)
    if isinstance(settings.get("training"), dict):
        settings["training"] = _ADDED_TO_TRAINING_IN_3 | settings["training"]
    if isinstance(settings.get("corpus"), dict):
        settings["corpus"] = _corpus_to_version_3(settings["corpus"])
    return settings


def _corpus_to_version_3(saved):
    # The split ignored the musical key, and a run keeps its split. Pieces had no end
    # symbol, and vocabularies had the symbols of the corpus only.
    corpus = {**saved, "split_in_any_key": False, "end": False, "every_symbol": False}
    origin = corpus.get("origin")
    if isinstance(origin, dict):
        corpus["origin"] = _ADDED_TO_ORIGIN | origin
        # A symbols file held note names, whatever the encoding was said to be.
        if origin.get("symbols"):
            corpus["origin"]["encoding"] = "note-names"
    return corpus


def _checkpoint_to_version_3(saved):
    belongs_to = _settings_to_version_3(saved["belongs_to"])
    belongs_to["vocabulary"] = {**belongs_to["vocabulary"], "end": None}
    return {**saved, "belongs_to": belongs_to}


_SETTINGS_STEPS = (_settings_to_version_2, _settings_to_version_3)
_CHECKPOINT_STEPS = (_checkpoint_to_version_2, _checkpoint_to_version_3)
