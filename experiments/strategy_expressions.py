"""Strategies and decoders on the command line: what the names in expressions mean."""

import importlib
import importlib.util
import json
import pkgutil
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field, fields
from functools import partial
from pathlib import Path
from typing import Any

from sources import silent_dataset_of_run

from lstm_music_jax import (
    AnySymbol,
    Carried,
    Decoder,
    Either,
    Events,
    InOrder,
    KnownPieces,
    MusicLSTM,
    NoteNames,
    OneOf,
    Performance,
    Repeat,
    Run,
    SlidingWindow,
    Sounding,
    bars,
    complement,
    contains,
    ended,
    excludes,
    fixed_notes,
    fixed_symbols,
    intersection,
    load_run,
    matching,
    minimised,
    read_decoder,
    read_strategy,
    strategies,
    union,
    well_formed,
    within_key,
    within_range,
)
from lstm_music_jax.generation import decoders
from lstm_music_jax.system.printable import printable

# The training pieces of runs, by their settings.
_corpora: dict[str, KnownPieces] = {}
_CLASSES = (Carried, SlidingWindow, Events, NoteNames, Performance)
# What an expression of an automaton holds, for `Obey`.
_PATTERNS = (AnySymbol, Either, InOrder, OneOf, Repeat, Sounding)
_BUILDERS = (
    bars,
    complement,
    contains,
    ended,
    excludes,
    fixed_notes,
    fixed_symbols,
    intersection,
    matching,
    minimised,
    union,
    well_formed,
    within_key,
    within_range,
)
# Words of an expression that stand for parts of the run.
_OF_RUN = ("model", "vocabulary", "encoding", "context", "corpus")


def known_names(plugins: Sequence[Path] = (), **more: Any) -> dict[str, Any]:
    """Return what each name in the expression of a strategy stands for.

    The names are those of all strategies and decoders, of the scales of `InKey`, of
    encodings and contexts, of the builders and patterns of automata, of `more`, and of
    the classes in plugins.

    Args:
        plugins: Python files that define strategies.
        more: names that a script adds.

    Raises:
        ValueError: a plugin cannot be read, or holds no strategy and no decoder, or
            gives one a name that is known already.
    """
    known = {
        name: value
        for name, value in vars(strategies).items()
        if name.isupper() or _is_sampling(value)
    }
    others = (*_CLASSES, *_PATTERNS, *_BUILDERS, *_decoders())
    known |= {each.__name__: each for each in others} | more
    for path in plugins:
        for name, value in _classes_of(path).items():
            if name in {*known, *_OF_RUN}:
                raise ValueError(
                    f"plugin is {printable(path)}; {name} is known already, so its "
                    "class must have another name"
                )
            known[name] = value
    return known


def strategy_of(
    text: str,
    loaded: Run,
    names: Mapping[str, Any],
    context: Carried | SlidingWindow | None = None,
    number_of: Callable[[float, Field], float] | None = None,
) -> strategies.Strategy:
    """Return the strategy of an expression.

    The run gives the arguments `vocabulary`, `encoding`, `context` and `corpus` where
    they are left out. These words and `model` stand for those of the run; its corpus is
    that of the training pieces. The argument `run` names the folder of another model.

    Args:
        text: the expression, such as "Chain(Temperature(0.9), TopP(0.95))".
        loaded: the run that generates.
        names: what the names in an expression stand for, from `known_names`.
        context: what the model remembers in generation; by default all symbols.
        number_of: a function that replaces each number in the expression, given the
            number and the field of the strategy that it sets; None to keep numbers.

    Raises:
        ValueError: the expression is wrong, or a second model has another vocabulary.
        OSError: the folder of a second model is not a run folder.
    """
    known, supplied, options = _of_run(text, loaded, names, context)
    return read_strategy(text, known, supplied, number_of=number_of, **options)


def decoder_of(
    text: str,
    loaded: Run,
    names: Mapping[str, Any],
    context: Carried | SlidingWindow | None = None,
) -> Decoder:
    """Return the decoder of an expression, such as "SMC(64, target=Temperature(0.8))".

    The arguments and errors are those of `strategy_of`.
    """
    known, supplied, options = _of_run(text, loaded, names, context)
    return read_decoder(text, known, supplied, **options)


