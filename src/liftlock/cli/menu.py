"""The table of commands: where each lives, and one line about it, in English and Chinese."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import NamedTuple


class Entry(NamedTuple):
    """A plain tuple: this module is read before anything else is imported."""

    module: str
    group: str
    summary: dict[str, str]


def entry(module: str, group: str, en: str, zh: str) -> Entry:
    return Entry(module, group, {"en": en, "zh": zh})


COMMANDS: dict[str, Entry] = {
    "init": entry("start_commands", "plan", "Write a commented plan to begin with", "写一份带注释的方案作为开头"),
    "schema": entry("start_commands", "plan", "Print the plan file's JSON Schema", "输出方案文件的 JSON Schema"),
    "check": entry("plan_commands", "plan", "Check a plan: every finding at once", "检查方案：一次列出全部问题"),
    "chapters": entry(
        "chapter_commands", "plan", "Traces, options, risks, team, budget", "追溯、选型、风险、分工、预算等章节"
    ),
    "wrapper": entry("wrapper_commands", "plan", "Print the script that sudoers may allow", "输出 sudo 包装脚本"),
    "trust": entry("trust_commands", "plan", "Accept the keys of hosts, on record", "核对并接受主机密钥，留下记录"),
    "path": entry("path_commands", "plan", "Which way up a product goes, and why not", "查找升级路径，说明受阻原因"),
    "survey": entry("survey_commands", "plan", "Look at the hosts, changing nothing", "查看主机，不做改动"),
    "ready": entry("ready_commands", "plan", "What must be ready, and who says so", "投产前准备：要求与检查清单"),
    "tick": entry("ready_commands", "plan", "Answer an item of the checklist", "确认一项检查"),
    "plan": entry("plan_commands", "plan", "Show the schedule, or a host's preview", "显示排程、差异、单机预览"),
    "when": entry("when_commands", "plan", "Show the timetable, explain and export it", "显示、解释、导出时间计划"),
    "simulate": entry("simulate_commands", "plan", "Try the plan on a simulated fleet", "在模拟机群上试行方案"),
    "lab": entry("lab_commands", "plan", "Real Debian hosts on this machine", "在本机搭建真实主机供试验"),
    "approve": entry("approve_commands", "plan", "Bind a person's approval to the schedule", "将某人的审批绑定到排程"),
    "run": entry("run_commands", "run", "Carry the schedule out, or go on with it", "执行排程，或继续未完成的执行"),
    "status": entry("watch_commands", "run", "Where a run stands", "查看执行状态"),
    "watch": entry("watch_commands", "run", "The same, live, from another terminal", "在另一终端实时查看"),
    "canary": entry(
        "canary_commands", "run", "How upgraded hosts compare with others", "查看灰度对比：已升级与未升级主机"
    ),
    "pause": entry("steer_commands", "run", "Begin nothing new; begun hosts finish", "暂停：不再开始新主机"),
    "resume": entry("steer_commands", "run", "Go on after a pause or an abort", "暂停或中止后继续"),
    "abort": entry("steer_commands", "run", "Stop and hold", "中止并等待处理"),
    "rollback": entry("steer_commands", "run", "Bring hosts, a wave or everything back", "回退主机、批次或全部"),
    "retry": entry("steer_commands", "run", "Try hosts once more", "重试主机"),
    "skip": entry("steer_commands", "run", "Leave a host or a step out, with a reason", "跳过主机或步骤，须说明原因"),
    "settle": entry("steer_commands", "run", "Answer what holds the run", "处理使执行停住的事项"),
    "confirm": entry("steer_commands", "run", "Confirm a manual step", "确认人工步骤"),
    "amend": entry("amend_commands", "run", "Go on with a changed schedule", "以修改后的排程继续"),
    "log": entry("record_commands", "record", "The work log", "工作日志"),
    "report": entry("record_commands", "record", "The report: planned and actual", "报告：计划与实际"),
    "archive": entry("record_commands", "record", "Put everything into one signed bundle", "归档为一个签名文件包"),
    "verify": entry("record_commands", "record", "Prove a bundle, offline", "离线验证归档文件包"),
    "journal": entry("journal_commands", "record", "Back up, restore, verify the record", "备份、恢复、验证记录"),
    "version": entry("start_commands", "record", "Version of the program and its drivers", "程序与驱动的版本"),
}

GROUPS: dict[str, dict[str, str]] = {
    "usage": {"en": "Usage: liftlock COMMAND [OPTIONS] …", "zh": "用法：liftlock 命令 [选项] …"},
    "about": {
        "en": "Upgrades fleets of servers from one plan file: checked, approved, run in waves, archived.",
        "zh": "升船机：用一份方案文件升级成批服务器——检查、审批、分批执行、归档。",
    },
    "plan": {"en": "Before", "zh": "升级前"},
    "run": {"en": "During", "zh": "升级中"},
    "record": {"en": "The record", "zh": "记录"},
    "more": {
        "en": "liftlock COMMAND --help shows options and an example. Start with: liftlock init",
        "zh": "liftlock 命令 --help 显示选项和示例。从这里开始：liftlock init",
    },
}


ROOT_LANGUAGE: ContextVar[str] = ContextVar("root_language", default="")  # `liftlock --lang zh …`


def help_language(environ: Mapping[str, str]) -> str:
    """The language of the list of commands: `--lang`, else the locale. Asked before anything is imported."""
    wish = ROOT_LANGUAGE.get() or environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "zh" if wish.lower().startswith("zh") else "en"
