# The decision for one dataset: exposed, and the level's rule, and every requirement, and no denial; then what is released.
# Everything starts from deny: a part that cannot be computed leaves the default standing.
package sluice

import data.sluice.conditions
import rego.v1

default decision := {"allow": false, "reason": "input_invalid"}

decision := {
	"dataset_id": input.dataset.dataset_id,
	"allow": allow,
	"reason": reason,
	"reasons": array.concat(
		array.concat(
			[{"policy": "level", "effect": "level", "because": level_because, "source": null}],
			policy_reasons,
		),
		grant_reasons,
	),
	"rows": [{"policy": j.policy.id, "predicate": j.policy.predicate} |
		some j in judged
		j.policy.effect == "rows"
		not j.exempt
		not lifted_rows(j.policy)
	],
	"masks": masks,
	"reveals": reveals,
	"hidden": [name | some name, strongest in strongest_masks; strongest[0] == 0],
	"limits": limits,
	"expires_at": expires_at,
	"discoverable": discoverable,
}

# Each matching policy with what the identity makes of it, computed once.
judged := [judgement |
	some policy in input.dataset.policies
	judgement := {
		"policy": policy,
		"exempt": exempt(policy),
		"value": who(policy),
	}
]

# Only a condition that certainly holds exempts; nobody is exempt where there is none.
default exempt(_) := false

exempt(policy) if exempt_by_condition(policy)

exempt(policy) if exempt_by_glass(policy)

default exempt_by_condition(_) := false

exempt_by_condition(policy) if {
	policy.unless != null
	conditions.value(policy.unless) == 2
}

# A broken glass opens what hides and denies; requirements, limits and levels stand.
exempt_by_glass(policy) if {
	policy.effect in {"mask", "rows", "deny"}
	count(broken_glass) > 0
}

# Policies that let this identity through in an emergency, and have not expired.
broken_glass[policy.id] := policy if {
	some policy in input.dataset.policies
	policy.effect == "break_glass"
	conditions.value(policy.who) == 2

	# Null is less than any number.
	is_number(input.context.time.epoch)
	input.context.time.epoch < policy.expires
}

default expires_at := null

expires_at := min(ends) if count(ends) > 0

# Whatever of the answer holds for a while only.
ends := {policy.expires | some policy in broken_glass} | {until | some until in grants_used}

who(policy) := conditions.value(policy.who) if {
	policy.who
} else := 1

# --- the three questions -------------------------------------------------------------------------------------------

# A policy that cannot be read whole might be the one that denies, filters or masks: then nothing is released.
# These are rules of their own since `not f(x)` is undefined, and not true, where x is.
default unreadable_policy := false

unreadable_policy if not readable_policies

unreadable_policy if {
	some policy in input.dataset.policies
	not readable(policy)
}

readable_policies if is_array(input.dataset.policies)

readable(policy) if {
	is_string(policy.id)
	readable_exemption(policy.unless)
	readable_effect(policy)
}

readable_exemption(unless) if is_null(unless)

readable_exemption(unless) if is_array(unless)

readable_effect(policy) if {
	policy.effect in {"allow", "require", "deny", "discover"}
	is_array(policy.who)
}

readable_effect(policy) if {
	policy.effect == "limit"
	is_array(policy.who)
	is_object(policy.limits)
	readable_exemption(policy.within)
	every key, _ in policy.limits {
		key in known_limits
	}
}

readable_effect(policy) if {
	policy.effect == "break_glass"
	is_array(policy.who)
	is_string(policy.reason)
	is_number(policy.expires)
}

readable_effect(policy) if {
	policy.effect == "rows"
	is_string(policy.predicate.kind)
}

readable_effect(policy) if {
	policy.effect == "mask"
	is_string(policy.mask.kind)
	is_array(policy.columns)
	every column in policy.columns {
		is_string(column.name)
		is_number(column.depth)
	}
	readable_rows(rows_of(policy))
}

readable_rows(where) if is_null(where)

readable_rows(where) if is_string(where.kind)

# A denial stands unless the identity is certainly outside it.
default denied := false

denied if {
	some j in judged
	j.policy.effect == "deny"
	not j.exempt
	j.value != 0
}

# Outside the hours or the networks of a limit, or where nobody knows: nothing.
default outside := false

outside if {
	some j in applying_limits
	beyond(j.policy)
}

