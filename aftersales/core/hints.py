"""What a machine noticed about the evidence, said to people who decide; it never decides anything (domain-rules §3)."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from kernel.times import SHANGHAI

BLURRED, DARK, BRIGHT = 30.0, 25.0, 240.0
LABELS = frozenset({"label_photo"})  # items that show a shipping label
SLACK = timedelta(hours=12)  # cameras' clocks are not set exactly


def hints(
    item_id: str,
    files: Sequence[Mapping[str, Any]],
    seen: Mapping[str, Mapping[str, Any]],
    line: Mapping[str, Any] | None,
    signed_at: datetime | None,
    elsewhere: Mapping[str, Sequence[str]],
) -> list[str]:
    """Sentences about one evidence item. `seen` is what is known of each file, `elsewhere` its other tickets."""
    found: list[str] = []
    for file in files:
        known = seen.get(file["file_id"])
        if known is None:
            continue
        if known["sharpness"] < BLURRED:
            found.append("照片可能模糊，请放大核对")
        if known["light"] < DARK or known["light"] > BRIGHT:
            found.append("照片可能太暗" if known["light"] < DARK else "照片可能太亮")
        if signed_at and known.get("taken_at"):
            taken = datetime.fromisoformat(known["taken_at"]).replace(tzinfo=SHANGHAI)
            if taken + SLACK < signed_at:
                found.append(f"照片记录的拍摄时间（{taken:%m月%d日 %H:%M}）早于签收")
        if others := elsewhere.get(file["file_id"]):
            found.append(f"同一张照片也出现在工单 {'、'.join(others)}")
        if item_id in LABELS and line and line.get("waybill_no") and known["codes"]:
            same = line["waybill_no"] in known["codes"]
            found.append("面单条码与订单运单号一致" if same else "面单条码与订单运单号不一致，请核对")
    return list(dict.fromkeys(found))
