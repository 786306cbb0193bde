"""Pages of the site that are written from the course's own data: each function gives Markdown (MyST) as text.

Everything that stands in a registry, a catalogue or a dictionary passes `plain`, so that no sign in it acts as Markdown.
"""

import csv
import json
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LEVELS = {
    "0_start": "Start",
    "1_junior": "Junior 初级",
    "2_mid": "Mid 中级",
    "3_senior": "Senior 高级",
}
CHINESE = "\u4e00-\u9fff"
SIGNS = re.compile(r"([\\`*_{}\[\]<>#|$~^])")
MENTION = re.compile(rf"\*([A-Za-z][^*\n]{{1,60}})\*\s*\(([^()]*[{CHINESE}][^()]*)\)")


# --- small things --------------------------------------------------------------------------------


def plain(text):
    """Text in which no sign acts as Markdown; `code` stays code."""
    parts = re.split(r"(`[^`]+`)", " ".join(str(text).split()))
    return "".join(part if i % 2 else SIGNS.sub(r"\\\1", part) for i, part in enumerate(parts))


def table(head, rows):
    """A Markdown table; the cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) or "\u00a0" for cell in line) + " |" for line in lines)


def anchor(id):
    """The name of an exercise's or a mistake's place: 'J01.r1' -> 'ex-j01-r1'."""
    return "ex-" + id.lower().replace(".", "-")


def toctree(entries, caption="", maxdepth=1, hidden=False):
    """A table of contents of pages, as paths without their endings."""
    options = [f":maxdepth: {maxdepth}", *([f":caption: {caption}"] if caption else [])]
    options += [":hidden:"] if hidden else []
    return "\n".join(["```{toctree}", *options, "", *entries, "```"])


@cache
def lessons():
    """{id: {"title", "minutes", "needs", "path"}} of all solved notebooks, in the order of the course; path as on the site."""
    found = {}
    for path in sorted(
        (ROOT / "solutions").glob("*/*.ipynb"), key=lambda p: (p.parent.name, "C_" in p.name[:3], p.name)
    ):
        about = json.loads(path.read_text(encoding="utf-8"))["metadata"]["mktlib"]
        found[about["id"]] = about | {
            "path": f"lessons/{path.parent.name}/{path.stem}",
            "level": path.parent.name,
        }
    return found


def lesson_link(id, base=""):
    """A link to a lesson, as seen from a page whose way up to the site's root is `base`."""
    return f"[{id}]({base}{lessons()[id]['path']}.ipynb)" if id in lessons() else id


def exercise_link(id):
    """A link to the place of an exercise in its lesson."""
    return f"[{id}](#{anchor(id)})"


# --- lessons -------------------------------------------------------------------------------------


def lessons_page():
    """All lessons, level by level."""
    parts = [
        "# Lessons",
        "Each page is a solved lesson with its outputs, as it stands in `solutions/`. An answer is folded: think first, then "
        "open it. Notes for trainers are folded, too. To work in a lesson, open it in JupyterLab: `python3 course.py lab`.",
    ]
    for level, title in LEVELS.items():
        mine = {id: one for id, one in lessons().items() if one["level"] == level}
        rows = [
            [
                f"[{plain(one['title'])}](../{one['path']}.ipynb)".replace("[", f"[{id} ", 1),
                _minutes(one),
                _needs(one),
            ]
            for id, one in mine.items()
        ]
        paths = ["/" + one["path"] for one in mine.values()]
        parts += [f"## {title}", table(["lesson", "minutes", "before it"], rows)]
        parts += [toctree(paths, caption=title, hidden=True)]
    return "\n\n".join(parts)


def _minutes(lesson):
    fast, slow = lesson.get("minutes") or ("", "")
    return f"{fast} to {slow}" if fast else ""


def _needs(lesson):
    return ", ".join(lesson_link(id, "../") for id in lesson.get("needs") or [])


