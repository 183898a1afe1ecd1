"""A dashboard's back end: a webhook knocks, the feed tells, the counts are exact."""

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response

from yiguan_client import Client, Mirror, NotGenuine, verify

secrets = os.environ["DASHBOARD_SECRETS"].split(",")
client = Client(os.environ["YIGUAN_URL"], os.environ["YIGUAN_KEY"])
mirror, turn = Mirror(client), asyncio.Lock()


@asynccontextmanager
async def lifespan(_app: FastAPI) -> AsyncGenerator[None]:
    async with client:
        await mirror.begin()
        yield


app = FastAPI(lifespan=lifespan)


@app.post("/yiguan")
async def knock(request: Request) -> Response:
    try:
        verify(request.headers, await request.body(), secrets)
    except NotGenuine:
        return Response(status_code=401)
    async with turn:
        await mirror.catch_up()
    return Response(status_code=204)


@app.get("/counts")
async def counts() -> list[dict[str, Any]]:
    return [{**group._asdict(), "units": units} for group, units in mirror.counts.items()]
