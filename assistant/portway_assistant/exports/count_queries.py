"""How many items a migration will take, for progress: counted without reading them."""

from portway_assistant.exports.store_reader import StoreReader

_TAKEN = "c.space_id = ? AND c.scope IS NOT NULL"


class CountQueries(StoreReader):
    """Queries that count."""

    def count_users(self) -> int:
        """Return how many people `users` yields."""
        return self._value("SELECT count(*) FROM people")

    def count_taken(self, space_id: str) -> dict[str, int]:
        """Return how many pages, blog posts, comments and attachments are taken, archived too."""
        on_file = "c.container_kind = 'Attachment'"
        comments = (
            "SELECT count(*) FROM threads t JOIN contents c ON c.id = t.id"
            " AND c.kind = 'Comment' WHERE t.space_id = ?"
        )
        return {
            "pages": self._value("SELECT count(*) FROM tree WHERE space_id = ?", space_id),
            "blogPosts": self._value(
                f"SELECT count(*) FROM contents c WHERE c.kind = 'BlogPost' AND {_TAKEN}",  # noqa: S608
                space_id,
            ),
            "comments": self._value(f"{comments} AND NOT {on_file}", space_id),
            "fileComments": self._value(f"{comments} AND {on_file}", space_id),
            "attachments": self._value(
                f"SELECT count(*) FROM contents c WHERE c.kind = 'Attachment' AND {_TAKEN}",  # noqa: S608
                space_id,
            ),
        }

    def repair_count(self) -> int:
        """Return how many spots of entities.xml were repaired, listed or not."""
        return self._value(
            "SELECT ifnull(sum(CAST(value AS INTEGER)), 0) FROM meta WHERE name LIKE 'repairs.%'"
        )
