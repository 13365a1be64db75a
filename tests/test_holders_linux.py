"""Real processes hold a file in every way Linux knows, and `despool holders` names them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.holding import (
    IS_ROOT,
    NEEDS_ROOT,
    ROOT,
    WAYS,
    as_nobody,
    executed,
    held,
    look,
    pids,
    running,
    unseen,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes of Linux")
as_root = pytest.mark.skipif(not IS_ROOT, reason=NEEDS_ROOT)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "filename.EXE"
    path.write_bytes(b"MZ" * 4096)
    return path


def only(answer: dict) -> dict:
    [holder] = answer["holders"]
    return holder


@pytest.mark.parametrize("access", ["read+write", "read", "write", "mapped"])
def test_a_process_is_named_with_how_it_holds_the_file(file, access):
    with held(file, access) as pid:
        status, answer = look(file)
    holder = only(answer)
    assert (status, answer["state"]) == (0, "held")
    assert (holder["kind"], holder["pid"], holder["access"]) == ("process", pid, access)
    assert holder["via"] == ["proc"]
    assert holder["confidence"] == "exact"
    assert holder["exe"] == os.path.realpath(sys.executable)
    assert holder["started"] <= holder["first_seen"] == holder["last_seen"]


def test_a_running_program_is_held(file):
    with executed(file) as pid:
        status, answer = look(file)
    assert (status, only(answer)["pid"], only(answer)["access"]) == (0, pid, "exec")


def test_an_open_through_a_hard_link_is_found(file, tmp_path):
    link = tmp_path / "link.EXE"
    link.hardlink_to(file)
    with held(link) as pid:
        assert pids(look(file)[1]) == [pid]


def test_a_symbolic_link_is_followed(file, tmp_path):
    link = tmp_path / "link.EXE"
    link.symlink_to(file)
    with held(file) as pid:
        _, answer = look(link)
    assert pids(answer) == [pid]
    assert answer["path"] == str(link)
    assert answer["resolved"] == os.path.realpath(file)


def test_a_renamed_file_is_found_under_its_new_name(file, tmp_path):
    with held(file) as pid:
        moved = file.rename(tmp_path / "moved.EXE")
        assert pids(look(moved)[1]) == [pid]
        assert look(file)[1]["state"] == "gone"


@as_root
def test_a_process_in_another_mount_namespace_is_found(file, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shell = f'mount --bind "{tmp_path}" "{elsewhere}" && exec "$@"'
    words = ["unshare", "--mount", "sh", "-c", shell, "sh"]
    with held(elsewhere / file.name, "read+write", *words) as pid:
        assert pids(look(file)[1]) == [pid]


@as_root
def test_a_process_in_another_pid_namespace_is_found_under_its_number_here(file):
    with held(file, "read+write", "unshare", "--pid", "--fork") as pid:
        [child] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        assert pids(look(file)[1]) == [int(child)]


def test_the_file_that_took_the_place_of_a_held_one_is_free(file):
    with held(file):
        file.unlink()
        assert look(file)[:1] == (1,)
        file.write_bytes(b"MZ new")
        status, answer = look(file)
    assert (status, answer["state"], answer["holders"]) == (1, "free", [])


@pytest.mark.parametrize("way", ["read+write", "mapped"])
def test_a_process_whose_first_thread_has_ended_is_found_under_another(file, way):
    """The tools of the system miss it: /proc/PID/fd is empty then."""
    code = (
        "import ctypes, os, sys, threading, time\n"
        f"{WAYS[way]}\n"
        "def stay():\n"
        "    while open(f'/proc/{os.getpid()}/stat').read().rpartition(') ')[2][0] != 'Z':\n"
        "        time.sleep(0.01)\n"
        "    print('held', flush=True); sys.stdin.read(); os._exit(0)\n"
        "threading.Thread(target=stay).start()\n"
        # exit, which ends this thread alone, has a number for each kind of processor
        "ctypes.CDLL(None).syscall({'x86_64': 60}.get(os.uname().machine, 93), 0)\n"
    )
    with running([sys.executable, "-c", code, file]) as process:
        holder = only(look(file)[1])
    assert (holder["pid"], holder["access"]) == (process.pid, way)
    assert holder["exe"] == os.path.realpath(sys.executable)


def test_every_holder_is_named_once(file):
    with ExitStack() as stack:
        known = [
            stack.enter_context(held(file, way))
            for way in ("read", "write", "mapped", "read+write")
        ]
        _, answer = look(file)
    assert pids(answer) == sorted(known)
    assert len({holder["access"] for holder in answer["holders"]}) == 4


def test_a_file_that_nobody_has_open_is_free(file):
    status, answer = look(file)
    assert (status, answer["state"], answer["holders"]) == (1, "free", [])
    assert answer["complete"]
    assert [probe["name"] for probe in answer["probes"]] == ["lease"]


def test_a_descriptor_that_only_names_the_file_holds_nothing(file):
    with held(file, "path"):
        assert look(file)[1]["state"] == "free"


def test_a_holder_that_is_gone_is_not_named(file):
    with held(file):
        pass
    assert look(file)[1]["state"] == "free"


@pytest.mark.parametrize(("way", "access"), [("cwd", "cwd"), ("folder", "read")])
def test_a_folder_is_held_by_who_is_in_it_or_has_it_open(tmp_path, way, access):
    folder = tmp_path / "DOG0005D"
    folder.mkdir()
    with held(folder, way) as pid:
        status, answer = look(folder)
    assert (status, only(answer)["pid"], only(answer)["access"]) == (0, pid, access)


def test_a_folder_is_free_only_where_all_processes_could_be_seen(tmp_path):
    status, answer = look(tmp_path)
    state = (2, "unknown", False) if unseen() else (1, "free", True)
    assert (status, answer["state"], answer["complete"]) == state
    assert answer["holders"] == []


def test_a_lease_of_another_process_is_seen_and_not_broken(file):
    with held(file, "lease") as pid:
        status, answer = look(file)
        leases = Path("/proc/locks").read_text()
    assert (status, pids(answer)) == (0, [pid])
    assert f" LEASE  ACTIVE    WRITE {pid} " in leases
    assert "BREAKING" not in leases


@as_root
def test_a_file_on_an_overlay_is_found_with_its_mapped_copies(tmp_path):
    """In a namespace of its own, so that nothing stays mounted."""
    for name in ("lower", "upper", "work", "merged"):
        (tmp_path / name).mkdir()
    (tmp_path / "lower" / "a.dll").write_bytes(b"MZ" * 4096)
    options = ",".join(f"{name}dir={tmp_path / name}" for name in ("lower", "upper", "work"))
    merged = tmp_path / "merged"
    shell = f'mount -t overlay overlay -o "{options}" "{merged}" && exec "$@"'
    with held(merged / "a.dll", "mapped", "unshare", "--mount", "sh", "-c", shell, "sh") as pid:
        _, answer = look(merged / "a.dll", "nsenter", f"--mount=/proc/{pid}/ns/mnt")
    assert pids(answer) == [pid]


@as_root
@pytest.mark.parametrize("capabilities", [(), ("sys_ptrace", "dac_read_search")])
def test_a_file_mapped_from_a_part_of_a_btrfs_is_found(tmp_path, capabilities):
    """There /proc/PID/maps shows another device than stat does, and only root is told the file."""
    if shutil.which("mkfs.btrfs") is None:
        pytest.skip("no mkfs.btrfs was found: apt-get install btrfs-progs")
    image, point = tmp_path / "disk.img", tmp_path / "point"
    with image.open("wb") as file:
        file.truncate(128 << 20)
    subprocess.run(["mkfs.btrfs", "--quiet", image], check=True)
    point.mkdir()
    shell = (
        f'mount -o loop "{image}" "{point}" && btrfs subvolume create "{point}/part" >&2 '
        f'&& cp /proc/version "{point}/part/a.dll" && exec "$@"'
    )
    file = point / "part" / "a.dll"
    with held(file, "mapped", "unshare", "--mount", "sh", "-c", shell, "sh") as pid:
        inside = ["nsenter", f"--mount=/proc/{pid}/ns/mnt"]
        _, answer = look(file, *inside, *(as_nobody(*capabilities) if capabilities else []))
    assert pids(answer) == [pid]
    assert only(answer)["confidence"] == ("inferred" if capabilities else "exact")


@as_root
def test_a_file_that_the_kernel_itself_uses_is_held_though_no_process_has_it(tmp_path):
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        file.truncate(1 << 20)
    loop = subprocess.run(
        ["losetup", "--find", "--show", image], capture_output=True, text=True, check=True
    ).stdout.strip()
    try:
        status, answer = look(image)
    finally:
        subprocess.run(["losetup", "--detach", loop], check=True)
    assert (status, answer["state"], only(answer)["kind"]) == (0, "held", "kernel")
    assert only(answer)["name"] == f"loop device {Path(loop).name}"
    assert only(answer)["pid"] is None


@as_root
def test_a_swap_file_is_held_by_the_system(tmp_path):
    swap = tmp_path / "swap file"
    swap.write_bytes(bytes(1 << 20))
    swap.chmod(0o600)
    subprocess.run(["mkswap", swap], check=True, capture_output=True)
    used = subprocess.run(["swapon", swap], capture_output=True, text=True)
    assert used.returncode == 0, used.stderr
    try:
        status, answer = look(swap)
    finally:
        subprocess.run(["swapoff", swap], check=True)
    assert (status, only(answer)["kind"], only(answer)["name"]) == (0, "kernel", "swap file")


# ---- who asks


def test_who_holds_it_through_what_it_inherited_is_itself(file):
    command = [sys.executable, "-m", "bot", "holders", str(file)]
    with file.open("rb") as inherited:
        ended = subprocess.run(
            command, pass_fds=[inherited.fileno()], capture_output=True, text=True
        )
    assert "this is Despool itself" in ended.stdout
    assert ended.returncode == 0


@as_root
def test_nobody_sees_nothing_of_others_and_says_so(file):
    with held(file):
        status, answer = look(file, *as_nobody())
    lease, *_, proc = answer["probes"]
    assert (status, answer["state"], answer["holders"]) == (2, "unknown", [])
    assert not answer["complete"]
    assert lease["error"] == "only root and the owner of the file may ask for a lease"
    assert "may not be looked into" in proc["blind"][0]


@as_root
def test_a_process_with_no_rights_at_all_counts_each_it_may_not_look_into(file):
    # it gives its rights away after the start: nobody may be unable to run this Python
    code = """
