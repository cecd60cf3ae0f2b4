"""The settings a command runs with, or a refusal in one line per problem."""

from provider.cli.output import Refused
from provider.settings import Settings, SettingsRefused, load


def configured() -> Settings:
    """Read the settings. Raises Refused."""
    try:
        return load()
    except SettingsRefused as error:
        raise Refused(error.problems) from None
