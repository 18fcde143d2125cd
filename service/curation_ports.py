"""Where the trainers' workbench finds the shelf of models."""

from curation.models import Registry
from curation.shelf import Shelf
from service.settings import Settings
from service.setup import MODEL


def registry(settings: Settings) -> Registry:
    return Registry(Shelf(settings.var / "models"), MODEL)
