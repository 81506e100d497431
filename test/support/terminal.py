"""Runs a program on a terminal of its own: what it writes comes out here, what is written here is typed."""
import os
import pty
import select
import sys

pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
sources = [terminal, 0]
while True:
    for source in select.select(sources, [], [])[0]:
        try:
            data = os.read(source, 65536)
        except OSError:
            data = b''
        if source == terminal and not data:
            ending = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            sys.exit(ending if ending >= 0 else 128 - ending)
        if source == 0 and not data:
            sources.remove(0)
        else:
            os.write(1 if source == terminal else terminal, data)
