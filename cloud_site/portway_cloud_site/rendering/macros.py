"""The macros that are shown as what they are; any other as a box that says which it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from portway_cloud_site.rendering.parsing import AC, text_of

if TYPE_CHECKING:
    from lxml import etree

    from portway_cloud_site.rendering.storage import Converter

_MAX_PARAMETERS = 30
_INLINE_PARENTS = frozenset({"p", "span", "strong", "em", "a", "li", "td", "th", "u"})
_COLOURS = frozenset({"grey", "red", "yellow", "green", "blue", "purple"})


@dataclass(frozen=True)
class Macro:
    """One use of a macro: its name, its parameters, and the body it has, if any."""

    name: str
    parameters: dict[str, str]
    rich_body: etree._Element | None
    plain_body: str | None
    is_inline: bool

    @classmethod
    def read(cls, node: etree._Element) -> Macro:
        """Return the macro an `ac:structured-macro` (or old `ac:macro`) element stands for."""
        parameters: dict[str, str] = {}
        for child in node.iterchildren(f"{AC}parameter", f"{AC}default-parameter"):
            if len(parameters) < _MAX_PARAMETERS:
                parameters[child.get(f"{AC}name", "")] = _parameter_text(child)
        plain = node.find(f"{AC}plain-text-body")
        rich = node.find(f"{AC}rich-text-body")
        parent = node.getparent()
        return cls(
            name=node.get(f"{AC}name", ""),
            parameters=parameters,
            rich_body=rich,
            plain_body=None if plain is None else text_of(plain),
            is_inline=rich is None and plain is None and _tag(parent) in _INLINE_PARENTS,
        )

    @property
    def title(self) -> str:
        """The title somebody gave it, or nothing."""
        return self.parameters.get("title", "")


Writer = Callable[["Converter", Macro], None]


def write_unknown_macro(converter: Converter, macro: Macro) -> None:
    """Write a box with the macro's name, its parameters and whatever body it has."""
    name = f'<span class="macro-name">Macro {escape(macro.name or "without a name")}</span>'
    if macro.is_inline:
        converter.write(f'<span class="macro-inline">{name}')
        values = [f"{key}: {value}" if key else value for key, value in macro.parameters.items()]
        converter.write_text(f" {', '.join(values)[:200]}" if values else "")
        converter.write("</span>")
        return
    converter.write(f'<div class="macro">{name}')
    if macro.parameters:
        converter.write('<details class="macro-parameters"><summary>Parameters</summary><dl>')
        for key, value in macro.parameters.items():
            converter.write(f"<dt>{escape(key or '(default)')}</dt><dd>{escape(value)}</dd>")
        converter.write("</dl></details>")
    if macro.rich_body is not None:
        converter.write('<div class="macro-body">')
        converter.write_children(macro.rich_body)
        converter.write("</div>")
    if macro.plain_body:
        converter.write(f'<pre class="macro-body">{escape(macro.plain_body)}</pre>')
    converter.write("</div>")


def _write_callout(kind: str, label: str) -> Writer:
    def write(converter: Converter, macro: Macro) -> None:
        converter.write(f'<aside class="callout callout-{kind}">')
        converter.write(f'<p class="callout-label">{label}</p>')
        if macro.title:
            converter.write(f'<p class="callout-title">{escape(macro.title)}</p>')
        _write_body(converter, macro)
        converter.write("</aside>")

    return write


def _write_code(converter: Converter, macro: Macro) -> None:
    converter.write('<figure class="code">')
    caption = " · ".join(
        text for text in (macro.title, macro.parameters.get("language", "")) if text
    )
    if caption:
        converter.write(f'<figcaption class="code-title">{escape(caption)}</figcaption>')
    converter.write(f"<pre><code>{escape(macro.plain_body or '')}</code></pre></figure>")


def _write_panel(converter: Converter, macro: Macro) -> None:
    converter.write('<section class="panel">')
    if macro.title:
        converter.write(f'<p class="panel-title">{escape(macro.title)}</p>')
    _write_body(converter, macro)
    converter.write("</section>")


def _write_expand(converter: Converter, macro: Macro) -> None:
    title = macro.title or macro.parameters.get("") or "Show more"
    converter.write(f'<details class="expand"><summary>{escape(title)}</summary>')
    _write_body(converter, macro)
    converter.write("</details>")


def _write_contents(converter: Converter, macro: Macro) -> None:
    converter.mark_contents()


def _write_status(converter: Converter, macro: Macro) -> None:
    colour = (macro.parameters.get("colour") or macro.parameters.get("color") or "").lower()
    colour = colour if colour in _COLOURS else "grey"
    text = macro.title or macro.parameters.get("colour") or "Status"
    converter.write(f'<span class="lozenge lozenge-{colour}">{escape(text)}</span>')


def _write_anchor(converter: Converter, macro: Macro) -> None:
    converter.write_anchor(macro.parameters.get("", ""))


def _write_wiki_markup(converter: Converter, macro: Macro) -> None:
    converter.write(f'<pre class="wiki">{escape(macro.plain_body or "")}</pre>')


def _write_body(converter: Converter, macro: Macro) -> None:
    if macro.rich_body is not None:
        converter.write_children(macro.rich_body)
    elif macro.plain_body:
        converter.write(f"<pre>{escape(macro.plain_body)}</pre>")


MACROS: dict[str, Writer] = {
    "info": _write_callout("info", "Info"),
    "note": _write_callout("note", "Note"),
    "warning": _write_callout("warning", "Warning"),
    "tip": _write_callout("tip", "Tip"),
    "code": _write_code,
    "noformat": _write_code,
    "panel": _write_panel,
    "expand": _write_expand,
    "toc": _write_contents,
    "status": _write_status,
    "anchor": _write_anchor,
    "excerpt": _write_body,
    "section": _write_body,
    "column": _write_body,
    "unmigrated-wiki-markup": _write_wiki_markup,
}


def _parameter_text(parameter: etree._Element) -> str:
    """Return a parameter's value; a reference in it by what it names."""
    text = text_of(parameter).strip()
    named = [str(value) for child in parameter for value in child.attrib.values()]
    return " ".join([text, *named]).strip()[:500]


def _tag(node: etree._Element | None) -> str:
    return "" if node is None else str(node.tag)
