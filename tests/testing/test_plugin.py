"""The pytest plugin itself: what it costs, what it says, what tests share and what they do not."""

import pytest

USES_IT = """
    def test_discovery(signet):
        from urllib.request import urlopen
        with urlopen(signet.issuer + "/.well-known/openid-configuration") as answer:
            assert answer.status == 200
"""


def test_it_comes_with_the_package(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(USES_IT)
    pytester.runpytest_inprocess("--strict-markers").assert_outcomes(passed=1)


def test_every_test_has_a_provider_of_its_own(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("time", range(2))
        def test_a_name_that_was_free(signet, time):
            signet.add_user("alex")
        """
    )
    pytester.runpytest_inprocess().assert_outcomes(passed=2)


def test_the_nearest_marker_wins(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        pytestmark = pytest.mark.signet(profile="openid", brand="Far")

        @pytest.mark.signet(brand="Near", scopes={"notes:read": "Read notes"})
        def test_settings(signet):
            settings = signet.provider.settings
            assert (settings.profile, settings.brand) == ("openid", "Near")
            assert signet.add_client().scope.endswith("notes:read")
        """
    )
    pytester.runpytest_inprocess("--strict-markers").assert_outcomes(passed=1)


def test_wrong_settings_are_named(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.signet(profil="openid")
        def test_a_name_nobody_knows(signet):
            pass

        @pytest.mark.signet(profile="fastest")
        def test_a_value_that_is_none(signet):
            pass

        @pytest.mark.signet(issuer="https://login.example")
        def test_what_the_fixture_decides(signet):
            pass
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines_random(
        ["E*profil", "E*profile", "E*issuer is not a test's to set"]
    )


def test_nothing_is_imported_until_a_test_asks(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_what_is_there():
            mine = {name for name in sys.modules if name.startswith("provider")}
            assert mine == {"provider", "provider.testing", "provider.testing.plugin"}
            assert not {"flask", "sqlalchemy", "authlib"} & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess("-p", "no:randomly").assert_outcomes(passed=1)


def test_what_to_install_is_said_where_the_server_is_missing(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import sys

        sys.modules["sqlalchemy"] = None
        """
    )
    pytester.makepyfile(USES_IT)
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*the package sqlalchemy is not installed*pip install 'signet?server?'*"]
    )


def test_why_the_provider_refused_stands_in_the_captured_output(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile(
        """
        def test_that_fails(signet):
            signet.sign_in(signet.add_client(), signet.add_user(), scope="unheard-of")
        """
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*Refused: invalid_scope*", "*refused*invalid_scope*"])
