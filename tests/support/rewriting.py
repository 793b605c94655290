"""A small source and where it went, for tests of rewriting."""

from portway_assistant.core.rewriting.addresses import SourceAddresses
from portway_assistant.core.rewriting.references import Kind, Target, UserBy, Where
from portway_assistant.core.rewriting.rewriter import Rewriter
from portway_service.folding import fold

SOURCE_URL = "https://wiki.corp.example/confluence"
SITE_PATH = "/sites/acme/wiki"
HERE = Where("page/200", "DOCS")

ANN = "712020:aaaaaaaa-0000-5000-8000-000000000001"
BOB = "712020:bbbbbbbb-0000-5000-8000-000000000002"


class World:
    """DOCS became DOCS2, ~ann became ~712020ann, and page FOO of DOCS became `FOO (2)`."""

    def __init__(self) -> None:
        self.accounts = {
            (UserBy.KEY, "ff80-ann"): ANN,
            (UserBy.NAME, "ann"): ANN,
            (UserBy.KEY, "ff80-bob"): BOB,
            (UserBy.NAME, "bob"): BOB,
            (UserBy.ACCOUNT, "557058:old-bob"): BOB,
        }
        self.keys = {"docs": "DOCS2", "ops": "OPS", "~ann": "~712020ann"}
        self.titles = {("docs", "FOO"): "FOO (2)"}
        page = Target("page", "910200", "DOCS2")
        self.contents = {
            "200": page,
            "201": Target("page", "910201", "OPS"),
            "65538": Target("page", "965538", "OPS"),
            "300": Target("blogPost", "910300", "OPS"),
            "400": Target("comment", "910400", "DOCS2", page),
            "500": Target("attachment", "910500", "DOCS2", page),
        }
        self.pages = {
            (Kind.PAGE, "docs", "Start Here"): page,
            (Kind.PAGE, "docs", "FOO"): Target("page", "910202", "DOCS2"),
            (Kind.PAGE, "docs", "Über & Co"): Target("page", "910203", "DOCS2"),
            (Kind.PAGE, "ops", "Runbook"): self.contents["201"],
            (Kind.BLOG_POST, "ops", "News"): self.contents["300"],
        }

    def account_id(self, by, value):
        return self.accounts.get((by, value))

    def content(self, content_id):
        return self.contents.get(content_id)

    def titled(self, kind, space_key, title):
        return self.pages.get((kind, fold(space_key), title))

    def has(self, kind, space_key, title):
        return self.titled(kind, space_key, title) is not None

    def new_title(self, space_key, title):
        return self.titles.get((fold(space_key), title), title)

    def new_key(self, space_key):
        return self.keys.get(fold(space_key), space_key)

    def has_space(self, space_key):
        return fold(space_key) in self.keys


def rewriter(*source_urls: str) -> Rewriter:
    """Return a rewriter for this world."""
    return Rewriter(World(), SourceAddresses(source_urls or (SOURCE_URL,), SITE_PATH))


def rewrite(body: str, representation: str = "storage", *source_urls: str) -> str:
    """Return a body as rewritten."""
    return rewriter(*source_urls).rewrite(body, representation, HERE).body


def lost(body: str, representation: str = "storage") -> list[tuple[str, str]]:
    """Return kind and target of what stays unresolved."""
    found = rewriter().rewrite(body, representation, HERE).unresolved
    return [(one.kind.value, one.target) for one in found]
