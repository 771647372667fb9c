"""Refuse every connection that leaves this machine, in a kernel and in the processes it starts.

Python runs a module of this name at its start, if it is on the path. An audit hook cannot be taken
away again; each refusal is also written to a file, because a library may hide the exception. It
sees what Python's socket module does. Libraries that open sockets in C are watched from outside.
"""

from __future__ import annotations

import ipaddress
import os
import sys


def _local(host: object) -> bool:
    text = host.decode() if isinstance(host, bytes) else str(host or "")
    if text in {"", "localhost", "localhost.", os.uname().nodename}:
        return True
    try:
        address = ipaddress.ip_address(text.split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    if event in {"socket.connect", "socket.sendto"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None  # a text is a local socket
    elif event == "socket.sendmsg":
        address = arguments[1] if len(arguments) > 1 else None
        host = address[0] if isinstance(address, tuple) else None
    elif event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}:
        host = arguments[0]
    else:
        return
    if not _local(host):
        with open(os.environ["EQUIPOISE_REQUESTS"], "a", encoding="utf-8") as log:
            log.write(f"{event} {host}\n")
        raise ConnectionRefusedError(f"the course makes no request: {event} {host}")


if "EQUIPOISE_REQUESTS" in os.environ:
    sys.addaudithook(_guard)
