"""Where the service may call: the public internet, and what the operator allows besides."""

import re
import socket
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_network
from typing import Final

from yarl import URL

from app.domain.errors import Invalid
from app.wire.address import Address, Network, Words, inside, plain, special

LONGEST: Final = 2048
_SCHEMES: Final = ("https", "http")
_LABEL: Final = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_NAME: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
# What the C library takes for an IPv4 address: its last part is a number (as browsers define it).
_NUMBER: Final = re.compile(r"(?:.*\.)?(?:[0-9]+|0x[0-9a-f]*)\.?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Refused:
    """Why an address is not called."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Guard:
    """What may be called: `allowed` are the operator's ranges, `ports` hold everywhere."""

    allowed: tuple[Network, ...]
    ports: frozenset[int]

    @classmethod
    def of(cls, allowed: Iterable[str], ports: Iterable[int]) -> "Guard":
        """Build a guard from ranges as text; raises ValueError for what is none."""
        return cls(tuple(ip_network(text) for text in allowed), frozenset(ports))

    def why_not(self, address: Address, *, secure: bool = True) -> Refused | None:
        """Tell why an address may not be called, or None; without TLS only allowed ranges may.

        An address that leads on to others (a tunnel, a translator) is as good as the worst of them.
        """
        outer = plain(address)
        leads = sorted(inside(outer))
        for one in (outer, *leads):
            if self._is_allowed(one):
                continue
            if (words := special(one)) is not None:
                return _special(address, one, words)
        if secure or all(self._is_allowed(one) for one in (outer, *leads)):
            return None
        return Refused(
            zh=f"{address} 不在允许的内网范围内, 须用 https",
            en=f"{address} is in no range the operator allows, so it is called by https only",
        )

    def check_url(self, text: str) -> URL:
        """Return a URL that may be called, as it will be; raises Invalid.

        What a name leads to is checked at each connection.
        """
        url, address = self.read(text)
        if address and (refused := self.why_not(address, secure=url.scheme == "https")):
            raise _invalid(refused.zh, refused.en)
        if address is None and url.scheme == "http" and not self.allowed:
            raise _invalid(
                "须用 https: http 只用于运维放行的内网, 现未放行任何网段 (YIGUAN_WEBHOOK_ALLOW)",
                "must be https: http is for ranges the operator allows (YIGUAN_WEBHOOK_ALLOW),"
                " and none is allowed",
                ("https",),
            )
        return url

    def read(self, text: str) -> tuple[URL, Address | None]:
        """Return a URL of the right form and port, and the address it names if it names one."""
        url = _parsed(text)
        if url.port not in self.ports:
            raise _invalid(
                f"不允许端口 {url.port}",
                f"port {url.port} is not allowed",
                [str(port) for port in sorted(self.ports)],
            )
        host = url.raw_host or ""
        address = _literal(host)
        if address is None:
            _check_name(host)
        return url, address

    def _is_allowed(self, address: Address) -> bool:
        return any(address in network for network in self.allowed)


def _special(address: Address, reached: Address, words: Words) -> Refused:
    zh, en = words
    via = "" if address == reached else f" ({reached})"
    return Refused(
        zh=f"{address}{via} 不是公网地址: {zh}; 内网地址须由运维人员放行 (YIGUAN_WEBHOOK_ALLOW)",
        en=f"{address}{via} is not on the public internet ({en}): "
        "the operator must allow it (YIGUAN_WEBHOOK_ALLOW)",
    )


def _invalid(zh: str, en: str, allowed: Collection[str] = ()) -> Invalid:
    return Invalid(zh=f"网址不可用: {zh}", en=f"the URL: {en}", field="url", allowed=list(allowed))


def _parsed(text: str) -> URL:
    if len(text) > LONGEST:
        raise _invalid(f"最长 {LONGEST} 个字符", f"at most {LONGEST} characters")
    # A parser forgives some of these, each in its own way.
    if not text.isprintable() or " " in text or "\\" in text:
        raise _invalid(
            "含空格、反斜杠或不可见字符", "no blank, backslash or unseen character may stand in it"
        )
    if "#" in text:
        raise _invalid("不能带 # 片段", "a fragment has no meaning here")
    try:
        url = URL(text)
        # Asked for here, because a name that is no IDN fails only where it is read.
        _ = url.host
    except ValueError as error:
        raise _invalid("无法解析, 或主机名不合规", "it or its host cannot be read") from error
    if url.scheme not in _SCHEMES or not url.raw_host:
        raise _invalid("应为 https://主机/路径", "must be https://host/path", _SCHEMES)
    if url.raw_user is not None or url.raw_password is not None:
        raise _invalid("不能带用户名或密码", "no user and no password may stand in it")
    return url


def _literal(host: str) -> Address | None:
    """Return the address a host is written as, or None for a name; raises Invalid."""
    if "%" in host:
        raise _invalid("主机中不能有 %", "a host has no % (no zone, nothing encoded)")
    try:
        if ":" in host:
            return IPv6Address(host)
        return IPv4Address(host) if _NUMBER.fullmatch(host) else None
    except AddressValueError as error:
        usual = _usual(host)
        raise _invalid(
            f"{host} 不是规范的 IP 地址", f"{host} is no address in its usual form", usual
        ) from error


def _usual(host: str) -> list[str]:
    """Return how an address in one of the C library's odd spellings is usually written."""
    try:
        return [socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))]
    except (OSError, ValueError):
        return []


def _check_name(host: str) -> None:
    if not _NAME.fullmatch(host):
        raise _invalid(
            f"主机名 {host[:80]} 不合规",
            f"the host name {host[:80]} has parts that are empty, too long or of wrong letters",
        )
