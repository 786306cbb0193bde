"""The kinds of answers: how each is read, and when it is right, nearly right, or wrong in a known way.

A kind is made from an exercise and its right answer, and offers
    read(answer)         canonical form; raises Unreadable or Unattempted
    same(a, b)           within the exercise's tolerance
    apart(a, b)          at least 5 % apart, or different in kind: what tests ask of wrong answers
    resembles(a, wrong)  close enough to a wrong answer to call it by name
    leans(guess, wrong)  a prediction on the side of a wrong answer
    near(a)              why a is nearly right, or ''
    advice(a)            what a wrong answer without a name tells about itself: a list of sentences
    show(a)              one line for the feedback
    further(a)           what a right answer is told beside the explanation

Equivalent forms have one canonical form: any order of rows, index or column, int or float, "1.6%" where a rate is
asked for, Series or dict or DataFrame, tuple or list.
"""

import math
import re
from types import SimpleNamespace

from mktlib.course import reading, text
from mktlib.course.reading import Unattempted, Unreadable
from mktlib.errors import closest


def relative(a, b):
    """Distance of two numbers as a share of the larger one."""
    return abs(a - b) / max(abs(a), abs(b)) if a != b else 0.0


class Kind:
    """What most kinds share: canonical forms that are equal or not."""

    headline = ""

    def __init__(self, exercise, right):
        self.exercise = exercise
        self.right = None
        self.right = self.read(right)

    def target(self, value):
        """The canonical form of another right answer or of a wrong one, as an author's function gives it."""
        return self.read(value)

    def record(self, a):
        """What the log keeps of the answer beside its short text, or None."""
        return None

    def same(self, a, b):
        return a == b

    def apart(self, a, b):
        return a != b

    def resembles(self, a, wrong):
        return a == wrong

    def contains(self, a, wrong):
        """Whether an answer makes a mistake among other faults; asked when no wrong answer fits as a whole."""
        return False

    def leans(self, guess, wrong):
        """Whether a guess stands on the side of a wrong answer."""
        return guess == wrong

    def near(self, a):
        return ""

    def advice(self, a):
        return []

    def further(self, a):
        """What a right answer is told beside the explanation: (heading, sentence) pairs."""
        return []


# ---------------------------------------------------------------- numbers


def close_enough(a, b, tolerance, unit):
    return relative(a, b) <= (0 if unit == "count" else tolerance) or abs(a - b) < 1e-12


def _rounded_like(value, answer):
    """The value rounded to as many significant digits as the answer shows."""
    digits = len(f"{abs(answer):.12g}".partition("e")[0].replace(".", "").strip("0"))
    return float(f"{value:.{max(digits, 1)}g}")


def nearly(answer, right, unit):
    """Why a number is nearly right: unit, sign, rounding or a handful of rows; '' when it is not."""
    for factor, size in (
        (100, "100 times"),
        (0.01, "a hundredth of"),
        (1000, "1,000 times"),
        (0.001, "a thousandth of"),
    ):
        if relative(answer, right * factor) <= 0.005:
            if unit in {"fraction", "pp"} and factor == 100:
                return "The idea is right, the unit is not: data hold rates as fractions (0.05), paper shows percent (5%)."
            return f"The idea is right, the unit is not: your number is {size} what is asked for."
    if relative(answer, -right) <= 0.005:
        return "The size is right, the sign is not. Which of the two comes first in the difference?"
    if relative(answer, right) < 0.05 and relative(answer, _rounded_like(right, answer)) < 1e-9:
        return "The idea is right, the rounding goes too far: give more digits, and round only at the end."
    if relative(answer, right) <= 0.02:
        return (
            "Very near, yet another number. So near come some rows too many or too few, a neighbouring window, or a mean of rates. "
            "Compare window, filter, and what is divided by what."
        )
    return ""


_SIZES = (
    (0, "The sign differs from what the data give."),
    (0.1, "It is less than a tenth of what the data give."),
    (0.5, "It is less than half of what the data give."),
    (1, "It is too small, but more than half of what the data give."),
    (2, "It is too large, by less than double."),
    (10, "It is more than double what the data give."),
    (math.inf, "It is more than ten times what the data give."),
)