# --- glossary ------------------------------------------------------------------------------------


@cache
def terms():
    """[(English, Chinese, Markdown that explains it, lesson or '')], one entry for each English term, in alphabetic order.

    From the metric layer, then the cheat sheets, then the terms that lessons define in passing; the first that has a term keeps it.
    """
    found = {}
    for english, chinese, meaning, lesson in [*_metric_terms(), *_sheet_terms(), *_mentioned_terms()]:
        key = re.sub(r"\s*\([^)]*\)$", "", english).lower()
        found.setdefault(key, (english, chinese, meaning, lesson))
    return sorted(found.values(), key=lambda term: term[0].lower())


def _metric_terms():
    from mktlib.metrics import definitions, glossary

    for key, row in glossary().iterrows():
        one = definitions()["metrics"][key]
        others = "".join(
            f"\n\n  Also in use: {plain(other['name'])} = {plain(other['formula'])} ({plain(other['used_by'])})."
            for other in one.get("other_conventions", [])
        )
        said = f"{plain(row['formula'])} ({plain(row['unit'])}). {plain(one['careful'])}"
        source = f"\n\n  Metric `{key}`; {plain(one['grain'])}. Source: {plain(one['source'])}."
        yield one["name"], one["zh"], said + others + source, one["earned_in"]


def _lesson_texts():
    for id, one in lessons().items():
        path = (ROOT / one["path"]).with_suffix(".md")
        yield id, path.read_text(encoding="utf-8")


def _sheet_terms():
    """Rows of the cheat sheets: tables whose second column is Chinese."""
    for lesson, text in _lesson_texts():
        for block in re.findall(r"^\| ?[Tt]erm ?\| ?中文 ?\|.*\n\|[-| ]+\n((?:\|.*\n)+)", text, re.M):
            for line in block.splitlines():
                cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
                yield cells[0], cells[1], "; ".join(filter(None, cells[2:])), lesson


def _mentioned_terms():
    """*English* (中文) in a lesson's text."""
    for lesson, text in _lesson_texts():
        for english, inside in MENTION.findall(text):
            parts = [part.strip() for part in re.split(r"[,;]", inside)]
            chinese = next(part for part in parts if re.search(f"[{CHINESE}]", part))
            short = next((part for part in parts if re.fullmatch(r"[A-Z][A-Za-z0-9&/-]{1,9}", part)), "")
            name = english[0].lower() + english[1:] if english[1:2].islower() else english
            yield name + (f" ({short})" if short else ""), chinese, "", lesson


def glossary_page():
    """English terms with their Chinese ones and what they mean."""
    entries, taken = [], set()
    for english, chinese, meaning, lesson in terms():
        new = chinese.lower() not in taken  # a term may be an entry of its own once only
        names = [plain(english), *([plain(chinese)] if new else [])]
        taken |= {english.lower(), chinese.lower()}
        said = ["" if new else f"{plain(chinese)}.", _ended(meaning), f"Lesson {lesson_link(lesson)}."]
        entries.append("\n".join(names) + "\n  " + " ".join(filter(None, said)))
    head = (
        "# Glossary 术语表\n\nEvery metric of the course's metric layer, the cheat sheets and the terms that lessons define on their "
        "way. By Chinese term: [中文索引](glossary_zh.md). The search finds both languages."
    )
    return head + "\n\n````{glossary}\n" + "\n\n".join(entries) + "\n````"


def _ended(text):
    return text if not text or text[-1] in ".!?" else text + "."


def chinese_page():
    """Chinese terms with their English ones; the order of GB 2312 is that of pinyin for common characters."""
    rows = sorted(
        {(plain(zh), plain(english), lesson_link(lesson)) for english, zh, _, lesson in terms()},
        key=lambda row: row[0].encode("gb18030"),
    )
    head = "# 中文索引\n\nChinese terms in the order of pinyin. What they mean stands in the [glossary](glossary.md)."
    return head + "\n\n" + table(["中文", "English", "lesson"], rows)


