"""Pelican generator: the archive, and from it every page, feed, data file and the search index.

All that the site is made of is an `Output`: files with a key. Those whose key is that of the old site's files stay as
they are; the others are made, on all cores.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader
from pelican.generators import Generator

import pelican_tongbao
from pelican_tongbao import assets, keys, labels, lines
from pelican_tongbao.feeds import MOST, atom, json_feed
from pelican_tongbao.opensearch import opensearch
from pelican_tongbao.pages import (
    Feeds,
    Page,
    beside,
    bulletin_pages,
    compare_pages,
    feeds,
    kind_feeds,
    others,
    overview_pages,
    region_name,
    region_pages,
    region_shows,
)
from pelican_tongbao.progress import watched
from pelican_tongbao.publish import Stage, Written
from pelican_tongbao.searching import SearchFiles
from pelican_tongbao.sitemap import sitemap
from tongbao import __version__, crew, places, receive, search, store
from tongbao.archive import Archive, Holding, open_archive
from tongbao.export import urls
from tongbao.export.brief import Brief, brief
from tongbao.export.browse import Catalogue, Entry, catalogue
from tongbao.export.kinship import kinship
from tongbao.export.report import report
from tongbao.export.searching import search_document
from tongbao.likeness import relate
from tongbao.model import Bulletin, Standard
from tongbao.search import SearchDocument

_REPORT, _SITEMAP = "data/report.json", "sitemap.xml"
# The English words that a script puts into bulletins' pages for those who ask for them.
_ENGLISH = "theme/labels/en.json"
# The note of the files of each region, with the addresses of their pages.
_REGIONS = "regions"
# The note of what the site says in Traditional.
_SAID = "said"
# So few files are not worth a process.
_FEW = 4
# Of a digest that a reader copies.
_DIGITS = 8


class StrictError(Exception):
    """Inputs were quarantined, and the build was asked to fail then."""


class SettingError(Exception):
    """A setting has a value that there is no meaning for."""


class ChangedError(Exception):
    """A received file is not what it was when the build began."""


@dataclass(frozen=True, slots=True)
class Output:
    """Files of the site that are made together. The same key, the same bytes. `make` gives (path, content)."""

    files: tuple[str, ...]
    key: str
    make: Callable[[], Iterable[tuple[str, bytes]]]


class BulletinGenerator(Generator):  # type: ignore[misc]
    """Makes the archive. Settings: `TONGBAO_CACHE`, the folder of the cache, `TONGBAO_STRICT`, and `TONGBAO_HANT`, the
    standard of the Traditional pages (`tw`, `hk`)."""

    archive: Archive[Brief]
    catalogue: Catalogue

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Without Pelican's fallback to its own theme: a missing template is an error.
        self.env.loader = FileSystemLoader(self._templates_path)
        self.cache = Path(self.settings["TONGBAO_CACHE"])
        self.standard = _standard(self.settings["TONGBAO_HANT"])
        self.site = self.settings["SITEURL"].rstrip("/")
        self.stage: Stage = self.settings["TONGBAO_STAGE"]
        # What made the texts, for citations; the digits of a bulletin's key are added, by which copies may have helped.
        self.build = f"{__version__}+{store.code_digest()[:_DIGITS]}"

    def generate_context(self) -> None:
        """Bring the archive up to date. Raises StrictError where quarantined inputs must not pass."""
        self.cache.mkdir(parents=True, exist_ok=True)
        made_by, said = self.stage.before.get(_SAID, ("", {}))
        labels.recall(said if made_by == store.code_digest() else {})
        self.archive = open_archive(
            Path(self.path), self.cache, partial(brief, lineage=places.lineage), self.standard,
            partial(watched, name="bulletins"), self.settings["TONGBAO_STANDBY"],
        )  # fmt: skip
        if self.archive.quarantined and self.settings["TONGBAO_STRICT"]:
            listed = "\n  ".join(f"{q.source}: {q.fault}; {q.remedy}" for q in self.archive.quarantined)
            raise StrictError(f"nothing was published, because STRICT is set and these inputs fail:\n  {listed}")
        self.by_id = {holding.received.id: holding for holding in self.archive.holdings}
        self._search_files = SearchFiles(self.stage)
        self._searched = crew.aside(partial(self._write_search, self._search_files))  # beside all that follows
        self.catalogue = catalogue(
            (holding.brief.entry for holding in self.archive.holdings), places.lineage, self.standard
        )
        found = relate({name: holding.brief.sketch for name, holding in self.by_id.items()})
        self.kinship = kinship(self.catalogue.entries, found)

    def generate_output(self, _: object) -> None:
        """Bring everything in the stage up to date."""
        own = self.context["pages"]
        self._menus = others.menus(own, self.standard)
        lines_written = lines.begin(self.archive, self.stage)
        self._make(list(self._stale(own)))
        self._write_static()
        lines_written()
        self._search_files.take_over(self._searched())
        self.stage.notes[_SAID] = store.code_digest(), labels.said()
        self.archive.close()

    # --- files that are made of a few bulletins --------------------------------------------------------------------

    def _make(self, outputs: Sequence[Output]) -> None:
        def make(number: int) -> list[Written]:
            output = outputs[number]
            return [self.stage.put(path, content, output.key) for path, content in output.make()]

        def lost(number: int) -> list[Written]:
            files = ", ".join(outputs[number].files)
            raise crew.LostError(f"the process that wrote {files} ended without a word; is there memory left?")

        numbers = range(len(outputs))
        with crew.frozen():
            results = map(make, numbers) if len(outputs) <= _FEW else crew.spread(make, numbers, lost)
            for written in chain.from_iterable(watched(iter(results), len(outputs), "files")):
                self.stage.note(written)

    def _stale(self, own: Sequence[Any]) -> Iterator[Output]:
        """What the old site has not, or not as it is now. All else is kept."""
        ground = self._ground(own)
        report = self._report()
        families = self.kinship.families
        sources = {each.id: self.by_id[each.id].brief.source for members in families.values() for each in members}
        overview = [
            *overview_pages(self.catalogue, own, families, sources),
            *others.report(report, families, self.standard),
        ]
        outputs = [self._page(ground, page) for page in (*overview, others.not_found(self.site))]
        outputs += [self._text(_REPORT, f"{json.dumps(report, ensure_ascii=False, indent=2)}\n"), *self._others()]
        for language in urls.LANGUAGES:
            outputs += self._home_feeds(ground, language)
            outputs += self._kind_feeds(ground, language)
        yield from (each for each in outputs if not self._kept(each))
        addresses = [page.twins for page in overview]
        groups: dict[str, tuple[tuple[str, ...], list[Mapping[str, str]]]] = {}
        known = self.stage.before.get(_REGIONS, {})
        for code in self.catalogue.shelves:
            key = keys.digest(ground, region_shows(code, self.catalogue))
            if not (key in known and self.stage.keep_all(known[key][0])):
                pages = list(region_pages(code, self.catalogue))
                outputs = [self._page(ground, page) for page in pages]
                outputs += chain.from_iterable(self._region_feeds(ground, code, each) for each in urls.LANGUAGES)
                yield from (each for each in outputs if not self._kept(each))
                files = tuple(file for each in outputs for file in each.files)
                groups[key] = files, [dict(page.twins) for page in pages]
            else:
                groups[key] = known[key]
            addresses += groups[key][1]
        self.stage.notes[_REGIONS] = groups
        yield from self._bulletins(ground)
        yield from self._comparisons(ground)
        if self.site:
            addresses += [_twins(entry.id) for entry in self.catalogue.entries]
            for members in self.kinship.families.values():
                for a, b in pairwise(members):
                    addresses.append({each: urls.compare(a.id, b.id, each) for each in urls.LANGUAGES})
            output = self._sitemap(ground, addresses)
            yield from [output] if not self._kept(output) else []

    def _kept(self, output: Output) -> bool:
        return all([self.stage.keep(file, output.key) for file in output.files])

    def _bulletins(self, ground: str) -> Iterator[Output]:
        """The pages of bulletins, and their received bytes."""
        entries, holdings = self.catalogue.entries, self.by_id
        keep = self.stage.keep
        for at, entry in enumerate(entries):
            holding = holdings[entry.id]
            received = holding.received
            near = f"{beside(self.catalogue, at)}{self._kin_key(entry.id)}"
            key = hashlib.sha256(f"{ground}{holding.key}{near}".encode()).hexdigest()
            files = tuple([f"{urls.bulletin(entry.id, language)}index.html" for language in urls.LANGUAGES])
            if not all([keep(file, key) for file in files]):
                yield Output(files, key, partial(self._bulletin, holding, at))
            file = urls.received(received.sha256)
            if not keep(file, received.sha256):
                copy = partial(self._received, file, received.source, received.sha256)
                yield Output((file,), received.sha256, copy)

    def _kin_key(self, name: str) -> str:
        """What a bulletin's pages show of those that are akin to it."""
        kin = self.kinship.kin.get(name)
        return f"{kin}{[self.by_id[each].key for each in kin.others]}" if kin else ""

    def _comparisons(self, ground: str) -> Iterator[Output]:
        """The pages of each two copies that follow each other in time."""
        for family, members in self.kinship.families.items():
            for pair in pairwise(members):
                key = keys.digest(ground, family, [self.by_id[entry.id].key for entry in pair])
                files = tuple(f"{urls.compare(*(e.id for e in pair), each)}index.html" for each in urls.LANGUAGES)
                output = Output(files, key, partial(self._comparison, family, pair))
                yield from [output] if not self._kept(output) else []

    def _comparison(self, family: str, pair: tuple[Entry, Entry]) -> Iterator[tuple[str, bytes]]:
        earlier, later = (self._load(entry.id) for entry in pair)
        yield from self._rendered(compare_pages(earlier, later, {entry.id: entry for entry in pair}, family))

    def _load(self, name: str) -> Bulletin:
        return self.archive.load(self.by_id[name].key)

    def _ground(self, own: Sequence[Any]) -> str:
        """A digest of all that is common to the pages."""
        folders = (Path(pelican_tongbao.__file__).parent, Path(self.theme, "templates"))
        settings = [self.settings[name] for name in ("SITEURL", "TONGBAO_HANT", "SITENAME")]
        environment = sorted(self.settings["JINJA_ENVIRONMENT"].items())
        return keys.ground(folders, store.code_digest(), settings, environment, self._menus)

    def _page(self, ground: str, page: Page) -> Output:
        return Output((page.file,), keys.digest(ground, page), partial(self._rendered, [page]))

    def _rendered(self, pages: Iterable[Page]) -> Iterator[tuple[str, bytes]]:
        for page in pages:
            template = self.get_template(page.template)
            # Of Pelican's own context nothing is used: what decides a page is in its key.
            shown = {"site": self.site, "menu": self._menus[page.language], **page.context()}
            yield page.file, template.render(shown).encode()

    def _bulletin(self, holding: Holding[Brief], at: int) -> Iterator[tuple[str, bytes]]:
        bulletin, build = self.archive.load(holding.key), f"{self.build}.{holding.key[:_DIGITS]}"
        kin = self.kinship.kin.get(bulletin.id)
        yield from self._rendered(bulletin_pages(bulletin, self.catalogue, at, self._load, kin, self.site, build))

    def _received(self, file: str, source: str, sha256: str) -> Iterator[tuple[str, bytes]]:
        """The received bytes for download, under their SHA-256."""
        data = receive.locate(Path(self.path), source).read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ChangedError(f"{source}: changed while the site was built; build again")
        yield file, data

    def _home_feeds(self, ground: str, language: str) -> Iterator[Output]:
        name = labels.labels(language, self.standard)["site"]["name"]
        made = feeds(urls.home, language=language, title=name)
        return self._feeds(ground, language, urls.home(language), made, self.catalogue.entries)

    def _region_feeds(self, ground: str, code: str, language: str) -> Iterator[Output]:
        name = self._feed_name(region_name(code, language, self.standard), language)
        made, shelf = feeds(urls.region, code, language=language, title=name), self.catalogue.shelves[code]
        return self._feeds(ground, language, urls.region(code, language), made, shelf.primary)

    def _kind_feeds(self, ground: str, language: str) -> Iterator[Output]:
        words = labels.labels(language, self.standard)["kinds"]
        for kind, entries in self.catalogue.kinds.items():
            if made := kind_feeds(kind, language, self._feed_name(words.get(kind, ""), language)):
                yield from self._feeds(ground, language, urls.kind(kind, language), made, entries)

    def _feed_name(self, name: str, language: str) -> str:
        return f"{labels.labels(language, self.standard)['site']['name']}：{name}"

    def _feeds(self, ground: str, language: str, page: str, made: Feeds, entries: Sequence[Entry]) -> Iterator[Output]:
        """The feeds beside a page, of the newest dated entries, which come first."""
        base = f"{self.site}/" if self.site else urls.root(page)
        newest = [entry for entry in entries[:MOST] if entry.latest]
        say = partial(labels.say, language=language, standard=self.standard)
        archive = labels.labels(language, self.standard)["site"]["archive"]
        for feed, write in ((made.atom, atom), (made.json, json_feed)):
            key = keys.digest(ground, feed, page, base, made.title, [entry.digest for entry in newest])

            def make(feed: str = feed, write: Any = write) -> Iterator[tuple[str, bytes]]:
                yield feed, write(made.title, archive, language, page, feed, base, newest, say)

            yield Output((feed,), key, make)

    def _report(self) -> dict[str, Any]:
        archive = self.archive
        briefs = [holding.brief for holding in archive.holdings]
        families = [[entry.id for entry in members] for members in self.kinship.families.values()]
        return report(briefs, archive.quarantined, archive.warnings, families, self.build)

    def _others(self) -> Iterator[Output]:
        """Small files for programs."""
        sitemap = f"Sitemap: {self.site}/{_SITEMAP}\n" if self.site else ""
        yield self._text(urls.ROBOTS, f"User-agent: *\nAllow: /\n{sitemap}")
        yield self._text(_ENGLISH, json.dumps(labels.english(self.standard), ensure_ascii=False, separators=(",", ":")))
        for language in urls.SITE_LANGUAGES:
            words = labels.labels(language, self.standard)
            # From the file itself where the site's address is not known: the search page stands beside it.
            target = f"{self.site}/{urls.search(language)}" if self.site else "search/"
            made = opensearch(words["site"]["name"], words["site"]["tagline"], urls.TAGS[language], target)
            yield self._text(f"{urls.home(language)}{urls.OPENSEARCH}", made)

    def _text(self, file: str, text: str) -> Output:
        """A file that is made already."""
        data = text.encode()
        return Output((file,), hashlib.sha256(data).hexdigest(), lambda: [(file, data)])

    def _sitemap(self, ground: str, addresses: Sequence[Mapping[str, str]]) -> Output:
        key = keys.digest(ground, sorted(tuple(sorted(twins.items())) for twins in addresses))
        return Output((_SITEMAP,), key, lambda: [(_SITEMAP, sitemap(f"{self.site}/", addresses, urls.TAGS).encode())])

    def _write_static(self) -> None:
        """Scripts and styles; in this process, for the minifier's threads do not live on in a forked one."""
        theme, static = Path(self.theme), self.settings["TONGBAO_STATIC"]
        names = [
            f"{self.settings['THEME_STATIC_DIR']}/{path.relative_to(theme / name).as_posix()}"
            for name in static
            for path in sorted((theme / name).rglob("*"))
            if path.is_file()
        ]
        key = keys.ground((theme / name for name in static), Path(assets.__file__).read_text("utf-8"))
        if not all([self.stage.keep(name, key) for name in names]):
            for name, (_, content) in zip(names, assets.files(theme, static), strict=True):
                self.stage.write(name, content, key)

    # --- files that are made of all --------------------------------------------------------------------------------

    def _write_search(self, files: SearchFiles) -> SearchFiles:
        heads = [holding.brief.head for holding in self.archive.holdings]
        codes = {code for regions in {head.regions for head in heads} for code in regions}
        regions = {code: (region_name(code, "zh-hans", self.standard), _parent(code)) for code in codes}
        hant = partial(labels.say, language="zh-hant", standard=self.standard)

        def documents(ids: Sequence[str]) -> Iterator[SearchDocument]:
            return (search_document(self._load(each), places.lineage) for each in ids)

        with _alone(self.cache):
            index = self.cache / "index"
            search.build_index(heads, documents, index)
            search.export(index, documents, files, self.cache / "search", regions, hant)
        return files


def _twins(bulletin_id: str) -> dict[str, str]:
    return {language: urls.bulletin(bulletin_id, language) for language in urls.LANGUAGES}


def take_over(scratch: Path, stage: Stage) -> None:
    """Whatever else Pelican has written is part of the site too."""
    for path in sorted(scratch.rglob("*")):
        if path.is_file():
            stage.write(path.relative_to(scratch).as_posix(), path.read_bytes())
    shutil.rmtree(scratch)


def _standard(name: str) -> Standard:
    try:
        return Standard(name)
    except ValueError:
        known = " or ".join(repr(each.value) for each in Standard)
        raise SettingError(f"TONGBAO_HANT is {name!r}; set it to {known} in pelicanconf.py") from None


def _parent(code: str) -> str | None:
    line = places.lineage(code)
    return line[1] if len(line) > 1 else None


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Keep other builds that share the cache out of its index meanwhile."""
    with (cache / "index.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