class Number(Kind):
    """One finite number."""

    def read(self, answer):
        return reading.number(answer, self.exercise.unit)

    def same(self, a, b):
        return close_enough(a, b, self.exercise.tolerance, self.exercise.unit)

    def apart(self, a, b):
        return relative(a, b) >= 0.05

    def resembles(self, a, wrong):
        in_percent = self.exercise.unit in {"fraction", "pp"} and relative(a / 100, wrong) <= 0.02
        return relative(a, wrong) <= 0.02 or in_percent

    def leans(self, guess, wrong):
        return abs(guess - wrong) < abs(guess - self.right)

    def near(self, a):
        return nearly(a, self.right, self.exercise.unit)

    def advice(self, a):
        low, high = self.exercise.bounds
        if low is not None and a < low:
            return [f"It cannot be below {low:g}. Look at your signs and at the unit of the question."]
        if high is not None and a > high:
            return [f"It cannot be above {high:g}. Have numerator and denominator changed places?"]
        if a and self.right and relative(1 / a, self.right) <= 0.01:
            return ["Your fraction stands upside down: what is counted per what?"]
        if self.exercise.unit == "fraction" and relative(1 - a, self.right) <= 0.01:
            return ["You computed the other part: one minus what is asked for."]
        if not a:
            return ["It is zero, and the data give another number."]
        ratio = a / self.right if self.right else math.copysign(math.inf, a)
        return [next(words for bound, words in _SIZES if ratio <= bound)]

    def show(self, a):
        return text.number(a, self.exercise.unit)


# ---------------------------------------------------------------- labels


class Set(Kind):
    """Labels whose order does not matter: a frozenset of folded texts."""

    def read(self, answer):
        found, index = frozenset(reading.labels(answer)), frozenset(reading.index_labels(answer))
        return index if self.right and index & self.right and not found & self.right else found

    def contains(self, a, wrong):
        added = wrong - self.right
        return bool(added) and a - self.right == added

    def near(self, a):
        if len(a ^ self.right) == 1 and len(self.right) > 2:
            return "One label too many." if a - self.right else "One label is missing."
        return ""

    def advice(self, a):
        if not a:
            return ["Your set is empty, and something belongs there."]
        hit, missing = len(a & self.right), len(self.right - a)
        return [f"{hit} of the {len(a)} that you named belong there, {missing} more would."]

    def show(self, a):
        return ", ".join(sorted(a)[:8]) + (f", and {len(a) - 8} more" if len(a) > 8 else "")


class Ranking(Kind):
    """Labels from first to last: a tuple of folded texts."""

    def read(self, answer):
        if isinstance(answer, (set, frozenset)):
            raise Unreadable("A set came, and a set has no order. Give a list, first to last.")
        index = tuple(reading.index_labels(answer))
        if self.right and set(index) == set(self.right):
            return index
        return tuple(reading.labels(answer))

    def _first_difference(self, a):
        pairs = enumerate(zip(a, self.right, strict=False))
        return next((place for place, (one, other) in pairs if one != other), min(len(a), len(self.right)))

    def near(self, a):
        if a == self.right[::-1]:
            return "The order is right, from the wrong end: first to last is asked for."
        place = self._first_difference(a)
        if len(a) > 2 and a[:place] + a[place : place + 2][::-1] + a[place + 2 :] == self.right:
            return "Two neighbours have changed places."
        return ""

    def advice(self, a):
        if missing := set(self.right) - set(a):
            return [f"{len(missing)} of the {len(self.right)} labels are missing."]
        if extra := set(a) - set(self.right):
            return [f"{len(extra)} of your labels do not belong to the list."]
        place = self._first_difference(a)
        return [
            f"The first {place} places agree, then the order differs."
            if place
            else "The first place differs already."
        ]

    def show(self, a):
        return " > ".join(a[:10])


# ---------------------------------------------------------------- choices and orders of lines


