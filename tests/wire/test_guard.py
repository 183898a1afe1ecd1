"""Where the service may call, and where not, however an address is written."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.domain.errors import Invalid
from app.wire.guard import Guard

PORTS = (80, 443)
CLOSED = Guard.of((), PORTS)
"""What an operator has who allows nothing."""

PUBLIC = (
    "1.1.1.1",
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.255.255",
    "172.32.0.0",
    "192.0.1.0",
    "198.20.0.0",
    "223.255.255.255",
    "2400:3200::1",
    "2606:4700:4700::1111",
    "2a00::1",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
    "2400:3200::5efe:8.8.8.8",
)
NOT_PUBLIC = (
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.0",
    "10.255.255.255",
    "100.64.0.1",
    "100.100.100.200",
    "100.127.255.255",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::127.0.0.1",
    "::8.8.8.8",
    "::ffff:0.0.0.0",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "::ffff:0:8.8.8.8",
    "64:ff9b::10.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::8.8.8.8",
    "64:ff9b:1:fffe::1",
    "100::1",
    "100:0:0:1::1",
    "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:2::1",
    "2001:10::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "2002:808:808::1",
    "2400:3200::5efe:10.0.0.1",
    "2400:3200::200:5efe:127.0.0.1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "febf::1",
    "fec0::1",
    "ff02::1",
    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
)


@pytest.mark.parametrize("text", PUBLIC)
def test_an_address_of_the_public_internet_may_be_called(text: str):
    assert CLOSED.why_not(ip_address(text)) is None


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_any_other_address_is_refused_in_both_languages(text: str):
    refused = CLOSED.why_not(ip_address(text))
    assert refused is not None
    assert str(ip_address(text)) in refused.en
    assert "YIGUAN_WEBHOOK_ALLOW" in refused.zh


DENIED = st.sampled_from([one for one in NOT_PUBLIC if ":" not in one]).map(IPv4Address)
SHAPES = {
    "v4-mapped": lambda v4, _: 0xFFFF << 32 | v4,
    "v4-compatible": lambda v4, _: v4,
    "v4-translated": lambda v4, _: 0xFFFF << 48 | v4,
    "NAT64": lambda v4, _: 0x64FF9B << 96 | v4,
    "local NAT64": lambda v4, rest: 0x64FF9B0001 << 80 | (rest & 0xFFFF_FFFF_FFFF) << 32 | v4,
    "6to4": lambda v4, rest: 0x2002 << 112 | v4 << 80 | rest & (1 << 80) - 1,
    "Teredo server": lambda v4, rest: 0x20010000 << 96 | v4 << 64 | rest & (1 << 64) - 1,
    "Teredo client": lambda v4, rest: (
        0x20010000 << 96 | (rest & (1 << 64) - 1) << 32 | v4 ^ 0xFFFF_FFFF
    ),
    "ISATAP": lambda v4, rest: 0x2400 << 112 | (rest & (1 << 40) - 1) << 64 | 0x5EFE << 32 | v4,
}


@pytest.mark.parametrize("shape", SHAPES)
@given(v4=DENIED, rest=st.integers(0, (1 << 80) - 1))
def test_an_address_that_leads_to_a_denied_one_is_denied_though_its_own_range_is_allowed(
    shape: str, v4: IPv4Address, rest: int
):
    outer = IPv6Address(SHAPES[shape](int(v4), rest))
    assert CLOSED.why_not(outer) is not None
    everything_of_ipv6 = Guard.of(("::/0",), PORTS)
    assert everything_of_ipv6.why_not(outer) is not None


@given(v4=st.integers(0, (1 << 32) - 1).map(IPv4Address))
def test_a_mapped_and_a_nat64_address_are_as_good_as_the_one_they_carry(v4: IPv4Address):
    allows = CLOSED.why_not(v4) is None
    assert (CLOSED.why_not(IPv6Address(0xFFFF << 32 | int(v4))) is None) is allows
    assert (CLOSED.why_not(IPv6Address(0x64FF9B << 96 | int(v4))) is None) is allows


@given(bits=st.integers(0, (1 << 128) - 1))
def test_an_address_outside_the_assigned_range_is_never_public(bits: int):
    assume(bits >> 125 != 1 and bits >> 32 not in {0xFFFF, 0x64FF9B << 64})
    assert CLOSED.why_not(IPv6Address(bits)) is not None


def test_what_the_operator_allows_may_be_called_with_and_without_tls():
    guard = Guard.of(("10.0.0.0/8", "fd12::/16"), PORTS)
    for text in ("10.1.2.3", "::ffff:10.1.2.3", "fd12::7"):
        assert guard.why_not(ip_address(text)) is None
        assert guard.why_not(ip_address(text), secure=False) is None
    assert guard.why_not(ip_address("192.168.0.1")) is not None


def test_the_public_internet_is_called_with_tls_only():
    refused = CLOSED.why_not(ip_address("8.8.8.8"), secure=False)
    assert refused is not None
    assert "https" in refused.en


def test_nat64_to_an_allowed_address_is_allowed_with_and_without_tls_only_if_all_of_it_is():
    outer = ip_address("64:ff9b::10.0.0.1")
    assert Guard.of(("10.0.0.0/8",), PORTS).why_not(outer) is None
    assert Guard.of(("10.0.0.0/8",), PORTS).why_not(outer, secure=False) is not None
    both = Guard.of(("10.0.0.0/8", "64:ff9b::/96"), PORTS)
    assert both.why_not(outer, secure=False) is None


@pytest.mark.parametrize(
    "text",
    [
        # RFC 6052, table 2.4: 192.0.2.33 behind prefixes of 96 and of 64 bits.
        "64:ff9b:1::192.0.2.33",
        "64:ff9b:1:0:c0:2:2100:0",
    ],
)
def test_local_nat64_is_read_by_every_length_of_its_prefix(text: str):
    allowed = ("64:ff9b:1::/48", "0.0.0.0/8", "33.0.0.0/8")
    assert Guard.of(allowed, PORTS).why_not(ip_address(text)) is not None


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("https://example.com/hook?a=1", "https://example.com/hook?a=1"),
        ("HTTPS://Example.COM/", "https://example.com/"),
        ("https://a_b.example.com:443/", "https://a_b.example.com/"),
        ("https://例子.中国/钩", "https://xn--fsqu00a.xn--fiqs8s/%E9%92%A9"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2400:3200::1]/", "https://[2400:3200::1]/"),
    ],
)
def test_a_url_is_read_as_it_will_be_called(text: str, becomes: str):
    assert str(CLOSED.check_url(text)) == becomes


LOOPBACK = (
    "http://127.0.0.1/",
    "https://127.0.0.1/",
    "http://[::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[0:0:0:0:0:ffff:7f00:1]/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://127.1/",
    "http://127.0.0.1./",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://%31%32%37.0.0.1/",
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://0/",
    "http://a.0x7f/",
    "http://1.2.3.4.5/",
    "http://999.1.1.1/",
)


@pytest.mark.parametrize("text", LOOPBACK)
def test_a_denied_address_is_refused_in_every_spelling(text: str):
    with pytest.raises(Invalid) as caught:
        CLOSED.check_url(text)
    assert caught.value.field == "url"


@pytest.mark.parametrize("text", LOOPBACK[5:12])
def test_an_odd_spelling_is_refused_though_its_address_is_allowed_and_told_the_usual_one(text: str):
    with pytest.raises(Invalid) as caught:
        Guard.of(("127.0.0.0/8",), PORTS).check_url(text)
    assert list(caught.value.allowed) == ["127.0.0.1"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "example.com",
        "//example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "https:///path",
        "https://user:secret@example.com/",
        "https://user@example.com/",
        "https://:secret@example.com/",
        "https://example.com/#top",
        "https://example.com#",
        "https://example.com/a b",
        " https://example.com/",
        "https://example.com\t/",
        "https://example.com/\r\nX: y",
        "https://exa\x00mple.com/",
        "https:\\\\example.com\\",
        "https://example.com\\@127.0.0.1/",
        "https://a..b/",
        "https://-a.com/",
        "https://a-.com/",
        f"https://{'a' * 64}.com/",
        "https://" + "a." * 130 + "com/",
        "https://xn--zzzzzz/",
        "https://xn--/",
        "https://\u2024.com/",
        "https://a\ud800.com/",
        "https://[::1/",
        "https://example.com:99999/",
        "https://example.com/" + "a" * 2048,
    ],
)
def test_what_is_no_url_for_a_webhook_is_refused_by_name(text: str):
    with pytest.raises(Invalid) as caught:
        CLOSED.check_url(text)
    assert caught.value.field == "url"
    assert caught.value.zh.startswith("网址不可用")


@pytest.mark.parametrize("port", [0, 22, 25, 444, 5432, 6379, 65535])
def test_a_port_that_is_not_listed_is_refused_with_those_that_are(port: int):
    with pytest.raises(Invalid) as caught:
        CLOSED.check_url(f"https://example.com:{port}/")
    assert list(caught.value.allowed) == ["80", "443"]


def test_a_scheme_that_is_neither_is_refused_with_those_that_are():
    with pytest.raises(Invalid) as caught:
        CLOSED.check_url("gopher://example.com/")
    assert list(caught.value.allowed) == ["https", "http"]


def test_a_range_that_is_none_is_no_guard():
    with pytest.raises(ValueError, match="host bits"):
        Guard.of(("10.0.0.1/8",), PORTS)


def test_a_name_is_called_without_tls_only_where_the_operator_allows_a_range_at_all():
    with pytest.raises(Invalid, match="https") as caught:
        CLOSED.check_url("http://dashboard/")
    assert list(caught.value.allowed) == ["https"]
    opened = Guard.of(("10.0.0.0/8",), PORTS)
    assert str(opened.check_url("http://dashboard/")) == "http://dashboard/"
