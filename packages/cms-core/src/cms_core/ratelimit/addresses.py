"""Which addresses count as one client."""

from ipaddress import IPv6Address, ip_address


def canonical_address(address: str) -> str:
    """Return the part of an address that one client can't change at will.

    IPv6 hosts choose freely within their /64, so that prefix stands for all of them; an IPv4
    address in IPv6 clothing is the IPv4 address. What is no address stays as it is.
    """
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
