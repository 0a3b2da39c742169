"""A package that tries what a package must not be able to do. Each attack answers what stopped it, or "done: ..."."""

import ctypes
import glob
import os
import signal
import socket
import subprocess
import threading
import time


def stopped(attack, *arguments):
    try:
        return f"done: {attack(*arguments)}"
    except BaseException as error:
        return type(error).__name__ + (f" {error.errno}" if isinstance(error, OSError) and error.errno else "")


def read(path):
    with open(path, "rb") as file:
        return file.read(20)


def write(path):
    with open(path, "wb") as file:
        return file.write(b"x")


def connect_unix(path):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)


def connect(host, port):
    socket.create_connection((host, int(port)), timeout=2).close()


def fork_bomb():
    children = []
    try:
        while True:
            child = os.fork()
            if child == 0:
                time.sleep(60)
                os._exit(0)
            children.append(child)
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def threads():
    ending = threading.Event()
    try:
        while True:
            threading.Thread(target=ending.wait, daemon=True).start()
    finally:
        ending.set()


def call(name, *arguments):
    library = ctypes.CDLL(None, use_errno=True)
    if getattr(library, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)


def processes():
    return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())


def seen(text):
    """Everything of the host that a process could look at for a secret."""
    found = []
    for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/cmdline"):
        try:
            if text.encode() in open(path, "rb").read():
                found.append(path)
        except OSError:
            pass
    return found + [name for name, value in os.environ.items() if text in value]


def descriptors():
    """What the open descriptors lead to, but for the one that this looks with."""
    with os.scandir("/proc/self/fd") as found:
        return sorted({os.readlink(entry.path).split(":")[0] for entry in found} - {f"/proc/{os.getpid()}/fd"})


def fill(path, size):
    count = 0
    while True:
        with open(f"{path}/{count}", "wb") as file:
            file.write(bytes(int(size)))
        count += 1
        time.sleep(0)


HELD = []


def allocate():
    while True:
        HELD.append(bytearray(os.urandom(1024 * 1024)))
        time.sleep(0.002)


def arguments_of(process):
    try:
        return open(f"/proc/{process}/cmdline").read()
    except OSError:
        return ""


def stay(marker):
    """A process that leaves its session, ignores SIGTERM, and goes on."""
    subprocess.Popen(["sh", "-c", f"trap '' TERM; exec sleep {marker}"], start_new_session=True)
    while not any(marker in arguments and "trap" not in arguments for arguments in map(arguments_of, processes())):
        time.sleep(0.01)
    return "begun"


def shout(megabytes):
    line = b"x" * 1023 + b"\n"
    for _ in range(int(megabytes) * 1024):
        os.write(1, line)
    return "all"


def writable():
    return [path for path in ("/", "/usr", "/etc", "/package", "/dev", "/dev/shm", "/proc", "/proc/sys", "/tmp", "/registry", "/var/tmp")
            if not stopped(write, path + "/attack").startswith(("FileNotFound", "OSError", "Permission", "IsADirectory", "NotADirectory"))]


ATTACKS = {
    "read": read, "write": write, "list": os.listdir, "connect_unix": connect_unix, "connect": connect,
    "resolve": lambda name: socket.getaddrinfo(name, 80),
    "remove": os.unlink, "link": lambda path: os.symlink("/tmp/x", path), "fork_bomb": fork_bomb, "threads": threads,
    "kill": lambda process: os.kill(int(process), signal.SIGKILL),
    "ptrace": lambda process: call("ptrace", 16, int(process), 0, 0),
    "user_namespace": lambda: subprocess.run(["unshare", "--user", "true"], capture_output=True, text=True).stderr.strip(),
    "mount": lambda: call("mount", b"none", b"/tmp", b"tmpfs", 0, None),
    "remount": lambda: call("mount", None, b"/usr", None, 0x20 | 0x1000, None),
    "set_user": lambda: os.setuid(0), "processes": processes, "seen": seen, "fill": fill, "allocate": allocate, "stay": stay, "shout": shout,
    "writable": writable, "descriptors": descriptors,
    "capabilities": lambda: [line.split()[1] for line in open("/proc/self/status") if line.startswith("Cap")],
    "no_new_privileges": lambda: [line.split()[1] for line in open("/proc/self/status") if line.startswith("NoNewPrivs")],
    "limits": lambda: subprocess.run(["prlimit", "--core", "--output=SOFT,HARD", "--noheadings"], capture_output=True, text=True).stdout.split(),
    "user": os.getuid, "send": lambda path: os.open(path, os.O_RDWR),
    "listen": lambda: socket.create_server(("0.0.0.0", 5080)),
    "interfaces": lambda: [name for _, name in socket.if_nameindex()],
    "sleep": lambda: time.sleep(600),
}


class Model:
    def predict(self, inputs):
        name, *arguments = inputs
        return [stopped(ATTACKS[name], *arguments)]
