"""The command line: `tongbao explain | search | import | check | process`.

Exit codes: 0 success, 1 findings (quarantined inputs, no hits), 2 a usage error: what was asked for can't be done as
asked. Every error names the file, what is wrong and what to do.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from tongbao import pipeline, receive, search
from tongbao.export import layers
from tongbao.export.layers import Layer, Target
from tongbao.export.records import edit_record, record
from tongbao.model import Bulletin, Edit, EditEvidence, Evidence, Quarantined, Received, Standard

Step = TypeVar("Step")

INDEX = Path(".cache/index")

# The texts that a bulletin can be printed as: {name: the layers that are off}.
TEXTS = {
    "received": set(Layer),
    "repaired": {Layer.SCRIPT, Layer.PUNCTUATION, Layer.PAGE},
    "script": {Layer.PUNCTUATION, Layer.PAGE},
    "punctuation": {Layer.PAGE},
    "reading": set[Layer](),
}

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
ANY = click.Path(exists=True, path_type=Path)


class _Commands(click.Group):
    """Says in one line what the library and the system refuse to do."""

    def invoke(self, ctx: click.Context) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):  # a terminal that knows no Chinese still gets an answer
                stream.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except (receive.ReceiveError, search.SearchIndexError, OSError) as error:
            raise click.UsageError(str(error)) from error


@click.group(cls=_Commands)
@click.version_option(package_name="tongbao")
def main() -> None:
    """Tongbao (通報): an archive of response bulletins, each repair and each tag explained."""


# --- explain ---------------------------------------------------------------------------------------------------------


@main.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, as in data/bulletins.jsonl.")
@click.option("--layer", type=click.Choice(list(TEXTS)), help="Print the text at this layer, and nothing else.")
@click.option(
    "--script", type=click.Choice([t.value for t in Target]), default="received", help="The script of --layer."
)
@click.option(
    "--standard", type=click.Choice([s.value for s in Standard]), default="tw", help="Whose forms Traditional takes."
)
@click.option("--among", type=FOLDER, help="A content folder: copies of FILE's passages there may settle doubts.")
def explain(file: Path, as_json: bool, layer: str | None, script: str, standard: str, among: Path | None) -> None:
    """Print how FILE (- for standard input) was read: its encoding, each repair, each tag, and why.

    With --layer, print the text itself: as received, repaired, in a --script, with its punctuation restored, or as
    the page shows it (reading); with --json, also the edits of each layer that lead there.
    """
    received = _received(file)
    if isinstance(received, Quarantined):
        _complain([received])
        sys.exit(1)
    bulletin = pipeline.process(received, Standard(standard))
    if among is not None:
        others, _, _ = pipeline.each(among, Standard(standard))
        copies = [b for b in others if b.received.sha256 != received.sha256 and b.id != bulletin.id]
        bulletin = pipeline.compare([bulletin, *copies])[0]
    if layer is not None:
        _print_layer(bulletin, layer, Target(script), as_json)
    elif as_json:
        click.echo(json.dumps(record(bulletin), ensure_ascii=False, indent=2))
    else:
        _explain(Console(highlight=False, soft_wrap=True), bulletin)


def _received(file: Path) -> Received | Quarantined:
    """Receive a file, or standard input for `-`. Raises UsageError where there is no such file."""
    if str(file) == "-":
        return receive.receive_bytes(sys.stdin.buffer.read(receive.MAX_BYTES + 1), "stdin")
    if file.is_dir():
        raise click.UsageError(f"{file} is a folder; name one file in it")
    if not file.exists():
        raise click.UsageError(f"{file}: there is no such file; name a received file, or - for standard input")
    return receive.receive_file(file, file.parent)


def _print_layer(bulletin: Bulletin, name: str, target: Target, as_json: bool) -> None:
    """The text at a layer, exactly; as JSON with the edits that lead to it from the received text."""
    text = layers.text(bulletin, target, TEXTS[name])
    if not as_json:
        sys.stdout.write(text)
        return
    steps = [
        {"layer": step.layer.value, "edits": [edit_record(e) for e in step.edits]}
        for step in layers.stack(bulletin, target, TEXTS[name])
    ]
    made = {"id": bulletin.id, "layer": name, "script": target.value, "text": text, "steps": steps}
    click.echo(json.dumps(made, ensure_ascii=False, indent=2))


def _explain(console: Console, bulletin: Bulletin) -> None:
    line = record(bulletin)
    console.print(Text(line["title"] or "(no title)", style="bold"))
    for label in ("id", "encoding", "script", "damage", "kind", "issuer", "doc_number"):
        if line[label] not in (None, ""):
            console.print(f"[dim]{label:>12}[/]  ", Text(str(line[label])), sep="")
    for reason in bulletin.received.encoding_evidence:
        console.print("[dim]             because[/] ", Text(reason), sep="")
    for reason in bulletin.repaired.review:
        console.print("[dim]  for review[/]  ", Text(reason, style="yellow"), sep="")
    _edits(console, "repairs", bulletin.repaired.edits)
    _edits(console, "suggestions (not taken)", bulletin.repaired.suggestions)
    tags = Table("tag", "value", "rule", "evidence", title="tags", title_justify="left", expand=False)
    for region in bulletin.regions.tags:
        then = f" (then {' '.join(region.at_date)})" if region.at_date else ""
        value = f"{region.code} {region.name}{then}"
        tags.add_row(f"region {region.role.value}", value, region.rule, _quote(region.evidence))
        if region.alternatives:
            names = " / ".join(f"{code} {name}" for code, name in region.alternatives)
            tags.add_row("", Text(f"not {names}", style="dim"), "", "")
    for place in bulletin.regions.others:
        name = " ".join(filter(None, (place.code, place.name, place.parent and f"({place.parent})")))
        tags.add_row(place.kind, name, place.rule, _quote(place.evidence))
    for unclear in bulletin.regions.ambiguous:
        names = " / ".join(f"{code} {name}" for code, name in unclear.candidates)
        tags.add_row("region undecided", names, "", _quote(unclear.evidence))
    published = bulletin.dates.published
    for date in (*([published] if published else []), *bulletin.dates.events):
        tags.add_row(date.role, date.edtf, date.rule, _quote(date.evidence))
        for edtf, rule in date.alternatives:
            tags.add_row("", Text(f"not {edtf}", style="dim"), Text(rule, style="dim"), "")
    if published is None:
        tags.add_row("publication", Text("unknown", style="yellow"), "", "")
    for name, spans in sorted(bulletin.genre.evidence.items()):
        tags.add_row(name, Text(str(getattr(bulletin.genre, name))), "", _quote(spans))
    console.print(tags)


def _edits(console: Console, title: str, edits: Iterable[Edit]) -> None:
    table = Table(title=title, title_justify="left")
    for column in ("at", "rule", "before", "after", "sure", "why"):
        table.add_column(column, overflow="fold", no_wrap=column in ("at", "sure"))
    for edit in edits:
        table.add_row(
            f"{edit.start}-{edit.end}",
            edit.rule,
            Text(_short(edit.before), style="red"),
            _after(edit),
            f"{edit.confidence:.2f}",
            _why(edit.evidence),
        )
    if table.rows:
        console.print(table)


def _after(edit: Edit) -> Text:
    """What an edit puts there; one that changes nothing says that it can't be known."""
    if edit.after == edit.before:
        return Text("(undecided)" if edit.evidence.candidates else "(lost)", style="yellow")
    return Text(_short(edit.after), style="green")


