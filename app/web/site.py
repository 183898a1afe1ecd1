"""The site: every page the service shows, and what they are made of."""

from fastapi import FastAPI

from app.web import (
    assets,
    centre,
    docs,
    entrance,
    grid,
    list_checks,
    list_texts,
    list_trials,
    list_versions,
    lists,
    live,
    picks,
    report_units,
    reports,
    screen,
    unit_list,
    units,
)
from app.web.screen_views import Views


def install(app: FastAPI) -> None:
    """Have the application serve its pages."""
    app.state.screens = Views()
    for part in (entrance, live, centre, docs, screen, unit_list, picks, units, assets):
        app.include_router(part.router)
    for figures in (report_units, reports):
        app.include_router(figures.router)
    for router in (grid.router, grid.data):
        app.include_router(router)
    for about in (lists, list_versions, list_checks, list_trials, list_texts):
        app.include_router(about.router)
