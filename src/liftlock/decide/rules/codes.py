"""The codes of this room (L100-L399, L500-L699) with the fields that each finding carries. Words are made in `publish`.

`path` leads to the plan's key; what a driver complains of has a code of that driver's own manifest.
"""

from liftlock.decide.rules import codes_chapters, codes_products, codes_readiness, codes_revision, codes_timetable

CODES: dict[str, tuple[str, ...]] = {
    **codes_chapters.CODES,
    **codes_revision.CODES,
    **codes_products.CODES,
    **codes_readiness.CODES,
    **codes_timetable.CODES,
    # names, groups, order
    "L100": ("name",),  # two components of one name
    "L101": ("given", "known"),  # hosts: neither a group nor a host of the inventory
    "L102": ("given",),  # hosts: a group without hosts
    "L103": ("given", "known"),  # after: no such component
    "L104": ("circle",),  # after: components that wait for each other, a → b → a
    "L105": ("name",),  # a component after itself
    "L106": ("given",),  # a name of component, host or step with `/` or white space, of which ids are made
    "L107": ("components", "hosts", "count"),  # warning: components share hosts, and neither comes after the other
    "L108": ("group", "other", "hosts", "count"),  # warning: groups overlap, their promises are counted apart
    "L109": ("given", "known"),  # once_at: no such host
    "L110": ("name",),  # warning: once_at without once_before or once_after
    # versions
    "L111": ("version",),  # from and to are the same
    "L112": ("version",),  # to is known bad
    "L113": ("version",),  # warning: from is known bad, so there is no way back to it
    "L114": ("from_version", "to_version"),  # warning: to looks older than from
    # waves and capacity
    "L120": ("group", "size", "out_max"),  # all hosts of a group may be out together, without planned_outage
    "L121": ("group", "size", "share", "needed"),  # max_unavailable leaves none; `needed` percent make one host
    "L122": ("group", "size", "share", "out_max"),  # min_healthy leaves none to be taken out
    "L123": ("group", "share"),  # a single host with max_unavailable that rounds to nothing: wants planned_outage
    "L124": ("group", "share"),  # warning: a single host may be out, and the plan does not call it an outage
    "L125": ("wave",),  # a wave of 0 or of 0 %
    "L126": ("wave", "share"),  # a percentage above 100
    "L127": ("wave", "share", "before"),  # warning: a percentage that is reached already
    "L128": ("reached", "size", "group"),  # warning: the waves end early; the last one takes the rest
    "L129": ("group", "size"),  # warning: one wave takes everything, there is no canary
    "L130": ("group", "wave_hosts", "out_max"),  # warning: the first wave is larger than what may be out together
    "L131": (),  # no waves
    "L132": ("wave", "share", "group", "size"),  # info: a percentage that is less than one host more; it takes one
    "L133": ("group", "size", "failures"),  # the failure budget tolerates every host
    "L134": ("group", "size", "percent"),  # warning: the failure budget's percentage rounds to nothing
    "L135": ("wave_hosts", "failures"),  # warning: a wave's budget above the whole run's
    "L136": ("component", "dependent"),  # warning: a planned outage of what a component that is not stopped needs
    "L137": ("component",),  # warning: a dependent of a planned outage without a step that stops it
    "L138": ("group", "components"),  # warning: components on one group promise different capacities; strictest holds
    # recipes
    "L150": ("component",),  # no items
    "L151": ("component", "steps", "limit"),  # too many steps
    "L152": ("component", "step"),  # a stateful component writes before a backup
    "L153": ("step",),  # a backup that is not proved by a trial restore before the first write
    "L154": ("step", "backup"),  # warning: a write before the backup
    "L155": ("step",),  # a step that writes, without undo, not declared irreversible
    "L156": ("step", "on_failure"),  # a restorable step, and on_failure rolls back
    "L157": ("component",),  # drained and never readmitted
    "L158": ("component",),  # warning: readmitted and never drained
    "L159": ("component", "step"),  # readmitted before it is verified
    "L160": ("component", "step"),  # warning: a write or restart while the host takes traffic
    "L161": ("component",),  # nothing verifies: success could not be read
    "L162": ("component", "version"),  # warning: nothing verifies the version
    "L163": ("step", "component", "dependents"),  # warning: irreversible before components that come after it
    "L164": ("step", "component"),  # warning: irreversible before the component's own waves
    "L165": ("given", "known"),  # a step at a host that is not in the inventory
    "L166": ("step", "driver"),  # a restorable step without a backup before it to restore from
    "L167": ("component", "step"),  # warning: stopped on the way up and never started
    "L168": ("driver",),  # a driver that is not there
    "L169": ("step", "host", "connection"),  # a reboot of a host that is the controller's own machine
    # placeholders
    "L180": ("name", "known"),  # unknown placeholder {name}
    "L181": ("name", "host"),  # a placeholder that one of the hosts has no variable for
    "L182": ("name",),  # warning: {name} in literal text, which is not filled; $name is meant
    # time
    "L200": ("given",),  # a window's time or date
    "L201": ("given",),  # a freeze's or deadline's date
    "L202": ("since", "until"),  # a freeze that ends before it begins
    "L203": ("given",),  # no time zone's name
    "L204": ("stage", "needs_s", "longest_s"),  # no window holds the wave's work, soak, rollback and reserve
    "L205": ("deadline",),  # no window is open before the deadline
    "L206": (),  # no window is open any more
    "L207": ("needs_s", "open_s", "deadline"),  # warning: windows before the deadline are shorter than the whole work
    "L208": ("deadline",),  # the deadline has passed
    "L209": ("needs_s", "limit_s", "component"),  # warning: the rollback takes longer than the rollback plan allows
    "L210": ("step", "timeout_s", "host_deadline_s"),  # a step's timeout is longer than the host's deadline
    "L211": ("host_deadline_s", "progress_deadline_s"),  # a host's deadline is not shorter than the progress deadline
    "L212": ("soak_s", "longest_soak_s"),  # the longest soak is shorter than the soak
    "L213": ("look_every_s", "soak_s"),  # looks are farther apart than the soak is long
    "L214": ("component", "lane_s", "host_deadline_s"),  # warning: a host's steps are estimated beyond its deadline
    "L215": ("check", "samples", "longest_soak_s"),  # so many samples cannot be had within the longest soak
    "L216": (),  # warning: no soak although there are health checks
    "L217": ("look_every_s",),  # looks 0 s apart
    # approvals
    "L230": (),  # warning: nobody approves
    "L231": ("person", "role"),  # the owner approves the own plan (自批)
    "L232": ("role",),  # warning: any of one
    "L233": ("role", "given"),  # nobody named, or another key than `any of`
    "L234": ("role",),  # warning: signed approvals, and no key to verify them with
    "L235": ("person", "roles"),  # one person is all that is needed for several roles
    "L236": ("role",),  # two approvals of one role
    # goals, risks, documents
    "L250": ("goal",),  # warning: a goal without a measure
    "L251": ("goal",),  # two goals of one id
    "L252": ("goal",),  # warning: a measure without a bound
    "L253": ("risk", "missing"),  # likelihood high, impact high, and no prevention or response
    "L254": ("risk",),  # warning: a risk without an owner
    "L255": ("component",),  # warning: stateful, and the plan has no backup strategy
    "L256": ("step",),  # warning: irreversible, and the rollback plan names no point of no return
    "L257": (),  # info: no acceptance criteria
    "L258": (),  # info: nobody is notified
    "L259": ("given",),  # a notification without or with several addresses
    "L260": (),  # warning: no owner, so a self-approval cannot be found
    # health checks
    "L280": (),  # warning: no health check: only what the recipe verifies says how a wave is
    "L281": ("check",),  # two checks of one name
    "L282": ("check",),  # no threshold
    "L283": ("check",),  # both above and below
    "L284": ("check", "given"),  # a threshold that is no number
    "L285": ("check",),  # no source: one of http, haproxy, command
    "L286": ("check", "sources"),  # several sources
    "L287": ("check", "given", "known"),  # haproxy: no such host
    "L288": ("check",),  # no driver reads it
    "L289": ("check",),  # haproxy without backend
    "L290": ("check", "drivers"),  # several drivers read it
    # readiness (source: survey)
    "L300": ("host", "problem"),  # unreachable
    "L301": ("host",),  # warning: not surveyed
    "L302": ("host", "skew_s", "limit_s"),  # warning: the clock is off
    "L303": ("host", "skew_s", "limit_s"),  # the clock is far off
    "L304": ("host", "free_mb", "needed_mb"),  # too little free space for the artifacts
    "L305": ("host", "component", "found", "expected"),  # runs another version than `from`
    "L306": ("host", "component", "version"),  # info: runs `to` already
    "L307": ("host", "service", "state"),  # warning: the service does not run
    "L308": ("group", "fact", "values"),  # warning: hosts of a group differ
    "L309": ("host", "fact", "found", "expected"),  # a stable fact changed since the last survey
    "L310": ("host", "free_mb", "needed_mb"),  # warning: little memory is free
    "L311": ("host", "problem"),  # its host key is not the one that is known
    "L312": ("host", "problem"),  # it refuses the login
    "L313": ("host", "place"),  # a disk that is to be written is read-only
    # roles and quorums
    "L340": ("component",),  # warning: several hosts with data, whose roles nobody has looked at
    "L341": ("component", "hosts"),  # several primaries of one cluster
    "L342": ("component", "size", "down"),  # a quorum that cannot lose one more
    "L343": ("host", "component", "found", "expected"),  # another role than the schedule assumes
    "L344": ("component",),  # warning: replicas, and no primary was seen
    # canaries
    "L360": ("metric",),  # two metrics of one name
    "L361": ("metric",),  # a metric that is called like a health check
    "L362": (),  # no required metric
    "L363": ("metric", "known"),  # no source
    "L364": ("metric", "sources"),  # several sources
    "L365": ("metric", "key", "source", "kind"),  # a key that means nothing beside this source, or for this kind
    "L366": ("metric", "key", "source"),  # a source that lacks a key
    "L367": ("metric", "check"),  # errors out of a health check, which counts no requests
    "L368": ("metric", "given", "known"),  # haproxy, at: no such host
    "L369": ("metric", "given", "known"),  # no such health check
    "L370": ("metric",),  # prometheus without a server
    "L371": ("metric", "source", "kind"),  # no driver reads it
    "L372": ("metric", "drivers"),  # several drivers read it
    "L373": ("metric", "given"),  # a margin that is no number
    "L374": ("metric", "given"),  # a margin of nothing, or out of bounds
    "L375": ("metric", "percent"),  # warning: a margin of 500 % and more
    "L376": ("metric", "rollback", "promote"),  # rolled back only beyond what may be promoted
    "L377": (),  # looks 0 s apart
    "L378": ("every_s", "soak_s"),  # looks farther apart than the soak is long
    "L379": ("watch_s", "every_s"),  # a watch shorter than the time between two looks
    "L380": ("grace_s", "every_s"),  # a grace shorter than that
    "L381": ("looks", "before_s", "every_s", "needed"),  # too few looks before the upgrade
    "L382": ("looks", "before_s", "every_s", "needed"),  # warning: few
    "L383": ("warm_up_s", "soak_s"),  # the warm-up takes the whole soak
    "L384": ("longest_soak_s", "warm_up_s"),  # no look after the warm-up
    "L385": ("looks", "longest_soak_s", "warm_up_s", "needed"),  # warning: few
    "L386": ("component", "size"),  # warning: a planned outage leaves nobody to compare with
    "L387": ("component", "size"),  # warning: one wave leaves nobody to compare with
    "L388": ("name",),  # strata: no host has such a variable
    "L389": ("name", "hosts", "count"),  # warning: some hosts have not
    "L390": (),  # warning: strata although canaries are taken as listed
    # what canaries can detect
    "L391": (
        "component",
        "wave",
        "canaries",
        "controls",
        "metrics",
        "percent",
        "power",
        "within_s",
        "smallest",
    ),  # info
    "L392": (
        "component",
        "wave",
        "canaries",
        "controls",
        "metrics",
        "percent",
        "power",
        "within_s",
        "smallest",
    ),  # by hosts
    "L393": ("component", "wave", "metrics", "percent", "power", "within_s", "needed"),  # warning: it sees too little
    "L394": ("component", "wave", "metric", "percent", "events", "within_s", "share"),  # info: errors, with traffic
    "L395": ("component", "wave", "metric", "percent", "events"),  # info: errors, traffic unknown
    "L396": ("component", "wave", "controls", "most"),  # info: the first wave leaves fewer than ten to compare with
    "L397": ("component", "wave", "controls", "size"),  # info: the tier is too small for ten
}
