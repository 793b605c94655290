"""Bodies of pages in the storage format, with everything a migration has to look into."""

from collections.abc import Callable
from html import escape
from random import Random
from urllib.parse import quote_plus

from portway_assistant.samples.numbers import tiny_link
from portway_assistant.samples.site import BASE_URL, UNKNOWN_KEY, Site

_Part = Callable[[Site, Random, int], str]


def page_body(site: Site, page: int, *, version: int | None = None) -> str:
    """Return the body of a page, or of an older version of it."""
    chance = site.chance("body", page if version is None else page * 100 + version + 1)
    wanted = site.options.body_bytes * chance.uniform(0.4, 1.6)
    parts: list[str] = []
    if version is None:
        parts += [_marked(site, chance, comment) for comment in _inline_comments(site, page)]
        parts += [_tasks(site, page)] if has_tasks(page) else []
    size = sum(map(len, parts))
    rare = chance.randrange(len(_RARE))
    while size < wanted:
        part = chance.choice(_COMMON)(site, chance, page)
        if chance.random() < 0.15:
            part = _RARE[rare % len(_RARE)](site, chance, page)
            rare += 1
        parts.append(part)
        size += len(part)
    return "\n".join(parts)


def wiki_body(site: Site, page: int) -> str:
    """Return a body in wiki markup, as exports before Confluence 4 have it."""
    chance = site.chance("body", page)
    other = site.title(site.other_page(chance, page))
    text = "\n\n".join(_text(site, chance) for _ in range(4))
    return f"h2. {site.lexicon.phrase(chance)}\n\n{text}\n\n* [{other}]\n* {{toc}}\n"


def short_body(site: Site, block: str, number: int) -> str:
    """Return the body of a comment, a blog post, a description."""
    chance = site.chance(block, number)
    parts = [f"<p>{_text(site, chance)}</p>"]
    if chance.random() < 0.3:
        parts.append(_mention(site, chance, number))
    if block == "blog":
        parts += [chance.choice(_COMMON)(site, chance, number % site.pages) for _ in range(4)]
    return "".join(parts)


def has_tasks(page: int) -> bool:
    """Tell whether a page has inline tasks."""
    return page % 15 == 3


def _inline_comments(site: Site, page: int) -> list[int]:
    return [number for number in site.comments_of(page) if site.is_inline(number)]


def _text(site: Site, chance: Random) -> str:
    return escape(site.lexicon.paragraph(chance), quote=False)


def _marked(site: Site, chance: Random, comment: int) -> str:
    marker = site.marker(comment)
    return (
        f'<p>{_text(site, chance)} <ac:inline-comment-marker ac:ref="{marker}">'
        f"marked text {comment}</ac:inline-comment-marker> {_text(site, chance)}</p>"
    )


def _tasks(site: Site, page: int) -> str:
    items = "".join(
        f"<ac:task><ac:task-id>{number}</ac:task-id><ac:task-status>"
        f"{'complete' if number == 1 else 'incomplete'}</ac:task-status><ac:task-body>"
        f"<span>{_person(site, page + number)} "
        f"see to item {number}</span></ac:task-body></ac:task>"
        for number in (1, 2)
    )
    return f"<ac:task-list>{items}</ac:task-list>"


def _paragraph(site: Site, chance: Random, page: int) -> str:
    return f"<p>{_text(site, chance)}</p>"


def _heading(site: Site, chance: Random, page: int) -> str:
    return f"<h2>{site.lexicon.phrase(chance)}</h2><p>{_text(site, chance)}</p>"


def _list(site: Site, chance: Random, page: int) -> str:
    items = "".join(f"<li>{site.lexicon.phrase(chance)}</li>" for _ in range(4))
    return f"<ul>{items}</ul>"


def _person(site: Site, user: int) -> str:
    who = f'ri:userkey="{site.key(user)}"'
    if site.options.names_people:
        who = f'ri:username="{site.username(user)}"'
    return f"<ac:link><ri:user {who} /></ac:link>"


def _mention(site: Site, chance: Random, page: int) -> str:
    person = _person(site, chance.randrange(10_000))
    return f"<p>{person} &ndash; {site.lexicon.phrase(chance)}&nbsp;&rarr; soon</p>"


def _page_link(site: Site, chance: Random, page: int) -> str:
    same = site.spaces == 1 or chance.random() < 0.7
    other = site.other_page(chance, page, same_space=same)
    key = "" if same else f' ri:space-key="{escape(site.space_key(site.space_of(other)))}"'
    target = f'<ri:page{key} ri:content-title="{escape(site.title(other))}" />'
    words = site.lexicon.phrase(chance)
    body = f"<ac:plain-text-link-body><![CDATA[{words}]]></ac:plain-text-link-body>"
    return f"<p>See <ac:link>{target}{body}</ac:link>.</p>"


