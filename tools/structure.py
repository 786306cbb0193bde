"""What every lesson has in common: front matter, sections, voice, exercises, as far as code can see it.

A rule takes a Lesson and a Course and yields sentences with file and line; no sentence, nothing to mend.
RULES lists them all; tests/test_lessons.py applies each to each lesson.
"""

import ast
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median
from urllib.parse import unquote

from tools.lesson import LEVELS, lesson_files
from tools.names import reads

GOALS = "What you will be able to do"
BEFORE = "Two questions from before"
RECAP = "What you learned"
SHEET = "Cheat sheet"
HAND_IN = "What to hand in"
FIRST = "N00"  # nothing comes before it, and it asks for no memo
PAST = {
    "break": "broke",
    "bring": "brought",
    "build": "built",
    "catch": "caught",
    "choose": "chose",
    "cut": "cut",
    "draw": "drew",
    "find": "found",
    "give": "gave",
    "hold": "held",
    "keep": "kept",
    "know": "knew",
    "lead": "led",
    "make": "made",
    "put": "put",
    "read": "read",
    "say": "said",
    "see": "saw",
    "set": "set",
    "split": "split",
    "take": "took",
    "tell": "told",
    "think": "thought",
    "write": "wrote",
}
NUMBER = re.compile(
    r"(?:CNY|RMB|¥|￥)\s?\d[\d.,]*\d|(?:CNY|RMB|¥|￥)\s?\d"
    r"|\d+(?:[.,]\d+)*\s?(?:\\?%|percent\b|pp\b|percentage points?\b|yuan\b|CNY\b|元)"
    r"|\d{1,3}(?:,\d{3})+",
    re.IGNORECASE,
)
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\1[`~]*\s*$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(\s*<?([^)>\s]+)|(?:src|href)=[\"']([^\"']+)")
HOUSE_WORDS = re.compile(r"\b(simply|just|obviously)\b", re.IGNORECASE)
FIGURES = {"plots", "plt", "sns", "explore"}


@dataclass
class Course:
    """What a lesson is judged against: root of the repository and the registry of exercises (has every())."""

    root: Path
    registry: object

    @cached_property
    def lessons(self):
        """{'J01': path below lessons/ without suffix}."""
        top = self.root / "lessons"
        paths = [path.relative_to(top).with_suffix("") for path in lesson_files(top)]
        return {path.name.partition("_")[0]: path for path in paths}

    def exercises(self, lesson):
        """{id: exercise} of one lesson, predictions among them."""
        return {one.id: one for one in self.registry.every() if one.id.partition(".")[0] == lesson.id}


@dataclass
class Section:
    """What stands under one heading up to the next, whatever its level."""

    level: int
    title: str
    text: str
    cells: list


# ---------------------------------------------------------------- reading a lesson's text


def blank(pattern, text):
    """Text with what the pattern finds made blank; line numbers stay."""
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def without_code(text):
    """Markdown without fenced blocks and comments, line for line."""
    return blank(re.compile(r"<!--.*?-->", re.DOTALL), blank(FENCE, text))


def prose(text):
    """What a person reads as sentences: no code, no formulas, no link targets, line for line."""
    text = without_code(text)
    code, formulas = [r"(`+)(?!`).+?\1"], [r"\$\$.+?\$\$", r"\$[^$\n]+\$"]
    for pattern in (*code, *formulas, r"\]\([^)]*\)", r"<[^>\n]+>", r"!(?=\[)"):
        text = blank(re.compile(pattern, re.DOTALL), text)
    return text


def sections(lesson):
    """Sections of the text that students see, in order; the title's section comes first."""
    found = [Section(0, "", "", [])]
    for cell in lesson.cells:
        if cell.role == "trainer":
            continue
        found[-1].cells.append(cell)
        for line in without_code(cell.source).splitlines() if cell.kind != "code" else ():
            heading = re.match(r"(#{1,6})\s+(.*?)\s*$", line)
            if heading:
                found.append(Section(len(heading[1]), heading[2], "", [cell]))
            else:
                found[-1].text += line + "\n"
    return found


def section(lesson, title):
    return next((one for one in sections(lesson) if one.level == 2 and one.title == title), None)


def text_cells(lesson):
    return [cell for cell in lesson.cells if cell.kind != "code"]


def lesson_text(lesson):
    """All text that students see, emphasis marks dropped and white space as single blanks."""
    return plain(" ".join(cell.source for cell in text_cells(lesson) if cell.role != "trainer"))


def plain(text):
    return " ".join(re.sub(r"[*`_]|^> ?", "", text, flags=re.MULTILINE).split())


