"""What a submission cannot do: walls that the kernel keeps, and a guard that names who tries.

Walls of Linux, for any user, none of which the code inside can take down again:
    files      Landlock (kernel 5.13 and newer): reads only Python, its packages, the world and its own folder; writes only its own folder
    processes  seccomp: no fork, no exec, no signal to another process, no change of another's limits, no tracing
    network    seccomp: no socket of any family; Landlock from kernel 6.7 on as well
    owners     seccomp: chmod, chown and utime do nothing, for Landlock does not cover them; root gives up its capabilities
    amounts    setrlimit: processor seconds, memory, size of a file, number of files
On macOS only the amounts, and no new processes, are walls. On Windows none is: there the submission is a process of its own
that is ended when its time is over, and only the guard below stands. A trainer on Windows grades in WSL or a container; on
macOS in a container, or reads the notebooks of people that are not trusted before.

The guard is Python's audit hook: it names an attempt ("tried to read ...") and refuses it. Code that goes round it meets the walls.
What stays open on Linux: whether a file exists, and how large it is, can be asked of any path that the trainer's user may see.
"""

import contextlib
import ctypes
import os
import site
import struct
import sys
import sysconfig
from pathlib import Path

LINUX = sys.platform.startswith("linux")


def missing():
    """A sentence for the trainer where this system keeps fewer walls than Linux can, else ''."""
    if LINUX and landlock_version() and os.uname().machine in MACHINES:
        return ""
    return (
        "This computer does not wall submissions in completely: files and network are only guarded. "
        "Grade the notebooks of people you do not trust on Linux, in WSL or in a container."
    )


# ---------------------------------------------------------------- amounts


def limit(seconds, memory, file_size):
    """Limits of this process: processor seconds, bytes on top of what it holds now, bytes of one file."""
    try:
        import resource
    except ImportError:  # Windows
        return
    wanted = {
        "RLIMIT_CPU": seconds,
        "RLIMIT_FSIZE": file_size,
        "RLIMIT_NOFILE": 256,
        "RLIMIT_CORE": 0,
        "RLIMIT_AS": _address_space() + memory if LINUX else None,
        "RLIMIT_NPROC": None if LINUX else 0,  # on Linux it counts threads, and seccomp stands there
    }
    for name, most in wanted.items():
        if most is not None and hasattr(resource, name):
            with contextlib.suppress(ValueError, OSError):
                # processor time: a signal first, which says what happened, and the end a second later
                first = most - 1 if name == "RLIMIT_CPU" else most
                resource.setrlimit(getattr(resource, name), (first, most))


def _address_space():
    """Bytes of address space that this process holds."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    return pages * os.sysconf("SC_PAGESIZE")


# ---------------------------------------------------------------- the kernel's calls

SYSCALLS = {  # name: (number on x86-64, on arm64), None where the call does not exist
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "clone3": (435, 435),
    "clone": (56, 220),
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "kill": (62, 129),
    "tgkill": (234, 131),
    "tkill": (200, 130),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "prlimit64": (302, 261),
    "setpriority": (141, 140),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "ioprio_set": (251, 30),
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "truncate": (76, 45),
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "memfd_create": (319, 279),
}
PRETEND = {name for name in SYSCALLS if "chmod" in name or "chown" in name or "utime" in name}
PRETEND |= {name for name in SYSCALLS if "xattr" in name}
OWN_ONLY = {
    "kill",
    "tgkill",
    "prlimit64",
    "sched_setaffinity",
}  # the first argument is a process: 0 or itself
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
EPERM, ENOSYS = 1, 38
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
THREAD = 0x00010000  # CLONE_THREAD
NEW_PRIVILEGES, SECCOMP, DEATH_SIGNAL, DROP_BOUND = 38, 22, 1, 24  # numbers of prctl


def _libc():
    return ctypes.CDLL(None, use_errno=True)


def _load(offset):
    return struct.pack("HBBI", 0x20, 0, 0, offset)


def _jump(operation, value, yes, no):
    return struct.pack("HBBI", {"eq": 0x15, "ge": 0x35, "set": 0x45}[operation], yes, no, value)


def _give(action):
    return struct.pack("HBBI", 0x06, 0, 0, action)


def _filter(machine, pid):
    """A seccomp program (bytes) for a machine and the one process that may be signalled."""
    audit, column = MACHINES[machine]
    number, argument = 0, 16  # offsets in struct seccomp_data, lower half of the first argument
    rules = [_load(4), _jump("eq", audit, 1, 0), _give(KILL), _load(number)]
    if machine == "x86_64":  # the x32 calls have numbers of their own
        rules += [_jump("ge", 0x40000000, 0, 1), _give(REFUSE | EPERM)]
    for name, numbers in SYSCALLS.items():
        if numbers[column] is None:
            continue
        if name == "clone":
            then = [_load(argument), _jump("set", THREAD, 0, 1), _give(ALLOW), _give(REFUSE | EPERM)]
        elif name in OWN_ONLY:
            then = [_load(argument), _jump("eq", pid, 2, 0), _jump("eq", 0, 1, 0)]
            then += [_give(REFUSE | EPERM), _give(ALLOW)]
            if name == "kill":  # 0 means the whole process group, which is its own session
                then[1:3] = [_jump("eq", pid, 1, 0)]
        else:
            error = 0 if name in PRETEND else ENOSYS if name == "clone3" else EPERM
            then = [_give(REFUSE | error)]
        rules += [_jump("eq", numbers[column], 0, len(then)), *then]
    return b"".join([*rules, _give(ALLOW)])


def close_calls():
    """No new process, no foreign signal, no socket, no change of owners. Returns whether the kernel keeps it."""
    machine = os.uname().machine if LINUX else ""
    if machine not in MACHINES:
        return False
    libc = _libc()
    program = _filter(machine, os.getpid())
    buffer = ctypes.create_string_buffer(program, len(program))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    whole = Program(len(program) // 8, ctypes.addressof(buffer))
    return libc.prctl(SECCOMP, 2, ctypes.byref(whole), 0, 0) == 0


def no_privileges():
    """Nothing that this process does can gain privileges; root gives up its capabilities; ends with its parent."""
    if not LINUX:
        return
    libc = _libc()
    libc.prctl(DEATH_SIGNAL, 9, 0, 0, 0)
    for capability in range(64):
        libc.prctl(DROP_BOUND, capability, 0, 0, 0)
    head = struct.pack("II", 0x20080522, 0)
    libc.capset(ctypes.create_string_buffer(head), ctypes.create_string_buffer(24))
    libc.prctl(NEW_PRIVILEGES, 1, 0, 0, 0)


# ---------------------------------------------------------------- files

WRITE_FILE, READ_FILE, READ_FOLDER = 1 << 1, 1 << 2, 1 << 3
RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # how many rights of files each version of Landlock knows
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
O_PATH = getattr(os, "O_PATH", 0)


def landlock_version():
    """The kernel's version of Landlock; 0 where there is none."""
    if not LINUX:
        return 0
    return max(_libc().syscall(CREATE_RULESET, None, 0, 1), 0)