class Choice(Kind):
    """One letter of the options; the option's full text is read as well."""

    def read(self, answer):
        letters = ", ".join(self.exercise.options)
        if answer is Ellipsis:
            raise Unattempted
        if not isinstance(answer, str):
            raise Unreadable(f"A letter is asked for, in quotes, one of {letters}; {reading.came(answer)}.")
        if not answer.strip():
            raise Unattempted
        said = answer[:500].strip().casefold()
        for letter, option in self.exercise.options.items():
            if said.strip("().: ") == letter or said == option.casefold():
                return letter
        raise Unreadable(f"There is no option {text.plain(answer)}; choose one of {letters}.")

    def show(self, a):
        return f"{a}: {self.exercise.options[a]}"


class Parsons(Kind):
    """An order of lettered lines. The right answer is one order, or a list of orders that do the same.

    Letters that stand in no right order are distractors; a wrong answer names those that show its mistake.
    """

    def __init__(self, exercise, right):
        self.exercise = exercise
        self.right = [self.read(one) for one in ([right] if isinstance(right, str) else right)]
        self.useful = set().union(*self.right)

    def read(self, answer):
        if isinstance(answer, str):
            answer = [one for one in re.split(r"[\s,;，]+", answer[:200]) if one]
            if len(answer) == 1:
                answer = list(answer[0])
            if not answer:
                raise Unattempted
        if isinstance(answer, (set, frozenset)):
            raise Unreadable("A set came, and a set has no order. Give the letters from first line to last.")
        found = tuple(reading.labels(answer))
        if unknown := [one for one in found if one not in self.exercise.lines]:
            raise Unreadable(
                f"There is no line {text.plain(unknown[0])}; the lines are {', '.join(self.exercise.lines)}."
            )
        return found

    def same(self, a, b):
        return a in b

    def apart(self, a, b):
        return set(a) != set(b)

    def resembles(self, a, wrong):
        used = set(a) - self.useful
        return bool(used) and used == set(wrong) - self.useful

    def near(self, a):
        if any(sorted(a) == sorted(order) for order in self.right):
            return "These are the lines; in this order they do not run. Which line needs a name that a later one makes?"
        return ""

    def advice(self, a):
        order = max(self.right, key=lambda one: len(set(one) & set(a)))
        missing, extra = set(order) - set(a), set(a) - set(order)
        twice = "A line may stand only once. " if len(set(a)) < len(a) else ""
        return [f"{twice}{len(missing)} needed lines are missing, {len(extra)} of yours do not belong there."]

    def show(self, a):
        return " ".join(a)


# ---------------------------------------------------------------- tables

SHOWN = 12  # values that the feedback repeats


