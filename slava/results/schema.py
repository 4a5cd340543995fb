"""The schemas of `results/*.parquet` and `dead_letters/*.parquet`, each field with its description.

Stable: fields are added at the end, never renamed or given another type. Every field may be null in Arrow's
sense, since Ray Data joins blocks by schema; the descriptions say when a null is meant.
"""

import pyarrow as pa

_STRING, _INT, _FLOAT, _DOUBLE = pa.string(), pa.int32(), pa.float32(), pa.float64()
_TIME = pa.timestamp("us", tz="UTC")
_SCORES = pa.list_(pa.struct([("label", _STRING), ("score", _FLOAT)]))
_GATE = pa.list_(pa.struct([("expert", _STRING), ("score", _FLOAT)]))
_INFO_BAR = pa.struct([("top", _INT), ("bottom", _INT)])
_FEATURES = pa.list_(pa.float16())
_TIMINGS = pa.struct([(f"{stage}_s", _FLOAT) for stage in ("read", "decode", "encode", "generate")])


def _field(name: str, kind: pa.DataType, description: str) -> pa.Field:
    return pa.field(name, kind, metadata={"description": description})


_URI = _field("uri", _STRING, "The file or archive that the image came from, as it was listed.")
_MEMBER = _field("member", _STRING, "The image's name inside the archive; null for a loose file.")
_RUN_ID = _field("run_id", _STRING, "The run that wrote the row. A resumed run adds rows under its own id.")
_FINISHED = _field("finished_at", _TIME, "When the row was complete, UTC.")

RESULTS = pa.schema(
    [
        _URI,
        _MEMBER,
        _field("page", _INT, "The page within the file, from 0; 0 for a file with one page."),
        _field("pages", _INT, "Pages of the file; each has a row of its own."),
        _field("image_id", _STRING, "SHA-256 of the file's content, in hexadecimal."),
        _field("task", _STRING, "`classify`, `caption` or `vqa`."),
        _field("label", _STRING, "The class; null unless the task is classify."),
        _field(
            "confidence",
            _FLOAT,
            "0 to 1. classify: the calibrated probability of `label`. caption and vqa: the geometric mean of "
            "the answer's token probabilities, which ranks answers but is not calibrated.",
        ),
        _field("scores", _SCORES, "classify: every label with its score, highest first; null otherwise."),
        _field("text", _STRING, "The caption or answer; for classify the label."),
        _field("context", _STRING, "The auxiliary text that went into the prompt; null without one."),
        _field("expert", _STRING, "The expert (adapter) that answered; null for the base model."),
        _field("gate", _GATE, "The gate's score of each expert, highest first; null without experts."),
        _field("width", _INT, "Width of the image as decoded, info bar included, in pixels."),
        _field("height", _INT, "Height of the image as decoded, info bar included, in pixels."),
        _field(
            "info_bar",
            _INFO_BAR,
            "The pixel rows of the instrument's info bar, `top` the first and `bottom` one past the last; "
            "null where none was found. The model does not see these rows.",
        ),
        _field("pixel_size_nm", _DOUBLE, "Edge of one pixel on the sample, in nm; null if unknown."),
        _field("kv", _DOUBLE, "Acceleration voltage in kV; null if unknown."),
        _field("working_distance_mm", _DOUBLE, "Working distance in mm; null if unknown."),
        _field("magnification", _DOUBLE, "Magnification as the instrument states it; null if unknown."),
        _field("detector", _STRING, "Detector as the instrument names it; null if unknown."),
        _field(
            "metadata_source", _STRING, "What the acquisition fields were read from; null if from nothing."
        ),
        _field("model", _STRING, "The model, as the job was told (`nano`, a directory, a hub id)."),
        _field("model_digest", _STRING, "Digest of the model's weights."),
        _field("adapter_digest", _STRING, "Digest of the expert's weights; null for the base model."),
        _field("prompt_digest", _STRING, "Digest of the prompt without the image."),
        _field("thumbnail", pa.binary(), "A small JPEG of what the model saw."),
        _field(
            "timings",
            _TIMINGS,
            "Seconds that each stage spent on this row: a batch's time divided by its number of rows.",
        ),
        _RUN_ID,
        _FINISHED,
        _field(
            "features",
            _FEATURES,
            "What the vision tower makes of the image, by which alike ones are found: its class token beside "
            "its mean patch. Comparable under one `model_digest` only; null in rows of an earlier version.",
        ),
    ]
)
"""One row for each image (each page of a file) that was screened."""

DEAD_LETTERS = pa.schema(
    [
        _URI,
        _MEMBER,
        _field("page", _INT, "The page that failed, from 0; null where the whole file did."),
        _field("stage", _STRING, "The stage that gave up: `read`, `decode`, `encode` or `generate`."),
        _field("code", _STRING, "Why, as one of the stable codes of `slava.failures.Code`."),
        _field("message", _STRING, "Why, for people."),
        _RUN_ID,
        _FINISHED,
    ]
)
"""One row for each input, or page of one, that could not be screened."""
