"""One self-contained HTML page: figures inside, nothing loaded from anywhere."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from matplotlib.figure import Figure

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2.2rem; }
img { max-width: 100%; height: auto; } figcaption { color: #555; font-size: 0.9rem; } figure { margin: 1rem 0; }
table { border-collapse: collapse; } th, td { padding: 0.3rem 0.9rem; text-align: right; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; } code { background: #f3f3f3; padding: 0.1rem 0.3rem; }
"""


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with text, and optionally a table and a figure.

    Parameters
    ----------
    title : str
        Heading.
    text : str
        One paragraph of plain text.
    table : sequence of sequence of str, optional
        Rows, the first one being the header.
    png : bytes, optional
        A picture.
    """

    title: str
    text: str
    table: Sequence[Sequence[str]] = ()
    png: bytes | None = None


def png_bytes(figure: Figure) -> bytes:
    """Return a figure as PNG without metadata, equal for equal figures."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def render_page(title: str, sections: Sequence[Section]) -> str:
    """Return the page as HTML text."""
    body = "\n".join(_section(section) for section in sections)
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{escape(title)}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n<h1>{escape(title)}</h1>\n{body}\n</body></html>\n'


def _section(section: Section) -> str:
    parts = [f"<h2>{escape(section.title)}</h2>", f"<p>{escape(section.text)}</p>"]
    if section.table:
        parts.append(_table(section.table))
    if section.png is not None:
        data = base64.b64encode(section.png).decode()
        parts.append(f'<figure><img alt="{escape(section.title)}" src="data:image/png;base64,{data}"></figure>')
    return "\n".join(parts)


def _table(rows: Sequence[Sequence[str]]) -> str:
    header = "".join(f"<th>{escape(cell)}</th>" for cell in rows[0])
    lines = ["<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows[1:]]
    return f"<table><tr>{header}</tr>\n" + "\n".join(lines) + "</table>"
