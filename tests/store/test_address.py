"""The address of the database without its passwords."""

import pytest

from provider.store.address import shown

SECRET = "T0PSECRET"


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://signet:{SECRET}@host:5432/db",
        f"postgresql://host/db?user=signet&password={SECRET}",
        f"postgresql://signet@host/db?sslmode=verify-full&sslpassword={SECRET}",
        f"postgresql://signet:{SECRET}@host/db?password={SECRET}&sslpassword={SECRET}",
        f"postgresql+psycopg://signet:{SECRET}@/db?host=/run/postgresql",
        f"postgresql://host/db?user=signet&PASSWORD={SECRET}",
    ],
)
def test_no_password_is_shown(url: str) -> None:
    assert SECRET not in shown(url)
    assert "host" in shown(url)


@pytest.mark.parametrize(
    "url",
    ["sqlite:///data/signet.db", "postgresql://signet@host:5433/db?sslmode=require"],
)
def test_all_else_is_shown_as_it_is(url: str) -> None:
    assert shown(url) == url