def close_files(readable, listable, own):
    """Only `readable` (paths, each with all below it) can be read, only the folder `own` written.

    Of `listable`, folders, the names inside can be asked for.
    Returns whether the kernel keeps it. Paths that do not exist are passed over.
    """
    version = landlock_version()
    if not version:
        return False
    libc = _libc()
    every = (1 << RIGHTS[min(version, 5)]) - 1
    net = 3 if version >= 4 else 0  # to bind and to connect by TCP
    scoped = 3 if version >= 6 else 0  # abstract sockets and signals to the outside
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    attributes = struct.pack("QQQ", every, net, scoped)[:size]
    rules = libc.syscall(CREATE_RULESET, attributes, size, 0)
    if rules < 0:
        return False
    for path in readable:
        _open_for(libc, rules, path, READ_FILE | READ_FOLDER)
    for path in listable:
        _open_for(libc, rules, path, READ_FOLDER)
    _open_for(libc, rules, os.devnull, READ_FILE | WRITE_FILE)
    _open_for(libc, rules, own, every & ~1)
    done = libc.syscall(RESTRICT_SELF, rules, 0) == 0
    os.close(rules)
    return done


def _open_for(libc, rules, path, rights):
    try:
        place = os.open(path, O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):  # noqa: PTH112
        rights &= READ_FILE | WRITE_FILE
    attribute = struct.pack("=Qi", rights, place)
    libc.syscall(ADD_RULE, rules, 1, attribute, 0)
    os.close(place)


SYSTEM = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/timezone",
    "/etc/fonts",
    "/etc/mime.types",
    "/etc/os-release",
    "/proc/self",
    "/proc/meminfo",
    "/proc/cpuinfo",
    "/proc/stat",
    "/sys/devices/system/cpu",
    "/sys/fs/cgroup",
    "/dev/null",
    "/dev/zero",
    "/dev/random",
    "/dev/urandom",
)


def without(folder, hidden):
    """Paths that together hold all of `folder` but what lies in `hidden` (a set of Paths)."""
    folder = Path(folder)
    if folder in hidden:
        return []
    if not any(one.is_relative_to(folder) for one in hidden):
        return [folder]
    try:
        inside = sorted(folder.iterdir())
    except OSError:
        return []
    return [part for one in inside for part in without(one, hidden)]


def python_paths(hidden):
    """Where Python and its packages lie, without the folders of `hidden`."""
    base, package = Path(sys.base_prefix).resolve(), Path(__file__).resolve().parents[1]
    places = [Path(one) for one in sysconfig.get_paths().values()]
    places += [Path(one) for one in (*site.getsitepackages(), site.getusersitepackages(), sys.executable)]
    places += [base / name for name in ("lib", "lib64", "share", "Lib", "DLLs", "Library")]
    places += [Path(sys.prefix) / "pyvenv.cfg", package]
    found = dict.fromkeys(one.resolve() for one in places if one.exists())
    return [part for one in found if one != base for part in without(one, hidden)]


