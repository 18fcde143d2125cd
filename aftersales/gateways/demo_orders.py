"""The demo's order service: about forty order lines in every age that a deadline distinguishes.

Deterministic: the same `now` gives the same orders, and order numbers never depend on it, so that a line keeps its
id when the demo is started again. It ships with the product and keeps the contract of `Orders`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from aftersales.core.order import OrderLine, PaymentPart, Promise
from aftersales.gateways.logistics import Journey


@dataclass(frozen=True)
class Party:
    id: str
    name: str


MERCHANTS = (
    Party("m_yunshang", "云裳服饰旗舰店"),
    Party("m_shuma", "数智家电专营店"),
    Party("m_xianguo", "鲜果良品生活超市"),
)
CONSUMERS = tuple(
    Party(f"u_{1001 + i}", name)
    for i, name in enumerate(("林小满", "赵大勇", "陈阿姨", "周可可", "王师傅", "刘思雨", "孙浩然", "吴奶奶"))
)


@dataclass(frozen=True)
class Goods:
    sku: str
    merchant: int
    title: str
    category: str
    spec: dict[str, str]
    price_fen: int
    exclusion: str | None = None
    warranty_months: int | None = None
    gifts: tuple[str, ...] = ()


GOODS = (
    Goods("yf01", 0, "轻薄羽绒服女短款立领", "服装", {"颜色": "雾霾蓝", "尺码": "M"}, 39900),
    Goods("yf02", 0, "纯棉圆领短袖T恤男", "服装", {"颜色": "白色", "尺码": "XL"}, 7900),
    Goods("yf03", 0, "高腰直筒牛仔裤女", "服装", {"颜色": "浅蓝", "尺码": "27"}, 15900),
    Goods("xz01", 0, "缓震透气跑步鞋", "鞋靴", {"颜色": "黑白", "尺码": "42"}, 32900),
    Goods("xz02", 0, "真皮软底乐福鞋女", "鞋靴", {"颜色": "焦糖棕", "尺码": "37"}, 26900),
    Goods("dz01", 0, "姓名刺绣定制帆布包", "定制商品", {"刺绣": "小满"}, 12900, "定作商品"),
    Goods(
        "sj01",
        1,
        "5G智能手机 12GB+256GB",
        "手机",
        {"颜色": "曜石黑", "版本": "256GB"},
        319900,
        None,
        12,
        ("透明保护壳",),
    ),
    Goods("sj02", 1, "主动降噪蓝牙耳机", "数码配件", {"颜色": "米白"}, 49900, None, 12),
    Goods("jd01", 1, "滚筒洗衣机10公斤变频", "大家电", {"颜色": "银灰"}, 239900, None, 12),
    Goods("jd02", 1, "空气炸锅5.5升可视窗", "小家电", {"颜色": "云母白"}, 29900, None, 12, ("烘焙纸一盒",)),
    Goods("jd03", 1, "变频空调1.5匹新一级能效", "大家电", {"匹数": "1.5匹"}, 269900, None, 72),
    Goods("jd04", 1, "电热水壶1.7升304不锈钢", "小家电", {"颜色": "复古绿"}, 9900, None, 12),
    Goods("sx01", 2, "丹东红颜草莓3斤装", "生鲜", {"规格": "3斤"}, 8900, "鲜活易腐商品"),
    Goods("sx02", 2, "赣南脐橙5斤果径75mm", "生鲜", {"规格": "5斤"}, 3990, "鲜活易腐商品"),
    Goods("sx03", 2, "冷鲜三文鱼刺身500克", "生鲜", {"规格": "500克"}, 12800, "鲜活易腐商品"),
    Goods("mz01", 2, "氨基酸洁面乳120克", "美妆个护", {"规格": "120克"}, 6900),
    Goods(
        "mz02", 2, "保湿修护面霜50毫升", "美妆个护", {"规格": "50毫升"}, 16800, None, None, ("小样5毫升×2",)
    ),
    Goods("ts01", 2, "《中国建筑史》精装图文版", "图书", {"版本": "精装"}, 9800),
    Goods("ts02", 2, "少儿科普绘本全10册", "图书", {"套装": "全10册"}, 12800),
    Goods("jj01", 1, "人体工学电脑椅", "家具", {"颜色": "灰色"}, 89900, None, 36),
)

# (consumer, goods, days since receipt; None: on its way, -1: not shipped yet)
_PLAN: tuple[tuple[int, int, float | None], ...] = (
    (0, 0, 2), (0, 3, 6.2), (0, 9, 20), (0, 17, None), (0, 5, 3),
    (1, 6, 1), (1, 1, 7.4), (1, 11, 14), (1, 8, 150), (1, 13, 0.4),
    (2, 12, 0.5), (2, 10, 3), (2, 15, 8.3), (2, 19, 5), (2, 2, -1),
    (3, 4, 4), (3, 16, 1), (3, 7, 13), (3, 0, None), (3, 5, 5),
    (4, 8, 6), (4, 6, 400), (4, 11, 2), (4, 14, 0.3), (4, 1, -1),
    (5, 2, 3), (5, 3, 12), (5, 15, 0.6), (5, 12, None), (5, 9, 8),
    (6, 7, 7), (6, 10, 390), (6, 17, 2), (6, 4, 25), (6, 19, None),
    (7, 13, 1), (7, 1, 60), (7, 18, 5), (7, 2, 60), (7, 6, 2),
)  # fmt: skip
_RETURNS_TO = {  # where each merchant takes returns
    "m_yunshang": "浙江省杭州市余杭区良渚街道莫干山路2600号云裳仓，售后组，0571-8800 1001",
    "m_shuma": "广东省深圳市宝安区福永街道凤塘大道88号数智仓，售后组，0755-8800 1002",
    "m_xianguo": "山东省烟台市福山区永达街道汇福街36号鲜果仓，售后组，0535-880 1003",
}
_NO_CONSENT = {19}  # made to order, but nobody asked at purchase: 七天无理由 stands (L09)
_SECOND_LINE_OF = {36: 38}  # bought together with another article …
_QUANTITY = {36: 3}  # … three pieces of it
_PROMISES = {  # what the pages of these goods promised at purchase
    "yf01": (Promise("freight_insurance", "退货运费险"),),
    "xz01": (Promise("freight_insurance", "退货运费险"), Promise("no_reason_days", "15天无理由退货", 15)),
    "sj01": (Promise("fake_pay", "假一赔十", 10), Promise("price_protection_days", "30天价保", 30)),
    "jd01": (Promise("free_return", "上门取退，运费商家承担"),),
    "jd02": (Promise("warranty_months", "注册后整机保修两年", 24),),
    "sx01": (Promise("spoiled_pays", "坏果包赔"),),
    "mz02": (Promise("fake_pay", "假一赔十", 10),),
}
_CARRIERS = (("顺丰速运", "SF"), ("中通快递", "ZT"), ("圆通速递", "YT"), ("京东物流", "JD"))


class DemoOrders:
    """Orders as the demo's shop has them, seen from `now`."""

    def __init__(self, now: datetime) -> None:
        self._lines = [_line(i, *entry, now) for i, entry in enumerate(_PLAN)]

    async def lines_of(self, consumer_id: str, order_nos: Sequence[str] | None = None) -> list[OrderLine]:
        mine = [line for line in self._lines if line.consumer_id == consumer_id]
        if order_nos is not None:
            mine = [line for line in mine if line.order_no in order_nos]
        return sorted(mine, key=lambda line: line.ordered_at, reverse=True)

    async def line(self, line_id: str) -> OrderLine | None:
        return next((line for line in self._lines if line.line_id == line_id), None)

    async def count_paid(self, merchant_id: str, since: datetime, until: datetime) -> int:
        return len(
            {
                line.order_no
                for line in self._lines
                if line.merchant_id == merchant_id and since <= line.ordered_at < until
            }
        )

    async def close(self) -> None:
        pass

    def journeys(self) -> dict[str, Journey]:
        """The parcels of these orders, for the demo's logistics."""
        return {
            line.waybill_no: Journey(line.shipped_at, line.signed_at)
            for line in self._lines
            if line.waybill_no and line.shipped_at
        }


