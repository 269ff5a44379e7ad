"""Settings of stock Pelican for the benchmark: no plugin; the words of the templates and `base.html` are ours."""

import json
from pathlib import Path
from types import SimpleNamespace

HERE = Path(__file__).parent
SHARED = json.loads((HERE / "shared.json").read_text("utf-8"))

PLUGINS: list[str] = []
SITENAME = "通报"
SITEURL = ""
TIMEZONE = "Asia/Shanghai"
DEFAULT_LANG = "zh-hans"
PATH = "content"
THEME = str(HERE)
THEME_STATIC_PATHS = [SHARED["theme"] + "/static"]
THEME_STATIC_DIR = "theme"
THEME_TEMPLATES_OVERRIDES = [str(HERE / "templates"), SHARED["theme"] + "/templates"]
JINJA_ENVIRONMENT = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
OWN = [{"slug": "about", "title": "关于"}, {"slug": "method", "title": "方法"}, {"slug": "glossary", "title": "词汇"}]
JINJA_GLOBALS = {
    "urls": SimpleNamespace(
        LANGUAGES=list(SHARED["tags"]),
        bulletin=lambda number, language: f"{language}/bulletin/{number}/",
        region=lambda code, language: f"{language}/region/{code}/" if code else f"{language}/region/",
        date=lambda period, language: f"{language}/date/{period}/" if period else f"{language}/date/",
        home=lambda language: f"{language}/",
        search=lambda language: f"{language}/search/",
    ),
    "say": str,
    "own": OWN,
    "own_names": SHARED["own_names"],
    "TAGS": SHARED["tags"],
    "labels": SHARED["labels"].get,
}
CACHE_CONTENT = LOAD_CONTENT_CACHE = False

ARTICLE_PATHS = [""]
PAGE_PATHS = ["pages"]
STATIC_PATHS: list[str] = []
ARTICLE_TRANSLATION_ID = None
USE_FOLDER_AS_CATEGORY = False
ARTICLE_URL = "{lang}/bulletin/{slug}/"
ARTICLE_SAVE_AS = ARTICLE_URL + "index.html"
ARTICLE_LANG_URL, ARTICLE_LANG_SAVE_AS = ARTICLE_URL, ARTICLE_SAVE_AS
CATEGORY_URL = TAG_URL = "{slug}/"
CATEGORY_SAVE_AS = TAG_SAVE_AS = "{slug}/index.html"
TAG_REGEX_SUBSTITUTIONS: list[tuple[str, str]] = []
YEAR_ARCHIVE_URL, MONTH_ARCHIVE_URL = "date/{date:%Y}/", "date/{date:%Y}/{date:%m}/"
YEAR_ARCHIVE_SAVE_AS, MONTH_ARCHIVE_SAVE_AS = YEAR_ARCHIVE_URL + "index.html", MONTH_ARCHIVE_URL + "index.html"
DEFAULT_PAGINATION = 100
PAGINATED_TEMPLATES = {"tag": None, "period_archives": None}
PAGINATION_PATTERNS = [
    (1, "{url}", "{save_as}"),
    (2, "{base_name}/page/{number}/", "{base_name}/page/{number}/index.html"),
]
DIRECT_TEMPLATES = ["tags"]
AUTHOR_SAVE_AS = ""
FEED_ALL_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
CATEGORY_FEED_ATOM = TAG_FEED_ATOM = "{slug}/atom.xml"
FEED_MAX_ITEMS = 100
