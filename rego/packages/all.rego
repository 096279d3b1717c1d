# All four together: a dataset is read where each of them lets it.
package sluice.packages.all

import data.sluice.packages.community_scoping
import data.sluice.packages.dataset_groups
import data.sluice.packages.namespace_gating
import data.sluice.packages.service_capability
import rego.v1

answers := [
	service_capability.decision,
	community_scoping.decision,
	namespace_gating.decision,
	dataset_groups.decision,
]

refused := [answer | some answer in answers; answer.allow != true]

decision := {"allow": true, "reason": "allowed"} if {
	count(refused) == 0
} else := refused[0]

# Instead of the default decision: /v1/data/sluice/packages/all/batch
batch := [answer |
	some item in input.batch
	answer := data.sluice.packages.all.decision with input as item
]

# In front of it: /v1/data/sluice/packages/all/in_front
in_front := [answer |
	some item in input.batch
	answer := data.sluice.packages.all.first with input as item
]

# What the package refuses stays refused; for the rest the policies of the gate decide.
first := decision if {
	decision.allow != true
} else := data.sluice.decision
