"""A Forge app on the site's own addresses, recognised by its app system token."""

import pytest
import werkzeug.wrappers

from portway_service.errors import Refusal
from support.forge import a_forge_move, a_forge_part


def called_with(token, path="/sites/acme/wiki/api/v2/pages"):
    headers = {"Authorization": f"Bearer {token}"}
    builder = werkzeug.test.EnvironBuilder(path=path, headers=headers)
    return werkzeug.wrappers.Request(builder.get_environ())


@pytest.mark.parametrize(
    ("permissions", "may_write"),
    [((), False), (("read:page:confluence",), False), (("write:page:confluence",), True)],
)
def test_it_may_change_the_site_as_far_as_its_permissions_say(running, permissions, may_write):
    move = a_forge_move(running, forge=a_forge_part(permissions=list(permissions)))

    request = called_with(move.app.fresh_token())
    caller = running.platform.app_authenticator.authenticate(request, "acme")

    assert (caller.site_key, caller.may_write) == ("acme", may_write)
    assert caller.base_path == "/sites/acme/wiki"


def test_it_is_nobody_on_another_site(running):
    move = a_forge_move(running)
    running.add_site("other")

    request = called_with(move.app.fresh_token())

    with pytest.raises(Refusal) as refused:
        running.platform.app_authenticator.authenticate(request, "other")

    assert refused.value.code == "not_found"


def test_a_token_of_nobody_opens_nothing(running):
    a_forge_move(running)

    with pytest.raises(Refusal) as refused:
        running.platform.app_authenticator.authenticate(called_with("a.b.c"), "acme")

    assert refused.value.code == "unauthenticated"
