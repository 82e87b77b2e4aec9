"""How a Gantt chart looks: light and dark by the reader's preference.

Colours are Okabe and Ito's, which differ for everybody; what matters differs in form as well: critical jobs are solid,
others pale with an outline, freezes hatched, done jobs are marked with a tick.
"""

from liftlock.publish.figures import STYLE

BARS = """
.ll-bar{fill:#b9d9ec;stroke:#0072b2;stroke-width:1}.ll-bar-critical{fill:#d55e00;stroke:#8a3c00;stroke-width:1}
.ll-bar-done{fill:#d0d7de;stroke:#6e7781;stroke-width:1}.ll-span{fill:#57606a}.ll-slack{stroke:#8c959f;stroke-width:1.5}
.ll-actual{fill:#24292f}.ll-kept{fill:none;stroke:#6e7781;stroke-width:1;stroke-dasharray:2 2}
.ll-bond{fill:none;stroke:#a4adb8;stroke-width:1}.ll-bond-critical{fill:none;stroke:#d55e00;stroke-width:1.5}
.ll-tip{fill:#a4adb8}.ll-tip-critical{fill:#d55e00}
.ll-closed{fill:#eaedf1}.ll-window{fill:#009e73}.ll-freeze{fill:url(#ll-hatch)}.ll-freeze-edge{stroke:#cc79a7}
.ll-hatch-line{stroke:#cc79a7;stroke-width:1.4;stroke-opacity:.55}.ll-freeze-text{fill:#8d3b6b}
.ll-due{fill:#cc79a7;stroke:#8d3b6b}.ll-due-line{stroke:#8d3b6b;stroke-width:1.5;stroke-dasharray:5 3}
.ll-today{stroke:#24292f;stroke-width:1.5}.ll-rule{stroke:#d0d7de;stroke-width:1}.ll-small{font-size:11px}
.ll-stage{font-weight:600}.ll-critical-text{fill:#a84300;font-weight:600}
@media (prefers-color-scheme:dark){
.ll-bar{fill:#1d4a66;stroke:#56b4e9}.ll-bar-critical{fill:#f5813f;stroke:#ffb88f}
.ll-bar-done{fill:#30363d;stroke:#8b949e}.ll-span{fill:#9da7b3}.ll-slack{stroke:#8b949e}.ll-actual{fill:#e6edf3}
.ll-kept{stroke:#8b949e}.ll-bond{stroke:#59636e}.ll-bond-critical{stroke:#f5813f}.ll-tip{fill:#59636e}
.ll-tip-critical{fill:#f5813f}.ll-closed{fill:#1b222b}.ll-window{fill:#2bb98f}.ll-freeze-text{fill:#e7a9cb}
.ll-due{fill:#cc79a7;stroke:#e7a9cb}.ll-due-line{stroke:#e7a9cb}.ll-today{stroke:#e6edf3}.ll-rule{stroke:#30363d}
.ll-critical-text{fill:#ff9a57}}
""".strip()

GANTT_STYLE = f"{STYLE}\n{BARS}"

HATCH = (
    '<defs><pattern id="ll-hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<line class="ll-hatch-line" x1="0" y1="0" x2="0" y2="7"/></pattern></defs>'
)
