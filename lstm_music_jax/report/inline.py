"""Text with a little Markdown in it: `code`, *emphasis* and **bold**.

A backslash makes the punctuation mark after it plain text. There is no other markup.
Such a text goes into a Markdown file as it is, and `inline_html` turns it into HTML. So
a sentence or a table is made once, even if it goes into both kinds of file.
"""

import html
import re

_MARKUP = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<strong>.+?)\*\*|\*(?P<em>.+?)\*"
    r"|\\(?P<literal>[!-/:-@\[-`{-~])",
    re.DOTALL,
)
# What Markdown would take for markup: anywhere in a text, or at its beginning.
_SPECIAL = re.compile(r"[\\`*_~\[\]<>&#!|$]|^[-+=]|^\d+(?=[.)])")


def inline_html(text: str) -> str:
    """Turn a text with a little Markdown into HTML.

    A backslash before a punctuation mark is left out, and the mark is plain text. All
    else in the text, such as "<", is escaped, so that it shows as it is.
    """
    parts, done = [], 0
    for found in _MARKUP.finditer(text):
        parts.append(html.escape(text[done : found.start()]))
        kind, content = found.lastgroup, found[found.lastgroup or 0]
        if kind == "literal":
            parts.append(html.escape(content))
        else:
            inner = html.escape(content) if kind == "code" else inline_html(content)
            parts.append(f"<{kind}>{inner}</{kind}>")
        done = found.end()
    return "".join([*parts, html.escape(text[done:])])


def escaped(text: str) -> str:
    """Escape plain text, so that it shows as it is in Markdown and by `inline_html`.

    For example, this is needed for a remark that a listener typed: its "*" must not
    begin an emphasis. Line breaks and several spaces in a row become one space.
    """
    return _SPECIAL.sub(_escape, " ".join(text.split()))


def _escape(found):
    text = found[0]
    return f"{text}\\" if text.isdigit() else f"\\{text}"
