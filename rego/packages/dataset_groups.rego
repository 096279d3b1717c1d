# Groups per dataset: `dataset:gold.members:read` lets its members read gold.members; `dataset:gold.*:read` all of gold.
package packages.dataset_groups

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