def hits(lesson, pattern, read=prose):
    """(cell, line within the cell, matched text) for each match of a pattern in the lesson's prose."""
    for cell in text_cells(lesson):
        for number, line in enumerate(read(cell.source).splitlines()):
            for found in pattern.finditer(line):
                yield cell, number, found[0]


def head(lesson):
    return f"lessons/{lesson.name}.md:1"


def is_guide(lesson):
    """Whether this is a how-to beside the lessons (`guide: true`): no exercises, no recap, no message from the desk."""
    return bool(lesson.front.get("guide"))


def is_capstone(lesson):
    """Whether this is the work at the end of a level (`capstone: true`): tasks and a rubric, and no teaching."""
    return bool(lesson.front.get("capstone"))


def rules_for(lesson):
    """The rules that a lesson keeps, a guide, or a capstone."""
    if is_guide(lesson):
        return GUIDE_RULES
    return CAPSTONE_RULES if is_capstone(lesson) else RULES


# ---------------------------------------------------------------- rules: frame


def front_matter_is_complete(lesson, course):
    front = lesson.front
    if LEVELS.get(lesson.id[0]) != lesson.folder:
        yield f"{head(lesson)}: {lesson.id} belongs into lessons/{LEVELS.get(lesson.id[0])}/"
    if not str(front.get("title", "")).strip():
        yield f"{head(lesson)}: no title"
    minutes = front.get("minutes")
    said = re.search(r"Minutes: (\d+) to (\d+)", lesson_text(lesson))
    if said and [int(said[1]), int(said[2])] != minutes:
        yield f"{head(lesson)}: the text says '{said[0]}', the front matter {minutes}"
    whole = isinstance(minutes, list) and len(minutes) == 2 and all(isinstance(one, int) for one in minutes)
    least, most = (5, 30) if is_guide(lesson) else (30, 360 if is_capstone(lesson) else 130)
    if not whole or not least <= minutes[0] < minutes[1] <= most:
        yield f"{head(lesson)}: minutes must be [fast, slow] between {least} and {most}, not {minutes}"
    if not isinstance(front.get("needs"), list):
        yield f"{head(lesson)}: no list `needs` of lesson ids ([] for none)"
        return
    for one in front["needs"]:
        if one not in course.lessons or one == lesson.id:
            yield f"{head(lesson)}: needs {one}, but lessons/ has no other lesson of that id"


def title_is_the_heading(lesson, course):
    wanted = f"{lesson.id} · {lesson.front.get('title')}"
    titles = [one.title for one in sections(lesson) if one.level == 1]
    if titles != [wanted]:
        yield f"{head(lesson)}: the only first-level heading must be '# {wanted}', there is {titles}"


def a_message_from_the_desk_comes_first(lesson, course):
    before = [one for one in sections(lesson) if one.level < 2][:2]
    if not re.search(r"^> \S", "".join(one.text for one in before), re.MULTILINE):
        yield f"{head(lesson)}: no message from the desk: a quotation (`> `) between title and first section"


