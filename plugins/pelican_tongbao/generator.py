"""Pelican generator: the corpus from the pipeline, and from it every page, feed, data file and the search index."""

from __future__ import annotations

import fcntl
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from jinja2 import FileSystemLoader
from pelican.generators import Generator
from pelican.writers import Writer

import pelican_tongbao
from pelican_tongbao import plan, reuse
from pelican_tongbao.feeds import atom
from pelican_tongbao.labels import labels
from pelican_tongbao.pages import TAGS, Page, bulletin_pages, feed_address, list_pages, region_name
from pelican_tongbao.progress import watched
from pelican_tongbao.sitemap import sitemap
from tongbao import crew, places, receive, search, store
from tongbao.export import records, urls
from tongbao.export.browse import Catalogue, Entry, catalogue
from tongbao.export.report import report
from tongbao.export.searching import search_document
from tongbao.model import Standard
from tongbao.pipeline import Corpus, run


class StrictError(Exception):
    """Inputs were quarantined, and the build was asked to fail then."""


class SettingError(Exception):
    """A setting has a value that there is no meaning for."""


class ChangedError(Exception):
    """A received file is not what it was when the build began."""


class WorkerError(Exception):
    """A process that wrote pages died."""


# A file of a page, its key, and the addresses of its twins.
_Written = tuple[str, str, Mapping[str, str]]
# What there is to write: the page of a list, or the place of a bulletin's entry in the catalogue.
_Job = Page | int


class _Known:
    """What is known of pages before they are made. `ground` is a digest of all that they have in common."""

    def __init__(self, corpus: Corpus, lists: Catalogue, ground: str, standard: Standard) -> None:
        self._catalogue, self._ground, self._standard = lists, ground, standard
        self._bulletins = {bulletin.id: bulletin for bulletin in corpus.bulletins}
        self._alone = {bulletin.id: bulletin for bulletin in corpus.alone}

    def of(self, job: _Job) -> tuple[str, dict[str, Mapping[str, str]], Callable[[], Iterable[Page]]]:
        """The key, {file: addresses of its twins}, and what makes the pages."""
        if isinstance(job, Page):
            return reuse.digest(self._ground, job), {job.file: job.twins}, lambda: [job]
        entries = self._catalogue.entries
        bulletin = self._bulletins[entries[job].id]
        helped = bulletin.repaired if bulletin is not self._alone[bulletin.id] else None
        neighbours = entries[max(0, job - 1) : job], entries[job + 1 : job + 2]
        key = reuse.digest(self._ground, store.key(bulletin.received, self._standard), helped, *neighbours)
        twins = {language: urls.bulletin(bulletin.id, language) for language in urls.LANGUAGES}
        files = {f"{address}index.html": twins for address in twins.values()}
        return key, files, lambda: bulletin_pages(bulletin, self._catalogue, job)


