"""A Sanic application on a real port inside the test's own loop."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sanic import Sanic


@asynccontextmanager
async def served(app: Sanic[Any, Any]) -> AsyncIterator[str]:
    """The address of the running application."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        app.config.TOUCHUP = False  # it rewrites Sanic itself, which works once in a process
        server = await app.create_server(sock=listening, return_asyncio_server=True, access_log=False)
        assert server is not None
        await server.startup()
        await server.before_start()
        await server.after_start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            await server.close()
            Sanic.unregister_app(app)
