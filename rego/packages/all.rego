# All four together: a dataset is read where each of them lets it. An example for a bundle of one's own; the gate calls
# `sluice/batch`, so such a bundle brings this along (and not rego/sluice), with the groups of its namespaces as a rule:
#
#     package sluice
#     batch := [answer | some item in input.batch; answer := data.packages.all.decision with input as item]
#
#     package namespace_gating
#     groups := {"gold": ["employees"]}
package packages.all

import data.packages.community_scoping
import data.packages.dataset_groups
import data.packages.namespace_gating
import data.packages.service_capability
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
