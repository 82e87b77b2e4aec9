"""The canary judge and its incumbents in simulated worlds and on real noise, with one seed."""
