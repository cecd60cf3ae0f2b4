"""What a browser is called on the account page."""

import pytest

from provider.interaction.browser_name import describe

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
LINUX = ("Chrome", "Linux")


@pytest.mark.parametrize(
    ("user_agent", "names"),
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/141.0 Safari/537.36", LINUX),
        (
            f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/141.0 Safari/537.36 Edg/141.0",
            ("Edge", "Windows"),
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
            " (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
            ("Safari", "iOS"),
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15.0) Firefox/140.0", ("Firefox", "macOS")),
        (
            f"Mozilla/5.0 (Linux; Android 15) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0",
            ("Samsung Internet", "Android"),
        ),
        ("curl/8.0", (None, None)),
        ("", (None, None)),
    ],
)
def test_a_browser_is_named_as_its_people_know_it(
    user_agent: str, names: tuple[str | None, str | None]
) -> None:
    assert describe(user_agent) == names
