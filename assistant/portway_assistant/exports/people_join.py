"""Bring user keys, directory accounts and mere references to people together: one row a person.

A person's identity is the user key. Somebody known by name only, as in exports before Confluence
5.3, gets `name:` and the lower-cased username instead, and every row that names them says so.
Source: docs/reference/export-format.md#people
"""

import sqlite3

NAME_PREFIX = "name:"

_REFERRING = (
    ("spaces", "creator_key", "creator_name"),
    ("spaces", "modifier_key", "modifier_name"),
    ("contents", "creator_key", "creator_name"),
    ("contents", "modifier_key", "modifier_name"),
    ("templates", "creator_key", "creator_name"),
    ("templates", "modifier_key", "modifier_name"),
    ("space_permissions", "user_key", "user_name"),
    ("content_permissions", "user_key", "user_name"),
    ("likes", "user_key", "user_name"),
    ("notifications", "user_key", "user_name"),
    ("labels", "user_key", "user_name"),
)
_REFERRING_BY_KEY = (
    ("labellings", "user_key"),
    ("inline_tasks", "creator_key"),
    ("inline_tasks", "assignee_key"),
    ("inline_tasks", "completed_by_key"),
)


RESOLVER = "status-lastmodifier"
"""The comment property that says who resolved it: a user key, or a username."""


def identity_of_name(username: str) -> str:
    """Return the identity of somebody known by username only."""
    return NAME_PREFIX + username.strip().lower()


def join_people(database: sqlite3.Connection) -> None:
    """Fill `people`, and bring every reference to a person to an identity found there."""
    database.create_function("lower_name", 1, _lower, deterministic=True)
    _rank_directories(database)
    _choose_accounts(database)
    _add_known_people(database)
    _use_identities(database)
    _add_placeholders(database)
    database.execute("CREATE INDEX people_by_name ON people(lower_name)")
    database.execute("DROP TABLE temp.accounts")
    database.execute("DROP TABLE temp.ranks")


def _lower(name: object) -> str | None:
    return None if name is None else str(name).strip().lower()


def _rank_directories(database: sqlite3.Connection) -> None:
    """Order the directories as the application consults them; unlisted ones by age after them."""
    database.execute(
        "CREATE TEMP TABLE ranks AS SELECT d.id AS id, d.active AS active,"
        " row_number() OVER (ORDER BY o.place IS NULL, o.place, d.id) AS rank"
        " FROM directories d LEFT JOIN ("
        "  SELECT m.directory_id AS directory_id, min(p.place) AS place"
        "  FROM directory_order m JOIN directory_order p ON p.mapping_id = m.mapping_id"
        "  WHERE m.directory_id IS NOT NULL AND p.place IS NOT NULL GROUP BY m.directory_id"
        " ) o ON o.directory_id = d.id"
    )


def _choose_accounts(database: sqlite3.Connection) -> None:
    """Of the accounts with one username take the first active one, in directory order."""
    database.execute(
        "CREATE TEMP TABLE accounts AS SELECT lower_name, name, display_name, email, active FROM ("
        " SELECT u.lower_name, u.name, nullif(trim(u.display_name), '') AS display_name,"
        "  nullif(trim(u.email), '') AS email,"
        "  ifnull(u.active, 1) AND ifnull(r.active, 1) AS active,"
        "  row_number() OVER (PARTITION BY u.lower_name"
        "   ORDER BY ifnull(u.active, 1) AND ifnull(r.active, 1) DESC,"
        "   r.rank IS NULL, r.rank, u.kind DESC, u.id) AS place"
        " FROM directory_users u LEFT JOIN ranks r ON r.id = u.directory_id"
        " WHERE u.lower_name IS NOT NULL"
        ") WHERE place = 1"
    )
    database.execute("CREATE UNIQUE INDEX temp.accounts_key ON accounts(lower_name)")


