"""The rules for users and groups of the seed document, lines 286-520 and 560-610, one test each.

Each test names the lines it holds the product to.
"""

import pytest

from portway_assistant.runs.settings import EmailFix, GroupClash, PeopleScope, Undecided
from support.exports import ExportBuilder, Ref, page_ref, user_ref
from support.runs import Place


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "data")


@pytest.fixture
def site_export() -> ExportBuilder:
    """A site export with one space and one page, by Ann."""
    builder = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    builder.space(homePage=page_ref(200), creator=user_ref("key-ann"))
    builder.page(
        "Start", object_id=200, creator=user_ref("key-ann"), lastModifier=user_ref("key-ann")
    )
    return builder


def accounts(place) -> dict[str, dict]:
    """Return the site's accounts by address, or by name where there is none."""
    rows = place.rows(
        "SELECT account_id, email, display_name, active, access, placeholder FROM wiki_people"
    )
    return {row["email"] or row["display_name"]: row for row in rows}


def members(place) -> dict[str, set[str]]:
    """Return the site's groups with the names of their members."""
    groups = {row["name"]: set() for row in place.rows("SELECT name FROM wiki_groups")}
    for row in place.rows(
        "SELECT g.name AS name, p.display_name AS member FROM wiki_memberships m"
        " JOIN wiki_groups g ON g.id = m.group_id JOIN wiki_people p ON p.id = m.person_id"
    ):
        groups[row["name"]].add(row["member"])
    return groups


def check(report, check_id):
    return next(each for each in report.checks if each.check_id == check_id)


def run(place, builder, folder, name="export", **more):
    report = place.run(builder.write(folder / f"{name}.zip"), **more)
    assert report.proof is None or report.proof.complete, report.proof.differences
    return report


def test_source_members_join_the_same_named_cloud_group_when_that_is_chosen(
    place, site_export, tmp_path
):
    """Lines 296, 486: users of the Server group are merged into the Cloud group of its name."""
    other = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    other.space("OTHER", object_id=900)
    other.group("Writers", other.person("ben"))
    run(place, other, tmp_path, "other", server="other")
    site_export.group("writers", site_export.person("ann"))

    report = run(place, site_export, tmp_path, group_clash=GroupClash.MERGE)

    assert report.run.status == "FINISHED"
    assert members(place) == {"Writers": {"Ann", "Ben"}}


def test_a_group_clash_is_told_with_who_would_gain_what(place, site_export, tmp_path):
    """Lines 296, 586: joining users inherit the Cloud group's permissions, so it is told before."""
    other = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    other.space("OTHER", object_id=900)
    other.group("Writers", other.person("ben"))
    other.add("SpacePermission", type="VIEWSPACE", space=Ref("Space", 900), group="Writers")
    run(place, other, tmp_path, "other", server="other")
    site_export.group("writers", site_export.person("ann"))

    report = run(place, site_export, tmp_path, group_clash=GroupClash.MERGE)

    told = check(report, "group-clash")
    assert told.outcome == "warned"
    assert "Writers (1 at the site, 1 would join: key-ann; holds OTHER read space)" in told.message


def test_unique_group_names_keep_groups_apart(place, site_export, tmp_path):
    """Line 298: whoever does not want a merge makes the names unique; unasked, nobody merges."""
    other = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    other.space("OTHER", object_id=900)
    other.group("Writers", other.person("ben"))
    run(place, other, tmp_path, "other", server="other")
    ann = site_export.person("ann")
    site_export.group("writers", ann)
    site_export.group("writers-of-server", ann)

    report = run(place, site_export, tmp_path)

    assert report.run.status == "FINISHED"
    assert members(place) == {"Writers": {"Ben"}, "writers-of-server": {"Ann"}}
    assert {row.code for row in report.not_moved if row.code == "group_clash"}