def _table(site: Site, chance: Random, page: int) -> str:
    rows = "".join(
        f"<tr><td>{site.lexicon.phrase(chance)}</td><td>{chance.randrange(10_000)}</td></tr>"
        for _ in range(5)
    )
    head = "<tr><th>What</th><th>How many</th></tr>"
    return f'<table class="wrapped"><tbody>{head}{rows}</tbody></table>'


def _code(site: Site, chance: Random, page: int) -> str:
    lines = "\n".join(f"    run(list[index[{n}]], a[b[{n}]]+1)" for n in range(6))
    return _macro("code", {"language": "py"}, f"def step():\n{lines}\n", plain=True)


def _panel(site: Site, chance: Random, page: int) -> str:
    return _macro(chance.choice(("info", "note", "panel")), {}, _paragraph(site, chance, page))


def _status(site: Site, chance: Random, page: int) -> str:
    status = _macro("status", {"colour": "Green", "title": site.lexicon.phrase(chance)})
    return f"<p>State: {status}</p>"


def _notes(site: Site, chance: Random, page: int) -> str:
    own = {"pageId": str(site.id("page", page)), "author": site.key(chance.randrange(1000))}
    return _macro("page-notes", own)


def _children(site: Site, chance: Random, page: int) -> str:
    return _macro("toc", {"maxLevel": "3"}) + _macro("children", {"all": "true"})


def _excerpt(site: Site, chance: Random, page: int) -> str:
    other = escape(site.title(site.other_page(chance, page)))
    link = f'<ac:link><ri:page ri:content-title="{other}" /></ac:link>'
    return (
        '<ac:structured-macro ac:name="excerpt-include" ac:schema-version="1">'
        f'<ac:parameter ac:name="">{link}</ac:parameter></ac:structured-macro>'
    )


def _image(site: Site, chance: Random, page: int) -> str:
    own = site.attachments_of(page)
    if not own:
        return _paragraph(site, chance, page)
    name = escape(site.attachment_name(chance.choice(own)))
    return f'<p><ac:image><ri:attachment ri:filename="{name}" /></ac:image></p>'


def _absolute(site: Site, chance: Random, page: int) -> str:
    other = site.other_page(chance, page, same_space=False)
    key = quote_plus(site.space_key(site.space_of(other)))
    address = f"{BASE_URL}/display/{key}/{quote_plus(site.title(other))}"
    return f'<p><a href="{escape(address)}">{site.lexicon.phrase(chance)}</a></p>'


def _by_number(site: Site, chance: Random, page: int) -> str:
    other = site.id("page", site.other_page(chance, page, same_space=False))
    address = f"{BASE_URL}/pages/viewpage.action?pageId={other}&amp;focusedCommentId=1"
    return f'<p><a href="{address}">{site.lexicon.phrase(chance)}</a></p>'


def _tiny(site: Site, chance: Random, page: int) -> str:
    other = site.id("page", site.other_page(chance, page, same_space=False))
    address = f"{BASE_URL}/x/{tiny_link(other)}"
    return f'<p><a href="{address}">{address}</a> and <a href="https://example.com/">out</a></p>'


def _entity(site: Site, chance: Random, page: int) -> str:
    other = site.id("page", site.other_page(chance, page, same_space=False))
    return f'<p><ac:link><ri:content-entity ri:content-id="{other}" /></ac:link></p>'


def _space_link(site: Site, chance: Random, page: int) -> str:
    key = escape(site.space_key(chance.randrange(site.spaces)))
    return f'<p><ac:link><ri:space ri:space-key="{key}" /></ac:link></p>'


def _nobody(site: Site, chance: Random, page: int) -> str:
    if site.options.plain:
        return _mention(site, chance, page)
    return f'<p>Ask <ac:link><ri:user ri:userkey="{UNKNOWN_KEY}" /></ac:link></p>'


def _macro(name: str, parameters: dict[str, str], body: str = "", *, plain: bool = False) -> str:
    given = "".join(
        f'<ac:parameter ac:name="{key}">{escape(value)}</ac:parameter>'
        for key, value in parameters.items()
    )
    if plain:
        body = f"<ac:plain-text-body><![CDATA[{body}]]></ac:plain-text-body>"
    elif body:
        body = f"<ac:rich-text-body>{body}</ac:rich-text-body>"
    head = f'<ac:structured-macro ac:name="{name}" ac:schema-version="1">'
    return f"{head}{given}{body}</ac:structured-macro>"


_COMMON: tuple[_Part, ...] = (
    _paragraph,
    _paragraph,
    _paragraph,
    _paragraph,
    _heading,
    _list,
    _mention,
    _page_link,
)
_RARE: tuple[_Part, ...] = (
    _table,
    _code,
    _panel,
    _status,
    _notes,
    _children,
    _excerpt,
    _image,
    _absolute,
    _by_number,
    _tiny,
    _entity,
    _space_link,
    _nobody,
)
