"""CPU time and memory of a whole tree of processes, read from /proc. CPU time is user and system
time of every thread that lives, and of every child that was waited for. The scheduler's own
account (`schedstat`) counts nanoseconds; `stat` counts hundredths of a second and also knows
threads that have ended, so of the two the larger is right."""

import os
from collections import defaultdict
from pathlib import Path

_PROC = Path("/proc")
_TICK = 1 / os.sysconf("SC_CLK_TCK")


def tree(root: int) -> set[int]:
    """Return a process and everything below it."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children[int(fields[1])].append(int(entry.name))
    found: set[int] = set()
    waiting = [root]
    while waiting:
        process = waiting.pop()
        found.add(process)
        waiting.extend(children[process])
    return found


def seconds(processes: set[int]) -> float:
    """Return the user and system time these processes have used, in seconds."""
    return sum(_used(process) for process in processes)


def memory(processes: set[int]) -> float:
    """Return the memory of these processes in MiB, where shared pages count in proportion."""
    kib = 0
    for process in processes:
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kib += int(line.split()[1])
    return kib / 1024


def _used(process: int) -> float:
    fields = _stat(process)
    if not fields:
        return 0.0
    own, waited = (int(fields[11]) + int(fields[12])), (int(fields[13]) + int(fields[14]))
    return max(own * _TICK, _exact(process)) + waited * _TICK


def _exact(process: int) -> float:
    total = 0
    for task in Path(f"/proc/{process}/task").glob("*/schedstat"):
        try:
            total += int(task.read_text().split()[0])
        except (OSError, IndexError):
            continue
    return total / 1e9


def _stat(process: int) -> list[str]:
    """Return the fields of /proc/PID/stat after the name, which may hold anything."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