# --- mistakes ------------------------------------------------------------------------------------


@cache
def catalogue():
    """{code: {"name", "family", "rule", "told": [(exercise, mistake)]}} of the mistakes that exercises know."""
    from mktlib.course import registry

    found = {code: dict(row, told=[]) for code, row in registry.misconceptions().items()}
    for one in registry.exercises():
        for mistake in one.mistakes:
            found[mistake.code]["told"].append((one, mistake))
    return {code: row for code, row in found.items() if row["told"]}


def families():
    """{family: codes}, in the order of the catalogue."""
    found = {}
    for code, row in catalogue().items():
        found.setdefault(row["family"], []).append(code)
    return found


def slug(text):
    """'Ratios, units, aggregation' -> 'ratios_units_aggregation'."""
    return re.sub(r"\W+", "_", text.lower()).strip("_")


def mistakes_page():
    """The families of mistakes and the names in each."""
    parts = [
        "# Named mistakes",
        f"{len(catalogue())} mistakes that people really make, each with the belief behind it, what Heyu's data hold against it, the "
        "rule to remember, and the lessons that look for it. The beliefs are what `check` says to a learner who made the mistake.",
    ]
    for family, codes in families().items():
        names = [
            f"- [{plain(catalogue()[code]['name'])}](#mistake-{code.lower().replace('_', '-')}) `{code}`"
            for code in codes
        ]
        parts += [f"## {plain(family)}", "\n".join(names)]
    return "\n\n".join([*parts, toctree([slug(family) for family in families()], hidden=True)])


def family_page(family, examples):
    """All mistakes of a family."""
    return "\n\n".join(
        [f"# {plain(family)}", *(mistake(code, examples.get(code)) for code in families()[family])]
    )


def mistake(code, example):
    """One mistake: tempting claim, counter-example, rule, repair, lessons."""
    row = catalogue()[code]
    shown = example["exercise"] if example else None
    told = sorted(row["told"], key=lambda one: one[0].id != shown)  # the one whose numbers follow comes first
    claims = [
        f"- {plain(one.belief)} ({exercise_link(exercise.id)}, {plain(exercise.title)})"
        for exercise, one in told
    ]
    ids = list(dict.fromkeys(exercise.lesson for exercise, _ in told))
    parts = [
        f"(mistake-{code.lower().replace('_', '-')})=\n## {plain(row['name'])}",
        f"`{code}` in {', '.join(lesson_link(id, '../') for id in ids)}",
        f"**Rule.** {plain(row['rule'])}",
        "**The tempting claim**, in the words that a learner reads who made it:",
        "\n".join(claims[:2]),
    ]
    if claims[2:]:
        more = "in one more exercise" if len(claims) == 3 else f"in {len(claims) - 2} more exercises"
        parts.append(
            f":::{{admonition}} The claim {more}\n:collapsible: closed\n:class: quiet\n\n"
            + "\n".join(claims[2:])
            + "\n:::"
        )
    parts += counter_example(example)
    parts.append(f"**Ask.** {plain(_repair(told, example))}")
    return "\n\n".join(parts)


def _repair(told, example):
    """The question that repairs the mistake, of the exercise that is shown."""
    wanted = example["exercise"] if example else told[0][0].id
    return next(mistake.repair for exercise, mistake in told if exercise.id == wanted)


def counter_example(example):
    """The numbers that the shipped data hold against a mistake."""
    if not example:
        return []
    parts = [f"**Counter-example**, from Heyu's data ({exercise_link(example['exercise'])}):"]
    if example["shows"]:
        parts.append(
            "\n".join(f"- {plain(label)}: **{plain(value)}**" for label, value in example["shows"].items())
        )
    return [*parts, *([f"**What it costs.** {plain(example['cost'])}"] if example["cost"] else [])]


# --- data ----------------------------------------------------------------------------------------


