"""The words of `data/places.toml`, compiled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from tongbao.data import toml
from tongbao.patterns import regex


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Word sets and patterns over folded text; `data/places.toml` says what each is for."""

    common: frozenset[str]
    dependent: frozenset[str]
    wordlike: frozenset[str]
    never: frozenset[str]
    misleading: frozenset[str]
    contested: frozenset[str]
    compounds: frozenset[str]
    full_tail: re.Pattern[str]
    brief_tail: re.Pattern[str]
    short_tail: re.Pattern[str]
    station_tail: re.Pattern[str]
    unit_tail: re.Pattern[str]
    media_tail: re.Pattern[str]
    cue_after: re.Pattern[str]
    number_around: re.Pattern[str]
    national_opening: re.Pattern[str]
    person_before: re.Pattern[str]
    char_around: re.Pattern[str]
    lone_around: re.Pattern[str]
    char_headline: re.Pattern[str]
    origin_before: re.Pattern[str]
    origin_after: re.Pattern[str]
    own: re.Pattern[str]
    whole: re.Pattern[str]
    organ: re.Pattern[str]
    inside: re.Pattern[str]
    said: re.Pattern[str]
    issuer_after: re.Pattern[str]
    people_tail: re.Pattern[str]
    gate: re.Pattern[str]
    area_tail: re.Pattern[str]


@cache
def vocabulary() -> Vocabulary:
    """Read and compile the table once."""
    table = toml("places.toml")
    words, tails, chars, deixis = table["words"], table["tails"], table["chars"], table["deixis"]
    persons, numbers = table["persons"], table["numbers"]
    return Vocabulary(
        common=frozenset(words["common"].split()),
        dependent=frozenset(words["dependent"].split()),
        wordlike=frozenset(words["wordlike"].split()),
        never=frozenset(words["never"].split()),
        misleading=frozenset(words["misleading"].split()),
        contested=frozenset(words["contested"].split()),
        compounds=frozenset(tails["compounds"].split()),
        brief_tail=regex(tails["brief_pattern"]),
        full_tail=regex(tails["full_pattern"]),
        short_tail=regex(tails["short_pattern"]),
        station_tail=regex(tails["station_pattern"]),
        unit_tail=regex(tails["unit_pattern"]),
        media_tail=regex(tails["media_pattern"]),
        cue_after=regex(table["cues"]["after_pattern"]),
        number_around=regex(numbers["around_pattern"].replace("CHARS", numbers["chars"])),
        national_opening=regex(table["national"]["opening_pattern"]),
        person_before=regex(persons["before_pattern"].replace("SURNAMES", persons["surnames"])),
        char_around=regex(chars["around_pattern"].replace("CHARS", chars["free"])),
        lone_around=regex(chars["lone_pattern"].replace("CHARS", chars["lone"])),
        char_headline=regex(chars["headline_pattern"].replace("HEADLINE", chars["headline"])),
        origin_before=regex(table["origin"]["before_pattern"]),
        origin_after=regex(table["origin"]["after_pattern"]),
        own=regex(deixis["own_pattern"]),
        whole=regex(deixis["whole_pattern"]),
        organ=regex(deixis["organ_pattern"]),
        inside=regex(deixis["inside_pattern"]),
        said=regex(deixis["said_pattern"]),
        issuer_after=regex(table["issuer"]["after_pattern"]),
        people_tail=regex(table["others"]["people_pattern"]),
        gate=regex(table["others"]["gate_pattern"]),
        area_tail=regex(table["others"]["area_pattern"]),
    )
