"""Conversations as consumers have them, through the running product: predictions alone would prove too little."""

from typing import Any

import httpx
import pytest

from tests.journeys.conftest import Product, Talk, open_talk
from tests.journeys.test_complaint_to_closed import has_card, is_owner

pytestmark = pytest.mark.slow

LIN, ZHAO, ZHOU, WANG, LIU, SUN, WU = 0, 1, 3, 4, 5, 6, 7  # places of the demo's consumers


@pytest.fixture
def begin(product: Product, http: httpx.AsyncClient) -> Any:
    async def opened(place: int) -> Talk:
        return await open_talk(http, product.consumer(place))

    return opened


async def send_photos(talk: Talk, count: int, text: str = "") -> int:
    return await talk.say(text, files=tuple([await talk.send_photo(str(n)) for n in range(count)]))


def tickets_opened(talk: Talk, since: int = 0) -> list[dict[str, Any]]:
    found = {
        e["ticket"]["id"]: e["ticket"]
        for e in talk.seen
        if e["type"] == "ticket_changed" and e["seq"] > since
    }
    return list(found.values())


async def test_two_problems_of_one_article_are_one_request_and_two_tickets(begin: Any) -> None:
    talk = await begin(ZHAO)
    reply = await talk.ask("我买的热水壶少了个盖子，而且壶身还磕了一个坑")
    assert reply["card"]["type"] == "evidence_request" and len(reply["card"]["problems"]) == 2
    assert "两件事" in reply["text"] and "少发漏发" in reply["text"]
    open_items = [i for i in reply["card"]["items"] if i["required"] and not i["done"]]
    seq = await send_photos(talk, len(open_items))
    await talk.wait_for(lambda e: len(tickets_opened(talk, seq)) == 2)
    opened = tickets_opened(talk, seq)
    assert sorted(t["issue_type"] for t in opened) == ["quality", "wrong_item"]
    assert {t["order"]["title"] for t in opened} == {"电热水壶1.7升304不锈钢"}


async def test_two_articles_in_one_message_are_two_orders_and_a_change_of_mind_drops_both(begin: Any) -> None:
    talk = await begin(LIN)
    reply = await talk.ask("羽绒服拉链坏了，跑鞋也开胶了")
    titles = {one["order"]["title"] for one in reply["card"]["problems"]}
    assert titles == {"轻薄羽绒服女短款立领", "缓震透气跑步鞋"}
    assert "没有提交任何申请" in (await talk.ask("算了，我不申请了"))["text"]
    seq = await send_photos(talk, 2)
    assert (await talk.bot_reply(seq))["card"] is None and not tickets_opened(talk)


async def test_a_burst_of_short_messages_is_answered_as_one(begin: Any) -> None:
    talk = await begin(SUN)
    for text in ("在吗", "我的椅子", "扶手断了"):
        last = await talk.say(text)
    reply = await talk.bot_reply(last)
    assert "人体工学电脑椅" in reply["text"]
    await talk.listen(2)
    replies = [e for e in talk.seen if e["type"] == "message" and e["message"]["sender"] == "bot"]
    assert len(replies) == 2  # the greeting and one answer


async def test_a_threat_is_a_ticket_and_a_question_and_a_yes_keeps_the_reason(begin: Any) -> None:
    talk = await begin(WANG)
    reply = await talk.ask("再不处理我就打12315投诉你们")
    assert "现在帮您接人工，可以吗" in reply["text"]
    assert reply["card"]["ticket"]["issue_type"] == "service_complaint"
    seq = await talk.say("可以")
    queued = await talk.wait_for(is_owner("queued"), since=seq)
    assert queued["reason"] == "legal_or_media"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("充电的时候手机起火了", "personal_danger"),
        ("吃了你们的三文鱼上吐下泻", "food"),
        ("我都七十三岁了不会弄这个", "elder"),
        ("孩子才8岁自己拿我手机下的单", "minor"),
        ("我已经找你们三次了还没解决", "third_contact"),
        ("zhuan人工", "asked_for_person"),
    ],
)
async def test_what_must_reach_a_person_does_so_at_once_with_its_reason(
    begin: Any, text: str, reason: str
) -> None:
    talk = await begin(WANG)
    seq = await talk.say(text)
    queued = await talk.wait_for(is_owner("queued"), since=seq)
    assert queued["reason"] == reason


