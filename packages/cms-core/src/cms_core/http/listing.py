"""The query parameters that every list has: limit, cursor, sort, fields, count."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core.http.conditional import strong_etag
from cms_core.http.counting import Count
from cms_core.http.fields import parse_fields, project, project_item
from cms_core.http.pagination import MAX_LIMIT, PageRequest, Rows, Sort
from cms_core.http.query import BadParameter, pairs_of

#: Parameters that say which page, not which list.
_PAGING = frozenset({"limit", "cursor", "sort", "fields", "count"})
#: A query string that may stand in a header as it was sent; its names are not encoded.
_PLAIN = re.compile(r"([a-z_]+=[\w.~:+%-]*(&|$))*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a client asks of a list: a page of rows, and which fields of each."""

    request: Request
    page: PageRequest
    fields: frozenset[str] | None

    async def rows(
        self,
        session: AsyncSession,
        statement: Select[Any],
        sorts: Mapping[str, Sort] | None = None,
        parameters: Mapping[str, Any] | None = None,
    ) -> Rows:
        """Run the (filtered, unordered) statement for the page asked for.

        `sorts` names other columns for the same orders, where a filter brings a better index.
        `parameters` are the values of a statement that is made once and kept: see `Read`.
        """
        page = self.page if sorts is None else replace(self.page, sorts=sorts)
        return await page.rows(session, statement, parameters)

    def wants(self, field: str, *, default: bool = True) -> bool:
        """Tell whether the client asked for a field, so that it is worth loading."""
        return default if self.fields is None else field in self.fields

    def item(self, fields: Mapping[str, Any]) -> bytes:
        """Return an item as JSON, reduced to what the client asked for; `answer` takes it so.

        Nothing is checked: the fields have to be those that the schema promises, in its order.
        """
        return project_item(fields, self.fields)

    def answer(self, items: Sequence[BaseModel] | Sequence[bytes], rows: Rows) -> Response:
        """Return the page as JSON with its `Link` to the next one."""
        body = project(items, rows, self.fields)
        headers = {"ETag": strong_etag(body)}
        if rows.next_cursor is not None:
            headers["Link"] = f'<{self._next_url(rows.next_cursor)}>; rel="next"'
        return Response(body, media_type="application/json", headers=headers)

    def _next_url(self, cursor: str) -> str:
        # From CMS_PUBLIC_URL, never from the Host header.
        base = self.request.app.state.cms.settings.public_url
        path = quote(self.request.scope["path"])
        query: bytes = self.request.scope["query_string"]
        sent = query.decode("latin-1")
        if not _PLAIN.fullmatch(sent):
            sent = urlencode(pairs_of(query))
        others = [each for each in sent.split("&") if each and not each.startswith("cursor=")]
        return f"{base}{path}?{'&'.join([*others, f'cursor={cursor}'])}"


def listing(
    item: type[BaseModel],
    sorts: Mapping[str, Sort],
    default: str,
    hidden: Collection[str] = (),
) -> Callable[..., Awaitable[Listing]]:
    """Return the dependency of a list of `item`s with these orders.

    `hidden` are the (large) fields that come only when `fields` names them. Use it as
    ``listing: Annotated[Listing, Depends(listing(PostItem, SORTS, "-published_at"))]``.
    """
    orders = [*sorts, *(f"-{name}" for name in sorts)]
    shown = frozenset(item.model_fields).difference(hidden) if hidden else None

    async def parse(
        request: Request,
        limit: Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items per page.")] = 20,
        cursor: Annotated[str | None, Query(max_length=4000, description="`next_cursor`.")] = None,
        # Not `Annotated`: an annotation is a text here, and could not name the orders.
        sort: str = Query(default, json_schema_extra={"enum": orders}),
        fields: Annotated[
            str | None, Query(max_length=1000, description="Comma-separated names to answer with.")
        ] = None,
        count: Annotated[Count, Query(description="Whether to count the whole list.")] = Count.NONE,
    ) -> Listing:
        if sort not in orders:
            raise BadParameter.at("sort", f"one of {', '.join(orders)}")
        page = PageRequest(
            signer=request.app.state.cms.signer("cursor"),
            limit=limit,
            sort=sort,
            sorts=sorts,
            cursor=cursor,
            count=count,
            context=_context(request.scope["path"], request.scope["query_string"]),
        )
        return Listing(request, page, shown if fields is None else parse_fields(fields, item))

    return parse


@lru_cache(maxsize=2048)
def _context(path: str, query: bytes) -> str:
    filters = sorted(each for each in pairs_of(query) if each[0] not in _PAGING)
    return f"{path}?{urlencode(filters)}"
