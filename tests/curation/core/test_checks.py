"""What the sentences alone tell before a training."""

from curation.core.checks import THIN_INTENT, found_in
from curation.core.corpus import Corpus
from curation.core.nearness import Measured
from curation.core.nlu_file import About, Line

QUALITY, SIZE = About("quality", "sub_type", "quality_defect"), About("size", "sub_type", "size_unfit")
MANY = [
    Line("quality.yml", QUALITY, f"第{'甲乙丙丁戊己庚辛壬癸'[n % 10]}{'子丑寅卯辰巳'[n // 10]}件坏了", "x")
    for n in range(50)
]


def kinds(*lines: Line, measured: tuple[str, ...] = (), new: tuple[str, ...] = ()) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in found_in(Corpus(lines), Measured(measured), new):
        found.setdefault(one["kind"], []).append(one["text"])
    return found


def line(text: str, about: About, file: str = "a.yml") -> Line:
    return Line(file, about, text, text)


def test_one_sentence_under_two_intents_is_found_whatever_its_marks() -> None:
    found = kinds(line("这鞋穿着挤脚！", QUALITY), line("这鞋穿着挤脚", SIZE), line("别的", SIZE))
    assert found["clash"] == ["这鞋穿着挤脚！"]
    assert "clash" not in kinds(line("这鞋穿着挤脚！", SIZE), line("这鞋穿着挤脚", SIZE))


def test_nearly_the_same_under_two_intents_is_found_and_under_one_is_not() -> None:
    one, other = "我买的这件羽绒服一直在钻毛啊", "我买的那件羽绒服一直在钻毛"
    assert kinds(line(one, QUALITY), line(other, SIZE))["near"] == [other]
    assert "near" not in kinds(line(one, QUALITY), line(other, QUALITY))


def test_meanings_with_few_sentences_are_thin_and_the_others_are_not() -> None:
    found = found_in(Corpus([*MANY, line("挤脚", SIZE)]), Measured(()))
    thin = [(one["place"]["intent"], one["other"]["count"]) for one in found if one["kind"] == "thin"]
    assert set(thin) == {("size", 1)}
    assert len(MANY) >= THIN_INTENT


def test_only_new_sentences_are_held_against_the_evaluation_set() -> None:
    near = line("水壶的盖子怎么会唱歌呢", QUALITY)
    measured = ("水壶的盖子怎么会唱歌啊",)
    assert kinds(near, measured=measured, new=(near.text,))["evaluation"] == [near.text]
    assert "evaluation" not in kinds(near, measured=measured)
