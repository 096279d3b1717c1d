# Groups per dataset: `dataset:gold.members:read` lets its members read gold.members; `dataset:gold.*:read` all of gold.
package sluice.packages.dataset_groups

import rego.v1

default allow := false

allow if {
	is_string(input.dataset.dataset_id)
	sprintf("dataset:%s:read", [input.dataset.dataset_id]) in input.identity.groups
}

allow if {
	is_string(input.dataset.namespace)
	sprintf("dataset:%s.*:read", [input.dataset.namespace]) in input.identity.groups
}

decision := {"allow": allow, "reason": reason}

reason := "allowed" if {
	allow
} else := "no_group_of_the_dataset"

# Instead of the default decision: /v1/data/sluice/packages/dataset_groups/batch
batch := [answer |
	some item in input.batch
	answer := data.sluice.packages.dataset_groups.decision with input as item
]

# In front of it: /v1/data/sluice/packages/dataset_groups/in_front
in_front := [answer |
	some item in input.batch
	answer := data.sluice.packages.dataset_groups.first with input as item
]

# What the package refuses stays refused; for the rest the policies of the gate decide.
first := decision if {
	decision.allow != true
} else := data.sluice.decision
