# Service capability: a service reads with the role `service` and the scope `dataset:query`. People are not this package's concern.
package sluice.packages.service_capability

import rego.v1

default allow := false

allow if input.identity.kind in {"user", "anonymous"}

allow if {
	input.identity.kind == "service"
	"service" in input.identity.roles
	"dataset:query" in input.identity.scopes
}

decision := {"allow": allow, "reason": reason}

reason := "allowed" if {
	allow
} else := "service_without_capability"

# Instead of the default decision: /v1/data/sluice/packages/service_capability/batch
batch := [answer |
	some item in input.batch
	answer := data.sluice.packages.service_capability.decision with input as item
]

# In front of it: /v1/data/sluice/packages/service_capability/in_front
in_front := [answer |
	some item in input.batch
	answer := data.sluice.packages.service_capability.first with input as item
]

# What the package refuses stays refused; for the rest the policies of the gate decide.
first := decision if {
	decision.allow != true
} else := data.sluice.decision
