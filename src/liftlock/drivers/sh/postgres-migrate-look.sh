# What the mark says, once nothing of this step is at work any more; changes nothing.
# database component name what index table wait
pg_settled "$database" "${wait:?}" || say running yes
mark_read
say mark "$mark_state"
say ours "$mark_ours"
say checksum "$mark_checksum"
index_state
say index "$index_found"
