"""Text with a little Markdown in it: `code`, *emphasis* and **bold**, nothing else.

Such text is written to Markdown as it is, and to HTML by `inline_html`. So a sentence
or a table that is written to both is made once.
"""

import html
import re

_MARKUP = re.compile(
    r"`(?P<code>[^`]+)`|\*\*(?P<strong>.+?)\*\*|\*(?P<em>.+?)\*"
    r"|\\(?P<literal>[!-/:-@\[-`{-~])",
    re.DOTALL,
)
# What Markdown would take for markup, wherever it stands in a line.
_SPECIAL = re.compile(r"[\\`*_~\[\]<>&#!|$]|^[-+=]|^\d+(?=[.)])")


def inline_html(text: str) -> str:
    """Return text with a little Markdown as HTML; all other characters are escaped."""
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
    """Return plain text with its Markdown escaped, so that it shows as it is.

    Line breaks become spaces. An example is a remark that a listener typed.
    """
    return _SPECIAL.sub(_escape, " ".join(text.split()))


def _escape(found):
    text = found[0]
    return f"{text}\\" if text.isdigit() else f"\\{text}"
