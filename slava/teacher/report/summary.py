"""What `report.json` holds: yield, reasons and cost over all runs into an output."""

from collections import Counter

from pydantic import AwareDatetime, BaseModel, ConfigDict

from slava.results import Output, read_dead_letters
from slava.teacher.http.budget import Prices, Usage
from slava.teacher.resuming import rows


class RunInfo(BaseModel):
    """What only the driver knows."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    run_id: str
    """The last run."""
    teacher: str
    """`measuring`, or the model's name and the endpoint's host."""
    prompt_digest: str
    """SHA-256 of the prompts, or of the measuring teacher's phrases."""
    command: str
    """The command line of the last run."""
    started_at: AwareDatetime
    """When the last run started."""
    finished_at: AwareDatetime
    """When the last run ended."""
    stopped_at_budget: bool
    """Whether it ended because the budget was spent."""


class Summary(RunInfo):
    """The whole of `report.json`."""

    images: dict[str, int]
    """Micrographs by status: answered, unreadable, refused, failed."""
    dead_letters: dict[str, int]
    """Inputs that failed in the last run, by code."""
    taught: int
    """Triples that are taught."""
    rejected: dict[str, int]
    """Triples and replies that are not, by reason."""
    facets: dict[str, int]
    """Triples that are taught, by facet."""
    labels: dict[str, int]
    """Triples that are taught, by class."""
    requests: int
    """Sent to the endpoint, retries included."""
    prompt_tokens: int
    """Of all requests."""
    answer_tokens: int
    """Of all requests."""
    cost: float
    """Money, at the prices that the job was told."""

    @property
    def yield_share(self) -> float:
        """Taught triples, of all that were written."""
        return self.taught / max(self.taught + sum(self.rejected.values()), 1)


def summarize(output: Output, run: RunInfo, prices: Prices) -> Summary:
    """Count the tables in one pass each."""
    status: Counter[str] = Counter()
    usage, requests = Usage(), 0
    for row in rows(output, "images", ["status", "requests", "prompt_tokens", "answer_tokens"]):
        status[row["status"]] += 1
        usage += Usage(row["prompt_tokens"], row["answer_tokens"])
        requests += row["requests"]
    facets, labels = Counter[str](), Counter[str]()
    for row in rows(output, "conversations", ["facet", "label"]):
        facets[row["facet"]] += 1
        labels[row["label"] or "no class"] += 1
    codes = Counter(
        code for batch in read_dead_letters(output, ["code"]) for code in batch["code"].to_pylist()
    )
    return Summary(
        **run.model_dump(),
        images=dict(status.most_common()),
        dead_letters=dict(codes.most_common()),
        taught=facets.total(),
        rejected=dict(Counter(row["reason"] for row in rows(output, "rejected", ["reason"])).most_common()),
        facets=dict(facets.most_common()),
        labels=dict(labels.most_common()),
        requests=requests,
        prompt_tokens=usage.prompt,
        answer_tokens=usage.answer,
        cost=prices.cost(usage),
    )
