"""How the demo's doubles misbehave: seeded, so that the same run fails in the same places."""

import asyncio
import hashlib
from dataclasses import dataclass


@dataclass(frozen=True)
class Trouble:
    """Shares between 0 and 1. `away`: calls that find the service down; `later`: things that are not done at the first
    asking; `refused`: things that fail until they are asked again; `seconds`: how long a call takes at most."""

    seed: int = 0
    away: float = 0.0
    later: float = 0.0
    refused: float = 0.0
    seconds: float = 0.0

    def draw(self, *what: object) -> float:
        """A number from 0 to 1 that depends on the seed and on what is asked, and on nothing else."""
        text = "\n".join(map(str, (self.seed, *what)))
        return int(hashlib.sha256(text.encode()).hexdigest()[:12], 16) / 16**12

    async def delay(self, *what: object) -> None:
        if self.seconds:
            await asyncio.sleep(self.seconds * self.draw("delay", *what))


CALM = Trouble()
