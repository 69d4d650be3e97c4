"""What the worker does to itself, once, before the first line of a student's code.

These files run in the untrusted process: they import the standard library alone and know nothing of the judge.
"""