def test_a_group_clash_stops_the_run_before_anything_is_written_when_that_is_chosen(
    place, site_export, tmp_path
):
    """Line 294: no same-named group on both sides unless a merge is wanted."""
    other = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    other.space("OTHER", object_id=900)
    other.group("Writers", other.person("ben"))
    run(place, other, tmp_path, "other", server="other")
    site_export.group("writers", site_export.person("ann"))

    report = run(place, site_export, tmp_path, group_clash=GroupClash.STOP)

    assert report.run.status == "FAILED"
    assert "Writers" in report.run.reason
    assert "ann@example.com" not in accounts(place)


@pytest.mark.parametrize(
    "name",
    [
        "site-admins",
        "system-administrators",
        "atlassian-addons",
        "Atlassian-Addons-Admin",
        "ORG-ADMINS",
    ],
)
def test_blocklisted_groups_never_move_and_their_members_do(place, site_export, tmp_path, name):
    """Lines 300-310, 588: these groups are not migrated at all; users in them still are."""
    ann = site_export.person("ann")
    site_export.group(name, ann)
    site_export.group("staff", ann)

    report = run(place, site_export, tmp_path)

    assert report.run.status == "FINISHED"
    assert members(place) == {"staff": {"Ann"}}
    assert any(f"{name}: Ann" in note for note in report.notes), report.notes


def test_every_email_domain_must_be_trusted_before_a_run(place, site_export, tmp_path):
    """Lines 328-364: a migration with an undecided domain can be built, not run."""
    site_export.person("ann", email="ann@stranger.example")
    settings = {"undecided_domains": Undecided.STOP, "trust": ()}

    report = run(place, site_export, tmp_path, **settings)

    assert report.run.status == "FAILED"
    assert "stranger.example (1)" in report.run.reason
    assert "portway domains trust" in report.run.reason
    assert "email_domains_untrusted" in report.run.reason
    assert place.rows("SELECT count(*) AS n FROM wiki_sites") == [{"n": 0}]
    trusted = run(place, site_export, tmp_path, **(settings | {"trust": ("stranger.example",)}))
    assert trusted.run.status == "FINISHED"


def test_trust_lasts_for_later_migrations(place, site_export, tmp_path):
    """Line 328: the domains selected apply to all future migrations."""
    site_export.person("ann")
    run(place, site_export, tmp_path, trust=("example.com",))
    site_export.person("ben")

    report = run(place, site_export, tmp_path, "later", trust=())

    assert check(report, "email-domains").outcome == "passed"
    assert accounts(place)["ben@example.com"]["access"]


def test_nobody_of_a_distrusted_domain_gets_an_account_by_address(place, site_export, tmp_path):
    """Lines 350-356: users of a domain that is not trusted must be changed first."""
    site_export.person("ann", email="ann@stranger.example")
    place.decide("stranger.example", "NOT_TRUSTED")

    report = run(place, site_export, tmp_path, trust=("all", "stranger.example"))

    assert accounts(place)["Ann"]["placeholder"]
    assert "stranger.example (1, not trusted)" in check(report, "email-domains").message


def test_users_are_put_into_their_groups_when_they_arrive(place, site_export, tmp_path):
    """Line 452: migrated users are added to their groups when they get to Cloud."""
    ann, ben = site_export.person("ann"), site_export.person("ben")
    site_export.group("staff", ann, ben, description="Everybody")
    site_export.group("writers", ann)

    report = run(place, site_export, tmp_path)

    assert members(place) == {"staff": {"Ann", "Ben"}, "writers": {"Ann"}}
    assert report.proof.same == report.proof.expected
    mapped = place.get(
        "/admin/v1/mappings", server="server", site="cloud", namespace="identity:group"
    )["items"]
    assert set(mapped) == {"identity:group:name/staff", "identity:group:name/writers"}


def test_nested_groups_are_flattened_and_the_report_says_so(place, site_export, tmp_path):
    """Line 452, of groups in groups: Cloud has none, so members are put in directly."""
    ann, ben = site_export.person("ann"), site_export.person("ben")
    inner = site_export.group("inner", ben)
    outer = site_export.group("outer", ann, inner)
    site_export.put_in(inner, outer)  # a circle

    report = run(place, site_export, tmp_path)

    assert members(place) == {"inner": {"Ann", "Ben"}, "outer": {"Ann", "Ben"}}
    assert "outer takes in inner" in check(report, "nested-groups").message