default beyond(_) := false

beyond(policy) if {
	policy.within != null
	conditions.value(policy.within) != 2
}

# A requirement is met only when it certainly is.
default unmet := false

unmet if {
	some j in judged
	j.policy.effect == "require"
	not j.exempt
	j.value != 2
}

default has_allow := false

has_allow if {
	some j in judged
	j.policy.effect == "allow"
}

default policy_allows := false

policy_allows if {
	some j in judged
	j.policy.effect == "allow"
	j.value == 2
}

default allow_holds := false

allow_holds if policy_allows

allow_holds if granted

authenticated if input.identity.kind in {"user", "service"}

reason := "policy_unreadable" if {
	unreadable_policy
} else := "denied_by_policy" if {
	denied
} else := "outside_limit" if {
	outside
} else := "requirement_not_met" if {
	unmet
} else := "level_internal" if {
	input.dataset.access_level == "internal"
	not authenticated
} else := "level_restricted" if {
	input.dataset.access_level == "restricted"
	not authenticated
} else := "level_restricted" if {
	input.dataset.access_level == "restricted"
	not has_allow
	not granted
} else := "no_allow_matches" if {
	has_allow
	not allow_holds
} else := "allowed" if {
	input.dataset.access_level in {"open", "internal", "restricted"}
} else := "not_exposed"

allow := reason == "allowed"

# Open datasets are discoverable by all, internal ones by authenticated identities, restricted ones by those who may read them
# and by those authenticated whom a policy names.
default discoverable := false

discoverable if input.dataset.access_level == "open"

discoverable if {
	input.dataset.access_level == "internal"
	authenticated
}

discoverable if {
	input.dataset.access_level == "restricted"
	authenticated
	some j in judged
	j.policy.effect == "discover"
	j.value == 2
}

discoverable if allow

# --- reasons ---------------------------------------------------------------------------------------------------------

level_because := "open: anyone" if {
	input.dataset.access_level == "open"
} else := "internal: authenticated" if {
	input.dataset.access_level == "internal"
	authenticated
} else := "internal: not authenticated" if {
	input.dataset.access_level == "internal"
} else := "restricted: not authenticated" if {
	input.dataset.access_level == "restricted"
	not authenticated
} else := "restricted: an allow policy holds" if {
	input.dataset.access_level == "restricted"
	policy_allows
} else := "restricted: a grant holds" if {
	input.dataset.access_level == "restricted"
	granted
} else := "restricted: no allow policy holds" if {
	input.dataset.access_level == "restricted"
} else := "no access level"

policy_reasons := [policy_reason(j) |
	some j in judged
	not irrelevant(j)
]

# A denial that does not concern the identity says nothing about the answer.
default irrelevant(_) := false

irrelevant(j) if {
	j.policy.effect in {"deny", "limit"}
	not j.exempt
	j.value == 0
}

irrelevant(j) if {
	j.policy.effect == "break_glass"
	not broken_glass[j.policy.id]
}

policy_reason(j) := {
	"policy": j.policy.id,
	"effect": shown_effect(j),
	"because": because(j),
	"source": object.get(j.policy, "source", null),
}

shown_effect(j) := "exempt" if {
	j.exempt
} else := "exempt" if {
	lifted_rows(j.policy)
} else := j.policy.effect

because(j) := conditions.explain(j.policy.unless) if {
	exempt_by_condition(j.policy)
} else := concat("", ["break_glass ", concat(", ", sort(object.keys(broken_glass)))]) if {
	j.exempt
} else := concat("", ["grant ", concat(", ", sort(object.keys(lifts[j.policy.id])))]) if {
	lifted_rows(j.policy)
} else := concat("", [conditions.explain(j.policy.who), ": ", j.policy.reason]) if {
	j.policy.effect == "break_glass"
} else := concat("", ["outside its hours or networks: ", conditions.explain(j.policy.within)]) if {
	j.policy.effect == "limit"
	beyond(j.policy)
} else := conditions.explain(j.policy.who) if {
	j.policy.effect in {"allow", "require", "deny", "discover", "limit"}
} else := stands(j.policy)

# Why a mask or a row filter applies.
stands(policy) := "everyone" if {
	policy.unless == null
} else := concat("", ["not exempt: ", conditions.explain(policy.unless)])