def sections_stand_in_order(lesson, course):
    wanted = [GOALS, *([] if lesson.id == FIRST else [BEFORE]), RECAP, SHEET]
    there = [one.title for one in sections(lesson) if one.level == 2 and one.title in wanted]
    if there != wanted:
        missing = [one for one in wanted if one not in there]
        what = f"no section '## {missing[0]}'" if missing else f"sections stand as {there}, not {wanted}"
        yield f"{head(lesson)}: {what}"


def goals_come_back_in_the_recap(lesson, course):
    goals, recap = (verbs(section(lesson, title)) for title in (GOALS, RECAP))
    if not 2 <= len(goals) <= 4:
        yield f"{head(lesson)}: '{GOALS}' has {len(goals)} bullets, not 2 to 4"
    if len(goals) != len(recap):
        yield f"{head(lesson)}: {len(goals)} goals, but {len(recap)} bullets in '{RECAP}'"
    for goal, learned in zip(goals, recap, strict=False):
        if not goal or not learned:
            yield f"{head(lesson)}: a bullet without a bold verb: goal '{goal}', recap '{learned}'"
        elif not is_past(goal, learned):
            yield f"{head(lesson)}: the recap of '{goal}' must be its past tense, not '{learned}'"


def verbs(one):
    """First bold word of each bullet of a section, '' where there is none."""
    bullets = re.findall(r"^[-*] (.*)", one.text, re.MULTILINE) if one else []
    found = [re.search(r"\*\*(\w+)", bullet) for bullet in bullets]
    return [bold[1].lower() if bold else "" for bold in found]


def is_past(verb, past):
    if verb in PAST:
        return past == PAST[verb]
    return past.endswith("ed") and past[:3] == verb[:3]


def the_cheat_sheet_is_bilingual(lesson, course):
    sheet = section(lesson, SHEET)
    if sheet is None or any("glossary(" in cell.source for cell in sheet.cells if cell.kind == "code"):
        return
    if not re.search(r"[\u4e00-\u9fff]", sheet.text):
        yield f"{head(lesson)}: the cheat sheet gives no Chinese terms"


def two_questions_come_from_before(lesson, course):
    before = section(lesson, BEFORE)
    if lesson.id == FIRST or before is None:
        return
    asked = sum(cell.role == "check" for cell in before.cells)
    if max(asked, len(re.findall(r"[?？]", before.text))) < 2:
        yield f"{head(lesson)}: '{BEFORE}' does not ask two questions"


def there_is_a_trainer_note(lesson, course):
    if not any(cell.role == "trainer" for cell in lesson.cells):
        yield f'{head(lesson)}: no trainer\'s note: a block introduced by `+++ {{"tags": ["trainer"]}}`'


def there_is_an_explorer(lesson, course):
    if not any("widget" in cell.tags for cell in lesson.cells):
        yield f"{head(lesson)}: no explorer: a code cell with `:tags: [widget]`"


# ---------------------------------------------------------------- rules: exercises


def every_exercise_is_asked_once(lesson, course):
    """Each exercise has one check cell, each prediction a guess and later a result; nothing else is asked."""
    known = course.exercises(lesson)
    place = {(cell.role, cell.exercise): number for number, cell in enumerate(lesson.cells) if cell.exercise}
    later = lesson.front.get("results_later")  # N00's first guesses are shown again in J10
    for one in known.values():
        role = "predict" if one.kind == "prediction" else "check"
        if (role, one.id) not in place:
            yield f"{head(lesson)}: {one.id} is defined, but no cell calls {role}({one.id!r}, ...)"
        elif role == "predict" and not later and place.get(("result", one.id), -1) < place[role, one.id]:
            yield f"{head(lesson)}: no cell after the guess shows the result: predict({one.id!r})"
    for cell in lesson.cells:
        if cell.exercise and cell.exercise not in known:
            yield f"{lesson.at(cell)}: {cell.exercise} is not defined in mktlib/exercises"


def a_memo_is_written(lesson, course):
    if lesson.id != FIRST and not any(one.kind == "memo" for one in course.exercises(lesson).values()):
        yield f"{head(lesson)}: no exercise of kind 'memo'"


