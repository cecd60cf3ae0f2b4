"""Settings: typed, frozen, from a TOML file and the environment. `values` and `tables` say
what can be set, `reading` where it is read from and how mistakes are reported, `serving` what a
server that others can reach must not start with. Built directly, `Settings(...)` reads
nothing from outside; `load` does. Read by `app` and the command line."""

from provider.settings.problem import Problem, SettingsRefused
from provider.settings.reading import load
from provider.settings.serving import check_serving
from provider.settings.tables import Keys, Lifetimes
from provider.settings.values import Settings

__all__ = [
    "Keys",
    "Lifetimes",
    "Problem",
    "Settings",
    "SettingsRefused",
    "check_serving",
    "load",
]
