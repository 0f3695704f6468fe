"""Names of files, in a form that every message can hold."""

from __future__ import annotations


def printable(name: object) -> str:
    r"""Return a name with escapes for what cannot be shown on one line.

    These are control characters such as line breaks, and bytes that are not text in the
    file system's encoding. A stream in UTF-8 can always write the result.

    >>> printable("two\nlines.mid")
    'two\\nlines.mid'
    """
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape").decode()
        for character in str(name)
    )
