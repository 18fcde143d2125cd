"""The workbench over HTTP, under /api/v1/curation; every blueprint is named here once."""

from sanic import Blueprint

from curation.api import checks, data, figures, inbox, models, runs, wording

BLUEPRINTS: tuple[Blueprint, ...] = (
    inbox.blueprint,
    data.blueprint,
    checks.blueprint,
    runs.blueprint,
    models.blueprint,
    wording.blueprint,
    figures.blueprint,
)