class Table(Kind):
    """Named values: a dict, a Series, or a frame with one key column or index.

    The canonical form is {(row, column): value}; a dict or Series has the one column ''. Rows and columns are read
    against those of the right answer, so neither their order nor index-or-column matters.
    """

    def __init__(self, exercise, right):
        self._spelling = {reading.label(one): _written(one) for one in _labels_of(right)}
        super().__init__(exercise, right)

    def spelled(self, folded):
        """The name of a row or column as the right answer writes it."""
        return self._spelling.get(folded, folded)

    def read(self, answer):
        cells = self._cells(answer)
        if not cells:
            raise Unreadable("An empty table came. Which filter leaves no row?")
        waiting = [key for key, value in cells.items() if value is Ellipsis]
        if waiting:
            raise Unattempted(
                f"{len(waiting)} of {len(cells)} values are still open, first {self._named(waiting[0])}."
            )
        if self.right:
            self._complete(cells)
            cells = {key: cells[key] for key in self.right}
        return {key: self._value(value, key) for key, value in cells.items()}

    def _cells(self, answer):
        if answer is Ellipsis:
            raise Unattempted
        if self.right and isinstance(answer, (list, tuple)) and len(answer) == len(self.right):
            return dict(zip(self.right, answer, strict=True))
        if not isinstance(answer, dict) and not (reading.is_array(answer) and hasattr(answer, "index")):
            raise Unreadable(f"A table is asked for (DataFrame, Series or dict); {reading.came(answer)}.")
        if len(answer) > reading.LARGEST:
            rows = len({row for row, _ in self.right})
            raise Unreadable(f"{len(answer):,} rows came; {rows} are asked for. Which step groups them?")
        if hasattr(answer, "columns"):
            return self._from_frame(answer)
        if isinstance(answer, dict) and answer and all(isinstance(value, dict) for value in answer.values()):
            return {
                (reading.label(row), reading.label(column)): value
                for column, part in answer.items()
                for row, value in part.items()
            }
        keys, values = zip(*answer.items(), strict=True) if len(answer) else ((), ())
        return self._unique([(reading.label(row), "") for row in keys], values)

    def _from_frame(self, frame):
        index = [reading.label(one) for one in frame.index]
        rows = {row for row, _ in self.right or ()}
        if rows and not rows & set(index):
            index, frame = self._key_column(frame, rows)
        columns = [reading.label(one) for one in frame.columns]
        if self.right and {column for _, column in self.right} == {""} and len(columns) == 1:
            columns = [""]
        keys = [(row, column) for column in columns for row in index]
        values = [value for place in range(len(columns)) for value in frame.iloc[:, place]]
        return self._unique(keys, values)

    def _key_column(self, frame, rows):
        for place in range(frame.shape[1]):
            found = [reading.label(one) for one in frame.iloc[:, place]]
            if rows & set(found):
                return found, frame.drop(columns=frame.columns[place])
        columns = ", ".join(text.plain(one, 30) for one in frame.columns[:8])
        raise Unreadable(
            f"Neither the index nor a column holds the rows asked for, such as '{self.spelled(min(rows))}'; your columns are {columns}."
        )

    @staticmethod
    def _unique(keys, values):
        if len(set(keys)) < len(keys):
            raise Unreadable("A row or column stands there more than once. Which step makes one of each?")
        return dict(zip(keys, values, strict=True))

    def _complete(self, cells):
        for place, what in ((1, "column"), (0, "row")):
            have, want = {key[place] for key in cells}, {key[place] for key in self.right}
            if missing := sorted(want - have):
                meant = closest(missing[0], sorted(have - want))
                meant = f" Is it your '{meant}'? Then rename it." if meant else ""
                name = f"The {what} '{self.spelled(missing[0])}'" if missing[0] else "The column of values"
                asked = ", ".join(map(self.spelled, sorted(want)[:12]))
                raise Unreadable(f"{name} is missing.{meant} Asked for: {asked}.")
        if extra := sorted({row for row, _ in cells} - {row for row, _ in self.right}):
            raise Unreadable(
                f"{len(extra)} rows too many, such as {text.plain(extra[0])}. Which filter is missing?"
            )
        if missing := next((key for key in self.right if key not in cells), None):
            raise Unreadable(f"There is no value for {self._named(missing)}.")

    def _unit(self, key):
        unit = self.exercise.unit
        return unit if isinstance(unit, str) else unit.get(key[1], unit.get(key[0], "times"))

    def _value(self, value, key):
        unit = self._unit(key)
        read = {"text": reading.word, "date": reading.day}.get(unit)
        try:
            return read(value) if read else reading.number(value, unit)
        except Unreadable as error:
            raise Unreadable(f"In {self._named(key)}: {error}") from None

    def _same_cell(self, a, b, key, tolerance):
        return a == b if isinstance(b, str) else close_enough(a, b, tolerance, self._unit(key))

    def different(self, a, b):
        """Keys of the cells in which two tables differ."""
        return {key for key in b if not self._same_cell(a[key], b[key], key, self.exercise.tolerance)}

    def same(self, a, b):
        return not self.different(a, b)

    def apart(self, a, b):
        return any(
            isinstance(b[key], str) or relative(a[key], b[key]) >= 0.05 for key in self.different(a, b)
        )

    def resembles(self, a, wrong):
        """Every cell in which the wrong answer leaves the right one is wrong in its way."""
        telling = self.different(wrong, self.right)
        return bool(telling) and all(
            a[key] == wrong[key] if isinstance(wrong[key], str) else relative(a[key], wrong[key]) <= 0.02
            for key in telling
        )

    def near(self, a):
        reasons = {
            "" if isinstance(a[key], str) else nearly(a[key], self.right[key], self._unit(key))
            for key in self.different(a, self.right)
        }
        return reasons.pop() if len(reasons) == 1 else ""

    def advice(self, a):
        off = self.different(a, self.right)
        found = [f"{len(self.right) - len(off)} of {len(self.right)} values agree."]
        columns = {column for _, column in off} - {""}
        good = {column for _, column in self.right} - {""} - columns
        if columns and good:
            right, other = (", ".join(map(self.spelled, sorted(names))) for names in (good, columns))
            found.append(f"Right: {right}. To look at again: {other}.")
        elif not columns:
            found.append(f"Look again at {self._named(min(off))}.")
        return found

    def show(self, a):
        parts = []
        for key, value in list(a.items())[:SHOWN]:
            shown = value if isinstance(value, str) else text.number(value, self._unit(key))
            parts.append(f"{' '.join(map(self.spelled, key)).strip()} = {shown}")
        return "; ".join(parts) + ("; ..." if len(a) > SHOWN else "")

    def _named(self, key):
        row, column = map(self.spelled, key)
        return f"row '{row}'" + (f", column '{column}'" if column else "")


