import torch

from slava.finetuning.negatives import ClassMeans, hardest_answers


def test_the_most_alike_of_another_answer():
    features = torch.tensor([[1.0, 0.0], [0.9, 0.1], [0.0, 1.0], [1.0, 0.05]])
    assert hardest_answers(["a", "b", "c", "a"], features, None) == ["b", "a", "b", "b"]


def test_a_batch_of_one_class_takes_another_class():
    known = torch.tensor([[1.0, 0.0], [0.8, 0.2], [0.0, 1.0]])
    means = ClassMeans(["a", "b", "c"], known, ["a", "b", "c"])
    assert hardest_answers(["a", "a"], torch.tensor([[1.0, 0.0], [0.1, 1.0]]), means) == ["b", "c"]


def test_nothing_else_was_ever_answered():
    assert hardest_answers(["a"], torch.ones(1, 2), None) == [""]
