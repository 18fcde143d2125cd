"""Files in and out in four formats: masked, checked, one change, and nothing that a sheet would run."""

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from curation import changing, exchanging, reading
from curation.core import exchange
from curation.workbench import Workbench
from kernel.db import Database
from kernel.errors import DomainError
from tests.curation.conftest import LEAD, NOW, QIAN, QUALITY, one_item

ROWS = "text,intent,sub_type\n锅盖提手掉了,quality,quality_damaged\n收货人：李小明的壶裂了,quality,quality_damaged\n"


async def bring(
    db: Database, bench: Workbench, text: str, into: str = "data", *, dry: bool = False, form: str = "csv"
):  # type: ignore[no-untyped-def]
    return await exchanging.bring_in(db, bench, LEAD, text.encode(), form, into, "整理旧记录", NOW, dry=dry)


async def test_an_import_is_one_change_masked_and_undone_as_one(db: Database, bench: Workbench) -> None:
    tried = await bring(db, bench, ROWS, dry=True)
    assert (tried.new, tried.masked, tried.change_id) == (2, 1, None)
    done = await bring(db, bench, ROWS)
    content = (bench.folder.nlu / "quality.yml").read_text(encoding="utf8")
    assert "    - 锅盖提手掉了\n    - 收货人：〔姓名〕的壶裂了\n" in content
    assert (await bring(db, bench, ROWS)).there == 2
    await changing.undo(db, bench, LEAD, done.change_id, "导错了", NOW)
    assert (bench.folder.nlu / "quality.yml").read_text(encoding="utf8") == QUALITY


async def test_what_cannot_enter_is_named_row_by_row(db: Database, bench: Workbench) -> None:
    report = await bring(
        db,
        bench,
        "text,intent\n鞋子挤脚,quality\n天冷了,weather\n没写意图,\n锅盖掉了,quality\n锅盖掉了,size\n",
    )
    assert (report.new, report.refused) == (1, 4)
    assert [one["code"] for one in report.problems] == [
        "stands_otherwise",
        "unknown_label",
        "unknown_label",
        "stands_otherwise",
    ]


async def test_sentences_without_labels_wait_in_the_inbox_once(db: Database, bench: Workbench) -> None:
    waiting = await one_item(db, bench, "水壶盖子会唱歌")
    text = '{"text": "水壶盖子会唱歌！"}\n{"text": "电饭锅煮饭夹生，电话13812345678", "intent": "quality"}\n{"text": "谢谢啦"}\n'
    report = await bring(db, bench, text, "inbox", form="jsonl")
    assert (report.new, report.there, report.masked) == (1, 2, 1)
    found, total = await reading.inbox(db, QIAN)
    assert total == 2 and {one["id"] for one in found} > {waiting}
    assert any(
        one["text"] == "电饭锅煮饭夹生，电话〔手机号〕" and one["predicted"] == "quality" for one in found
    )


@pytest.mark.parametrize("form", exchange.FORMATS)
async def test_what_was_exported_can_be_imported_again(db: Database, bench: Workbench, form: str) -> None:
    content = await exchanging.take_out(db, bench, QIAN, "data", form, NOW)
    rows = exchange.read(content, form)
    assert {(row.text, row.about) for row in rows} == {
        (line.text, line.about) for line in bench.folder.corpus().lines
    }
    report = await exchanging.bring_in(db, bench, LEAD, content, form, "data", "x", NOW, dry=True)
    assert (report.new, report.there) == (0, len(rows))


async def test_a_trainer_brings_into_the_inbox_only(db: Database, bench: Workbench) -> None:
    with pytest.raises(DomainError, match="forbidden"):
        await exchanging.bring_in(db, bench, QIAN, ROWS.encode(), "csv", "data", "x", NOW, dry=True)
    with pytest.raises(DomainError, match="reason_missing"):
        await exchanging.bring_in(db, bench, LEAD, ROWS.encode(), "csv", "data", " ", NOW, dry=False)


def test_no_cell_is_a_formula() -> None:
    rows = [{"text": '=HYPERLINK("http://x")', "intent": "quality"}, {"text": "-买大了", "intent": "size"}]
    assert b"'=HYPERLINK" in exchange.write(rows, "csv")
    sheet = load_workbook(io.BytesIO(exchange.write(rows, "xlsx"))).active
    assert (
        sheet is not None and sheet["A2"].value == '\'=HYPERLINK("http://x")' and sheet["A2"].data_type == "s"
    )
    assert [row.text for row in exchange.read(exchange.write(rows, "csv"), "csv")] == [
        row["text"] for row in rows
    ]


def test_excel_in_chinese_writes_gb18030_and_is_read() -> None:
    assert exchange.read("text,intent\n壶漏了,quality\n".encode("gb18030"), "csv")[0].text == "壶漏了"


@pytest.mark.parametrize("form", exchange.FORMATS)
@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe", b"{", b"PK\x03\x04rubbish", b"- x\n", b'["a"]'])
def test_a_broken_file_is_refused_with_a_reason(form: str, content: bytes) -> None:
    with pytest.raises(DomainError) as problem:
        exchange.read(content, form)
    assert problem.value.code in ("bad_file", "too_large")


def test_too_many_rows_and_too_many_bytes_are_refused() -> None:
    many = "text\n" + "坏了\n" * (exchange.MOST_ROWS + 1)
    with pytest.raises(DomainError, match="too_large"):
        exchange.read(many.encode(), "csv")
    with pytest.raises(DomainError, match="too_large"):
        exchange.read(b"x" * (exchange.MOST_BYTES + 1), "csv")


sentences = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp", "Cn", "Co"]),
    min_size=1,
    max_size=40,
)


@given(st.lists(sentences, min_size=1, max_size=5), st.sampled_from(["csv", "jsonl", "xlsx"]))
def test_any_sentence_comes_back(texts: list[str], form: str) -> None:
    rows = [{"text": text, "intent": "quality"} for text in texts]
    back = [row.text for row in exchange.read(exchange.write(rows, form), form)]
    assert back == [json.loads(json.dumps(text)) for text in texts]


def test_a_sheet_of_people_is_read_by_its_first_row() -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Intent", "TEXT", "备注"])
    sheet.append(["quality", "壶漏了", "x"])
    sheet.append([None, "没标的", None])
    out = io.BytesIO()
    book.save(out)
    rows = exchange.read(out.getvalue(), "xlsx")
    assert [(row.text, row.about and row.about.intent) for row in rows] == [
        ("壶漏了", "quality"),
        ("没标的", None),
    ]
