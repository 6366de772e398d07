#!/usr/bin/env python3
"""Runs a program that cannot read or write extended processor state with ptrace: without-xstate.py PROGRAM [ARGS...]

User-Mode Linux 6.1 keeps room for the registers up to AVX-512. Where a processor has more (AMX), writing them back fails and
the guest dies. Where they cannot be read at all it uses the smaller set without AVX, which every kernel has.
"""

import ctypes
import os
import struct
import sys

LOAD, EQUALS, RETURN = 0x20, 0x15, 0x06
NUMBER, REQUEST, ADDRESS = 0, 16, 32  # in struct seccomp_data, lower halves
PTRACE, GETREGSET, NT_X86_XSTATE = 101, 0x4204, 0x202
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 22  # EINVAL
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2

PROGRAM = [
    (LOAD, 0, 0, NUMBER),
    (EQUALS, 0, 5, PTRACE),
    (LOAD, 0, 0, REQUEST),
    (EQUALS, 0, 3, GETREGSET),
    (LOAD, 0, 0, ADDRESS),
    (EQUALS, 0, 1, NT_X86_XSTATE),
    (RETURN, 0, 0, REFUSE),
    (RETURN, 0, 0, ALLOW),
]


def main(argv):
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in PROGRAM))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(PROGRAM), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    calls = ((PR_SET_NO_NEW_PRIVS, 1, 0), (PR_SET_SECCOMP, MODE_FILTER, ctypes.addressof(head)))
    for option, first, second in calls:
        if libc.prctl(option, ctypes.c_ulong(first), ctypes.c_ulong(second), 0, 0) != 0:
            sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    os.execvp(argv[0], argv)


main(sys.argv[1:])
