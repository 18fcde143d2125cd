"""Sentences in and out as CSV, JSON Lines, Excel and Rasa's YAML: bytes to rows and rows to bytes. Pure."""

import csv
import io
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from curation.core.nlu_file import About, NluFile, read_lines
from kernel.errors import DomainError

COLUMNS = ("text", "intent", "sub_type", "topic", "predicted", "confidence", "count", "file")
MOST_BYTES, MOST_ROWS, MOST_UNPACKED = 8 * 1024 * 1024, 20_000, 80 * 1024 * 1024
LONGEST = 1000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Row:
    """A sentence on its way in; without an intent it waits for a label."""

    number: int
    text: str
    about: About | None


FORMATS: dict[str, tuple[str, str]] = {
    "csv": ("text/csv; charset=utf-8", "csv"),
    "jsonl": ("application/x-ndjson; charset=utf-8", "jsonl"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "yaml": ("application/yaml; charset=utf-8", "yml"),
}


def read(content: bytes, form: str) -> list[Row]:
    """The rows of a file. Raises DomainError `unknown_format` (422), `too_large` (413), `bad_file` (422)."""
    reader = _READERS.get(form)
    if reader is None:
        raise DomainError("unknown_format", f"支持的格式：{'、'.join(FORMATS)}", 422)
    if len(content) > MOST_BYTES:
        raise DomainError("too_large", f"文件最大 {MOST_BYTES // 1024 // 1024} MB", 413)
    rows: list[Row] = []
    try:
        for number, said in enumerate(reader(content), 1):
            row = _row(number, said)
            if row:
                rows.append(row)
            if number > MOST_ROWS:
                raise DomainError("too_large", f"一次最多 {MOST_ROWS} 句", 413)
    except DomainError:
        raise
    except Exception as error:  # whatever a broken file makes a library raise
        raise DomainError("bad_file", f"文件读不出来：{type(error).__name__}", 422) from error
    if not rows:
        raise DomainError("bad_file", "文件里没有句子，第一行要有 text 这一列", 422)
    return rows


def write(rows: Iterable[dict[str, Any]], form: str) -> bytes:
    """The rows as a file of that format. Raises DomainError `unknown_format` (422)."""
    writer = _WRITERS.get(form)
    if writer is None:
        raise DomainError("unknown_format", f"支持的格式：{'、'.join(FORMATS)}", 422)
    return writer(list(rows))


def _row(number: int, said: dict[str, Any]) -> Row | None:
    text = str(said.get("text") or "").strip()[:LONGEST]
    if not text:
        return None
    intent = str(said.get("intent") or "").strip()
    if not intent:
        return Row(number, text, None)
    for kind in ("topic", "sub_type"):
        detail = str(said.get(kind) or "").strip()
        if detail:
            return Row(number, text, About(intent, kind, detail))
    return Row(number, text, About(intent))


def _read_csv(content: bytes) -> Iterator[dict[str, Any]]:
    text = _text(content)
    for row in csv.DictReader(io.StringIO(text, newline="")):
        yield {str(key).strip().lower(): _plain(value) for key, value in row.items() if key}


def _read_jsonl(content: bytes) -> Iterator[dict[str, Any]]:
    for line in _text(content).splitlines():
        if line.strip():
            said = json.loads(line)
            if not isinstance(said, dict):
                raise ValueError("not an object")
            yield said


def _read_xlsx(content: bytes) -> Iterator[dict[str, Any]]:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(part.file_size for part in packed.infolist()) > MOST_UNPACKED:
            raise DomainError("too_large", "表格展开后太大了", 413)
    sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).active
    assert sheet is not None
    lines = sheet.iter_rows(values_only=True)
    head = [str(name or "").strip().lower() for name in next(lines, ())]
    for line in lines:
        yield {name: _plain(value) for name, value in zip(head, line, strict=False) if name}


def _read_yaml(content: bytes) -> Iterator[dict[str, Any]]:
    for line in read_lines("import.yml", _text(content)):
        yield {"text": line.raw, "intent": line.about.intent, **line.about.metadata}


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")  # what Excel in Chinese writes


def _plain(value: Any) -> Any:
    """Without the apostrophe that keeps a sheet from taking a sentence for a formula."""
    if isinstance(value, str) and value.startswith("'") and value[1:].startswith(("'", *_FORMULA)):
        return value[1:]
    return value


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, str):
        value = ILLEGAL_CHARACTERS_RE.sub("", value)
        return f"'{value}" if value.startswith(("'", *_FORMULA)) else value
    return value


def _write_csv(rows: Sequence[dict[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([_cell(row.get(name)) for name in COLUMNS] for row in rows)
    return out.getvalue().encode("utf-8-sig")  # so that Excel sees that it is UTF-8


def _write_jsonl(rows: Sequence[dict[str, Any]]) -> bytes:
    lines = ({name: row[name] for name in COLUMNS if row.get(name) is not None} for row in rows)
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode()


def _write_xlsx(rows: Sequence[dict[str, Any]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("sentences")
    sheet.append(list(COLUMNS))
    for row in rows:
        sheet.append([_cell(row.get(name)) for name in COLUMNS])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _write_yaml(rows: Sequence[dict[str, Any]]) -> bytes:
    """Only what has an intent, a block a meaning: a file that Rasa reads."""
    file = NluFile("")
    blocks: dict[About, list[str]] = {}
    for row in rows:
        if row.get("intent"):
            kind = next((kind for kind in ("topic", "sub_type") if row.get(kind)), None)
            about = About.of(row["intent"], kind, row.get(kind) if kind else None)
            blocks.setdefault(about, []).append(row.get("raw") or row["text"])
    for about, lines in blocks.items():
        file.add_all(lines, about)
    return file.content().encode()


_READERS: dict[str, Callable[[bytes], Iterator[dict[str, Any]]]] = {
    "csv": _read_csv,
    "jsonl": _read_jsonl,
    "xlsx": _read_xlsx,
    "yaml": _read_yaml,
}
_WRITERS: dict[str, Callable[[Sequence[dict[str, Any]]], bytes]] = {
    "csv": _write_csv,
    "jsonl": _write_jsonl,
    "xlsx": _write_xlsx,
    "yaml": _write_yaml,
}
