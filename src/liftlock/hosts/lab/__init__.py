"""The lab: a fleet of real Debian hosts on one Linux machine, to test on, to rehearse on, to try a plan on.

Rule: whatever is made carries a name that follows from the fleet's record (`Fleet`), and the record is on the disk
before anything is made. So `down` finds everything, whenever `up` was killed.

A host is a systemd-nspawn container with an init of its own, an overlay of an image as its disk, a network namespace on
the fleet's bridge, and a control group of its own. Hosts reach each other and this machine, and nothing beyond.
"""
