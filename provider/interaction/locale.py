"""Languages of the pages: message catalogs, the choice among them, dates as a person writes them.

A language is one file, `translations/<code>.po` (GNU gettext); English is what the templates say.
Every catalog is read once at start and never changes afterwards. The pages receive
`Translations.context()`; `negotiate` picks by BCP 47 lookup (RFC 4647 §3.4) from `ui_locales`
(OpenID Connect Core §3.1.2.1), the person's cookie and Accept-Language. What a request says is
only ever compared with the languages at hand, it never becomes part of a path. Messages are plain
text: they are escaped as a whole before values are filled in, so a translation cannot add markup.
"""

import gettext
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from babel import Locale
from babel.dates import format_date, format_datetime, format_timedelta
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import escape

DEFAULT: Final = "en"
HERE: Final = Path(__file__).parent
KEYWORDS: Final[dict[str, Any]] = {"_": None, "translatable": None, "ngettext": (1, 2)}

_TAG: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,7}")
_PLACE: Final = re.compile(r"%\(\w+\)s")
_MOST_TAGS: Final = 16
_LONGEST: Final = 512


def translatable(message: str) -> str:
    """Mark a text for translation where it is written; the page translates it when shown."""
    return message


@dataclass(frozen=True, slots=True)
class Translations:
    """One language: its messages and its way of writing dates."""

    locale: str
    catalog: gettext.NullTranslations

    @property
    def native_name(self) -> str:
        """The language in its own words, for the language switch."""
        name = Locale.parse(self.locale).get_display_name() or self.locale
        return name[:1].upper() + name[1:]

    @property
    def text_direction(self) -> str:
        """`ltr` or `rtl`."""
        return Locale.parse(self.locale).text_direction

    def gettext(self, message: str, **values: object) -> str:
        """The message in this language, with escaped values filled in."""
        text = self.catalog.gettext(message) if message else ""
        return escape(text) % values if values else text

    def ngettext(self, singular: str, plural: str, num: int, **values: object) -> str:
        """The form of the message that fits this number."""
        text = self.catalog.ngettext(singular, plural, num)
        return escape(text) % {"num": num, **values}

    def format_date(self, epoch: int) -> str:
        """A day, in UTC."""
        return format_date(_moment(epoch), format="long", locale=self.locale)

    def format_datetime(self, epoch: int) -> str:
        """A day and a time, in UTC."""
        skeleton = "medium" if self.locale.startswith(DEFAULT) else "long"
        day = format_date(_moment(epoch), format=skeleton, locale=self.locale)
        clock = format_datetime(_moment(epoch), "HH:mm", locale=self.locale)
        return f"{day} {clock}"

    def format_duration(self, seconds: int) -> str:
        """A waiting time, rounded up to a whole minute or hour when it is longer than one."""
        for unit in (3600, 60):
            if seconds > unit:
                seconds = -(-seconds // unit) * unit
                break
        return format_timedelta(max(seconds, 1), threshold=1, locale=self.locale)

    def context(self) -> dict[str, object]:
        """What every template needs of its language."""
        return {
            "locale": self.locale,
            "text_direction": self.text_direction,
            "_": self.gettext,
            "ngettext": self.ngettext,
            "format_date": self.format_date,
            "format_datetime": self.format_datetime,
            "format_duration": self.format_duration,
            "iso": iso,
        }


def _moment(epoch: int) -> datetime:
    return datetime.fromtimestamp(epoch, tz=UTC)


def iso(epoch: int) -> str:
    """Epoch seconds as a machine-readable time (HTML `datetime` attribute)."""
    return _moment(epoch).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


def load(folder: Path = HERE / "translations") -> Mapping[str, Translations]:
    """Every language at hand, English first."""
    languages = {DEFAULT: Translations(DEFAULT, gettext.NullTranslations())}
    for path in sorted(folder.glob("*.po")):
        compiled = BytesIO()
        write_mo(compiled, _read(path))
        compiled.seek(0)
        languages[path.stem] = Translations(path.stem, gettext.GNUTranslations(compiled))
    return MappingProxyType(languages)


def _by_quality(accept_language: str) -> list[str]:
    ranked: list[tuple[float, str]] = []
    for part in accept_language[:_LONGEST].split(",")[:_MOST_TAGS]:
        tag, _, parameter = part.partition(";")
        name, _, value = parameter.strip().partition("=")
        quality = 1.0
        if name.strip().lower() == "q":
            try:
                quality = float(value)
            except ValueError:
                continue
        if 0 < quality <= 1:
            ranked.append((quality, tag.strip()))
    return [tag for _, tag in sorted(ranked, key=lambda entry: -entry[0])]


def _lookup(wanted: str, available: Mapping[str, str]) -> str | None:
    if _TAG.fullmatch(wanted) is None:
        return None
    parts = wanted.lower().split("-")
    while parts:
        found = available.get("-".join(parts))
        if found is not None:
            return found
        parts.pop()
    return None


def negotiate(
    preferred: str | None,
    accept_language: str | None,
    available: Collection[str],
) -> str:
    """The language of a page: the first tag in `preferred`, else what the browser reads."""
    tags = {code.replace("_", "-").lower(): code for code in available}
    wanted = (preferred or "")[:_LONGEST].replace("_", "-").split()[:_MOST_TAGS]
    wanted += _by_quality(accept_language or "")
    for tag in wanted:
        found = _lookup(tag, tags)
        if found is not None:
            return found
    return DEFAULT


def messages(folder: Path = HERE) -> Iterator[str | tuple[str, ...]]:
    """Every text the pages can show: a message, or the forms of a plural."""
    methods = [("templates/**.html", "jinja2.ext:babel_extract"), ("*.py", "python")]
    seen: set[str | tuple[str, ...]] = set()
    for _, _, message, _, _ in extract_from_dir(folder, methods, keywords=KEYWORDS):
        if message not in seen:
            seen.add(message)
            yield message


def _is_translated(entry: Message | None, source: str) -> bool:
    if entry is None or entry.fuzzy:
        return False
    forms = entry.string if isinstance(entry.string, list | tuple) else (entry.string,)
    places = set(_PLACE.findall(source))
    return all(form and set(_PLACE.findall(form)) == places for form in forms)


def untranslated(folder: Path = HERE) -> dict[str, list[str]]:
    """For each language, the messages its file lacks, leaves empty or fuzzy, or fills wrongly.

    A translation is wrong when it does not name exactly the values its message names.
    """
    wanted = [m if isinstance(m, str) else m[0] for m in messages(folder)]
    missing: dict[str, list[str]] = {}
    for path in sorted((folder / "translations").glob("*.po")):
        catalog = _read(path)
        missing[path.stem] = [m for m in wanted if not _is_translated(catalog.get(m), m)]
    return missing
