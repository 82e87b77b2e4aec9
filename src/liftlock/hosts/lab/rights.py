"""What the login user of a lab's hosts may do as root: the text of a sudoers file. Pure.

The usual case on real hosts is a list of commands, so it is the lab's as well.
"""

COMMANDS = (
    "/usr/bin/apt-get",
    "/usr/bin/apt-mark",
    "/usr/bin/cat",
    "/usr/bin/chmod",
    "/usr/bin/chown",
    "/usr/bin/cmp",
    "/usr/bin/cp",
    "/usr/bin/diff",
    "/usr/bin/dpkg",
    "/usr/bin/dpkg-repack",
    "/usr/bin/find",
    "/usr/bin/grep",
    "/usr/bin/install",
    "/usr/bin/journalctl",
    "/usr/bin/kill",
    "/usr/bin/ln",
    "/usr/bin/ls",
    "/usr/bin/mkdir",
    "/usr/bin/mv",
    "/usr/bin/readlink",
    "/usr/bin/rm",
    "/usr/bin/sha256sum",
    "/usr/bin/ss",
    "/usr/bin/stat",
    "/usr/bin/systemctl",
    "/usr/bin/tail",
    "/usr/bin/tar",
    "/usr/bin/tee",
    "/usr/bin/test",
    "/usr/bin/touch",
    "/usr/sbin/haproxy",
    "/usr/sbin/nginx",
    "/usr/sbin/reboot",
    "/usr/sbin/shutdown",
)


def sudoers(asked: str, user: str) -> str:
    """`limited`: the commands above; `full`: all; `none`: nothing. Anything else is the text itself."""
    match asked:
        case "limited":
            return f"{user} ALL=(root) NOPASSWD: {', '.join(COMMANDS)}\n"
        case "full":
            return f"{user} ALL=(ALL) NOPASSWD: ALL\n"
        case "none":
            return "# no rights\n"
        case _:
            return asked if asked.endswith("\n") else f"{asked}\n"
