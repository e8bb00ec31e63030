"""A machine of a test's own: its network has loopback and the addresses given, its names come from a server of ours.

Needs root and Linux namespaces, as containers that run with --privileged or CAP_SYS_ADMIN have them."""
import ctypes
import fcntl
import functools
import ipaddress
import os
import socket
import struct
import threading
import traceback

NEW_MOUNTS, NEW_NETWORK = 0x0002_0000, 0x4000_0000  # sched.h
READ_ONLY, REMOUNT, BIND, RECURSIVE, PRIVATE = 0x1, 0x20, 0x1000, 0x4000, 1 << 18  # sys/mount.h
SET_FLAGS, SET_ADDRESS, SET_NETMASK = 0x8914, 0x8916, 0x891C  # linux/sockios.h
UP = 0x1 | 0x8 | 0x40
LOOPBACK_INDEX = 1
libc = ctypes.CDLL(None, use_errno=True)


def alone(*addresses):
    """Runs a test in a process with a network and mounts of its own, where loopback has these addresses, too."""
    def decorate(body):
        @functools.wraps(body)
        def run(*args, **named):
            reader, writer = os.pipe()
            child = os.fork()
            if child == 0:
                os.close(reader)
                os._exit(_run(functools.partial(body, *args, **named), addresses, writer))
            os.close(writer)
            with open(reader, encoding="utf-8") as pipe:
                problem = pipe.read()
            _, status = os.waitpid(child, 0)
            assert status == 0, problem or f"the test's process ended with {status}"
        return run
    return decorate


def _run(body, addresses, writer):
    try:
        _separate()
        _loopback(addresses)
        body()
        return 0
    except BaseException:
        os.write(writer, traceback.format_exc().encode())
        return 1


def _check(result, what):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}; this test needs root and namespaces (CAP_SYS_ADMIN)")


def _separate():
    _check(libc.unshare(NEW_MOUNTS | NEW_NETWORK), "unshare")
    _check(libc.mount(b"none", b"/", None, RECURSIVE | PRIVATE, None), "mount")


def _loopback(addresses):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as four, \
            socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as six:
        fcntl.ioctl(four, SET_FLAGS, struct.pack("16sH22x", b"lo", UP))
        for number, text in enumerate(addresses):
            packed = ipaddress.ip_address(text).packed
            if len(packed) == 4:
                name = f"lo:{number}".encode()
                for call, value in [(SET_ADDRESS, packed), (SET_NETMASK, b"\xff" * 4)]:
                    fcntl.ioctl(four, call, struct.pack("16sH2x4s16x", name, socket.AF_INET, value))
            else:
                fcntl.ioctl(six, SET_ADDRESS, struct.pack("16sIi", packed, 128, LOOPBACK_INDEX))


def mount_memory(folder, megabytes):
    """Puts a file system of that size on a folder; it is gone with the test's process."""
    folder.mkdir(parents=True, exist_ok=True)
    _check(libc.mount(b"none", os.fsencode(folder), b"tmpfs", 0, f"size={megabytes}m".encode()), "mount")


def remount_memory(folder, read_only):
    """Takes the right to write to such a file system away, or gives it back."""
    flags = REMOUNT | (READ_ONLY if read_only else 0)
    _check(libc.mount(b"none", os.fsencode(folder), b"tmpfs", flags, None), "remount")


def mount_file(folder, path, text):
    """Gives a file of the system another content."""
    own = folder / path.replace("/", "_")
    own.write_text(text)
    _check(libc.mount(os.fsencode(own), os.fsencode(path), None, BIND, None), "mount")


class NameServer:
    """Answers for the names in `names`, each with its addresses or a function that gives them; for those in
    `silent`, and what is below them, it never answers. Others do not exist."""

    def __init__(self, folder):
        self.names, self.silent, self.asked = {}, set(), []
        mount_file(folder, "/etc/resolv.conf", "nameserver 127.0.0.1\n")
        mount_file(folder, "/etc/hosts", "127.0.0.1 localhost\n")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            query, peer = self.socket.recvfrom(4096)
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode())
                at += 1 + query[at]
            kind, = struct.unpack_from(">H", query, at + 1)
            name = ".".join(labels).lower()
            self.asked.append(name)
            if any(name == one or name.endswith("." + one) for one in self.silent):
                continue
            self.socket.sendto(self._answer(query[:2], query[12:at + 5], name, kind), peer)

    def _answer(self, id, question, name, kind):
        addresses = self.names.get(name)
        code = 0x8183 if addresses is None else 0x8180
        if callable(addresses):
            addresses = addresses(kind)
        width = {1: 4, 28: 16}.get(kind)
        records = [packed for packed in (ipaddress.ip_address(one).packed for one in addresses or [])
                   if len(packed) == width]
        return id + struct.pack(">HHHHH", code, 1, len(records), 0, 0) + question + b"".join(
            struct.pack(">HHHIH", 0xC00C, kind, 1, 0, len(record)) + record for record in records)
