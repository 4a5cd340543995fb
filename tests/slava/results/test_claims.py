import pytest

from slava.results import ClaimError, changed_settings, claim, open_output, write_settings

NAME = "settings.json"


@pytest.mark.parametrize("place", ["folder", "s3"])
def test_an_output_belongs_to_its_settings(place, tmp_path, request):
    uri = str(tmp_path / "out") if place == "folder" else request.getfixturevalue("s3")
    output, settings = open_output(uri), {"task": "classify", "labels": ["a", "b"], "context": None}
    assert changed_settings(output, NAME, settings) is None
    claim(output, NAME, settings)
    claim(output, NAME, settings)
    assert changed_settings(output, NAME, settings) == []
    with pytest.raises(ClaimError, match=r"other settings \(labels, context\): give another folder"):
        claim(output, NAME, {**settings, "labels": ["b", "a"], "context": "x"})
    claim(output, NAME, settings)


def test_only_the_file_of_the_settings_is_written(tmp_path):
    output = open_output(str(tmp_path / "out"))
    assert changed_settings(output, NAME, {}) is None
    assert not (tmp_path / "out").exists()
    write_settings(output, NAME, {"seed": 1})
    write_settings(output, NAME, {"seed": 2})
    assert changed_settings(output, NAME, {"seed": 2}) == []
    assert [path.name for path in (tmp_path / "out").iterdir()] == [NAME]
