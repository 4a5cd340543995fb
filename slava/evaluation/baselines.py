"""What any laboratory would try first on a tower's features: nearest neighbour and linear probe."""

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Rows = NDArray[np.float32]
Truth = NDArray[np.int64]


def nearest_neighbour(examples: Rows, truth: Truth, queries: Rows, classes: int) -> NDArray[np.float64]:
    """[Q, L]: all on the class of the nearest example, by the cosine."""
    model = KNeighborsClassifier(1, metric="cosine").fit(examples, truth)
    return _spread(model.predict_proba(queries), model.classes_, classes)


def linear_probe(examples: Rows, truth: Truth, queries: Rows, classes: int) -> NDArray[np.float64]:
    """[Q, L] of a logistic regression on standardized features."""
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(examples, truth)
    return _spread(model.predict_proba(queries), model.classes_, classes)


def nearest_mean(examples: Rows, truth: Truth, queries: Rows, classes: int) -> NDArray[np.float64]:
    """[Q, L]: all on the class whose mean is nearest, by the Euclidean distance."""
    present = np.unique(truth)
    means = np.stack([examples[truth == label].mean(0) for label in present])
    distances = np.linalg.norm(queries[:, None] - means, axis=2)
    return _spread(np.eye(len(present))[distances.argmin(1)], present, classes)


def _spread(probabilities: NDArray[np.float64], present: Truth, classes: int) -> NDArray[np.float64]:
    """Columns for all classes, those without examples zero."""
    found = np.zeros((len(probabilities), classes))
    found[:, present] = probabilities
    return found
