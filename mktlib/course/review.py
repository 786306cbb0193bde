"""A deck of five minutes from a learner's own mistakes, spaced: a card comes back after 1, 3, 7 and 21 days.

A card is a question in which a named mistake was made. A choice is answered again, its options in another order. A question that
needs data shows the answer given then and asks what had gone wrong in it: to name one's own mistake is what keeps it from
coming back, and takes half a minute where computing takes five. Computing again is welcome and counts as well. Everything is
read from the log: the same log and moment give the same deck. Spacing and interleaving: Cepeda et al. 2006, Rohrer 2012.
"""

import datetime
import random
from dataclasses import dataclass, replace
from html import escape

from mktlib.course import checking, log, registry, text, wording
from mktlib.course.progress import standings
from mktlib.course.verdict import Verdict

SPACING = (1, 3, 7, 21)  # days from one success to the next review; a miss goes back to the first
EARLY = datetime.timedelta(hours=8)  # who made a mistake in the evening may review it in the morning
AT_ONCE = 6  # cards of five minutes
MISSES = ("mistake", "incorrect")
LETTERS = "ABCD"  # capitals: the lines of a Parsons task and the lesson's own options have small ones


@dataclass(frozen=True)
class Card:
    """One question to meet again.

    id      of the exercise
    code    the mistake that was made, or None for a retrieval question that went well
    answer  what was answered then, as the log keeps it
    stage   reviews passed since the last miss
    since   when it was last missed, passed or, without a mistake, solved
    """

    id: str
    code: str | None
    answer: str
    stage: int
    since: datetime.datetime

    @property
    def due(self):
        """The moment from which it waits, or None once it has been passed four times."""
        if self.stage >= len(SPACING):
            return None
        return self.since + datetime.timedelta(days=SPACING[self.stage]) - EARLY

    def passed(self, moment):
        """The card after a right answer; one that came before it was due changes nothing."""
        return replace(self, stage=self.stage + 1, since=moment) if self.due and moment >= self.due else self

    def missed(self, moment):
        return replace(self, stage=0, since=moment)


def moment_of(entry):
    """The time of a log entry, or None where it cannot be read."""
    try:
        found = datetime.datetime.fromisoformat(entry["time"])
    except (ValueError, TypeError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=datetime.UTC)


def _timed(entries):
    """[(moment, entry)] in order of time."""
    found = [(moment_of(entry), entry) for entry in entries]
    return sorted(((moment, entry) for moment, entry in found if moment), key=lambda pair: pair[0])


def cards(entries):
    """{exercise id: Card} of all mistakes in the log that the course still knows, learned ones included."""
    found = {}
    for moment, entry in _timed(entries):
        id, status = str(entry.get("id")), entry.get("status")
        if entry["event"] == "review" and id in found:
            found[id] = _after(found[id], status, moment)
        elif entry["event"] in ("check", "review") and status == "mistake":
            one, code = registry.get(id), entry.get("mistake")
            if one and one.kind != "prediction" and code in [mistake.code for mistake in one.mistakes]:
                found[id] = Card(id, code, _answered(one, entry), 0, moment)
    return found


def _answered(one, entry):
    """The answer as a card shows it; '' where the log keeps a shape only, and for a choice, which is made again."""
    said = str(entry.get("answer", "")).strip().strip("'\"").replace("\\n", " / ").strip(" /")
    return "" if one.kind == "choice" or " of shape " in said or said.startswith("an object") else said[:80]


def _after(card, status, moment):
    if status == "correct":
        return card.passed(moment)
    return card.missed(moment) if status in MISSES else card


def retrievals(entries):
    """{exercise id: Card} of the retrieval questions of lessons in which every exercise is solved."""
    standing, lessons = standings(entries), {}
    for one in standing.values():
        lessons.setdefault(one.id.partition(".")[0], []).append(one.solved)
    done = {lesson for lesson, solved in lessons.items() if all(solved)}
    found = {}
    for moment, entry in _timed(entries):
        id = str(entry.get("id"))
        lesson, _, number = id.partition(".")
        if lesson not in done or number not in {"r1", "r2"} or id not in standing:
            continue
        if entry["event"] == "check" and entry.get("status") == "correct" and id not in found:
            found[id] = Card(id, None, "", 0, moment)
        elif entry["event"] == "review" and id in found:
            found[id] = _after(found[id], entry.get("status"), moment)
    return found


def _all_cards(entries):
    """The cards in work: of mistakes, or, when none is open, of retrieval questions of finished lessons."""
    found = cards(entries)
    return found if any(card.due for card in found.values()) else retrievals(entries) | found


def now():
    return datetime.datetime.now(datetime.UTC)


