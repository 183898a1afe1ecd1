"""Candidates for a free text: which entries, and which place, it may mean."""

import os

# Only single characters are asked for their sound: the phrases would take 50 MB for nothing.
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
os.environ.setdefault("PYPINYIN_NO_DICT_COPY", "1")
