from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.outbound import OutboundRefused, Target, check_addresses, kind_of, networks, read_url


def target(port: int = 443) -> Target:
    return Target("https", "hooks.example", port, "/")


def test_a_url_is_taken_apart() -> None:
    assert read_url("https://hooks.example/a?b=c#d") == Target("https", "hooks.example", 443, "/a?b=c")
    assert read_url("http://hooks.example:8080") == Target("http", "hooks.example", 8080, "/")
    assert read_url("HTTPS://Hooks.Example/Ä?q=ö%20").path == "/%C3%84?q=%C3%B6%20"
    assert read_url("https://bücher.example/").host == "xn--bcher-kva.example"
    assert read_url("https://[2606:4700::1]:8443/").host_header == "[2606:4700::1]:8443"
    assert read_url("http://hooks.example:80/").host_header == "hooks.example"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hooks.example",
        "//hooks.example/",
        "ftp://hooks.example/",
        "file:///etc/passwd",
        "gopher://hooks.example/",
        "https://",
        "https:///path",
        "https://user@hooks.example/",
        "https://user:secret@hooks.example/",
        "https://@hooks.example/",
        "https://hooks.example\\@127.0.0.1/",
        "https://hooks.example/a b",
        "https://hooks.example/\r\nX-Evil: 1",
        "https://hooks.example/\x00",
        "\thttps://hooks.example/",
        "https://hooks.example:99999/",
        "https://hooks.example:port/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://[v1.x]/",
        "https://a..b/",
        "https://.example/",
        "https://exa%6dple/",
        "https://" + "ä" * 300 + "/",
        "https://hooks.example/" + "x" * 4096,
    ],
)
def test_an_unclear_or_foreign_url_is_refused(url: str) -> None:
    with pytest.raises(OutboundRefused):
        read_url(url)


@given(st.text(max_size=60) | st.text(max_size=40).map(lambda rest: f"https://{rest}"))
def test_any_text_is_a_target_or_refused(url: str) -> None:
    try:
        found = read_url(url)
    except OutboundRefused:
        return
    assert found.host.isascii()
    assert found.path.isascii()
    assert found.path.startswith(("/", "%"))


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("::1", "loopback"),
        ("::ffff:127.0.0.1", "loopback"),
        ("64:ff9b::7f00:1", "loopback"),
        ("0.0.0.0", "unspecified"),  # noqa: S104  # an address to refuse, not to bind
        ("::", "unspecified"),
        ("10.0.0.1", "private"),
        ("172.16.0.1", "private"),
        ("192.168.1.1", "private"),
        ("::ffff:10.0.0.1", "private"),
        ("64:ff9b::a00:1", "private"),
        ("fc00::1", "private"),
        ("fd12::1", "private"),
        ("fec0::1", "private"),
        ("169.254.169.254", "link-local"),
        ("::ffff:169.254.169.254", "link-local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "link-local"),
        ("168.63.129.16", "metadata"),
        ("192.0.0.192", "metadata"),
        ("fd00:ec2::254", "metadata"),
        ("::ffff:168.63.129.16", "metadata"),
        ("100.64.0.1", "carrier-grade NAT"),
        ("100.100.100.200", "carrier-grade NAT"),
        ("224.0.0.1", "multicast"),
        ("239.255.255.250", "multicast"),
        ("ff02::1", "multicast"),
        ("2002:7f00:1::", "tunnelled"),
        ("2001:0:7f00:1::", "tunnelled"),
        ("::7f00:1", "tunnelled"),
        ("64:ff9b:1::a00:1", "tunnelled"),
        ("240.0.0.1", "private"),
        ("255.255.255.255", "private"),
        ("198.18.0.1", "private"),
        ("192.0.2.1", "private"),
        ("2001:db8::1", "private"),
    ],
)
def test_an_address_that_is_not_public_is_refused_as_what_it_is(address: str, kind: str) -> None:
    assert kind_of(ip_address(address)) == kind
    with pytest.raises(OutboundRefused, match=kind):
        check_addresses(target(), [ip_address(address)], (), ())


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:4700::1111", "64:ff9b::5db8:d70e", "::ffff:93.184.215.14"]
)
def test_a_public_address_passes(address: str) -> None:
    check_addresses(target(), [ip_address(address)], (), ())


def test_one_private_address_among_public_ones_refuses_the_name() -> None:
    with pytest.raises(OutboundRefused, match="private"):
        check_addresses(target(), [ip_address("93.184.215.14"), ip_address("10.0.0.1")], (), ())


def test_the_reason_does_not_tell_the_inner_address() -> None:
    with pytest.raises(OutboundRefused) as caught:
        check_addresses(target(), [ip_address("10.1.2.3")], (), ())
    assert "10.1.2.3" not in caught.value.reason


def test_an_allowed_network_is_reached_on_any_port_also_as_a_mapped_address() -> None:
    allowed = networks(["10.1.0.0/16", "fd00::1/64"])
    inside = [ip_address("10.1.2.3"), ip_address("::ffff:10.1.2.3"), ip_address("fd00::9")]
    check_addresses(target(9093), inside, allowed, ())
    with pytest.raises(OutboundRefused):
        check_addresses(target(), [ip_address("10.2.0.1")], allowed, ())


def test_only_listed_ports_are_reached() -> None:
    public = [ip_address("93.184.215.14")]
    for port in (80, 443, 8080, 8443):
        check_addresses(target(port), public, (), ())
    for port in (22, 25, 5432, 6379, 9093):
        with pytest.raises(OutboundRefused, match=f"Port {port}"):
            check_addresses(target(port), public, (), ())
    check_addresses(target(9093), public, (), (9093,))
