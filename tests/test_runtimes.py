"""The page of run times: no notebook is missing, and what a test run measured in passing is read."""

import csv

from tools import runtimes


def notebooks():
    return {
        path.relative_to(runtimes.ROOT / "notebooks").as_posix()
        for path in runtimes.ROOT.glob("notebooks/*/*.ipynb")
    }


def test_every_notebook_has_its_measured_seconds_and_floor():
    with runtimes.PAGE.open(encoding="utf-8", newline="") as file:
        rows = {row["notebook"]: row for row in csv.DictReader(file)}
    assert rows.keys() == notebooks()
    assert all(float(row["seconds"]) >= float(row["floor"]) > 0 for row in rows.values())


def test_cells_of_a_report_add_up_to_their_notebooks(tmp_path):
    report = tmp_path / "nbval.xml"
    cells = [
        ("notebooks.0_start.N00_start_here.ipynb", 1.25),
        ("notebooks.0_start.N00_start_here.ipynb", 2.0),
        ("tests.test_x", 9),
    ]
    lines = [f'<testcase classname="{where}" name="Cell" time="{seconds}" />' for where, seconds in cells]
    report.write_text(f"<testsuites><testsuite>{''.join(lines)}</testsuite></testsuites>", encoding="utf-8")
    found = runtimes.in_passing(report)
    assert (
        found.keys() == {"0_start/N00_start_here.ipynb"} and found["0_start/N00_start_here.ipynb"][0] == "3.2"
    )


def test_where_the_host_takes_the_time_it_is_measured_again_and_the_shortest_counts(monkeypatch):
    taken, stolen = iter([9.0, 8.0, 5.0, 1.0]), iter([0, 4.0, 4.0, 6.0, 6.0, 6.1])
    monkeypatch.setattr(runtimes, "_stolen", lambda: next(stolen))
    assert runtimes.undisturbed(lambda one: next(taken), "a notebook") == 5.0
