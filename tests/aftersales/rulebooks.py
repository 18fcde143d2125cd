"""A folder of rulebook versions made from the one that ships."""

from pathlib import Path

from aftersales.rulebook_store import FOLDER

FIRST = "2026-11"
SHIPPED = (FOLDER / f"{FIRST}.yml").read_text(encoding="utf8")


def version_text(
    version: str, *edits: tuple[str, str], published: str | None = None, effective: str = "2027-01-01"
) -> str:
    """The shipped rulebook under another name, with edits; a draft unless `published` names a day."""
    text = SHIPPED.replace(f'version: "{FIRST}"', f'version: "{version}"')
    text = text.replace("published_at: 2026-10-15\n", f"published_at: {published}\n" if published else "")
    text = text.replace("effective_from: 2026-11-01", f"effective_from: {effective}")
    text = text.replace("weighty: true\n", "").replace("note: 第一版售后规则\n", "")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def shelf_of(folder: Path, **texts: str) -> Path:
    """A folder with the first version and those given (`v2027_01=text`)."""
    (folder / f"{FIRST}.yml").write_text(SHIPPED, encoding="utf8")
    for name, text in texts.items():
        (folder / f"{name.removeprefix('v').replace('_', '-')}.yml").write_text(text, encoding="utf8")
    return folder
