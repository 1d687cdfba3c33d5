"""``/problems``: what each code means and what to do about it."""

from __future__ import annotations

from cms_core.problems import ProblemKind, catalog
from cms_core.system.pages.layout import page
from cms_core.system.pages.markup import Html, element, join, prose

#: What a client can do about problems of a status, where the code's own explanation says no more.
ADVICE = {
    400: "Correct the request; sending it again unchanged will fail again.",
    401: "Sign in, and send the access token as `Authorization: Bearer …`. If you did, the token "
    "has expired or its session has ended.",
    403: "Ask an administrator for a role that has the permission which the operation names.",
    404: "Check the address. What you may not read looks as if it did not exist.",
    405: "Use one of the methods of the `Allow` header.",
    408: "Send the whole request at once, over a connection that is fast enough.",
    409: "Read the present state, decide, and send the request again.",
    412: "Somebody changed it meanwhile: read it again, apply your change to what you find, and "
    "send it with the new `ETag`.",
    413: "Send less.",
    414: "Send less in the query string.",
    415: "Send the body in a kind that the operation documents.",
    422: "Correct what `errors` points at: each has a JSON pointer into the body, or the name of a "
    "parameter.",
    428: "Read the resource first, and send its `ETag` as `If-Match`.",
    429: "Wait for the seconds of `Retry-After`; until then every attempt is refused.",
    431: "Send fewer or shorter headers.",
    500: "This is a defect. Give the `request_id` to whoever runs the server: it leads to the log.",
    503: "Try again after the seconds of `Retry-After`. A `POST` with an `Idempotency-Key` can be "
    "repeated safely.",
}


def render_index() -> Html:
    """Return the page that lists all codes."""
    rows = [
        element(
            "tr",
            element("td", str(kind.status)),
            element("td", element("a", kind.code, href=f"/problems/{kind.code}")),
            element("td", kind.title),
        )
        for kind in sorted(catalog().values(), key=lambda kind: (kind.status, kind.code))
    ]
    head = element("tr", [element("th", each) for each in ("Status", "Code", "Meaning")])
    return page(
        "Problems",
        element("h1", "Problems"),
        prose(
            "Errors are answered as `application/problem+json`. Programs compare the `code`, which "
            "never changes its meaning; the texts are for people."
        ),
        element("table", element("thead", head), element("tbody", rows)),
    )


def render_problem(kind: ProblemKind) -> Html:
    """Return the page of one code."""
    return page(
        kind.code,
        element("p", f"Status {kind.status}", class_="dim"),
        element("h1", element("code", kind.code)),
        prose(kind.title),
        prose(kind.explanation),
        join(element("h2", "What to do"), prose(ADVICE.get(kind.status, ADVICE[400]))),
        element("p", element("a", "All problems", href="/problems")),
    )
