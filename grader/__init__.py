"""The grader: exercises, their checks, and the judge that runs them against a student's code.

``python -m grader`` is the command line; `grader.judge.check_exercise` is the heart.
"""
