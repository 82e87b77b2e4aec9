"""What can go wrong with a unit of systemd: each failure's words, in English and Chinese, and what kind it is."""

from liftlock.model.actions import FailureKind

KINDS = {
    **dict.fromkeys(("systemctl", "refused"), FailureKind.TRANSIENT),
    **dict.fromkeys(
        ("down", "died", "loop", "limit", "same", "still_up", "not_up", "not_reloaded", "reload_failed"),
        FailureKind.UNHEALTHY,
    ),
    "other": FailureKind.INTERRUPTED,
}
SHARED = {
    "unit": ("{unit} cannot be the name of a unit", "{unit} 不能作为单元名"),
    "systemctl": ("systemd does not answer: {message}", "systemd 没有应答：{message}"),
    "unknown": ("systemd knows no unit {unit}", "systemd 中没有单元 {unit}"),
    "masked": (
        "{unit} is masked: somebody forbade it. If that is over: systemctl unmask {unit}",
        "{unit} 已被屏蔽（masked）。若不再需要屏蔽：systemctl unmask {unit}",
    ),
    "bad_unit": ("The file of {unit} cannot be used: {found}", "{unit} 的单元文件无法使用：{found}"),
    "refused": ("{unit}: systemd refused to {verb}", "{unit}：systemd 拒绝执行 {verb}"),
}
WORDS = {
    **SHARED,
    "one_of": (
        "Say exactly one of start, stop, restart, reload, enable and disable",
        "start、stop、restart、reload、enable、disable 须写且只写一个",
    ),
    "down": ("{unit} did not come up: {found}", "{unit} 未能启动：{found}"),
    "died": ("{unit} came up and did not stay up for {stays} s: {found}", "{unit} 启动后未能持续 {stays} 秒：{found}"),
    "loop": (
        "{unit} dies again and again; systemd has restarted it {restarts} times ({result})",
        "{unit} 反复退出；systemd 已重启它 {restarts} 次（{result}）",
    ),
    "limit": (
        "{unit} died so often that systemd gave up after {restarts} restarts",
        "{unit} 频繁退出，systemd 在重启 {restarts} 次后放弃",
    ),
    "same": (
        "{unit} was restarted, but its main process is still {process}",
        "{unit} 重启后主进程仍是 {process}",
    ),
    "still_up": ("{unit} does not stop: {found}, process {process}", "{unit} 未停止：{found}，进程 {process}"),
    "triggered": (
        "{unit} would be started again by {by}: stop that first",
        "{unit} 会被 {by} 再次启动：请先停止后者",
    ),
    "no_reload": (
        "{unit} cannot be reloaded: its file has no ExecReload. Restart it instead",
        "{unit} 不支持重载：单元文件没有 ExecReload。请改用重启",
    ),
    "not_up": ("{unit} is not up, so it cannot be reloaded: {found}", "{unit} 未运行，无法重载：{found}"),
    "not_reloaded": ("{unit}: the reload did not take place", "{unit}：重载未发生"),
    "reload_failed": ("{unit}: its own command to reload failed ({found})", "{unit}：自身的重载命令失败（{found}）"),
    "not_installable": (
        "{unit} cannot be enabled or disabled: it is {found}",
        "{unit} 无法启用或禁用：其状态为 {found}",
    ),
    "other": ("{unit} is {found}", "{unit} 的状态为 {found}"),
}
DROP_IN_WORDS = {
    **SHARED,
    "write": ("{path} could not be written", "{path} 无法写入"),
    "unread": ("systemd does not read {path}", "systemd 未读取 {path}"),
    "bad_setting": ("systemd ignores a setting of {path}: {message}", "systemd 忽略了 {path} 中的设置：{message}"),
    "other": ("{path} does not hold the new content", "{path} 的内容不是新内容"),
}
