"""Checks of a site from outside: `python -m audit`, with `tools` on the path. The tests use parts of it."""
