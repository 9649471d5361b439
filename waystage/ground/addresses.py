"""Where a name leads: the addresses behind it, without those that nobody outside may have us call.

The connection is made to the very addresses that were looked at, so a name that changes its mind between the look and
the call gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

#: NAT64 carries an address of the old kind in its last 32 bits (RFC 6052).
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class ForbiddenAddress(OSError):
    """The name leads to a loopback, private or otherwise special address."""


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a host, as a socket takes it."""

    host: str
    port: int


Resolve = Callable[[str, int], Awaitable[list[Address]]]


async def anywhere(host: str, port: int) -> list[Address]:
    """Every address of a host; OSError if there is none."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [Address(str(where[0]), port) for *_, where in dict.fromkeys(found)]


async def public_only(host: str, port: int) -> list[Address]:
    """The public addresses of a host; ForbiddenAddress if any other is among them."""
    found = await anywhere(host, port)
    if not all(is_public(one.host) for one in found):
        raise ForbiddenAddress(f"{host} leads to a private address")
    return found


def is_public(text: str) -> bool:
    """Whether an address belongs to the open Internet; what is wrapped into another one counts as what it is."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
    return address.is_global and not address.is_multicast and not address.is_reserved