def _labels_of(table):
    """Names of rows and columns of a dict, a dict of dicts, a Series or a frame."""
    if isinstance(table, dict):
        inner = [one for part in table.values() if isinstance(part, dict) for one in part]
        return [*table, *inner]
    return [*getattr(table, "columns", ()), *getattr(table, "index", ())]


def _written(label):
    """A label as reading.label makes it, in its own capitals."""
    if isinstance(label, tuple):
        return " / ".join(map(_written, label))
    return label.strip() if isinstance(label, str) else reading.label(label)


# ---------------------------------------------------------------- memos

_VERBS = (
    "approve|pause|stop|cut|raise|lower|move|shift|keep|hold|start|launch|fund|decide|confirm|change|replace|switch|allow|"
    "release|reduce|increase|add|remove|test|extend|postpone|review|send|set|give|report|ask"
)
# also nouns or everyday words: an ask at the start of a clause, or after a name ("Qiao caps live by Friday")
_LEADING = (
    "sign|halve|double|cap|limit|book|drop|draw|grant|put|take|pay|spend|use|write|plan|run|buy|open|close|make|fix|agree|"
    "hire|train|invite|block|exclude|split|freeze|pilot|name|return|pull|bring|rewrite|repeat|measure|delete|"
    "check|count|call|tell|compare|correct|mend|collect|prepare|publish|track|update|merge|restore|clean|try|ban|show|reject|"
    "roll|assign|appoint|escalate|schedule|introduce|negotiate|renew|cancel|brief|ship|redirect|investigate|rebuild"
)
_ASK = re.compile(
    rf"\b({_VERBS}|please)\b|(?:^|[:;,.!?—–，。：；-]\s*|\b(?:to|and|then|you|let \w+|do not|don't)\s+)(?:{_LEADING})\b"
    r"|请|批准|暂停|停止|削减|增加|提高|降低|转移|保留|启动|决定|确认|更换|测试|延长|推迟|调整|减少|签|砍|停掉|限制"
    r"|检查|核对|复核|排查|安排|发送|改为|改用|关闭|开启|上线|下线|提交|同意|采用",
    re.IGNORECASE,
)
_NAMED_ASK = re.compile(
    rf"\b(?:[A-Z]\w+|team|desk)\s+(?!tests|reports|reviews|changes|plans|uses|sets|runs|names)(?:{_VERBS}|{_LEADING})(?:s|es)\b"
)
_WORD = re.compile(r"[^\W\u4e00-\u9fff]+|[\u4e00-\u9fff]")
_NO_ASK = re.compile(
    r"\b(keep|continue)\s+(an eye|watching|monitoring|observing)|持续关注|继续观察", re.IGNORECASE
)


