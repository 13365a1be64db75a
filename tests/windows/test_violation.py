"""The violation itself: what holds a file makes Windows refuse the next one with error 32."""

import ctypes
import sys

import pytest

from bot.agent.win32.calls import DENIED, MEANINGS, SHARING_VIOLATION, WindowsRefused, meaning
from bot.agent.win32.files import create_file, identity, opened, resolve
from bot.agent.win32.opening import READ, open_shared
from tests.windows.holding import DELETE, EVERYBODY, WRITE, held


def windows_error(call, *arguments):
    """Call a function of kernel32 and return what it failed with, 0 where it did not."""
    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    return 0 if getattr(kernel, call)(*arguments) else ctypes.get_last_error()


@pytest.fixture
def package(tmp_path):
    file = tmp_path / "DOG0005D" / "filename.EXE"
    file.parent.mkdir()
    file.write_bytes(b"MZ")
    return file


def test_a_file_that_another_process_does_not_share_is_refused_with_32(package, tmp_path):
    new = tmp_path / "new"
    new.write_bytes(b"MZ2")
    with held(package):
        with pytest.raises(WindowsRefused) as refused:
            create_file(str(package), READ)
        assert refused.value.code == SHARING_VIOLATION
        assert windows_error("CopyFileW", str(new), str(package), False) == SHARING_VIOLATION
    assert windows_error("CopyFileW", str(new), str(package), False) == 0


def test_a_look_at_its_attributes_is_not_refused_and_refuses_nobody(package):
    with held(package), opened(str(package)):
        pass
    with opened(str(package)), held(package):
        pass


def test_a_program_that_runs_cannot_be_written():
    with pytest.raises(WindowsRefused) as refused:
        create_file(sys.executable, WRITE)
    assert refused.value.code in (SHARING_VIOLATION, DENIED)


def test_every_error_in_the_way_of_a_copy_is_told_in_words():
    assert {5, 32, 33, 303, 1224} <= set(MEANINGS)
    for code in MEANINGS:
        assert meaning(code) == MEANINGS[code]
    assert meaning(112) not in ("", "Windows refused it")  # Windows' own words


# ---- where a path leads


def test_a_path_is_resolved_to_one_spelling_and_identity(package, tmp_path):
    plain = resolve(str(package))
    odd = resolve(str(package.parent / ".." / "dog0005d" / "FILENAME.exe"))
    assert plain == odd
    assert plain.path.lower() == str(package).lower()
    other = tmp_path / "other"
    other.write_bytes(b"")
    assert resolve(str(other)).inode != plain.inode


def test_a_hard_link_is_the_same_file(package, tmp_path):
    link = tmp_path / "link"
    if windows_error("CreateHardLinkW", str(link), str(package), None):
        pytest.skip("no hard links on this volume")
    assert (resolve(str(link)).device, resolve(str(link)).inode) == (
        resolve(str(package)).device,
        resolve(str(package)).inode,
    )


def test_a_path_that_leads_nowhere_is_refused_in_words(tmp_path):
    with pytest.raises(WindowsRefused, match="no such file") as refused:
        resolve(str(tmp_path / "none"))
    assert refused.value.code == 2


def test_a_very_long_path_can_be_looked_at(tmp_path):
    folder = tmp_path
    for _ in range(6):
        folder = folder / ("x" * 60)
    kernel = ctypes.WinDLL("kernel32")
    made = tmp_path
    for part in folder.relative_to(tmp_path).parts:
        made = made / part
        assert kernel.CreateDirectoryW("\\\\?\\" + str(made), None)
    assert len(str(folder)) > 300
    with opened(str(folder)) as handle:  # of such a path, Wine does not tell the final spelling
        assert identity(handle)[1]


# ---- a log that others write


def test_a_log_that_is_read_blocks_no_writer_no_rename_and_no_deletion(tmp_path):
    log = tmp_path / "despool.log"
    log.write_bytes(b"one\r\n")
    with open_shared(log) as reading:
        assert reading.readline() == b"one\r\n"
        with held(log, WRITE | DELETE, EVERYBODY):
            pass
        with log.open("ab") as writing:
            writing.write(b"two\r\n")
        assert reading.readline() == b"two\r\n"
        log.rename(tmp_path / "despool.lo_")
        log.write_bytes(b"")
        (tmp_path / "despool.lo_").unlink()
        reading.seek(0)
        assert reading.read() == b"one\r\ntwo\r\n"


def test_a_log_that_is_gone_or_held_is_an_error_as_of_open(tmp_path):
    log = tmp_path / "despool.log"
    with pytest.raises(FileNotFoundError):
        open_shared(log)
    log.write_bytes(b"")
    with held(log), pytest.raises(PermissionError) as refused:
        open_shared(log)
    assert refused.value.winerror == SHARING_VIOLATION
