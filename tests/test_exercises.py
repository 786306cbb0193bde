"""What holds for the list of exercises and for checks as such; the exercises themselves: test_exercises_<level>.py."""

import os

from mktlib.course import checking, registry
from mktlib.course.text import plain


def test_the_course_lists_enough_exercises_and_mistakes():
    listed = registry.as_json()
    assert len(listed) >= 22
    assert sum(len(one["mistakes"]) for one in listed) >= 40
    assert set(listed[0]) == {
        "id",
        "lesson",
        "title",
        "kind",
        "points",
        "minutes",
        "practises",
        "mistakes",
        "hints",
    }


def test_a_warm_check_takes_less_than_50_ms(standard_world):
    from statistics import median
    from time import perf_counter

    checking.check("J01.1", 0.5)
    seconds = []
    for _ in range(15):
        start = perf_counter()
        checking.check("J01.1", 0.5)._repr_html_()
        seconds.append(perf_counter() - start)
    assert median(seconds) < 0.05 * float(os.environ.get("MKTLIB_SLOW_MACHINE", "1"))


def test_plain_text_of_a_rude_object_says_its_type():
    from exercise_forms import Rude

    assert plain(Rude()) == "an object of type Rude that cannot be shown"
