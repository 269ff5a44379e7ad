#!/bin/sh
# Make the word n-grams available that `make data` builds the text model from, and what prints them: Debian's packages.
set -u
if command -v tslminfo >/dev/null 2>&1 && command -v db5.3_dump >/dev/null 2>&1 \
  && [ -n "$(ls /usr/lib/*/libpinyin/data/bigram.db 2>/dev/null)" ]; then exit 0; fi
if command -v apt-get >/dev/null 2>&1 && [ "$(id -u)" = 0 ]; then
  apt-get update -qq && exec env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    sunpinyin-data sunpinyin-utils libpinyin-data db5.3-util >/dev/null
fi
echo "install Debian's packages sunpinyin-data, sunpinyin-utils, libpinyin-data and db5.3-util" >&2
exit 1
