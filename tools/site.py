"""Build the site: solved lessons, glossary, named mistakes, data dictionary, competences, status, teaching guide, how-to pages.

    python tools/site.py --out build/site      `python course.py site` does the same

Everything is made from what the repository holds; nothing is run but the mistakes' counter-examples, whose result is kept in build/.
The site works from any web server and asks nothing of the network. A warning of Sphinx, such as a broken link, stops the build.
"""

import argparse
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from docutils.nodes import make_id
from tqdm import tqdm

from tools import site_pages as pages
from tools.counter_examples import counter_examples

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "docs" / "site"
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)")
EXERCISE_IDS = re.compile(r"\b([NJMS][0-9C][0-9]?\.(?:r?\d+|[a-z]))\b")


def main(arguments=None):
    """Run the command line; returns the exit code."""
    options = command_line().parse_args(arguments)
    started = time.monotonic()
    out = Path(options.out).resolve()
    if out.exists() and any(out.iterdir()) and not (out / "searchindex.js").is_file():
        print(
            f"{out} holds other things than a site; name a folder that is empty or does not exist.",
            file=sys.stderr,
        )
        return 1
    with tempfile.TemporaryDirectory(prefix="mktlib-site-") as folder:
        source = Path(folder) / "source"
        examples = (
            {} if options.quick else counter_examples(partial(tqdm, desc="counter-examples", unit="lesson"))
        )
        write_sources(source, examples)
        code = sphinx(source, out, Path(folder))
    if code == 0:
        size = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
        print(f"The site is in {out}: {size / 1e6:.0f} MB, made in {time.monotonic() - started:.0f} s.")
    return code


def command_line():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--out", default=str(ROOT / "build" / "site"), help="folder of the site (default: build/site)"
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="leave out the mistakes' counter-examples, which take a while to compute",
    )
    return parser


def sphinx(source, out, aside):
    """Run Sphinx, quietly, with warnings as errors; returns its exit code. A site that is in `out` stays until the new one is whole."""
    fresh = aside / "html"
    command = [sys.executable, "-m", "sphinx", "-b", "html", "-q", "-W", "--keep-going", "-j", "2"]
    command += ["-d", str(aside / "doctrees"), str(source), str(fresh)]
    code = subprocess.run(command, cwd=source, env=os.environ | {"PYTHONUTF8": "1"}).returncode
    if code == 0:
        shutil.rmtree(out, ignore_errors=True)
        shutil.copytree(fresh, out)
    return code


# --- sources -------------------------------------------------------------------------------------


def write_sources(folder, examples):
    """Write the folder that Sphinx reads. examples: counter-examples, by the codes of mistakes."""
    shutil.copytree(SOURCES, folder)
    documents = copy_documents(folder)
    copy_lessons(folder)
    for name, text in written_pages(documents, examples):
        path = folder / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")


def written_pages(documents, examples):
    """(name, text) of every page that is made from data. `documents`: names of the pages copied from docs/."""
    guide = "docs/teaching/index" in documents
    other = sorted(name for name in documents if "/teaching/" not in name and name != "docs/competences")
    yield "index", pages.start_page(guide, bool(other))
    yield "lessons/index", pages.lessons_page()
    yield "glossary", pages.glossary_page() + "\n\n" + pages.toctree(["glossary_zh"], hidden=True)
    yield "glossary_zh", pages.chinese_page()
    yield "mistakes/index", pages.mistakes_page()
    for family in pages.families():
        yield f"mistakes/{pages.slug(family)}", pages.family_page(family, examples)
    yield "data/index", pages.data_page()
    for resource in pages.package()["resources"]:
        yield f"data/{resource['name']}", pages.table_page(resource)
    yield "status", pages.status_page()
    if other:
        yield "howto", "# How to\n\n" + pages.toctree(other)


def copy_documents(folder):
    """Copy docs/*.md and docs/teaching/ with links made for the site; returns the names of the pages, such as 'docs/nbgrader'."""
    found = [*(ROOT / "docs").glob("*.md"), *sorted((ROOT / "docs" / "teaching").rglob("*.md"))]
    names = {path.relative_to(ROOT).as_posix(): page_name(path.relative_to(ROOT)) for path in found}
    for path, name in names.items():
        text = relink((ROOT / path).read_text(encoding="utf-8"), path, names, folder)
        if name == "docs/competences":
            text = EXERCISE_IDS.sub(lambda found: pages.exercise_link(found[1]), text)
        if name == "docs/teaching/index":
            inside = [
                f"/{other}"
                for other in names.values()
                if other.startswith("docs/teaching/") and other != name
            ]
            text += "\n" + pages.toctree(inside, hidden=True)
        copy_to(folder / f"{name}.md", text)
    copy_to(folder / "docs" / "named_mistake.png", ROOT / "docs" / "named_mistake.png")
    return set(names.values())


