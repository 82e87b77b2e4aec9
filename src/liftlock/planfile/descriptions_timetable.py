"""What the keys mean: the timetable and its calendars."""

DESCRIPTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Timetable": {
        "": (
            "What is to be placed in time, and within what: tasks, working days, leads, other changes.",
            "时间计划：任务、工作日历、提前量与其他变更。",
        ),
        "starts": ("The first day on which work may be placed: 2026-11-02", "可安排工作的第一天：2026-11-02"),
        "ends": ("The last day. None: 400 days later.", "可安排工作的最后一天；不写则为 400 天后。"),
        "calendar": ("Which days are working days.", "工作日历：哪些天是工作日。"),
        "tasks": ("The pieces of work besides the waves, which come from the schedule.", "批次以外的各项任务。"),
        "leads": ("How many full working days must lie between two things.", "提前量：两项工作之间须间隔的整工作日。"),
        "closed": ("Days on which nobody works: a site's own holidays.", "本单位另行放假的日期。"),
        "load": ("The traffic, from which quiet windows are found.", "业务负荷，用于找出业务低峰期。"),
        "changes": ("Others' changes that are already scheduled.", "已排定的其他变更。"),
        "changes_from": (
            "A file with such changes, relative to the plan: YAML, CSV or iCalendar.",
            "记录其他变更的文件（YAML、CSV 或 iCalendar），相对于本计划所在目录。",
        ),
        "relations": ("Which items are part of, or run on, which others.", "配置项的从属关系。"),
        "pools": ("Teams whose people the waves need.", "各批次需要的班组人手。"),
        "observe": (
            "How long is watched between two waves, beyond their soak.",
            "两批之间在观察期之外另行观察的时长。",
        ),
    },
    "Task": {
        "": (
            "A piece of work: exactly one of days (working days) and takes (time as it passes).",
            "一项任务；days（工作日）与 takes（自然时间）必须且只能写一个。",
        ),
        "id": ("A short name, by which others refer to it.", "任务编号，供其他条目引用。"),
        "name": ("What is done, for people.", "任务名称。"),
        "stage": (
            "The project's stage that it belongs to. The waves come after the stages from needs to approval.",
            "所属阶段；从需求到审批的各阶段均在批次之前。",
        ),
        "days": (
            "How many working days it takes; 0 is a milestone, within working hours.",
            "所需工作日数；0 表示里程碑，落在工作时间内。",
        ),
        "takes": (
            "Or how long, as time passes: 2h. With people it begins within working hours.",
            "或按自然时间的时长：2h；写明人员时须在工作时间内开始。",
        ),
        "after": (
            "What must be over before: tasks, stages of tasks, waves (all of them), or one wave.",
            "前置条件：任务、阶段、waves（全部批次）或某一批。",
        ),
        "gap": ("How long after the last of them, at least.", "与最后一项前置之间的最短间隔。"),
        "owner": ("Who answers for it.", "责任人。"),
        "people": ("Who works on it: ids of the team's people.", "参与人员：团队中的人员编号。"),
        "load": ("Percent of each person's day that it takes.", "占用每人每天的百分比。"),
        "uses": ("How many units of which resource it takes meanwhile.", "期间占用的资源及数量。"),
        "earliest": (
            "It does not begin before: 2026-11-09 or 2026-11-09T09:00",
            "最早开始：2026-11-09 或 2026-11-09T09:00",
        ),
        "deadline": ("It is over by then; a date includes its day.", "最迟完成；只写日期则含当天。"),
        "windowed": ("Only within the plan's windows, outside its freezes.", "只能在变更窗口内、封网期外进行。"),
        "began": ("When it began: it does not move any more.", "实际开始时间；开始后不再移动。"),
        "ended": ("When it was over.", "实际结束时间。"),
        "because": ("Why a date is set by hand.", "人工指定日期的理由。"),
    },
    "Lead": {
        "": (
            "So many full working days lie between the end of one thing and the begin of another.",
            "提前量：前一项结束与后一项开始之间须有若干整工作日。",
        ),
        "days": (
            "How many. Neither the day of the end nor the day of the begin counts.",
            "工作日数；结束当天与开始当天均不计入。",
        ),
        "of": (
            "What must be over: approval (the last of them), plan (as it was submitted), a task, or a stage of tasks.",
            "前一项：approval（最后一项批准）、plan（提交方案）、某任务或某阶段。",
        ),
        "before": (
            "What begins: waves, one wave, a component, a task, or a stage.",
            "后一项：waves、某一批、某组件、某任务或某阶段。",
        ),
    },
    "WorkCalendar": {
        "": (
            "A country's public calendar with its make-up days, and the site's own file over it.",
            "国家公布的节假日与调休安排，可由本单位的文件覆盖。",
        ),
        "country": ("The country's code (ISO 3166): CN", "国家代码（ISO 3166）：CN"),
        "subdivision": ("A province or state with holidays of its own.", "另有节假日的省、州代码。"),
        "override": (
            "The site's own file (YAML: closed, opened, official), relative to the plan. It wins.",
            "本单位的日历文件（YAML：closed、opened、official），相对于本计划所在目录，优先于公共日历。",
        ),
        "from": ("When a working day begins: 09:00", "上班时间：09:00"),
        "to": ("When it ends: 18:00", "下班时间：18:00"),
    },
    "Load": {
        "": (
            "The traffic over some weeks, from a file or from Prometheus, from which quiet windows are found.",
            "数周的业务负荷（文件或 Prometheus），据此找出业务低峰期。",
        ),
        "file": (
            "A table (CSV) of time and requests, relative to the plan.",
            "时间与请求数的表格（CSV），相对于本计划所在目录。",
        ),
        "prometheus": ("Or the address of a Prometheus server.", "或 Prometheus 服务器地址。"),
        "query": ("The expression of the traffic that Prometheus is asked for.", "向 Prometheus 查询业务量的表达式。"),
        "below": (
            "What counts as quiet: a share of the peak (30%), or a figure. None: 30%.",
            "低于多少算低峰：峰值的百分比（30%）或数值；不写则为 30%。",
        ),
        "longer_than": ("Shorter quiet stretches are of no use.", "短于此时长的低峰不予考虑。"),
    },
    "OtherChange": {
        "": (
            "Somebody else's change: our hosts that it touches begin nothing meanwhile.",
            "他人已排定的变更；期间涉及的主机不得开始升级动作。",
        ),
        "id": ("Its number: CHG0031", "变更编号：CHG0031"),
        "from": ("It begins: 2026-12-05T22:00", "开始：2026-12-05T22:00"),
        "to": ("It ends: 2026-12-06T02:00", "结束：2026-12-06T02:00"),
        "items": ("Hosts, groups, components and systems that it touches.", "涉及的主机、主机组、组件或系统。"),
        "people": ("Who works on it.", "参与人员。"),
        "title": ("What it is about.", "变更内容。"),
    },
    "Relation": {
        "": ("An item, and what it is a part of or runs on.", "一个配置项及其上级。"),
        "item": ("A host, a component or a system.", "主机、组件或系统。"),
        "parents": ("What it is a part of, or runs on.", "所属或所依托的配置项。"),
    },
    "Pool": {
        "": ("A team whose people each wave needs while it lasts.", "每一批进行期间需要的班组人手。"),
        "team": ("The team: a resource, or a team that people are in.", "班组：资源编号或人员所属团队。"),
        "people": ("How many of them a wave needs.", "每批需要的人数。"),
        "components": ("Only for waves of these components. None: of all.", "仅限这些组件的批次；不写则为全部。"),
    },
}
