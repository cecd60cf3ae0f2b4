"""Text of others as a terminal may show it: a character that moves the cursor, gives the terminal
a command, ends a line or turns the direction of writing is written as its number (OWASP ASVS 5
16.4.1). Used by `logs` and by what the command line prints."""

_COMMANDS = (
    *range(0x20),
    *range(0x7F, 0xA0),
    *(0x61C, 0x200E, 0x200F, 0xFEFF),
    *range(0x2028, 0x202F),
    *range(0x2066, 0x206A),
    *range(0xD800, 0xE000),
)
"""C0, DEL and C1; the marks, embeddings and isolates of writing in two directions; the separators
of lines and paragraphs; halves of characters, which can not be written at all."""

_NUMBERED = {code: f"\\u{code:04x}" for code in _COMMANDS}
_BUT_LINES = {code: number for code, number in _NUMBERED.items() if code != ord("\n")}


def printable(text: str) -> str:
    """Return a text as one line."""
    return text if text.isascii() and text.isprintable() else text.translate(_NUMBERED)


def printable_lines(text: str) -> str:
    """Return a text whose lines are ours."""
    return text.translate(_BUT_LINES)
