"""What `anxin bench desk` found, as tables."""

import statistics
from collections import Counter
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.desk_clients import Post
from bench.turn import p99


def show(console: Console, found: dict[str, Any], title: str) -> bool:
    """Prints the tables; True when nothing was lost or doubled."""
    post: Post = found["post"]
    table = Table(
        "", "messages", "p50", "p99", "p50 / bare p50", "p99 / bare p99", title=f"{title}: delivery, ms"
    )
    idle = found["bare"]["idle"]
    table.add_row("bare socket + Redis, idle", f"{len(idle):,}", *_figures(idle), "", "")
    for phase in ("before", "after"):
        plain = found["bare"][phase]
        table.add_row(f"bare, {phase} the kill, same load", f"{len(plain):,}", *_figures(plain), "", "")
        for to, name in (("agent", "consumer to agent"), ("consumer", "agent to consumer")):
            times = [
                (one.seen - one.at) * 1000
                for one in post.sent.values()
                if one.to == to and one.phase == phase and one.seen
            ]
            ratios = (
                f"{statistics.median(times) / statistics.median(plain):.1f}x",
                f"{p99(times) / p99(plain):.1f}x",
            )
            table.add_row(f"{name}, {phase}", f"{len(times):,}", *_figures(times), *ratios)
    console.print(table)
    kept: Counter[str] = found["kept"]
    lost = [one for one in post.sent if kept[one] == 0]
    doubled = [one for one in post.sent if kept[one] > 1]
    unseen = [one for one in post.sent.values() if not one.seen]
    twice = [key for key, count in post.shown.items() if count > 1]
    facts = Table("what", "figure", title="the whole run")
    facts.add_row("sent", f"{len(post.sent):,}")
    facts.add_row("sustained", f"{found['rate']:.0f} a second")
    facts.add_row(
        "caught up after the load, before / after", " / ".join(f"{one:.1f} s" for one in found["lags"])
    )
    facts.add_row(
        "processor time a message, service / this bench",
        " / ".join(f"{one:.1f} ms" for one in found["processor"]),
    )
    facts.add_row("memory of the service an idle socket", f"{found['kilobytes']:.0f} KB")
    facts.add_row("killed: answers again / everybody back", f"{found['ready']:.1f} s / {found['back']:.1f} s")
    facts.add_row("lost (not in the record)", f"{len(lost):,}")
    facts.add_row("doubled (in the record)", f"{len(doubled):,}")
    facts.add_row("not seen by the other side", f"{len(unseen):,}")
    facts.add_row("shown twice to somebody", f"{len(twice):,}")
    console.print(facts)
    return not (lost or doubled or unseen or twice)


def _figures(times: list[float]) -> tuple[str, str]:
    return f"{statistics.median(times):.2f}", f"{p99(times):.2f}"