def page_name(path):
    """docs/teaching/README.md -> docs/teaching/index: the first page of a folder."""
    return (path.with_name("index") if path.stem == "README" else path.with_suffix("")).as_posix()


def copy_to(path, what):
    """Write a text, or copy a file, to a path whose folder may not be there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(what, Path):
        shutil.copyfile(what, path)
    else:
        path.write_text(what, encoding="utf-8")


def relink(text, place, known, folder):
    """Links of a file of the repository, as the site needs them.

    place    the file's path from the repository's root; known: {path of a text in docs/: name of its page}
    Lessons and notebooks become pages of lessons, pictures are copied, what the site does not show becomes its name as code.
    """

    def changed(found):
        picture, words, address = found.groups()
        if re.match(r"[a-z]+:|#", address):
            return found[0]
        path, _, part = address.partition("#")
        target = normpath(f"{PurePosixPath(place).parent}/{path}")
        if picture:
            copy_to(folder / target, ROOT / target)
            return found[0]
        page = on_the_site(target, known)
        if page is None:
            return words if "`" in words else f"{words} (`{target}`)" if words != target else f"`{target}`"
        return f"[{words}]({relpath(page, str(PurePosixPath(place).parent))}{'#' + part if part else ''})"

    return LINK.sub(changed, text)


def on_the_site(target, known):
    """The source on the site of a path of the repository, or None."""
    first, _, rest = target.partition("/")
    if first in ("lessons", "notebooks", "solutions"):
        lesson = f"lessons/{PurePosixPath(rest).with_suffix('')}"
        return f"{lesson}.ipynb" if any(one["path"] == lesson for one in pages.lessons().values()) else None
    return f"{known[target]}.md" if target in known else None


# --- lessons -------------------------------------------------------------------------------------


def copy_lessons(folder):
    """The solved notebooks, made ready for reading: see `readable`."""
    for one in pages.lessons().values():
        path = ROOT / one["path"].replace("lessons/", "solutions/", 1)
        node = json.loads(path.with_suffix(".ipynb").read_text(encoding="utf-8"))
        copy_to(folder / f"{one['path']}.ipynb", json.dumps(readable(node), ensure_ascii=False))


def readable(node):
    """A notebook for the site: notes for trainers and answers folded, a name at each exercise, links of verdicts as the page has them."""
    cells = []
    for cell in node["cells"]:
        tags = cell["metadata"].get("tags", [])
        if "trainer" in tags:
            cell["source"] = folded("For trainers", "".join(cell["source"]).replace("**Trainer.** ", "", 1))
        if "exercise" in tags:
            cell["metadata"] = {
                "tags": ["hide-input"],
                "mystnb": {"code_prompt_show": "Show the answer", "code_prompt_hide": "Hide the answer"},
            }
            cells += named_place(cell)
        for output in cell.get("outputs", []):
            mend_links(output)
        cells.append(cell)
    return node | {"cells": cells}


def folded(title, text):
    """Markdown within a box that opens on a click or the Enter key."""
    return f"::::{{admonition}} {title}\n:collapsible: closed\n:class: trainer\n\n{text}\n::::"


def named_place(cell):
    """A cell that gives the exercise of an answer cell its name: [(ex-j01-1)=]."""
    name = re.search(r"^([njms]\w+-(?:r?\d+|[a-z]))-(?:answer|predict)$", cell["id"])
    return (
        [{"cell_type": "markdown", "id": f"{name[1]}-place", "metadata": {}, "source": f"(ex-{name[1]})="}]
        if name
        else []
    )


def mend_links(output):
    """JupyterLab names headings 'A-rate-of-rates', the site 'a-rate-of-rates'."""
    data = output.get("data", {})
    if "text/html" in data:
        text = "".join(data["text/html"])
        data["text/html"] = re.sub(
            r"href='#([^']+)'", lambda found: f"href='#{make_id(html.unescape(found[1]))}'", text
        )


if __name__ == "__main__":
    sys.exit(main())