class Deck:
    """Cards that wait at a moment, interleaved over lessons, at most six; len() is their number."""

    def __init__(self, found, moment, notes=()):
        self.notes = [note for note in notes if note]
        self.moment = moment
        self.open = [card for card in found.values() if card.due]
        self.waiting = [card for card in self.open if card.due <= moment]
        self.cards = interleaved(self.waiting)[:AT_ONCE]
        self.learned = len(found) - len(self.open)

    def __len__(self):
        return len(self.cards)

    def __iter__(self):
        return iter(self.cards)

    def _head(self):
        if self.cards:
            more = len(self.waiting) - len(self.cards)
            rest = f", {more} more wait behind them" if more else ""
            return f"{_counted(len(self.cards))} for today{rest}. Closed book, half a minute each."
        if self.open:
            soonest = min(card.due for card in self.open)
            return f"Nothing is due. {_counted(len(self.open))} will come back, the first {_in_days(soonest - self.moment)}."
        if self.learned:
            return f"Nothing is left: {_counted(self.learned)} came back four times and went well each time."
        return (
            "Nothing to review yet. A mistake that is named in a lesson comes back here a day later; "
            "a finished lesson brings its retrieval questions."
        )

    def __repr__(self):
        return "\n\n".join([*self.notes, self._head(), *(as_text(card) for card in self.cards)])

    def _repr_html_(self):
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        shown = "".join(as_html(card) for card in self.cards)
        return (
            f"<div class='mktlib-review'>{notes}<p><strong>{escape(self._head())}</strong></p>{shown}</div>"
        )


def deck(entries, moment=None):
    """The Deck of a log at a moment (default: now)."""
    return Deck(_all_cards(entries), moment or now())


def interleaved(waiting):
    """Cards in turn from each lesson, the longest waiting first: neighbours come from different lessons where they can."""
    lessons = {}
    for card in sorted(waiting, key=lambda card: (card.due, card.id)):
        lessons.setdefault(card.id.partition(".")[0], []).append(card)
    found = []
    while lessons:
        found += [mine.pop(0) for mine in lessons.values()]
        lessons = {lesson: mine for lesson, mine in lessons.items() if mine}
    return found


def _counted(number):
    return "1 card" if number == 1 else f"{number} cards"


def _in_days(wait):
    days = max(round(wait.total_seconds() / 86_400), 1)
    return "in 1 day" if days == 1 else f"in {days} days"


# ---------------------------------------------------------------- what a card asks


def options_of(card):
    """{letter: (what it stands for, text)}: options of a choice in another order, or what may have gone wrong."""
    one = registry.get(card.id)
    if one.kind == "choice":
        found = list(one.options.items())
    elif card.code is None:
        return {}
    else:
        found = _diagnoses(one, card.code)
    random.Random(f"{card.id} {card.code}").shuffle(found)
    return dict(zip(LETTERS, found, strict=False))


def _diagnoses(one, code):
    """[(code or what slipped, first sentence)]: what was done, beside two or three things that were not."""
    mine = [(mistake.code, _first(mistake.belief)) for mistake in one.mistakes if mistake.code == code]
    others = [(mistake.code, _first(mistake.belief)) for mistake in one.mistakes if mistake.code != code]
    others += [(what, _first(done)) for what, done, _ in one.slips]
    others = others or [(None, _first(_elsewhere(one, code).belief))]
    return mine + others[: len(LETTERS) - 1]


def _elsewhere(one, code):
    """A mistake of another exercise of the lesson, where this one knows a single mistake."""
    others = [other for other in registry.exercises() if other.lesson == one.lesson and other is not one]
    return next(mistake for other in others for mistake in other.mistakes if mistake.code != code)


def _first(said):
    """The first sentence, which says what was done; the others say why it fails."""
    return said.partition(". ")[0].rstrip(".") + "."


def _ask(card):
    """(question above the options, how to answer)."""
    one = registry.get(card.id)
    call = f'review("{card.id}", "A")'
    if one.kind == "choice":
        before = "You have missed it before." if card.code else "You knew it."
        return f"{before} Which is it? The order is not the lesson's.", f"Answer: {call}"
    then = f"You answered {card.answer}." if card.answer else "Your answer was a known mistake."
    return (
        f"{then} What had gone wrong?",
        f'Answer: {call}. Or compute it again: review("{card.id}", your answer)',
    )


def as_text(card):
    """A card for a terminal."""
    one = registry.get(card.id)
    question, how = _ask(card)
    lines = [f"→ {card.id} {one.title}", wording.as_text(wording.stem(one)), question]
    lines += [f"    {letter}  {said}" for letter, (_, said) in options_of(card).items()]
    return "\n".join([*lines, how])


