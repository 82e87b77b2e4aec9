"""The codes L600-L669, with the fields that each finding carries: the timetable and its calendars."""

CODES: dict[str, tuple[str, ...]] = {
    # tasks
    "L600": ("task",),  # two tasks of one id
    "L601": ("task",),  # an id that means something else: a stage, a wave, a component
    "L602": ("task", "given", "known"),  # after: nobody is called so
    "L603": ("circle",),  # tasks that wait for each other
    "L604": ("task",),  # neither days nor takes, or both
    "L605": ("given",),  # a date or a moment that does not exist
    "L606": ("since", "until"),  # a span that ends before it begins
    "L607": ("task",),  # ended without began, or before it
    "L608": ("task", "given"),  # warning: began or ended, and that is still to come
    "L609": ("task", "deadline", "earliest"),  # a deadline before it may begin
    "L610": ("task", "needs_s", "longest_s"),  # a windowed task that is longer than every window
    "L611": ("task",),  # warning: windowed, and counted in days
    # people and things
    "L620": ("task", "person", "known"),  # nobody of the team is called so
    "L621": ("task", "resource", "known"),  # no resource and no team is called so
    "L622": ("task", "resource", "units", "amount"),  # more than there is
    "L623": ("team", "known"),  # a pool's team that nobody knows
    "L624": ("team", "people", "amount"),  # a pool wants more people than the team has
    "L625": ("given", "known"),  # a pool's component that is none
    "L626": ("task", "person", "since", "until"),  # warning: who works on a task that began is away
    # leads
    "L630": ("given", "known"),  # a lead of, or before, what nobody is called
    "L631": ("of", "before"),  # two leads between the same things
    "L632": ("days",),  # warning: a lead after the approval, and nobody approves
    "L633": ("days",),  # info: an emergency change has no lead
    "L634": ("days", "opens", "deadline"),  # a lead from now ends after the deadline
    "L635": ("of", "before", "days"),  # info: a lead that binds the timetable, not the run
    # days
    "L640": ("years",),  # warning: the official calendar of a year is not known yet
    "L641": ("year",),  # warning: waves may fall on the year's end, and no freeze covers it
    "L642": ("name", "since", "until", "days"),  # info: a long holiday within the timetable
    "L643": ("starts", "deadline"),  # the timetable starts after the plan's deadline
    "L644": (),  # no working day at all
    # others' changes
    "L650": ("change",),  # two changes of one number
    "L651": ("change",),  # warning: a change that touches nothing and nobody of ours
    "L652": ("change", "since", "until", "hosts", "count"),  # info: a change closes these hosts
    # traffic
    "L660": ("given",),  # load: neither a file nor Prometheus with a query, or both
    "L661": ("given",),  # below: neither a share nor a figure
    "L662": ("window", "percent", "limit_percent", "quiet"),  # warning: a window that is not quiet
    "L663": ("limit_percent", "longer_than_s", "quiet", "percent"),  # warning: no quiet stretch of that length
    "L664": ("window",),  # warning: the traffic in a window is not known
}
