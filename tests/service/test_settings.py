"""Settings: typed, frozen, and clear about what is wrong."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from service.settings import Settings
from service.wiring import build
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


def test_an_installation_has_its_own_first_model_floors_and_gates(tmp_path: Path) -> None:
    (tmp_path / "floors.yml").write_text("held_out: {macro_f1: 0.4}\n", encoding="utf8")
    (tmp_path / "gates.yml").write_text(
        "margins: {default: 0.2}\nmacro_f1: 0.1\nacted_wrongly: 0.1\nfewest_dialogues: 3\n", encoding="utf8"
    )
    given = {"installed_model": tmp_path / "first.tar.gz"}
    given |= {name: tmp_path / f"{name}.yml" for name in ("floors", "gates")}
    services = build(
        make_settings(tmp_path, "unix:///nowhere", f"sqlite+aiosqlite:///{tmp_path / 'x.db'}", **given)
    )
    assert services.training.registry.installed == tmp_path / "first.tar.gz"
    assert services.releasing.floors == {"held_out": {"macro_f1": 0.4}}
    assert (services.releasing.margins.default, services.releasing.margins.fewest_dialogues) == (0.2, 3)
