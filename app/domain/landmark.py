"""Landmarks (标识): by what a unit is found again: its spot's cell, its address, its device."""

from hashlib import sha256
from typing import Final

from app.domain.area import Place
from app.domain.event import Event
from app.domain.spot import Spot

DEVICE: Final = "device"
"""The attribute of a report that names the device it comes from."""


def device_of(event: Event) -> str | None:
    """Return the device a report comes from."""
    return event.attributes.get(DEVICE, "").strip() or None


def cell_of(spot: Spot | None, address: str, place: Place) -> str | None:
    """Return what a unit is found by: its point's cell; else its grid, with the address if given.

    None for what is known no finer than a community: nothing may be concluded from that.
    """
    if spot is not None:
        return spot.cell
    if not place.grid:
        return None
    said = "".join(address.split())
    return f"{place.grid} {sha256(said.encode()).hexdigest()[:16]}" if said else place.grid
