"""All short sequences of a small vocabulary."""

import itertools

from lstm_music_jax.music.encodings.events import Events
from lstm_music_jax.music.vocabulary import Vocabulary

EVENTS = Vocabulary(
    ("pitch_60", "shift_6", "duration_6", "pitch_64", "pitch_65", "<start>", "<end>"),
    "<start>",
    "<end>",
    unseen=("pitch_65",),
)
# The symbols that `compose` may draw, apart from the end symbol.
MUSIC = EVENTS.symbols[:4]
ENCODING = Events()


def words(longest, symbols=EVENTS.symbols):
    """Return all sequences of at most `longest` symbols."""
    return [
        word
        for length in range(longest + 1)
        for word in itertools.product(symbols, repeat=length)
    ]


def check(automaton, vocabulary, wanted, longest=4):
    """Check that an automaton accepts exactly the sequences for which `wanted` holds.

    A sequence with a symbol that `compose` may not draw is never accepted.
    """
    barred = {vocabulary.start, vocabulary.end, *vocabulary.unseen}
    found = 0
    for word in words(longest, vocabulary.symbols):
        expected = barred.isdisjoint(word) and bool(wanted(word))
        assert automaton.accepts(vocabulary.ids_of(word)) == expected, word
        found += expected
    assert found
