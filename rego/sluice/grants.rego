# Grants: what somebody approved for this identity, on this dataset, for this purpose, until a moment. One of access is an allow
# that holds; a lift takes the named masks off the named columns, or the named row filters off. Nothing else gives way to a grant:
# no requirement, no denial, no limit.
package sluice

import rego.v1

held_grants := [grant |
	some grant in input.context.grants
	held(grant)
]

default held(_) := false

held(grant) if {
	authenticated
	is_string(grant.id)

	# The name alone is not who it is for.
	is_string(grant.subject.issuer)
	grant.subject.issuer == input.identity.issuer
	grant.subject.sub == input.identity.sub
	grant.dataset == input.dataset.dataset_id
	is_number(input.context.time.epoch)
	is_number(grant.until)
	input.context.time.epoch < grant.until
	within(grant.purpose, input.context.purpose)
	within(grant.project, input.context.project)
}

within(wanted, _) if is_null(wanted)

within(wanted, have) if {
	is_string(wanted)
	have == wanted
}

# --- access ----------------------------------------------------------------------------------------------------------

access_grants[grant.id] := grant.until if {
	some grant in held_grants
	grant.kind == "access"
}

default granted := false

# Where an allow policy holds by itself, or none is asked for, a grant is not needed.
granted if {
	needs_allow
	not policy_allows
	count(access_grants) > 0
}

default needs_allow := false

needs_allow if has_allow

needs_allow if input.dataset.access_level == "restricted"

# The one that lasts longest is enough.
access_used[id] := until if {
	granted
	until := max(object_values(access_grants))
	id := min({id | some id, end in access_grants; end == until})
}

# --- lifts -----------------------------------------------------------------------------------------------------------

lifts[policy.id][grant.id] := grant if {
	some policy in input.dataset.policies
	policy.effect in {"mask", "rows"}
	some grant in held_grants
	grant.kind == "lift"
	policy.id in grant.policies
}

default lifted_rows(_) := false

lifted_rows(policy) if {
	policy.effect == "rows"
	some _, _ in lifts[policy.id]
}

default lifted_mask(_, _) := false

lifted_mask(policy, name) if {
	policy.effect == "mask"
	some grant in lifts[policy.id]
	name in grant.columns
}

# --- what was used ---------------------------------------------------------------------------------------------------

lifts_used[id] := grant.until if {
	some j in judged
	j.policy.effect == "rows"
	not j.exempt
	some id, grant in lifts[j.policy.id]
}

lifts_used[id] := grant.until if {
	some j in judged
	j.policy.effect == "mask"
	not j.exempt
	some id, grant in lifts[j.policy.id]
	some column in j.policy.columns
	column.name in grant.columns
}

grants_used := object.union(access_used, lifts_used)

grant_reasons := [{"policy": id, "effect": "grant", "because": grant_because(id), "source": null} |
	some id in sort(object.keys(grants_used))
]

grant_because(id) := concat("", ["access, by request ", request_of(id)]) if {
	access_used[id]
} else := concat("", ["lifts ", concat(", ", sort(lifted_by(id))), ", by request ", request_of(id)])

lifted_by(id) := {policy | some policy, by in lifts; by[id]}

request_of(id) := [object.get(grant, "request", "") | some grant in held_grants; grant.id == id][0]

object_values(object) := [value | some value in object]
