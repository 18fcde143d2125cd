"""Where trainers' runs find the brain's environment, the trainers' data and the shelf of models."""

from curation.models import Registry
from curation.promoting import Releasing, margins
from curation.runs import Training
from curation.shelf import Shelf
from curation.workbench import Workbench
from curation.workshop import Brain, Workshop
from service.settings import ROOT, Settings
from service.setup import BRAIN_PYTHON, brain_env


def registry(settings: Settings) -> Registry:
    return Registry(Shelf(settings.var / "models"), settings.installed_model)


def training_parts(settings: Settings, bench: Workbench) -> Training:
    rows = settings.evaluation_rows
    brain = Brain(ROOT, BRAIN_PYTHON, brain_env(), settings.floors, rows.resolve() if rows else None)
    workshop = Workshop(settings.var.resolve() / "curation" / "runs", brain)
    return Training(workshop, bench.folder, registry(settings))


def releasing_parts(settings: Settings, training: Training) -> Releasing:
    return Releasing(training.registry, training.workshop.brain.floors, margins(settings.gates))
