"""Feeds, Atom and JSON. Every timestamp comes from the bulletins; a bulletin without a date is in no feed.

A time of publication is told only where the day is known. Where it is not, the summary begins with what is known; Atom
asks for a time of update all the same, and gets the last day that is possible, by which the entries are ordered.
"""

from __future__ import annotations

import html
import io
import json
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from feedgenerator import Atom1Feed

from tongbao.export import urls
from tongbao.export.browse import Entry
from tongbao.export.page import date_text

_BEIJING = timezone(timedelta(hours=8))
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 100


class _Feed(Atom1Feed):  # type: ignore[misc]
    """Atom whose time of update is the newest bulletin's, never the clock's."""

    def latest_post_date(self) -> datetime:
        return max((item["updateddate"] for item in self.items), default=_NEVER)


def atom(
    title: str, archive: str, language: str, page: str, feed: str, base: str, entries: Sequence[Entry],
    say: Callable[[str], str],
) -> bytes:  # fmt: skip
    """Dated `entries` as an Atom feed of the `archive`, which is its author; an entry's is its issuer, where known.

    `page` and `feed` are addresses relative to the site's root; `base` goes before them: the site's URL, or the way
    from the feed to the root. `say` puts an issuer's name into the feed's script. Identifiers do not depend on where
    the site is mounted.
    """
    made = _Feed(
        title=title, link=base + page, description=None, language=urls.TAGS[language], feed_url=base + feed,
        feed_guid=_urn(feed), author_name=archive,
    )  # fmt: skip
    for entry in entries:
        address = urls.bulletin(entry.id, language)
        made.add_item(
            title=entry.titles[language],
            link=base + address,
            description=html.escape(_summary(entry, language)),
            unique_id=_urn(address),
            pubdate=_moment(entry.latest) if _exact(entry) else None,
            updateddate=_moment(entry.latest),
            author_name=say(entry.issuer) if entry.issuer else None,
            categories=[entry.kind] if entry.kind else (),
        )
    out = io.BytesIO()
    made.write(out, "utf-8")
    return out.getvalue()


def json_feed(
    title: str, archive: str, language: str, page: str, feed: str, base: str, entries: Sequence[Entry],
    say: Callable[[str], str],
) -> bytes:  # fmt: skip
    """The same as a JSON Feed (https://www.jsonfeed.org/version/1.1/)."""
    made = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": title,
        "home_page_url": base + page,
        "feed_url": base + feed,
        "language": urls.TAGS[language],
        "authors": [{"name": archive}],
        "items": [_item(entry, language, base, say) for entry in entries],
    }
    return (json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode()


def _item(entry: Entry, language: str, base: str, say: Callable[[str], str]) -> dict[str, Any]:
    address = urls.bulletin(entry.id, language)
    item: dict[str, Any] = {
        "id": _urn(address),
        "url": base + address,
        "title": entry.titles[language],
        "content_text": _summary(entry, language),
    }
    if _exact(entry):
        item["date_published"] = _moment(entry.latest).isoformat()
    if entry.issuer:
        item["authors"] = [{"name": say(entry.issuer)}]
    if entry.kind:
        item["tags"] = [entry.kind]
    return item


def _exact(entry: Entry) -> bool:
    return entry.earliest == entry.latest


def _summary(entry: Entry, language: str) -> str:
    """The entry's summary; before it the date, as pages write it, where that is no day."""
    told = () if _exact(entry) else (date_text(entry.date, language),)
    return " · ".join([*told, *filter(None, [entry.summaries[language]])])


def _urn(address: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"tongbao:{address}").urn


def _moment(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), _BEIJING)
