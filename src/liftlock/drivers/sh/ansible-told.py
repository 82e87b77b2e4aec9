"""A callback plugin for Ansible (core 2.11 and later): what a playbook did, as Liftlock's facts, in a file.

Written to the controller for one run and removed afterwards. It prints nothing, so that the person's own output stays
as it is, and nothing that is printed can be taken for it.
"""

import json
import os

from ansible.plugins.callback import CallbackBase
from ansible.release import __version__

MOST = 100  # changed tasks that are named
LONGEST = 600  # characters of a message
COUNTS = ("ok", "changed", "unreachable", "failures", "skipped", "rescued", "ignored")


def message_of(result):
    """The words of a failure: a module's own, else what it printed; of a loop, its first failed item's."""
    for item in result.get("results") or []:
        if isinstance(item, dict) and item.get("failed"):
            return message_of(item)
    for name in ("msg", "stderr", "module_stderr", "exception", "stdout", "module_stdout", "reason", "censored"):
        if result.get(name):
            text = result[name] if isinstance(result[name], str) else json.dumps(result[name], default=str)
            more = result.get("stderr") or result.get("module_stderr") or result.get("stdout") or ""
            if name == "msg" and more and more not in text:
                text = "%s: %s" % (text, more)  # noqa: UP031
            return text
    return ""


def one_line(text):
    return " ".join(str(text).split())[:LONGEST]


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "liftlock_told"

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.told = os.environ.get("LIFTLOCK_TOLD")
        self.changed, self.more, self.rescued, self.failed = [], 0, [], {}
        self.write("w", ansible=__version__, nohosts="")

    def write(self, how, **facts):
        if self.told:
            with open(self.told, how, encoding="utf-8", errors="replace") as file:
                for name, value in facts.items():
                    file.write("@%s=%s\n" % (name, value))  # noqa: UP031

    def v2_playbook_on_no_hosts_matched(self):
        self.write("a", nohosts="yes")

    def v2_runner_on_ok(self, result):
        if result._result.get("changed"):
            if len(self.changed) < MOST:
                self.changed.append({"host": result._host.get_name(), "task": one_line(result._task.get_name())[:200]})
            else:
                self.more += 1

    def v2_runner_on_failed(self, result, ignore_errors=False):
        if not ignore_errors:
            self.note("failed", result)

    def v2_runner_on_unreachable(self, result):
        if not getattr(result._task, "ignore_unreachable", False):
            self.note("unreachable", result)

    def note(self, how, result):
        """The last failure of a host counts: an earlier one was rescued, or the host would have had no later one."""
        found = {"how": how, "task": one_line(result._task.get_name()), "message": one_line(message_of(result._result))}
        self.failed[result._host.get_name()] = found

    def v2_playbook_on_stats(self, stats):
        hosts = {name: stats.summarize(name) for name in sorted(stats.processed)}
        for each in hosts.values():
            for name in COUNTS:
                each.setdefault(name, 0)
        bad = [name for name, each in hosts.items() if each["failures"] or each["unreachable"]]
        first = self.failed.get(bad[0], {}) if bad else {}
        caught = {name: each for name, each in self.failed.items() if name not in bad}
        total = {name: sum(each[name] for each in hosts.values()) for name in COUNTS}
        shown = sorted(hosts, key=lambda name: (name not in bad, name))[:MOST]
        self.write("a", hosts=json.dumps({name: hosts[name] for name in shown}), count=len(hosts), **total)
        self.write("a", tasks=json.dumps(self.changed), untold=self.more)
        self.write("a", caught=json.dumps(dict(list(caught.items())[:MOST])))
        if bad:
            self.write("a", badhost=bad[0], badtask=first.get("task", "-"), badmessage=first.get("message", "-"))
        self.write("a", ended="yes")
