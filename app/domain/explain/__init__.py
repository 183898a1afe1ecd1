"""Decisions told in words, from the reasons stored when they were made."""
