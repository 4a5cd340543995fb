import torch

from slava.finetuning.batches import IGNORED, lay_out


def _laid_out(others):
    prompts, answers = [[1, 2, 3], [1, 2]], [[7, 9], [8, 8, 9]]
    return lay_out(prompts, answers, others, torch.zeros(2, 1, 4), torch.zeros(2, 3))


def test_answers_only():
    batch = _laid_out(None)
    assert batch.ids_BT.tolist() == [[1, 2, 3, 7, 9], [1, 2, 8, 8, 9]]
    assert batch.targets_BT.tolist() == [[IGNORED] * 3 + [7, 9], [IGNORED] * 2 + [8, 8, 9]]
    assert batch.mask_B1TT is None


def test_two_answers_do_not_see_each_other():
    batch = _laid_out([[5, 9], [6, 9]])
    assert batch.ids_BT.tolist() == [[1, 2, 3, 7, 9, 5, 9], [1, 2, 8, 8, 9, 6, 9]]
    assert batch.positions_BT.tolist() == [[0, 1, 2, 3, 4, 3, 4], [0, 1, 2, 3, 4, 2, 3]]
    assert batch.ends_B2.tolist() == [[4, 6], [4, 6]]
    first = batch.mask_B1TT[0, 0]
    assert first[5].tolist() == [True, True, True, False, False, True, False]
    assert first[4].tolist() == [True, True, True, True, True, False, False]
    assert (batch.targets_BT[:, 5:] == IGNORED).all()
