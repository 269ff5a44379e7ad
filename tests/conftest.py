"""Fixtures that every room's tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[1].parent / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real input and labelled cases, which is not part of the project."""
    if not SHARED.is_dir():
        pytest.skip("the shared cases are not here")
    return SHARED
