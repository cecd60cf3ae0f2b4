"""Languages: every text of the pages is translated, and the choice among languages compares and
never looks anything up."""

import pytest

from provider.interaction import locale


def test_every_translation_is_complete() -> None:
    assert locale.untranslated() == {"ko": []}


@pytest.mark.spec("XS-05")
@pytest.mark.parametrize(
    ("preferred", "accepted", "expected"),
    [
        (None, None, "en"), ("", "", "en"), ("ko", None, "ko"), ("KO-Kore-KR", None, "ko"),
        ("fr", "ko", "ko"), ("en", "ko", "en"), ("../ko", None, "en"), ("ko/../en", None, "en"),
        ("k" * 9, "ko", "ko"), (" ko ", None, "ko"), ("zz " * 40 + "ko", None, "en"),
        (None, "en;q=0.1,ko;q=0.2", "ko"), (None, "ko;q=2", "en"), (None, "ko;q=nan", "en"),
    ],
)  # fmt: skip
def test_the_first_language_that_fits_is_chosen(
    preferred: str | None, accepted: str | None, expected: str
) -> None:
    assert locale.negotiate(preferred, accepted, ("en", "ko")) == expected


def test_a_translation_can_not_add_markup() -> None:
    korean = locale.load()["ko"]
    assert korean.gettext("%(app)s <b>", app="<i>") == "&lt;i&gt; &lt;b&gt;"
