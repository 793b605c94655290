"""people.csv: what is accepted, every fault by its row, and how it overlays the export."""

import pytest

from portway_assistant import error_codes
from portway_assistant.exports.email_rule import is_valid_email
from portway_assistant.exports.people import PeopleFile, RowFault, parse_people, read_people
from portway_service.errors import Refusal


def parsed(text):
    return parse_people(text.encode())


def faults(text):
    return [(fault.row, fault.problem) for fault in parsed(text)[1]]


@pytest.mark.parametrize(
    "text",
    [
        "userkey,email,name\nk1,ann@example.com,Ann\n",
        "UserKey;E-Mail;Full Name\nk1;ann@example.com;Ann\n",
        "user_key,Email Address,Display Name\r\nk1,ann@example.com,Ann\r\n",
        "name,mail,key\n Ann , ann@example.com ,k1\n\n,,\n",
        'userkey,email,name,team\nk1,ann@example.com,"Ann","a, b"\n',
    ],
)
def test_spellings_of_the_file(text):
    entries, problems = parsed(text)

    assert problems == []
    assert [(entry.user_key, entry.email, entry.name) for entry in entries] == [
        ("k1", "ann@example.com", "Ann")
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_column():
    entries, _ = parse_people("userkey,email\nk1,a@b.org\n".encode("utf-8-sig"))

    assert entries[0].user_key == "k1"


def test_a_row_is_named_by_the_line_it_starts_on():
    entries, _ = parsed('username,email,name\nann,a@b.org,"Ann\nLee"\nbob,b@b.org,\n')

    assert [(entry.row, entry.username, entry.name) for entry in entries] == [
        (2, "ann", "Ann\nLee"),
        (4, "bob", None),
    ]


def test_every_fault_is_named_at_once():
    assert faults(
        "userkey,username,email,name\n"
        ",,ann@example.com,Ann\n"
        "k2,,,\n"
        "k3,,not an address,\n"
        "k4,Bob,bob@example.com,\n"
        "k4,,other@example.com,\n"
        "k6,BOB,third@example.com,\n"
        "k7,,a@b.org,Ann,too many\n"
    ) == [
        (2, "neither user key nor username"),
        (3, "neither e-mail nor name"),
        (4, "'not an address' is no e-mail address"),
        (6, "the same user key as in row 5"),
        (7, "the same username as in row 5"),
        (8, "5 cells, but 4 columns"),
    ]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("", 1),
        ("email,name\na@b.org,Ann\n", 1),
        ("userkey,name\nk1,Ann\n", 1),
        ("userkey,email,e-mail\nk1,a@b.org,b@b.org\n", 1),
        ('userkey,email\nk1,"a@b.org\n', 2),
    ],
)
def test_a_file_that_cannot_be_used_has_a_fault(text, row):
    assert next(found for found, _ in faults(text)) == row


def test_a_file_that_is_not_utf8_is_a_fault_at_its_row():
    assert parse_people(b"userkey,email\nk1,a@b.org\nk2,\xe4@b.org\n") == (
        [],
        [RowFault(3, "the file is not UTF-8")],
    )


def test_one_refusal_lists_them_all(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("userkey,email\n" + "".join(f"k{n},bad{n}\n" for n in range(30)))

    with pytest.raises(Refusal) as caught:
        read_people(path)

    assert caught.value.error is error_codes.PEOPLE_CSV_INVALID
    assert "30 faults" in caught.value.message
    assert "row 2: 'bad0' is no e-mail address" in caught.value.message
    details = caught.value.body("r")["details"]
    assert isinstance(details, list)
    assert len(details) == 30


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(Refusal) as caught:
        read_people(tmp_path / "people.csv")

    assert caught.value.error is error_codes.EXPORT_NOT_FOUND


def test_people_match_by_key_then_by_name_without_case(export, read, tmp_path):
    export.user("Ann", key="k1", email="old@example.com")
    export.user("Bob", key="k2")
    export.user("carl", key="k3")
    export.page("Page", creator=None, lastModifier=None, creatorName="Dora")
    path = tmp_path / "people.csv"
    path.write_text(
        "userkey,username,email,name\n"
        "k1,someone,ann@example.com,\n"
        ",BOB,bob@example.com,Bob B.\n"
        ",dora,dora@example.com,Dora\n"
    )

    people = read_people(path).overlay(read(export).users())

    assert [(user.key, user.username, user.email, user.display_name) for user in people] == [
        ("k1", "Ann", "ann@example.com", None),
        ("k2", "Bob", "bob@example.com", "Bob B."),
        ("k3", "carl", None, None),
        ("name:dora", "Dora", "dora@example.com", "Dora"),
    ]


def test_whom_the_file_names_is_known(export, read):
    export.page("Page", creator=None, lastModifier=None, creatorName="dora")
    entries, _ = parsed("username,email\ndora,dora@example.com\n")

    (user,) = PeopleFile(entries).overlay(read(export).users())

    assert user.known


@pytest.mark.parametrize(
    "address",
    ["ann@example.com", "a.b+c@mail.example.co.uk", "o'neil@example.org", "x@bücher.example",
     "a@xn--bcher-kva.example", "1@2.example", "a_b@ex-ample.com"],
)  # fmt: skip
def test_addresses_that_an_account_can_be_made_for(address):
    assert is_valid_email(address)


@pytest.mark.parametrize(
    "address",
    ["", "ann", "ann@", "@example.com", "ann@localhost", "ann@example..com", ".ann@example.com",
     "ann.@example.com", "a..b@example.com", "ann@-example.com", "ann@example-.com", "a b@c.org",
     "ann@exa mple.com", "ann@example.com ", "ann@exam_ple.com", "a@b@c.org", "ann@1.2.3.4",
     f"{'a' * 65}@example.com", f"a@{'b' * 64}.com", f"a@{'b.' * 130}com", "änn@example.com",
     "Ann <ann@example.com>", "ann@example.com\n", '"a b"@example.com', "ann@.com"],
)  # fmt: skip
def test_addresses_that_no_account_can_have(address):
    assert not is_valid_email(address)
