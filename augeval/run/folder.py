"""One writer a run folder: its lock, and the refusal of disks on which a ledger is not safe."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from augeval.errors import AugevalError, InputError, RunFolderBusyError

__all__ = ["disk_full", "file_system", "locked", "refuse_network_disk"]

LOCK = ".lock"
NETWORK_DISKS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "smb2", "9p", "lustre", "ceph", "afs", "gpfs", "beegfs", "glusterfs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone", "fuse.ceph", "fuse.juicefs"}
)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the run folder for this process; the lock ends with the process, however it ends.

    Raises:
        RunFolderBusyError: another process holds it; says which.
        InputError: the folder cannot be written.
    """
    try:
        handle = (folder / LOCK).open("a+", encoding="utf-8")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise disk_full(folder) from error
        raise InputError(
            f"The run folder {folder} cannot be written: {error.strerror}. Choose another with --out."
        ) from error
    with handle:
        if not _take(handle):
            raise RunFolderBusyError(f"{_holder(handle, folder)} Wait for it to end, or choose another --out.")
        _sign(handle)
        yield


def refuse_network_disk(folder: Path) -> None:
    """SQLite's write-ahead log needs memory that all its readers share, which a network disk cannot give.

    Raises:
        InputError: the folder is on one.
    """
    kind = file_system(folder)
    if kind in NETWORK_DISKS:
        raise InputError(
            f"The run folder {folder} is on a network disk ({kind}), where a ledger can be damaged. "
            "Choose a local folder with --out and copy the finished folder afterwards."
        )


def file_system(folder: Path, mounts: str | None = None) -> str | None:
    """Type of the file system that holds a folder ("ext4", "nfs4"), or None where the system does not tell.

    Args:
        folder: must exist. mounts: the text of Linux's mountinfo; None reads this process's.
    """
    if mounts is None:
        try:
            mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="surrogateescape")
        except OSError:
            return None
    target = folder.resolve()
    best: tuple[int, str] | None = None
    for line in mounts.splitlines():
        fields, _, rest = line.partition(" - ")
        # Blanks in a mount point are written as octal escapes.
        point = Path(fields.split(" ")[4].replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\"))
        # Of two mounts on one point the later one hides the earlier.
        if target.is_relative_to(point) and (best is None or len(point.parts) >= best[0]):
            best = (len(point.parts), rest.split(" ")[0])
    return best[1] if best else None


def disk_full(folder: Path) -> AugevalError:
    """The error for a disk without room; what was committed before stays."""
    return AugevalError(
        f"The disk that holds {folder} is full. Nothing computed so far is lost: free some space and run the same "
        "command again, it resumes."
    )


def _take(handle: IO[str]) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sign(handle: IO[str]) -> None:
    """Leave a name for whoever finds the folder locked; a full disk must not keep the lock from being held."""
    try:
        handle.truncate(0)
        handle.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname()}))
        handle.flush()
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise


def _holder(handle: IO[str], folder: Path) -> str:
    try:
        handle.seek(0)
        holder = json.loads(handle.read())
        return f"The run folder {folder} is in use by process {holder['pid']} on {holder['host']}."
    except (OSError, ValueError, KeyError):
        return f"The run folder {folder} is in use by another process."
