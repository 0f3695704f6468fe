"""The table of promises, and of how many pieces keep them."""

from collections.abc import Mapping, Sequence

from lstm_music_jax.evaluation.kept_promises import Kept
from lstm_music_jax.report.inline import escaped
from lstm_music_jax.report.table import Table


def promises_table(kept: Mapping[str, Sequence[Kept]]) -> Table:
    """Return the table of promises.

    Args:
        kept: the promises of each strategy, by the expression of the strategy.
    """
    rows = [
        [
            escaped(strategy),
            each.promise,
            each.found,
            f"{each.kept} of {each.pieces} pieces",
        ]
        for strategy, promises in kept.items()
        for each in promises
    ]
    return Table(("strategy", "promise", "found", "kept in"), rows)
