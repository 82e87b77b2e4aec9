"""What each key of a plan means, in English and Chinese: shown by editors through the JSON Schema.

Keyed by the noun's class, then by the key as written; the empty key describes the noun itself.
"""

from liftlock.planfile import (
    descriptions_chapters,
    descriptions_products,
    descriptions_readiness,
    descriptions_timetable,
)

DESCRIPTIONS: dict[str, dict[str, tuple[str, str]]] = {
    **descriptions_chapters.DESCRIPTIONS,
    **descriptions_products.DESCRIPTIONS,
    **descriptions_readiness.DESCRIPTIONS,
    **descriptions_timetable.DESCRIPTIONS,
    "Plan": {
        "": (
            "An upgrade: what changes, where, in which order, and who approves it.",
            "一次升级：改什么、在哪里、按什么顺序、由谁批准。",
        ),
        "upgrade": ("The upgrade's name, as people will read it.", "升级名称，供人阅读。"),
        "components": ("What is upgraded, each with its hosts and its recipe.", "要升级的组件，各有主机与步骤。"),
        "inventory": (
            "The inventory, relative to this plan: Liftlock's own, Ansible's, a table, ssh_config.",
            "主机清单，相对于本计划所在目录：Liftlock 自己的格式、Ansible 清单、表格或 ssh_config。",
        ),
        "timezone": ("The time zone of windows, freezes and reports.", "变更窗口、封网期与报告所用的时区。"),
        "language": ("The language of documents and messages.", "文档与提示所用的语言。"),
        "owner": ("Who answers for the upgrade.", "升级负责人。"),
        "background": ("Why there is an upgrade at all.", "升级背景。"),
        "benefit": ("What is gained by it.", "升级收益。"),
        "model": (
            "The change model, which says which chapters are wanted: standard, normal or emergency.",
            "变更类型（标准、一般、紧急），决定方案须含哪些章节。",
        ),
        "template": (
            "The approved template that a standard change is made from: its name and version.",
            "标准变更所依据的已批准模板：名称与版本。",
        ),
        "omitted": ("Wanted chapters that are left out, each with a reason.", "裁剪掉的章节及理由。"),
        "goals": ("What is to be reached, and how it is measured.", "升级目标及其衡量方式。"),
        "requirements": ("What is needed, by whom, and what answers it.", "需求：来源、类别、优先级及其追溯。"),
        "choices": ("Options weighed on criteria, with the decision.", "选型决策：候选方案、准则与结论。"),
        "rollout": ("How components are rolled out that do not say otherwise.", "各组件默认的发布方式。"),
        "windows": ("When forward work may begin. None: at any time.", "变更窗口；不写则任何时间均可开始。"),
        "freezes": ("When no forward work may begin.", "封网期：期间不得开始新的升级动作。"),
        "reserve": ("Kept free at the end of a window, for going back.", "变更窗口末尾为回退预留的时间。"),
        "deadline": ("When the upgrade must be complete.", "升级最后期限。"),
        "approvals": ("Who must approve the schedule before it runs.", "执行前必须取得的批准。"),
        "unsigned_approvals": ("Approvals without a signature count, too.", "是否接受无签名的批准。"),
        "risks": ("What may go wrong, and what is done about it.", "风险及应对措施。"),
        "backup": ("What is backed up, where, and how it is proved.", "备份内容、位置与有效性证明。"),
        "rollback": ("When one goes back, until when, and what cannot be undone.", "回退条件、时限与不可逆点。"),
        "acceptance": ("What must be true for the upgrade to be accepted.", "验收标准。"),
        "emergency": ("What is done in an emergency, and by whom.", "应急预案。"),
        "team": ("People with their posts, and who answers for what.", "组织分工：人员、岗位与 RACI。"),
        "communication": ("Who is told what, when and how; meetings.", "沟通机制。"),
        "tests": ("What is tested, with cases, entry and exit criteria.", "测试计划：用例与准入、准出。"),
        "training": ("Who is trained in what, by when.", "培训计划。"),
        "notices": ("Who is told before, during and after.", "通知计划：升级前、中、后通知谁。"),
        "resources": ("Teams, equipment, tools and purchases.", "资源：团队、设备、工具、采购。"),
        "budget": ("Planned and actual amounts, limits of periods.", "预算：计划与实际金额、各期限额。"),
        "products": (
            "Files of release rules, relative to this plan, beside those that are shipped.",
            "版本规则文件，相对于本计划所在目录；内置产品无需列出。",
        ),
        "overrides": ("Named risks of an upgrade path that somebody accepts.", "获准接受的升级路径风险，须具名。"),
        "readiness": ("What hosts must be, and a checklist for people.", "投产前准备：主机要求与检查清单。"),
        "timetable": ("The project's tasks, calendar and leads.", "时间计划：任务、日历、提前量。"),
        "notify": ("Who is told about holds, failures and ends.", "挂起、失败与结束时的通知方式。"),
    },
    "Component": {
        "": ("A thing with a version on hosts.", "部署在主机上、有版本号的组件。"),
        "name": ("The component's name: letters, digits, `.`, `_`, `-`.", "组件名：字母、数字、`.`、`_`、`-`。"),
        "version": ("From which version to which.", "升级前后的版本。"),
        "hosts": ("A group of the inventory, or one host.", "清单中的主机组，或一台主机。"),
        "recipe": ("What is done on each host, in order.", "每台主机上依次执行的步骤。"),
        "class": ("What kind of part it is in the system.", "组件在系统中的类别。"),
        "kind": ("What the change is about.", "变更类型。"),
        "after": ("Components that come before this one.", "必须先完成的组件。"),
        "per": ("Wait for the whole component before, or wave by wave.", "等待前置组件整体完成，或逐批等待。"),
        "product": (
            "Whose release rules hold: a shipped product (liftlock path), or one of the plan's own files.",
            "适用哪个产品的版本规则：内置产品，或方案自带的规则文件。",
        ),
        "part": ("Which part of a product of several.", "产品由多个部分组成时，属于哪一部分。"),
        "via": (
            "Releases that are gone through on the way, each with its own waves, backup and way back.",
            "途经版本，每一跳都有自己的批次、备份与回退。",
        ),
        "stateful": (
            "It holds data that must not be lost: a proved backup comes first.",
            "持有不可丢失的数据：必须先有经验证的备份。",
        ),
        "quorum": (
            "Its hosts vote: no two of them are ever out together. A number: how many vote in all, if others do too.",
            "各主机参与投票：绝不同时停用其中两台。写数字表示投票成员总数（含本计划之外的成员）。",
        ),
        "once_before": (
            "Done once before the first wave (expand migrations).",
            "第一批之前只执行一次（如扩展式迁移）。",
        ),
        "once_after": (
            "Done once after the final soak (contract migrations): the point of no return.",
            "最终观察期后只执行一次（如收缩式迁移）：不可逆点。",
        ),
        "once_at": (
            "Where the once lanes run; the first host if not said.",
            "一次性步骤在何处执行；不写则为第一台主机。",
        ),
        "rollout": (
            "How this component is rolled out, instead of the plan's rollout.",
            "该组件的发布方式，替代计划的默认值。",
        ),
        "departments": ("Departments that are concerned.", "涉及部门。"),
        "systems": ("Systems that are concerned.", "涉及系统。"),
    },
    "Hop": {
        "": ("A release on the way. What is not said is the component's.", "途经版本；不写的内容沿用组件的设置。"),
        "version": ("The release that is reached. In quotes.", "到达的版本，请加引号。"),
        "recipe": ("What is done on each host for this hop.", "这一跳在每台主机上的步骤。"),
        "once_before": ("Done once before the hop's first wave.", "这一跳首批之前只执行一次。"),
        "once_after": ("Done once after the hop's final soak.", "这一跳最终观察期后只执行一次。"),
        "soak": ("How long each wave of this hop is watched.", "这一跳每批的观察时长。"),
    },
    "Versions": {
        "": ("From where to where.", "升级前后的版本。"),
        "from": ("The version that runs now. In quotes.", "当前版本，请加引号。"),
        "to": ("The version that is wanted. In quotes.", "目标版本，请加引号。"),
        "known_bad": ("Versions that are no target, neither up nor back.", "已知有问题的版本，既不升到也不退到。"),
    },
    "Rollout": {
        "": ("How an upgrade spreads over the hosts.", "升级如何在主机间推进。"),
        "waves": ("The size of each wave: a count or a share of the hosts.", "每批规模：台数或百分比。"),
        "soak": ("How long a wave must be seen healthy before the next.", "每批须持续健康多久才进入下一批。"),
        "look_every": ("How often checks look during the soak.", "观察期内的检查间隔。"),
        "longest_soak": ("The longest that a soak may take, interruptions included.", "观察期上限（含中断）。"),
        "max_unavailable": ("Hosts out of service together, at most.", "同时停止服务的主机上限。"),
        "min_healthy": ("Hosts in service, at least.", "保持服务的主机下限。"),
        "rollback_max_unavailable": ("The same on the way back.", "回退时同时停止服务的主机上限。"),
        "failure_budget": ("Failures that are tolerated.", "可容忍的失败。"),
        "on_failure": ("What follows when the budget is exceeded.", "超出失败预算后的处理。"),
        "host_deadline": ("The longest that one host may take.", "单台主机的最长耗时。"),
        "progress_deadline": ("The longest without a newly healthy host.", "多久没有新的健康主机即视为停滞。"),
        "planned_outage": ("The whole tier may be out together.", "停机升级：整层可同时停止服务。"),
        "canaries": (
            "The first wave: at random within failure domains, or as listed.",
            "首批主机：按故障域随机，或按清单顺序。",
        ),
        "checks": ("Health gates during the soak.", "观察期内的健康门槛。"),
        "canary": (
            "Judge upgraded hosts against untouched hosts by statistics.",
            "灰度对比：以统计方法比较已升级主机与未升级主机。",
        ),
    },
    "Canary": {
        "": (
            "Upgraded hosts are compared with untouched hosts at the same time, look by look.",
            "灰度对比：同一时间内持续比较已升级主机与未升级主机。",
        ),
        "metrics": ("The figures that are compared.", "用于比较的指标。"),
        "every": ("How often one looks.", "查看间隔。"),
        "before": (
            "How long all hosts are watched before the first wave. None: 60 looks.",
            "首批升级前的观察时长；不写则为 60 个间隔。",
        ),
        "warm_up": (
            "An upgraded host's caches are cold so long: its latency and saturation are not compared yet. None: a "
            "quarter of the soak, at most 10m.",
            "升级后的预热时长，期间不比较延迟与饱和度；不写则为观察期的四分之一，至多 10m。",
        ),
        "grace": (
            "Upgraded hosts that give no figures for so long, while others do, have failed. None: 5 looks.",
            "已升级主机在此时长内无数据而其他主机有数据，即判失败；不写则为 5 个间隔。",
        ),
        "watch": (
            "How long all hosts are watched for a change after the last wave, before the upgrade is complete.",
            "最后一批之后继续监视变化的时长。",
        ),
        "prometheus": (
            "The Prometheus server: its address, or {url, authorization: {secret: …}, ca: certificates}.",
            "Prometheus 服务器地址，或 {url, authorization: {secret: …}, ca}，即请求头的值与证书。",
        ),
        "host_label": ("The label that names a host.", "标识主机的标签。"),
        "host_value": (
            "What that label says of a host; a port after it does not matter.",
            "该标签对应主机的取值；其后的端口不影响匹配。",
        ),
        "strata": (
            "Host variables within which canaries are drawn, beside the failure domain: hardware, role.",
            "除故障域外，抽取金丝雀主机时的分层变量，如硬件、角色。",
        ),
        "hosts_max": ("Of more untouched hosts, a sample of so many is read.", "未升级主机超过此数时抽样读取。"),
        "traffic": (
            "Requests a second of the whole tier, by which the checker says what can be seen.",
            "整层每秒请求数，检查据此说明能发现多大的劣化。",
        ),
    },
    "Prometheus": {
        "": ("A Prometheus server that wants more than its address.", "除地址外还需其他设置的 Prometheus 服务器。"),
        "url": ("Its address.", "服务器地址。"),
        "authorization": (
            "The header's whole value, as a secret: Bearer …",
            "Authorization 请求头的完整值，须引用密钥。",
        ),
        "ca": ("Certificates (PEM) that are trusted instead of the usual ones.", "替代系统默认、受信任的证书（PEM）。"),
    },
    "Metric": {
        "": (
            "A figure by which upgraded hosts are compared with untouched ones, from one source.",
            "用于比较已升级主机与未升级主机的指标，须有且仅有一个来源。",
        ),
        "name": ("The metric's name.", "指标名称。"),
        "kind": (
            "errors: failed requests of all; latency: how long requests take; saturation: a gauge, such as memory.",
            "errors：失败请求占比；latency：请求耗时；saturation：饱和度类数值，如内存。",
        ),
        "prometheus": (
            "A selector (for latency a histogram's name), or a whole expression with $interval.",
            "选择器（延迟可写直方图名称），或含 $interval 的完整表达式。",
        ),
        "of": ("errors: the selector of all requests.", "errors：全部请求的选择器。"),
        "haproxy": ("The load balancer whose statistics of each server are read.", "读取其各服务器统计的负载均衡。"),
        "backend": ("The load balancer's backend.", "负载均衡后端名。"),
        "server": ("How the load balancer calls a host. None: by its name.", "主机在负载均衡中的名称，默认同主机名。"),
        "access_log": ("A log of requests: on each host, or at `at`.", "访问日志：在各主机上，或在 `at` 所指主机上。"),
        "format": ("How the log is written.", "日志格式。"),
        "command": ("Run on each host; prints the figures.", "在各主机上执行并输出数值的命令。"),
        "sql": ("Run at `at`; a row for each host.", "在 `at` 上执行的查询，每台主机一行。"),
        "database": ("The database of `sql`. None: postgres.", "`sql` 所用的数据库；不写则为 postgres。"),
        "at": ("The host at which the log or the database is.", "日志或数据库所在主机。"),
        "check": ("A health check of this rollout, compared as a gauge.", "引用本发布的健康检查，作为数值比较。"),
        "worse": ("Which direction is worse.", "哪个方向表示变差。"),
        "required": ("Without its PASS a wave is not promoted.", "未通过则该批不得放行。"),
        "ignore_below": (
            "errors: a share of failed requests that is of no concern. None: 0.1%.",
            "errors：可忽略的失败占比；不写则为 0.1%。",
        ),
        "weight": (
            "Its share of the chance of a false rollback, relative to the others.",
            "在误回退概率预算中的相对权重。",
        ),
        "rollback_beyond": (
            "A regression beyond this rolls back. None: 25% for errors and tails, 5% for means.",
            "劣化超过此值即回退；不写则错误率与尾延迟 25%、均值 5%。",
        ),
        "promote_within": (
            "A regression beyond this must be excluded. None: 100% for errors and tails, 10% for means.",
            "须排除超过此值的劣化方可放行；不写则错误率与尾延迟 100%、均值 10%。",
        ),
    },
    "Check": {
        "": (
            "A health gate: a figure that is looked at through the soak, with a threshold.",
            "健康门槛：观察期内持续查看的指标与阈值。",
        ),
        "name": ("The check's name.", "检查名称。"),
        "http": ("An address whose answer is looked at.", "要查看其响应的地址。"),
        "json": ("What the JSON answer must hold.", "JSON 响应应包含的内容。"),
        "value": ("Dotted path of the number in the JSON answer.", "JSON 响应中数值的点分路径。"),
        "haproxy": ("The load balancer whose figures are read.", "读取其指标的负载均衡。"),
        "backend": ("The load balancer's backend.", "负载均衡后端名。"),
        "metric": (
            "Which of the load balancer's figures: error_rate, sessions, queue.",
            "负载均衡指标：error_rate、sessions、queue。",
        ),
        "command": ("A command whose last line is the figure.", "最后一行输出为数值的命令。"),
        "above": ("Fails above this.", "高于此值即失败。"),
        "below": ("Fails below this.", "低于此值即失败。"),
        "allow": ("Failing looks that are tolerated.", "可容忍的失败次数。"),
        "samples": ("Fewer looks with data than this give no verdict.", "有效样本少于此数则不作结论。"),
    },
    "Budget": {
        "": ("Failed hosts that are tolerated.", "可容忍的失败主机。"),
        "hosts": ("In the whole run.", "整次执行中的台数。"),
        "percent": ("In the whole run, of all hosts.", "整次执行中的百分比。"),
        "wave_hosts": ("In one wave.", "单批中的台数。"),
        "attempts": ("Attempts at a step before its host counts as failed.", "单步尝试次数，超过即计该主机失败。"),
    },
    "Window": {
        "": ("When forward work may begin, in the plan's time zone.", "变更窗口，按计划时区。"),
        "from": ("It begins: 22:00", "开始时间：22:00"),
        "to": ("It ends: 04:00; before `from` it runs past midnight.", "结束时间：04:00；早于开始时间即跨零点。"),
        "days": ("The days on which it begins; none: every day.", "窗口开始的星期；不写则每天。"),
        "date": ("Or exactly one date: 2026-12-20", "或仅限某一日期：2026-12-20"),
    },
    "Freeze": {
        "": ("No forward work begins.", "封网期。"),
        "from": ("It begins: 2026-12-31 or 2026-12-31T18:00", "开始：2026-12-31 或 2026-12-31T18:00"),
        "to": ("It ends: 2027-01-03 or 2027-01-03T08:00", "结束：2027-01-03 或 2027-01-03T08:00"),
        "because": ("Why.", "原因。"),
    },
    "Approval": {
        "": ("Who approves in a role.", "某一角色的批准人。"),
        "role": ("The role: business, risk, operations.", "角色：业务、风险、运维等。"),
        "by": ("A name, or {any of: [a, b]}.", "姓名，或 {any of: [a, b]}。"),
        "signed": ("The approval must be signed.", "批准须签名。"),
        "keys": ("Whose keys count: lines of OpenSSH's allowed_signers.", "有效公钥：OpenSSH allowed_signers 行。"),
    },
    "Notify": {
        "": ("Tell somebody.", "通知方式。"),
        "command": ("A command; the message is on its standard input.", "命令；消息写入其标准输入。"),
        "webhook": ("An address that gets the message as JSON.", "以 JSON 接收消息的地址。"),
        "apprise": ("An Apprise address.", "Apprise 地址。"),
        "on": ("What is worth telling.", "通知哪些事件。"),
    },
    "Beside": {
        "": (
            "One step of a recipe: an action, and what every step may say beside it.",
            "一个步骤：一个动作及通用选项。",
        ),
        "timeout": ("How long each of its steps may take.", "每步超时。"),
        "estimate": ("How long it usually takes.", "预计耗时。"),
        "name": ("Another name for its steps.", "步骤的自定义名称。"),
        "way": ("Only on the way up, only on the way back, or both.", "仅升级时、仅回退时，或两者。"),
        "at": ("Where it runs: a host's name, or controller.", "在何处执行：主机名或 controller。"),
    },
    "InventoryFile": {
        "": ("The hosts that a plan may name.", "计划可引用的主机。"),
        "hosts": ("Host or range (app-[01:08]) and its settings.", "主机或区间（app-[01:08]）及其设置。"),
        "groups": ("Group and its hosts.", "主机组及其主机。"),
        "defaults": ("What holds for every host that does not say otherwise.", "各主机的默认设置。"),
    },
    "GroupEntry": {
        "": ("A group with variables or groups in it.", "带变量或子组的主机组。"),
        "hosts": ("Hosts and ranges.", "主机与区间。"),
        "children": ("Groups whose hosts belong to it, too.", "子组。"),
        "variables": ("Variables for all its hosts.", "组内主机共用的变量。"),
    },
    "HostEntry": {
        "": ("One host's settings.", "单台主机的设置。"),
        "address": (
            "Name or IP address; the host's name if not said. {n} is its number in a range.",
            "主机名或 IP；不写则用主机名。{n} 为区间序号。",
        ),
        "connection": ("How it is reached.", "连接方式。"),
        "user": ("Login user.", "登录用户。"),
        "port": ("Port of the SSH server.", "SSH 端口。"),
        "state": ("The folder on the host for marks and outcomes: persistent.", "主机上保存标记与结果的持久目录。"),
        "domain": ("Failure domain: rack, zone.", "故障域：机架、可用区等。"),
        "variables": ("Values for {name} in recipes.", "步骤中 {name} 的取值。"),
        "known_hosts": ("A known_hosts file for this host.", "该主机的 known_hosts 文件。"),
        "key": ("Path of a private key.", "私钥路径。"),
        "root": ("The host's folder, for connection: sandbox.", "connection: sandbox 时主机的目录。"),
        "become": ("How the login user becomes root or another user.", "登录用户如何切换到 root 或其他用户。"),
        "jump": (
            "Passed through in this order: names of hosts here, or [user@]address[:port].",
            "依次经过的跳板机：本清单中的主机名，或 [用户@]地址[:端口]。",
        ),
    },
    "Become": {
        "": ("How one command is run as root or as another user.", "如何以 root 或其他用户身份执行单条命令。"),
        "method": ("sudo, su, or none: never.", "sudo、su，或 none（从不）。"),
        "wrapper": (
            "Path of the one program that sudoers allow, which runs the command.",
            "sudoers 唯一允许的包装程序的路径，由它执行命令。",
        ),
        "user": ("Who root is on that host.", "该主机上的 root 用户名。"),
        "password": (
            "Where the password is found: of the login user for sudo, of the other user for su.",
            "口令的引用：sudo 用登录用户的口令，su 用目标用户的口令。",
        ),
    },
    "SecretRef": {
        "": ("Where a secret is found when it is used.", "使用时到何处取密钥；绝不写密钥本身。"),
        "secret": ("env:NAME or file:/path.", "env:名称，或 file:/路径。"),
    },
}
DESCRIPTIONS["Settings"] = {**DESCRIPTIONS["HostEntry"], "": ("Settings of every host.", "各主机的默认设置。")}


def describe(noun: str, key: str, language: str) -> str:
    """The sentence for a noun's key, or nothing where the noun is not one of the plan file's own."""
    english, chinese = DESCRIPTIONS.get(noun, {}).get(key, ("", ""))
    return chinese if language == "zh" else english
