"""Every kind of damage a sample can carry, by name."""

import re
import stat

from portway_assistant.samples import package_damage
from portway_assistant.samples.oddities import NOTED
from portway_assistant.samples.page_changes import in_body, in_title, on_body, on_page
from portway_assistant.samples.planting import Plant

REPAIRED = (
    Plant(
        "control-character",
        "A backspace in a page's title and a file separator in its body.",
        "control_character",
        changes=lambda site: {
            **on_page(0, in_title("\x08"))(site),
            **on_body(0, in_body("\x1c"))(site),
        },
    ),
    Plant(
        "character-reference",
        "A reference to a character that XML forbids, in a title outside CDATA.",
        "character_reference",
        changes=on_page(
            1,
            lambda _s, xml: re.sub(
                r'<property name="title"><!\[CDATA\[.*?\]\]></property>',
                '<property name="title">Before&#11;after</property>',
                xml,
                count=1,
            ),
        ),
    ),
    Plant(
        "surrogate",
        "Half of a surrogate pair in a body.",
        "surrogate",
        changes=on_body(2, in_body("half \ud83d pair ")),
    ),
    Plant(
        "noncharacter",
        "U+FFFF in a body.",
        "noncharacter",
        changes=on_body(3, in_body("\uffff")),
    ),
    Plant(
        "invalid-utf8",
        "Bytes of an old code page in a body.",
        "invalid_utf8",
        # Written as surrogates, which `surrogateescape` turns into the bytes they stand for.
        changes=on_body(4, in_body("caf\udce9 ")),
    ),
)
"""What the reader repairs, each spot with its byte."""

REFUSED = (
    Plant(
        "not-a-zip",
        "The file is a web page.",
        "export_not_a_zip",
        finish=package_damage.not_a_zip,
    ),
    Plant(
        "truncated",
        "The last third of the package is not there.",
        "export_truncated",
        finish=package_damage.truncated,
    ),
    Plant(
        "no-entities",
        "The package holds no entities.xml.",
        "export_without_entities",
        finish=package_damage.no_entities,
    ),
    Plant(
        "csv",
        "The package is a CSV export of Cloud.",
        "export_is_csv",
        finish=package_damage.csv_export,
    ),
    Plant(
        "encrypted",
        "An entry of the package has a password.",
        "export_encrypted",
        finish=package_damage.encrypted,
    ),
    Plant(
        "path-traversal",
        "An entry's path leads out of the package.",
        "export_unsafe_path",
        finish=package_damage.with_entry("attachments/1/../../../etc/cron.d/job"),
    ),
    Plant(
        "absolute-path",
        "An entry's path begins at the root of the machine.",
        "export_unsafe_path",
        finish=package_damage.with_entry("/etc/cron.d/job"),
    ),
    Plant(
        "link",
        "An entry is a symbolic link.",
        "export_has_links",
        finish=package_damage.with_entry(
            "attachments/1/2/3", mode=stat.S_IFLNK | 0o777, data=b"/etc/passwd"
        ),
    ),
    Plant(
        "zip-bomb",
        "An entry unpacks to a thousand times its size.",
        "export_too_large",
        finish=package_damage.zip_bomb,
    ),
    Plant(
        "entity-expansion",
        "Entities of entities.xml expand to thousands of millions of characters.",
        "export_has_dtd",
        entities=package_damage.entity_expansion,
    ),
    Plant(
        "dtd",
        "entities.xml has a document type that names a file of the machine.",
        "export_has_dtd",
        entities=package_damage.dtd,
    ),
    Plant(
        "cut-entities",
        "entities.xml ends in the middle of an object.",
        "export_malformed",
        entities=package_damage.cut_entities,
    ),
    Plant(
        "jira",
        "entities.xml is that of a Jira backup.",
        "export_not_confluence",
        entities=package_damage.other_root,
    ),
)
"""What cannot be read, each with its code."""

DAMAGES = {plant.name: plant for plant in (*REPAIRED, *NOTED, *REFUSED)}
