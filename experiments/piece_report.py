"""The report of generated pieces: a page on which they are heard and seen.

A run is a trained model with its vocabulary, its encoding and its settings.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from copy_search import CopySearch, copy_search_of_run
from piece_records import has_watermark

from lstm_music_jax import Composition, Divergence, Run, Sample, strategies
from lstm_music_jax.evaluation.kept_promises import Kept, kept_promises
from lstm_music_jax.evaluation.note_figures import ReadPiece, note_figures
from lstm_music_jax.generation.contexts import Carried
from lstm_music_jax.protocols import Context
from lstm_music_jax.report.page.blocks import (
    Command,
    Facts,
    Heading,
    Paragraph,
    Part,
    Picture,
)
from lstm_music_jax.report.page.document import Block, write_report
from lstm_music_jax.report.page.judged import judged_piece
from lstm_music_jax.report.page.piece import Mark, PlayedPiece
from lstm_music_jax.report.page.player import Player
from lstm_music_jax.report.population_figure import (
    curve_of_effective_sizes,
    tree_of_population,
)
from lstm_music_jax.report.promises_table import promises_table
from lstm_music_jax.system.printable import printable

if TYPE_CHECKING:
    from generate import Arguments

_CARRIED = Carried()
SECRET = "left out, because it holds the secret key of a watermark"
NOTES = (
    "Notes are coloured by their surprisal under the model: the sum over the symbols "
    "that make the note. The symbols beside a note are those that the model found most "
    "probable in its place, before any strategy."
)

_TREE = (
    "A decoder continued a population of members for each piece. The pictures show who "
    "continued whom: the way of the piece is yellow, the members with descendants at "
    "the end of the picture are blue, and members that died out are grey. Of a large "
    "population, only some of the blue members are shown."
)
_EFFECTIVE = (
    "The curves show the effective sample size after each symbol. It falls while the "
    "weights of the members become uneven, and is the number of members again after "
    "they have been resampled."
)
PROMISES = (
    "Promises of the strategies. Whether they were kept was found out by reading the "
    "finished pieces again, with other code than that which drew them."
)


class Shown(NamedTuple):
    """A piece that a page shows.

    Attributes:
        name: the name of the piece.
        piece: its symbols and its music, as a model reads them.
        facts: what to say about the piece: names and values.
        tempo: quarters per minute; None for the tempo of the score.
    """

    name: str
    piece: ReadPiece
    facts: Mapping[str, object]
    tempo: float | None = None


def played_pieces(
    run: Run,
    pieces: Sequence[Shown],
    search: CopySearch | str,
    context: Context = _CARRIED,
) -> list[PlayedPiece]:
    """Return pieces for the player, with the surprisal of their notes and their copies.

    The surprisal is that of the model of the run. Copies are passages that also occur
    in training pieces.

    Args:
        run: the run.
        pieces: the pieces.
        search: the search for copies, or a sentence that says why there is none.
        context: which of the symbols so far the model remembers.
    """
    figures = note_figures(run, [each.piece for each in pieces], context=context)
    return [_played(run, search, *both) for both in zip(pieces, figures, strict=True)]


def _played(run, search, shown, figures):
    begin, end = figures.generated, figures.notes.heard
    ids = run.vocabulary.ids_of(shown.piece.symbols[begin:end])
    facts = {"notes": len(shown.piece.score.notes), **shown.facts}
    surprisal = figures.symbol_surprisal[begin:]
    if np.isfinite(surprisal).any():
        facts["mean surprisal"] = f"{np.nanmean(surprisal):.2f} nats per symbol"
    copies, sources = [], ()
    if isinstance(search, CopySearch) and len(ids):
        copies, sources = search.index.passages(ids, search.k), search.names
        share = search.index.copied_share(ids, search.k)
        facts["copied"] = f"{share:.0%} of the symbols"
    return judged_piece(
        shown.name,
        shown.piece.score,
        figures,
        copies=copies,
        sources=sources,
        tempo=shown.tempo,
        facts=facts,
    )


def explanation(search: CopySearch | str) -> list[Block]:
    """Return a text on what the colours and the outlines in a player mean.

    `search` is the search for copied passages, or a sentence on why there is none.
    """
    copies = search.text if isinstance(search, CopySearch) else search
    return [Paragraph(NOTES), Paragraph(copies)]


def promises(kept: Mapping[str, Sequence[Kept]]) -> list[Part]:
    """Return the table of promises, with its heading; nothing if there are none.

    Args:
        kept: the promises of each strategy, by the expression of the strategy.
    """
    if not any(kept.values()):
        return []
    return [Heading("Promises", 3), Paragraph(PROMISES), promises_table(kept)]


def kept_by(
    run: Run,
    pieces: Sequence[Composition],
    prompts: np.ndarray,
    strategy: strategies.Strategy,
    *,
    primer_kept: bool,
) -> list[Kept]:
    """Return the promises of a strategy, and how many pieces keep them.

    Args:
        run: the run that drew the pieces.
        pieces: all pieces.
        prompts: their prompts, `[b p]`.
        strategy: the strategy.
        primer_kept: whether the symbols of the prompts are in front of the pieces.
    """
    vocabulary = run.vocabulary
    drawn = []
    for piece, prompt in zip(pieces, prompts, strict=True):
        begin = len(vocabulary.without_markers(prompt)) if primer_kept else 0
        ids = vocabulary.ids_of(piece.symbols[begin:])
        drawn.append(np.append(ids, vocabulary.end_id) if piece.ended else ids)
    return kept_promises(strategy, drawn, vocabulary.end_id)


def made_by(run: Run, secret: bool = False) -> list[Block]:
    """Return blocks with the command that made the page, and the run's settings.

    Args:
        run: the run.
        secret: whether the command holds the key of a watermark. It is then left out.
    """
    if secret:
        return [
            Paragraph(f"The command that made the page is {SECRET}."),
            settings_of(run),
        ]
    # Bytes of file names that are not text cannot be written into a page.
    command = shlex.join(["python", *sys.argv]).encode("utf-8", "backslashreplace")
    return [
        Paragraph("This command made the page:"),
        Command(command.decode()),
        settings_of(run),
    ]


def settings_of(run: Run) -> Facts:
    """Return the settings of a run, to be folded away."""
    values: dict[str, object] = {}
    for name, part in run.settings.items():
        entries = part if isinstance(part, dict) else vars(part)
        values |= {
            f"{name}: {key}": printable(value)
            for key, value in entries.items()
            if value is not None
        }
    return Facts("Settings of the run", values)


def human_piece(
    run: Run, ids: np.ndarray, name: str, tempo: float | None = None
) -> Shown:
    """Return a held-out piece for a page.

    Args:
        run: the run.
        ids: the ids of the piece.
        name: the name of the piece.
        tempo: quarters per minute; None for the tempo of the score.
    """
    vocabulary = run.vocabulary
    symbols = vocabulary.symbols_of(vocabulary.without_markers(ids))
    score = run.encoding.decode(symbols).score
    # Without a start symbol, the first symbol of the piece is read, but not predicted.
    kept = vocabulary.start_id is None
    return Shown(
        f"{printable(name)} (human)",
        ReadPiece(ids[:1], symbols, score, kept),
        {"origin": "a held-out piece, which the model was not trained on"},
        tempo,
    )


def read_piece(run: Run, sample: Sample) -> ReadPiece:
    """Return a piece of a comparison in the form in which a model reads it."""
    start = run.vocabulary.start_id
    # Without a start symbol, the first symbol of the piece is read, but not predicted.
    given = max(sample.primer, int(start is None))
    prompt = [] if start is None else [start]
    return ReadPiece(
        np.concatenate([prompt, sample.ids[:given]]).astype(np.int32),
        run.vocabulary.symbols_of(sample.ids),
        sample.score,
        primer_kept=given > 0,
    )


def write_generation_report(
    run: Run,
    pieces: Sequence[Composition],
    written: Sequence[tuple[Path, Composition]],
    prompts: np.ndarray,
    arguments: Arguments,
    strategy: strategies.Strategy,
    context: Context,
) -> Path:
    """Write the page of generate.py beside its pieces, and return its path.

    Args:
        run: the run, with the model that has drawn the pieces.
        pieces: all pieces.
        written: the pieces to show, and their MIDI files. The page has the number of
            the first.
        prompts: the prompts of all pieces, `[b p]`.
        arguments: the arguments of generate.py.
        strategy: the strategy with which the pieces were drawn.
        context: which of the symbols so far the model remembered.
    """
    decoder = written[0][1].origin.decoder
    drawn_by: dict[str, object] = {"strategy": arguments.strategy or strategy}
    if decoder is not None:
        drawn_by["decoder"] = arguments.decoder
    secret = has_watermark(strategy, decoder)
    if secret:
        drawn_by = dict.fromkeys(drawn_by, SECRET)
    of_all = drawn_by | {"context": context, "seed": arguments.seed}
    shown = [
        Shown(
            printable(path.name),
            ReadPiece(prompt, piece.symbols, piece.score, arguments.keep_primer),
            {
                "end": "by the model" if piece.ended else f"cut at {arguments.notes}",
                "ill-formed symbols skipped": piece.skipped,
                "symbols at which a strategy left none": piece.fallbacks,
            }
            | of_all,
            arguments.tempo,
        )
        for (path, piece), prompt in zip(written, prompts, strict=False)
    ]
    search = copy_search_of_run(run)
    played = played_pieces(run, shown, search, context)
    kept = kept_by(run, pieces, prompts, strategy, primer_kept=arguments.keep_primer)
    first, _ = written[0]
    path = first.with_name(first.name.replace("piece-", "report-")).with_suffix(".html")
    title = f"Music of the run {printable(arguments.run.resolve().name)}"
    blocks = [
        Player(played),
        *explanation(search),
        *promises({str(of_all["strategy"]): kept}),
    ]
    if decoder is not None:
        blocks += populations([(path.name, piece) for path, piece in written])
    write_report(path, title, [*blocks, *made_by(run, secret)])
    return path


def populations(pieces: Sequence[tuple[str, Composition]]) -> list[Block]:
    """Return what became of the members of each piece's population.

    Args:
        pieces: the name of each piece, and the piece, which a decoder drew with a
            trace.
    """
    blocks: list[Block] = [Heading("Populations"), Paragraph(_TREE)]
    for number, (name, piece) in enumerate(pieces):
        history, decoder = piece.history, piece.origin.decoder
        weighted = decoder.weighted_samples
        if weighted and not number:
            blocks.append(Paragraph(_EFFECTIVE))
        blocks.append(Heading(printable(name), level=3))
        tree = tree_of_population(history, piece.member)
        blocks.append(Picture(tree, f"the members of the population of {name}"))
        if weighted:
            curve = curve_of_effective_sizes(history.log_weights)
            blocks.append(Picture(curve, f"effective sample size of {name}"))
    return blocks


def write_parting_report(
    path: Path,
    run: Run,
    shown: Sequence[Shown],
    parted: Divergence | None,
    sentence: str,
    context: Context,
    *,
    secret: bool,
) -> None:
    """Write the page of replay.py --instead, which marks where two pieces part.

    Args:
        path: the page.
        run: the run whose model has drawn both pieces.
        shown: the piece as it was made, and as another strategy draws it.
        parted: where they part; None if they are the same.
        sentence: where they part, in words.
        context: which of the symbols so far the model remembered.
        secret: whether the command holds the key of a watermark. It is then left out.
    """
    search = copy_search_of_run(run)
    pieces = played_pieces(run, shown, search, context)
    if parted is not None and parted.note is not None:
        mark = Mark(parted.note, "the two pieces part here")
        pieces = [
            replace(each, marks=[mark]) if parted.note < len(each.score.notes) else each
            for each in pieces
        ]
    title = "A piece, and what another strategy draws instead"
    blocks = [Paragraph(sentence, lead=True), Player(pieces), *explanation(search)]
    write_report(path, title, [*blocks, *made_by(run, secret)])
