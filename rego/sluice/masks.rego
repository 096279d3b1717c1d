# Masks: every mask whose exemption fails applies; of several on one column the strictest wins,
# then the deeper tag, then the id. A mask of some rows stands beside what is weaker than it. Hidden columns are reported
# apart, since they do not exist for the identity.
package sluice

import data.sluice.conditions
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
rank(mask) := mask.rank if {
	mask.kind == "custom"
	is_number(mask.rank)
	mask.rank > 0
} else := strictness[mask.kind] if {
	strictness[mask.kind]
} else := 0

# The rows that it masks, null for all of them.
rows_of(policy) := object.get(policy, "where", null)

place(policy, column) := [rank(policy.mask), 0 - column.depth, policy.id]

candidates[column.name] contains place(policy, column) if {
	some policy in applying_masks
	is_null(rows_of(policy))
	some column in policy.columns
	not lifted_mask(policy, column.name)
}

strongest_masks[name] := min(ranked) if {
	some name, ranked in candidates
}

# Of some rows, and stricter there than what holds for all.
conditional_masks[column.name] contains place(policy, column) if {
	some policy in applying_masks
	not is_null(rows_of(policy))
	some column in policy.columns
	not lifted_mask(policy, column.name)
	not weaker(place(policy, column), column.name)
}

weaker(ranked, name) if ranked > strongest_masks[name]

# What a column of some rows cannot be is gone: it is null there.
mask_of(id) := applying_masks[id].mask if {
	rank(applying_masks[id].mask) > 0
} else := {"kind": "null"}

cases(name) := [{"policy": ranked[2], "mask": mask_of(ranked[2]), "where": rows_of(applying_masks[ranked[2]])} |
	some ranked in sort(conditional_masks[name])
]

masks[name] := {"policy": strongest[2], "mask": applying_masks[strongest[2]].mask} if {
	some name, strongest in strongest_masks
	strongest[0] > 0
	not conditional_masks[name]
}

masks[name] := {"policy": strongest[2], "mask": applying_masks[strongest[2]].mask, "when": cases(name)} if {
	some name, strongest in strongest_masks
	strongest[0] > 0
	conditional_masks[name]
}

masks[name] := {"policy": null, "mask": null, "when": cases(name)} if {
	some name, _ in conditional_masks
	not strongest_masks[name]
}

# --- tokens --------------------------------------------------------------------------------------------------------

# Whoever may have the tokens of a column reversed: the policy that makes them says so. Its tokens are alike in all columns that
# it covers, so none of these may be masked otherwise.
reveals[name] contains {"policy": policy.id, "scope": policy.mask.scope} if {
	some j in judged
	policy := j.policy
	reversing(policy)
	not kept_secret(policy)
	some column in policy.columns
	name := column.name
}

kept_secret(policy) if {
	some other in applying_masks
	not reversing(other)
	some mine in policy.columns
	some theirs in other.columns
	mine.name == theirs.name
}

default reversing(_) := false

reversing(policy) if {
	policy.effect == "mask"
	policy.mask.kind == "tokenise"
	conditions.value(policy.mask.reveal) == 2
}
