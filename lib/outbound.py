"""What lib.http may connect to: which URLs, ports and addresses. Pure: no name is resolved here."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, quote, urlsplit

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PORTS = frozenset({80, 443, 8080, 8443})
LONGEST_URL = 4096

_DEFAULT_PORTS = {"http": 80, "https": 443}
# Parsers disagree about these, and disagreement is how checks are passed by.
_UNCLEAN = re.compile(r"[\x00-\x20\x7f\\]")
_HOST_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,252}")
_KEPT_IN_PATH = "/%:@!$&'()*+,;=~-._"

# Metadata services that answer on addresses which look public (Azure's) or lie in a special block (Oracle's).
_METADATA = frozenset({ip_address("168.63.129.16"), ip_address("192.0.0.192"), ip_address("fd00:ec2::254")})
_CARRIER_GRADE = IPv4Network("100.64.0.0/10")
# Blocks that carry an IPv4 address inside: what counts is where the packet comes out.
_TRANSLATED = IPv6Network("64:ff9b::/96")
_TUNNELS = tuple(IPv6Network(block) for block in ("64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96"))


class OutboundRefused(Exception):
    """The request is never sent; `reason` is for the person who configured it. Trying again does not help."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Target:
    """A URL taken apart: `host` is ASCII and without brackets, `path` has its query and no fragment."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        """Return the Host header: the port only where it is not the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"


def read_url(url: str) -> Target:
    """Return the target of an absolute http or https URL, or raise OutboundRefused."""
    if len(url) > LONGEST_URL or _UNCLEAN.search(url):
        raise OutboundRefused("The URL is too long, or holds spaces, control characters or backslashes.")
    try:
        parts = urlsplit(url)
        host, port = _ascii_host(parts), parts.port
    except ValueError as error:  # UnicodeError of the host's encoding is one
        raise OutboundRefused("The URL is not valid.") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise OutboundRefused("Only http and https URLs are allowed.")
    if "@" in parts.netloc:
        raise OutboundRefused("A URL may not hold a user name or password.")
    if port is None:
        port = _DEFAULT_PORTS[parts.scheme]
    return Target(parts.scheme, host, port, _path(parts))


def networks(blocks: Iterable[str]) -> tuple[Network, ...]:
    """Return CIDR blocks as networks; ValueError for a malformed one, as that is our operator's setting."""
    return tuple(ip_network(block, strict=False) for block in blocks)


def check_addresses(
    target: Target, addresses: Sequence[Address], allowed: Collection[Network], more_ports: Collection[int]
) -> None:
    """Raise OutboundRefused unless every address may be reached on the target's port.

    Every one, since a name with one public and one private address is how a filter is fooled. Addresses
    inside `allowed` may be reached whatever they are, and then on any port.
    """
    others = [address for address in addresses if not _inside(address, allowed)]
    if others and target.port not in PORTS and target.port not in more_ports:
        raise OutboundRefused(f"Port {target.port} is not allowed (TOCSIN_OUTBOUND_PORTS adds ports).")
    for address in others:
        kind = kind_of(address)
        if kind:
            raise OutboundRefused(
                f"{target.host} is a {kind} address (TOCSIN_OUTBOUND_ALLOW allows networks)."
            )


def kind_of(address: Address) -> str:
    """Say what kind of not public address this is; empty for a public one."""
    inner = _carried(address)
    if address in _METADATA or inner in _METADATA:
        return "metadata"
    named = (
        ("loopback", inner.is_loopback),
        ("unspecified", inner.is_unspecified),
        ("link-local", inner.is_link_local),
        ("multicast", inner.is_multicast),
        ("carrier-grade NAT", inner in _CARRIER_GRADE),
        ("tunnelled", any(inner in block for block in _TUNNELS)),
        ("private", inner.is_private or (isinstance(inner, IPv6Address) and inner.is_site_local)),
        ("reserved", inner.is_reserved or not inner.is_global),
    )
    return next((kind for kind, holds in named if holds), "")


def _carried(address: Address) -> Address:
    """The IPv4 address inside a mapped (::ffff:…) or translated (NAT64) one, else the address itself."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return address.ipv4_mapped
        if address in _TRANSLATED:
            return IPv4Address(address.packed[-4:])
    return address


def _inside(address: Address, blocks: Collection[Network]) -> bool:
    return any(address in block or _carried(address) in block for block in blocks)


def _ascii_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if "[" in parts.netloc:
        if "%" in host:  # a zone names one of our own interfaces
            raise ValueError(host)
        return str(IPv6Address(host))
    host = host.encode("idna").decode() if not host.isascii() else host
    if not _HOST_NAME.fullmatch(host) or ".." in host:
        raise ValueError(host)
    return host


def _path(parts: SplitResult) -> str:
    path = quote(parts.path or "/", safe=_KEPT_IN_PATH)
    return f"{path}?{quote(parts.query, safe=_KEPT_IN_PATH + '?')}" if parts.query else path
