"""The last gate before a browser: an allow list of tags, attributes, classes and link schemes.

The converter writes nothing else anyway; this holds even where the converter is wrong.
"""

import nh3

_BLOCKS = {
    "p", "div", "blockquote", "pre", "hr", "br", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li",
    "dl", "dt", "dd", "figure", "figcaption", "details", "summary", "aside", "nav", "section",
}  # fmt: skip
_TABLES = {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"}
_TEXT = {
    "a", "span", "strong", "em", "u", "s", "del", "ins", "sub", "sup", "small", "code", "kbd",
    "samp", "var", "q", "cite", "abbr", "mark", "time", "img", "input",
}  # fmt: skip

CLASSES = {
    "align-center", "align-right", "attribution", "callout", "callout-info", "callout-label",
    "callout-note", "callout-tip", "callout-title", "callout-warning", "cell", "code",
    "code-title", "expand", "layout", "layout-fixed-width", "layout-single",
    "layout-three-equal", "layout-three-with-sidebars", "layout-two-equal",
    "layout-two-left-sidebar", "layout-two-right-sidebar", "lozenge", "lozenge-blue",
    "lozenge-green", "lozenge-grey", "lozenge-purple", "lozenge-red", "lozenge-yellow", "macro",
    "macro-body", "macro-inline", "macro-name", "macro-parameters", "marker", "mention",
    "missing", "note", "panel", "panel-title", "placeholder", "scroll", "task", "tasks", "toc",
    "toc-2", "toc-3", "toc-4", "toc-5", "toc-6", "wiki",
}  # fmt: skip

_ATTRIBUTES = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "img": {"src", "alt", "title", "width", "height", "loading"},
    "input": {"type", "checked", "disabled", "aria-label"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "div": {"role", "aria-label", "tabindex"},
    "nav": {"aria-label"},
    **{tag: {"id"} for tag in ("h2", "h3", "h4", "h5", "h6", "mark", "span")},
}

_STAND_INS = {"&amp;": "\ue000", "&lt;": "\ue001", "&gt;": "\ue002"}

_CLEANER = nh3.Cleaner(
    tags=_BLOCKS | _TABLES | _TEXT,
    clean_content_tags={"script", "style"},
    attributes=_ATTRIBUTES,
    allowed_classes=dict.fromkeys(_BLOCKS | _TABLES | _TEXT, CLASSES),
    url_schemes={"http", "https", "mailto", "tel"},
    link_rel="noopener noreferrer nofollow",
    strip_comments=True,
)


def sanitise(html: str) -> str:
    """Return `html` with nothing in it that could run, load from elsewhere or leave its place."""
    # The cleaner's time grows with the square of the escapes in one text, so it sees stand-ins.
    for escaped, stand_in in _STAND_INS.items():
        html = html.replace(stand_in, "\N{REPLACEMENT CHARACTER}").replace(escaped, stand_in)
    html = _CLEANER.clean(html)
    for escaped, stand_in in _STAND_INS.items():
        html = html.replace(stand_in, escaped)
    return html
