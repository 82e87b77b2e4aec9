"""The words of a major upgrade of PostgreSQL, in English and Chinese: each says what is wrong and what to do."""

WORDS = {
    "debian": (
        "Say `cluster` as pg_lsclusters names it (15/main), and no user, password, socket, port or bin: it says them",
        "请按 pg_lsclusters 写 `cluster`（如 15/main）；其余由此得出，不写 user、password、port、bin",
    ),
    "to": (
        "`postgres` {version}: the major version to come to, later than the cluster's own, such as 17",
        "`postgres` {version}：应为高于现有集群的目标主版本，如 17",
    ),
    "mode": ("Say `link` or `clone`, not both", "`link` 与 `clone` 只能写一个"),
    "binaries": (
        "PostgreSQL {version} is not wholly installed: {path} is missing. Install postgresql-{version} first",
        "PostgreSQL {version} 未完整安装：缺少 {path}。请先安装 postgresql-{version}",
    ),
    "taken": (
        "There is a cluster {cluster} already, not made here. Debian makes an empty one when the package is installed: "
        "look at it, and remove it with pg_dropcluster",
        "已存在并非由此创建的集群 {cluster}。安装软件包时 Debian 会建一个空集群：请查看后用 pg_dropcluster 删除",
    ),
    "not_running": (
        "The old cluster does not run, and was not stopped by this step: start it, or look why it is down",
        "旧集群未运行，且并非由本步骤停止：请启动它，或查明原因",
    ),
    "replica": (
        "The cluster is a replica. Upgrade the primary, then make its replicas anew",
        "该集群是备库。请升级主库，再重建备库",
    ),
    "prepared": (
        "Prepared transactions are open: {found}. Commit them or roll them back first",
        "有未决的两阶段事务：{found}。请先提交或回滚",
    ),
    "tablespaces": (
        "The server has tablespaces of its own: this upgrade is not made of them here",
        "服务器有自定义表空间：此处不支持其升级",
    ),
    "slots": (
        "Replication slots would be lost: {found}. Say `drop_slots: true` if that is meant",
        "复制槽将会丢失：{found}。如确认，请写 `drop_slots: true`",
    ),
    "long": (
        "Transactions have been open for more than {longest} s: {found}. Let them end, then try again",
        "有事务已打开超过 {longest} 秒：{found}。请待其结束后重试",
    ),
    "extensions": (
        "Extensions that PostgreSQL {version} does not have here: {found}. Install their packages for {version}",
        "PostgreSQL {version} 缺少以下扩展：{found}。请安装对应 {version} 的软件包",
    ),
    "space": (
        "Too little space at {path}: {need_kb} KiB are needed, {free_kb} KiB are free",
        "{path} 空间不足：需要 {need_kb} KiB，仅剩 {free_kb} KiB",
    ),
    "folder": ("The folder cannot be used: {path}", "目录不可用：{path}"),
    "check": (
        "pg_upgrade --check refuses it ({found}); its words are in the output. Nothing was stopped",
        "pg_upgrade --check 未通过（{found}）；详见输出。尚未停止任何服务",
    ),
    "create": ("The new cluster could not be made ({found})", "无法创建新集群（{found}）"),
    "upgrade": (
        "pg_upgrade failed ({found}); its words are in the output. The old cluster is as it was: roll back, or retry",
        "pg_upgrade 失败（{found}）；详见输出。旧集群未变：可回退或重试",
    ),
    "settings": (
        "The new version does not accept the old settings: {found}. Correct the old cluster's files, then retry",
        "新版本不接受旧的设置：{found}。请在旧集群的文件中更正后重试",
    ),
    "not_stopped": (
        "The cluster did not stop cleanly within {within} s; nothing was upgraded",
        "集群未在 {within} 秒内正常停止；未做升级",
    ),
    "not_started": ("{cluster} did not start; its log is in the output", "{cluster} 未能启动；日志见输出"),
    "differs": (
        "{cluster} does not hold what was there when writes ended; the differences are in the output. "
        "Nobody reaches it",
        "{cluster} 的内容与停止写入时不一致；差异见输出。尚无人可访问",
    ),
    "version": (
        "The server that runs says version {found}, not {version}",
        "运行中的服务器版本为 {found}，而非 {version}",
    ),
    "written": (
        "{cluster} was written to since it was started, or that cannot be ruled out: going back would lose it. It "
        "runs on; stay with it, or decide which of its data to carry over by hand",
        "{cluster} 启动后已有写入，或无法排除：回退会丢失这些数据。它继续运行；请保留它，或由人决定如何手工转移数据",
    ),
    "unclear": (
        "What an earlier step left is not there: look at both clusters (pg_lsclusters) before anything is started",
        "缺少前一步骤留下的记录：请先查看两个集群（pg_lsclusters），再决定是否启动",
    ),
    "new_there": (
        "The new cluster {cluster} is still there: take back `upgrade` first",
        "新集群 {cluster} 仍在：请先撤销 `upgrade`",
    ),
    "not_done": ("It was not completed, and is done again", "尚未完成，将重新执行"),
}
