"""The automaton of pieces without ill-formed symbols, which decoding would skip."""

from collections.abc import Sequence

from lstm_music_jax.automata.automaton import (
    Automaton,
    alphabet,
    explored,
    grouped,
    require_size,
)
from lstm_music_jax.music.encodings.base import Encoding, known_symbols
from lstm_music_jax.music.score import HIGHEST_PITCH
from lstm_music_jax.music.vocabulary import Vocabulary


def well_formed(
    vocabulary: Vocabulary,
    encoding: Encoding,
    pitches: Sequence[int] | None = None,
) -> Automaton:
    """Return the automaton of pieces in which decoding skips no symbol.

    `Encoding` defines the ill-formed symbols. No note sounds before the first symbol.

    With the encoding `Events`, a state is the set of pitches that were struck at this
    moment. With `Performance`, a state says for each pitch whether it is silent, sounds
    since this moment, or sounds since an earlier one. So p pitches need 2^p or 3^p
    states. This is possible only for vocabularies of few pitches; `WellFormed` is the
    strategy for all others. With `NoteNames`, there is one state.

    With few `pitches`, there are few states for a large vocabulary too. `Obey` is the
    strategy that makes pieces fit an automaton. If the automaton of `Obey` names
    pitches, intersect it with this one for these pitches. Otherwise `Obey`
    may forbid more beside `WellFormed` than it must.

    Args:
        vocabulary: the vocabulary of the model.
        encoding: the encoding of the symbols.
        pitches: the MIDI pitches that are watched. Ill-formed strikes and releases of
            other pitches are accepted. By default, all pitches are watched.

    Raises:
        ValueError: there would be too many states; the message says how many.
    """
    symbols = vocabulary.symbols
    watched = frozenset(range(HIGHEST_PITCH + 1) if pitches is None else pitches)
    known = known_symbols(encoding, symbols)
    kinds = [
        (
            watched.intersection(encoding.pitches(symbol)),
            watched.intersection(encoding.releases(symbol)),
            encoding.time_shift(symbol) > 0,
            symbol in known,
        )
        for symbol in symbols
    ]
    classes, kinds = grouped(kinds, alphabet(vocabulary))
    moves = any(moving for _, _, moving, _ in kinds)
    releasing = any(released for _, released, _, _ in kinds)
    found = {pitch for struck, _, _, _ in kinds for pitch in struck}
    if moves or releasing:
        require_size(
            f"the automaton of well-formed pieces of {len(found)} pitches",
            (3 if releasing else 2) ** len(found),
        )

    def step(state, group):
        struck, held = state
        strikes, releases, moving, exists = kinds[group]
        if not exists:
            return None
        if moving:
            return frozenset(), held | struck if releasing else held
        if not moves and not releasing:
            return state
        if struck.intersection(strikes) or held.intersection(strikes):
            return None
        if not held.issuperset(releases):
            return None
        return struck.union(strikes), held.difference(releases)

    nothing: frozenset[int] = frozenset()
    return explored((nothing, nothing), step, lambda _: True, classes)
