"""The demo from end to end, in a network namespace where every packet that leaves is counted."""

import json
import sys
from pathlib import Path

import pytest

from tests.jobs.fence import can_fence, fenced, packets


@pytest.fixture(scope="module")
def fence() -> None:
    """Skip where the system lets nobody make a network namespace."""
    if not can_fence():
        pytest.skip("needs unshare and ip, and the right to make a network namespace")


@pytest.mark.usefixtures("fence")
def test_the_fence_sees_a_packet_that_leaves() -> None:
    send = (
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('198.51.100.1', 53))"
    )
    assert packets(fenced(sys.executable, "-c", send).stdout) > 0


@pytest.mark.slow
@pytest.mark.usefixtures("fence")
def test_demo_screens_and_no_packet_leaves(tmp_path: Path) -> None:
    done = fenced(sys.executable, "jobs/demo.py", "--output", str(tmp_path), "--count", "20", "--broken", "3")
    assert done.returncode == 0, done.stdout + done.stderr
    assert packets(done.stdout) == 0
    report = json.loads((tmp_path / "screening" / "report.json").read_text())
    assert report["counts"]["dead_letters"] == 3
    assert report["counts"]["results"] >= 20
    assert report["experts"]
    assert "base" not in report["experts"]
    assert sum(report["labels"][label]["count"] for label in report["labels"]) == report["counts"]["results"]
    assert (tmp_path / "screening" / "report.html").stat().st_size > 10_000
