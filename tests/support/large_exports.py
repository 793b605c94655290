"""Exports with many items of every kind that moves."""

from support.exports import ExportBuilder, Ref, page_ref, user_ref


def a_large_export(*, pages: int, people: int = 20) -> ExportBuilder:
    """A space with a tree of pages, comments in threads, attachments, labels and blog posts."""
    builder = ExportBuilder()
    builder.space(homePage=page_ref(10_000))
    keys = []
    for number in range(people):
        keys.append(builder.user(f"user{number:03}"))
        builder.account(f"user{number:03}")
    for number in range(pages):
        author = user_ref(keys[number % people])
        page = page_ref(10_000 + number)
        builder.page(
            f"Page {number:05}",
            object_id=page.id,
            parent=page_ref(10_000 + (number - 1) // 5) if number else None,
            position=number % 5,
            body=f"<p>Text of page {number}, with more words than it needs.</p>" * 20,
            creator=author,
            lastModifier=author,
        )
        if number % 4 == 0:
            comment = builder.comment(page, body=f"<p>Comment on {number}</p>", creator=author)
            builder.comment(page, parent=Ref("Comment", comment), body="<p>Reply</p>")
        if number % 6 == 0:
            builder.attachment(f"file-{number}.txt", page, data=b"bytes of %d " % number * 400)
        if number % 10 == 0:
            builder.label(page, f"label-{number % 7}")
            builder.blog_post(f"News {number}", body="<p>News</p>", creator=author)
    return builder
