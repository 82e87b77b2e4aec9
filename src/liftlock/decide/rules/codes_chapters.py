"""The codes L500-L569, with the fields that each finding carries: the plan's chapters for people."""

CODES: dict[str, tuple[str, ...]] = {
    # names
    "L500": ("noun", "given"),  # two entries of one id
    "L501": ("noun", "given", "near"),  # no such entry, and one that is probably meant
    "L502": ("noun", "given", "known"),  # no such entry
    "L503": ("given", "near"),  # warning: free text that is almost somebody's id
    "L504": ("since", "until"),  # a span that ends before it begins
    # change models
    "L505": ("chapter", "key", "model"),  # warning: a chapter that the model wants is missing
    "L506": ("key", "missing"),  # warning: left out without a reason, or by nobody
    "L507": ("given", "known"),  # left out: no such chapter
    "L508": ("chapter", "key"),  # warning: left out, and it is there
    "L509": ("model",),  # a change model, and nobody approves
    "L510": (),  # a standard change that names no template
    "L511": ("duty",),  # info: an emergency's duty afterwards
    "L512": ("post", "model"),  # warning: a post that the model wants, and nobody holds it
    # requirements
    "L513": ("requirement", "missing"),  # warning: without source or owner
    "L514": ("requirement",),  # warning: no component's change answers it
    "L515": ("requirement",),  # warning: no test decides it
    "L516": ("requirement",),  # warning: it serves no goal
    "L517": ("component",),  # warning: a component that no requirement asks for
    "L518": ("test",),  # warning: a test of no requirement
    "L519": ("goal",),  # warning: a goal that no requirement serves
    "L520": ("requirement",),  # warning: a software requirement that refines nothing
    "L521": ("requirement", "given"),  # a system requirement that refines another
    "L522": ("circle",),  # requirements that refine each other
    "L523": ("requirement", "revision"),  # warning: changed without a reason
    "L524": ("requirement",),  # warning (info without a model): nobody confirmed it
    # options
    "L525": ("question", "option", "criteria"),  # an option without a score
    "L526": ("question", "option", "criterion", "score"),  # a score outside 0..10
    "L527": ("question", "missing"),  # warning: no reason, or nobody who decided
    "L528": ("question", "decision", "score", "best", "best_score"),  # warning: another one scores higher, no reason
    "L529": ("question", "tied", "score"),  # info: several are best
    "L530": ("question", "decision", "ranges"),  # info: the best as long as …
    "L531": ("question", "decision"),  # info: the best whatever any one criterion weighs
    "L532": ("question", "decision", "best", "ranges"),  # info: another is the best; it would be if …
    "L533": ("question", "count"),  # warning: nothing to choose from
    # risks
    "L534": ("risk", "missing"),  # high residual risk without prevention and response
    "L535": ("risk",),  # high residual risk that nobody accepted
    "L536": ("risk",),  # warning: medium residual risk that nobody accepted
    "L537": ("risk", "residual", "level"),  # warning: more remains than there was
    "L538": ("risk", "due", "begins"),  # warning: prevented only after the first wave
    "L539": ("risk", "missing"),  # warning, only of a normal change: no area or date
    # team
    "L540": ("task",),  # warning: nobody answers for it
    "L541": ("task",),  # warning: nobody does it
    "L542": ("person", "task", "since", "until"),  # warning: away, and nobody stands in
    "L543": ("person", "role", "task"),  # a person who would approve their own work
    "L544": ("person",),  # deputy of oneself
    "L545": ("circle",),  # warning: three and more who stand in for each other in a circle
    "L546": ("person",),  # warning: neither phone nor mail
    # communication, tests, training, notices, acceptance
    "L547": ("talk", "missing"),  # warning
    "L548": ("test", "missing"),  # warning
    "L549": ("test",),  # warning: a functional test without an abnormal case
    "L550": ("test", "case"),  # warning: a case that expects nothing
    "L551": ("component", "test_kind"),  # warning: a core component, and a kind of test that nobody plans
    "L552": ("training", "missing"),  # warning
    "L553": ("training", "due", "begins"),  # warning: held only after the first wave
    "L554": ("notice", "missing"),  # warning
    "L555": ("component",),  # warning: a planned outage that nobody is told of before
    "L556": ("side",),  # warning: one side has no acceptance criterion
    "L557": ("goal",),  # warning: no acceptance criterion decides it
    # budget
    "L558": ("since", "until", "planned", "limit", "currency"),  # a period's amounts are over its limit
    "L559": ("amount", "planned", "actual"),  # warning: more was spent, without a reason
    "L560": ("forecast", "allowed", "currency"),  # over the budget, which says stop
    "L561": ("forecast", "allowed", "currency"),  # warning: over the budget, not approved yet
    "L562": ("amount",),  # warning: in no period, for want of a day or task
    # emergency, resources
    "L563": ("situation", "missing"),  # warning
    "L564": (),  # warning: nobody to call
    "L565": ("component",),  # warning: a core component, and the emergency plan was not exercised
    "L566": ("outcome",),  # the exercise failed
    "L567": ("resource",),  # warning, only with a model: nobody answers for it
}