class Memo(Kind):
    """Three lines: number, evidence, ask. Right and wrong answers are the number of line one; NO_ACTION is a line three
    that asks for nothing, and its wrong answer is None."""

    def __init__(self, exercise, right):
        self.exercise = exercise
        self.right = reading.number(right)

    def record(self, memo):
        return [line[:500] for line in memo.lines]

    def target(self, value):
        return None if value is None else reading.number(value)

    def read(self, answer):
        if answer is Ellipsis:
            raise Unattempted
        if isinstance(answer, (list, tuple)) and 0 < len(answer) <= 100:
            if any(one is Ellipsis for one in answer):
                raise Unattempted
            if all(isinstance(one, str) for one in answer):
                answer = "\n".join(answer)
        if not isinstance(answer, str):
            raise Unreadable(f"Three lines of text are asked for; {reading.came(answer)}.")
        lines = [line.strip() for line in answer[:5000].splitlines() if line.strip(" .…-")]
        if not lines:
            raise Unattempted
        if len(lines) != 3:
            raise Unreadable(f"A memo has three lines (number, evidence, ask); {len(lines)} came.")
        return SimpleNamespace(lines=lines, numbers=[reading.numbers_in(line) for line in lines])

    def _states(self, memo, value):
        scales = (1, 1000) if self.exercise.unit == "thousand CNY" else (1,)  # the sum in yuan is right, too
        return any(relative(one, scale * value) <= 0.02 for one in memo.numbers[0] for scale in scales)

    def _asks(self, memo):
        line = memo.lines[2]
        if len(_WORD.findall(line)) < 3:  # "Approve." does not say what
            return False
        return bool(_ASK.search(line) or _NAMED_ASK.search(line)) and not _NO_ASK.search(line)

    def _evidence(self, memo):
        return bool(set(memo.numbers[1]) - set(memo.numbers[0]))

    def same(self, memo, right):
        return self._states(memo, right) and self._evidence(memo) and self._asks(memo)

    def apart(self, a, b):
        return a is None or b is None or relative(a, b) >= 0.05

    def resembles(self, memo, wrong):
        if wrong is None:
            return self._states(memo, self.right) and not self._asks(memo)
        return self._states(memo, wrong) and not self._states(memo, self.right)

    def advice(self, memo):
        found = []
        if not memo.numbers[0]:
            found.append("Line 1 has no number.")
        elif not self._states(memo, self.right):
            found.append("Line 1 does not state the number that the data give.")
        if not self._evidence(memo):
            found.append("Line 2 has no number of its own: what did you compare it with?")
        return found

    def show(self, memo):
        return " / ".join(line[:120] for line in memo.lines)


# ---------------------------------------------------------------- placement


class Quiz(Kind):
    """Questions before the course: {"j1": ("b", 4)}, a letter (or "?") and a confidence for each. Nothing is marked; the
    right letters, by level (the key's first letter: j, m, s), only say where to start."""

    headline = "Saved; nothing is marked"

    def __init__(self, exercise, right):
        self.exercise = exercise
        self.right = right

    def read(self, answer):
        if answer is Ellipsis:
            raise Unattempted
        if not isinstance(answer, dict) or not answer:
            raise Unreadable(f'A dict is asked for, such as {{"j1": ("b", 4)}}; {reading.came(answer)}.')
        answer = {reading.label(key): value for key, value in answer.items()}
        if missing := [key for key in self.right if key not in answer]:
            raise Unreadable(f"The answer to question '{missing[0]}' is missing.")
        return {key: self._pair(key, answer[key]) for key in self.right}

    def _pair(self, key, pair):
        if pair is Ellipsis:
            raise Unattempted(f"Question '{key}' is still open.")
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise Unreadable(f'Question {key}: a letter and a confidence are asked for, such as ("b", 4).')
        if any(part is Ellipsis for part in pair):
            raise Unattempted(f"Question '{key}' is still open.")
        letter, letters = reading.label(pair[0]), [*self.exercise.options[key], "?"]
        if letter not in letters:
            raise Unreadable(f"Question {key}: choose one of {', '.join(letters)}; {reading.came(pair[0])}.")
        return letter, reading.confidence(pair[1])

    def same(self, a, b):
        return True

    def record(self, a):
        """What the log keeps, to be shown again at the end of each level."""
        return {key: list(pair) for key, pair in a.items()}

    def show(self, a):
        share = {}
        for key, letter in self.right.items():
            share.setdefault(key[0], []).append(a[key][0] == letter)
        for level, start in (("j", "J01"), ("m", "M01")):
            if sum(share[level]) < 0.75 * len(share[level]):
                return f"A good place for you to start: {start}."
        return "A good place for you to start: S01; the capstones JC and MC show whether anything is missing before it."


