"""Atom feeds. Every timestamp comes from the bulletins; a bulletin without a date is in no feed."""

from __future__ import annotations

import html
import io
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone

from feedgenerator import Atom1Feed

from tongbao.export.browse import Entry

_BEIJING = timezone(timedelta(hours=8))
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 100


class _Feed(Atom1Feed):  # type: ignore[misc]
    """Atom whose time of update is the newest bulletin's, never the clock's."""

    def latest_post_date(self) -> datetime:
        return max((item["pubdate"] for item in self.items), default=_NEVER)


def atom(
    title: str, language: str, page: str, feed: str, base: str, entries: Sequence[Entry], address: Callable[[str], str]
) -> bytes:
    """The newest `MOST` dated `entries` as an Atom feed.

    `page` and `feed` are addresses relative to the site's root, `address` gives a bulletin's; `base` goes before them:
    the site's URL, or the way from the feed to the root. Identifiers do not depend on where the site is mounted.
    """
    made = _Feed(
        title=title, link=base + page, description=None, language=language, feed_url=base + feed, feed_guid=_urn(feed)
    )
    for entry in [e for e in entries if e.latest][:MOST]:
        made.add_item(
            title=entry.titles[language],
            link=base + address(entry.id),
            description=html.escape(entry.summaries[language]),
            unique_id=_urn(address(entry.id)),
            pubdate=_moment(entry.latest),
            author_name=entry.issuer or title,
        )
    out = io.BytesIO()
    made.write(out, "utf-8")
    return out.getvalue()


def _urn(address: str) -> str:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"tongbao:{address}").urn


def _moment(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), _BEIJING)
