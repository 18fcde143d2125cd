"""Settings: typed, frozen, and clear about what is wrong."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from service.settings import Settings
from tests.conftest import make_settings


def test_the_embedded_parts_are_the_default(tmp_path: Path) -> None:
    settings = make_settings(tmp_path, "", "")
    assert settings.database == f"sqlite+aiosqlite:///{tmp_path / 'anxin.db'}"
    assert settings.redis == f"unix://{tmp_path / 'redis.sock'}"


@pytest.mark.parametrize("url", ["postgresql://u@h/db", "postgres://u@h/db", "postgresql+asyncpg://u@h/db"])
def test_any_usual_postgresql_url_is_understood(tmp_path: Path, url: str) -> None:
    assert make_settings(tmp_path, "", url).database == "postgresql+asyncpg://u@h/db"


def test_secrets_have_no_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ANXIN_SECRET", "ANXIN_SHOP_SECRET", "ANXIN_RASA_TOKEN", "ANXIN_ACTION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValidationError):
        Settings()  # type: ignore[call-arg]


def test_demo_mode_refuses_to_face_the_network(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="loopback"):
        make_settings(tmp_path, "", "", demo=True, host="0.0.0.0")
