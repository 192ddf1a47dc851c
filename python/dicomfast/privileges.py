"""Root's rights given up once they are not needed any more, as tcpdump's -Z. Knows users; nothing of captures."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dicomfast.errors import ArgumentError
from dicomfast.text import escape

if TYPE_CHECKING:
    import pwd

NOBODY = "nobody"
# What is loaded when it is first used.
_LATE = ("pyarrow.compute", "pyarrow.parquet", "rich.console", "traceback")


@dataclass(frozen=True)
class User:
    """Whom to become."""

    name: str
    uid: int
    gid: int


def chosen(name: str | None) -> User | None:
    """Who to become: the user named; else, of root, who called sudo, or nobody. None: stay who we are.

    Raises ArgumentError for a user that does not exist, or where one is named by who is not root.
    """
    if os.geteuid() != 0:
        if name is not None:
            raise ArgumentError("only root can become another user: leave -Z out")
        return None
    import pwd

    if name is None:
        sudo = os.environ.get("SUDO_UID", "")
        if sudo.isdecimal() and int(sudo) != 0:
            return _user(pwd.getpwuid(int(sudo)))
        name = NOBODY
    try:
        user = _user(pwd.getpwnam(name))
    except KeyError:
        raise ArgumentError(f"there is no user {escape(name)} to become; -Z root stays root") from None
    return None if user.uid == 0 else user


def _user(entry: pwd.struct_passwd) -> User:
    return User(entry.pw_name, entry.pw_uid, entry.pw_gid)


def become(user: User | None) -> None:
    """Give up root's rights, and every capability with them, in all threads. They do not come back."""
    if user is None:
        return
    for module in _LATE:
        # The new user may not be able to read where they are.
        importlib.import_module(module)
    os.setgroups([])
    os.setgid(user.gid)
    os.setuid(user.uid)
