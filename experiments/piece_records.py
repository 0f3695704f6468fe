"""Records: what made a piece, as JSON that the MIDI file of the piece carries.

A record names the run and the strategy, and holds all that a piece is drawn from, so
replay.py can draw it again. It is data: nothing in it is ever executed.
"""

import dataclasses
import hashlib
import json
import platform
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, get_type_hints

import jax
import numpy as np

from lstm_music_jax import (
    Composition,
    Decoder,
    Run,
    Vocabulary,
    read_record,
    strategies,
)
from lstm_music_jax.protocols import Model
from lstm_music_jax.strategies.base import parts, strategies_of
from lstm_music_jax.system.printable import printable
from lstm_music_jax.training.settings import entries

FORMAT = 2
_PACKAGES = ("lstm-music-jax", "jax", "jaxlib", "flax", "numpy")
# The most characters of an error about a record.
_LONGEST_PROBLEM = 200
# A file of more notes cannot be read again.
_MOST_NOTES = 100_000
_MOST_STREAMS = 2**31 - 1
# Numbers in the data of a random key, by its implementation.
_KEY_NUMBERS = {"threefry2x32": 2, "rbg": 4, "unsafe_rbg": 4}


class RecordError(ValueError):
    """Raised if a file has no record, or one that cannot be used."""