def names_decoder(text: str, names: Mapping[str, Any]) -> bool:
    """Return whether an expression begins with the name of a decoder."""
    word = re.match(r"\s*(\w*)", text)[1]
    return _is_sampling(names.get(word)) and issubclass(names[word], Decoder)


def _of_run(text, loaded, names, context):
    """Return the names of a run, what it supplies, and functions that look things up.

    They are arguments of `read_strategy` and `read_decoder`.
    """
    of_run = {
        "vocabulary": loaded.vocabulary,
        "encoding": loaded.encoding,
        "context": context or Carried(),
    }
    if _needs_corpus(text, names):
        of_run["corpus"] = _corpus_of(loaded)
    # The model is not supplied, because a model contrasted with itself says nothing.
    return (
        {**names, **of_run, "model": loaded.model},
        of_run,
        {"id_of": partial(_id_of, loaded), "model_of": partial(_model_of, loaded)},
    )


def _needs_corpus(text: str, names: Mapping[str, Any]) -> bool:
    """Return whether an expression names a class that needs the training pieces.

    Loading the corpus takes a while, so it is not loaded for other expressions.
    """
    words = re.findall(r"\w+", text)
    return any(
        field.name == "corpus"
        for word in words
        if _is_sampling(names.get(word))
        for field in fields(names[word])
    )


def _corpus_of(loaded: Run) -> KnownPieces:
    """Return the training pieces of a run, for strategies that need them.

    They are indexed once, and all strategies share the index.
    """
    of_corpus = [loaded.settings["corpus"], loaded.encoding.config()]
    name = json.dumps(of_corpus, sort_keys=True)
    if name not in _corpora:
        _corpora[name] = KnownPieces.of(silent_dataset_of_run(loaded.settings))
    return _corpora[name]


def _decoders() -> list[type[Decoder]]:
    """Return the decoders of the package."""
    names = [info.name for info in pkgutil.iter_modules(decoders.__path__)]
    modules = [importlib.import_module(f"{decoders.__name__}.{name}") for name in names]
    return [
        value
        for module in modules
        for value in vars(module).values()
        if _is_sampling(value) and issubclass(value, Decoder)
    ]


def _is_sampling(value):
    """Return whether a value is a class of strategies or of decoders."""
    bases = (strategies.Strategy, Decoder)
    return isinstance(value, type) and issubclass(value, bases) and value not in bases


def _id_of(loaded: Run, symbol: str) -> int:
    """Return the id of a symbol, spelled as in the vocabulary or in a symbols file."""
    if symbol not in loaded.vocabulary.symbols:
        symbol = loaded.encoding.canonical(symbol)
    return int(loaded.vocabulary.ids_of([symbol])[0])


def _model_of(loaded: Run, folder: str) -> MusicLSTM:
    """Return the model of the run in `folder`, which must have the same vocabulary."""
    other = load_run(folder)
    if other.vocabulary != loaded.vocabulary:
        raise ValueError(
            f"run is {folder}; its vocabulary must be that of the run that generates"
        )
    return other.model


def _classes_of(path: Path) -> dict[str, type[strategies.Strategy] | type[Decoder]]:
    """Run a Python file, and return the strategies and decoders that it defines."""
    shown = f"plugin is {printable(path)}"
    if not (path.is_file() and path.suffix == ".py"):
        raise ValueError(f"{shown}; it must be a Python file that exists")
    name = f"plugin_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    # Dataclasses look their module up here.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        kind = type(error).__name__
        raise ValueError(f"{shown}{_line(error, path)}; {kind}: {error}") from None
    found = {
        name: value
        for name, value in vars(module).items()
        if _is_sampling(value) and value.__module__ == module.__name__
    }
    if not found:
        raise ValueError(
            f"{shown}; it must define a class that inherits from Strategy or Decoder"
        )
    return found


def _line(error: BaseException, path: Path) -> str:
    """Return where in a plugin an error arose, such as ", line 3"; "" if not in it."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f", line {error.lineno}"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(path)]
    return f", line {lines[-1]}" if lines else ""
