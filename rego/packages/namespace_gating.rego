# Namespace gating: who may read the datasets of a namespace, by groups. Namespaces that are not listed are closed.
#
#     package namespace_gating
#     groups := {"gold": ["employees"], "bronze": ["data-engineers"]}
package packages.namespace_gating

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
