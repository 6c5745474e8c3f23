"""pymap, an IMAP server in Python that runs inside the test's process and keeps its mail in memory."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import tempfile
import threading
from argparse import Namespace
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.servers.imap_server import PASSWORD, START_SECONDS, ImapServer, Tls, Traits, make_certificate

TRAITS = Traits(keywords=False)


@dataclass(frozen=True)
class Pymap(ImapServer):
    """A running pymap; it listens on three ports, since its STARTTLS takes no password before."""

    root: Path
    port: int
    starttls_port: int
    tls_port: int
    loop: asyncio.AbstractEventLoop = field(repr=False)
    backend: Any = field(repr=False)
    config: Any = field(repr=False)
    name: str = "pymap"
    traits: Traits = TRAITS

    def port_of(self, tls: Tls) -> int:
        return self.starttls_port if tls == "starttls" else super().port_of(tls)

    def add_user(self, user: str) -> None:
        asyncio.run_coroutine_threadsafe(self._add_user(user), self.loop).result(START_SECONDS)

    async def _add_user(self, user: str) -> None:
        from pymap.backend.dict import Identity
        from pymap.user import Passwords, UserMetadata

        hashed = await Passwords(self.config).hash_password(PASSWORD)
        identity = Identity(user, self.backend.login, None, frozenset())
        await identity.set(UserMetadata(self.config, user, password=hashed))


@contextmanager
def running() -> Iterator[Pymap]:
    """A server that runs until the block is left; skips the test where pymap is not installed."""
    pytest.importorskip("pymap", reason="pymap is not installed (mailtriage[demo])")
    root = Path(tempfile.mkdtemp(prefix="pymap-"))
    started: Future[tuple[Pymap, asyncio.Event]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            try:
                server = await _start(stack, root)
            except Exception as error:
                started.set_exception(error)
                return
            started.set_result((server, stop))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="pymap", daemon=True)
    try:
        make_certificate(root)
        thread.start()
        server, stop = started.result(START_SECONDS)
        try:
            yield server
        finally:
            server.loop.call_soon_threadsafe(stop.set)
            thread.join(START_SECONDS)
    finally:
        shutil.rmtree(root, ignore_errors=True)


async def _start(stack: AsyncExitStack, root: Path) -> Pymap:
    from pymap.backend.dict import DictBackend
    from pysasl.hashing import BuiltinHash

    plain = _arguments(root, tls=False)
    backend, config = await DictBackend.init(plain, secure_auth=False, hash_context=BuiltinHash(rounds=1))
    config.apply_context()
    await backend.start(stack)
    secure = type(config).from_args(_arguments(root, tls=True))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(root / "good.pem", root / "key.pem")
    return Pymap(
        root,
        port=await _listen(stack, backend, config, None),
        starttls_port=await _listen(stack, backend, secure, None),
        tls_port=await _listen(stack, backend, config, context),
        loop=asyncio.get_running_loop(),
        backend=backend,
        config=config,
    )


async def _listen(stack: AsyncExitStack, backend: Any, config: Any, context: ssl.SSLContext | None) -> int:
    from proxyprotocol.reader import ProxyProtocolReader
    from pymap.imap import IMAPServer

    answer = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(backend.login, config))
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    await stack.enter_async_context(server)
    return int(server.sockets[0].getsockname()[1])


def _arguments(root: Path, *, tls: bool) -> Namespace:
    return Namespace(
        host="127.0.0.1", port="0", cert=str(root / "good.pem"), key=str(root / "key.pem"), tls=tls, debug=False,
        inherited_sockets=None, proxy_protocol=None, passlib_cfg=None, demo_data=False, demo_user="demo",
        demo_password=PASSWORD,
    )  # fmt: skip
