"""Which unit a division was on the day of a bulletin: 海门市 (320684) until 2020, 海门区 (320614) since."""

from __future__ import annotations

from dataclasses import replace

from tongbao.model import DateTag, RegionTag, RegionTags
from tongbao.places.gazetteer import divisions


def as_of(tags: RegionTags, published: DateTag | None) -> RegionTags:
    """The tags with `at_date` filled where the unit of that day had another name or code; unchanged without a date.

    `code` and `name` stay those of the reference year, so that a region has one code in the whole archive.
    """
    if published is None:
        return tags
    earliest, latest = int(published.earliest[:4]), int(published.latest[:4])
    return replace(tags, tags=tuple(replace(t, at_date=_unit(t, earliest, latest)) for t in tags.tags))


def _unit(tag: RegionTag, earliest: int, latest: int) -> tuple[str, str] | None:
    """The (code, name) of the unit in the years given. The table knows years only: in the year of a change the name
    that the text has decides."""
    quoted = {evidence.text for evidence in tag.evidence}
    for former in sorted(divisions()[tag.code].former, key=lambda f: f.ended):
        if latest < former.ended or (earliest <= former.ended and former.name in quoted):
            return former.code or tag.code, former.name
    return None
