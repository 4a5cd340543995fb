from slava.finetuning.curriculum import Curriculum, Item
from slava.finetuning.exporting import GROUPS, groups_of


def _item(question, label=None):
    return Item(question, "", "an answer", label, "id", "file", 0)


def test_classes_stand_before_questions_and_the_commonest_first():
    asked = [_item(f"question {number}") for number in range(GROUPS) for _ in range(5)]
    labelled = [_item("which?", "dots"), _item("which?", "bands"), _item("which?", "bands")]
    groups = groups_of(Curriculum((*asked, *labelled), (), ("bands", "dots")))
    assert list(groups)[:3] == ["bands", "dots", "question 0"]
    assert groups["bands"] == [len(asked) + 1, len(asked) + 2]
    assert len(groups) == GROUPS
