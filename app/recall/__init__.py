"""Candidates for a free text: which entries, and which place, it may mean."""
