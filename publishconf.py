"""Settings for publishing: those of pelicanconf.py, with absolute addresses in feeds and a sitemap.

SITEURL comes from the environment: `make publish SITEURL=https://archive.example`.
"""

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
from pelicanconf import *  # noqa: F403

SITEURL = os.environ.get("SITEURL", "")
if not SITEURL.startswith(("http://", "https://")):
    raise SystemExit(
        f"publishconf.py: SITEURL is {SITEURL!r}, but feeds and the sitemap need an absolute address; "
        "run `make publish SITEURL=https://...`"
    )
