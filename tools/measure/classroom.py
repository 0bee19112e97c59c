"""Measures classes that draw at the same time: predictions, and how long a drawing takes to the wall.

    python -m tools.measure.classroom [ROOMS [PUPILS [PAUSE [SECONDS]]]]     (default 1 40 2 30)

Each pupil predicts with a pause of PAUSE seconds on average and asks for what is new every 2 s; each wall asks once per
second and loads every new drawing, as the pages do. The clients share the machine's cores with the server.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backend.records.ids import new_key
from tools.bench.bodies import DRAWINGS
from tools.server import Server

PUPIL_INTERVAL, WALL_INTERVAL = 2.0, 1.0  # seconds, as in frontend/js/network/rooms.js


@dataclass
class Measured:
    predictions: list[float] = field(default_factory=list)  # seconds
    polls: list[float] = field(default_factory=list)
    answered: dict[str, float] = field(default_factory=dict)  # when each drawing was answered
    lags: list[float] = field(default_factory=list)  # from then until a wall has its picture
    failures: list[str] = field(default_factory=list)


class Client:
    """One connection that is kept, as a browser keeps it."""

    def __init__(self, port: int, token: str | None = None) -> None:
        self._port = port
        self._token = "" if token is None else f"Digitpad-Room-Token: {token}\r\n"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, body: str = "", headers: str = "") -> tuple[int, bytes]:
        self._streams = self._streams or await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"{self._token}Content-Length: {len(body)}\r\n{headers}\r\n{body}".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = head.partition("content-length: ")[2].partition("\r\n")[0]
        return int(head[9:12]), await reader.readexactly(int(length or 0))

    async def ask_json(self, method: str, path: str, body: str = "") -> Any:
        status, answer = await self.ask(method, path, body)
        return None if status == 204 else json.loads(answer)


async def draw(client: Client, code: str, pause: float, end: float, measured: Measured) -> None:
    bodies = itertools.cycle(random.sample(DRAWINGS["page"], len(DRAWINGS["page"])))
    await asyncio.sleep(random.uniform(0, pause))
    while time.monotonic() < end:
        headers = f"Digitpad-Room: {code}\r\nIdempotency-Key: {new_key()}\r\n"
        started = time.monotonic()
        status, answer = await client.ask("POST", "/predict", next(bodies), headers)
        now = time.monotonic()
        if status == 200:
            measured.predictions.append(now - started)
            measured.answered[json.loads(answer)["id"]] = now
        else:
            measured.failures.append(f"predict: {status}")
        await asyncio.sleep(max(0, random.uniform(0.5, 1.5) * pause - (now - started)))


async def follow(client: Client, code: str, end: float, measured: Measured) -> None:
    cursor = ""
    await asyncio.sleep(random.uniform(0, PUPIL_INTERVAL))
    while time.monotonic() < end:
        started = time.monotonic()
        mine = await client.ask_json("GET", f"/rooms/{code}/mine{cursor and f'?since={cursor}'}")
        measured.polls.append(time.monotonic() - started)
        cursor = mine["cursor"] if mine else cursor
        await asyncio.sleep(PUPIL_INTERVAL)


async def show(client: Client, code: str, end: float, measured: Measured) -> None:
    cursor, shown = "", set[str]()
    await asyncio.sleep(random.uniform(0, WALL_INTERVAL))
    while time.monotonic() < end:
        wall = await client.ask_json("GET", f"/rooms/{code}/wall{cursor and f'?since={cursor}'}")
        cursor = wall["cursor"] if wall else cursor
        new = [each["id"] for each in (wall or {"drawings": []})["drawings"] if each["id"] not in shown]
        for drawing in new:
            await client.ask("GET", f"/rooms/{code}/drawings/{drawing}/image.png")
            shown.add(drawing)
            # A wall may even show a drawing before its answer has arrived.
            measured.lags.append(max(0.0, time.monotonic() - measured.answered.get(drawing, time.monotonic())))
        await asyncio.sleep(WALL_INTERVAL)


async def lesson(port: int, rooms: int, pupils: int, pause: float, seconds: float) -> Measured:
    measured, tasks = Measured(), []
    visitor = Client(port)
    members: list[tuple[str, str, list[str]]] = []
    for _ in range(rooms):
        room = await visitor.ask_json("POST", "/rooms", "{}")
        path = f"/rooms/{room['code']}/pupils"
        tokens = [(await visitor.ask_json("POST", path, "{}"))["token"] for _ in range(pupils)]
        members.append((room["code"], room["token"], tokens))
    end = time.monotonic() + seconds
    for code, teacher, tokens in members:
        tasks.append(show(Client(port, teacher), code, end + 2 * WALL_INTERVAL, measured))
        for token in tokens:
            tasks.append(draw(Client(port, token), code, pause, end, measured))
            tasks.append(follow(Client(port, token), code, end, measured))
    await asyncio.gather(*tasks)
    return measured


def main() -> None:
    given = [*map(float, sys.argv[1:]), *(1, 40, 2, 30)[len(sys.argv) - 1 :]]
    rooms, pupils, pause, seconds = int(given[0]), int(given[1]), given[2], given[3]
    with tempfile.TemporaryDirectory() as folder, Server({"INSTANCE": folder, "ACCESS_LOG": "false"}) as server:
        measured = asyncio.run(lesson(server.port, rooms, pupils, pause, seconds))
    print(f"{rooms} rooms of {pupils} pupils, who predict every {pause:g} s, for {seconds:g} s")
    for name, times in (("predictions", measured.predictions), ("polls", measured.polls), ("wall", measured.lags)):
        p50, p95, p99 = np.percentile(np.array(times) * 1000, (50, 95, 99))
        print(f"{name}: {len(times):,}, p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms")
    missing = len(measured.answered) - len(measured.lags)
    print(f"failures: {len(measured.failures)} {sorted(set(measured.failures))}; drawings not on a wall: {missing}")


if __name__ == "__main__":
    main()
