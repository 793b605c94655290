"""What a body may refer to. The converter asks; whoever calls it knows the site."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Target:
    """Something a link can lead to: its address, and what to call it."""

    href: str
    label: str


@dataclass(frozen=True)
class File:
    """An attachment a body can show or link."""

    href: str
    is_image: bool


@dataclass(frozen=True)
class PageName:
    """A page named by title; without a space key it is in the same space."""

    title: str
    space_key: str | None = None


class References(Protocol):
    """Finds what bodies refer to; None where it is not on this site."""

    def find_page(self, page: PageName) -> Target | None:
        """Return a page by title."""
        ...

    def find_blog_post(self, post: PageName, posting_day: str | None) -> Target | None:
        """Return a blog post by title and, where given, its day (`2024/04/22`)."""
        ...

    def find_content(self, content_id: str) -> Target | None:
        """Return a page or blog post by id."""
        ...

    def find_space(self, space_key: str) -> Target | None:
        """Return a space by key."""
        ...

    def find_file(self, name: str, page: PageName | None) -> File | None:
        """Return an attachment by name: of `page`, or of the content the body belongs to."""
        ...

    def find_person(
        self, *, account_id: str | None, user_key: str | None, user_name: str | None
    ) -> str | None:
        """Return the display name of somebody."""
        ...


class NoReferences:
    """Finds nothing: for bodies looked at outside a site."""

    def find_page(self, page: PageName) -> Target | None:
        """Return None."""
        return None

    def find_blog_post(self, post: PageName, posting_day: str | None) -> Target | None:
        """Return None."""
        return None

    def find_content(self, content_id: str) -> Target | None:
        """Return None."""
        return None

    def find_space(self, space_key: str) -> Target | None:
        """Return None."""
        return None

    def find_file(self, name: str, page: PageName | None) -> File | None:
        """Return None."""
        return None

    def find_person(
        self, *, account_id: str | None, user_key: str | None, user_name: str | None
    ) -> str | None:
        """Return None."""
        return None