# ---------------------------------------------------------------- rubrics

BY = ("self", "peer", "trainer")


class Rubric(Kind):
    """Levels that a person gives: {"diagnosis": 3, ...}, 1 to 4 for each criterion, and "by": self, peer or trainer.

    The right answer is a dict of facts of the world, as texts: the exemplar paragraphs quote them in {braces}. Every
    readable answer is saved and none is wrong; the verdict gives the weighted score and shows the next level up.
    """

    def __init__(self, exercise, right):
        self.exercise = exercise
        self.right = {reading.label(key): str(fact) for key, fact in right.items()}
        self.criteria = {reading.label(key): one for key, one in exercise.criteria.items()}
        self.headline = "Saved"

    def read(self, answer):
        if answer is Ellipsis:
            raise Unattempted
        if reading.of_pandas(answer) and getattr(answer, "ndim", 0) == 1 and hasattr(answer, "items"):
            answer = dict(answer.items()) if len(answer) <= 100 else None
        names = ", ".join(self.criteria)
        if not isinstance(answer, dict) or not 0 < len(answer) <= 100:
            raise Unreadable(f"A dict of levels is asked for, with {names}; {reading.came(answer)}.")
        given = {reading.label(key): level for key, level in answer.items()}
        by = self._by(given.pop("by", "self"))
        for name in given:
            if name not in self.criteria:
                meant = closest(name, self.criteria)
                meant = f"did you mean '{meant}'?" if meant else f"the criteria are {names}."
                raise Unreadable(f"There is no criterion {text.plain(name, 40)}; {meant}")
        if missing := [name for name in self.criteria if name not in given]:
            raise Unreadable(f"The level of '{missing[0]}' is missing.")
        if waiting := [name for name in self.criteria if given[name] is Ellipsis]:
            raise Unattempted(
                f"{len(waiting)} of {len(self.criteria)} levels are still open, first '{waiting[0]}'."
            )
        return {name: self._level(name, given[name]) for name in self.criteria} | {"by": by}

    def _by(self, by):
        said = reading.label(by) if isinstance(by, str) else None
        if by is Ellipsis:
            raise Unattempted
        if said not in BY:
            raise Unreadable(f'"by" says who judged, one of {", ".join(BY)}; {reading.came(by)}.')
        return said

    def _level(self, name, level):
        asked = "a level is a whole number from 1 (beginning) to 4 (exemplary)"
        try:
            found = reading.number(level)
        except Unreadable as error:
            raise Unreadable(f"In '{name}': {asked}. {error}") from None
        if found not in {1, 2, 3, 4}:
            raise Unreadable(f"In '{name}': {asked}; {found:g} came.")
        return int(found)

    def same(self, a, b):
        return True

    def score(self, a):
        """Weighted points of 100: level 1 is a quarter of a criterion's weight, level 4 all of it."""
        whole = sum(one.weight for one in self.criteria.values())
        return 100 * sum(one.weight * a[name] / 4 for name, one in self.criteria.items()) / whole

    def further(self, a):
        """Criteria from the one that can win most, each with the next level and a paragraph that stands on it."""
        open_ones = [name for name in self.criteria if a[name] < 4]
        if not open_ones:
            yield "Next", "All criteria stand at the highest level. Let somebody else judge the same page."
        for name in sorted(open_ones, key=lambda name: -self.criteria[name].weight * (4 - a[name])):
            one, up = self.criteria[name], a[name] + 1
            yield f"{one.title}, now {a[name]}, level {up}", one.levels[up - 1]
            yield "Reads like", one.exemplars[up - 1].format_map(self.right)

    def record(self, a):
        return a | {"score": round(self.score(a), 1)}

    def show(self, a):
        levels = ", ".join(f"{name} {a[name]}" for name in self.criteria)
        return f"{self.score(a):.0f} of 100, judged by {a['by']}: {levels}."


KINDS = {
    "number": Number,
    "prediction": Number,
    "table": Table,
    "set": Set,
    "ranking": Ranking,
    "choice": Choice,
    "parsons": Parsons,
    "memo": Memo,
    "quiz": Quiz,
    "rubric": Rubric,
}