def test_legacy_groups_move_like_those_of_directories(place, site_export, tmp_path):
    """Line 452, of servers from before user directories."""
    site_export.user("ann")
    user = site_export.add("DefaultHibernateUser", name="ann", email="ann@example.com")
    site_export.add(
        "DefaultHibernateGroup", name="old", localMembers=[Ref("DefaultHibernateUser", user)]
    )

    run(place, site_export, tmp_path)

    assert {name: len(people) for name, people in members(place).items()} == {"old": 1}


def test_related_users_arrive_with_name_and_email_without_access_or_groups(
    place, site_export, tmp_path
):
    """Lines 456-466: only users tied to the chosen spaces; no product access, no groups."""
    ann, ben = site_export.person("ann"), site_export.person("ben")
    site_export.person("mia")
    site_export.person("leo")
    site_export.group("staff", ann, ben)
    site_export.page("Mentions", body='<p><ri:user ri:userkey="key-mia" /></p>',
                     creator=user_ref("key-ann"), lastModifier=user_ref("key-ann"))  # fmt: skip
    site_export.restriction(page_ref(200), "View", users=["key-leo"])

    report = run(place, site_export, tmp_path, people_scope=PeopleScope.RELATED)

    assert report.run.status == "FINISHED"
    found = accounts(place)
    assert set(found) == {"ann@example.com", "mia@example.com", "leo@example.com"}
    assert not any(account["access"] for account in found.values())
    assert members(place) == {}


def test_moving_related_users_later_updates_access_and_groups(place, site_export, tmp_path):
    """Line 468: if users are migrated later, their product and group access is updated."""
    site_export.group("staff", site_export.person("ann"))
    run(place, site_export, tmp_path, people_scope=PeopleScope.RELATED)
    before = accounts(place)["ann@example.com"]

    run(place, site_export, tmp_path)

    after = accounts(place)["ann@example.com"]
    assert (before["access"], after["access"]) == (0, 1)
    assert after["account_id"] == before["account_id"]
    assert members(place) == {"staff": {"Ann"}}


def test_one_users_group_does_not_bring_its_other_members(place, site_export, tmp_path):
    """Line 466: only users directly connected to the chosen spaces, never those of their groups."""
    people = [site_export.person(f"member{number}") for number in range(20)]
    site_export.group("staff", site_export.person("ann"), *people)

    run(place, site_export, tmp_path, people_scope=PeopleScope.RELATED)

    assert set(accounts(place)) == {"ann@example.com"}


def test_permissions_of_a_group_that_does_not_move_are_reported(place, site_export, tmp_path):
    """Line 470: a space permission of a group that does not exist in Cloud is not migrated."""
    site_export.person("ann")
    site_export.add("SpacePermission", type="VIEWSPACE", space=space_ref(), group="strangers")

    report = run(place, site_export, tmp_path)

    absent = check(report, "missing-groups")
    assert absent.outcome == "warned"
    assert "strangers" in absent.message


def test_a_group_that_permissions_name_is_made_when_that_is_chosen(place, site_export, tmp_path):
    """Line 470: the remedy is to create the group in Cloud before."""
    from portway_assistant.runs.settings import MissingGroups

    site_export.person("ann")
    site_export.add("SpacePermission", type="VIEWSPACE", space=space_ref(), group="strangers")

    run(place, site_export, tmp_path, missing_groups=MissingGroups.CREATE)

    assert members(place) == {"strangers": set()}


def test_users_are_linked_by_email_on_later_migrations(place, site_export, tmp_path):
    """Line 476: e-mail is the source of truth; later runs link instead of making users again."""
    other = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    other.space("OTHER", object_id=900)
    other.user("anna")
    other.account("anna", email="ANN@example.com")
    run(place, other, tmp_path, "other", server="other")
    site_export.person("ann")

    report = run(place, site_export, tmp_path)

    assert report.counts["user"] == {"merged": 1}
    assert len(accounts(place)) == 1


