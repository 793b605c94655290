"""What bodies refer to, from an export to the site: ids, people, links, and what leads nowhere."""

import pytest

from support.exports import ExportBuilder, Ref, page_ref, user_ref
from support.runs import CutAt, Place
from support.site_state import site_state

SOURCE = "https://wiki.corp.example"


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "data")


def a_linked_export() -> ExportBuilder:
    builder = ExportBuilder()
    builder.space(homePage=page_ref(200))
    ann = builder.user("ann")
    builder.account("ann", email="ann@example.com")
    builder.page(
        "Start",
        object_id=200,
        creator=user_ref(ann),
        body='<p><ri:user ri:userkey="key-ann"/><ri:user ri:username="bob"/>'
        '<ri:content-entity ri:content-id="201"/>'
        f'<a href="{SOURCE}/display/DEMO/Child">c</a><a href="{SOURCE}/x/yQ">t</a>'
        f'<a href="{SOURCE}/pages/viewpage.action?pageId=201#comment-300">k</a>'
        '<a href="https://elsewhere.example/x/yQ">e</a></p>',
    )
    builder.page("Child", object_id=201, parent=page_ref(200), creator=user_ref(ann), body=BROKEN)
    builder.comment(page_ref(201), object_id=300, body='<ri:content-entity ri:content-id="200"/>')
    builder.attachment("plan.txt", page_ref(201), object_id=400, data=b"the plan")
    return builder


BROKEN = (
    '<p><ri:page ri:content-title="Lost"/><ri:content-entity ri:content-id="999"/>'
    f'<a href="{SOURCE}/pages/viewpage.action?pageId=999">x</a></p>'
)


def bodies(place) -> dict[str, str]:
    pages = place.get("/sites/cloud/wiki/api/v2/pages", **{"body-format": "storage"})["results"]
    return {page["title"]: page["body"]["storage"]["value"] for page in pages}


def test_references_lead_to_what_has_arrived_and_the_proof_is_complete(place, tmp_path):
    report = place.run(a_linked_export().write(tmp_path / "e.zip"), source_urls=(SOURCE,))

    pages = {page["title"]: page for page in place.get("/sites/cloud/wiki/api/v2/pages")["results"]}
    child = pages["Child"]["id"]
    comments = place.get(f"/sites/cloud/wiki/api/v2/pages/{child}/footer-comments")["results"]
    people = place.get(
        "/admin/v1/mappings", server="server", site="cloud", namespace="identity:user"
    )["items"]
    there = f"/sites/cloud/wiki/spaces/DEMO/pages/{child}"
    comment = comments[0]["id"]
    tiny = pages["Child"]["_links"]["tinyui"]
    ann, bob = people["confluence.userkey/key-ann"], people["confluence.username/bob"]
    assert bodies(place)["Start"] == (
        f'<p><ri:user ri:account-id="{ann}"/><ri:user ri:account-id="{bob}"/>'
        f'<ri:content-entity ri:content-id="{child}"/>'
        f'<a href="{there}">c</a><a href="/sites/cloud/wiki{tiny}">t</a>'
        f'<a href="{there}?focusedCommentId={comment}#comment-{comment}">k</a>'
        '<a href="https://elsewhere.example/x/yQ">e</a></p>'
    )
    assert report.run.status == "FINISHED"
    assert report.proof.complete


def test_what_leads_nowhere_stays_and_is_listed_by_page(place, tmp_path):
    report = place.run(a_linked_export().write(tmp_path / "e.zip"), source_urls=(SOURCE,))

    assert bodies(place)["Child"] == BROKEN
    assert [(one.source_key, one.kind, one.target) for one in report.links.examples] == [
        ("page/201", "content", "999"),
        ("page/201", "link", f"{SOURCE}/pages/viewpage.action?pageId=999"),
        ("page/201", "page", "DEMO:Lost"),
    ]


def test_the_same_export_again_changes_no_body(place, tmp_path):
    export = a_linked_export().write(tmp_path / "e.zip")
    place.run(export, source_urls=(SOURCE,))
    before = site_state(place.path)

    report = place.run(export, source_urls=(SOURCE,))

    assert (report.items["created"], report.items["merged"]) == (0, 0)
    assert report.proof.complete
    assert site_state(place.path) == before


def test_a_later_export_refers_to_what_an_earlier_one_brought(place, tmp_path):
    place.run(a_linked_export().write(tmp_path / "one.zip"))
    builder = ExportBuilder(descriptor={"spaceKey": "NEXT"})
    builder.space("NEXT", object_id=101)
    builder.page(
        "Beside",
        object_id=900,
        space=Ref("Space", 101),
        body='<ri:content-entity ri:content-id="201"/><a href="/pages/viewpage.action?pageId=201">'
        'x</a><ri:page ri:space-key="DEMO" ri:content-title="Start"/>',
    )

    report = place.run(builder.write(tmp_path / "two.zip"))

    pages = place.get("/sites/cloud/wiki/api/v2/pages")["results"]
    child = next(page for page in pages if page["title"] == "Child")
    tiny = child["_links"]["tinyui"]
    assert bodies(place)["Beside"].startswith(
        f'<ri:content-entity ri:content-id="{child["id"]}"/><a href="/sites/cloud/wiki{tiny}">'
    )
    assert report.links.broken == 0


@pytest.mark.parametrize("number", [4, 6, 8, 10, 12])
def test_a_run_cut_off_between_keeping_ids_and_using_them_ends_the_same(tmp_path, number):
    export = a_linked_export().write(tmp_path / "e.zip")
    undisturbed = Place(tmp_path / "undisturbed")
    undisturbed.run(export, source_urls=(SOURCE,))
    place = Place(tmp_path / "cut")

    cut = place.run(
        export, source_urls=(SOURCE,), wrap=lambda inner: CutAt(inner, number, after=True)
    )
    report = place.run(export, source_urls=(SOURCE,))

    assert cut.run.status == "STOPPED"
    assert report.run.status == "FINISHED"
    assert report.proof.complete
    assert site_state(place.path) == site_state(undisturbed.path)


def test_a_site_export_tells_the_address_of_its_server(place, tmp_path):
    builder = a_linked_export()
    builder.add(
        "ConfluenceBandanaRecord",
        package="com.atlassian.confluence.setup.bandana",
        context="_GLOBAL",
        key="atlassian.confluence.settings",
        value=f"<settings><secret>s3cret</secret><baseUrl>{SOURCE}</baseUrl></settings>",
    )

    report = place.run(builder.write(tmp_path / "e.zip"))

    assert SOURCE not in bodies(place)["Start"]
    assert report.links.broken == 3
    stores = [path for path in place.path.rglob("*") if path.is_file()]
    assert not any(b"s3cret" in path.read_bytes() for path in stores)
