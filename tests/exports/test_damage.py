"""Damaged files: a frame whose rows are all accounted for, or an ExportError; nothing else. tools/fuzz_exports.py does more of it."""

import random
import time

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools import fuzz_exports as fuzz

STARTS = fuzz.starts()
BEGUN = []


def test_undamaged_files_are_read():
    for name, data in STARTS.items():
        if name.startswith(("google", "baidu", "sogou", "crlf", "xls")):
            assert not isinstance(fuzz.check(data), Exception), name


@settings(max_examples=60, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(st.sampled_from(sorted(STARTS)), st.integers(0, 10**6))
def test_damage(name, seed):
    BEGUN.append(time.monotonic())
    if BEGUN[-1] - BEGUN[0] < 35:  # CI has no more time for it
        fuzz.check(fuzz.damaged(random.Random(seed), STARTS[name]))


def test_a_block_of_a_snapshot_whose_header_is_a_byte_order_mark_is_read():
    text = "# All Users\n\ufeff\n# End date: 20250531\nCohort,Week 0,Week 1,Week 2,Week 3,Week 4"
    fuzz.check(text.encode())


def test_a_report_that_says_when_it_starts_and_never_when_it_ends_has_no_period():
    head = "Reporting starts,Reporting ends,Campaign name,Impressions,Link clicks,Amount spent (USD)\n"
    frame = fuzz.check((head + "2025-05-01,,A,10,1,2.50\n").encode())
    assert len(frame) == 1 and frame.attrs["period"] is None


def test_a_message_stays_short_however_long_a_cell_is():
    head = "日期;推广计划;展现;点击;消费\n2025-05-01;a;10;1;2.50\n"
    problem = fuzz.check((head + '2025-05-02;a;10;1;"1,5' + "7" * 20_000 + '"\n').encode())
    assert isinstance(problem, Exception) and len(str(problem)) < 1_500
