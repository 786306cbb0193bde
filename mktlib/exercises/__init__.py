"""One module a lesson: its right answers and its named wrong answers. Read mktlib/course/registry.py first."""
