"""The model card of a set of experts."""

from slava.mope.manifest import Manifest


def model_card(manifest: Manifest) -> str:
    """README.md: what these experts are, what they were measured at, and how to use them."""
    rows = [f"| {entry.name} | {entry.rank} | {100 * entry.share:.0f} % |" for entry in manifest.experts]
    figures = [f"- {name.replace('_', ' ')}: {_told(value)}" for name, value in manifest.metrics.items()]
    labels = ["", f"Classes: {', '.join(manifest.labels)}."] if manifest.labels else []
    return "\n".join(
        [
            "# Experts for sLAVA",
            "",
            f"{len(manifest.experts)} LoRA experts and their gate (DyA-MoPE) for `{manifest.base}`, "
            f"weights {manifest.base_digest[:16]}.",
            *labels,
            "",
            "| expert | rank | share of the training data |",
            "| --- | --- | --- |",
            *rows,
            "",
            f"The gate picks the best {manifest.top_k} of them for each micrograph and question.",
            "",
            "## Measured on the data kept aside",
            *figures,
            "",
            "These images come from the same source as the training's. Other instruments and processes may "
            "fare worse: measure on your own with `jobs/evaluate.py`.",
            "",
            "## Use",
            "```",
            "python jobs/screen.py --input ARCHIVE --output FOLDER --experts THIS_FOLDER",
            "```",
            "Each folder under `experts/` is an ordinary PEFT adapter.",
            "",
            "## Recipe",
            *[f"- {name}: {_told(value)}" for name, value in manifest.recipe.items() if value is not None],
            "",
        ]
    )


def _told(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:.4g}" if isinstance(value, float) else str(value)