def _why(evidence: EditEvidence) -> Text:
    """The reason, the bytes, the gain over leaving the text alone, and the other readings."""
    parts = [evidence.reason]
    if evidence.received_bytes:
        parts.append(f"[{_short(evidence.received_bytes)} → {_short(evidence.restored_bytes)}]")
    if evidence.gain is not None:
        parts.append(f"gain {evidence.gain:.1f}")
    if evidence.runner_up is not None:
        behind = "" if evidence.margin is None else f" ({evidence.margin:.1f} behind)"
        parts.append(f"runner-up {_short(evidence.runner_up) or '(nothing)'}{behind}")
    others = [c for c in evidence.candidates if c != evidence.runner_up]
    if others:
        parts.append("or " + " / ".join(_short(c) or "(nothing)" for c in others))
    return Text("; ".join(filter(None, parts)))


def _quote(evidence: Iterable[Evidence], most: int = 4) -> Text:
    spans = list(evidence)
    shown = "  ".join(f"{e.text}@{e.start}" if e.where == "text" else f"{e.text} ({e.where})" for e in spans[:most])
    return Text(_short(shown, 120) + (f"  +{len(spans) - most}" if len(spans) > most else ""))


def _short(text: str, most: int = 40) -> str:
    flat = text.replace("\n", "⏎")
    return flat if len(flat) <= most else flat[: most - 1] + "…"


