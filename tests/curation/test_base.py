"""What a run compares with: the data as they were before the trainers changed them."""

import subprocess
from pathlib import Path

from curation.core.nlu_file import About
from curation.folder import DataFolder, Edit

EDIT = Edit("add", "杯子环游世界去了", "杯子环游世界去了", About("thanks"))


def sentences(folder: DataFolder, commit: str, target: Path) -> str:
    folder.checkout(commit, target)
    return "".join(path.read_text(encoding="utf8") for path in (target / "data" / "nlu").glob("*.yml"))


def test_the_base_is_what_the_project_ships_whatever_the_trainers_add(
    folder: DataFolder, tmp_path: Path
) -> None:
    before = folder.head()
    folder.apply([EDIT], "ch_1", "钱老师", "补一句")
    assert folder.head() != before == folder.base()
    assert EDIT.text not in sentences(folder, folder.base(), tmp_path / "base")
    assert EDIT.text in sentences(folder, folder.head(), tmp_path / "head")


def test_of_a_repository_that_was_there_before_it_is_what_it_brought(project: Path, tmp_path: Path) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@example.com")
    for command in (("init", "-q", "-b", "main"), ("add", "-A"), (*who, "commit", "-qm", "own data")):
        subprocess.run(["git", *command], cwd=project, check=True)
    brought = DataFolder(project, tmp_path / "elsewhere")
    before = brought.head()
    brought.apply([EDIT], "ch_1", "钱老师", "补一句")
    brought.apply([Edit("remove", "谢谢啦", "谢谢啦", About("thanks"))], "ch_2", "钱老师", "去一句")
    assert brought.head() != brought.base() == before
