"""The account of a relay on Windows: a file that others can read is refused, and they are named."""

import pytest

from bot.agent.private import keep_private
from bot.agent.probes.credential import CredentialRefused, credential
from bot.agent.win32.readers import other_readers


@pytest.fixture
def account(tmp_path):
    file = tmp_path / "account"
    file.write_text("username = dpadmin\npassword = pw1\n")
    return file


def test_a_file_of_our_own_is_taken(account):
    keep_private(account)
    assert other_readers(account) == ()
    assert credential(account).username == "dpadmin"


def test_a_file_that_others_can_read_is_refused_and_they_are_named(account):
    import win32security

    allowed = win32security.ACL()
    everyone = win32security.ConvertStringSidToSid("S-1-1-0")
    allowed.AddAccessAllowedAce(win32security.ACL_REVISION, 0x1F01FF, everyone)
    described = win32security.SECURITY_DESCRIPTOR()
    described.SetSecurityDescriptorDacl(True, allowed, False)
    win32security.SetFileSecurity(str(account), win32security.DACL_SECURITY_INFORMATION, described)
    [name] = other_readers(account)
    with pytest.raises(CredentialRefused, match="icacls") as refused:
        credential(account)
    assert name in str(refused.value)


def test_a_file_that_is_missing_is_refused_in_words(tmp_path):
    with pytest.raises(CredentialRefused, match="cannot be read"):
        credential(tmp_path / "none")
