"""One walk over the open files of all processes: who has the file, and who could not be seen."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from bot.agent.procfs.identity import Identity, comparing
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
    place: str  # below /proc, where that is told
    descriptors: list[str]
    other: list[str]  # exec, mapped, cwd, root
    is_sure: bool = True


class Walk(NamedTuple):
    """What a walk saw."""

    hits: list[Hit]
    denied: list[int]


def walk(processes: Iterable[int], wanted: Wanted) -> Walk:
    """Look into each process; one that ends meanwhile holds nothing."""
    search = _Search(wanted)
    hits: list[Hit] = []
    denied: list[int] = []
    for pid in processes:
        try:
            hit = search.look(pid)
        except PermissionError:
            if not _is_kernel_thread(pid):
                denied.append(pid)
        except (FileNotFoundError, ProcessLookupError):
            continue
        else:
            if hit.descriptors or hit.other:
                hits.append(hit)
    return Walk(hits, denied)


class _Search:
    """The search for one file in one process after the other."""

    def __init__(self, wanted: Wanted) -> None:
        self._is_folder = wanted.is_folder
        self._same = comparing(wanted.identity)
        self._mappings = Mappings(wanted.identity, wanted.path, wanted.maps_differ)

    def look(self, pid: int) -> Hit:
        """Look into a process; raise OSError where it has ended, or may not be looked into."""
        place = str(pid)
        hit, shows = self._look_into(pid, place)
        if shows:
            return hit
        # one whose first thread has ended shows nothing there, and all under its other threads
        others = (thread for thread in os.listdir(f"/proc/{place}/task") if thread != place)
        return next((self._look_into(pid, f"{place}/task/{one}")[0] for one in others), hit)

    def _look_into(self, pid: int, place: str) -> tuple[Hit, bool]:
        """Return how the file is held, and whether any file is."""
        folder = os.open(f"/proc/{place}", os.O_RDONLY | os.O_DIRECTORY)
        try:
            shows, descriptors = self._descriptors(folder)
            if descriptors:  # then it need not be looked for in memory
                return Hit(pid, place, descriptors, []), True
            if self._is_folder:
                return Hit(pid, place, [], self._entered(folder)), shows
            found = self._mappings.of(folder)
            other = ["exec" if self._same("exe", folder) else "mapped"] if found else []
            return Hit(pid, place, [], other, found != "likely"), shows
        finally:
            os.close(folder)

    def _descriptors(self, process: int) -> tuple[bool, list[str]]:
        """Return whether there are any descriptors, and those that lead to the file."""
        folder = os.open("fd", os.O_RDONLY | os.O_DIRECTORY, dir_fd=process)
        try:
            names = os.listdir(folder)
            return bool(names), self._among(names, folder)
        finally:
            os.close(folder)

    def _among(self, names: list[str], folder: int) -> list[str]:
        found, same = [], self._same
        for name in names:  # this is where nearly all the time goes
            try:
                if same(name, folder):
                    found.append(name)
            except PermissionError:
                raise
            except OSError:
                continue  # closed since it was listed, or of a file system that fails, as FUSE may
        return found

    def _entered(self, process: int) -> list[str]:
        try:
            return [name for name in _FOLDERS if self._same(name, process)]
        except FileNotFoundError:
            return []  # of a thread that has ended


def _is_kernel_thread(pid: int) -> bool:
    """Tell whether there is no program behind a process, and so nothing that it could hold."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            after_name = file.read().rpartition(b")")[2].split()
    except OSError:
        return True  # ended meanwhile
    return bool(int(after_name[6]) & _KERNEL_THREAD)
