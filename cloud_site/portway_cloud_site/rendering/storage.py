"""From a tree of storage format to HTML: known elements are written anew, nothing is copied."""

import re
from html import escape
from urllib.parse import urlsplit

from lxml import etree

from portway_cloud_site.rendering.emoticons import emoticon
from portway_cloud_site.rendering.macros import MACROS, Macro, write_unknown_macro
from portway_cloud_site.rendering.parsing import AC, RI, text_of
from portway_cloud_site.rendering.references import File, PageName, References, Target

MAX_DEPTH = 80
"""Elements nested deeper are reduced to their text."""

_SAME = {
    tag: tag
    for tag in (
        "p", "div", "span", "strong", "em", "u", "s", "del", "ins", "sub", "sup", "small", "code",
        "kbd", "samp", "var", "q", "cite", "pre", "blockquote", "ul", "li", "dl", "dt", "dd",
        "caption", "thead", "tbody", "tfoot", "tr",
    )
}  # fmt: skip
_RENAMED = {
    "b": "strong", "i": "em", "strike": "s", "tt": "code", "big": "span", "font": "span",
    "center": "div", "address": "div", "article": "div", "section": "div", "header": "div",
    "footer": "div", "main": "div", "figure": "div", "figcaption": "div",
}  # fmt: skip
_TAGS = _SAME | _RENAMED
_DROPPED = frozenset(
    {
        "script", "style", "template", "noscript", "iframe", "frame", "frameset", "object",
        "embed", "applet", "svg", "math", "head", "title", "link", "meta", "base", "select",
        "textarea", "colgroup", "col", "audio", "video", "canvas", "map",
    }
)  # fmt: skip
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_ALIGNMENT = re.compile(r"text-align\s*:\s*(center|right)")
_LAYOUTS = {
    "fixed-width": "layout-fixed-width",
    "single": "layout-single",
    "two_equal": "layout-two-equal",
    "two_left_sidebar": "layout-two-left-sidebar",
    "two_right_sidebar": "layout-two-right-sidebar",
    "three_equal": "layout-three-equal",
    "three_with_sidebars": "layout-three-with-sidebars",
}


def convert(root: etree._Element, references: References, *, anchors: str = "") -> str:
    """Return the HTML of a body's children. Sanitise it before anybody sees it."""
    converter = Converter(references, anchors=anchors)
    converter.write_children(root)
    return converter.html()


