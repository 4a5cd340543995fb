"""The demo from end to end, in a network namespace where every packet that leaves is counted."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FENCED = """
set -e
ip link set lo up
ip link add outside type veth peer name nowhere
echo 1 > /proc/sys/net/ipv6/conf/outside/disable_ipv6
ip addr add 192.0.2.1/24 dev outside
ip link set nowhere up
ip link set outside up
ip route add default via 192.0.2.254 dev outside
"$@" || status=$?
echo "packets $(sed -n 's/^ *outside: *//p' /proc/net/dev | awk '{ print $10 }')"
exit ${status:-0}
"""
"""A default route that leads to a counter. A name server or a web address would be asked through it."""


def _fenced(*command: str) -> "subprocess.CompletedProcess[str]":
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    return subprocess.run(
        [*unshare, "bash", "-c", FENCED, "fenced", *command], capture_output=True, text=True, cwd=ROOT
    )


def _packets(output: str) -> int:
    return int(output.rsplit("packets ", 1)[1].split()[0])


@pytest.fixture(scope="module")
def fence() -> None:
    """Skip where the system lets nobody make a network namespace."""
    if not shutil.which("unshare") or not shutil.which("ip") or _fenced("true").returncode:
        pytest.skip("needs unshare and ip, and the right to make a network namespace")


@pytest.mark.usefixtures("fence")
def test_the_fence_sees_a_packet_that_leaves() -> None:
    send = (
        "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('198.51.100.1', 53))"
    )
    assert _packets(_fenced(sys.executable, "-c", send).stdout) > 0


@pytest.mark.slow
@pytest.mark.usefixtures("fence")
def test_demo_screens_and_no_packet_leaves(tmp_path: Path) -> None:
    done = _fenced(
        sys.executable, "jobs/demo.py", "--output", str(tmp_path), "--count", "20", "--broken", "3"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert _packets(done.stdout) == 0
    report = json.loads((tmp_path / "screening" / "report.json").read_text())
    assert report["counts"]["dead_letters"] == 3
    assert report["counts"]["results"] >= 20
    assert report["experts"]
    assert "base" not in report["experts"]
    assert sum(report["labels"][label]["count"] for label in report["labels"]) == report["counts"]["results"]
    assert (tmp_path / "screening" / "report.html").stat().st_size > 10_000
