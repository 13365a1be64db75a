"""What several probes saw, and one probe several times, becomes one list of holders."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.agent.merging import joined, sampled
from bot.wire import Holder

NOW = datetime(2026, 11, 27, 9, 55, 37, tzinfo=UTC)
BOOT = NOW - timedelta(days=1)


def seen(**known: object) -> Holder:
    about = {"kind": "process", "via": ("proc",), "first_seen": NOW, "last_seen": NOW}
    return Holder(**(about | known))


BACKUP = seen(pid=812, started=BOOT, name="backup", access="read")
ALICE = seen(kind="smb", via=("smbstatus",), pid=900, file_id=2, smb_user="alice", opened_at=BOOT)
SMBD = seen(pid=900, started=BOOT, name="smbd", user="root", access="read")


def test_what_two_probes_say_of_one_process_is_one_holder():
    named = seen(via=("rm",), pid=812, service="BackupAgent", name="Backup Agent")
    [holder] = joined([[BACKUP], [named]])
    assert (holder.via, holder.service, holder.name) == (
        ("proc", "rm"),
        "BackupAgent",
        "Backup Agent",
    )
    assert (holder.started, holder.access, holder.samples) == (BOOT, "read", 1)


def test_a_process_with_the_number_of_an_earlier_one_is_another():
    later = replace(BACKUP, started=BOOT + timedelta(hours=1))
    assert joined([[BACKUP], [later]]) == (BACKUP, later)
    assert sampled([[BACKUP], [later]]) == (BACKUP, later)


def test_the_server_of_a_remote_user_is_its_detail():
    [holder] = joined([[ALICE], [SMBD]])
    assert (holder.kind, holder.smb_user, holder.via) == ("smb", "alice", ("smbstatus", "proc"))
    assert (holder.pid, holder.name, holder.started) == (900, "smbd", BOOT)


def test_a_server_that_serves_two_opens_is_the_detail_of_both():
    second = replace(ALICE, file_id=3)
    assert [holder.name for holder in joined([[ALICE, second], [SMBD]])] == ["smbd", "smbd"]


def test_the_kernel_that_serves_a_share_is_not_named_beside_its_users():
    remote = replace(ALICE, pid=None, via=("netfile",))
    system = seen(kind="kernel", via=("nt_pids",), pid=4, name="System")
    assert joined([[system, BACKUP], [remote]]) == (BACKUP, remote)
    assert joined([[system, BACKUP], []]) == (system, BACKUP)


def test_a_server_that_no_probe_explains_is_named_itself():
    assert joined([[], [SMBD]]) == (SMBD,)


def test_a_file_id_that_is_used_again_is_another_open():
    again = replace(ALICE, opened_at=NOW)
    assert len(sampled([[ALICE], [again]])) == 2


def test_samples_are_counted_and_their_times_kept():
    looks = [
        [replace(BACKUP, first_seen=at, last_seen=at)]
        for at in (NOW, NOW + timedelta(seconds=1), NOW + timedelta(seconds=2))
    ]
    [holder] = sampled([looks[0], looks[1], [], looks[2]])
    assert (holder.first_seen, holder.last_seen) == (NOW, NOW + timedelta(seconds=2))
    assert holder.samples == 3


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("read", "write", "read+write"),
        ("read", "read+write", "read+write"),
        ("mapped", "read", "read"),
        ("read", "exec", "read"),
        ("mapped", "exec", "exec"),
        (None, "read", "read"),
        ("read", None, "read"),
        (None, None, None),
    ],
)
def test_access_is_told_as_what_was_seen_at_most(first, second, both):
    [holder] = sampled([[replace(BACKUP, access=first)], [replace(BACKUP, access=second)]])
    assert holder.access == both


@pytest.mark.parametrize(
    ("known", "new", "told"),
    [
        ("process", "self", "self"),
        ("self", "process", "self"),
        ("process", "kernel", "kernel"),
        ("unknown", "process", "process"),
        ("process", "unknown", "process"),
    ],
)
def test_what_is_more_than_a_process_stays_so(known, new, told):
    [holder] = joined([[replace(BACKUP, kind=known)], [replace(BACKUP, kind=new)]])
    assert holder.kind == told


def test_a_proof_outweighs_a_likeness():
    [holder] = joined([[replace(BACKUP, confidence="inferred")], [BACKUP]])
    assert holder.confidence == "exact"


def test_machines_it_may_be_are_gathered_once():
    one, two = replace(ALICE, candidates=("PC1",)), replace(ALICE, candidates=("PC1", "PC2"))
    [holder] = joined([[one], [two]])
    assert holder.candidates == ("PC1", "PC2")


def test_those_of_whom_no_number_is_known_are_one_for_each_kind():
    nobody = seen(kind="unknown", via=("lease",))
    kernel = seen(kind="kernel", via=("lease",))
    assert joined([[nobody, kernel], [nobody]]) == (nobody, kernel)
