"""Headers of the shape `value; name=value; name="value"`, as forms are described by."""

import re
from urllib.parse import unquote

from cms_media.content.errors import BadForm

_PARAMETER = re.compile(
    r';[ \t]*([^\s;="]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"[ \t]*|([^;"]*))', re.DOTALL
)
# Browsers send backslashes as they are, so that they escape nothing but quotes and themselves.
_ESCAPED = re.compile(r'\\(["\\])')
_EXTENDED = re.compile(r"(utf-8|iso-8859-1)'[^']*'([\w!#$&+.^`|~%-]*)", re.ASCII | re.IGNORECASE)
#: RFC 2046, section 5.1.1. The multipart parser relies on it that no boundary has a CR.
_BOUNDARY = re.compile(r"[\w'()+,./:=? -]{0,69}[\w'()+,./:=?-]", re.ASCII)


def parse_header(value: str) -> tuple[str, dict[str, str]]:
    """Return the value in lower case, and its parameters by their names in lower case.

    Raises `BadForm` when it is malformed or has a parameter twice.
    """
    value = value.strip(" \t;")
    end = (value + ";").index(";")
    kind, parameters = value[:end].strip().lower(), dict[str, str]()
    while end < len(value):
        match = _PARAMETER.match(value, end)
        # Of two file names others might see the other one.
        if match is None or (name := match[1].lower()) in parameters:
            raise BadForm(f"The parameters of `{kind[:100]}` can't be read.")
        parameters[name] = _plain(match)
        end = match.end()
    return kind, parameters


def boundary_of(content_type: str) -> str:
    """Return the boundary that a form's `Content-Type` names.

    Raises `BadForm` when it is of another type, or has no boundary or an unacceptable one.
    """
    kind, parameters = parse_header(content_type)
    if kind != "multipart/form-data":
        raise BadForm("Its Content-Type is not `multipart/form-data`.")
    if "boundary" not in parameters:
        raise BadForm("Its Content-Type has no boundary.")
    if not _BOUNDARY.fullmatch(parameters["boundary"]):
        raise BadForm("Its boundary is longer than 70 characters, empty, or has forbidden ones.")
    return parameters["boundary"]


def filename_of(parameters: dict[str, str]) -> str | None:
    """Return the file name of a part; `filename*` (RFC 8187) wins where it can be decoded."""
    extended = _decoded(parameters.get("filename*", ""))
    return parameters.get("filename") if extended is None else extended


def _plain(match: re.Match[str]) -> str:
    quoted, bare = match[2], match[3]
    return bare.strip() if quoted is None else _ESCAPED.sub(r"\1", quoted)


def _decoded(extended: str) -> str | None:
    match = _EXTENDED.fullmatch(extended)
    if match is None:
        return None
    try:
        return unquote(match[2], encoding=match[1], errors="strict")
    except UnicodeDecodeError:
        return None
