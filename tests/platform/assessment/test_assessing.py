"""Assessing the apps of a server: what is listed, decided, and still to do."""

import pytest

from support.manifests import APP_KEY, SERVER_APP_KEY

DIAGRAMS = "com.example.diagrams"


def install(running, *apps, server="acme-dc"):
    listed = [
        {"serverAppKey": key, "name": key.rpartition(".")[2], "version": version}
        for key, version in apps
    ]
    return running.admin("PUT", f"servers/{server}/installed-apps", json={"apps": listed})


def decide(running, key, decision, alternative=None, by="ada"):
    return running.admin(
        "PUT",
        "assessment/decisions",
        json={
            "serverKey": "acme-dc",
            "siteKey": "acme",
            "decidedBy": by,
            "decisions": [{"serverAppKey": key, "decision": decision, "alternative": alternative}],
        },
    )


def assessment(running):
    return running.admin("GET", "assessment?server=acme-dc&site=acme").json


def row(running, key=SERVER_APP_KEY):
    return next(app for app in assessment(running)["apps"] if app["serverAppKey"] == key)


def test_every_installed_app_is_listed_with_what_the_catalogue_knows(ready):
    """F026; columns of the public contract, 7.4."""
    install(ready, (SERVER_APP_KEY, "1.4.0"), (DIAGRAMS, "7.0"))

    diagrams, notes = assessment(ready)["apps"]

    assert (notes["cloudAppKey"], notes["cloudVersion"]) == (APP_KEY, "1.0.0")
    assert notes["pathWords"].startswith("Automated")
    assert (notes["installedVersion"], notes["vendor"]) == ("1.4.0", "Example Ltd")
    assert (diagrams["cloudAppKey"], diagrams["migrationPath"]) == (None, None)
    assert diagrams["pathWords"].startswith("Not known")


def test_an_app_nobody_decided_about_keeps_the_assessment_open(ready):
    """F030 and F059."""
    install(ready, (DIAGRAMS, "7.0"))

    found = assessment(ready)

    assert not found["complete"]
    assert found["incompleteBecause"] == ["1 app waits for your decision."]
    assert found["apps"][0]["nextStep"] == "Decide what becomes of it."


def test_the_assessment_is_done_when_all_three_conditions_hold(ready):
    """F059 to F062."""
    install(ready, (SERVER_APP_KEY, "1.4.0"), (DIAGRAMS, "7.0"))
    decide(ready, DIAGRAMS, "NOT_NEEDED")
    decide(ready, SERVER_APP_KEY, "NEEDED_IN_CLOUD")
    assert row(ready)["nextStep"] == "Install it on the cloud site."

    ready.install()
    assert row(ready)["nextStep"].endswith("and agree.")
    assert assessment(ready)["incompleteBecause"] == [
        "1 app has an agreement you have not given yet."
    ]

    ready.agree()
    found = assessment(ready)
    assert (found["complete"], found["incompleteBecause"]) == (True, [])
    assert row(ready)["consentState"] == "CONSENTED"


def test_an_update_by_the_vendor_opens_it_again(ready):
    """F076."""
    install(ready, (SERVER_APP_KEY, "1.4.0"))
    decide(ready, SERVER_APP_KEY, "NEEDED_IN_CLOUD")
    ready.install()
    ready.agree()

    ready.publish(version="1.1.0")

    assert row(ready)["consentState"] == "CONSENT_STALE"
    assert not assessment(ready)["complete"]


def test_a_substitute_breaks_the_data_path_and_must_be_named(ready):
    """F032 and F084."""
    install(ready, (SERVER_APP_KEY, "1.4.0"))

    decide(ready, SERVER_APP_KEY, "USE_ALTERNATIVE")
    assert row(ready)["nextStep"] == "Say which app you will use instead."

    decide(ready, SERVER_APP_KEY, "USE_ALTERNATIVE", alternative="Other notes")
    assert row(ready)["consentState"] == "ALTERNATIVE_CHOSEN"
    assert row(ready)["nextStep"] is None
    assert ready.read_card()["state"] == "ALTERNATIVE_CHOSEN"