class Converter:
    """Writes HTML for one body."""

    def __init__(self, references: References, *, anchors: str = "") -> None:
        self.references = references
        self._kind = f"h{anchors}"
        self._out: list[str] = []
        self._depth = 0
        self._headings: list[tuple[int, str, str]] = []
        self._contents_at: list[int] = []
        self._anchors: dict[str, int] = {}  # and how often each was wanted

    def html(self) -> str:
        """Return what was written, with the tables of contents filled in."""
        for place in self._contents_at:
            self._out[place] = self._table_of_contents()
        return "".join(self._out)

    def write(self, html: str) -> None:
        """Write HTML as it is: only what this package made."""
        self._out.append(html)

    def write_text(self, text: str | None) -> None:
        """Write text, escaped."""
        if text:
            self._out.append(escape(text))

    def write_children(self, node: etree._Element) -> None:
        """Write everything inside an element."""
        self.write_text(node.text)
        for child in node:
            self.write_node(child)
            self.write_text(child.tail)

    def write_node(self, node: etree._Element) -> None:
        """Write one element, without the text after it."""
        if not isinstance(node.tag, str):
            return  # an entity or instruction the parser kept
        if self._depth >= MAX_DEPTH:
            self.write_text(text_of(node))
            return
        self._depth += 1
        try:
            self._write_element(node)
        finally:
            self._depth -= 1

    def mark_contents(self) -> None:
        """Put the table of contents here, once all headings are known."""
        self._contents_at.append(len(self._out))
        self._out.append("")

    def write_anchor(self, name: str) -> None:
        """Write a place links can lead to."""
        self.write(f'<span id="{self._free_anchor(name)}"></span>')

    def _write_element(self, node: etree._Element) -> None:
        tag = str(node.tag)
        if tag.startswith(AC):
            self._write_ac(tag.removeprefix(AC), node)
        elif tag.startswith("{"):
            return  # `ri:` elements speak only inside others; `at:` ones belong to templates
        else:
            self._write_html(tag.lower(), node)

    # HTML elements

    def _write_html(self, tag: str, node: etree._Element) -> None:
        if tag in _DROPPED:
            return
        if tag in _TAGS:
            self._wrap(_TAGS[tag], node, _alignment(node))
        elif tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            self._write_heading(min(int(tag[1]) + 1, 6), node)
        elif tag in {"br", "hr"}:
            self.write(f"<{tag}>")
        elif tag == "ol":
            start = node.get("start", "")
            self._wrap("ol", node, f' start="{start}"' if _is_count(start) else "")
        elif tag == "table":
            self.write('<div class="scroll" role="region" aria-label="Table" tabindex="0">')
            self._wrap("table", node)
            self.write("</div>")
        elif tag in {"td", "th"}:
            spans = "".join(
                f' {name}="{node.get(name)}"'
                for name in ("colspan", "rowspan")
                if _is_count(node.get(name, ""))
            )
            self._wrap(tag, node, spans + _alignment(node))
        elif tag == "a":
            self._write_link(node)
        elif tag == "abbr":
            self._wrap("abbr", node, f' title="{escape(node.get("title", ""))}"')
        elif tag == "time":
            self._write_time(node)
        elif tag == "img":
            self._write_foreign_image(node.get("src", ""), node.get("alt", ""))
        else:
            self.write_children(node)

    def _wrap(self, tag: str, node: etree._Element, attributes: str = "") -> None:
        self.write(f"<{tag}{attributes}>")
        self.write_children(node)
        self.write(f"</{tag}>")

    def _write_heading(self, level: int, node: etree._Element) -> None:
        text = " ".join(text_of(node).split())
        anchor = self._free_anchor(text)
        self._headings.append((level, anchor, text))
        self._wrap(f"h{level}", node, f' id="{anchor}"{_alignment(node)}')

    def _write_link(self, node: etree._Element) -> None:
        href = safe_href(node.get("href", ""))
        if href is None:
            self.write_children(node)
        else:
            self._wrap("a", node, f' href="{escape(href)}"')

    def _write_time(self, node: etree._Element) -> None:
        moment = node.get("datetime", "")[:40]
        self.write(f'<time datetime="{escape(moment)}">')
        if len(node) or (node.text or "").strip():
            self.write_children(node)
        else:
            self.write_text(moment)
        self.write("</time>")

    def _write_foreign_image(self, source: str, alt: str) -> None:
        """Link an image that lies elsewhere: showing it would tell that place who reads."""
        href = safe_href(source)
        label = alt or source or "image"
        if href is None:
            self.write_missing("image", label)
        else:
            self.write(f'<a href="{escape(href)}">Image: {escape(label[:200])}</a>')

    # Confluence elements

    def _write_ac(self, name: str, node: etree._Element) -> None:
        match name:
            case "structured-macro" | "macro":
                self._write_macro(node)
            case "link":
                self._write_ac_link(node)
            case "image":
                self._write_image(node)
            case "task-list":
                self.write('<ul class="tasks">')
                for task in node.iterchildren(f"{AC}task"):
                    self._write_task(task)
                self.write("</ul>")
            case "layout-section":
                layout = _LAYOUTS.get(node.get(f"{AC}type", ""), "layout-single")
                self._wrap("div", node, f' class="layout {layout}"')
            case "layout-cell":
                self._wrap("div", node, ' class="cell"')
            case "emoticon":
                fallback = node.get(f"{AC}emoji-fallback", "")
                self.write_text(emoticon(node.get(f"{AC}name", ""), fallback))
            case "inline-comment-marker":
                anchor = self._free_anchor(node.get(f"{AC}ref", ""), kind="marker")
                self._wrap("mark", node, f' id="{anchor}" class="marker"')
            case "placeholder":
                self._wrap("span", node, ' class="placeholder"')
            case "adf-extension":
                fallback_node = node.find(f"{AC}adf-fallback")
                self.write_children(node if fallback_node is None else fallback_node)
            case "adf-node" | "adf-attribute" | "parameter" | "task-id" | "task-status":
                return
            case _:
                self.write_children(node)

    def _write_macro(self, node: etree._Element) -> None:
        macro = Macro.read(node)
        writer = MACROS.get(macro.name)
        if writer is None:
            write_unknown_macro(self, macro)
        else:
            writer(self, macro)

    def _write_ac_link(self, node: etree._Element) -> None:
        anchor = node.get(f"{AC}anchor")
        resource = next((child for child in node if str(child.tag).startswith(RI)), None)
        if resource is None and anchor is None:
            self._write_label(node, "")
        elif resource is None:
            self.write(f'<a href="#{anchor_id(anchor or "", kind=self._kind)}">')
            self._write_label(node, anchor or "")
            self.write("</a>")
        elif resource.tag == f"{RI}user":
            self._write_person(resource)
        else:
            kind, target, name = self._find(resource)
            if target is None:
                self.write_missing(kind, name, node)
                return
            fragment = f"#{anchor_id(anchor)}" if anchor else ""
            self.write(f'<a href="{escape(target.href + fragment)}">')
            self._write_label(node, target.label)
            self.write("</a>")

    def _find(self, resource: etree._Element) -> tuple[str, Target | None, str]:
        """Return what sort of thing a link names, the thing if it is here, and its name."""
        references = self.references
        match str(resource.tag).removeprefix(RI):
            case "page":
                page = _page_name(resource)
                return "page", references.find_page(page), page.title
            case "blog-post":
                page = _page_name(resource)
                day = resource.get(f"{RI}posting-day")
                return "blog post", references.find_blog_post(page, day), page.title
            case "attachment":
                name, file = self._find_file(resource)
                return "file", None if file is None else Target(file.href, name), name
            case "space":
                key = resource.get(f"{RI}space-key", "")
                return "space", references.find_space(key), key
            case "content-entity":
                content_id = resource.get(f"{RI}content-id", "")
                return "content", references.find_content(content_id), content_id
            case "url":
                address = resource.get(f"{RI}value", "")
                href = safe_href(address)
                return "link", None if href is None else Target(href, address), address
            case other:
                return "link", None, other

    def _find_file(self, resource: etree._Element) -> tuple[str, File | None]:
        name = resource.get(f"{RI}filename", "")
        page = resource.find(f"{RI}page")
        return name, self.references.find_file(name, None if page is None else _page_name(page))

    def _write_person(self, resource: etree._Element) -> None:
        account_id = resource.get(f"{RI}account-id")
        user_key = resource.get(f"{RI}userkey")
        user_name = resource.get(f"{RI}username")
        name = self.references.find_person(
            account_id=account_id, user_key=user_key, user_name=user_name
        )
        if name is None:
            self.write_missing("person", user_name or account_id or user_key or "somebody")
        else:
            self.write(f'<span class="mention">@{escape(name)}</span>')

    def _write_label(self, node: etree._Element, default: str) -> None:
        for tag in ("link-body", "plain-text-link-body"):
            body = node.find(f"{AC}{tag}")
            if body is not None and (len(body) or (body.text or "").strip()):
                self.write_children(body)
                return
        self.write_text(default)

    def write_missing(self, kind: str, name: str, node: etree._Element | None = None) -> None:
        """Write what a body refers to and this site does not have."""
        self.write('<span class="missing">')
        if node is None:
            self.write_text(name)
        else:
            self._write_label(node, name)
        self.write(f" ({kind} not on this site)</span>")

    def _write_image(self, node: etree._Element) -> None:
        resource = next((child for child in node if str(child.tag).startswith(RI)), None)
        alt = node.get(f"{AC}alt") or node.get(f"{AC}title") or ""
        caption = node.find(f"{AC}caption")
        if resource is None:
            return
        if resource.tag != f"{RI}attachment":
            self._write_foreign_image(resource.get(f"{RI}value", ""), alt)
            return
        name, file = self._find_file(resource)
        if file is None:
            self.write_missing("image", name)
            return
        if not file.is_image:
            self.write(f'<a href="{escape(file.href)}">{escape(name)}</a>')
            return
        size = "".join(
            f' {side}="{node.get(AC + side)}"'
            for side in ("width", "height")
            if _is_count(node.get(AC + side, ""))
        )
        image = f'<img src="{escape(file.href)}" alt="{escape(alt or name)}" loading="lazy"{size}>'
        if caption is None:
            self.write(image)
            return
        self.write(f"<figure>{image}<figcaption>")
        self.write_children(caption)
        self.write("</figcaption></figure>")

    def _write_task(self, task: etree._Element) -> None:
        done = (task.findtext(f"{AC}task-status") or "").strip() == "complete"
        state, label = (" checked", "Done") if done else ("", "Open")
        self.write('<li class="task">')
        self.write(f'<input type="checkbox" disabled{state} aria-label="{label}"> ')
        body = task.find(f"{AC}task-body")
        if body is not None:
            self.write("<div>")
            self.write_children(body)
            self.write("</div>")
        self.write("</li>")

    # Anchors

    def _free_anchor(self, name: str, *, kind: str | None = None) -> str:
        """Return an id for `name` that nothing else on the page has."""
        wanted = anchor = anchor_id(name, kind=kind or self._kind)
        while anchor in self._anchors:
            self._anchors[wanted] += 1
            anchor = f"{wanted}-{self._anchors[wanted]}"
        self._anchors[anchor] = 1
        return anchor

    def _table_of_contents(self) -> str:
        if not self._headings:
            return ""
        lines = "".join(
            f'<li class="toc-{level}"><a href="#{anchor}">{escape(text)}</a></li>'
            for level, anchor, text in self._headings
        )
        return f'<nav class="toc" aria-label="On this page"><ul>{lines}</ul></nav>'


def anchor_id(name: str, *, kind: str = "h") -> str:
    """Return the id of the place a name stands for; never one of the page around the body."""
    slug = re.sub(r"[^\w]+", "-", name.lower()).strip("-")[:80]
    return f"{kind}-{slug}"


def safe_href(address: str) -> str | None:
    """Return an address a link may have, or None: known schemes, and paths without any."""
    address = re.sub(r"[\x00-\x20\x7f]+", "", address)
    try:
        scheme = urlsplit(address).scheme.lower()
    except ValueError:
        return None
    if not address or (scheme and scheme not in _SCHEMES):
        return None
    return None if not scheme and ":" in address.split("/")[0].split("#")[0] else address


def _page_name(resource: etree._Element) -> PageName:
    return PageName(resource.get(f"{RI}content-title", ""), resource.get(f"{RI}space-key") or None)


def _is_count(text: str | None) -> bool:
    return text is not None and text.isascii() and text.isdecimal() and len(text) < 5


def _alignment(node: etree._Element) -> str:
    match = _ALIGNMENT.search(node.get("style", "")[:500])
    return f' class="align-{match[1]}"' if match else ""
