"""What each code of a dead letter means to somebody who did not write this software, and what to do."""

from typing import NamedTuple

from slava.failures import Code


class Explanation(NamedTuple):
    """Plain language for one code."""

    meaning: str
    advice: str


_EXPLANATIONS = {
    Code.EMPTY: Explanation(
        "The file has no content.", "Copy it again from the instrument; the first copy was interrupted."
    ),
    Code.VANISHED: Explanation(
        "The file was listed when the run began, but had gone when its turn came.",
        "Run again once nobody is moving files in that folder.",
    ),
    Code.UNREADABLE: Explanation(
        "The storage refused the file, or broke off while it was read.",
        "Check access rights and the connection, then run the same command again.",
    ),
    Code.UNSAFE_NAME: Explanation(
        "An archive member has a name that points outside the archive.",
        "Find out who made the archive; pack it again with plain relative names.",
    ),
    Code.BROKEN_ARCHIVE: Explanation(
        "The archive is damaged or ends too early. The members before the damage were screened.",
        "Copy or pack the archive again.",
    ),
    Code.NOT_AN_IMAGE: Explanation(
        "The content is not an image, whatever the name says.",
        "Nothing, if such files belong there; otherwise look at how they got their name.",
    ),
    Code.UNSUPPORTED: Explanation(
        "A real image, but of a format, bit depth or compression that is not read.",
        "Export it as TIFF or PNG, 8 or 16 bits.",
    ),
    Code.TRUNCATED: Explanation(
        "The image ends before all of its pixels.", "Copy it again; if the original is short too, it is lost."
    ),
    Code.CORRUPT: Explanation(
        "The image contradicts itself and cannot be decoded.",
        "Export it again from the instrument's software.",
    ),
    Code.TOO_SMALL: Explanation(
        "The image has too few pixels to show anything.",
        "Nothing, if it is a thumbnail or an icon; otherwise export it at full size.",
    ),
    Code.TOO_LARGE: Explanation(
        "The image has more pixels than the limit allows.",
        "A stitched map: cut it into tiles first. Otherwise treat the file with suspicion.",
    ),
    Code.BLANK: Explanation(
        "Every pixel has the same value.", "Check the acquisition: beam blanked, detector off or saturated."
    ),
    Code.ENGINE: Explanation(
        "The image was fine; the language model's engine failed on this one request.",
        "Run the same command again. If it fails again, report it together with the image.",
    ),
}


def explain(code: str) -> Explanation:
    """Return the explanation of `code`, also of one that another version of this software wrote."""
    known = _EXPLANATIONS.get(Code(code)) if code in set(Code) else None
    return known or Explanation("A reason that this version does not know.", "See the messages.")
