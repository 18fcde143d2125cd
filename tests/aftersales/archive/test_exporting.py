"""Exports are readable by programs and by people, complete, and flat in memory."""

import base64
import json

import pytest
from sqlalchemy import select

from aftersales import execution, refunding, statements
from aftersales.archive.exporting import export, page
from aftersales.archive.keeping import archive_ticket
from aftersales.archive.ports import ArchivePorts
from aftersales.archive.reading import Search, dossier
from aftersales.archive.store import access
from aftersales.gateways.payments import DemoPayments
from aftersales.ledger import refunds
from bench.archive_export import export_peak, fill
from kernel.db import Database
from kernel.errors import DomainError
from tests.aftersales.archive.conftest import DONE, MERCHANT, PICTURE, PLATFORM, RIVAL, Pictures, archived
from tests.aftersales.conftest import ACTORS, LATER, RULING, at_status, move


async def text_of(db: Database, ports: ArchivePorts, form: str, who: object = PLATFORM) -> str:
    pieces = export(db, ports.files, who, Search(), form, "监管抽查", DONE)  # type: ignore[arg-type]
    return "".join([piece async for piece in pieces])


async def test_json_gives_a_whole_dossier_a_line(
    db: Database, ports: ArchivePorts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aftersales.archive.exporting.BATCH", 2)
    made = {await archived(db, ports, f"k{number}") for number in range(5)}
    lines = [json.loads(line) for line in (await text_of(db, ports, "json")).splitlines()]
    assert len(lines) == 5 and {line["ticket_id"] for line in lines} == made
    assert all(part["intact"] for line in lines for part in line["sections"].values())


async def test_a_merchant_exports_its_own_only(db: Database, ports: ArchivePorts) -> None:
    await archived(db, ports)
    assert len((await text_of(db, ports, "json", MERCHANT)).splitlines()) == 1
    assert await text_of(db, ports, "json", RIVAL) == ""


async def test_the_page_shows_the_case_with_its_pictures_and_needs_nothing_else(
    db: Database, ports: ArchivePorts
) -> None:
    ticket_id = await archived(db, ports)
    shown = await text_of(db, ports, "html")
    assert f"data:image/png;base64,{base64.b64encode(PICTURE).decode()}" in shown
    for words in (
        ticket_id,
        "陶瓷马克杯",
        "199.00 元",
        "破损近照",
        "杯子碎了",
        "RF20261124000001",
        "消费者权益保护法",
    ):
        assert words in shown
    assert "http://" not in shown and "https://" not in shown and "<script" not in shown


async def test_a_dispute_is_readable_from_the_statements_to_the_receipt(
    db: Database, ports: ArchivePorts, pictures: Pictures
) -> None:
    ticket = await at_status(db, "evidence_period")
    photo = {"file_id": "f_3", "kind": "image", "sha256": "c" * 64}
    pictures.content["f_3"] = PICTURE + b"3"
    await statements.add(db, ticket["id"], ACTORS["merchant"], "出库时完好", [photo], LATER)
    await move(db, ticket["id"], "close_evidence", "arbiter")
    ruling = RULING | {"remedy": "refund_only", "reason": "照片与描述一致"}
    await move(db, ticket["id"], "adjudicate", "arbiter", **ruling)
    async with db.read() as tx:
        key = await tx.scalar(select(refunds.c.key))
    db.handlers |= execution.HANDLERS
    await refunding.pay(db, DemoPayments(), key, LATER)
    await archive_ticket(db, ports, ticket["id"], DONE)
    shown = await page(await dossier(db, PLATFORM, ticket["id"], "", DONE), ports.files, DONE)
    for words in (
        "商品破损", "出库时完好", base64.b64encode(PICTURE + b"3").decode(), "判定：支持", "责任方 商家", "照片与描述一致",
        "签字 沈岚", "《消费者权益保护法》第24条", "退款 199.00 元", "流水号", "执行中", "退款中", "七天无理由：适用",
    ):  # fmt: skip
        assert words in shown, words
    for code in ("refund_only", "evidence_period", "quality_damaged", "adjudicate"):
        assert code not in shown, code


async def test_what_people_wrote_is_never_markup(db: Database, ports: ArchivePorts) -> None:
    shown = await page(await dossier(db, PLATFORM, await archived(db, ports), "", DONE), ports.files, DONE)
    assert "&lt;b&gt;太糟了&lt;/b&gt;" in shown and "<b>太糟了" not in shown


async def test_a_picture_that_was_exchanged_or_lost_is_said_to_be(
    db: Database, ports: ArchivePorts, pictures: Pictures
) -> None:
    ticket_id = await archived(db, ports)
    pictures.content["f_1"] = b"another picture"
    del pictures.content["f_2"]
    shown = await page(await dossier(db, PLATFORM, ticket_id, "", DONE), ports.files, DONE)
    assert "文件与归档时不一致" in shown and "图片已不在" in shown


@pytest.mark.parametrize(
    ("form", "reason", "code"), [("json", " ", "missing_reason"), ("pdf", "x", "bad_format")]
)
async def test_an_export_needs_a_reason_and_a_known_form(
    db: Database, ports: ArchivePorts, form: str, reason: str, code: str
) -> None:
    with pytest.raises(DomainError) as refused:
        await anext(export(db, ports.files, PLATFORM, Search(), form, reason, DONE))
    assert refused.value.code == code


async def test_an_export_is_logged_before_its_first_piece(db: Database, ports: ArchivePorts) -> None:
    await archived(db, ports)
    pieces = export(db, ports.files, PLATFORM, Search(issue_type="quality"), "json", "监管抽查", DONE)
    await anext(pieces)
    async with db.read() as tx:
        row = await tx.one(select(access).where(access.c.act == "export"))
    assert row is not None and row["reason"] == "监管抽查"
    assert row["data"] == {"wanted": {"issue_type": "quality"}, "format": "json"}
    await pieces.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_memory_does_not_grow_with_the_number_of_dossiers(db: Database, ports: ArchivePorts) -> None:
    await archived(db, ports)
    await fill(db, 100)
    await export_peak(db)  # the first one also pays for what is kept for good
    few = await export_peak(db)
    await fill(db, 1500)
    many = await export_peak(db)
    assert (few.dossiers, many.dossiers) == (100, 1500)
    assert many.peak_bytes < few.peak_bytes * 1.3
