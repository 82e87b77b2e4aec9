"""What can go wrong with packages: each failure's words, in English and Chinese, and what kind it is.

Rule: TRANSIENT is what another attempt may find gone (a lock, a mirror, a disk somebody clears); all else is REFUSED,
but a host that somebody else changed has DEVIATED.
"""

from liftlock.model.actions import FailureKind

KINDS = {
    **dict.fromkeys(("locked", "fetch", "mismatch", "space", "room", "index", "script"), FailureKind.TRANSIENT),
    **dict.fromkeys(("install", "back", "unfinished", "interrupted", "repair"), FailureKind.TRANSIENT),
    **dict.fromkeys(("differs", "damaged"), FailureKind.UNHEALTHY),
    **dict.fromkeys(("moved", "held"), FailureKind.DEVIATED),
    "partly": FailureKind.INTERRUPTED,
}
WORDS = {
    # what the plan says
    "name": ("{package} cannot be the name of a package", "{package} 不能作为软件包名"),
    "exact": (
        "{package}: {version} is not an exact version as dpkg writes it (like 1.1-1)",
        "{package}：{version} 不是 dpkg 所写的确切版本（如 1.1-1）",
    ),
    # the index
    "signature": (
        "A repository's signature cannot be verified: {message}. Put its key in place, or correct its entry",
        "软件源签名无法验证：{message}。请安装其密钥或更正其条目",
    ),
    "unsigned": (
        "A repository is not signed: {message}. Nothing is installed from it unless its entry says that it is trusted",
        "软件源未签名：{message}。除非其条目声明可信，否则不会从中安装",
    ),
    "expired": (
        "A repository's index is too old or too new: {message}. Look at the mirror, and at the host's clock",
        "软件源索引已过期或尚未生效：{message}。请检查镜像和主机时钟",
    ),
    "mismatch": (
        "What a mirror sent is not what its index says: {message}. Try again when the mirror is in step",
        "镜像内容与其索引不符：{message}。请待镜像同步后重试",
    ),
    "fetch": (
        "Not everything could be fetched: {message}. Look at the mirror and the network",
        "有内容无法获取：{message}。请检查镜像与网络",
    ),
    "index": ("The index could not be updated: {message}", "索引无法更新：{message}"),
    # what would change
    "missing": (
        "No repository of the host has {package}. Look at its name, its architecture and the sources",
        "主机的软件源中没有 {package}。请检查包名、架构和软件源",
    ),
    "virtual": (
        "{package} is a name that other packages provide. Name one of them: {providers}",
        "{package} 是虚拟包，由其他软件包提供。请写明其中之一：{providers}",
    ),
    "version": (
        "No repository of the host has {package} {version}, but: {versions}",
        "主机的软件源中没有 {package} {version}，只有：{versions}",
    ),
    "pinned": (
        "{package} {version} is forbidden on this host by a pin of priority {priority}: see /etc/apt/preferences.d",
        "本机以优先级 {priority} 的 pin 禁止 {package} {version}：见 /etc/apt/preferences.d",
    ),
    "held": (
        "Somebody holds a package that would change: {message}. Ask them, or say in the plan how it is held (`hold`)",
        "有软件包被人锁定（hold）：{message}。请与其确认，或在计划中写明 `hold`",
    ),
    "unmet": (
        "The packages do not fit together: {message}. Name what they need in `packages`, or look at pins and holds",
        "软件包依赖无法满足：{message}。请在 `packages` 中写明其依赖，或检查 pin 与 hold",
    ),
    "removes": (
        "Packages would be removed: {packages}. If that is meant, name them under `removes`",
        "将删除软件包：{packages}。若确属预期，请写入 `removes`",
    ),
    "essential": (
        "Packages would be removed that the system cannot do without: {message}",
        "将删除系统不可缺少的软件包：{message}",
    ),
    "more": (
        "Other packages would be installed or changed: {packages}. If that is meant, name them under `also`",
        "将一并安装或变更其他软件包：{packages}。若确属预期，请写入 `also`",
    ),
    "downgrade": (
        "A package would go back to an older version: {message}. That is done on the way back only",
        "软件包将降级：{message}。只有回退时才允许降级",
    ),
    "simulation": ("apt finds no way to do it: {message}", "apt 无法给出可行方案：{message}"),
    # before the first write
    "room": (
        "Too little space at {path}: {need_kb} KiB are needed, {free_kb} KiB are free",
        "{path} 空间不足：需要 {need_kb} KiB，仅剩 {free_kb} KiB",
    ),
    "no_way_back": (
        "The installed {package} {version} cannot be had again: it is neither in apt's cache nor in a repository, and "
        "dpkg-repack is not there. Nothing was changed",
        "已安装的 {package} {version} 无法再次取得：apt 缓存与软件源中都没有，且未安装 dpkg-repack。未做任何改动",
    ),
    "not_fetched": ("What was fetched for this step is not there any more", "为此步骤获取的内容已不存在"),
    # the installation
    "locked": (
        "Another package manager is at work: {message}. Wait for its end, or allow more time (`lock_wait`)",
        "另一个包管理程序正在运行：{message}。请等待其结束，或放宽 `lock_wait`",
    ),
    "environment": (
        "needrestart would restart services: sudo does not hand on NEEDRESTART_SUSPEND ({message}). Let sudoers say: "
        'Defaults!/usr/bin/apt-get env_keep += "DEBIAN_FRONTEND NEEDRESTART_SUSPEND"',
        "needrestart 会重启服务：sudo 未传递 NEEDRESTART_SUSPEND({message})。请在 sudoers 中写入："
        'Defaults!/usr/bin/apt-get env_keep += "DEBIAN_FRONTEND NEEDRESTART_SUSPEND"',
    ),
    "policy": (
        "{path} could not be put in place, so that services might be restarted; nothing was installed",
        "{path} 无法就位，服务可能被重启；未安装任何内容",
    ),
    "space": ("The disk is full: {message}", "磁盘已满：{message}"),
    "script": ("A package's own script failed: {message}", "软件包自带脚本失败：{message}"),
    "interrupted": ("dpkg was interrupted, and is not repaired: {message}", "dpkg 曾被中断，尚未修复：{message}"),
    "repair": ("dpkg was interrupted, and cannot be repaired: {message}", "dpkg 曾被中断，且无法修复：{message}"),
    "install": ("The installation failed: {message}", "安装失败：{message}"),
    # afterwards
    "marks": ("Holds or automatic marks of packages could not be set", "软件包的 hold 或自动安装标记无法设置"),
    "differs": (
        "{package} should be {expected}; dpkg says: {found}",
        "{package} 应为 {expected}；dpkg 显示：{found}",
    ),
    "unfinished": ("dpkg has work left: {message}", "dpkg 尚有未完成的工作：{message}"),
    "damaged": (
        "A file of {package} is not as the package brings it: {message}",
        "{package} 的文件与软件包内容不符：{message}",
    ),
    "partly": ("It was interrupted; the packages are: {found}", "曾被中断；软件包现为：{found}"),
    # the way back
    "moved": (
        "{package} is {found}, neither {old} as before nor {new}: somebody else was here since",
        "{package} 现为 {found}，既非原来的 {old} 也非 {new}：其后有人改动过",
    ),
    "gone": (
        "The archive of {package} {version} that was kept is not there any more, or was changed",
        "所保留的 {package} {version} 软件包文件已不存在或被改动",
    ),
    "back_more": ("Going back would change other packages, too: {packages}", "回退将连带变更其他软件包：{packages}"),
    "back": ("Going back failed: {message}", "回退失败：{message}"),
}