@dataclass(frozen=True)
class Record:
    """What made a piece.

    Attributes:
        format: version of this list of attributes.
        versions: versions of Python and of the packages that compute, by name.
        device: kind of device that drew the piece, such as "cpu".
        run: the run folder, as the user gave it.
        checkpoint: which checkpoint of the run was used.
        fingerprint: the SHA-256 of the parameters of the model.
        precision: the precision of the model's numbers.
        matmul_precision: the precision of matrix products.
        cores: the number of CPU cores of matrix products; None if it was not set.
        encoding: the settings of the encoding, for `encoding_from_config`.
        strategy: the expression of the strategy.
        models: the SHA-256 of each model that the strategy holds, in the order of
            `parts`, and then of each model that the decoder holds.
        context: the expression of the context: what the model remembers.
        draw: the expression of the draw, the rule that picks a symbol from the logits.
        decoder: the expression of the decoder; None for single streams.
        key: the data of the random key.
        key_kind: name of the implementation of the key.
        stream: number of the piece within its batch, from 0.
        streams: number of pieces in the batch.
        notes: number of notes that were asked for; None if `length` is given.
        length: number of symbols that were asked for; None if `notes` is given.
        keep_primer: whether the music of the prompt is in front of the piece.
        until_end: whether the model was allowed to end the piece.
        ill_formed: whether symbols were allowed that decoding skips.
        unseen: whether symbols were allowed that the model was not trained on.
        tempo: quarters per minute; None for the tempos of the score.
        program: the MIDI instrument.
        names: all different symbols of prompt and piece. The next two attributes hold
            indices into this list.
        before: the symbols of the prompt.
        after: the drawn symbols.
        ended: whether the end symbol was drawn after them.
    """

    format: int
    versions: dict
    device: str
    run: str
    checkpoint: Literal["best", "last"]
    fingerprint: str
    precision: Literal["float32", "bfloat16"]
    matmul_precision: Literal["default", "tensorfloat32", "highest"]
    cores: int | None
    encoding: dict
    strategy: str
    models: tuple[str, ...]
    context: str
    draw: str
    decoder: str | None
    key: tuple[int, ...]
    key_kind: str
    stream: int
    streams: int
    notes: int | None
    length: int | None
    keep_primer: bool
    until_end: bool
    ill_formed: bool
    unseen: bool
    tempo: float | None
    program: int
    names: tuple[str, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    ended: bool

    def __post_init__(self) -> None:
        """Raise ValueError if a value is not allowed."""
        if self.format != FORMAT:
            raise ValueError(f"format is {self.format}; it must be {FORMAT}")
        if not self.before:
            raise ValueError("before is empty; it must hold one symbol or more")
        for number in self.before + self.after:
            if not 0 <= number < len(self.names):
                raise ValueError(
                    f"symbol is {number}; it must be 0 to {len(self.names) - 1}"
                )
        wanted = _KEY_NUMBERS.get(self.key_kind)
        if len(self.key) != wanted or not all(0 <= n < 2**32 for n in self.key):
            raise ValueError(
                f"key is {[*self.key]} of {self.key_kind}; it must be a key's data"
            )
        if self.streams > _MOST_STREAMS:
            raise ValueError(
                f"streams is {self.streams}; it must be at most {_MOST_STREAMS}"
            )
        if not 0 <= self.stream < self.streams:
            raise ValueError(
                f"stream is {self.stream}; it must be from 0 to {self.streams - 1}"
            )
        if (self.notes is None) == (self.length is None):
            raise ValueError(
                f"notes is {self.notes} and length is {self.length}; one of them must "
                "be null"
            )
        if self.notes is not None and not 1 <= self.notes <= _MOST_NOTES:
            raise ValueError(f"notes is {self.notes}; it must be 1 to {_MOST_NOTES}")
        most = len(self.after) + self.ended
        if self.length is not None and not 1 <= self.length <= most:
            raise ValueError(
                f"length is {self.length}; it must be 1 to {most}, the number of drawn "
                "symbols"
            )

    @property
    def prompt(self) -> list[str]:
        """The names of the symbols of the prompt."""
        return [self.names[number] for number in self.before]

    @property
    def drawn(self) -> list[str]:
        """The names of the drawn symbols."""
        return [self.names[number] for number in self.after]

    @property
    def drawn_by(self) -> str:
        """The expression of the strategy, after that of the decoder if there is one."""
        if self.decoder is None:
            return self.strategy
        return f"{self.decoder} with {self.strategy}"


@dataclass(frozen=True)
class Maker:
    """Makes the records of the pieces that a script writes.

    A piece itself says from which key and prompt it was drawn. The rest is here.

    Attributes:
        run: the run folder, as the user gave it.
        loaded: the run as `load_run` returns it.
        strategy: the expression of the strategy; by default its `repr`. It is needed if
            the strategy holds the model of another run, because `repr` does not name
            its folder.
        decoder: the expression of the decoder; by default its `repr`.
        checkpoint: which checkpoint of the run was used.
        precision: the precision of the model's numbers.
        matmul_precision: the precision of matrix products.
        cores: the number of CPU cores of matrix products; None if it was not set.
    """

    run: Path
    loaded: Run
    strategy: str | None = None
    decoder: str | None = None
    checkpoint: Literal["best", "last"] = "best"
    precision: Literal["float32", "bfloat16"] = "float32"
    matmul_precision: Literal["default", "tensorfloat32", "highest"] = "default"
    cores: int | None = None

    def record(
        self, piece: Composition, *, tempo: float | None = None, program: int = 0
    ) -> str | None:
        """Return the record of a piece that `compose` has made, as JSON.

        None for a piece with a watermark, because the record would hold the secret key.

        Args:
            piece: the piece.
            tempo: quarters per minute; None for the tempos of the score.
            program: the MIDI instrument, 0 to 127.
        """
        origin, loaded = piece.origin, self.loaded
        if origin is None or has_watermark(origin.strategy, origin.decoder):
            return None
        decoder = self.decoder
        if decoder is None and origin.decoder is not None:
            decoder = repr(origin.decoder)
        before = loaded.vocabulary.symbols_of(origin.prompt)
        kept = kept_symbols(loaded.vocabulary, before) if origin.keep_primer else []
        after = piece.symbols[len(kept) :]
        numbers = {name: i for i, name in enumerate(dict.fromkeys([*before, *after]))}
        record = Record(
            format=FORMAT,
            versions=versions(),
            device=jax.default_backend(),
            run=str(self.run),
            checkpoint=self.checkpoint,
            fingerprint=self._fingerprint,
            precision=self.precision,
            matmul_precision=self.matmul_precision,
            cores=self.cores,
            encoding=loaded.encoding.config(),
            strategy=self.strategy or repr(origin.strategy),
            models=fingerprints_within(origin.strategy, origin.decoder),
            context=repr(origin.context),
            draw=repr(origin.draw),
            decoder=decoder,
            key=(*jax.random.key_data(origin.key).tolist(),),
            key_kind=str(jax.random.key_impl(origin.key)),
            stream=origin.stream,
            streams=origin.streams,
            notes=origin.notes,
            length=origin.length,
            keep_primer=origin.keep_primer,
            until_end=origin.until_end,
            ill_formed=origin.ill_formed,
            unseen=origin.unseen,
            tempo=tempo,
            program=program,
            names=(*numbers,),
            before=(*(numbers[symbol] for symbol in before),),
            after=(*(numbers[symbol] for symbol in after),),
            ended=piece.ended,
        )
        return json.dumps(dataclasses.asdict(record), separators=(",", ":"))

    @cached_property
    def _fingerprint(self) -> str:
        return model_fingerprint(self.loaded.model)


def record_of_file(path: Path) -> Record:
    """Return the record of a MIDI file.

    Raises:
        RecordError: the file has no record, or it cannot be used. The message is one
            line.
        OSError: the file cannot be opened.
    """
    name = printable(path)
    if not path.is_file():
        raise RecordError(f"piece is {name}; it must be a MIDI file that exists")
    try:
        text = read_record(path)
    except ValueError as error:
        raise RecordError(f"piece is {name}: {error}") from error
    if text is None:
        raise RecordError(
            f"piece is {name}, which carries no record of what made it; it must be a "
            "file of generate.py, quickstart.py, compare.py or reproduce_lstm_music.py "
            "without a watermark"
        )
    try:
        return _record(text)
    except (ValueError, RecursionError) as error:
        problem = printable(error)
        if len(problem) > _LONGEST_PROBLEM:
            problem = problem[:_LONGEST_PROBLEM] + "..."
        raise RecordError(
            f"piece is {name}, whose record cannot be read: {problem}"
        ) from error


def _record(text: str) -> Record:
    saved = json.loads(text)
    if not isinstance(saved, dict):
        raise ValueError("it must be a JSON object")
    if saved.get("format") == 1:
        # Records of this format are older than decoders.
        saved = {**saved, "format": FORMAT, "decoder": None}
    return Record(**entries(saved, get_type_hints(Record), "record"))


def kept_symbols(vocabulary: Vocabulary, prompt: list[str]) -> list[str]:
    """Return the symbols of a prompt without its start and end symbols.

    They come in front of a piece whose primer is kept.
    """
    return [
        symbol for symbol in prompt if symbol not in (vocabulary.start, vocabulary.end)
    ]


def has_watermark(strategy: strategies.Strategy, decoder: Decoder | None) -> bool:
    """Return whether a strategy or a decoder holds the secret key of a watermark."""
    parts = parts_within(strategy, decoder)
    return any(isinstance(part, strategies.Watermark) for part in parts)


@lru_cache(maxsize=1)
def fingerprints_within(
    strategy: strategies.Strategy, decoder: Decoder | None
) -> tuple[str, ...]:
    """Return the SHA-256 of each model that a strategy or a decoder holds."""
    return tuple(
        model_fingerprint(getattr(part, field.name))
        for part in parts_within(strategy, decoder)
        for field in dataclasses.fields(part)
        if field.type is Model
    )


def parts_within(
    strategy: strategies.Strategy, decoder: Decoder | None
) -> Iterator[strategies.Strategy | Decoder]:
    """Yield a strategy and a decoder, and all strategies within them."""
    yield from parts(strategy)
    if decoder is not None:
        yield decoder
        for held in strategies_of(decoder):
            yield from parts(held)


def model_fingerprint(model: Model) -> str:
    """Return the SHA-256 of all parameters of a model."""
    leaves = jax.tree.leaves(model)
    content = b"".join(np.asarray(leaf).tobytes() for leaf in leaves)
    return hashlib.sha256(content).hexdigest()


@cache
def versions() -> Mapping[str, str]:
    """Return the versions of Python and of the packages that compute."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