def test_an_app_too_old_on_the_server_has_to_be_updated(ready):
    """F086."""
    ready.publish(version="2.0.0", server_versions=[{"start": "2.0"}])
    install(ready, (SERVER_APP_KEY, "1.4.0"))
    decide(ready, SERVER_APP_KEY, "NEEDED_IN_CLOUD")

    assert row(ready)["consentState"] == "SERVER_APP_TOO_OLD"
    assert row(ready)["nextStep"].startswith("Update it on the server")


def test_an_app_needed_that_nobody_offers_in_the_cloud_is_said_so(ready):
    install(ready, (DIAGRAMS, "7.0"))

    decide(ready, DIAGRAMS, "NEEDED_IN_CLOUD")

    assert row(ready, DIAGRAMS)["nextStep"].startswith("It does not exist in the cloud")


def test_a_decision_can_be_changed_and_each_change_is_in_the_ledger(ready):
    install(ready, (SERVER_APP_KEY, "1.4.0"))
    for decision in ("NOT_NEEDED", "NOT_NEEDED", "NEEDED_IN_CLOUD"):
        decide(ready, SERVER_APP_KEY, decision, by="bob")

    entries = ready.admin("GET", "ledger?kind=app.decided").json

    assert [(entry["actor"], entry["facts"]["decision"]) for entry in entries] == [
        ("bob", "NEEDED_IN_CLOUD"),
        ("bob", "NOT_NEEDED"),
    ]


def test_a_decision_about_an_app_that_is_not_there_is_refused_with_all_the_others(ready):
    install(ready, (SERVER_APP_KEY, "1.4.0"))
    answer = ready.admin(
        "PUT",
        "assessment/decisions",
        json={
            "serverKey": "acme-dc",
            "siteKey": "acme",
            "decidedBy": "ada",
            "decisions": [
                {"serverAppKey": SERVER_APP_KEY, "decision": "NOT_NEEDED"},
                {"serverAppKey": "com.example.gone", "decision": "NOT_NEEDED"},
            ],
        },
    )

    assert answer.status_code == 400
    assert answer.json["details"] == [
        {"field": "com.example.gone", "problem": "it is not installed on this server"}
    ]
    assert row(ready)["decision"] == "NO_DECISION"


def test_decisions_are_of_one_server_and_one_site(ready):
    ready.add_site("other")
    install(ready, (SERVER_APP_KEY, "1.4.0"))
    decide(ready, SERVER_APP_KEY, "NOT_NEEDED")

    other = ready.admin("GET", "assessment?server=acme-dc&site=other").json

    assert other["apps"][0]["decision"] == "NO_DECISION"


# As a sheet


def test_the_sheet_goes_out_and_comes_back(ready):
    install(ready, (SERVER_APP_KEY, "1.4.0"), (DIAGRAMS, "7.0"))
    sheet = ready.admin("GET", "assessment/sheet?server=acme-dc&site=acme").text
    assert "No decision made" in sheet

    answer = ready.admin(
        "PUT",
        "assessment/sheet?server=acme-dc&site=acme&by=ada",
        data=sheet.replace("No decision made", "Not needed"),
    )

    assert answer.status_code == 200, answer.text
    assert answer.json["complete"]


@pytest.mark.parametrize(
    ("sheet", "problem"),
    [
        (f"server app key,decision\n{SERVER_APP_KEY},perhaps\n", "is no decision"),
        ("server app key,decision\ncom.example.gone,Not needed\n", "not installed"),
    ],
)
def test_a_sheet_with_a_fault_changes_nothing(ready, sheet, problem):
    install(ready, (SERVER_APP_KEY, "1.4.0"))

    answer = ready.admin("PUT", "assessment/sheet?server=acme-dc&site=acme&by=ada", data=sheet)

    assert answer.status_code == 400
    assert problem in answer.text
    assert row(ready)["decision"] == "NO_DECISION"


def test_a_list_with_an_app_twice_is_refused(ready):
    answer = install(ready, (DIAGRAMS, "1"), (DIAGRAMS, "2"))

    assert answer.status_code == 400
    assert answer.json["details"][0]["problem"] == f"{DIAGRAMS} is listed twice"
