#!/bin/sh
# Make a Chromium available for the browser tests: one that is there, else Playwright's own, else Debian's.
# Where none can be had the browser tests are skipped, and say so; CI sets REQUIRE_BROWSER=1 to make that an error.
set -u
bin=$1
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
"$bin/python" - <<'PY' && exit 0
import pathlib, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    sys.exit(not pathlib.Path(p.chromium.executable_path).exists())
PY
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  echo "installing Chromium and a Chinese font"
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null && exit 0
fi
"$bin/playwright" install chromium && exit 0
echo "no Chromium could be installed: the browser tests will be skipped (install the package 'chromium' to run them)" >&2
[ "${REQUIRE_BROWSER:-0}" = 0 ]