# ---------------------------------------------------------------- the guard

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
PATH_EVENTS = {
    "os.listdir": "list",
    "os.scandir": "list",
    "os.chdir": "go to",
    "os.chmod": "change",
    "os.chown": "change",
    "os.utime": "change",
    "os.truncate": "change",
    "os.remove": "delete",
    "os.rmdir": "delete",
    "shutil.rmtree": "delete",
    "os.mkdir": "write",
    "os.rename": "move",
    "os.link": "link to",
    "os.symlink": "link to",
    "sqlite3.connect": "write",
}
PROCESS_EVENTS = {"os.fork", "os.forkpty", "os.posix_spawn", "pty.spawn", "os.startfile"}
COMMAND_EVENTS = {"os.system", "subprocess.Popen", "os.exec", "os.spawn"}


class Guard:
    """An audit hook that names attempts and refuses them.

    readable        paths that may be read, with all below them; listable: folders whose names may be read
    own             the one folder that may be written
    cells           prefix of the file names under which a submission's code is compiled
    tell            called with one sentence for each attempt
    """

    def __init__(self, readable, listable, own, cells, tell):
        self._read = {os.path.realpath(one) for one in readable}
        self._list = {os.path.realpath(one) for one in listable}
        self._own = os.path.realpath(own)
        self._cells = cells
        self._tell = tell
        self._busy, self._told = False, set()

    def __call__(self, event, arguments):
        if self._busy:
            return
        attempt = self._attempt(event, arguments)
        if attempt:
            if attempt not in self._told and len(self._told) < 100:
                self._told.add(attempt)
                self._busy = True
                try:
                    self._tell(attempt)
                finally:
                    self._busy = False
            if not attempt.startswith("asked"):
                raise PermissionError(f"{attempt}; a submission may not")

    def _attempt(self, event, arguments):
        """The sentence about a forbidden event, or ''."""
        if event == "open":
            return self._opened(*arguments)
        if event in PATH_EVENTS:
            # a link is an attempt by what it points at and by where it is made
            paths = arguments[:2] if event in {"os.rename", "os.link", "os.symlink"} else arguments[:1]
            reads = event in {"os.listdir", "os.scandir", "os.chdir"}
            outside = [one for one in paths if not self._may(one, reads) and not (reads and self._lists(one))]
            return f"tried to {PATH_EVENTS[event]} {_shown(outside[0])}" if outside else ""
        if event.startswith("socket."):
            return self._network(event, arguments)
        if event in COMMAND_EVENTS:
            return f"tried to run a command: {_shown(arguments[1] if event == 'subprocess.Popen' else arguments[0])}"
        if event in PROCESS_EVENTS:
            return "tried to start a process"
        if event == "os.kill" and arguments[0] not in (os.getpid(),):
            return "tried to send a signal to another process"
        if event == "builtins.input":
            return "asked for keyboard input"
        if event == "ctypes.dlopen" and self._by_submission("ctypes"):
            return f"tried to load a library: {_shown(arguments[0])}"
        return ""

    def _opened(self, path, mode, flags):
        if isinstance(path, int):
            return ""
        writes = bool((flags or 0) & WRITES) or (isinstance(mode, str) and any(one in mode for one in "wax+"))
        if self._may(path, not writes) or str(path) == os.devnull:
            return ""
        return f"tried to {'write' if writes else 'read'} {_shown(path)}"

    def _may(self, path, reads):
        if path is None or isinstance(path, int):
            return True
        try:
            full = os.path.realpath(os.fsdecode(path))
        except (OSError, ValueError, TypeError):
            return False
        open_ones = self._read | {self._own} if reads else {self._own}
        while full not in open_ones:
            full, below = os.path.dirname(full), full  # noqa: PTH120
            if full == below:
                return False
        return True

    def _lists(self, path):
        return os.path.realpath(os.fsdecode(path)) in self._list

    def _network(self, event, arguments):
        if event == "socket.gethostname":
            return ""
        if event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}:
            return f"tried to reach {_shown(arguments[0])} over the network"
        if event == "socket.connect":
            return f"tried to reach {_shown(arguments[1])} over the network"
        return "tried to open a network connection" if event == "socket.__new__" else ""

    def _by_submission(self, *packages):
        """Whether the nearest caller outside of the packages is code of the submission."""
        frame = sys._getframe(3)
        while frame and frame.f_globals.get("__name__", "").partition(".")[0] in packages:
            frame = frame.f_back
        return bool(frame) and frame.f_code.co_filename.startswith(self._cells)


def _shown(what):
    """A path, command or address as one short line of text."""
    try:
        if isinstance(what, (list, tuple)):
            what = " ".join(str(os.fsdecode(one) if isinstance(one, bytes) else one) for one in what[:8])
        elif isinstance(what, bytes):
            what = os.fsdecode(what)
        return " ".join(str(what).split())[:150]
    except Exception:
        return "something that cannot be shown"
