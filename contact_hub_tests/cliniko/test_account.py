"""From a key to the address of its account."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contact_hub.cliniko import ClinikoAccount, InvalidAccount
from contact_hub.errors import ConfigurationError

SECRET = "MS0canary"


@pytest.mark.parametrize(
    ("key", "shard"),
    [
        (SECRET, "au1"),
        (f"{SECRET}-au1", "au1"),
        (f"{SECRET}-au5", "au5"),
        (f"{SECRET}-uk12", "uk12"),
        (f"{SECRET}-with-hyphens-ca1", "ca1"),
    ],
)
def test_the_key_names_the_shard(key: str, shard: str) -> None:
    account = ClinikoAccount.from_key(key)
    assert account.shard == shard
    assert account.base_url == f"https://api.{shard}.cliniko.com/v1"
    assert account.key == key


@pytest.mark.parametrize(
    "suffix",
    [
        "",
        "AU1",
        "Au1",
        "au",
        "1",
        "au123",
        "aus1",
        "a1",
        "au1.evil.com/",
        "au1.evil.com",
        "au1@evil.com",
        "au1/",
        "au1#",
        "au1?",
        "au1\\",
        "au1\n",
        "\nau1",
        "au1\r\nHost: evil.com",
        "au1\0",
        " au1",
        "au1 ",
        "au٣",
        "au１",
        "au²",
        "аu1",  # Cyrillic a
        "ａu1",
        "ßu1",
        "au1:80",
    ],
)
def test_a_suffix_that_is_no_shard_is_refused_without_showing_the_key(suffix: str) -> None:
    with pytest.raises(InvalidAccount) as refused:
        ClinikoAccount.from_key(f"{SECRET}-{suffix}")
    assert isinstance(refused.value, ConfigurationError)
    assert "canary" not in f"{refused.value!s}{refused.value!r}"
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None


@settings(deadline=None)
@given(st.text())
@example("-au1")
@example("x-au1\n")
def test_no_key_leads_anywhere_but_to_a_shard_of_cliniko(key: str) -> None:
    try:
        account = ClinikoAccount.from_key(key)
    except InvalidAccount:
        return
    scheme, _, rest = account.base_url.partition("://")
    first, shard, *others = rest.split(".")
    assert (scheme, first, others) == ("https", "api", ["cliniko", "com/v1"])
    assert shard.isascii()
    assert shard.isalnum()


@pytest.mark.parametrize("key", ["", " ", "a b", "a\tb-au1", "käy-au1", "user:pass-au1", "a\x7f-au1"])
def test_what_cannot_be_a_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidAccount, match="copy it again"):
        ClinikoAccount.from_key(key)


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("http://127.0.0.1:8765/v1", "http://127.0.0.1:8765/v1"),
        ("http://127.8.9.10/v1/", "http://127.8.9.10/v1"),
        ("http://localhost:8765/v1", "http://localhost:8765/v1"),
        ("http://[::1]:8765/v1", "http://[::1]:8765/v1"),
        ("https://cliniko.example.org/v1", "https://cliniko.example.org/v1"),
        ("https://cliniko.example.org", "https://cliniko.example.org/v1"),
        ("http://127.0.0.1:8765/", "http://127.0.0.1:8765/v1"),
        ("https://10.0.0.1:8443/v1", "https://10.0.0.1:8443/v1"),
    ],
)
def test_a_url_takes_the_place_of_the_shard_whatever_the_key(url: str, base_url: str) -> None:
    account = ClinikoAccount.from_key(f"{SECRET}-sandbox", url=url)
    assert account.base_url == base_url
    assert account.shard is None


@pytest.mark.parametrize(
    "url",
    [
        "http://api.au1.cliniko.com/v1",
        "http://10.0.0.1/v1",
        "http://0.0.0.0/v1",
        "http://localhost.evil.com/v1",
        "http://127.0.0.1.evil.com/v1",
        "http://[2001:db8::1]/v1",
    ],
)
def test_plain_http_is_for_this_machine_only(url: str) -> None:
    with pytest.raises(InvalidAccount, match="must be https"):
        ClinikoAccount.from_key(SECRET, url=url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8765/v1",
        "ftp://127.0.0.1/v1",
        "file:///etc/passwd",
        "https://",
        "https:///v1",
        "https://user:canary@host/v1",
        "http://127.0.0.1@evil.com/v1",
        "http://127.0.0.1\\@evil.com/v1",
        "http://127.0.0.1#@evil.com/v1",
        "https://host/v1?q=1",
        "https://host/v1#x",
        "https://host:99999/v1",
        "https://host:0/v1",
        "https://host:x/v1",
        "https://[x]/v1",
        "https://[1:2]/v1",
        "https://host/v1\n",
        " https://host/v1",
        "https://ho st/v1",
        "https://höst/v1",
    ],
)
def test_a_url_that_parsers_could_read_differently_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(InvalidAccount, match="not of the form") as refused:
        ClinikoAccount.from_key(SECRET, url=url)
    assert "canary" not in str(refused.value)


def test_the_key_is_not_shown() -> None:
    account = ClinikoAccount.from_key(f"{SECRET}-au2")
    assert "canary" not in f"{account!r}{account!s}"
    assert "au2" in repr(account)


def test_the_limit_is_that_of_the_key_and_its_address() -> None:
    key, other = "MS0xLWFiYw-au1", "MS0yLWRlZg-au1"
    one = ClinikoAccount.from_key(key)
    assert one.limit_id == ClinikoAccount.from_key(key).limit_id
    assert one.limit_id != ClinikoAccount.from_key(other).limit_id
    assert one.limit_id != ClinikoAccount.from_key(key, url="http://127.0.0.1:8765/v1").limit_id
    assert key not in one.limit_id
