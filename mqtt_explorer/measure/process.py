# SPDX-License-Identifier: MIT
"""What this process takes from the machine, without a library."""

from __future__ import annotations

import ctypes
import os
import sys
import time


def cpu_seconds() -> float:
    """Processor time of all threads so far, user and system, in seconds."""
    return time.process_time()


def rss_bytes() -> int:
    """Memory of this process in RAM, in bytes; 0 where the system does not tell."""
    if sys.platform == "win32":
        return _windows_rss()
    if sys.platform == "darwin":
        return _macos_rss()
    try:
        with open("/proc/self/statm", "rb") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


class _ProcessMemoryCounters(ctypes.Structure):
    """PROCESS_MEMORY_COUNTERS of psapi.h."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("page_faults", ctypes.c_uint32),
        ("peak_working_set", ctypes.c_size_t),
        ("working_set", ctypes.c_size_t),
        ("rest", ctypes.c_size_t * 6),
    )


def _windows_rss() -> int:
    counters = _ProcessMemoryCounters()
    counters.size = ctypes.sizeof(counters)
    kernel32 = getattr(ctypes, "windll").kernel32  # noqa: B009 – the attribute exists on Windows alone
    kernel32.GetCurrentProcess.restype = ctypes.c_void_p
    kernel32.K32GetProcessMemoryInfo.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_uint32)
    if not kernel32.K32GetProcessMemoryInfo(
        kernel32.GetCurrentProcess(), ctypes.byref(counters), counters.size
    ):
        return 0
    return int(counters.working_set)


class _ProcTaskInfo(ctypes.Structure):
    """The beginning of struct proc_taskinfo (sys/proc_info.h), padded to its 96 bytes."""

    _fields_ = (
        ("virtual_size", ctypes.c_uint64),
        ("resident_size", ctypes.c_uint64),
        ("rest", ctypes.c_uint64 * 10),
    )


def _macos_rss() -> int:
    task_info_flavor = 4  # PROC_PIDTASKINFO
    info = _ProcTaskInfo()
    size = ctypes.sizeof(info)
    proc_pidinfo = ctypes.CDLL("/usr/lib/libproc.dylib").proc_pidinfo
    proc_pidinfo.argtypes = (
        ctypes.c_int,
        ctypes.c_int,
        ctypes.c_uint64,
        ctypes.c_void_p,
        ctypes.c_int,
    )
    if proc_pidinfo(os.getpid(), task_info_flavor, 0, ctypes.byref(info), size) != size:
        return 0
    return int(info.resident_size)
