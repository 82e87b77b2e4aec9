"""What the keys mean: the plan's chapters for people."""

DESCRIPTIONS: dict[str, dict[str, tuple[str, str]]] = {
    "Risk": {
        "": ("What may go wrong.", "风险。"),
        "risk": ("What may happen.", "风险描述。"),
        "area": ("Where: business, technology, data, security.", "风险领域：业务、技术、数据、安全等。"),
        "likelihood": ("How likely it is.", "可能性。"),
        "impact": ("How bad it would be.", "影响程度。"),
        "prevention": ("What is done so that it does not happen.", "预防措施。"),
        "response": ("What is done if it happens.", "应对措施。"),
        "owner": ("Who watches it.", "责任人。"),
        "residual": ("What remains of it.", "剩余风险。"),
    },
    "BackupStrategy": {
        "": ("One thing that is backed up.", "一项备份。"),
        "what": ("What is backed up.", "备份内容。"),
        "where": ("Where it lies.", "备份位置。"),
        "keep": ("How long it is kept.", "保留时长。"),
        "proof": ("How it is shown that it can be restored.", "如何证明可恢复。"),
    },
    "RollbackPlan": {
        "": ("The way back, as people read it.", "回退方案。"),
        "trigger": ("When one goes back.", "回退触发条件。"),
        "limit": ("How long going back may take.", "回退时限。"),
        "point_of_no_return": ("From where there is no way back.", "不可逆点。"),
    },
    "Goal": {
        "": ("What is to be reached.", "升级目标。"),
        "id": ("A short name: G1", "编号：G1"),
        "statement": ("The goal in a sentence.", "一句话描述目标。"),
        "measure": ("How it is measured.", "衡量方式。"),
    },
    "Measure": {
        "": ("How a goal is measured.", "目标的衡量方式。"),
        "metric": ("The metric's name.", "指标名。"),
        "below": ("It must be below this.", "须低于此值。"),
        "above": ("It must be above this.", "须高于此值。"),
        "by": ("By when.", "截至日期。"),
    },
}
