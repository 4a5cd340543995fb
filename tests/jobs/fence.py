"""A network namespace whose default route leads to a counter: all that is outside is asked through it."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

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


def fenced(*command: str, **settings: Any) -> "subprocess.CompletedProcess[str]":
    """Run a command behind the fence; the last line that comes out of it is for `packets`."""
    unshare = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--net", "--map-root-user"]
    return plain(*unshare, "bash", "-c", FENCED, "fenced", *command, **settings)


def plain(*command: str, **settings: Any) -> "subprocess.CompletedProcess[str]":
    """Run a command without a fence."""
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, **settings)


def packets(output: str) -> int:
    """How many left."""
    return int(output.rsplit("packets ", 1)[1].split()[0])


def can_fence() -> bool:
    """Not where the system lets nobody make a network namespace."""
    return bool(shutil.which("unshare") and shutil.which("ip")) and not fenced("true").returncode
