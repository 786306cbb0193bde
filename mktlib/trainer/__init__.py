"""For trainers: classes, collecting, grading, reports, assessment. Learners do not need it."""
