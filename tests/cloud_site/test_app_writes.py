"""What migrating apps write on pages: properties and labels."""

import io

import pytest

from support.site import a_blog_post, a_page

READER = {"Authorization": "JWT acme/reader-app"}
VALUES = [
    {"a": [1, 2.5, None]},
    ["x"],
    "text",
    "12",
    '{"not": "an object"}',
    "",
    12,
    True,
    None,
    1.5,
]


def page_of(site) -> str:
    [page] = site.must_send(a_page(200))
    return f"/api/v2/pages/{page}"


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_property_reads_as_it_was_written(demo, value):
    page = page_of(demo)

    made = demo.call("POST", f"{page}/properties", json={"key": "app", "value": value})

    assert made.status_code == 200
    assert (made.get_json()["value"], made.get_json()["version"]["number"]) == (value, 1)
    [listed] = demo.get(f"{page}/properties?key=app")["results"]
    assert listed["value"] == value
    assert demo.get(f"{page}/properties/{listed['id']}") == made.get_json()


def test_a_property_is_changed_version_by_version(demo):
    page = page_of(demo)
    made = demo.call("POST", f"{page}/properties", json={"key": "app", "value": 1}).get_json()
    one = f"{page}/properties/{made['id']}"

    def put(number, value):
        body = {"key": "app", "value": value, "version": {"number": number}}
        return demo.call("PUT", one, json=body)

    assert put(2, "two").get_json()["value"] == "two"
    stale = put(2, "late")
    assert (stale.status_code, stale.get_json()["code"]) == (409, "version_conflict")
    assert demo.get(one)["value"] == "two"


def test_a_property_is_made_once_and_can_be_removed(demo):
    page = page_of(demo)
    made = demo.call("POST", f"{page}/properties", json={"key": "app"}).get_json()

    again = demo.call("POST", f"{page}/properties", json={"key": "app"})
    gone = demo.call("DELETE", f"{page}/properties/{made['id']}")

    assert (again.status_code, again.get_json()["code"]) == (409, "property_taken")
    assert gone.status_code == 204
    assert demo.get(f"{page}/properties")["results"] == []
    assert demo.call("DELETE", f"{page}/properties/{made['id']}").status_code == 404


def test_labels_are_put_on_once_and_taken_off(demo):
    page = page_of(demo).rpartition("/")[2]
    path = f"/rest/api/content/{page}/label"

    demo.call("POST", path, json=[{"prefix": "global", "name": "a"}, {"name": "b"}])
    answer = demo.call("POST", path, json={"name": "a"})

    assert [label["name"] for label in answer.get_json()["results"]] == ["a", "b"]
    assert demo.call("DELETE", f"{path}?name=a").status_code == 204
    assert demo.call("DELETE", f"{path}?name=a").status_code == 404
    labels = demo.product(f"/pages/{page}/labels")["results"]
    assert [label["name"] for label in labels] == ["b"]


def test_blog_posts_have_properties_and_labels_too(demo):
    [post] = demo.must_send(a_blog_post(300))

    made = demo.call("POST", f"/api/v2/blogposts/{post}/properties", json={"key": "k", "value": 1})
    label = demo.call("POST", f"/rest/api/content/{post}/label", json={"name": "news"})

    assert (made.status_code, label.status_code) == (200, 200)


def test_only_apps_with_the_right_to_write_do(demo):
    page = page_of(demo)
    number = page.rpartition("/")[2]
    writes = [
        ("POST", f"{page}/properties", {"key": "k", "value": 1}),
        ("POST", f"/rest/api/content/{number}/label", {"name": "x"}),
        ("DELETE", "/rest/api/space/DEMO", None),
    ]

    for method, path, body in writes:
        answer = demo.call(method, path, json=body, headers=READER)
        assert (answer.status_code, answer.get_json()["code"]) == (403, "app_may_not_write")
    assert demo.product("/spaces")["results"][0]["status"] == "current"


def upload(site, content_id, method="POST", name="a b.txt", content=b"bytes", **form):
    data = {"file": (io.BytesIO(content), name, "text/plain"), **form}
    path = f"/rest/api/content/{content_id}/child/attachment"
    return site.call(method, path, data=data, content_type="multipart/form-data")


def test_a_file_is_put_on_a_page_and_read_back(demo):
    page = page_of(demo).rpartition("/")[2]

    made = upload(demo, page, comment="first")

    [result] = made.get_json()["results"]
    assert (made.status_code, result["title"], result["version"]["number"]) == (200, "a b.txt", 1)
    assert demo.call("GET", result["_links"]["download"]).get_data() == b"bytes"
    [listed] = demo.product(f"/pages/{page}/attachments")["results"]
    assert (listed["id"], listed["comment"]) == (result["id"], "first")


def test_a_file_of_the_same_name_becomes_the_next_version_with_put_only(demo):
    page = page_of(demo).rpartition("/")[2]
    upload(demo, page)

    refused = upload(demo, page, content=b"other")
    replaced = upload(demo, page, "PUT", content=b"other")

    assert (refused.status_code, refused.get_json()["code"]) == (400, "file_name_taken")
    [result] = replaced.get_json()["results"]
    assert result["version"]["number"] == 2
    assert demo.call("GET", result["_links"]["download"]).get_data() == b"other"
    assert len([path for path in demo.files.rglob("*") if path.is_file()]) == 1


def test_a_form_without_a_file_is_refused(demo):
    page = page_of(demo).rpartition("/")[2]
    path = f"/rest/api/content/{page}/child/attachment"

    answer = demo.call("POST", path, data={"x": "y"}, content_type="multipart/form-data")

    assert (answer.status_code, answer.get_json()["code"]) == (400, "invalid_request")


def test_a_blog_post_is_written_dated_back_and_changed(demo):
    space = demo.product("/spaces")["results"][0]["id"]
    body = {"representation": "storage", "value": "<p>x</p>"}

    made = demo.call(
        "POST",
        "/api/v2/blogposts",
        json={"spaceId": space, "title": "N", "body": body, "createdAt": "2020-01-02T03:04:05Z"},
    ).get_json()
    change = {"id": made["id"], "status": "current", "title": "M", "body": body}
    path = f"/api/v2/blogposts/{made['id']}"
    changed = demo.call("PUT", path, json=change | {"version": {"number": 2}})
    stale = demo.call("PUT", path, json=change | {"version": {"number": 2}})

    assert made["createdAt"] == "2020-01-02T03:04:05.000Z"
    assert (changed.get_json()["title"], changed.get_json()["version"]["number"]) == ("M", 2)
    assert (stale.status_code, stale.get_json()["code"]) == (409, "version_conflict")
