"""One walk over the open files of all processes: who has the file, and who could not be seen."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from bot.agent.procfs.identity import Identity, Same, comparing
from bot.agent.procfs.mapping import Mappings

_KERNEL_THREAD = 0x00200000  # PF_KTHREAD, in field 9 of /proc/PID/stat
_FOLDERS = ("cwd", "root")


class Wanted(NamedTuple):
    """The file that is looked for."""

    identity: Identity
    path: str
    is_folder: bool
    maps_differ: bool  # where the file system shows another device in maps than in stat


class Hit(NamedTuple):
    """How one process has the file."""

    pid: int
    descriptors: list[str]
    other: list[str]  # exec, mapped, cwd, root
    is_sure: bool = True


class Walk(NamedTuple):
    """What a walk saw."""

    hits: list[Hit]
    denied: list[int]


def walk(processes: Iterable[int], wanted: Wanted) -> Walk:
    """Look into each process; one that ends meanwhile holds nothing."""
    same = comparing(wanted.identity)
    mappings = Mappings(wanted.identity, wanted.path, wanted.maps_differ)
    hits: list[Hit] = []
    denied: list[int] = []
    for pid in processes:
        try:
            hit = _look(pid, wanted, same, mappings)
        except PermissionError:
            if not _is_kernel_thread(pid):
                denied.append(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
        else:
            if hit.descriptors or hit.other:
                hits.append(hit)
    return Walk(hits, denied)


def _look(pid: int, wanted: Wanted, same: Same, mappings: Mappings) -> Hit:
    folder = os.open(f"/proc/{pid}", os.O_RDONLY | os.O_DIRECTORY)
    try:
        descriptors = _descriptors(folder, same)
        if wanted.is_folder:
            return Hit(pid, descriptors, [name for name in _FOLDERS if same(name, folder)])
        if descriptors:
            return Hit(pid, descriptors, [])  # what is open need not be looked for in memory
        found = mappings.of(folder)
        if not found:
            return Hit(pid, [], [])
        return Hit(pid, [], ["exec" if same("exe", folder) else "mapped"], found == "sure")
    finally:
        os.close(folder)


def _descriptors(process: int, same: Same) -> list[str]:
    folder = os.open("fd", os.O_RDONLY | os.O_DIRECTORY, dir_fd=process)
    found = []
    try:
        for name in os.listdir(folder):
            try:
                if same(name, folder):
                    found.append(name)
            except FileNotFoundError:
                continue  # closed since it was listed
            except PermissionError:
                raise
            except OSError:
                continue  # a file system that fails on its own files, as FUSE does at its end
    finally:
        os.close(folder)
    return found


def _is_kernel_thread(pid: int) -> bool:
    """Tell whether there is no program behind a process, and so nothing that it could hold."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            after_name = file.read().rpartition(b")")[2].split()
    except OSError:
        return True  # ended meanwhile
    return bool(int(after_name[6]) & _KERNEL_THREAD)
