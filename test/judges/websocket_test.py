"""A real WebSocket client and server with the gateway between them: directly, through nginx, over TLS."""

import asyncio
import contextlib
import json
import ssl

import pytest
import websockets
from conftest import FOLDER
from gateway import Gateway, free_port
from nginx import Nginx


async def talk(socket):
    """Sends back what comes; "close" ends with a code of its own."""
    await socket.send(json.dumps({"path": socket.path, "key": socket.request_headers.get("authorization")}))
    async for message in socket:
        if message == "close":
            await socket.close(4001, "as asked")
        else:
            await socket.send(message)


async def answer_plainly(path, headers):
    if path == "/v1/models":
        page = json.dumps({"object": "list", "data": [{"id": "realtime", "object": "model"}]})
        return 200, [("content-type", "application/json")], page.encode()
    if "upgrade" not in headers:
        return 404, [], b"no such page"
    return None


@contextlib.asynccontextmanager
async def realtime(flags=()):
    """A gateway before a WebSocket server."""
    port = free_port()
    async with websockets.serve(talk, "127.0.0.1", port, process_request=answer_plainly, max_size=2**22):
        running = Gateway([f"http://127.0.0.1:{port}"], FOLDER / "realtime", flags)
        await asyncio.to_thread(running.__enter__)
        try:
            yield running
        finally:
            await asyncio.to_thread(running.__exit__, None, None, None)


async def converse(url: str, **options) -> None:
    async with websockets.connect(url, max_size=2**22, open_timeout=10, **options) as socket:
        hello = json.loads(await asyncio.wait_for(socket.recv(), 10))
        assert hello["path"].endswith("/v1/realtime?model=realtime")
        for message in ("hello", "", "ü" * 1000, b"\x00\xff" * 500_000):
            await socket.send(message)
            assert await asyncio.wait_for(socket.recv(), 10) == message
        await asyncio.wait_for(await socket.ping(), 10)
        await socket.send("close")
        with pytest.raises(websockets.ConnectionClosedError) as closed:
            await asyncio.wait_for(socket.recv(), 10)
        assert closed.value.rcvd.code == 4001


def ended_in_order(gateway) -> None:
    assert gateway.in_flight() == 0
    _, page = gateway.ask("/metrics")
    assert "fairway_tunnels_open 0" in page


def test_directly():
    async def run():
        async with realtime() as gateway:
            await converse(f"ws://127.0.0.1:{gateway.port}/v1/realtime?model=realtime")
            many = [converse(f"ws://127.0.0.1:{gateway.port}/v1/realtime?model=realtime") for _ in range(20)]
            await asyncio.gather(*many)
            await asyncio.to_thread(ended_in_order, gateway)

    asyncio.run(run())


def test_over_tls(certificate):
    async def run():
        trust = ssl.create_default_context(cafile=certificate[0])
        async with realtime(["--tls-cert", certificate[0], "--tls-key", certificate[1]]) as gateway:
            await converse(f"wss://localhost:{gateway.port}/v1/realtime?model=realtime", ssl=trust)
            await asyncio.to_thread(ended_in_order, gateway)

    asyncio.run(run())


def test_through_nginx():
    async def run():
        async with realtime() as gateway:
            with Nginx(FOLDER / "realtime-nginx", gateway.port) as nginx:
                await converse(f"ws://127.0.0.1:{nginx.port}/v1/realtime?model=realtime")

    asyncio.run(run())


def test_an_unknown_model_is_no_upgrade():
    async def run():
        async with realtime() as gateway:
            with pytest.raises(websockets.InvalidStatusCode) as refused:
                await websockets.connect(f"ws://127.0.0.1:{gateway.port}/v1/realtime?model=other")
            assert refused.value.status_code == 404

    asyncio.run(run())
