"""Names of files, in a form that can be printed in any message."""

from __future__ import annotations


def printable(name: object) -> str:
    r"""Return a name in which escapes replace all that cannot be shown on one line.

    Escaped are all characters that `str.isprintable` refuses: control characters such
    as line breaks, all spaces but the usual one, invisible and undefined characters,
    and bytes that are not text in the file system's encoding. A stream in UTF-8 can
    always write the result.

    >>> printable("two\nlines.mid")
    'two\\nlines.mid'
    """
    return "".join(
        character
        if character.isprintable()
        else character.encode("unicode_escape").decode()
        for character in str(name)
    )
