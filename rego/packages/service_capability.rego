# Service capability: a service reads with the role `service` and the scope `dataset:query`. People are not this package's concern.
package packages.service_capability

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
