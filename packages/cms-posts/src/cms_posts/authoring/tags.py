"""Routes of tags as such, for those who keep them in order."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query, Response
from pydantic import Field
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from cms_core import (
    AdminRouter,
    IfMatch,
    Listing,
    Page,
    Principal,
    Snapshot,
    Sort,
    Transaction,
    answer,
    listing,
    requires,
)
