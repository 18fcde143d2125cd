"""The environment, read once into one frozen, typed value."""

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from service import secrets

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Every setting; each is read from `ANXIN_<NAME>`, `DATABASE_URL` and `REDIS_URL` also without the prefix.

    Secrets have no defaults: `anxin up` makes random ones and keeps them in `var/secrets.env`.
    """

    model_config = SettingsConfigDict(env_prefix="ANXIN_", frozen=True, extra="ignore")

    host: str = "127.0.0.1"
    port: int = 8080
    public_url: str = "http://127.0.0.1:8080"
    demo: bool = False
    var: Path = ROOT / "var"
    web: Path = ROOT / "web" / "dist"

    database_url: str = Field(default="", validation_alias="DATABASE_URL")  # empty: SQLite under var/
    redis_url: str = Field(default="", validation_alias="REDIS_URL")  # empty: the embedded server's socket

    secret: str = Field(min_length=32)  # signs conversation tokens and file links
    shop_secret: str = Field(min_length=32)  # shared with the shop, which signs consumer tokens with it
    rasa_url: str = "http://127.0.0.1:5105"
    rasa_token: str = Field(min_length=32)
    action_token: str = Field(min_length=32)
    rest_token: str = ""  # when set, callers of /webhooks/rest/webhook must present it

    archive_years: int = Field(default=3, ge=3)  # from completion; the law asks for at least three (L19, L20)
    archive_end: Literal["anonymise", "delete"] = "anonymise"  # what happens to a dossier after that

    curation_data: Path | None = (
        None  # a git repository with the trainers' data; empty: one under var/curation
    )
    double_labels: float = Field(default=0.1, ge=0, le=1)  # share of sentences that two trainers label
    evaluation_rows: Path | None = None  # labelled rows the model is measured on, never trained on
    # An installation with its own data has its own first model, and figures of its own to hold it to.
    installed_model: Path = ROOT / "models" / "current.tar.gz"
    floors: Path = ROOT / "bot" / "nlu" / "floors.yml"  # of each label, before a model may go live
    gates: Path = ROOT / "curation" / "gates.yml"  # by how much it may be worse than the model in use
    desk_rules: str = ""  # a file with the desk's hours and patience; empty: handoff/desk.yml

    require_course: bool = True  # merchants' agents handle tickets only after passing the course

    orders_url: str = ""  # empty: the demo double
    orders_secret: str = ""
    payments_url: str = ""
    payments_secret: str = ""
    logistics_url: str = ""
    logistics_secret: str = ""
    notifications_url: str = ""
    notifications_secret: str = ""
    webhook_url: str = ""  # where the platform is told what happened; empty: it is not
    webhook_secret: str = ""
    demo_trouble: float = Field(default=0.0, ge=0, le=1)  # share of calls that the demo doubles let fail
    embed_origins: str = "*"  # pages that may frame the widget (CSP frame-ancestors)
    rate_factor: int = Field(default=1, ge=1)  # all rate limits times this; for measurements
    proxies: int = 0  # how many trusted reverse proxies stand before the service

    @model_validator(mode="after")
    def _demo_stays_home(self) -> "Settings":
        if self.demo and self.host not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError(
                "demo mode has public accounts and binds to loopback only; unset ANXIN_DEMO or ANXIN_HOST"
            )
        return self

    @model_validator(mode="after")
    def _what_leaves_is_signed(self) -> "Settings":
        for name in ("orders", "payments", "logistics", "notifications", "webhook"):
            if getattr(self, f"{name}_url") and not getattr(self, f"{name}_secret"):
                raise ValueError(
                    f"ANXIN_{name.upper()}_URL needs ANXIN_{name.upper()}_SECRET: requests are signed"
                )
        return self

    @property
    def database(self) -> str:
        """The SQLAlchemy URL with an async driver."""
        if not self.database_url:
            return f"sqlite+aiosqlite:///{self.var / 'anxin.db'}"
        for plain in ("postgresql://", "postgres://"):
            if self.database_url.startswith(plain):
                return "postgresql+asyncpg://" + self.database_url.removeprefix(plain)
        return self.database_url

    @property
    def redis(self) -> str:
        return self.redis_url or f"unix://{self.var / 'redis.sock'}"


def var_folder() -> Path:
    """Where this installation keeps what it writes."""
    return Path(os.environ.get("ANXIN_VAR", ROOT / "var"))


def installed(**given: object) -> Settings:
    """Settings of this installation: the environment, then `var/secrets.env`, which is made if need be."""
    os.environ.update(secrets.load(var_folder()))
    return Settings(**given)  # type: ignore[arg-type]