@cache
def package():
    """data/datapackage.json."""
    return json.loads((ROOT / "data" / "datapackage.json").read_text(encoding="utf-8"))


@cache
def readers():
    """{table: ids of the lessons that load it}."""
    found = {}
    for id, text in _lesson_texts():
        for name in dict.fromkeys(re.findall(r'\bload\("(\w+)"', text)):
            found.setdefault(name, []).append(id)
    return found


def data_page():
    """All tables in one table."""
    rows = [
        [
            f"[{one['name']}]({one['name']}.md)",
            plain(one["title"]),
            len(one["schema"]["fields"]),
            _read_in(one["name"]),
        ]
        for one in sorted(package()["resources"], key=lambda one: one["name"])
    ]
    said = (
        f"# Data dictionary 数据字典\n\n{plain(package()['title'])}. {plain(package()['description'])} {len(rows)} tables, made by the "
        f'simulator from the seed {package()["seed"]}. In a notebook `load("orders")` brings a table and `describe("orders")` this '
        "page. Made from `data/datapackage.json`."
    )
    names = [row["name"] for row in sorted(package()["resources"], key=lambda one: one["name"])]
    return "\n\n".join(
        [said, table(["table", "what a row is", "columns", "read in"], rows), toctree(names, hidden=True)]
    )


def _read_in(name):
    return ", ".join(lesson_link(id, "../") for id in readers().get(name, []))


def table_page(resource):
    """One table: what a row is, its key, its columns."""
    schema = resource["schema"]
    links = {
        key["fields"][0]: key["reference"] for key in schema.get("foreignKeys", []) if len(key["fields"]) == 1
    }
    facts = [
        f"File: `{resource['path']}` ({resource['bytes'] / 1e3:,.0f} kB in {len(resource['files'])} "
        f"{'files' if len(resource['files']) > 1 else 'file'}).",
        f"Key: {', '.join(f'`{name}`' for name in schema['primaryKey'])}." if schema["primaryKey"] else "",
        f"Read in {_read_in(resource['name'])}." if _read_in(resource["name"]) else "",
    ]
    rows = [_column(field, links.get(field["name"])) for field in schema["fields"]]
    head = ["column", "中文", "type", "unit", "meaning"]
    parts = [
        f"# {plain(resource['name'])}",
        plain(resource["title"]) + ".",
        " ".join(filter(None, facts)),
        table(head, rows),
    ]
    return "\n\n".join(parts)


def _column(field, link):
    limits = field.get("constraints", {})
    values = ", ".join("empty" if value == "" else plain(value) for value in limits.get("enum", []))
    said = plain(field["description"])
    said += f" One of: {values}." if values else ""
    said += f" Key of [{link['resource']}]({link['resource']}.md)." if link else ""
    said += "" if limits.get("required") else " May be missing."
    return [f"`{field['name']}`", plain(field["term_zh"]), field["type"], plain(field["unit"]), said]


# --- status --------------------------------------------------------------------------------------


def status_page(runtimes=ROOT / "docs" / "runtimes.csv", in_passing=ROOT / "build" / "runtimes.csv"):
    """What the course consists of, how long each notebook takes, and the versions it was proven with.

    runtimes, in_passing   what tools/runtimes.py measured, one notebook at a time, and in the last test of this folder
    """
    from mktlib.course import registry

    questions = registry.exercises()
    seconds, tested = (
        {row["notebook"]: row for row in _rows(path)} if path.is_file() else {}
        for path in (runtimes, in_passing)
    )
    head = [
        "lesson",
        "title",
        "exercises",
        "known mistakes",
        "seconds",
        *(["in the last test here"] if tested else []),
    ]
    rows = []
    for id, one in lessons().items():
        mine = [question for question in questions if question.lesson == id]
        mistakes = sum(len(question.mistakes) for question in mine)
        rows.append([lesson_link(id), plain(one["title"]), len(mine), mistakes, _seconds(one, seconds)])
        rows[-1] += [_seconds(one, tested)] if tested else []
    pins = [line.partition("==") for line in _pins()]
    pinned = [[plain(name), plain(version.partition(";")[0].strip())] for name, _, version in pins]
    said = (
        f"{len(lessons())} notebooks, {len(questions)} exercises, {sum(len(one.mistakes) for one in questions)} ways to go wrong that are "
        f"known by {len(catalogue())} names. The build runs every notebook, and stored numbers are compared."
    )
    return "\n\n".join(
        [
            "# Course status",
            said,
            "## Lessons and run times",
            _measured(seconds),
            table(head, rows),
            "## Versions",
            "The pins of `requirements.txt`, with which the solutions were made.",
            table(["package", "version"], pinned),
        ]
    )


