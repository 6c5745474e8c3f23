"""The demo's mailboxes: an IMAP server inside the process, with sample mail and nothing to install."""

from __future__ import annotations

import asyncio
import threading
from argparse import Namespace
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager
from datetime import UTC, datetime

from errors import MailtriageError

START_SECONDS = 10.0


class SampleServerError(MailtriageError):
    """The sample mailbox cannot be started: says what is missing."""


@contextmanager
def sample_server(mails: Mapping[str, Iterable[bytes]], password: str) -> Iterator[int]:
    """Serves IMAP on a free loopback port while the context lasts; gives the port.

    ``mails`` maps a user name to the raw mails in its INBOX, in order; all users have the same ``password``.
    """
    try:
        import pymap  # noqa: F401
    except ImportError as error:
        raise SampleServerError("The sample mailbox needs pymap: pip install 'mailtriage[demo]'.") from error
    started: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        async with AsyncExitStack() as stack:
            try:
                port = await _start(stack, mails, password)
            except Exception as error:
                started.set_exception(error)
                return
            started.set_result((port, asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="sample-imap", daemon=True)
    thread.start()
    port, loop, stop = started.result(START_SECONDS)
    try:
        yield port
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(START_SECONDS)


async def _start(stack: AsyncExitStack, mails: Mapping[str, Iterable[bytes]], password: str) -> int:
    from proxyprotocol.reader import ProxyProtocolReader
    from pymap.backend.dict import DictBackend, Identity
    from pymap.imap import IMAPServer
    from pymap.parsing.message import AppendMessage
    from pymap.user import Passwords, UserMetadata

    args = Namespace(
        host="127.0.0.1", port="0", cert=None, key=None, tls=False, debug=False, inherited_sockets=None,
        proxy_protocol=None, passlib_cfg=None, demo_data=False, demo_user=next(iter(mails)), demo_password=password,
    )  # fmt: skip
    backend, config = await DictBackend.init(args, secure_auth=False)
    config.apply_context()
    await backend.start(stack)
    hashed = await Passwords(config).hash_password(password)
    for user, raws in mails.items():
        identity = Identity(user, backend.login, None, frozenset())
        if user != config.demo_user:
            await identity.set(UserMetadata(config, user, password=hashed))
        async with identity.new_session() as session:
            inbox = await session.mailbox_set.get_mailbox("INBOX")
            for raw in raws:
                await inbox.append(AppendMessage(raw, datetime.now(UTC), frozenset()))
    answer = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(backend.login, config))
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    await stack.enter_async_context(server)
    return int(server.sockets[0].getsockname()[1])