def a_rubric_is_given(lesson, course):
    if not any(one.kind == "rubric" for one in course.exercises(lesson).values()):
        yield f"{head(lesson)}: a capstone is judged: no exercise of kind 'rubric'"


def what_is_handed_in_comes_first(lesson, course):
    """A capstone opens with what to hand in, as a list."""
    hand_in = section(lesson, HAND_IN)
    if hand_in is None or len(re.findall(r"^[-*] ", hand_in.text, re.MULTILINE)) < 3:
        yield f"{head(lesson)}: no section '## {HAND_IN}' with a list of at least three"


def exercises_fit_the_minutes(lesson, course):
    for which, place in (("fast", 0), ("slow", 1)):
        total = sum(one.minutes[place] for one in course.exercises(lesson).values())
        if total >= lesson.front["minutes"][place]:
            yield f"{head(lesson)}: exercises alone take {total} minutes, as many as the lesson ({which})"


def options_are_in_the_text(lesson, course):
    text = lesson_text(lesson)
    for one in course.exercises(lesson).values():
        for letter, option in lettered(getattr(one, "options", None) or {}):
            if not re.search(rf"\b{re.escape(letter)}\b\W{{1,4}}{re.escape(plain(option))}", text):
                yield f"{head(lesson)}: {one.id}: the text has no option '{letter}) {option}'"


def lettered(options):
    """(letter, text) of a choice's options, or of each question of a quiz: {"j1": {"a": ...}}."""
    for key, value in options.items():
        yield from value.items() if isinstance(value, dict) else [(key, value)]


def parsons_lines_are_in_the_text(lesson, course):
    text = " ".join(" ".join(cell.shown.split()) for cell in lesson.cells)
    for one in course.exercises(lesson).values():
        for letter, line in (getattr(one, "lines", None) or {}).items():
            code = re.escape(" ".join(line.split()))
            if not re.search(rf"\b{re.escape(letter)}\b\W{{1,6}}{code}", text):
                yield f"{head(lesson)}: {one.id}: the text does not show line {letter}: {line.strip()}"


def the_way_back_exists(lesson, course):
    """The heading to which an exercise's feedback sends a learner is one of this lesson's."""
    titles = {plain(one.title) for one in sections(lesson)}
    for one in course.exercises(lesson).values():
        back = getattr(one, "section", "")
        if back and plain(back) not in titles:
            yield f"{head(lesson)}: {one.id} sends back to '{back}', a section that the lesson does not have"


# ---------------------------------------------------------------- rules: code


def cells_are_short(lesson, course):
    """The lesson's own code: no cell over 12 lines, half of them at most 4 (blank lines not counted)."""
    own = [cell for cell in lesson.cells if cell.role == "code"]
    lengths = [sum(bool(line.strip()) for line in cell.source.splitlines()) for cell in own]
    for cell, length in zip(own, lengths, strict=True):
        if length > 12:
            yield f"{lesson.at(cell)}: {length} lines of code; 12 is the most, plumbing belongs into mktlib"
    if own and median(lengths) > 4:
        yield f"{head(lesson)}: code cells have {median(lengths)} lines in the median; 4 is the most"


def lines_are_short(lesson, course):
    """No line of code over 120 characters: more runs off a notebook's edge. The text of a memo may be longer."""
    for cell in lesson.cells:
        is_text = False
        for number, line in enumerate(cell.source.splitlines() if cell.kind == "code" else ()):
            if len(line) > 120 and not is_text:
                yield f"{lesson.at(cell, number)}: {len(line)} characters of code in a line; 120 is the most"
            is_text ^= line.count('"""') % 2 == 1


