"""Yiguan (一贯): the event router of a city's three-tier operations centres."""