@pytest.mark.parametrize("fix", [EmailFix.STOP, EmailFix.PLACEHOLDER, EmailFix.GENERATE])
def test_every_user_needs_a_valid_email(place, site_export, tmp_path, fix):
    """Lines 478, 582: invalid addresses are found, and fixed or refused, before anything moves."""
    site_export.person("ann", email="not an address")

    report = run(place, site_export, tmp_path, invalid_emails=fix, generated_domain="made.example")

    found = check(report, "invalid-emails")
    assert "Ann" in found.message
    if fix is EmailFix.STOP:
        assert (report.run.status, found.outcome) == ("FAILED", "failed")
        assert accounts(place) == {}
    elif fix is EmailFix.PLACEHOLDER:
        assert accounts(place)["Ann"]["placeholder"]
    else:
        [address] = accounts(place)
        assert address.startswith("ann-")
        assert address.endswith("@made.example")


@pytest.mark.parametrize(
    "fix", [EmailFix.STOP, EmailFix.PLACEHOLDER, EmailFix.GENERATE, EmailFix.MERGE]
)
def test_every_user_needs_an_email_of_their_own(place, site_export, tmp_path, fix):
    """Line 582: multiple users with the same address are found before anything moves."""
    site_export.person("ann", email="shared@example.com")
    site_export.person("ben", email="Shared@example.com")

    report = run(
        place, site_export, tmp_path, duplicate_emails=fix, generated_domain="made.example"
    )

    assert check(report, "duplicate-emails").outcome != "passed"
    found = accounts(place)
    if fix is EmailFix.STOP:
        assert (report.run.status, found) == ("FAILED", {})
    elif fix is EmailFix.MERGE:
        assert set(found) == {"shared@example.com"}
    elif fix is EmailFix.PLACEHOLDER:
        assert set(found) == {"shared@example.com", "Ben"}
    else:
        assert len([each for each in found if each.endswith("@made.example")]) == 1


def test_a_merge_never_opens_a_page_to_more_people(place, site_export, tmp_path):
    """Line 582, of accounts that become one: the page closed to one of them stays closed."""
    for name in ("ann", "ben"):
        site_export.person(name, email="shared@example.com")
    site_export.restriction(page_ref(200), "View", users=["key-ann"])
    for number, name in enumerate(("key-ann", "key-ben", "key-ann")):
        site_export.add(
            "SpacePermission", type="VIEWSPACE" if number < 2 else "EDITSPACE",
            space=space_ref(), userSubject=user_ref(name),
        )  # fmt: skip

    report = run(place, site_export, tmp_path, duplicate_emails=EmailFix.MERGE)

    assert report.run.status == "FINISHED"
    assert place.rows("SELECT count(*) AS n FROM wiki_restrictions") == [{"n": 1}]
    assert place.rows("SELECT * FROM wiki_restriction_subjects") == []
    assert {row["operation"] for row in place.rows("SELECT * FROM wiki_space_permissions")} == {
        "read"
    }
    assert any("One account for shared@example.com" in note for note in report.notes)


def test_disabled_users_arrive_active_without_product_access(place, site_export, tmp_path):
    """Line 484: users disabled at the server are migrated as active without any product access."""
    site_export.person("ann", active=False)

    report = run(place, site_export, tmp_path)

    ann = accounts(place)["ann@example.com"]
    assert (ann["active"], ann["access"], ann["placeholder"]) == (1, 0, 0)
    assert report.proof.same == report.proof.expected


def test_a_cloud_user_with_access_keeps_it_though_disabled_at_the_server(
    place, site_export, tmp_path
):
    """Line 492: a user with product access in Cloud who is disabled at the server keeps it."""
    site_export.person("ann")
    run(place, site_export, tmp_path)
    later = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    later.space(homePage=page_ref(200), creator=user_ref("key-ann"))
    later.page("Start", object_id=200, creator=user_ref("key-ann"),
               lastModifier=user_ref("key-ann"))  # fmt: skip
    later.person("ann", active=False)

    report = run(place, later, tmp_path, "later")

    assert accounts(place)["ann@example.com"]["access"]
    assert report.run.status == "FINISHED"
    assert [each.explanation for each in report.proof.differences] == [
        "The account could use the product here before and keeps that."
    ]