def figures_have_alternative_text(lesson, course):
    """`alt=` stands in the cell that draws, or in the function of the lesson that it hands to an explorer."""
    roots = FIGURES | imported_from_plots(lesson)
    trees = [cell.tree for cell in lesson.cells if cell.role == "code"]
    functions = [one for tree in trees for one in tree.body if isinstance(one, ast.FunctionDef)]
    speaking = {one.name for one in functions if says_alt(one)}
    for cell in lesson.cells:
        calls = list(drawn(cell.tree)) if cell.role == "code" else []
        said = bool(calls) and (says_alt(cell.tree) or bool(speaking & set(reads(cell.tree))))
        if any(is_figure(call, roots) for call in calls) and not said:
            yield f"{lesson.at(cell)}: a figure without `alt=` (a sentence for those who do not see it)"


def imported_from_plots(lesson):
    """Names like `bars` of `from mktlib.plots import bars`."""
    trees = [cell.tree for cell in lesson.cells if cell.tree]
    lines = [one for tree in trees for one in tree.body if isinstance(one, ast.ImportFrom)]
    found = [alias for one in lines if (one.module or "").endswith("plots") for alias in one.names]
    return {alias.asname or alias.name for alias in found}


def drawn(tree):
    """Calls that happen when the cell runs; those inside a function wait for someone to call it."""
    if isinstance(tree, ast.FunctionDef | ast.Lambda):
        return
    if isinstance(tree, ast.Call):
        yield tree
    for child in ast.iter_child_nodes(tree):
        yield from drawn(child)


def is_figure(call, roots):
    """plots.bars(...), explore(...), widgets.explore(...), table.plot(...), table.plot.bar(...), plt, sns."""
    chain, node = [], call.func
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        if isinstance(node, ast.Attribute):
            chain.append(node.attr)
        node = node.func if isinstance(node, ast.Call) else node.value
    root = getattr(node, "id", "")
    return (root in roots or bool({"plot", "explore"} & set(chain))) and chain[:1] != ["set_theme"]


def says_alt(tree):
    """True if some call in a cell, also in an explorer's function, has alt= with more than three words."""
    given = [one.value for one in ast.walk(tree) if isinstance(one, ast.keyword) and one.arg == "alt"]
    return any(not isinstance(one, ast.Constant) or len(str(one.value).split()) > 3 for one in given)


# ---------------------------------------------------------------- rules: words


def numbers_are_printed_not_quoted(lesson, course):
    """Prose quotes rates, amounts, large counts in exercise statements only, or allowed_numbers says why."""
    allowed = lesson.front.get("allowed_numbers") or {}
    used = set()
    for cell, line, number in hits(lesson, NUMBER):
        same = [one for one in allowed if "".join(str(one).split()) == "".join(number.split())]
        used |= set(same)
        if not same and line < statement_begins(lesson, cell):
            yield (
                f"{lesson.at(cell, line)}: the text quotes '{number}'; let a cell print it, or give "
                f"the reason in the front matter: allowed_numbers: {{'{number}': why}}"
            )
    for one, why in allowed.items():
        if one not in used or not str(why or "").strip():
            yield f"{head(lesson)}: allowed_numbers '{one}' is not in the text or has no reason"


def statement_begins(lesson, cell):
    """Line from which a cell states an exercise, infinity if it does not.

    A statement begins with `**Exercise`; else, if an answer cell follows, it is the last paragraph with the
    lists below it, or all of a cell that `+++` sets apart.
    """
    lines = without_code(cell.source).splitlines()
    named = [n for n, line in enumerate(lines) if line.startswith("**Exercise")]
    if named:
        return named[0]
    cells = [one for one in lesson.cells if one.role != "trainer"]
    place = cells.index(cell) if cell in cells else len(cells)
    after = cells[place + 1 :][:1]
    if not after or after[0].role not in ("answer", "predict"):
        return float("inf")
    if place and cells[place - 1].kind != "code":
        return 0
    begins = [n for n, line in enumerate(lines) if line.strip() and (n == 0 or not lines[n - 1].strip())]
    paragraphs = [n for n in begins if not re.match(r"\s|[-*|]\s|\(?\w[.)]\s", lines[n])]
    return max(paragraphs, default=0)


