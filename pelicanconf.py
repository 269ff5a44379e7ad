"""Settings of the site. Pages, feeds and data files are made by `pelican_tongbao`; Pelican's own articles are off."""

import os
from pathlib import Path

from jinja2 import StrictUndefined

ROOT = Path(__file__).parent

SITENAME = "通报"
SITEURL = ""
AUTHOR = SITENAME
TIMEZONE = "Asia/Shanghai"
DEFAULT_LANG = "zh-hans"
PATH = "content"
OUTPUT_PATH = "output"

# The adapters: a class that publishes atomically, a reader and a generator.
PELICAN_CLASS = "pelican_tongbao.Site"
PLUGINS = ["pelican_tongbao"]
TONGBAO_CACHE = os.environ.get("TONGBAO_CACHE") or str(ROOT / ".cache")
# Whose forms the Traditional pages take: Taiwan's ("tw") or Hong Kong's ("hk").
TONGBAO_HANT = os.environ.get("TONGBAO_HANT") or "tw"
TONGBAO_STRICT = os.environ.get("STRICT", "") not in ("", "0")

THEME = str(ROOT / "theme")
THEME_STATIC_DIR = "theme"
# Titles and texts come from strangers: everything is escaped, and a name missing from a template is an error.
JINJA_ENVIRONMENT = {"autoescape": True, "undefined": StrictUndefined, "trim_blocks": True, "lstrip_blocks": True}

# Received files are read by the pipeline, only content/pages by Pelican.
READERS = {"html": None, "htm": None, "rst": None}
ARTICLE_PATHS: list[str] = []
PAGE_PATHS = ["pages"]
STATIC_PATHS: list[str] = []
DEFAULT_METADATA: dict[str, str] = {}
FILENAME_METADATA = ""
USE_FOLDER_AS_CATEGORY = False
ARTICLE_TRANSLATION_ID = None
PAGE_TRANSLATION_ID = None
LOAD_CONTENT_CACHE = False
DELETE_OUTPUT_DIRECTORY = False

MARKDOWN = {"extensions": ["markdown.extensions.def_list", "markdown.extensions.tables"], "output_format": "html"}

# Nothing of Pelican's own output.
DIRECT_TEMPLATES: list[str] = []
PAGE_SAVE_AS = PAGE_URL = PAGE_LANG_SAVE_AS = PAGE_LANG_URL = ""
ARTICLE_SAVE_AS = ARTICLE_URL = ""
AUTHOR_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = ""
FEED_ALL_ATOM = CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