def test_a_cloud_user_without_access_gains_it_when_enabled_at_the_server(
    place, site_export, tmp_path
):
    """Line 494: a user without product access in Cloud who is enabled at the server gains it."""
    other = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    other.space("OTHER", object_id=900)
    other.person("ann", active=False)
    run(place, other, tmp_path, "other", server="other")
    assert not accounts(place)["ann@example.com"]["access"]
    site_export.person("ann")

    run(place, site_export, tmp_path)

    assert accounts(place)["ann@example.com"]["access"]


def test_service_desk_customers_in_the_user_table_move_too(place, site_export, tmp_path):
    """Line 496: users of the service desk move when the user table shows them."""
    site_export.person("ann")
    site_export.account("customer", email="customer@example.com")

    run(place, site_export, tmp_path)

    assert accounts(place)["customer@example.com"]["access"]


def test_unknown_people_arrive_as_placeholders_one_each(place, site_export, tmp_path):
    """Lines 456-466: mentions, comments and history stay alive, also of people nobody knows."""
    site_export.person("ann")
    for name in ("gone-1", "gone-2"):
        site_export.page(f"By {name}", creator=user_ref(name), lastModifier=user_ref(name))

    run(place, site_export, tmp_path)

    placeholders = [each for each in accounts(place).values() if each["placeholder"]]
    assert len(placeholders) == 2
    assert not any(each["active"] or each["access"] for each in placeholders)


def test_placeholders_of_an_undecided_domain_become_accounts_once_it_is_trusted(
    place, site_export, tmp_path
):
    """Lines 358-362: once the domain is verified, mark it trusted and continue the migration."""
    ann, ben = site_export.person("ann"), site_export.person("ben", email="ben@later.example")
    site_export.group("staff", ann, ben)
    first = run(place, site_export, tmp_path, trust=("example.com",))
    before = accounts(place)
    assert before["Ben"]["placeholder"]
    assert members(place) == {"staff": {"Ann"}}
    assert check(first, "email-domains").outcome == "warned"

    second = run(place, site_export, tmp_path, trust=("later.example",))

    after = accounts(place)
    assert second.run.status == "FINISHED"
    assert set(after) == {"ann@example.com", "ben@later.example"}
    assert after["ben@later.example"]["account_id"] == before["Ben"]["account_id"]
    assert after["ben@later.example"]["access"]
    assert members(place) == {"staff": {"Ann", "Ben"}}
    assert after["ann@example.com"] == before["ann@example.com"]


def test_addresses_of_the_people_file_are_the_operators_word(place, site_export, tmp_path):
    """Line 478: the operator validates addresses; those given by hand count as validated."""
    people = tmp_path / "people.csv"
    people.write_text("username,email\nann,ann@given.example\n")
    site_export.person("ann")

    run(place, site_export, tmp_path, people=people, trust=())

    assert accounts(place)["ann@given.example"]["access"]
    assert place.decisions() == {"given.example": "TRUSTED"}


def space_ref():
    return Ref("Space", 100)


@pytest.mark.parametrize("deletions", [False, True])
def test_later_runs_add_new_members_and_take_out_removed_ones_only_when_asked(
    place, site_export, tmp_path, deletions
):
    """Line 450, of groups: later migrations link what exists; removals need to be asked for."""
    ann, ben = site_export.person("ann"), site_export.person("ben")
    site_export.group("staff", ann)
    run(place, site_export, tmp_path)
    later = ExportBuilder(descriptor={"exportType": "all", "spaceKey": ""})
    later.space(homePage=page_ref(200), creator=user_ref("key-ann"))
    later.page("Start", object_id=200, creator=user_ref("key-ann"),
               lastModifier=user_ref("key-ann"))  # fmt: skip
    ann, ben = later.person("ann"), later.person("ben")
    later.group("staff", ben)

    report = run(place, later, tmp_path, "later", deletions=deletions)

    assert members(place) == {"staff": {"Ben"} if deletions else {"Ann", "Ben"}}
    assert report.run.status == "FINISHED"
    assert report.counts["membership"]["created"] == 1
