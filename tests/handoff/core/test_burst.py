"""How long the bot waits for the rest."""

from handoff.core.burst import quiet_seconds


def test_a_fragment_is_waited_for_and_a_sentence_is_not() -> None:
    assert quiet_seconds("我的鞋", has_choice=False, has_files=False, is_typing=False) > 0
    assert (
        quiet_seconds("我买的鞋子穿了一天就开胶了", has_choice=False, has_files=False, is_typing=False) == 0
    )
    assert quiet_seconds("开胶了！", has_choice=False, has_files=False, is_typing=False) == 0


def test_a_button_is_answered_at_once_even_while_typing() -> None:
    assert quiet_seconds("", has_choice=True, has_files=False, is_typing=True) == 0


def test_photos_come_in_series_and_typing_takes_longer() -> None:
    photo = quiet_seconds("", has_choice=False, has_files=True, is_typing=False)
    typing = quiet_seconds("我买的鞋子穿了一天就开胶了", has_choice=False, has_files=False, is_typing=True)
    assert 0 < photo < typing