async def test_anger_is_soothed_once_and_what_is_wrong_is_handled(begin: Any) -> None:
    talk = await begin(ZHOU)
    seq = await talk.say("你们什么破店！！！乐福鞋才穿一天就开胶了，气死我了")
    request = await talk.wait_for(has_card("evidence_request"), since=seq)
    said = [
        e["message"]["text"] for e in talk.seen if e["type"] == "message" and seq < e["seq"] <= request["seq"]
    ]
    assert len(said) == 2 and "抱歉" in said[0]
    assert request["message"]["card"]["order"]["title"] == "真皮软底乐福鞋女"
    reply = await talk.ask("退货的运费是谁出！！！")
    assert "抱歉" not in reply["text"] and "运费由商家承担" in reply["text"]


async def test_a_question_in_between_is_answered_and_the_case_goes_on(begin: Any) -> None:
    talk = await begin(WANG)
    await talk.ask("洗衣机一直漏水")
    seq = await talk.say("退货的运费是谁出")
    waiting = await talk.wait_for(
        lambda e: e["type"] == "message" and "还差" in e["message"]["text"], since=seq
    )
    assert waiting["seq"] == seq + 2  # after the answer, without the whole list again
    seq = await send_photos(talk, 1)
    changed = await talk.wait_for(lambda e: e["type"] == "ticket_changed", since=seq)
    assert changed["ticket"]["sub_type"] == "quality_malfunction"


async def test_a_refused_order_is_not_offered_again(begin: Any) -> None:
    talk = await begin(SUN)
    await talk.ask("耳机坏了")
    reply = await talk.ask("不是这个订单")
    assert reply["card"]["type"] == "order_picker"
    assert "主动降噪蓝牙耳机" not in [order["title"] for order in reply["card"]["orders"]]


async def test_what_is_added_after_the_ticket_belongs_to_it(begin: Any) -> None:
    talk = await begin(LIU)
    await talk.ask("牛仔裤颜色和图片差太多了")
    seq = await talk.say("拍不了照片")
    ticket = (await talk.wait_for(lambda e: e["type"] == "ticket_changed", since=seq))["ticket"]
    await talk.wait_for(has_card("ticket"), since=seq)
    reply = await talk.ask("颜色和图片真的差很多")
    assert ticket["id"] in reply["text"] and "不用重新提交" in reply["text"]


async def test_photos_before_any_word_serve_the_problem_named_after(begin: Any) -> None:
    talk = await begin(WU)
    seq = await send_photos(talk, 2)
    await talk.bot_reply(seq)
    seq = await talk.say("绘本收到的时候封面是破的")
    changed = await talk.wait_for(lambda e: e["type"] == "ticket_changed", since=seq)
    assert changed["ticket"]["order"]["title"] == "少儿科普绘本全10册"


async def test_signed_for_but_not_here_becomes_a_ticket_after_one_question(begin: Any) -> None:
    talk = await begin(ZHOU)
    await talk.ask("快递显示签收了，我根本没拿到耳机")
    seq = await talk.say("没人代收")
    changed = await talk.wait_for(lambda e: e["type"] == "ticket_changed", since=seq)
    assert changed["ticket"]["sub_type"] == "not_received"


async def test_goods_that_were_never_bought_are_said_to_be_unknown(begin: Any) -> None:
    talk = await begin(WU)
    reply = await talk.ask("我的冰箱不制冷了")
    assert "没在您的订单里看到冰箱" in reply["text"]
