"""Which lesson to open first: up to twelve questions of the course's own, level by level, stopping where they get hard.

A level is passed with three questions known and left with two not known, so a beginner answers two and nobody more than
twelve. Known means right and not called a coin toss: of three options one in three is right by luck, and by luck alone one
in nine passes a level. Nothing is marked, no right answer is shown: the questions come back in their lessons.
"""

from html import escape

from mktlib.course import checking, log, reading, registry, wording
from mktlib.course.reading import Unattempted, Unreadable
from mktlib.course.verdict import Verdict

# (question, the lesson that teaches it)
QUESTIONS = {
    "junior": (("J02.r1", "J01"), ("J03.r2", "J02"), ("J08.r1", "J03"), ("M02.r1", "J08")),
    "mid": (("S03.r1", "M01"), ("S02.r1", "M03"), ("S03.r2", "M04"), ("S05.r1", "M05")),
    "senior": (("S02.r2", "S02"), ("S04.r2", "S04"), ("S05.r2", "S05"), ("S07.r2", "S06")),
}
NEEDED, ALLOWED = 3, 1  # known to pass a level, not known before it is left
PROOF = {"junior": "JC", "mid": "MC", "senior": "SC"}
FIRST = {"junior": "J01", "mid": "M01", "senior": "S01"}
STATES = {
    "known": ("✓", "known"),
    "luck": ("~", "right, but you called it a coin toss"),
    "unknown": ("·", "not yet"),
    "sure": ("✗", "you were sure, and the lesson says otherwise: it will pay most"),
}


def placement(id=None, answer=..., confidence=None):
    """Find the lesson to open first: placement() asks, placement("J02.r1", "b", 4) answers and asks the next question.

    answer       a letter, or "?" for no idea
    confidence   1 (a coin toss) to 5 (I would bet on it); may be left out
    The first answer to a question counts. placement("again") begins anew; what was answered stays in the log.
    """
    if id is None:
        return _shown(log.read()[0])
    if isinstance(id, str) and id.strip().casefold() == "again":
        log.append("placement", status="again")
        return _shown(log.read()[0])
    return checking._guarded(id, lambda one: _answer(one, answer, confidence))


# ---------------------------------------------------------------- what is known


def answers(entries):
    """{question: (letter, confidence or None)} since the placement was last begun; the first readable answer counts."""
    found = {}
    for entry in entries:
        if entry["event"] != "placement":
            continue
        if entry.get("status") == "again":
            found = {}
        elif str(entry.get("id")) in _lessons() and entry.get("status") == "saved":
            found.setdefault(entry["id"], (str(entry.get("answer")), entry.get("confidence")))
    return found


def _lessons():
    return {id: lesson for questions in QUESTIONS.values() for id, lesson in questions}


def state(id, letter, confidence):
    """known, luck, unknown or sure."""
    one = registry.get(id)
    if letter == registry.call(one.compute, checking.table):
        return "luck" if confidence == 1 else "known"
    return "sure" if confidence in (4, 5) and letter in one.options else "unknown"


def states(given):
    """{question: state} of the questions answered."""
    return {id: state(id, *answer) for id, answer in given.items()}


def standing(found):
    """(level in work, its next question or None, passed levels) from states."""
    passed = []
    for level, questions in QUESTIONS.items():
        mine = [found[id] for id, _ in questions if id in found]
        known = mine.count("known")
        if len(mine) - known > ALLOWED:
            return level, None, passed
        if known < NEEDED:
            return level, next(id for id, _ in questions if id not in found), passed
        passed.append(level)
    return level, None, passed


def start(found):
    """The lesson to open first: in the level that was left, the first lesson for which nothing was shown to be known."""
    level, _, passed = standing(found)
    if level in passed:
        return PROOF[level]
    known = {lesson for id, lesson in QUESTIONS[level] if found.get(id) == "known"}
    names = [name.upper() for name in registry.lessons() if name[0].upper() == FIRST[level][0]]
    return next(name for name in names if name not in known)


# ---------------------------------------------------------------- what is shown


