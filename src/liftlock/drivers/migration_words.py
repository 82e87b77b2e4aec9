"""The words of what can be wrong with migrations, in both languages, apart from the code that finds it."""

from liftlock.drivers.postgres import WORDS as SERVER_WORDS
from liftlock.drivers.postgres_facts import WORDS as FACT_WORDS

RISKS = {
    "index_blocks": (
        "creates an index while writers wait: CREATE INDEX CONCURRENTLY, in a file of its own, does not block",
        "建索引期间会阻塞写入：可用 CREATE INDEX CONCURRENTLY（单独成文件）",
    ),
    "constraint": (
        "adds a constraint: the old version's rows can violate it, and the table is locked while it is checked; "
        "NOT VALID first, VALIDATE later",
        "增加约束：旧版本写入的数据可能违反它，且校验期间锁表；可先 NOT VALID 再 VALIDATE",
    ),
    "rewrites": ("rewrites a table while it is locked", "会在锁表状态下重写整表"),
    "retype": (
        "changes a column's type: the table may be rewritten while it is locked",
        "修改列类型：可能在锁表状态下重写整表",
    ),
    "not_null": ("reads the whole table while it is locked", "会在锁表状态下扫描全表"),
    "locks": ("locks a table by name", "显式锁表"),
    "replaces": ("replaces a function or a view that the old version may use", "替换旧版本可能在用的函数或视图"),
    "trigger": (
        "adds a trigger, a rule or a policy: what the old version writes is treated anew",
        "增加触发器、规则或策略：会影响旧版本的写入",
    ),
    "opaque": ("does what cannot be read from its text: look at it", "其作用无法从文本判断：请人工查看"),
    "default": ("changes a default that the old version may rely on", "修改旧版本可能依赖的默认值"),
    "update_all": (
        "UPDATE without WHERE: every row is written, and stays locked until the end",
        "UPDATE 没有 WHERE:会写并锁住每一行",
    ),
    "merge": ("MERGE overwrites rows", "MERGE 会覆盖数据"),
}
ADVICE = (*(f"risk_{code}" for code in RISKS), "expand_overwrites")
WORDS = {
    **SERVER_WORDS,
    **FACT_WORDS,
    **{
        f"risk_{code}": (f"{{file}}, line {{line}}: {en}", f"{{file}} 第 {{line}} 行：{zh}")
        for code, (en, zh) in RISKS.items()
    },
    "one_of": ("Say exactly one of files, folder and flyway", "files、folder、flyway 须写且只写一个"),
    "bound": (
        "`after` and `until` name a file or a version; there is no {name}",
        "`after` 与 `until` 应为文件名或版本；没有 {name}",
    ),
    "class": (
        "`classes` of {file}: the file is not there, or the class is none of expand, contract, reversible, "
        "restore-only, irreversible",
        "`classes` 中的 {file}：没有该文件，或类别不是 expand、contract、reversible、restore-only、irreversible",
    ),
    "name": (
        "{file} has a name that cannot be used: letters, digits, . _ + -",
        "文件名 {file} 不可用：只能含字母、数字、. _ + -",
    ),
    "twice": ("Two files are called {file}", "有两个文件同为 {file}"),
    "nothing": (
        "There is no migration to apply: look at `after`, `until` and `only`",
        "没有要执行的迁移：请检查 `after`、`until`、`only`",
    ),
    "many": ("{files} files are more than {limit} steps: say `after`", "{files} 个文件超过 {limit} 步：请写明 `after`"),
    "unreadable": (
        "{file}: a quote or comment that begins in line {line} does not end",
        "{file}：第 {line} 行开始的引号或注释没有结束",
    ),
    "psql": (
        "{file}, line {line}: psql's own commands cannot be used: {text}",
        "{file} 第 {line} 行：不能使用 psql 命令：{text}",
    ),
    "transaction": (
        "{file}, line {line}: leave BEGIN, COMMIT and ROLLBACK out; the file runs in one transaction with its mark",
        "{file} 第 {line} 行：请去掉 BEGIN、COMMIT、ROLLBACK；文件与其标记在同一事务中执行",
    ),
    "settings": (
        "{file}, line {line}: time-outs and the session's user are the plan's to set, not the file's",
        "{file} 第 {line} 行：超时与会话用户由方案设定，不应写在文件中",
    ),
    "copies": (
        "{file}, line {line}: data is not imported from a raw file",
        "{file} 第 {line} 行：不允许从原始文件导入数据",
    ),
    "alone_mixed": (
        "{file}, line {line}: this cannot run in a transaction; give it a file of its own, with no other statement",
        "{file} 第 {line} 行：该语句不能在事务中执行；请单独放一个文件",
    ),
    "alone_other": (
        "{file}, line {line}: this cannot run in a transaction, and nothing tells afterwards whether it ran; "
        "make it a command with `done_when`",
        "{file} 第 {line} 行：该语句不能在事务中执行，事后也无法判断是否已执行；请改用带 `done_when` 的 command",
    ),
    "alone_name": (
        "{file}, line {line}: name the index, so that it can be found again",
        "{file} 第 {line} 行：请为索引命名，以便查找",
    ),
    "undeclared": (
        "{file}, line {line}: this cannot be taken back by leaving it there ({effect}); declare it: "
        "`-- liftlock: contract`, `reversible` with a down script, `restore-only`, or `irreversible because …`",
        "{file} 第 {line} 行：不能靠保留来回退（{effect}）；请声明：`-- liftlock: contract`、"
        "带回退脚本的 `reversible`、"
        "`restore-only` 或 `irreversible because …`",
    ),
    "expand_breaks": (
        "{file}, line {line}: declared expand, but the old version would miss what this takes away ({effect})",
        "{file} 第 {line} 行：声明为 expand，但会破坏旧版本仍在使用的内容（{effect}）",
    ),
    "expand_overwrites": (
        "{file}, line {line}: an expand is not undone; the values that this overwrites stay overwritten",
        "{file} 第 {line} 行：expand 不会被撤销；被覆盖的值无法恢复",
    ),
    "no_down": (
        "{file} is declared reversible and has no down script beside it (x.down.sql, or U1__x.sql)",
        "{file} 声明为 reversible，但没有回退脚本（x.down.sql 或 U1__x.sql）",
    ),
    "reversible_loses": (
        "{file}, line {line}: no down script brings back what this loses ({effect}); it is contract, restore-only "
        "or irreversible",
        "{file} 第 {line} 行：丢失的数据无法由回退脚本恢复（{effect}）；应为 contract、restore-only 或 irreversible",
    ),
    "no_because": ("{file} is declared irreversible without saying why", "{file} 声明为 irreversible，但没有写明原因"),
    "busy": (
        "An earlier attempt is still at work in the database; look at pg_stat_activity, application_name liftlock …",
        "之前的尝试仍在数据库中执行；请查看 pg_stat_activity（application_name 为 liftlock …）",
    ),
    "changed": (
        "{file} was applied before with another content (checksum {applied}, now {given}); write a new one instead",
        "{file} 已以其他内容执行过（校验和 {applied}，现为 {given}）；请另写新的迁移",
    ),
    "index_there": ("There is an index {index} already", "索引 {index} 已存在"),
    "no_effect": (
        "The statement ended well, but the index {index} is not what it should be",
        "语句执行成功，但索引 {index} 状态不符",
    ),
    "unmarked": (
        "The statements ran, but their mark does not say so; look at liftlock.migrations",
        "语句已执行，但标记不符；请查看 liftlock.migrations",
    ),
    "rows": (
        "Line {line}: {found} rows, not {least} to {most}",
        "第 {line} 行：影响 {found} 行，应为 {least} 至 {most} 行",
    ),
    "state": ("The state folder cannot be written to", "状态目录无法写入"),
    "not_done": ("{file} is not applied as this step wants it", "{file} 尚未按本步骤要求执行"),
}
