"""Decisions as functions of values: no IO, no clock, no framework."""
