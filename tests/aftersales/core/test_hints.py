"""What a machine noticed is said in a sentence, once, and only where it means something."""

from datetime import UTC, datetime
from typing import Any

import pytest

from aftersales.core.hints import hints

SIGNED = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
LINE = {"waybill_no": "SF7300000001"}
FINE: dict[str, Any] = {"sharpness": 400.0, "light": 120.0, "taken_at": "2026-11-21T10:00:00", "codes": []}
PHOTO = [{"file_id": "f_1"}]


def said(item: str = "damage_photo", elsewhere: dict[str, list[str]] | None = None, **seen: Any) -> list[str]:
    return hints(item, PHOTO, {"f_1": FINE | seen}, LINE, SIGNED, elsewhere or {})


def test_a_good_photo_gives_no_hint() -> None:
    assert said() == []
    assert said(taken_at=None) == []
    assert hints("damage_photo", PHOTO, {}, LINE, SIGNED, {}) == []


@pytest.mark.parametrize(
    ("seen", "part"),
    [
        ({"sharpness": 12.0}, "模糊"),
        ({"light": 10.0}, "太暗"),
        ({"light": 250.0}, "太亮"),
        ({"taken_at": "2026-11-18T10:00:00"}, "早于签收"),
    ],
)
def test_each_doubt_is_one_sentence(seen: dict[str, Any], part: str) -> None:
    (hint,) = said(**seen)
    assert part in hint


def test_a_camera_that_is_a_few_hours_slow_is_no_hint() -> None:
    assert said(taken_at="2026-11-20T06:00:00") == []


def test_another_tickets_picture_is_named() -> None:
    assert said(elsewhere={"f_1": ["AX20261101000001"]}) == ["同一张照片也出现在工单 AX20261101000001"]


def test_a_labels_bar_code_is_held_against_the_waybill_and_only_a_labels() -> None:
    assert said("label_photo", codes=["SF7300000001"]) == ["面单条码与订单运单号一致"]
    assert said("label_photo", codes=["YT1"]) == ["面单条码与订单运单号不一致，请核对"]
    assert said("damage_photo", codes=["YT1"]) == []
    assert said("label_photo", codes=[]) == []


def test_the_same_doubt_about_two_photos_is_said_once() -> None:
    two = [{"file_id": "f_1"}, {"file_id": "f_2"}]
    blurred = FINE | {"sharpness": 1.0}
    assert len(hints("x", two, {"f_1": blurred, "f_2": blurred}, LINE, None, {})) == 1
