# Masks: every mask whose exemption fails applies; of several on one column the strictest wins,
# then the deeper tag, then the id. Hidden columns are reported apart, since they do not exist for the identity.
package sluice

import rego.v1

strictness := {
	"hide": 0,
	"null": 1,
	"constant": 2,
	"custom": 3,
	"hash": 4,
	"tokenise": 5,
	"regex": 6,
	"partial": 7,
	"bucket": 8,
	"round": 9,
	"truncate_date": 10,
}

applying_masks[j.policy.id] := j.policy if {
	some j in judged
	j.policy.effect == "mask"
	not j.exempt
}

# A mask that this bundle does not know is stricter than all that it knows.
rank(mask) := strictness[mask.kind] if {
	strictness[mask.kind]
} else := 0

candidates[column.name] contains [rank(policy.mask), 0 - column.depth, id] if {
	some id, policy in applying_masks
	some column in policy.columns
}

strongest_masks[name] := min(ranked) if {
	some name, ranked in candidates
}

masks[name] := {"policy": strongest[2], "mask": applying_masks[strongest[2]].mask} if {
	some name, strongest in strongest_masks
	strongest[0] > 0
}
