"""IP addresses: which of them the public internet has, and which others hide inside one."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
Words = tuple[str, str]

# Written out, because Python's own `is_global` changes between its versions.
_SPECIAL: Final[tuple[tuple[str, Words], ...]] = (
    ("0.0.0.0/8", ("本机网络", "this network")),
    ("10.0.0.0/8", ("内网", "private")),
    ("100.64.0.0/10", ("运营商内网", "shared by carriers")),
    ("127.0.0.0/8", ("本机", "loopback")),
    ("168.63.129.16/32", ("云平台元数据", "metadata of a cloud")),
    ("169.254.0.0/16", ("链路本地或云平台元数据", "link-local, metadata of clouds")),
    ("172.16.0.0/12", ("内网", "private")),
    ("192.0.0.0/24", ("协议保留", "reserved for protocols")),
    ("192.0.2.0/24", ("文档示例", "for documentation")),
    ("192.88.99.0/24", ("6to4 中继", "6to4 relays")),
    ("192.168.0.0/16", ("内网", "private")),
    ("198.18.0.0/15", ("性能测试", "for benchmarks")),
    ("198.51.100.0/24", ("文档示例", "for documentation")),
    ("203.0.113.0/24", ("文档示例", "for documentation")),
    ("224.0.0.0/4", ("组播", "multicast")),
    ("255.255.255.255/32", ("广播", "broadcast")),
    ("240.0.0.0/4", ("保留", "reserved")),
    ("::/128", ("未指定", "unspecified")),
    ("::1/128", ("本机", "loopback")),
    ("64:ff9b:1::/48", ("本地 NAT64", "local NAT64")),
    ("100::/64", ("丢弃", "discarded")),
    ("2001::/32", ("Teredo", "Teredo")),
    ("2001:db8::/32", ("文档示例", "for documentation")),
    ("2001::/23", ("协议保留", "reserved for protocols")),
    ("2002::/16", ("6to4", "6to4")),
    ("3fff::/20", ("文档示例", "for documentation")),
    ("5f00::/16", ("SRv6", "SRv6")),
    ("fc00::/7", ("内网", "private")),
    ("fe80::/10", ("链路本地", "link-local")),
    ("fec0::/10", ("站点本地", "site-local")),
    ("ff00::/8", ("组播", "multicast")),
)
SPECIAL: Final = tuple((ip_network(text), words) for text, words in _SPECIAL)
"""Ranges that are not the public internet's (IANA's special registries), narrow before wide."""
_PUBLIC: Final = (ip_network("0.0.0.0/0"), ip_network("2000::/3"), ip_network("64:ff9b::/96"))
_UNASSIGNED: Final = ("未分配", "not assigned")

_MAPPED: Final = IPv6Network("::ffff:0:0/96")
_LAST: Final = (
    IPv6Network("::/96"),  # v4-compatible
    IPv6Network("::ffff:0:0:0/96"),  # v4-translated (SIIT)
    IPv6Network("64:ff9b::/96"),  # NAT64
)
_LOCAL_NAT64: Final = IPv6Network("64:ff9b:1::/48")
_6TO4: Final = IPv6Network("2002::/16")
_TEREDO: Final = IPv6Network("2001::/32")
_ISATAP: Final = frozenset({0x0000_5EFE, 0x0200_5EFE})
_32: Final = 0xFFFF_FFFF


def special(address: Address) -> Words | None:
    """Return why an address is not one of the public internet's, in both languages; None: it is."""
    for network, words in SPECIAL:
        if address in network:
            return words
    return None if any(address in network for network in _PUBLIC) else _UNASSIGNED


def plain(address: Address) -> Address:
    """Return the IPv4 address a v4-mapped one is: the kernel speaks IPv4 to it."""
    if isinstance(address, IPv6Address) and address in _MAPPED:
        return IPv4Address(int(address) & _32)
    return address


def inside(address: Address) -> frozenset[IPv4Address]:
    """Return the IPv4 addresses to which tunnels and translators would take an IPv6 one on.

    Where a form can be read in several ways, all of them.
    """
    if isinstance(address, IPv4Address):
        return frozenset()
    return frozenset(IPv4Address(one & _32) for one in _embedded(address, int(address)))


def _embedded(address: IPv6Address, bits: int) -> Iterator[int]:
    if address in _MAPPED or any(address in network for network in _LAST):
        yield bits
    if address in _LOCAL_NAT64:
        yield from _translated(bits)
    if address in _6TO4:
        yield bits >> 80
    if address in _TEREDO:
        yield bits >> 64
        yield ~bits
    if bits >> 32 & _32 in _ISATAP:
        yield bits


def _translated(bits: int) -> Iterator[int]:
    """Yield the readings of RFC 6052: behind a prefix of 96 bits, or of 64, 56 or 48 and then 0s.

    Bits 64 to 71 belong to no address.
    """
    yield bits
    packed = (bits >> 64 << 56) | (bits & (1 << 56) - 1)
    yield from (packed >> rest for rest in (24, 32, 40) if not packed & (1 << rest) - 1)
