"""Rubrics of the capstones: criteria with weights, four levels and a paragraph that stands on each. mktlib.exercises uses them."""
