#!/usr/bin/env python3
"""Runs one command and prints its wall seconds, CPU seconds, peak memory and exit status as JSON.

    bench/measure.py LIMIT_SECONDS PROGRAM ARGUMENT...

A process of its own, because the kernel counts the memory of the process that starts a command as the command's, and a
benchmark that has compared reports is a large one. A command that takes longer than the limit is killed.
"""

import json
import os
import signal
import sys
import time


def main():
    limit, command = float(sys.argv[1]), sys.argv[2:]
    nowhere = [(os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_RDWR, 0) for descriptor in (0, 1)]
    start = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=nowhere)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, limit)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    signal.setitimer(signal.ITIMER_REAL, 0)
    json.dump(
        {
            "wall_s": wall,
            "cpu_s": usage.ru_utime + usage.ru_stime,
            "peak_bytes": usage.ru_maxrss * 1024,
            "status": os.waitstatus_to_exitcode(status),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    main()
