"""A workbench over a small project of its own, and turns of the bot as the brain tells them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from curation.capturing import on_answered
from curation.folder import DataFolder
from curation.gathering import gather
from curation.store import turns as candidates
from curation.workbench import Workbench
from handoff.core.turns import TurnAnswered
from kernel.db import Database, Row
from kernel.principal import PLATFORM, Principal
from tests.curation.kit import live, registry, releasing, training, workshop
from tests.handoff.conftest import open_one, scripted, stream, turns

__all__ = ["live", "registry", "releasing", "scripted", "stream", "training", "turns", "workshop"]

NOW = datetime(2026, 11, 24, 4, 0, tzinfo=UTC)

QUALITY = """\
# faults
version: "3.1"
nlu:
- intent: quality
  metadata: {sub_type: quality_damaged}   # broken
  examples: |
    - 杯子裂了一道缝
    - 碗到手就碎了
# what wears off
- intent: quality
  metadata: {sub_type: quality_defect}
  examples: |
    - 毛衣起球起得厉害
"""
SIZE = """\
version: "3.1"
nlu:
- intent: size
  metadata: {sub_type: size_unfit}
  examples: |
    - 鞋子挤脚
- intent: thanks
  examples: |
    - 谢谢啦
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project's folder with two files of training data."""
    folder = tmp_path / "project"
    (folder / "data" / "nlu").mkdir(parents=True)
    (folder / "data" / "nlu" / "quality.yml").write_text(QUALITY, encoding="utf8")
    (folder / "data" / "nlu" / "size.yml").write_text(SIZE, encoding="utf8")
    return folder


@pytest.fixture
def folder(tmp_path: Path, project: Path) -> DataFolder:
    return DataFolder(tmp_path / "trainers", project)


@pytest.fixture
def bench(folder: DataFolder) -> Workbench:
    return Workbench(folder)


def person(name: str, role: str = "trainer", party: str = PLATFORM) -> Principal:
    return Principal("agent", agent_id=f"a_{name}", name=name, role=role, party=party)


QIAN, SUN, LEAD = person("钱老师"), person("孙老师"), person("郑主管", "supervisor")


def said(
    conversation: Row,
    text: str,
    *,
    seq: int = 2,
    intent: str = "quality",
    confidence: float = 0.4,
    decision: str = "ask",
    candidates: Sequence[str] = (),
    entities: Sequence[dict[str, Any]] = (),
    at: datetime = NOW,
) -> TurnAnswered:
    """A turn that the bot has just answered."""
    result = {
        "intent": {"name": intent if decision == "act" else "nlu_fallback", "confidence": confidence},
        "issue_type": intent,
        "sub_type": None,
        "decision": decision,
        "candidates": list(candidates),
        "ranking": [[intent, confidence], ["size", (1 - confidence) / 2]],
        "entities": list(entities),
        "replies": [{"name": "utter_ask_issue", "text": "是哪方面的问题？"}],
        "model": "0" * 64,
    }
    return TurnAnswered(
        conversation, f"{conversation['id']}:1:{seq}-{seq}", seq, seq, text, False, result, False, at
    )


async def capture(db: Database, *events: TurnAnswered) -> None:
    async with db.write() as tx:
        for event in events:
            await on_answered(tx, event)


async def one_item(db: Database, bench: Workbench, text: str, **given: Any) -> str:
    """The inbox's item for a sentence that a consumer wrote in a conversation of his own."""
    conversation = await open_one(db, None)
    await capture(db, said(conversation, text, **given))
    await gather(db, bench, NOW + timedelta(seconds=1))
    async with db.read() as tx:
        row = await tx.one(
            select(candidates.c.item_id).where(candidates.c.conversation_id == conversation["id"])
        )
    assert row is not None
    return str(row["item_id"])
