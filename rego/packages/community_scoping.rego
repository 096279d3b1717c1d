# Community scoping: a dataset that is tagged `community:alpha` is for members of the group `community:alpha`. Where it is of
# several communities, a reader is of each of them; where it is of none, it is not this package that closes it.
package sluice.packages.community_scoping

import rego.v1

default allow := false

allow if {
	is_array(input.dataset.tags)
	is_array(input.identity.groups)
	every community in communities {
		community in input.identity.groups
	}
}

communities contains tag if {
	some tag in input.dataset.tags
	startswith(tag, "community:")
}

decision := {"allow": allow, "reason": reason}

reason := "allowed" if {
	allow
} else := "another_community"

# Instead of the default decision: /v1/data/sluice/packages/community_scoping/batch
batch := [answer |
	some item in input.batch
	answer := data.sluice.packages.community_scoping.decision with input as item
]

# In front of it: /v1/data/sluice/packages/community_scoping/in_front
in_front := [answer |
	some item in input.batch
	answer := data.sluice.packages.community_scoping.first with input as item
]

# What the package refuses stays refused; for the rest the policies of the gate decide.
first := decision if {
	decision.allow != true
} else := data.sluice.decision
