# Namespace gating: who may read the datasets of a namespace, by groups. Namespaces that are not listed are closed. The groups are
# data of the operator's: {"namespace_gating": {"groups": {"gold": ["employees"], "bronze": ["data-engineers"]}}}
package sluice.packages.namespace_gating

import rego.v1

default allow := false

allow if {
	some group in data.namespace_gating.groups[input.dataset.namespace]
	group in input.identity.groups
}

decision := {"allow": allow, "reason": reason}

reason := "allowed" if {
	allow
} else := "namespace_closed"

# Instead of the default decision: /v1/data/sluice/packages/namespace_gating/batch
batch := [answer |
	some item in input.batch
	answer := data.sluice.packages.namespace_gating.decision with input as item
]

# In front of it: /v1/data/sluice/packages/namespace_gating/in_front
in_front := [answer |
	some item in input.batch
	answer := data.sluice.packages.namespace_gating.first with input as item
]

# What the package refuses stays refused; for the rest the policies of the gate decide.
first := decision if {
	decision.allow != true
} else := data.sluice.decision
