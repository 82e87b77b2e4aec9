"""What the demo says, in English and Chinese."""

from collections.abc import Mapping

WORDS: dict[str, tuple[str, str]] = {
    "title": (
        "Liftlock: a real upgrade, before your eyes",
        "升船机：一次真实的升级，就在眼前",
    ),
    "stage": (
        "Eight sandbox hosts ({addresses}), each with its own folder and processes, run “orders” 1.0 behind {lb}. "
        "Twelve clients send about {rate} orders a second; none of them ever asks twice.",
        "八台沙箱主机（{addresses}），各有自己的目录和进程，在 {lb} 之后运行 orders 1.0。"
        "十二个客户端每秒约发送 {rate} 个订单，失败绝不重试。",
    ),
    "haproxy": ("HAProxy", "HAProxy"),
    "stand-in": ("a small stand-in for HAProxy, which is not installed here", "一个小型替身（本机未安装 HAProxy）"),
    "act-1": ("Act 1 · 1.0 → 1.1: in waves, with a canary", "第一幕 · 1.0 → 1.1：先金丝雀，再分批"),
    "act-2": (
        "Act 2 · 1.1 → 1.2: a bad version that looks healthy",
        "第二幕 · 1.1 → 1.2：看似健康的坏版本",
    ),
    "act-2-why": (
        "1.2 starts, answers its health check and passes verification. Once its memory is full, a quarter of the "
        "orders fail. Only the traffic shows it.",
        "1.2 能启动，健康检查与验证全部通过；缓存写满之后，四分之一的订单会失败。只有真实流量才看得出来。",
    ),
    "act-3": (
        "Act 3 · 1.1 → 1.3: the controller is killed, twice",
        "第三幕 · 1.1 → 1.3：控制端被强杀两次",
    ),
    "act-3-why": (
        "The installer of this service must not run twice. We kill the controller with SIGKILL while a step is under "
        "way, and start the same command again.",
        "该服务的安装脚本不允许执行两次。我们在步骤执行途中用 SIGKILL 杀死控制端，再执行同一条命令。",
    ),
    "kill-install": (
        "kill -9 {pid}: the controller is dead while an installer runs on {host}.",
        "kill -9 {pid}：控制端已死，而 {host} 上的安装脚本仍在运行。",
    ),
    "kill-restart": (
        "kill -9 {pid}: the controller is dead while {host} is between stop and start.",
        "kill -9 {pid}：控制端已死，而 {host} 正处在停止与启动之间。",
    ),
    "again": ("The same command again goes on from the record:", "再次执行同一条命令，依据记录继续："),
    "seen": (
        "Clients saw: {sent} orders, {failed} failed, slowest {slowest_ms} ms, answered by {versions}.",
        "客户端所见：{sent} 个订单，失败 {failed} 个，最慢 {slowest_ms} 毫秒，应答版本 {versions}。",
    ),
    "record": ("The record, and its proof", "记录及其证明"),
    "summary": ("What happened", "结果汇总"),
    "column-act": ("act", "幕"),
    "column-result": ("result", "结果"),
    "column-hosts": ("hosts answer with", "主机应答版本"),
    "column-orders": ("orders", "订单"),
    "column-failed": ("failed", "失败"),
    "column-slowest": ("slowest", "最慢"),
    "column-took": ("took", "用时"),
    "upgraded": ("upgraded", "已升级"),
    "rolled-back": ("caught, rolled back", "已发现并回退"),
    "resumed": ("upgraded, killed twice", "已升级，期间被杀两次"),
    "expected": ("expected", "符合预期"),
    "unexpected": ("not as expected", "不符合预期"),
    "promise-no-loss": (
        "No client request failed while 1.1 and 1.3 went out.",
        "升级到 1.1 和 1.3 期间，客户端请求零失败。",
    ),
    "promise-caught": (
        "1.2 was caught on its first host: it answered {share} of the orders, and all {failed} failed orders were its.",
        "1.2 在第一台主机上即被发现：它只应答了 {share} 的订单，失败的 {failed} 个订单全部来自它。",
    ),
    "promise-once": (
        "Each of the 8 installers of 1.3 ran exactly once, and each service started once: the hosts' own logs say so.",
        "1.3 的 8 次安装各恰好执行一次，各服务恰好启动一次：以主机自己的日志为证。",
    ),
    "promise-killed": ("The controller was killed twice in the middle.", "控制端在途中被强杀了两次。"),
    "promise-proved": (
        "The archive verifies offline, and one changed byte in a copy of it is found.",
        "归档可离线验证；在其副本中改动一个字节即被发现。",
    ),
    "promise-back": (
        "After each act every host answers with the right version.",
        "每一幕之后，每台主机都以正确版本应答。",
    ),
    "where": ("Where to look", "可查看的文件"),
    "where-plans": ("the plans, as a person writes them", "方案文件，与人工编写的一样"),
    "where-hosts.yaml": ("the inventory", "主机清单"),
    "where-reports": ("a report of each run", "每次执行的报告"),
    "where-bundles": ("signed archives, and what `verify` said", "签名归档，以及 verify 的结论"),
    "where-notices": ("who would have been told what", "本应发出的通知"),
    "where-record": ("the journal", "执行日志库"),
    "where-hosts": ("the hosts: releases, configuration, log/history.log", "各主机：版本、配置、log/history.log"),
    "where-logs": ("what each command printed", "每条命令的输出"),
    "where-traffic": ("the clients' counts, second by second", "客户端逐秒计数"),
    "next": ("Try next (the hosts have been stopped, the record stays)", "接下来可以试试（主机已停止，记录仍在）"),
    "took": ("{seconds} s", "{seconds} 秒"),
    "stopped": (
        "Stopped. What the demo had started is ended; {folder} stays.",
        "已停止。演示启动的进程均已结束；{folder} 保留。",
    ),
    "failed": ("The demo did not go as it should: {why}", "演示未按预期进行：{why}"),
    "busy": ("another demo is running in {folder}", "{folder} 中已有演示在运行"),
    "foreign": (
        "{folder} is there and was not made by the demo; name another one",
        "{folder} 已存在且不是由演示创建的；请换一个目录",
    ),
    "status-was": (
        "“{command}” ended with status {status}, expected {expected}",
        "“{command}” 以状态 {status} 结束，预期为 {expected}",
    ),
    "not-killed": ("the run was over before the moment came to kill it", "尚未等到强杀的时机，执行已结束"),
    "tampered": ("One byte of a copy is changed:", "改动副本中的一个字节："),
}


def choose_language(wish: str, environ: Mapping[str, str]) -> str:
    """The option, else DEMO_LANG, else the locale."""
    named = wish or environ.get("DEMO_LANG") or ""
    named = named or environ.get("LC_ALL") or environ.get("LC_MESSAGES") or environ.get("LANG") or ""
    return "zh" if named.lower().startswith("zh") else "en"


def word(language: str, key: str, **fields: object) -> str:
    return WORDS[key][language == "zh"].format(**fields)
