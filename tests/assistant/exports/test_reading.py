"""Reading entities.xml as a stream of objects, fast or by expat, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portway_assistant import error_codes
from portway_assistant.exports.limits import DEFAULT_LIMITS
from portway_assistant.exports.raw_object import RawObject, plain_class
from portway_assistant.exports.shapes import SECRET_CLASSES, WANTED
from portway_assistant.exports.xml_objects import ObjectReader
from portway_service.errors import Refusal
from support.exports import HEAD, TAIL, ExportBuilder, Ref, page_ref

PATH = Path("export.zip")
SAMPLES = Path(__file__).parents[3] / "cli" / "portway_cli" / "samples"


def objects_of(document, *, chunk_bytes=1 << 18, wanted=WANTED, limits=DEFAULT_LIMITS):
    raw = document.encode() if isinstance(document, str) else document

    def chunks():
        return (raw[at : at + chunk_bytes] for at in range(0, len(raw), chunk_bytes))

    found: list[RawObject] = []
    ObjectReader(chunks, wanted=wanted, path=PATH, limits=limits).read(found.append)
    return found


FIRST = '<object class="Space" package="p"><id name="id">1</id></object>\n'
"""The head of a file is read by expat; what follows this object is read fast if it can be."""
MANY = FIRST * 300


def one_object(inner, *, class_name="Page"):
    """Read one object fast and by expat, and return what both agree on."""
    written = f'<object class="{class_name}" package="p"><id name="id">1</id>{inner}'
    _, fast = objects_of(f"{HEAD}{FIRST}{written}</object>{TAIL}")
    _, slow = objects_of(f"{HEAD}{FIRST}{written}<!-- expat --></object>{TAIL}")
    assert fast == slow
    return fast


def refusal_of(document, **settings_):
    with pytest.raises(Refusal) as caught:
        objects_of(document, **settings_)
    return caught.value


def test_an_object_has_its_values_references_and_collections():
    builder = ExportBuilder()
    builder.page(
        "Start", object_id=5, body=None, parent=page_ref(4), children=[page_ref(6), page_ref(7)]
    )

    (page,) = objects_of(builder.entities())

    assert (page.class_name, page.id) == ("Page", "5")
    assert page.values["title"] == "Start"
    assert page.references["parent"] == ("Page", "4")
    assert page.collections == {"children": [("Page", "6"), ("Page", "7")]}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("<![CDATA[a < b & c]]>", "a < b & c"),
        ("a &lt; b &amp; c", "a < b & c"),
        ("<![CDATA[one ]]]]><![CDATA[> two]]>", "one ]]> two"),
        ("x<![CDATA[y]]>z", "xyz"),
        ("<![CDATA[a]b]]c]]>", "a]b]]c"),
        ("<![CDATA[one\r\ntwo\rthree]]>", "one\ntwo\nthree"),
        ("&#x41;&#66;", "AB"),
        ("  padded ", "  padded "),
        ("<![CDATA[</object>]]>", "</object>"),
        ("<![CDATA[<![CDATA[inner]] >]]>", "<![CDATA[inner]] >"),
        ("日本語 😀", "日本語 😀"),
    ],
)
def test_text_is_read_in_every_spelling(written, value):
    assert one_object(f'<property name="title">{written}</property>').values == {"title": value}


@pytest.mark.parametrize(
    "nothing",
    [
        '<property name="title"/>',
        '<property name="title"></property>',
        '<property name="title"><![CDATA[]]></property>',
        '<property name="parent" class="Page" package="p"/>',
        '<property name="parent" class="Page" package="p">\n </property>',
        '<property name="parent" class="Page" package="p"><id name="id"/></property>',
        '<property name="parent" class="Page" package="p"><id name="id"></id></property>',
        '<collection name="children" class="java.util.List"/>',
        '<collection name="children" class="java.util.List">\n</collection>',
    ],
)
def test_empty_elements_are_null(nothing):
    found = one_object(nothing)

    assert (found.values, found.references, found.collections) == ({}, {}, {})


@pytest.mark.parametrize(
    "spelling",
    [
        '<property name="space" class="Space" package="p"><id name="id">7</id></property>',
        '<property name="space" class="Space" package="p">\n\t<id name="id"> 7 </id>\r</property>',
        '<property package="p" class="Space" name="space"><id name="id">7</id></property>',
        '<property name="space" class="Space" package="p">x<id name="id">7</id></property>',
        "<property name='space' class='Space' package='p'><id name='id'>7</id></property>",
        '<property name="space" class="Space_$$_javassist_3" package="p"><id>7</id></property>',
        '<property name="space" class="a.b.Space" package="p"><id><![CDATA[7]]></id></property>',
    ],
)
def test_a_reference_is_read_in_every_spelling(spelling):
    assert one_object(spelling).references == {"space": ("Space", "7")}


def test_a_class_is_known_by_its_bare_name():
    assert plain_class("Page_$$_javassist_12") == "Page"
    assert plain_class("com.atlassian.confluence.pages.Page") == "Page"


def test_what_belongs_to_nobody_is_skipped():
    document = (
        f"{HEAD}<!-- made by hand --><stray><object/></stray><?php?>"
        '<object class="Page" package="p"><id name="id">1</id><surprise>x<deep/></surprise>'
        '<object class="Page"><id name="id">2</id></object></object>'
        f'<object class="Odd" package="p"/>{TAIL}<!-- end -->'
    )

    found = objects_of(document)

    assert [(item.class_name, item.id) for item in found] == [("Page", "1"), ("Odd", None)]


def test_a_composite_id_is_no_id():
    inner = '<composite-id><property name="key" type="string">title</property></composite-id>'
    document = f'{HEAD}<object class="BucketPropertySetItem" package="p">{inner}</object>{TAIL}'

    assert [item.id for item in objects_of(document)] == [None]


@pytest.mark.parametrize("sample", sorted(SAMPLES.glob("*.zip")), ids=lambda path: path.name)
@pytest.mark.parametrize("chunk_bytes", [7, 1000, 1 << 18])
def test_real_exports_read_alike_fast_and_by_expat_at_any_cut(sample, chunk_bytes, unzipped):
    raw = unzipped(sample)
    slow = raw.replace(b"</object>", b"<!-- expat --></object>")

    assert objects_of(raw, chunk_bytes=chunk_bytes) == objects_of(slow)


@pytest.fixture
def unzipped():
    from portway_assistant.exports.package import ExportPackage

    return lambda path: b"".join(ExportPackage.open(path).entities_chunks())


names = st.sampled_from(["title", "space", "parent", "children", "body", "unwanted", "id"])
gaps = st.sampled_from(["", " ", "\n", "\r\n\t"])
values = st.sampled_from(
    ["", "5", " 5 ", "x", "<![CDATA[]]>", "<![CDATA[a]]>", "<![CDATA[a]]b]]>", "&amp;", "]", "\r\n",
     "<![CDATA[1]]><![CDATA[2]]>", "<![CDATA[</property></object>]]>", "<b/>", "x<id>4</id>", ">"]
)  # fmt: skip
classes = st.sampled_from(["", ' class="Page" package="p"', ' enum-class="E" package="p"'])


@st.composite
def members(draw) -> str:
    name, gap, kind = draw(names), draw(gaps), draw(classes)
    key = draw(st.sampled_from(["", "<id/>", f'<id name="id">{draw(values)}</id>']))
    form = draw(st.integers(min_value=0, max_value=4))
    if form == 0:
        return f'<property name="{name}"{kind}/>{gap}'
    if form == 1:
        return f'<property name="{name}"{kind}>{draw(values)}</property>{gap}'
    if form == 2:
        return f'<property name="{name}"{kind}>{gap}{key}{draw(gaps)}</property>{gap}'
    if form == 3:
        elements = "".join(
            f'<element{draw(classes)}>{gap}<id name="id">{draw(values)}</id>{gap}</element>{gap}'
            for _ in range(draw(st.integers(0, 3)))
        )
        return f'<collection name="{name}" class="java.util.List">{gap}{elements}</collection>{gap}'
    return f'<component name="{name}"><property name="title">secret</property></component>{gap}'


@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.tuples(gaps, st.lists(members(), max_size=5)), max_size=4),
    st.integers(min_value=1, max_value=400),
)
def test_any_mixture_of_spellings_reads_alike_fast_and_by_expat(drawn, chunk_bytes):
    objects = [
        f'<object class="Page" package="p">{gap}<id name="id">{number}</id>{gap}{"".join(inner)}'
        for number, (gap, inner) in enumerate(drawn)
    ]
    fast = HEAD + FIRST + "</object>\n".join([*objects, ""]) + TAIL
    slow = HEAD + FIRST + "<!-- expat --></object>\n".join([*objects, ""]) + TAIL
    wanted = {"Page": WANTED["Page"] | {"body"}}

    assert objects_of(fast, chunk_bytes=chunk_bytes, wanted=wanted) == objects_of(
        slow, wanted=wanted
    )


@st.composite
def kinds_of_member(draw) -> tuple[str, str, str, str]:
    name, gap, attributes = draw(names), draw(gaps), draw(classes)
    return draw(st.sampled_from(["null", "value", "value", "id", "list"])), name, gap, attributes


def rendition(draw, form: str, name: str, gap: str, attributes: str) -> str:
    """Write a member of one form, each time with other values."""
    if form == "null":
        return f'<property name="{name}"{attributes}/>{gap}'
    value = draw(values)
    if form == "value":
        return f'<property name="{name}"{attributes}>{value}</property>{gap}'
    if form == "id":
        kind = draw(st.sampled_from(["Page", "BlogPost", "Page_$$_javassist_1"]))
        key = f'<id name="id">{value}</id>\n'
        return f'<property name="{name}" class="{kind}" package="p">{key}</property>{gap}'
    elements = "".join(
        f'<element class="Page" package="p"><id name="id">{draw(values)}</id>\n</element>{gap}'
        for _ in range(draw(st.integers(0, 2)))
    )
    return f'<collection name="{name}" class="java.util.List">{elements}</collection>{gap}'


@settings(deadline=None, max_examples=300)
@given(st.data(), st.lists(kinds_of_member(), max_size=5), st.integers(min_value=20, max_value=400))
def test_objects_of_an_order_met_before_read_alike_fast_and_by_expat(data, order, chunk_bytes):
    objects = []
    for number in range(8):
        inner = "".join(rendition(data.draw, *member) for member in order)
        extra = '<property name="title">once</property>' if number == 6 else ""
        objects.append(
            f'<object class="Page" package="p"><id name="id">{number}</id>\n{inner}{extra}'
        )
    fast = HEAD + FIRST + "</object>\n".join([*objects, ""]) + TAIL
    slow = HEAD + FIRST + "<!-- expat --></object>\n".join([*objects, ""]) + TAIL
    wanted = {"Page": WANTED["Page"] | {"body"}}

    assert objects_of(fast, chunk_bytes=chunk_bytes, wanted=wanted) == objects_of(
        slow, wanted=wanted
    )


def test_patterns_made_for_an_order_are_used(monkeypatch):
    from portway_assistant.exports import canonical

    slow = []
    by_member = canonical._scan_members
    monkeypatch.setattr(
        canonical, "_scan_members", lambda *args: slow.append(1) or by_member(*args)
    )
    builder = ExportBuilder()
    for number in range(200):
        builder.page(f"Page {number}")

    assert len(objects_of(builder.entities())) == 400
    assert len(slow) < 20


@pytest.mark.parametrize(
    ("broken", "at"),
    [
        ("<object class='Page' package='p'><id>1</id>", None),
        ("<object class='Page' package='p'></property></object>", "</property>"),
        ('<object class="Page" package="p"><id name="id">1</id>&nbsp;</object>', "&nbsp;"),
        ("<object a='1' a='2'/>", "a='2'"),
        ("plain & text", " text"),
        (f'{MANY}<object class="Page" package="p"><id name="id">1</id>]]></object>', "]]>"),
        (f'{MANY}<object class="Page" package="p"><id name="id">a ]]> b</id></object>', "]]>"),
    ],
)
@pytest.mark.parametrize("chunk_bytes", [5, 1 << 18])
def test_what_is_not_well_formed_is_refused_at_its_byte(broken, at, chunk_bytes):
    before = HEAD.encode() + b"\x01\x01" + b"<x>caf\xc3\xa9</x>\n" * 3
    document = before + broken.encode() + TAIL.encode()

    refusal = refusal_of(document, chunk_bytes=chunk_bytes)

    assert refusal.error is error_codes.EXPORT_MALFORMED
    if at is not None:
        assert abs(refusal.facts["offset"] - document.index(at.encode())) <= 2
        assert refusal.facts["line"] == document[: refusal.facts["offset"]].count(b"\n") + 1


@pytest.mark.parametrize("kept", [0, 10, 2000, -40])
def test_a_file_cut_short_is_refused(kept):
    builder = ExportBuilder()
    for number in range(20):
        builder.page(f"Page {number}")
    whole = builder.entities()

    assert refusal_of(whole[: kept % len(whole)]).error is error_codes.EXPORT_MALFORMED


def test_a_file_cut_off_between_two_objects_is_refused():
    assert refusal_of(HEAD + MANY).error is error_codes.EXPORT_MALFORMED


@pytest.mark.parametrize(
    "declaration",
    [
        "<!DOCTYPE hibernate-generic>",
        '<!DOCTYPE r SYSTEM "http://example.com/evil.dtd">',
        '<!DOCTYPE r [<!ENTITY a "b"><!ENTITY c SYSTEM "file:///etc/passwd">]>',
    ],
)
def test_any_document_type_is_refused(declaration):
    document = HEAD.replace("\n", f"\n{declaration}\n", 1) + TAIL

    refusal = refusal_of(document)

    assert refusal.error is error_codes.EXPORT_HAS_DTD
    assert refusal.facts["line"] == 2


def test_entity_expansion_never_begins():
    lines = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    document = f'<!DOCTYPE r [<!ENTITY e0 "ha">{lines}]><hibernate-generic>&e9;</hibernate-generic>'

    assert refusal_of(document).error is error_codes.EXPORT_HAS_DTD


def test_a_jira_backup_is_named_by_its_root():
    refusal = refusal_of("<entity-engine-xml><Issue id='1'/></entity-engine-xml>")

    assert refusal.error is error_codes.EXPORT_NOT_CONFLUENCE
    assert refusal.facts["root"] == "entity-engine-xml"


@pytest.mark.parametrize(
    ("document", "limits", "name"),
    [
        (f"{HEAD}{'<a>' * 100}{'</a>' * 100}{TAIL}", {}, "max_depth"),
        (
            f'{HEAD}<object class="Page"><property name="title">{"long " * 100_000}',
            {"max_value_chars": 100_000},
            "max_value_chars",
        ),
        (f"{HEAD}<!--{'x' * 300_000}-->{TAIL}", {"max_markup_bytes": 100_000}, "max_markup_bytes"),
    ],
)
def test_one_huge_element_is_refused_by_the_limit_it_breaks(document, limits, name):
    refusal = refusal_of(document, chunk_bytes=10_000, limits=replace(DEFAULT_LIMITS, **limits))

    assert refusal.error is error_codes.EXPORT_OUTSIDE_LIMITS
    assert refusal.facts["limit"] == name


def test_a_body_far_larger_than_a_chunk_is_read_whole():
    builder = ExportBuilder()
    text = "<p>" + "long body " * 500_000 + "</p>"
    builder.page("Large", body=text)

    body = objects_of(builder.entities(), chunk_bytes=1 << 16)[1]

    assert body.body == text.encode()


def test_too_many_repairs_are_a_refusal():
    limits = replace(DEFAULT_LIMITS, max_repairs=10)

    refusal = refusal_of(HEAD.encode() + b"\x02" * 20, limits=limits)

    assert refusal.error is error_codes.EXPORT_TOO_DAMAGED


@pytest.mark.parametrize("class_name", sorted(SECRET_CLASSES - WANTED.keys()))
def test_classes_with_secrets_are_counted_and_nothing_else(class_name):
    found = one_object('<property name="value">s3cret</property>', class_name=class_name)

    assert "s3cret" not in repr(found)


@pytest.mark.parametrize("class_name", ["InternalUser", "DefaultHibernateUser", "ApplicationImpl",
                                        "DirectoryImpl", "ConfluenceUserImpl"])  # fmt: skip
def test_secrets_of_classes_that_are_read_never_leave_the_parser(class_name):
    found = one_object(
        '<property name="name">ann</property>'
        '<component name="credential"><property name="credential">s3cret</property></component>'
        '<property name="password">s3cret</property><property name="token">s3cret</property>'
        '<collection name="attributes" class="java.util.Map">'
        '<element type="string">s3cret</element></collection>'
        '<collection name="credentialRecords" class="java.util.List">'
        '<element class="InternalUserCredentialRecord"><id name="id">9</id></element></collection>',
        class_name=class_name,
    )

    assert "s3cret" not in repr(found)


def test_a_refusal_shows_no_content():
    document = HEAD + '<object class="InternalUser"><component><property name="credential">s3cret<'

    refusal = refusal_of(document)

    assert "s3cret" not in str(refusal)
    assert "s3cret" not in str(refusal.facts)


def test_references_to_other_objects_need_not_lead_anywhere():
    builder = ExportBuilder()
    builder.body(Ref("Page", 404), "<p>orphan</p>")

    (body,) = objects_of(builder.entities())

    assert body.references == {"content": ("Page", "404")}
