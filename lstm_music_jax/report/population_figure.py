"""Pictures of a population: which members survived, and how even their weights are."""

import numpy as np
from jaxtyping import Float, Int

from lstm_music_jax.generation.population import History
from lstm_music_jax.report.svg import LINE, framed

# The tree shows at most this many symbols at which members died out or changed places,
# and this many members of a large population.
_SYMBOLS, _MEMBERS = 40, 16
# The curve has at most this many points.
_POINTS = 300
# Widths and heights, in pixels.
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _GAP = 900, 170, 34, 20, 8
_DIED, _SURVIVED, _PICKED = "#5a6272", "#35b7d4", "#fde725"


def tree_of_population(history: History, member: int) -> bytes:
    """Return a picture of who continued whom, SVG.

    Time runs to the right, and each line is a member. The picture ends with the last
    symbol, or earlier if members have died out or changed places at 40 symbols. The way
    of the picked member is yellow. The other members that have descendants at the end
    of the picture are blue, and members that died out are grey. Of a large population,
    only some of the members at the end of the picture are shown, with their ancestors.

    Args:
        history: what the decoder chose at each symbol of one population, `[n m]`.
        member: the number of the picked member after the last symbol.
    """
    ancestors = np.asarray(history.ancestors)
    way = np.concatenate(_survived(ancestors, np.array([member])))
    rows = _rows(ancestors)
    ancestors, times = ancestors[rows], [0, *(rows + 1).tolist()]
    picked = way[times]
    survived = _survived(ancestors, np.union1d(_chosen(ancestors), picked[-1:]))
    shown = survived
    if ancestors.shape[1] <= _MEMBERS:
        shown = [np.arange(ancestors.shape[1])] * len(times)
    heights = _heights(ancestors, shown)
    scale = (_WIDTH - _LEFT - _GAP) / times[-1]
    lines: dict[str, str] = dict.fromkeys((_DIED, _SURVIVED, _PICKED), "")
    for place in range(len(rows)):
        # A member goes straight on until its last symbol in this part.
        ends = times[place], times[place + 1] - 1, times[place + 1]
        begin, turn, end = (round(_LEFT + scale * time) for time in ends)
        for child in shown[place + 1].tolist():
            colour = _DIED
            if child == picked[place + 1]:
                colour = _PICKED
            elif child in survived[place + 1]:
                colour = _SURVIVED
            before = heights[place][ancestors[place, child]]
            after = heights[place + 1][child]
            bend = f"H{turn}" if turn > begin else ""
            path = f"{bend}L{end} {after}" if after != before else f"H{end}"
            lines[colour] += f"M{begin} {before}{path}"
    parts = [
        f'<path d="{path}" fill="none" stroke="{colour}" '
        f'stroke-width="{3 if colour == _PICKED else 1.3}"/>'
        for colour, path in lines.items()
    ]
    return _svg([*parts, *_symbol_axis(times[-1])])


def effective_sizes(log_weights: Float[np.ndarray, "*n m"]) -> Float[np.ndarray, "*n"]:
    """Return the effective sample size of weighted members: (sum w)^2 / sum w^2.

    It is the number of members if all weights are equal, and 1 if one member has all
    the weight. It is 0 if no member has any weight.
    """
    top = np.max(log_weights, axis=-1, keepdims=True)
    weights = np.exp(log_weights - np.where(top > -np.inf, top, 0))
    squares = np.sum(weights**2, axis=-1)
    return np.sum(weights, axis=-1) ** 2 / np.where(squares > 0, squares, 1)


def curve_of_effective_sizes(log_weights: Float[np.ndarray, "n m"]) -> bytes:
    """Return a curve of the effective sample size after each symbol, SVG.

    It jumps to the number of members when the members are resampled. If the piece is
    long, each point is the least of several symbols.

    Args:
        log_weights: the log-weights of the members of one population.
    """
    symbols, members = log_weights.shape
    sizes = effective_sizes(log_weights)
    begins = np.linspace(0, symbols, min(symbols, _POINTS), endpoint=False).astype(int)
    least = np.minimum.reduceat(sizes, begins)
    left = _LEFT + (_WIDTH - _LEFT - _GAP) * (begins + 0.5) / symbols
    floor = _HEIGHT - _BOTTOM
    top = floor - (floor - 2 * _GAP) * least / members
    points = " ".join(f"{x:.0f},{y:.0f}" for x, y in zip(left, top, strict=True))
    levels = [(members, 2 * _GAP), (0, floor)]
    lines = "".join(f"M{_LEFT} {place}H{_WIDTH - _GAP}" for _, place in levels)
    names = [
        f'<text x="{_LEFT - 4}" y="{place + 4}" text-anchor="end">{level}</text>'
        for level, place in levels
    ]
    return _svg(
        [
            f'<path d="{lines}" stroke="{LINE}"/>',
            f'<polyline points="{points}" fill="none" stroke="{_SURVIVED}" '
            'stroke-width="1.3"/>',
            *names,
            *_symbol_axis(symbols),
        ]
    )


def _rows(ancestors: Int[np.ndarray, "n m"]) -> Int[np.ndarray, "k"]:
    """Return the symbols of the tree, from 0.

    They are those at which members died out or changed places. If there are few, the
    last symbol is also among them.
    """
    symbols, members = ancestors.shape
    rows = np.flatnonzero((ancestors != np.arange(members)).any(axis=1))
    if len(rows) >= _SYMBOLS:
        return rows[:_SYMBOLS]
    return np.union1d(rows, [symbols - 1])


def _chosen(ancestors: Int[np.ndarray, "n m"]) -> Int[np.ndarray, "k"]:
    """Return members to show, evenly spread in the order of their lines."""
    members = _order(ancestors)
    places = np.linspace(0, len(members) - 1, min(len(members), _MEMBERS))
    return members[places.round().astype(int)]


def _order(ancestors):
    """Return the members after the last symbol so that their lines do not cross."""
    ranks = np.arange(ancestors.shape[1])
    for row in ancestors:
        ranks = np.argsort(np.argsort(ranks[row], kind="stable"))
    return np.argsort(ranks)


def _survived(
    ancestors: Int[np.ndarray, "n m"], last: Int[np.ndarray, "k"]
) -> list[Int[np.ndarray, "_"]]:
    """Return the ancestors of the `last` members: those before each symbol.

    The list has one entry more than there are symbols, because it ends with `last`.
    """
    found = [last]
    for row in ancestors[::-1]:
        found.append(np.unique(row[found[-1]]))
    return found[::-1]


def _heights(ancestors, shown):
    """Return the height of each shown member before each symbol and after the last.

    The members are in the order of their ancestors, so that no lines cross.
    """
    found, before = [], np.arange(ancestors.shape[1])
    for symbol, members in enumerate(shown):
        ranks = np.full(ancestors.shape[1], len(ancestors[0]))
        keys = before if symbol == 0 else before[ancestors[symbol - 1]]
        ranks[members[np.argsort(keys[members], kind="stable")]] = range(len(members))
        floor = _HEIGHT - _BOTTOM - _GAP
        heights = _GAP + (ranks + 0.5) / len(members) * (floor - _GAP)
        found.append(heights.round().astype(int))
        before = ranks
    return found


def _symbol_axis(symbols):
    """Return the numbers of the first and the last symbol."""
    bottom = _HEIGHT - 5
    return [
        f'<text x="{_LEFT}" y="{bottom}">symbol 1</text>',
        f'<text x="{_WIDTH - _GAP}" y="{bottom}" text-anchor="end">{symbols}</text>',
    ]


def _svg(parts):
    return framed(_WIDTH, _HEIGHT, 11, parts)
