"""Timing of the toolbox at 1, 10 and 100 million rows, beside pandas and the tools a user would else pick."""
