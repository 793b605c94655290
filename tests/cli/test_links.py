"""`portway links`: what a run moved, under its old addresses and its new ones."""

import csv
import io

import orjson
import pytest
from click.testing import CliRunner

from portway_cli.main import portway
from support.exports import ExportBuilder, page_ref
from support.runs import URL, Place

SOURCE = "https://wiki.corp.example/confluence"


@pytest.fixture
def data(tmp_path):
    builder = ExportBuilder()
    builder.space(homePage=page_ref(200))
    builder.page('Über $1 & "Co"', object_id=200, body='<ri:content-entity ri:content-id="9"/>')
    builder.blog_post("News", object_id=300)
    builder.attachment("a b.txt", page_ref(200), object_id=400)
    place = Place(tmp_path / "data")
    place.run(builder.write(tmp_path / "e.zip"), source_urls=(SOURCE,))
    return place.path


def printed(data, *options: str) -> str:
    result = CliRunner().invoke(portway, ["links", "--data", str(data), *options])
    assert result.exit_code == 0, result.output
    return result.output


def test_every_space_page_post_and_file_is_there_under_each_of_its_old_addresses(data):
    rows = {
        row["sourceKey"]: row
        for row in map(orjson.loads, printed(data, "--format", "ndjson").splitlines())
    }

    assert set(rows) == {"space/100", "page/200", "blogPost/300", "attachment/400"}
    page = rows["page/200"]
    assert page["oldUrl"] == f"{SOURCE}/display/DEMO/%C3%9Cber+%241+%26+%22Co%22"
    assert page["oldPageIdUrl"] == f"{SOURCE}/pages/viewpage.action?pageId=200"
    assert page["oldTinyUrl"] == f"{SOURCE}/x/y"
    assert page["newUrl"].startswith(f"{URL}/sites/cloud/wiki/spaces/DEMO/pages/")
    assert rows["blogPost/300"]["oldUrl"] == f"{SOURCE}/display/DEMO/2020/05/06/News"
    page_id = page["newUrl"].rpartition("/")[2]
    assert rows["attachment/400"]["newUrl"].endswith(f"/download/attachments/{page_id}/a%20b.txt")


def test_the_table_says_the_same(data):
    rows = list(csv.DictReader(io.StringIO(printed(data))))

    assert [row["title"] for row in rows] == ["Space DEMO", 'Über $1 & "Co"', "News", "a b.txt"]


def test_nginx_reads_each_old_address_as_it_is(data):
    lines = printed(data, "--format", "nginx").splitlines()

    assert any(
        line.startswith('"/confluence/pages/viewpage.action?pageId=200" "http') for line in lines
    )
    assert all(line.endswith('";') and line.count('"') == 4 and "$" not in line for line in lines)


def test_what_leads_nowhere_is_listed_too(data):
    [row] = map(orjson.loads, printed(data, "--broken", "--format", "ndjson").splitlines())

    assert (row["sourceKey"], row["kind"], row["target"]) == ("page/200", "content", "9")


def test_a_run_that_never_was_is_refused(data):
    result = CliRunner().invoke(portway, ["links", "--data", str(data), "--run", "none"])

    assert result.exception.code == "run_unknown"