def goods() -> tuple[Goods, ...]:
    """What the demo's shop sells."""
    return GOODS


def _line(place: int, consumer: int, goods_no: int, age: float | None, now: datetime) -> OrderLine:
    thing = GOODS[goods_no]
    merchant = MERCHANTS[thing.merchant]
    signed = now - timedelta(days=age) if age is not None and age >= 0 else None
    shipped = signed - timedelta(days=2) if signed else now - timedelta(days=1.5) if age is None else None
    ordered = shipped - timedelta(hours=20) if shipped else now - timedelta(hours=9)
    status = (
        "paid"
        if shipped is None
        else "shipped"
        if signed is None
        else "finished"
        if (age or 0) > 15
        else "signed"
    )
    order = _SECOND_LINE_OF.get(place, place)
    carrier, prefix = _CARRIERS[order % len(_CARRIERS)]
    quantity = _QUANTITY.get(place, 1)
    listed = thing.price_fen * quantity
    paid = listed - (listed // 10 if order % 3 == 0 else 0)
    parts: tuple[PaymentPart, ...] = (PaymentPart("微信支付", paid),)
    if order % 5 == 1:
        parts = (PaymentPart("支付宝", paid - 500), PaymentPart("平台优惠券", 500))
    return OrderLine(
        order_no=_order_no(order),
        line_no=2 if place in _SECOND_LINE_OF else 1,
        consumer_id=CONSUMERS[consumer].id,
        merchant_id=merchant.id,
        merchant_name=merchant.name,
        sku=thing.sku,
        title=thing.title,
        category=thing.category,
        spec=thing.spec,
        quantity=quantity,
        paid_fen=paid,
        list_fen=listed,
        payment=parts,
        image_url=f"/demo/goods/{thing.sku}.svg",
        status=status,
        ordered_at=ordered,
        shipped_at=shipped,
        signed_at=signed,
        carrier=carrier if shipped else None,
        waybill_no=f"{prefix}{7300000000 + order * 10007}" if shipped else None,
        no_reason=thing.exclusion is None,
        no_reason_exclusion=thing.exclusion,
        consent_at=ordered if thing.exclusion and place not in _NO_CONSENT else None,
        gifts=thing.gifts,
        warranty_months=thing.warranty_months,
        promises=_PROMISES.get(thing.sku, ()),
        return_to=_RETURNS_TO[merchant.id],
        receiver_masked=f"{CONSUMERS[consumer].name[0]}** 138****{1000 + order:04d}",
    )


def _order_no(place: int) -> str:
    """Eighteen digits as large platforms give them; 33 at the beginning is no card, identity or bar code."""
    digits = int(hashlib.sha256(f"demo order {place}".encode()).hexdigest()[:14], 16) % 10**16
    return f"33{digits:016d}"
