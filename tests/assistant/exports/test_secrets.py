"""Password hashes, tokens and keys of a site export reach no store, log, report or error."""

import json
import logging
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portway_assistant.exports.inspect import inspect_store
from portway_assistant.exports.package import ExportPackage
from portway_assistant.exports.rendering import render_inspection
from portway_assistant.exports.shapes import INFRASTRUCTURE_CLASSES, SECRET_CLASSES, WANTED
from portway_assistant.exports.work_store import open_work_store
from portway_service.errors import Refusal
from support.exports import HEAD, TAIL, pack

_CLASSES = sorted({*WANTED, *SECRET_CLASSES, *INFRASTRUCTURE_CLASSES, "com.example.VaultEntry"})
_NAMES = (
    "credential",
    "credentials",
    "password",
    "passwordHash",
    "encryptedPassword",
    "token",
    "privateKey",
    "secret",
    "value",
    "attributes",
    "credentialRecords",
    "attributeValue",
)
_PLACES = (
    '<property name="{name}"><![CDATA[{secret}]]></property>',
    '<property name="{name}">{secret}</property>',
    '<property name="{name}" enum-class="E" package="p">{secret}</property>',
    '<property name="{name}" class="Key" package="p"><id name="id">{secret}</id></property>',
    '<component name="{name}"><property name="name"><![CDATA[{secret}]]></property></component>',
    (
        '<component name="{name}"><component name="inner"><property name="name">{secret}</property>'
        "</component></component>"
    ),
    (
        '<collection name="{name}" class="java.util.Map"><element type="string">{secret}</element>'
        "</collection>"
    ),
    (
        '<collection name="{name}"><element class="Key" package="p"><id name="id">{secret}</id>'
        "</element></collection>"
    ),
    '<composite-id><property name="key" type="string">{secret}</property></composite-id>',
    "<!-- {secret} -->",
    "<?key {secret}?>",
    "{secret}",
)


@st.composite
def planted(draw) -> tuple[str, str]:
    """One object with a secret in it, plainly written or so that only expat can read it."""
    secret = f"s3cret-{draw(st.integers(1, 10**9)):09}-{{PKCS5S2}}x"
    kind = draw(st.sampled_from(_CLASSES))
    spot = draw(st.sampled_from(_PLACES)).format(name=draw(st.sampled_from(_NAMES)), secret=secret)
    name = '<property name="name"><![CDATA[someone]]></property>'
    members = "\n".join(draw(st.permutations((name, spot))))
    identity = '<id name="id">7</id>'
    if kind in SECRET_CLASSES - WANTED.keys() and draw(st.booleans()):
        identity = f'<id name="id"><![CDATA[{secret}]]></id>'
    return secret, f'<object class="{kind}" package="p">\n{identity}\n{members}</object>\n'


@settings(deadline=None, max_examples=120)
@given(st.lists(planted(), min_size=1, max_size=8), st.booleans())
def test_a_secret_planted_anywhere_is_nowhere(tmp_path_factory, planted, broken):
    folder = tmp_path_factory.mktemp("secrets")
    secrets = [secret for secret, _ in planted]
    entities = HEAD + "".join(xml for _, xml in planted) + ("<broken" if broken else TAIL)
    files = {
        "entities.xml": entities.encode(),
        "plugin-data/com.example/keys.pdata": secrets[0].encode(),
        "config/ehcache.xml": secrets[0].encode(),
    }
    path = folder / "export.zip"
    path.write_bytes(pack(files))
    logged: list[logging.LogRecord] = []
    handler = logging.Handler(logging.DEBUG)
    handler.emit = logged.append  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    told = ""
    try:
        with open_work_store(ExportPackage.open(path), folder / "stores") as store:
            found = inspect_store(store)
            told = json.dumps(found) + render_inspection(found) + repr(list(store.users()))
    except Refusal as refusal:
        body = refusal.body("request-1")
        told = json.dumps(body, default=str) + "".join(traceback.format_exception(refusal))
    finally:
        logging.getLogger().removeHandler(handler)

    stored = [file.read_bytes() for file in (folder / "stores").iterdir()]
    assert len(stored) == (0 if broken else 1)
    for secret in secrets:
        assert not any(secret.encode() in raw for raw in stored)
        assert secret not in told
        assert not any(secret in record.getMessage() for record in logged)


@pytest.mark.parametrize("kind", sorted(SECRET_CLASSES))
def test_classes_with_secrets_are_counted_so_that_their_loss_is_known(kind, tmp_path):
    path = tmp_path / "export.zip"
    entities = f'{HEAD}<object class="{kind}" package="p"><id name="id">1</id></object>{TAIL}'
    path.write_bytes(pack({"entities.xml": entities.encode()}))

    with open_work_store(ExportPackage.open(path), tmp_path / "stores") as store:
        assert inspect_store(store)["secrets_dropped"] == {kind: 1}
