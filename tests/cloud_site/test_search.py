"""Searching with CQL: what migrating apps ask to find the pages that use their macros."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portway_cloud_site.search.parsing import Clause, Joined, parse_cql
from portway_service.errors import Refusal
from support.site import Site, a_blog_post, a_label, a_page, a_space, a_user

MACRO = '<ac:structured-macro ac:name="{}" ac:schema-version="1"/>'


@pytest.fixture
def wiki(demo: Site) -> Site:
    demo.must_send(
        a_user("bob"),
        a_space("OPS", 101),
        a_page(200, title="Alpha Plan", body=MACRO.format("notes")),
        a_page(201, title="Beta plan", parent="page/200", body=MACRO.format("notes-old")),
        a_page(
            202, title="Gamma", space="space/101", author="user/bob", body=MACRO.format("notes")
        ),
        a_page(
            203, title="Old markup", representation="wiki", body="{notes:a=b} x", parent="page/201"
        ),
        a_page(204, title="100% done", body='<ac:parameter ac:name="notes">x</ac:parameter>'),
        a_blog_post(300, title="News", createdAt="2024-05-01T00:00:00Z"),
        a_label(600, container="page/202", name="urgent"),
    )
    return demo


def found(site: Site, cql: str, **query) -> list[str]:
    answer = site.get("/rest/api/content/search", query_string={"cql": cql, **query})
    return [content["title"] for content in answer["results"]]


@pytest.mark.parametrize(
    ("cql", "titles"),
    [
        ("macro = notes", ["Alpha Plan", "Gamma", "Old markup"]),
        ("macro = notes and space = demo", ["Alpha Plan", "Old markup"]),
        (
            'macro in ("notes", "notes-old") AND space = "DEMO"',
            ["Alpha Plan", "Beta plan", "Old markup"],
        ),
        ("type = blogpost", ["News"]),
        ("type = page and space in (OPS)", ["Gamma"]),
        ("title ~ plan", ["Alpha Plan", "Beta plan"]),
        ('title ~ "plan alpha*"', ["Alpha Plan"]),
        ('title = "alpha plan"', ["Alpha Plan"]),
        ('title ~ "100%"', ["100% done"]),
        ("text ~ markup", ["Old markup"]),
        ("label = urgent", ["Gamma"]),
        ("type = page and not (space = OPS or macro = notes)", ["Beta plan", "100% done"]),
        ("type = page and macro != notes", ["Beta plan", "100% done"]),
        ("space not in (DEMO)", ["Gamma"]),
        ('created >= "2024-05-01"', ["News"]),
        ('created = "2024-05-01"', ["News"]),
        ("space = OPS or type = blogpost", ["Gamma", "News"]),
        ("title ~ plan order by title desc", ["Beta plan", "Alpha Plan"]),
        ("order by title", ["100% done", "Alpha Plan", "Beta plan", "Gamma", "News", "Old markup"]),
    ],
)
def test_a_query_finds_what_it_says(wiki, cql, titles):
    assert found(wiki, cql) == titles


def test_ids_and_ancestors_are_searched_at_any_depth(wiki):
    [top] = wiki.must_send(a_page(200, title="Alpha Plan", body=MACRO.format("notes")))

    assert found(wiki, f"id = {top}") == ["Alpha Plan"]
    assert found(wiki, f"parent = {top}") == ["Beta plan"]
    assert found(wiki, f"ancestor = {top}") == ["Beta plan", "Old markup"]


def test_the_creator_is_an_account(wiki):
    [bob] = wiki.must_send(a_user("bob"))

    assert found(wiki, f'creator = "{bob}"') == ["Gamma"]


def test_results_come_in_pages(wiki):
    answer = wiki.get("/rest/api/search", query_string={"cql": "type = page", "limit": 2})

    assert (answer["size"], answer["totalSize"]) == (2, 5)
    titles = []
    path = "/rest/api/search?cql=type+%3D+page&limit=2"
    while path:
        answer = wiki.get(path)
        titles += [result["title"] for result in answer["results"]]
        path = answer["_links"].get("next")
    assert titles == ["Alpha Plan", "Beta plan", "Gamma", "Old markup", "100% done"]


def test_a_result_has_the_shape_of_the_first_version_of_the_rest(wiki):
    [result] = wiki.get("/rest/api/search", query_string={"cql": "type = blogpost"})["results"]

    assert result["entityType"] == "content"
    assert result["content"]["type"] == "blogpost"
    assert result["content"]["space"] == {"key": "DEMO"}
    assert result["url"].startswith("/spaces/DEMO/blog/")


@pytest.mark.parametrize(
    "cql",
    ["macro", "macro =", "macro = a b", "(macro = a", "type = comment", "nonsense = 1", "id = x",
     "macro ~ a", "macro = a order by body", "created > soon", "title ~ \"open", "and", "a = (b)",
     "((" * 60 + "macro = a"],
)  # fmt: skip
def test_what_is_no_query_is_refused_with_the_reason(wiki, cql):
    answer = wiki.call("GET", "/rest/api/search", query_string={"cql": cql})

    assert (answer.status_code, answer.get_json()["code"]) == (400, "cql_invalid")


def test_an_app_that_is_not_installed_searches_nothing(wiki):
    answer = wiki.call("GET", "/rest/api/search", headers={}, query_string={"cql": "type = page"})

    assert answer.status_code == 401


def test_or_binds_less_than_and_and_not_binds_most():
    tree = parse_cql("a = 1 or not b = 2 and c = 3").condition

    one, two, three = (Clause(name, "=", (value,)) for name, value in ("a1", "b2", "c3"))
    assert tree == Joined("or", (one, Joined("and", (Joined("not", (two,)), three))))


@given(st.text(max_size=40) | st.lists(st.sampled_from(
    ["macro", "=", "(", ")", "and", "or", "not", "in", '"x"', ",", "order", "by", "~", " "]
), max_size=15).map(" ".join))  # fmt: skip
def test_any_text_is_a_query_or_refused(text):
    with suppress(Refusal):
        parse_cql(text)
