"""Run by the brain's interpreter: `python -m bench.parse_sides MODEL.tar.gz`, one sentence a line on stdin.

Loads the model as `rasa run` does and understands every sentence by itself on one core; prints the milliseconds of
each as JSON, with the seconds that loading took.
"""

import asyncio
import json
import logging
import os
import sys
import time


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from rasa.core.agent import load_agent
    from rasa.utils.common import configure_logging_and_warnings

    configure_logging_and_warnings(logging.ERROR)
    sentences = [line.rstrip("\n") for line in sys.stdin]

    async def run() -> None:
        began = time.perf_counter()
        agent = await load_agent(model_path=sys.argv[1])
        loaded = time.perf_counter() - began
        for sentence in sentences[:20]:  # warm-up, not counted
            await agent.parse_message(sentence)
        each = []
        for sentence in sentences:
            at = time.perf_counter()
            await agent.parse_message(sentence)
            each.append((time.perf_counter() - at) * 1000)
        print(json.dumps({"loaded": loaded, "each": each}))

    asyncio.run(run())


if __name__ == "__main__":
    main()
