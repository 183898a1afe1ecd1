"""`python -m app` is `yiguan`."""

from app.cli import main

main()
