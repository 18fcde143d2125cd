"""`anxin bench turn`: the same dialogue against stock Rasa and against ours, in one run; `bench.sides` says what differs."""

import asyncio
import json
import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from bench.sides import OurTalk, StockTalk, Talk, ours, stock
from service.settings import ROOT, Settings

PLAIN, ACTION = "谢谢你们，辛苦啦！", "我的工单处理到哪一步了，查一下"
BURST = ("在吗在吗", "我的鞋", "开胶了")
ROUNDS, PAIRS = 4, 12  # rounds of alternating sides, turns of each kind in a round
LONG, AROUND = 300, 5
CONSUMERS, EACH = 8, 12

Open = Callable[[], Awaitable[Talk]]


@dataclass
class Figures:
    """Milliseconds unless said otherwise."""

    plain: list[float] = field(default_factory=list)
    action: list[float] = field(default_factory=list)
    per_second: float = 0.0
    long: dict[int, float] = field(default_factory=dict)
    burst: list[float] = field(default_factory=list)


async def timed(talk: Talk, text: str) -> float:
    began = time.perf_counter()
    await talk.ask(text)
    return (time.perf_counter() - began) * 1000


async def play(figures: Figures, open_talk: Open) -> None:
    """One round of short conversations."""
    talk = await open_talk()
    for text in (PLAIN, ACTION):  # warm-up, not counted
        await talk.ask(text)
    for _ in range(PAIRS):
        figures.plain.append(await timed(talk, PLAIN))
        figures.action.append(await timed(talk, ACTION))
    await talk.close()


async def load(open_talk: Open) -> float:
    """Turns a second with CONSUMERS at once."""
    talks = [await open_talk() for _ in range(CONSUMERS)]

    async def one(talk: Talk) -> None:
        for i in range(EACH):
            await talk.ask(ACTION if i % 2 else PLAIN)

    began = time.perf_counter()
    await asyncio.gather(*(one(talk) for talk in talks))
    took = time.perf_counter() - began
    for talk in talks:
        await talk.close()
    return CONSUMERS * EACH / took


async def long_talk(open_talk: Open) -> dict[int, float]:
    """The median cost of the action turns around the 10th, 100th and 300th turn of one conversation."""
    talk = await open_talk()
    costs = [await timed(talk, ACTION if i % 2 else PLAIN) for i in range(LONG + AROUND + 1)]
    await talk.close()
    return {
        turn: statistics.median(costs[i] for i in range(turn - AROUND, turn + AROUND + 1) if i % 2)
        for turn in (10, 100, 300)
    }


async def burst_stock(url: str) -> list[float]:
    """When each of three quick messages of one consumer was answered."""
    async with httpx.AsyncClient(base_url=url, timeout=60) as http:
        talk = StockTalk(http)
        await talk.ask(PLAIN)
        began = time.perf_counter()

        async def one(text: str) -> float:
            await talk.ask(text)
            return (time.perf_counter() - began) * 1000

        return sorted(await asyncio.gather(*(one(ACTION) for _ in BURST)))


async def burst_ours(talk: OurTalk) -> tuple[list[float], int]:
    """The same with ours: the time of the one answer, and how many answers came."""
    await talk.ask(PLAIN)
    began = time.perf_counter()
    for text in BURST:
        await talk.say(text)
        await asyncio.sleep(0.1)
    await talk.next_reply()
    answered = (time.perf_counter() - began) * 1000
    more = 0
    try:
        async with asyncio.timeout(2):
            while True:
                await talk.next_reply()
                more += 1
    except TimeoutError:
        return [answered], 1 + more


async def measure(settings: Settings, console: Console) -> dict[str, Any]:
    theirs, mine = Figures(), Figures()
    console.print("starting stock Rasa (the first time it is trained, which takes minutes) and ours …")
    async with (
        stock(settings) as url,
        ours(settings) as (our_url, tokens),
        httpx.AsyncClient(base_url=url, timeout=60) as http,
    ):
        place = iter(range(10**6))

        async def open_stock() -> Talk:
            return StockTalk(http)

        async def open_ours() -> Talk:
            return await OurTalk.open(our_url, tokens[next(place) % len(tokens)])

        sides: list[tuple[Figures, Open]] = [(theirs, open_stock), (mine, open_ours)]
        for i in range(ROUNDS):
            console.print(f"round {i + 1} of {ROUNDS}")
            for figures, open_talk in sides if i % 2 else reversed(sides):
                await play(figures, open_talk)
        for figures, open_talk in sides:
            figures.per_second = await load(open_talk)
            console.print("a conversation of 300 turns …")
            figures.long = await long_talk(open_talk)
        theirs.burst = await burst_stock(url)
        talk = await OurTalk.open(our_url, tokens[0])
        mine.burst, answers = await burst_ours(talk)
        await talk.close()
    return {"stock": vars(theirs), "ours": vars(mine), "answers_to_a_burst": answers}


def show(found: dict[str, Any], console: Console) -> None:
    theirs, mine = found["stock"], found["ours"]
    table = Table("", "stock Rasa", "ours", "ratio", title="one turn, milliseconds")

    def row(name: str, one: float, other: float, ratio: float) -> None:
        table.add_row(name, f"{one:.1f}", f"{other:.1f}", f"{ratio:.1f}×")

    for kind in ("plain", "action"):
        for name, of in (("median", statistics.median), ("p99", p99)):
            one, other = of(theirs[kind]), of(mine[kind])
            row(f"{kind} turn, {name}", one, other, one / other)
    one, other = theirs["per_second"], mine["per_second"]
    row(f"turns a second, {CONSUMERS} consumers", one, other, other / one)
    for turn in (10, 100, 300):
        one, other = theirs["long"][turn], mine["long"][turn]
        row(f"turn {turn} of one conversation", one, other, one / other)
    console.print(table)
    growth = {side: found[side]["long"][300] / found[side]["long"][10] for side in ("stock", "ours")}
    console.print(f"300th turn over the 10th: stock {growth['stock']:.2f}, ours {growth['ours']:.2f}")
    burst = " / ".join(f"{ms:.0f}" for ms in theirs["burst"])
    console.print(f"three quick messages: stock answered after {burst} ms in three turns")
    # The fragments come over 0.2 s, and a fragment is waited on for 0.4 s of quiet on purpose.
    console.print(
        f"ours answered all of them after {mine['burst'][0]:.0f} ms in {found['answers_to_a_burst']} turn"
    )


def p99(values: list[float]) -> float:
    return sorted(values)[max(0, round(len(values) * 0.99) - 1)]


def main(settings: Settings, console: Console) -> None:
    """Runs everything once, prints the table, writes var/bench/turn.json."""
    found = asyncio.run(measure(settings, console))
    show(found, console)
    path = settings.var / "bench" / "turn.json"
    path.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf8")
    console.print(f"[dim]{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}[/]")
