"""Compares two result files of one benchmark, to show the effect of a change.

    python benchmarks/compare_results.py BEFORE.json AFTER.json

Each number in the table is AFTER's value divided by BEFORE's. It is in parentheses if
it differs from 1 by no more than the spread. A row's spread is the sum of its spreads
in both files. There it is (median - minimum) / minimum of the repeats.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from timing import markdown


@dataclass(frozen=True)
class Arguments:
    """Command line."""

    before: Annotated[Path, tyro.conf.Positional]
    """Result file (JSON) before the change."""
    after: Annotated[Path, tyro.conf.Positional]
    """Result file (JSON) of the same benchmark after the change."""


def main(arguments: Arguments) -> None:
    """Print the comparison."""
    before, after = (
        json.loads(path.read_text()) for path in (arguments.before, arguments.after)
    )
    print(report(before, after))


def report(before: dict[str, Any], after: dict[str, Any]) -> str:
    """Return the ratios as a Markdown table, then one line per other difference."""
    old, new = _rows_by_key(before), _rows_by_key(after)
    # Look at every row, because some rows lack some figures.
    figures = dict.fromkeys(
        name
        for row in before["rows"]
        for name, value in row.items()
        if isinstance(value, float) and name != "spread"
    )
    rows = [_ratios(old[key], new[key], key, figures) for key in old if key in new]
    lines = [markdown(rows) if rows else "no row is in both files\n"]
    for name, only in (("before", old.keys() - new), ("after", new.keys() - old)):
        lines += [f"only in {name}: {_text(key)}" for key in sorted(only, key=str)]
    past, now = before["circumstances"], after["circumstances"]
    lines += [
        f"{name}: {past.get(name, 'none')} -> {now.get(name, 'none')}"
        for name in past | now
        if past.get(name) != now.get(name)
    ]
    return "\n".join(lines)


def _rows_by_key(content):
    rows = content["rows"]
    # A file may name its key columns. If it does not, every column of text or whole
    # numbers is a key column.
    names = content.get("keys") or [
        name for name, value in rows[0].items() if isinstance(value, str | int)
    ]
    return {tuple((name, row[name]) for name in names): row for row in rows}


def _ratios(before, after, key, figures):
    spread = before.get("spread", 0.0) + after.get("spread", 0.0)
    row = {name: str(value) for name, value in key}
    for name in figures:
        row[name] = _ratio(before.get(name), after.get(name), spread)
    return row | {"spread": f"{spread:.1%}"}


def _ratio(before, after, spread):
    if not (isinstance(before, float) and isinstance(after, float) and before):
        return "-"
    ratio = after / before
    return f"({ratio:.3g})" if abs(ratio - 1) <= spread else f"{ratio:.3g}"


def _text(key):
    return ", ".join(str(value) for _, value in key)


if __name__ == "__main__":
    main(tyro.cli(Arguments, description=__doc__))
