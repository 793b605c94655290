"""What docs/reference/site-api.md promises is what the code has, name by name."""

import re
from pathlib import Path
from typing import get_args

import pytest

from portway_cloud_site.bulk.items import Item
from portway_cloud_site.error_codes import CODES

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "site-api.md").read_text()


@pytest.mark.parametrize("item", get_args(Item), ids=lambda item: item.__name__)
def test_every_kind_of_item_has_its_row_with_every_field(item):
    [kind] = get_args(item.model_fields["kind"].annotation)
    [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |")]
    fields = {field.alias for field in item.model_fields.values()} - {"kind", "sourceKey"}

    if kind == "blogPost":
        page = next(line for line in PAGE.splitlines() if line.startswith("| `page` |"))
        assert fields == set(re.findall(r"`(\w+)`", page)) - {
            "page", "parent", "home", "position", "storage", "wiki",
        }  # fmt: skip
    else:
        assert fields <= set(re.findall(r"`(\w+)`", row))


@pytest.mark.parametrize("code", [code.code for code in CODES if code.code != "cloud_site_unknown"])
def test_every_code_is_explained_where_it_can_happen(code):
    assert f"`{code}`" in PAGE


def test_every_address_of_the_product_rest_is_listed(site):
    prefix = "/sites/<site_key>/wiki/api/v2/"
    listed = PAGE.partition("## Product REST")[2].partition("## Bulk door")[0]
    listed = listed.replace("…/inline-comments", "GET pages/{id}/inline-comments")
    for rule in site.app.url_map.iter_rules():
        if not rule.rule.startswith(prefix):
            continue
        path = re.sub(r"<\w+>", "{id}", rule.rule.removeprefix(prefix))
        if path.startswith(("blogposts/{id}/", "inline-comments")):
            continue  # "the same" as pages, or as footer comments
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            assert f"`{method} {path}`" in listed or f"`{method} {path}`," in listed, path
