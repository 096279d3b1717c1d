# Limits: every one whose exemption fails and that is for the identity, or might be, applies; of several the tightest of each.
package sluice

import rego.v1

lowest := {"max_rows", "max_scan_rows", "timeout", "max_joins"}

common := {"join_with", "formats"}

known_limits := (lowest | common) | {"require_filter", "explicit_columns", "cross_join", "aggregate_only"}

applying_limits := [j |
	some j in judged
	j.policy.effect == "limit"
	not j.exempt
	j.value != 0
]

limits := object.union_n([lowest_limits, common_limits, required_filters, explicit_columns, no_cross_join, rooms])

lowest_limits[key] := min(given) if {
	some key in lowest
	given := {j.policy.limits[key] | some j in applying_limits}
	count(given) > 0
}

# What each of them permits; where they have nothing in common, nothing is.
common_limits[key] := sort(permitted) if {
	some key in common
	given := [j.policy.limits[key] | some j in applying_limits]
	count(given) > 0
	permitted := {word |
		some word in given[0]
		every list in given {
			word in list
		}
	}
}

required_filters["require_filter"] := sort(columns) if {
	columns := {column |
		some j in applying_limits
		some column in j.policy.limits.require_filter
	}
	count(columns) > 0
}

explicit_columns["explicit_columns"] if {
	some j in applying_limits
	j.policy.limits.explicit_columns
}

no_cross_join["cross_join"] := false if {
	some j in applying_limits
	j.policy.limits.cross_join == false
}

# The rules of every clean room that it stands in: all of them hold together.
rooms["aggregate_only"] := given if {
	given := [rules |
		some j in applying_limits
		some rules in listed(j.policy.limits.aggregate_only)
	]
	count(given) > 0
}

# What is no list of rules is told as it is: whoever reads it denies.
listed(given) := given if {
	is_array(given)
	count(given) > 0
} else := [given]