def _rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _measured(seconds):
    if not seconds:
        return "Run times: not measured here (`docs/runtimes.csv` is not there)."
    pythons = sorted({row["python"] for row in seconds.values()})
    return f"Seconds of the whole notebook, its kernel included, on Python {', '.join(pythons)}."


def _seconds(lesson, seconds):
    """The row of a notebook may be named by path, file or lesson."""
    stem = lesson["path"].rpartition("/")[2]
    row = next(
        (row for name, row in seconds.items() if Path(name).stem == stem or name == lesson["id"]), None
    )
    return f"{float(row['seconds']):.0f}" if row else "not measured"


def _pins():
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if "==" in line and not line.startswith("#")]


# --- start ---------------------------------------------------------------------------------------


def start_page(guide, howto):
    """The first page, by intent, as the README. guide, howto: whether there are a teaching guide and how-to pages."""
    teach = "the [teaching guide](docs/teaching/index.md), " if guide else ""
    top = ["Lessons <lessons/index>", "Glossary <glossary>", "Mistakes <mistakes/index>", "Data <data/index>"]
    top += ["Competences <docs/competences>", *(["Teaching <docs/teaching/index>"] if guide else [])]
    top += [*(["How to <howto>"] if howto else []), "Status <status>"]
    rows = [
        [
            "**learn**",
            "`python3 course.py lab` (Windows: `py course.py lab`), and start at N00. Everything works offline afterwards.",
        ],
        [
            "**teach**",
            f"Read {teach}the [solved lessons](lessons/index.md) with their notes for trainers, and the [mistakes](mistakes/index.md) that a class will make.",
        ],
        [
            "**write a lesson**",
            "One text file and one check file, an afternoon: `CONTRIBUTING.md` of the repository.",
        ],
        [
            "**look something up**",
            "[Glossary 术语表](glossary.md), [named mistakes](mistakes/index.md), [data dictionary](data/index.md), [what is practised where](docs/competences.md).",
        ],
        ["**just look**", f"[J01, the metrics alphabet]({lessons()['J01']['path']}.ipynb)."],
    ]
    levels = [
        f"**{title}**: "
        + ", ".join(
            f"[{id}]({one['path']}.ipynb) {plain(one['title'])}"
            for id, one in lessons().items()
            if one["level"] == level
        )
        for level, title in LEVELS.items()
    ]
    return "\n\n".join(
        [
            "# A digital-marketing workbook that names your mistake",
            "A course of Jupyter notebooks for digital marketers, from reading an ad report to defending an annual budget. One fictional "
            "mother-and-baby brand, Heyu 禾屿, runs through all of it. When an answer is wrong, the course says which mistake was made, "
            "computed from your own data. And the truth is known: a simulator made the brand's data, so every estimate can be scored.",
            table(["You want to", "Do this"], rows),
            "```{image} docs/named_mistake.png\n:alt: A learner averaged daily rates; the feedback names the mistake, shows two numbers side by side and asks one question.\n```",
            "## Lessons",
            *levels,
            toctree(top, hidden=True),
        ]
    )