# --- search ----------------------------------------------------------------------------------------------------------


@main.command(name="search")
@click.argument("query")
@click.option("--index", type=click.Path(path_type=Path), default=INDEX, show_default=True, help="Folder of the index.")
@click.option("--region", "regions", multiple=True, help="GB/T 2260 code; several widen the filter.")
@click.option("--from", "date_from", help="Earliest day, month or year (ISO).")
@click.option("--to", "date_to", help="Latest day, month or year (ISO).")
@click.option("--sort", type=click.Choice(["relevance", "newest", "oldest"]), default="relevance", show_default=True)
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def search_command(
    query: str,
    index: Path,
    regions: tuple[str, ...],
    date_from: str | None,
    date_to: str | None,
    sort: str,
    limit: int,
    as_json: bool,
) -> None:
    """Find bulletins that contain QUERY, in either script, as the search page does."""
    if not index.is_dir():
        raise click.UsageError(f"{index} holds no search index; build the site first (make html) or name --index")
    try:
        results = search.query(index, query, regions, date_from, date_to, sort, limit)
    except ValueError as error:
        raise click.UsageError(f"{error}; dates are written 2022, 2022-03 or 2022-03-19") from error
    if as_json:
        hits = [{"id": hit.id, "score": hit.score, "title": hit.title, "date": hit.date} for hit in results.hits]
        click.echo(json.dumps({"total": results.total, "hits": hits}, ensure_ascii=False))
    else:
        click.echo(f"{results.total} bulletins")
        for hit in results.hits:
            click.echo(f"{hit.score:9.4f}  {hit.date or '----------':10}  {hit.id}  {hit.title}")
    sys.exit(0 if results.total else 1)


# --- import ----------------------------------------------------------------------------------------------------------


@main.command(name="import")
@click.argument("sources", nargs=-1, required=True, type=ANY)
@click.option("--into", type=click.Path(file_okay=False, path_type=Path), default=Path("content/bulletins"))
def import_command(sources: tuple[Path, ...], into: Path) -> None:
    """Copy received files (and folders of them) INTO the content folder, bytes unchanged, never over another file."""
    inside = [source for source in sources if into.resolve().is_relative_to(source.resolve())]
    if inside:
        raise click.UsageError(f"{into} lies inside {inside[0]}, which is to be copied; name another folder")
    refused: list[Quarantined] = []
    copied = 0
    for root, path in _files(sources):
        target = into / path.relative_to(root)
        fault = _refusal(path, target)
        if fault:
            refused.append(fault)
        elif not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            copied += 1
    click.echo(f"{copied} files copied into {into}")
    _complain(refused)
    sys.exit(1 if refused else 0)


