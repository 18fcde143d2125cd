"""A busy desk: an agent with forty conversations, others in the queue, made through the services as people would."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from aftersales import tickets
from handoff import desk, inbox, notes, ownership
from kernel.clock import utcnow
from kernel.db import Row
from kernel.principal import Principal
from service.wiring import Services
from tests.journeys.conftest import photo

NAMES = """小满 阿青 林小鹿 默默 周周 大橙子 陈先生 半夏 何小北 豆豆妈 清欢 老赵 夏至 一只猫 木木 柠檬不酸 南风 王女士 星河 栗子
夜航船 张晓 小雨 故里 阿布 胖虎 云朵 李姐 二两 晚晴 七七 青柠 时光 麦子 白露 可可 沈先生 落落 向阳 十一 知夏 阿曼 江江 团团 阿泽 米粒""".split()
COMPLAINTS = (
    ("鞋子收到就是破的，鞋面裂了一道口子", "quality", "quality_damaged", True),
    ("发错颜色了，我买的是白的给我发了黑的", "wrong_item", None, True),
    ("衣服洗了一次就掉色，能退吗", "quality", None, True),
    ("物流五天没动了，到底什么时候到", None, None, False),
    ("退款说三天到账，今天第四天了还没看到", None, None, False),
    ("尺码偏小一码，想换大一码，运费谁出", "size", None, True),
    ("少发了一只袜子", "wrong_item", None, False),
    ("不想要了，没拆封可以退吗", "no_reason", None, False),
    ("水杯漏水，把包里的东西都弄湿了", "quality", None, True),
    ("发票抬头写错了怎么改", None, None, False),
)
ANSWERS = (
    "您好，照片看到了，我先跟仓库核实发货记录。",
    "我来联系快递，明天18点前给您回复。",
    "好的，换大一码我来安排。",
)


async def fill(
    services: Services, agent: Principal, party_lines: list[Any], *, mine: int = 40, waiting: int = 6
) -> list[str]:
    """Opens `mine` conversations in the agent's hands and `waiting` in the queue; returns the ids of his own."""
    now = utcnow()
    made: list[str] = []
    for place in range(mine + waiting):
        words, issue, sub_type, with_photo = COMPLAINTS[place % len(COMPLAINTS)]
        opened = now - timedelta(minutes=95 - 2 * place)
        row = await inbox.open_conversation(
            services.db, None, consumer_id=f"busy_{place}", consumer_name=NAMES[place % len(NAMES)], order_nos=None, channel="app", now=opened
        )  # fmt: skip
        files: tuple[str, ...] = ()
        if with_photo:
            kept = await services.files.keep(
                services.db, row["id"], f"busy_{place}", "照片.jpg", photo(words[:4]), opened
            )
            files = (kept["file_id"],)
        await say(services, row["id"], words, opened + timedelta(seconds=20), files)
        if issue and place % 3 != 1:
            await _ticket(services, row, party_lines[place % len(party_lines)], issue, sub_type, opened)
        asked = (
            now - timedelta(seconds=40 + 55 * (place - mine))
            if place >= mine
            else opened + timedelta(minutes=1)
        )
        await ownership.request_human(
            services.db, row["id"], "asked_for_person" if place % 4 else "failed_turns", asked, priority=2 * (place % 11 == 10)
        )  # fmt: skip
        if place < mine:
            await ownership.accept(services.db, None, row["id"], agent, asked + timedelta(seconds=15))
            await _go_on(services, row["id"], agent, place, asked, now)
            made.append(row["id"])
    return made


async def say(
    services: Services, conversation: str, words: str, at: datetime, files: tuple[str, ...] = ()
) -> None:
    incoming = inbox.Incoming(client_msg_id=str(uuid.uuid4()), text=words, files=files)
    await inbox.receive(services.db, None, conversation, incoming, at)


async def _go_on(
    services: Services, conversation: str, agent: Principal, place: int, asked: datetime, now: datetime
) -> None:
    """Some are answered, some wait for an answer: a minute, or far too long."""
    row = await desk.find(services.db, conversation, agent)
    at = min(asked + timedelta(minutes=1 + place % 4), now - timedelta(minutes=8))
    if place % 5:
        await desk.reply(
            services.db, None, conversation, agent, client_msg_id=str(uuid.uuid4()), text=ANSWERS[place % len(ANSWERS)], file_ids=(), epoch=row["epoch"], now=at
        )  # fmt: skip
    if place % 7 == 0:
        await notes.write(
            services.db, None, conversation, agent, client_msg_id=str(uuid.uuid4()), text="上个月也来过一次，仓库说同一批货有问题", kind="note", to=None, now=at
        )  # fmt: skip
    if place % 4 == 0:
        for wait, words in (
            (70 * (place % 6), "在吗"),
            (60 * (place % 6) - 20, "大概什么时候能有结果呀？我明天要出门"),
        ):
            await say(services, conversation, words, now - timedelta(seconds=max(5, wait)))


async def _ticket(
    services: Services, row: Row, line: Any, issue: str, sub_type: str | None, at: datetime
) -> None:
    order = tickets.OpenTicket(
        key=str(uuid.uuid4()), conversation_id=row["id"], consumer_id=row["consumer_id"], consumer_name=row["consumer_name"], order_line=line, issue_type=issue, sub_type=sub_type, collected={}
    )  # fmt: skip
    await tickets.open_ticket(services.db, order, services.rulebook, at)
