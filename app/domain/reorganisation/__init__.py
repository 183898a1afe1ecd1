"""Reorganisation (区划调整): the city's areas and bodies before and after a plan."""