def _add_known_people(database: sqlite3.Connection) -> None:
    has_directory = database.execute("SELECT EXISTS (SELECT 1 FROM accounts)").fetchone()[0]
    # A key without an account in a site export is what a deleted account leaves behind.
    database.execute(
        "INSERT INTO people SELECT k.key, k.key, k.name, k.lower_name,"
        " ifnull(a.email, nullif(trim(k.email), '')), a.display_name,"
        " CASE WHEN a.lower_name IS NOT NULL THEN a.active ELSE ? END,"
        " 1, a.lower_name IS NOT NULL, k.account_id"
        " FROM user_keys k LEFT JOIN accounts a ON a.lower_name = k.lower_name"
        " WHERE k.key IS NOT NULL",
        (0 if has_directory else 1,),
    )
    database.execute(
        "INSERT OR IGNORE INTO people SELECT ? || a.lower_name, NULL, a.name, a.lower_name,"
        " a.email, a.display_name, a.active, 1, 1, NULL FROM accounts a"
        " WHERE NOT EXISTS (SELECT 1 FROM user_keys k"
        " WHERE k.lower_name = a.lower_name AND k.key IS NOT NULL)",
        (NAME_PREFIX,),
    )


def _use_identities(database: sqlite3.Connection) -> None:
    """Replace usernames of older exports by the identity of the person who has the name."""
    database.execute(
        "CREATE TEMP TABLE names AS SELECT lower_name, min(key) AS key FROM people"
        " WHERE lower_name IS NOT NULL GROUP BY lower_name"
    )
    database.execute("CREATE UNIQUE INDEX temp.names_key ON names(lower_name)")
    for table, key, name in _REFERRING:
        database.execute(
            f"UPDATE {table} SET {key} = ifnull("  # noqa: S608
            f"(SELECT n.key FROM names n WHERE n.lower_name = lower_name({table}.{name})),"
            f" ? || lower_name({name})) WHERE {key} IS NULL AND {name} IS NOT NULL",
            (NAME_PREFIX,),
        )
    database.execute("DROP TABLE temp.names")


def _add_placeholders(database: sqlite3.Connection) -> None:
    """Add everybody who is referred to and has no row of their own."""
    database.execute("CREATE TEMP TABLE referred (key TEXT, name TEXT, account_id TEXT)")
    for table, key, name in _REFERRING:
        database.execute(
            f"INSERT INTO referred SELECT {key}, max({name}), NULL FROM {table}"  # noqa: S608
            f" WHERE {key} IS NOT NULL AND NOT EXISTS"
            f" (SELECT 1 FROM people p WHERE p.key = {table}.{key}) GROUP BY {key}"
        )
    for table, key in _REFERRING_BY_KEY:
        database.execute(f"INSERT INTO referred SELECT DISTINCT {key}, NULL, NULL FROM {table}")  # noqa: S608
    database.execute(
        "INSERT INTO referred SELECT d.text, NULL, NULL FROM (SELECT DISTINCT"  # noqa: S608
        "  r.text AS text, lower_name(r.text) AS lower FROM properties r"
        f" WHERE r.name = '{RESOLVER}' AND r.owner_kind = 'Comment' AND trim(r.text) <> '') d"
        " WHERE NOT EXISTS (SELECT 1 FROM people p WHERE p.key = d.text)"
        " AND NOT EXISTS (SELECT 1 FROM people p WHERE p.lower_name = d.lower)"
    )
    database.execute(
        "INSERT INTO referred SELECT CASE m.attribute WHEN 'username'"
        " THEN ? || lower_name(m.value) ELSE m.value END,"
        " CASE m.attribute WHEN 'username' THEN m.value END,"
        " CASE m.attribute WHEN 'account-id' THEN m.value END FROM mentions m WHERE NOT EXISTS ("
        " SELECT 1 FROM people p WHERE (m.attribute = 'username'"
        " AND p.lower_name = lower_name(m.value)) OR (m.attribute = 'account-id'"
        " AND p.account_id = m.value))",
        (NAME_PREFIX,),
    )
    database.execute(
        "INSERT OR IGNORE INTO people SELECT key, CASE WHEN max(name) IS NULL THEN key END,"
        " max(name), lower_name(max(name)), NULL, NULL, 1, 0, 0, max(account_id)"
        " FROM referred WHERE key IS NOT NULL GROUP BY key"
    )
    database.execute("DROP TABLE temp.referred")