class Question:
    """The next question, with the words that answer it."""

    def __init__(self, id, place, notes=()):
        self.one = registry.get(id)
        self.place = place
        self.notes = list(notes)

    def _head(self):
        return f"Question {self.place}, of twelve at most. Closed book; nothing is marked."

    def _how(self):
        return f'placement("{self.one.id}", "a", confidence=3)'

    def __repr__(self):
        options = [f"    {letter}  {said}" for letter, said in self.one.options.items()]
        asked = wording.as_text(wording.stem(self.one))
        how = f'Answer with a letter, or "?" for no idea, and how sure you are, 1 to 5: {self._how()}'
        return "\n".join([*self.notes, self._head(), asked, *options, how])

    def _repr_html_(self):
        items = "".join(
            f"<li><strong>{letter}</strong> {escape(said)}</li>" for letter, said in self.one.options.items()
        )
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return (
            f"<div class='mktlib-placement' data-exercise='{escape(self.one.id)}' style='{wording.CARD}'>{notes}"
            f"<p style='margin:.2em 0'><strong>{escape(self._head())}</strong></p>{wording.as_html(wording.stem(self.one))}"
            f"<ul style='list-style:none;margin:.4em 0;padding-left:1em'>{items}</ul>"
            f"<p style='margin:.4em 0'>Answer with a letter, or \"?\" for no idea, and how sure you are, 1 to 5:<br>"
            f"<code>{escape(self._how())}</code></p></div>"
        )


def _shown(entries):
    """The next question, or the result."""
    found = states(answers(entries))
    _, question, _ = standing(found)
    return Question(question, len(found) + 1) if question else result(found)


def result(found):
    """The Verdict that names the lesson to open, why, and what may be skipped on which evidence."""
    level, _, passed = standing(found)
    first = start(found)
    lines = [("", why) for why in _why(level, passed, first)]
    for id, lesson in _lessons().items():
        if id in found:
            sign, word = STATES[found[id]]
            lines.append((wording.title_of(lesson), f"{sign} {word}"))
    lines.append(("", "Read N00 first: it shows how the course talks to you."))
    return Verdict(
        "placement", "where to start", "shown", headline=f"Open {wording.title_of(first)}", lines=tuple(lines)
    )


def _why(level, passed, first):
    for one in passed:
        if one != level:
            yield f"Level {one}: three questions known, so you may skip it. Its work at the end, {PROOF[one]}, is the proof."
    if level in passed:
        yield f"Level {level}: three questions known. A choice is sooner made than a model: take its lessons as SC asks for them."
    elif first == FIRST[level]:
        yield f"Level {level} is where questions were open, so begin with its first lesson."
    else:
        yield f"Level {level} is where questions were open. What comes before {first} you may skip: see the evidence below."


# ---------------------------------------------------------------- answers


def _answer(one, answer, confidence):
    if one.id not in _lessons():
        said = "This question is none of the placement; placement() shows the next one."
        return Verdict(one.id, one.title, "unreadable", lines=(("", said),))
    given = answers(log.read()[0])
    if one.id in given:
        return _next(one, f"Your first answer, {given[one.id][0]}, is the one that counts.", given)
    try:
        letter, sure = _read(one, answer, confidence)
    except Unattempted:
        said = f'Put a letter in place of the dots, or "?": placement("{one.id}", "a", confidence=3)'
        return Verdict(one.id, one.title, "unattempted", lines=(("", said),))
    except Unreadable as why:
        return Verdict(one.id, one.title, "unreadable", lines=(("", str(why)),))
    trouble = log.append("placement", id=one.id, status="saved", answer=letter, confidence=sure)
    given |= {one.id: (letter, sure)}
    found = states(given)
    if standing(found)[1] is None:
        log.append("placed", start=start(found), level=standing(found)[0])
    return _next(one, " ".join(part for part in ("Saved.", trouble) if part), given)


def _read(one, answer, confidence):
    """(letter or '?', confidence or None)."""
    sure = None if confidence is None else reading.confidence(confidence)
    if isinstance(answer, str) and answer.strip() in {"?", "？"}:
        return "?", sure
    return checking.kind_of(one)(one, next(iter(one.options))).read(answer), sure


def _next(one, said, given):
    found = states(given)
    question = standing(found)[1]
    return Question(question, len(found) + 1, [said]) if question else result(found)
