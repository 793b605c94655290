"""Settings are read once, and all bad ones are reported together."""

from pathlib import Path

import pytest

from portway_sdk import CloudAppSettings, ConfigurationError, ListenerSettings


def test_the_listeners_settings_come_from_the_environment(tmp_path):
    ca_file = tmp_path / "ca.pem"
    ca_file.touch()
    environ = {
        "PORTWAY_PLATFORM_URL": "https://portway.example/",
        "PORTWAY_KEY_FILE": "/var/lib/notes/listener.key",
        "PORTWAY_ENROLMENT_TOKEN": " token ",
        "PORTWAY_POLL_SECONDS": "5",
        "PORTWAY_CA_FILE": str(ca_file),
    }

    settings = ListenerSettings.from_env(environ)

    assert settings == ListenerSettings(
        platform_url="https://portway.example",
        key_file=Path("/var/lib/notes/listener.key"),
        enrolment_token="token",
        poll_seconds=5,
        ca_file=ca_file,
    )


def test_only_two_variables_are_needed():
    settings = ListenerSettings.from_env(
        {"PORTWAY_PLATFORM_URL": "http://127.0.0.1:8484", "PORTWAY_KEY_FILE": "listener.key"}
    )

    assert (settings.enrolment_token, settings.poll_seconds, settings.ca_file) == (None, 25, None)


def test_every_bad_variable_is_named_at_once_with_an_example():
    environ = {
        "PORTWAY_PLATFORM_URL": "portway.example",
        "PORTWAY_POLL_SECONDS": "soon",
        "PORTWAY_CA_FILE": "/nowhere/ca.pem",
    }

    with pytest.raises(ConfigurationError) as wrong:
        ListenerSettings.from_env(environ)

    names = ("PLATFORM_URL", "KEY_FILE", "POLL_SECONDS", "CA_FILE")
    assert len(wrong.value.problems) == 4
    for name, problem in zip(names, wrong.value.problems, strict=True):
        assert f"(PORTWAY_{name})" in problem
        assert "for example" in problem


@pytest.mark.parametrize(
    "url",
    [
        "",
        "portway.example",
        "ftp://portway.example",
        "https://",
        "https://user:password@portway.example",
        "https://portway.example/?a=1",
        "https://portway.example/#a",
        "https://portway.example:99999",
        "https://[::1",
    ],
)
def test_a_platform_url_is_a_plain_web_address(url):
    with pytest.raises(ConfigurationError, match="platform_url"):
        ListenerSettings(platform_url=url, key_file=Path("listener.key"))


@pytest.mark.parametrize("seconds", [0, -1, 31])
def test_a_poll_waits_from_one_to_thirty_seconds(seconds):
    with pytest.raises(ConfigurationError, match="poll_seconds"):
        ListenerSettings("https://portway.example", Path("listener.key"), poll_seconds=seconds)


def test_the_enrolment_token_is_not_shown():
    settings = ListenerSettings("https://portway.example", Path("listener.key"), "secret-token")

    assert "secret-token" not in repr(settings)


def test_the_cloud_apps_addresses_come_from_the_environment():
    settings = CloudAppSettings.from_env(
        {
            "PORTWAY_CLOUD_BASE_URL": "https://notes.example/",
            "PORTWAY_INSTALL_KEYS_URL": "https://portway.example/keys",
        },
        app_key="com.example.notes.cloud",
        name="Page notes",
        vendor="Example",
    )

    assert settings.base_url == "https://notes.example"
    assert settings.install_keys_url == "https://portway.example/keys"


def test_every_bad_setting_of_a_cloud_app_is_named_at_once():
    with pytest.raises(ConfigurationError) as wrong:
        CloudAppSettings(
            app_key="",
            name="Page notes",
            base_url="notes",
            install_keys_url="",
            vendor="Example",
            handler_lease_seconds=0,
        )

    assert len(wrong.value.problems) == 4
