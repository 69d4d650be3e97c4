"""Metrics: by hand and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu import metrics

classes = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=30)


@given(pairs=classes)
@settings(deadline=None, max_examples=40)
def test_metrics_agree_with_sklearn(pairs):
    sklearn = pytest.importorskip("sklearn.metrics")
    got, true = (np.array(column) for column in zip(*pairs, strict=True))
    options = {"labels": range(5), "average": None, "zero_division": 0}
    assert metrics.accuracy(got, true) == pytest.approx(sklearn.accuracy_score(true, got))
    np.testing.assert_array_equal(
        metrics.confusion_matrix(got, true, 5), sklearn.confusion_matrix(true, got, labels=range(5))
    )
    np.testing.assert_allclose(metrics.precision(got, true, 5), sklearn.precision_score(true, got, **options))
    np.testing.assert_allclose(metrics.recall(got, true, 5), sklearn.recall_score(true, got, **options))
    np.testing.assert_allclose(metrics.f1_score(got, true, 5), sklearn.f1_score(true, got, **options))


def test_scores_and_tensors_are_taken_too():
    scores = tg.tensor([[0.1, 0.9, 0.0], [0.8, 0.2, 0.0]], requires_grad=True)
    target = tg.tensor([1, 1])
    assert metrics.accuracy(scores, target) == 0.5
    # one column for each score, though class 2 never occurs
    assert metrics.confusion_matrix(scores, target).tolist() == [[0, 0, 0], [1, 1, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("got", "true", "words"),
    [
        ([0, 1], [0], r"predicted has shape \(2,\) and target \(1,\)"),
        ([], [], "N at least 1"),
        ([0.5], [0], "holds 0.5"),
        ([0], [0.2], "target must hold class indices"),
    ],
)
def test_what_cannot_be_compared_is_refused(got, true, words):
    with pytest.raises(ValueError, match=words):
        metrics.accuracy(got, true)


def test_a_class_outside_the_matrix_is_refused():
    with pytest.raises(
        ValueError, match="predicted holds classes from 0 to 3, and 3 classes are numbered 0 to 2"
    ):
        metrics.confusion_matrix([0, 3], [0, 1], 3)
    with pytest.raises(ValueError, match="target holds classes from -1"):
        metrics.confusion_matrix([0, 1], [-1, 1])