def _files(sources: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """(root, file) for each path that is named, and all but dotfiles in the folders that are."""
    for source in sources:
        if not source.is_dir():
            yield source.parent, source
            continue
        for path in sorted(source.rglob("*")):
            hidden = any(part.startswith(".") for part in path.relative_to(source).parts)
            if not hidden and (path.is_symlink() or not path.is_dir()):
                yield source, path


def _refusal(path: Path, target: Path) -> Quarantined | None:
    """Why `path` is not copied to `target`, if it is not."""
    if path.is_symlink() or not path.is_file():
        return Quarantined(str(path), "a link, or no regular file", "name the file itself")
    if path.suffix.lower() not in (*receive.SUFFIXES, ".toml"):
        return Quarantined(str(path), "neither a bulletin nor a sidecar", f"received: {', '.join(receive.SUFFIXES)}")
    if target.is_dir() or (target.exists() and target.read_bytes() != path.read_bytes()):
        return Quarantined(str(path), f"{target} is there already, and another", "rename one of the two")
    return None


# --- check -----------------------------------------------------------------------------------------------------------


@main.command()
@click.argument("content", type=FOLDER, default=Path("content"))
def check(content: Path) -> None:
    """Process CONTENT without building a site; exit 1 where an input can't be published.

    Warnings, and texts that a curator should look at, are listed and do no harm.
    """
    corpus = pipeline.run(content)
    click.echo(f"{len(corpus.bulletins)} bulletins, {len(corpus.quarantined)} quarantined")
    for warning in corpus.warnings:
        click.echo(f"warning: {warning}", err=True)
    for bulletin in corpus.bulletins:
        for reason in bulletin.repaired.review:
            click.echo(f"for review: {bulletin.received.source}: {reason}", err=True)
    _complain(corpus.quarantined)
    sys.exit(1 if corpus.quarantined else 0)


# --- process ---------------------------------------------------------------------------------------------------------


@main.command()
@click.argument("source", required=False)
@click.option("--content", type=click.Path(file_okay=False, path_type=Path), default=Path("content"), show_default=True)
@click.option("--cache", type=click.Path(file_okay=False, path_type=Path), default=Path(".cache"), show_default=True)
@click.option("--scheduler", help="Address of a Dask scheduler (tcp://host:8786); else processes of this machine.")
@click.option("--workers", type=click.IntRange(1), help="Processes of this machine; else as many as it has cores.")
@click.option("--partition-bytes", type=click.IntRange(1), help="Received bytes that are one task (1 MiB).")
@click.option(
    "--standard",
    type=click.Choice([s.value for s in Standard]),
    default="tw",
    envvar="TONGBAO_HANT",
    help="Whose forms Traditional takes: what the site is built with.",
)
def process(
    source: str | None,
    content: Path,
    cache: Path,
    scheduler: str | None,
    workers: int | None,
    partition_bytes: int | None,
    standard: str,
) -> None:
    """Process CONTENT on a cluster into the store that a build reads, SOURCE first put into it.

    SOURCE is a path or any URL that fsspec reads: a folder of received files, or JSON Lines, Parquet or WARC
    (docs/scaling.md). Ended at any moment and run again, it goes on where it was; then `make html` builds the site.
    """
    try:
        from tongbao.cluster import filling, landing, sources
        from tongbao.cluster import workers as dask
    except ImportError as error:
        raise click.UsageError(f"{error}; install what a cluster needs: pip install 'tongbao[cluster]'") from error
    if scheduler and workers:
        raise click.UsageError("--workers are processes of this machine, --scheduler has its own; leave one out")
    refused: tuple[Quarantined, ...] = ()
    try:
        if source is not None:
            _apart(source, content)
            landed = landing.land(_counted(sources.read(source), "received"), content)
            refused = landed.refused
            click.echo(f"{landed.new} files put into {content}/bulletins, {landed.there} were there", nl=False)
            click.echo(f", {landed.without_text} records hold no text" if landed.without_text else "")
        with dask.connected(scheduler, workers) as client:
            filled = filling.fill(
                content,
                cache,
                Standard(standard),
                dask.over(client),
                partition_bytes or filling.PARTITION_BYTES,
                lambda steps, total: _counted(steps, "processed", total),
            )
    except (sources.SourceError, dask.ClusterError) as error:
        raise click.UsageError(str(error)) from error
    click.echo(
        f"{filled.received} bulletins: {filled.processed} processed, {filled.taken_over} taken over from a run that "
        f"was ended, {filled.known} known; {len(refused) + len(filled.quarantined)} quarantined"
    )
    for warning in filled.warnings:
        click.echo(f"warning: {warning}", err=True)
    _complain((*refused, *filled.quarantined))
    sys.exit(1 if refused or filled.quarantined else 0)


def _apart(source: str, content: Path) -> None:
    """Raises UsageError where a local source and the content folder hold each other."""
    if "://" in source:
        return
    here, there = Path(source).resolve(), (content / "bulletins").resolve()
    if here.is_relative_to(there):
        raise click.UsageError(f"{source} is in {content} already; leave it out")
    if there.is_relative_to(here):
        raise click.UsageError(f"{content} lies inside {source}, which is to be put into it; name another folder")


def _counted(steps: Iterator[Step], name: str, total: int | None = None) -> Iterator[Step]:
    """The same steps; on a terminal, how many have gone by."""
    if sys.stderr.isatty():
        columns = TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            yield from bar.track(steps, total)
    else:
        yield from steps


def _complain(quarantined: Iterable[Quarantined]) -> None:
    for item in quarantined:
        click.echo(f"{item.source}: {item.fault}; {item.remedy}", err=True)
