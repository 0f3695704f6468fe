"""The claims of a study: which of them hold, in a table, in files and on the screen."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lstm_music_jax.system.atomic_write import write_atomically

# For each claim, whether it holds, and the figures behind it.
Verdicts = Mapping[str, tuple[bool, str]]


def claims_table(verdicts: Verdicts, titles: tuple[str, str]) -> list[str]:
    """Return the lines of a table in Markdown of which claims hold, and why.

    Args:
        verdicts: for each claim, whether it holds, and the figures behind it.
        titles: the titles of these two columns.
    """
    lines = [f"| claim | {' | '.join(titles)} |", "| --- | --- | --- |"]
    for claim, (held, why) in verdicts.items():
        lines.append(f"| {claim} | {'yes' if held else 'no'} | {why} |")
    return lines


def write_results(
    folder: Path, content: Mapping[str, Any], tables: str, words: tuple[str, str]
) -> None:
    """Write the results of a study, and print which claims hold.

    Args:
        folder: where to write `results.json` and `results.md`.
        content: all results; its entry "verdicts" holds the verdicts.
        tables: the results as Markdown.
        words: what to print for a claim that holds, and for one that does not.
    """
    path = folder / "results.json"
    write_atomically(path, json.dumps(content, indent=1) + "\n")
    write_atomically(path.with_suffix(".md"), tables)
    for claim, (held, why) in content["verdicts"].items():
        print(f"{claim}: {words[0] if held else words[1]} ({why})")
    print(f"results: {path}, and as tables: {path.with_suffix('.md')}")


def listed(names: Sequence[str]) -> str:
    """Return names in one text, or "none"."""
    return ", ".join(names) or "none"