def as_html(card):
    """A card for a notebook."""
    one = registry.get(card.id)
    question, how = _ask(card)
    items = "".join(
        f"<li><strong>{letter}</strong> {escape(said)}</li>" for letter, (_, said) in options_of(card).items()
    )
    return (
        f"<div class='mktlib-card' data-exercise='{escape(card.id)}' style='{wording.CARD}'>"
        f"<p style='margin:.2em 0'><strong>{escape(card.id)} {escape(one.title)}</strong></p>"
        f"{wording.as_html(wording.stem(one))}<p style='margin:.4em 0'>{escape(question)}</p>"
        f"<ul style='list-style:none;margin:.4em 0;padding-left:1em'>{items}</ul>"
        f"<p style='margin:.4em 0'><code>{escape(how)}</code></p></div>"
    )


class OneCard:
    """A card alone, due or not."""

    def __init__(self, card):
        self.card = card

    def __repr__(self):
        return as_text(self.card)

    def _repr_html_(self):
        return as_html(self.card)


# ---------------------------------------------------------------- answers


def review(id=None, answer=...):
    """The cards that are due, or the verdict on the answer to one: review(), then review("J01.1", "A").

    answer   a letter of the card; or, where the question asked for data, the answer computed again
    The verdict says when the card comes back. A right answer before the card is due is practice and moves nothing.
    """
    entries, damaged = log.read()
    if id is None:
        return Deck(_all_cards(entries), now(), [log.damage_report(damaged)])
    return checking._guarded(id, lambda one: _answer(one, answer, entries))


def _answer(one, answer, entries):
    if one.kind in {"prediction", "quiz", "rubric"}:
        said = "This question has no right answer to come back to. review() shows the cards that are due."
        return Verdict(one.id, one.title, "unreadable", headline="No card", lines=(("", said),))
    moment = now()
    card = _all_cards(entries).get(one.id)
    asked = card or Card(one.id, None, "", 0, moment)
    if answer is ...:
        return OneCard(asked)
    options = options_of(asked)
    chosen = _chosen(options, answer)
    verdict = _judged(one, asked, options, chosen, answer)
    if verdict.status in ("unattempted", "unreadable"):
        return verdict
    lines = (*verdict.lines, ("Comes back", _outlook(card, verdict.status, moment)))
    verdict = replace(verdict, lines=(*lines, *_remaining(entries, one.id, moment)))
    kept = text.plain(chosen[1] if chosen else answer)
    return checking._logged(verdict, "review", mistake=verdict.mistake, answer=kept)


def _chosen(options, answer):
    """(what it stands for, its text) of the option that was answered by letter or text; None for anything else."""
    said = answer[:500].strip().casefold() if isinstance(answer, str) else ""
    for letter, (stands_for, option) in options.items():
        if said.strip("().: ") == letter.casefold() or said == option.casefold():
            return stands_for, option
    return None


def _judged(one, card, options, chosen, answer):
    """The verdict on an option of the card, or on the answer to the exercise itself."""
    if chosen:
        return _choice(one, *chosen) if one.kind == "choice" else _diagnosis(one, card, *chosen)
    if one.kind == "choice":
        said = f"One of {', '.join(options)} is asked for, in quotes; what came is {text.plain(answer)}."
        return Verdict(one.id, one.title, "unreadable", lines=(("", said),))
    return checking.judge(one, answer)


def _choice(one, letter, option):
    """The lesson's verdict, with the option's text in place of the lesson's letter."""
    verdict = checking.judge(one, letter)
    shown = f"{letter}: {option}"
    return replace(
        verdict, lines=tuple((head, option if said == shown else said) for head, said in verdict.lines)
    )


def _diagnosis(one, card, stands_for, option):
    mistake = next(mistake for mistake in one.mistakes if mistake.code == card.code)
    entry = registry.misconceptions()[card.code]
    right = stands_for == card.code
    lines = [] if right else [("You chose", option)]
    lines += [
        ("It was" if not right else "", mistake.belief),
        ("Rule", entry["rule"]),
        ("Ask yourself", mistake.repair),
    ]
    headline = f"{'That was it' if right else 'Not that'}: {entry['name'] or card.code} ({card.code})"
    return Verdict(
        one.id,
        one.title,
        "correct" if right else "incorrect",
        mistake=None if right else card.code,
        headline=headline,
        lines=tuple(lines),
        back="" if right else one.section,
    )


def _outlook(card, status, moment):
    if card is None and status not in MISSES:
        return "no more: nothing was missed here."
    if status == "close":
        return "unchanged: nearly right neither passes nor fails a card."
    if status in MISSES:
        return "in 1 day: a miss begins the spacing again."
    if card.due and moment < card.due:
        return f"{_in_days(card.due - moment)}, as before: it was not due yet, this was practice."
    after = card.passed(moment)
    if after.due is None:
        return "no more: four times right, the last after three weeks. It has left the deck."
    return f"{_in_days(after.due + EARLY - moment)}."


def _remaining(entries, id, moment):
    ids = [card.id for card in deck(entries, moment) if card.id != id]
    return [("Still due", ", ".join(ids))] if ids else []
