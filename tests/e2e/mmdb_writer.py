"""Writes MaxMind databases for tests, as tests/support/mmdb_writer.cpp does:
https://maxmind.github.io/MaxMind-DB/"""

import ipaddress

NOTHING = None


UINT16, UINT32, UINT64, ARRAY = 5, 6, 9, 11


def _control(kind, size):
    assert size < 29
    return bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])


def _number(value, kind):
    size = {UINT16: 2, UINT32: 4, UINT64: 8}[kind]
    return _control(kind, size) + value.to_bytes(size, "big")


def _field(value):
    if isinstance(value, dict):
        members = (_field(key) + _field(inner) for key, inner in value.items())
        return _control(7, len(value)) + b"".join(members)
    if isinstance(value, int):
        return _number(value, UINT32)
    if isinstance(value, bytes):  # a field that is made already
        return value
    return _control(2, len(value)) + value.encode()


def _bits(network):
    width = 128
    length = network.prefixlen + (96 if network.version == 4 else 0)
    return f"{int(network.network_address):0{width}b}"[:length]


def database(records):
    """The file, by {network: what stands there}; the networks further down count."""
    nodes, data = [[NOTHING, NOTHING]], b""
    for text, record in records.items():
        *way, last = map(int, _bits(ipaddress.ip_network(text)))
        node = 0
        for side in way:
            below = nodes[node][side]
            if not isinstance(below, list):
                nodes.append([below, below])
                nodes[node][side] = below = [len(nodes) - 1]
            node = below[0]
        nodes[node][last] = len(data)
        data += _field(record)

    def child(what):
        if isinstance(what, list):
            return what[0]
        return len(nodes) if what is NOTHING else len(nodes) + 16 + what

    tree = b"".join(child(side).to_bytes(3, "big") for node in nodes for side in node)
    metadata = {"binary_format_major_version": _number(2, UINT16),
                "binary_format_minor_version": _number(0, UINT16),
                "build_epoch": _number(1, UINT64), "database_type": "Test", "description": {},
                "ip_version": _number(6, UINT16), "languages": _control(ARRAY, 0),
                "node_count": len(nodes),
                "record_size": _number(24, UINT16)}
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + _field(metadata)


def of_lines(text):
    """Of lines `192.0.2.0/24 DE` or `2001:db8::/32 AS64500`."""
    records = {}
    for line in text.splitlines():
        network, fact = line.split()
        records[network] = ({"autonomous_system_number": int(fact[2:])} if len(fact) > 2
                            else {"country": {"iso_code": fact}})
    return database(records)
