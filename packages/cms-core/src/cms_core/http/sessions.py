"""How an endpoint asks for its session: by annotating a parameter.

    async def publish(session: Transaction, …)
    async def read(session: Snapshot, …)

The route class opens the session before the endpoint runs and commits after its response is made;
these dependencies only hand it over. Like all of ours they are coroutines, however little they do:
FastAPI runs plain functions in threads, which takes longer than most of them.
"""

from typing import Annotated

from fastapi import Depends, Request

from cms_core.db.session import SnapshotSession, TransactionSession


async def transaction_of(request: Request) -> TransactionSession:
    session: TransactionSession = request.state.session
    return session


async def snapshot_of(request: Request) -> SnapshotSession:
    session: SnapshotSession = request.state.session
    return session


#: A writing transaction; committed by the edge after the endpoint has answered.
Transaction = Annotated[TransactionSession, Depends(transaction_of)]

#: A read-only view of one moment in which everything due has happened: see `CMS.reading`.
Snapshot = Annotated[SnapshotSession, Depends(snapshot_of)]
