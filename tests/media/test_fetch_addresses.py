"""Which addresses are public, in every form that one can be written in."""

from __future__ import annotations

import ipaddress

import pytest

from workbench.media.fetch import is_public


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "fec0::1", "64:ff9b:1::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1"),
        *("::127.0.0.1", "::a9fe:a9fe", "fd00:ec2::254", "fe80::1%lo", "::1%1", "100::1", "2001::1"),
        "2001:0:4136:e378:8000:63bf:80ff:fffe",  # Teredo: 127.0.0.1, spelled upside down
        *("2001:db8:0:1:0:5efe:7f00:1", "2607:f8b0:4000:0:0:5efe:10.0.0.1", "2607:f8b0::200:5efe:a9fe:a9fe"),
        *(
            "2001:10::1",
            "2001:2::1",
            "3fff::1",
            "5f00::1",
            "ff05::1:3",
            "192.88.99.1",
            "0.1.2.3",
            "192.0.0.8",
        ),
    ],
)
def test_an_address_that_is_not_public_is_told_as_such(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        *("8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"),
        *("2002:808:808::1", "2607:f8b0::5efe:808:808"),
    ],
)
def test_a_public_address_is_allowed(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))