def the_voice_is_plain(lesson, course):
    for cell, line, word in hits(lesson, HOUSE_WORDS):
        yield f"{lesson.at(cell, line)}: '{word}' makes whoever struggles feel stupid; leave it out"
    for cell, line, _ in hits(lesson, re.compile(r"[!！]")):
        yield f"{lesson.at(cell, line)}: an exclamation mark"


def markdown_is_what_jupyter_shows(lesson, course):
    """No MyST of which a notebook shows the source: directives, roles, targets, comments."""
    pattern = re.compile(r"^\s*(?::{3,}|`{3,})\{.*|\{[a-z:-]+\}(?=`)|^\([\w-]+\)=|^% .*")
    for cell in text_cells(lesson):
        for number, line in enumerate(cell.source.splitlines()):
            if pattern.search(line):
                yield f"{lesson.at(cell, number)}: JupyterLab shows this as it stands: {line.strip()}"


def links_resolve(lesson, course):
    """Relative links are right from the built notebook; a link to a lesson names its .ipynb."""
    for cell in text_cells(lesson):
        for number, line in enumerate(without_code(cell.source).splitlines()):
            for target in LINK.findall(line):
                problem = broken(lesson, course, unquote(target[0] or target[1]))
                if problem:
                    yield f"{lesson.at(cell, number)}: {problem}"


def broken(lesson, course, target):
    """What is wrong with a link, or ''. Links with a scheme are not followed: tests need no network."""
    if re.match(r"[a-z]+:", target):
        return ""
    file, _, heading = target.partition("#")
    if not file:
        anchors = {one.title.replace(" ", "-") for one in sections(lesson)}
        return "" if heading in anchors else f"no heading for the link #{heading} (blanks become '-')"
    path = (course.root / "notebooks" / lesson.folder / file).resolve()
    if path.suffix == ".md" and "lessons" in path.parts:
        return f"the link {target} goes to a lesson's source; link its notebook (.ipynb)"
    if path.suffix == ".ipynb":
        known = {(course.root / "notebooks" / f"{one}.ipynb").resolve() for one in course.lessons.values()}
        return "" if path in known else f"the link {target} goes to a notebook that no lesson makes"
    return "" if path.exists() else f"the link {target} leads nowhere (seen from notebooks/{lesson.folder}/)"


RULES = [
    front_matter_is_complete,
    title_is_the_heading,
    a_message_from_the_desk_comes_first,
    sections_stand_in_order,
    goals_come_back_in_the_recap,
    the_cheat_sheet_is_bilingual,
    two_questions_come_from_before,
    there_is_a_trainer_note,
    there_is_an_explorer,
    every_exercise_is_asked_once,
    a_memo_is_written,
    exercises_fit_the_minutes,
    options_are_in_the_text,
    parsons_lines_are_in_the_text,
    the_way_back_exists,
    cells_are_short,
    lines_are_short,
    figures_have_alternative_text,
    numbers_are_printed_not_quoted,
    the_voice_is_plain,
    markdown_is_what_jupyter_shows,
    links_resolve,
]
GUIDE_RULES = [
    front_matter_is_complete,
    title_is_the_heading,
    every_exercise_is_asked_once,
    cells_are_short,
    lines_are_short,
    figures_have_alternative_text,
    numbers_are_printed_not_quoted,
    the_voice_is_plain,
    markdown_is_what_jupyter_shows,
    links_resolve,
]
LESSONS_ONLY = {
    sections_stand_in_order,
    goals_come_back_in_the_recap,
    the_cheat_sheet_is_bilingual,
    two_questions_come_from_before,
    there_is_an_explorer,
}
CAPSTONE_RULES = [rule for rule in RULES if rule not in LESSONS_ONLY]
CAPSTONE_RULES += [a_rubric_is_given, what_is_handed_in_comes_first]