import json, os, sys
from bot.agent.procfs.identity import of
from bot.agent.procfs.naming import pids
from bot.agent.procfs.walking import Wanted, walk
wanted = Wanted(of(sys.argv[1]), sys.argv[1], False, False)
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
print(json.dumps(walk(pids(), wanted)))
"""
    with held(file) as pid:
        command = [sys.executable, "-c", code, file]
        ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    hits, denied = json.loads(ended.stdout)
    assert hits == []
    assert pid in denied
    assert 2 not in denied or Path("/proc/2/exe").is_file()  # kthreadd has no program


@as_root
def test_nobody_says_of_a_free_file_of_root_that_it_cannot_be_told(file):
    status, answer = look(file, *as_nobody())
    assert (status, answer["state"], answer["complete"]) == (2, "unknown", False)


@as_root
def test_the_owner_of_a_file_learns_that_it_is_free_or_held_by_somebody_unseen(file):
    shutil.chown(file, "nobody")
    assert look(file, *as_nobody())[1]["state"] == "free"
    with held(file):
        status, answer = look(file, *as_nobody())
    assert (status, only(answer)["kind"], answer["complete"]) == (0, "unknown", False)


@as_root
def test_nobody_with_the_rights_of_the_service_sees_what_root_sees(file):
    with held(file) as pid:
        status, answer = look(file, *as_nobody("sys_ptrace", "dac_read_search", "lease"))
        of_root = look(file)[1]
    assert (status, pids(answer)) == (0, [pid])
    assert answer["complete"] == of_root["complete"]
    assert look(file, *as_nobody("sys_ptrace", "dac_read_search", "lease"))[1]["state"] == "free"


@as_root
def test_processes_hidden_by_the_mount_of_proc_are_not_called_absent(file):
    shell = 'mount -t proc -o hidepid=2 proc /proc && exec "$@"'
    with held(file):
        status, answer = look(file, "unshare", "--mount", "sh", "-c", shell, "sh", *as_nobody())
    assert (status, answer["state"]) == (2, "unknown")
    assert "hidepid" in str(answer["probes"])


@as_root
def test_from_inside_a_container_nobody_is_not_said(file, tmp_path):
    """The kernel still tells of a file that it is free; of a folder nobody can."""
    words = ["unshare", "--pid", "--fork", "--mount-proc"]
    with held(file):
        status, answer = look(file, *words)
    assert (status, only(answer)["kind"], answer["complete"]) == (0, "unknown", False)
    assert look(file, *words)[1]["state"] == "free"
    assert look(tmp_path, *words)[1]["state"] == "unknown"


# ---- beside the tools that everybody knows


def told_by(tool: str, path: Path) -> list[int]:
    words = {"fuser": ["fuser", path], "lsof": ["lsof", "-nPwt", path]}[tool]
    ended = subprocess.run(words, capture_output=True, text=True)
    return sorted({int(word) for word in ended.stdout.split()})


@pytest.mark.parametrize("tool", ["fuser", "lsof"])
def test_it_answers_as_the_tools_of_the_system_do(tool, file, tmp_path):
    if shutil.which(tool) is None:
        pytest.skip(f"no {tool} was found: apt-get install psmisc lsof")
    link = tmp_path / "link.EXE"
    link.hardlink_to(file)
    cases = {}
    program = tmp_path / "program"
    with executed(program):
        cases["running"] = (pids(look(program)[1]), told_by(tool, program))
    for way in ("read+write", "read", "write", "mapped"):
        with held(file, way), held(link, "read"):
            cases[way] = (pids(look(file)[1]), told_by(tool, file))
    with held(file):
        file.unlink()
        file.write_bytes(b"MZ new")
        cases["replaced"] = (pids(look(file)[1]), told_by(tool, file))
    assert {case: ours for case, (ours, _) in cases.items()} == {
        case: theirs for case, (_, theirs) in cases.items()
    }
    assert [len(ours) for ours, _ in cases.values()] == [1, 2, 2, 2, 2, 0]
