"""Intake: from whatever was handed in to the bytes of task files, and to nothing else.

Folders, archives, single files and notebooks are only ever read: no link is followed, no archive is unpacked to
disk, no size is believed, and no file is looked at but those whose place or name says which exercise they answer.
So whatever else lies in a submission (``conftest.py``, ``sitecustomize.py``, a ``numpy.py``, compiled extensions,
stale bytecode) never comes near an interpreter. A source stays bytes here; parsing it is the worker's business.

    limits.py       how much of anything is read
    names.py        which path answers which exercise
    files.py        folders and files of the disk
    tarballs.py     tar archives, as a stream
    archives.py     zip archives, and what is common to all archives
    notebooks.py    the cells that define an exercise's names
    store.py        sources by their content
    collect.py      one submission: what was found, what was chosen, what there is to remark
    discover.py     what the arguments of a command mean: one submission, or a class of them
"""

from grader.intake.collect import Submission
from grader.intake.discover import Entry, discover
from grader.intake.limits import IntakeError, Limits
from grader.intake.names import Catalogue
from grader.intake.store import Store, StoreError

__all__ = ["Catalogue", "Entry", "IntakeError", "Limits", "Store", "StoreError", "Submission", "discover"]