class BulletinGenerator(Generator):  # type: ignore[misc]
    """Makes the archive. Settings: `TONGBAO_CACHE`, the folder of the cache, `TONGBAO_STRICT`, and `TONGBAO_HANT`, the
    standard of the Traditional pages (`tw`, `hk`)."""

    corpus: Corpus
    catalogue: Catalogue
    # {file: key} of the pages, for the next build.
    keys: dict[str, str]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Without Pelican's fallback to its own theme: a missing template is an error.
        self.env.loader = FileSystemLoader(self._templates_path)
        self.cache = Path(self.settings["TONGBAO_CACHE"])
        self.standard = _standard(self.settings["TONGBAO_HANT"])
        # Where the site will stand, and what is known of the one that stands there.
        self.published = Path(self.settings["TONGBAO_PUBLISHED"])
        self.record = plan.record(self.cache, self.published, ".pages")

    def generate_context(self) -> None:
        """Run the pipeline over the content folder. Raises StrictError where quarantined inputs must not pass."""
        self.corpus = run(Path(self.path), self.cache, self.standard, partial(watched, name="bulletins"))
        if self.corpus.quarantined and self.settings["TONGBAO_STRICT"]:
            listed = "\n  ".join(f"{q.source}: {q.fault}; {q.remedy}" for q in self.corpus.quarantined)
            raise StrictError(f"nothing was published, because STRICT is set and these inputs fail:\n  {listed}")
        self.catalogue = catalogue(self.corpus.bulletins, places.lineage, self.standard)

    def generate_output(self, writer: Writer) -> None:
        """Write everything below the output folder."""
        own = sorted(self.context["pages"], key=lambda page: (page.metadata.get("order", ""), page.slug))
        addresses = self._write_pages(writer, own)
        for path, content in self._files(addresses):
            self._write(path, content)
        self._write_received()
        self._write_search()

    def _write_pages(self, writer: Writer, own: list[Any]) -> list[Mapping[str, str]]:
        """Write all pages, on all cores, or take them over from the old site; returns the addresses of each."""
        jobs = [*list_pages(self.catalogue, own), *range(len(self.catalogue.entries))]
        known = _Known(self.corpus, self.catalogue, self._ground(own), self.standard)
        old, new = reuse.Pages(self.record, self.published), Path(self.output_path)

        def write(number: int) -> list[_Written]:
            key, twins, pages = known.of(jobs[number])
            missing = {file for file in twins if not old.take(file, key, new)}
            for page in pages() if missing else ():
                if page.file in missing:
                    self._render(writer, page, own)
            return [(file, key, addresses) for file, addresses in twins.items()]

        def lost(number: int) -> list[_Written]:
            files = ", ".join(known.of(jobs[number])[1])
            raise WorkerError(f"the process that wrote {files} ended without a word; is there memory left?")

        with crew.frozen():
            results = crew.spread(write, range(len(jobs)), lost)
            written = list(chain.from_iterable(watched(results, len(jobs), "pages")))
        self.keys = {file: key for file, key, _ in written}
        return [twins for _, _, twins in written]

    def _ground(self, own: list[Any]) -> str:
        """A digest of all that is common to the pages."""
        folders = (Path(pelican_tongbao.__file__).parent, Path(self.theme, "templates"))
        settings = [self.settings[name] for name in ("SITEURL", "TONGBAO_HANT", "SITENAME")]
        environment = sorted(self.settings["JINJA_ENVIRONMENT"].items())
        return reuse.ground(
            folders, store.code_digest(), settings, environment, [(page.slug, page.title) for page in own]
        )

    def _render(self, writer: Writer, page: Page, own: list[Any]) -> None:
        template = self.get_template(page.template)
        writer.write_file(page.file, template, self.context, own=own, **page.context())

    def _files(self, addresses: Iterable[Any]) -> Iterator[tuple[str, str | bytes]]:
        """(path, content) of the feeds and the data files."""
        corpus, site = self.corpus, self.settings["SITEURL"].rstrip("/")
        for language in urls.LANGUAGES:
            name = labels(language, self.standard)["site"]["name"]
            yield self._feed(name, language, urls.home(language), self.catalogue.entries)
            for code, shelf in self.catalogue.shelves.items():
                page = urls.region(code, language)
                region = region_name(code, language, self.standard)
                yield self._feed(f"{name}：{region}", language, page, shelf.primary)
        yield "data/bulletins.jsonl", "".join(records.lines(corpus.bulletins))
        made = report(corpus.bulletins, corpus.quarantined, corpus.warnings)
        yield "data/report.json", json.dumps(made, ensure_ascii=False, indent=2) + "\n"
        if site:
            yield "sitemap.xml", sitemap(f"{site}/", addresses, TAGS)

    def _feed(self, name: str, language: str, page: str, entries: tuple[Entry, ...]) -> tuple[str, bytes]:
        site = self.settings["SITEURL"].rstrip("/")
        base = f"{site}/" if site else urls.root(page)
        feed = feed_address(page)
        return feed, atom(name, language, page, feed, base, entries, lambda i: urls.bulletin(i, language))

    def _write(self, path: str, content: str | bytes) -> None:
        target = Path(self.output_path, path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)

    def _write_received(self) -> None:
        """The received bytes for download, each under its SHA-256."""
        for bulletin in self.corpus.bulletins:
            received = bulletin.received
            data = receive.locate(Path(self.path), received.source).read_bytes()
            if hashlib.sha256(data).hexdigest() != received.sha256:
                raise ChangedError(f"{received.source}: changed while the site was built; build again")
            self._write(urls.received(received.sha256), data)

    def _write_search(self) -> None:
        regions = {code: (region_name(code, "zh-hans"), _parent(code)) for code in self.catalogue.shelves}
        with _alone(self.cache):
            index = self.cache / "index"
            documents = (search_document(bulletin, places.lineage) for bulletin in self.corpus.bulletins)
            search.build_index(documents, index)
            search.export(index, Path(self.output_path, "search"), regions, self.standard)


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
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "index.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
