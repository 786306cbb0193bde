"""The table of competences and the exercises that practise them: docs/competences.md.

    python tools/competences.py      writes it; `course.py build` does so, too

The competences stand in mktlib/course/competences.csv, with the lessons that are to practise them.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mktlib.course.progress import competences, practised_in

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "competences.md"
HEAD = """# What is practised where

{total} competences that the course is made from, and the exercises in which a learner practises them (`practises=` in
`mktlib/exercises/`). {done} are practised so far. Built by `course.py build`; a test compares it with the exercises.
"""


def page():
    """The text of docs/competences.md."""
    rows, where = competences(), practised_in()
    lines = [HEAD.format(total=len(rows), done=sum(row["id"] in where for row in rows))]
    for family in dict.fromkeys(row["family"] for row in rows):
        lines += [
            f"## {family}",
            "",
            "| | level | competence | 中文 | practised in |",
            "|---|---|---|---|---|",
        ]
        for row in rows:
            if row["family"] == family:
                exercises = ", ".join(where.get(row["id"], [])) or f"planned: {row['lessons']}"
                cells = [row["id"], row["level"], row["competence"], row["term_zh"], exercises]
                lines.append("| " + " | ".join(cell.replace("|", "/") for cell in cells) + " |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    print(PAGE.relative_to(ROOT))
