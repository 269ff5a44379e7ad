"""Synthetic received files: the bulletins of `bulletins.py` with what sites put around a text.

A head with a time and a source, a dateline, the issuer's number, a sign-off with a date: which of them a file has goes
by its number. One in twenty is undated, one in twenty glossed, one in ten has a sidecar, one in three is in GB 18030.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote

from bulletins import bulletin

from tongbao.places import divisions, lineage
from tongbao.repair import glosses
from tongbao.script import convert

_CHARSETS = ("utf-8", "utf-8", "gb18030")
_SIDECAR, _GLOSSED = 10, 20
_OFFICES = ("人民政府办公室", "应急管理局", "卫生健康委员会", "新冠肺炎疫情防控指挥部", "防汛抗旱指挥部")
_PAPERS = ("日报", "新闻网", "融媒", "政府网")
# A site's set of glossed characters with their readings.
_READINGS: Mapping[str, str] = {
    "會": "huì", "來": "lái", "時": "shí", "為": "wèi", "個": "gè", "國": "guó", "學": "xué", "對": "duì", "進": "jìn",
    "實": "shí", "動": "dòng", "開": "kāi", "點": "diǎn", "區": "qū", "導": "dǎo", "場": "chǎng", "廣": "guǎng",
    "風": "fēng",
}  # fmt: skip
_NOTE = "受理后将情况及时报送，特此说明。"


@dataclass(frozen=True, slots=True)
class Parts:
    """What the frames of a text are filled from. `place` is the whole lineage (广西壮族自治区百色市德保县)."""

    title: str
    text: str
    place: str
    name: str
    office: str
    paper: str
    day: date | None
    number: int


def received(number: int, day: date | None = None) -> tuple[bytes, str | None]:
    """A received file's bytes and the text of its sidecar, if it has one; the same for the same arguments.

    `day` is when it was published, if not when the bulletin of this number was.
    """
    made = bulletin(number)
    dice = random.Random(f"frame {number}")
    names = [divisions()[code].name for code in reversed(lineage(made.regions[0]))]
    if day is None and made.published:
        day = date.fromisoformat(made.published[0])
    place = "".join(dict.fromkeys(names))
    paper = f"{names[-1]}{dice.choice(_PAPERS)}"
    parts = Parts(
        made.title_hans,
        _text(made.hans, place, names[-1], day),
        place,
        names[-1],
        f"{place}{dice.choice(_OFFICES)}",
        paper,
        day,
        number % 90 + 1,
    )
    text = dice.choice(_FRAMES)(parts) if day else _undated(parts)
    if number % _GLOSSED == 0:
        text = glosses.damage(convert(text).hant, _READINGS)
    elif made.script == "Hant":
        text = convert(text).hant
    data = text.encode(_charset(number), "replace")
    return data, _sidecar(parts) if number % _SIDECAR == 0 else None


def _text(text: str, place: str, name: str, day: date | None) -> str:
    """A text that says where it is about, as most do."""
    when = f"{day.month}月{day.day}日" if day else "近日"
    return f"{when}，{place}召开工作会议。{text.replace(chr(10), chr(10) + name)}\n会议要求，{name}各部门要抓好落实。"


def _charset(number: int) -> str:
    return _CHARSETS[number % len(_CHARSETS)]


def write(folder: Path, number: int, day: date | None = None) -> None:
    """Write a received file, and its sidecar if it has one, into a folder."""
    data, sidecar = received(number, day)
    _path(folder, number).write_bytes(data)
    if sidecar:
        _path(folder, number).with_suffix(".toml").write_text(sidecar, "utf-8")


def add_sentence(folder: Path, number: int) -> None:
    """Put a sentence before the last line of a received file."""
    path, charset = _path(folder, number), _charset(number)
    head, line, tail = path.read_bytes().decode(charset).rstrip("\n").rpartition("\n")
    path.write_bytes(f"{head}{line}{_NOTE}\n{tail}\n".encode(charset))


def remove(folder: Path, number: int) -> None:
    """Remove a received file and its sidecar."""
    _path(folder, number).unlink()
    _path(folder, number).with_suffix(".toml").unlink(missing_ok=True)


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number:06}.txt"


def _chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _portal(parts: Parts) -> str:
    """A government's page: a head, and the issuer and a date below."""
    assert parts.day
    head = f"{parts.title}\n发布时间：{parts.day}　来源：{parts.office}\n"
    return f"{head}{parts.text}\n{parts.office}\n{_chinese(parts.day)}\n"


def _newspaper(parts: Parts) -> str:
    """A newspaper's page: time, source and editor in a line; a dateline; an editor below."""
    assert parts.day
    clock = f"{parts.number % 12 + 8:02}:{parts.number % 60:02}:{parts.number * 7 % 60:02}"
    head = f"{parts.title}\n{parts.day} {clock}    来源：{parts.paper} | 浏览量：{parts.number * 37}\n"
    line = f"本报{parts.name}{parts.day.month}月{parts.day.day}日讯 "
    return f"{head}{line}{parts.text}\n责任编辑：王某\n"


def _notice(parts: Parts) -> str:
    """A notice with its number, the issuer and a date below."""
    assert parts.day
    number = f"（{parts.name[0]}防指〔{parts.day.year}〕{parts.number}号）"
    body = f"各有关单位：\n{parts.text}\n特此通告。\n"
    return f"{parts.office}\n{parts.title}\n{number}\n{body}{parts.office}\n{_chinese(parts.day)}\n"


def _reprint(parts: Parts) -> str:
    """A reprint: what it was called, and where it comes from."""
    assert parts.day
    head = f"原标题：{parts.title}\n发布日期：{_chinese(parts.day)} 信息来源：{parts.paper}\n"
    return f"{head}{parts.place}{parts.office.removeprefix(parts.place)}消息，{parts.text}\n"


def _undated(parts: Parts) -> str:
    return f"{parts.title}\n{parts.text}\n{parts.office}\n"


_FRAMES: tuple[Callable[[Parts], str], ...] = (_portal, _newspaper, _notice, _reprint)


def _sidecar(parts: Parts) -> str:
    lines = [f'url = "https://archive.example.org/{parts.number}/{quote(parts.title)}.html"']
    lines.append(f'site = "{parts.paper}"')
    if parts.day:
        lines.append(f"fetched = {parts.day + timedelta(days=parts.number)}")
    return "\n".join(lines) + "\n"
