"""What the keys mean: releases, their rules and overrides."""

DESCRIPTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Override": {
        "": ("A named risk of an upgrade path that somebody accepts.", "获准接受的升级路径风险。"),
        "risk": ("The name of the block, as `liftlock path` and findings give it.", "风险名称，以检查结果所示为准。"),
        "by": ("Who accepts it: one of the approvers.", "由谁接受：须为审批人之一。"),
        "because": ("Why it is accepted.", "接受的理由。"),
        "until": ("The last day on which it holds, like 2026-12-20.", "有效期至哪一天，如 2026-12-20。"),
    },
    "Product": {
        "": (
            "What is known of a product's releases: which way up is allowed, and what may run side by side.",
            "产品版本知识：允许的升级路径、必经版本、阻断条件与新旧并存规则。",
        ),
        "product": ("The product's name, as components refer to it.", "产品名，组件以此引用。"),
        "scheme": (
            "How versions are compared. natural: numbers as numbers, pre-release words before the release.",
            "版本比较方式。natural：数字按数值比较，预发布字样排在正式版之前。",
        ),
        "title": ("The product's name, as people write it.", "产品的通用名称。"),
        "sources": ("Where the rules are published.", "规则出处。"),
        "notes": (
            "What a reader of this file must know, and what it cannot know.",
            "使用说明，以及本文件无法包含的内容。",
        ),
        "read_on": ("When the sources were read, like 2026-11-25.", "查阅出处的日期。"),
        "licence": ("The licence of the data.", "数据许可证。"),
        "releases": ("Releases that are known, beside those that one comes from and goes to.", "已知版本。"),
        "complete": ("Every release is listed: any other is unknown.", "版本列表是否完整：未列出的版本视为未知。"),
        "edges": ("Which hops are allowed.", "允许的升级跳转。"),
        "stops": ("Releases that are not passed by.", "必经版本。"),
        "blocks": ("Named risks that close hops under conditions.", "有条件的阻断，各有名称。"),
        "skews": ("Versions that may run at the same time.", "允许同时运行的版本差。"),
        "parts": ("The components of a product of several, in order.", "由多个部分组成的产品：各部分及其先后。"),
        "longest_mixed": ("How long old and new may run side by side, at most.", "新旧版本并存的最长时间。"),
        "finalise": ("After which step there is no way back.", "执行到哪一步之后不能再回退。"),
    },
    "Release": {
        "": ("A release.", "一个版本。"),
        "version": ("Its version. In quotes.", "版本号，请加引号。"),
        "channels": ("Channels in which it is published.", "所在的发布渠道。"),
        "dead_end": ("Why nothing leads on from it.", "为何不能从它继续升级。"),
        "withdrawn": ("It was withdrawn: nobody is brought to it.", "已撤回：不再作为升级目标。"),
    },
    "Edge": {
        "": ("Allowed: from any release of one range to any newer one of another.", "允许从一个范围升到另一个范围。"),
        "from": (
            "A range of versions: `>=12, <15`, `4.14.*`, `a | b`, `*`.",
            "起始版本范围：`>=12, <15`、`4.14.*`、`a | b`、`*`。",
        ),
        "to": ("A range of versions.", "目标版本范围。"),
        "risk": ("How risky the hop is.", "这一跳的风险等级。"),
        "downtime": ("How long the product is out of service.", "停机时长。"),
        "stopped": (
            "Everything is stopped for this hop: old and new never run side by side.",
            "这一跳须全部停机：新旧版本不会同时运行。",
        ),
        "irreversible": ("Why there is no way back but to restore.", "为何不能回退（只能恢复备份）。"),
        "note": ("What to know before.", "注意事项。"),
        "url": ("Where it is published.", "出处。"),
        "reach": (
            "No farther than: another patch, the next minor release, the next major one.",
            "最远跨度：仅补丁、下一个次版本、下一个主版本。",
        ),
        "parts": ("Which parts of the product go this way; none: all.", "适用于哪些部分；不写则全部。"),
    },
    "Stop": {
        "": ("A release that is not passed by: whoever comes from before goes through it.", "必经版本，不得越过。"),
        "version": ("A version, or a range of which one release is gone through.", "版本，或须经过其中之一的范围。"),
        "because": ("Why.", "原因。"),
        "url": ("Where it is published.", "出处。"),
        "when": ("Only on hosts of which this holds; none: always.", "仅当条件成立时必经；不写则总是。"),
    },
    "Block": {
        "": (
            "A named risk that closes hops, unless its condition is known to be false.",
            "有名称的风险：除非确知条件不成立，否则阻断相应跳转。",
        ),
        "name": ("Its name, by which an override accepts it.", "风险名称，批准例外时引用。"),
        "from": ("A range of versions.", "起始版本范围。"),
        "to": ("A range of versions.", "目标版本范围。"),
        "when": ("Conditions in order: the first that can be evaluated decides.", "依次判断，第一个能判断的条件为准。"),
        "message": ("What happens.", "后果说明。"),
        "url": ("Where it is published.", "出处。"),
        "fixed_in": ("The release that no longer has it.", "已修复的版本。"),
    },
    "Condition": {
        "": (
            "When a block or stop holds: all that is said must hold. What nobody knows, blocks.",
            "成立条件：所写各项须同时成立；无法判断时视为成立。",
        ),
        "always": ("It holds on every host.", "总是成立。"),
        "fact": ("A fact of the survey, or a variable of the host.", "勘察事实或主机变量的名称。"),
        "is": ("It holds where the fact is this.", "事实等于此值时成立。"),
        "in": ("It holds where the fact is one of these.", "事实为其中之一时成立。"),
        "not": ("It holds where the fact is anything else.", "事实不等于此值时成立。"),
        "range": ("It holds where the fact is a version in this range.", "事实为此范围内的版本时成立。"),
        "expression": (
            "In a language that Liftlock does not evaluate (PromQL): never known here.",
            "其他语言的表达式（如 PromQL），本程序无法判断。",
        ),
    },
    "Skew": {
        "": ("Versions that may run at the same time.", "允许同时运行的版本差。"),
        "of": ("A part; the product's own name where it has none.", "某个部分；产品不分部分时写产品名。"),
        "with": (
            "The part beside which it runs; the same one: old beside new.",
            "与之并存的部分；写自身表示新旧并存。",
        ),
        "level": ("What is counted: major, minor or patch versions.", "按主版本、次版本还是补丁计数。"),
        "behind_max": ("How far `of` may be behind `with`.", "`of` 最多落后多少。"),
        "ahead_max": ("How far `of` may be ahead of `with`.", "`of` 最多领先多少。"),
        "versions": ("Only where `with` is in this range.", "仅当 `with` 在此范围内时适用。"),
        "longest": ("How long they may run mixed.", "混合运行的最长时间。"),
        "url": ("Where it is published.", "出处。"),
    },
    "ProductPart": {
        "": ("A component of a product of several.", "产品的一个组成部分。"),
        "name": ("Its name, as a component's `part` gives it.", "名称，组件的 `part` 以此引用。"),
        "after": ("Parts that are upgraded before it.", "先于它升级的部分。"),
    },
    "Hop": {
        "": (
            "A release on the way, brought to all hosts before the next one begins. What it does not say is the "
            "component's.",
            "途经的一个版本：在所有主机上完成后才开始下一跳。未写的内容沿用组件的设置。",
        ),
        "version": ("The release that this hop comes to.", "这一跳到达的版本。"),
        "recipe": ("What is done on each host in this hop.", "这一跳中每台主机上依次执行的步骤。"),
        "once_before": (
            "What is done once before this hop's first wave; an empty list: nothing.",
            "这一跳第一批之前只做一次的步骤；空列表表示没有。",
        ),
        "once_after": (
            "What is done once after this hop's last wave; an empty list: nothing.",
            "这一跳最后一批之后只做一次的步骤；空列表表示没有。",
        ),
        "soak": ("How long each wave of this hop is watched.", "这一跳每批的观察时长。"),
    },
}
