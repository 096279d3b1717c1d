package packages_test

import data.packages.all
import data.packages.community_scoping
import data.packages.dataset_groups
import data.packages.namespace_gating
import data.packages.service_capability
import rego.v1

item(identity, dataset) := {
	"identity": object.union({"kind": "user", "groups": [], "roles": [], "scopes": []}, identity),
	"dataset": object.union({"dataset_id": "gold.members", "namespace": "gold", "tags": []}, dataset),
}

gates := {"gold": ["employees"], "bronze": ["engineers", "officers"]}

gated(identity, dataset) := answer if {
	answer := namespace_gating.decision with input as item(identity, dataset) with data.namespace_gating.groups as gates
}

test_namespace_of_the_group if gated({"groups": ["employees"]}, {}) == {"allow": true, "reason": "allowed"}

test_one_of_the_groups if gated({"groups": ["officers"]}, {"namespace": "bronze"}).allow

test_namespace_of_others if gated({"groups": ["employees"]}, {"namespace": "bronze"}) == {"allow": false, "reason": "namespace_closed"}

test_namespace_that_is_not_listed if not gated({"groups": ["employees"]}, {"namespace": "silver"}).allow

test_no_groups_at_all if not gated({"groups": null}, {}).allow

test_no_gates_at_all if {
	answer := namespace_gating.decision with input as item({"groups": ["employees"]}, {})
	not answer.allow
}

by_group(groups, dataset) := answer if {
	answer := dataset_groups.decision with input as item({"groups": groups}, dataset)
}

test_the_group_of_the_dataset if by_group(["dataset:gold.members:read"], {}).allow

test_the_group_of_its_namespace if by_group(["dataset:gold.*:read"], {}).allow

test_the_group_of_another_dataset if {
	by_group(["dataset:gold.tariffs:read", "dataset:gold.members:write", "dataset:*:read"], {}) == {"allow": false, "reason": "no_group_of_the_dataset"}
}

test_a_star_is_no_name if not by_group(["dataset:gold.members:read"], {"dataset_id": "gold.*", "namespace": "silver"}).allow

test_no_dataset if not by_group(["dataset:<nil>:read"], {"dataset_id": null, "namespace": null}).allow

in_community(groups, tags) := answer if {
	answer := community_scoping.decision with input as item({"groups": groups}, {"tags": tags})
}

test_the_own_community if in_community(["community:alpha"], ["energy", "community:alpha"]).allow

test_another_community if in_community(["community:beta"], ["community:alpha"]) == {"allow": false, "reason": "another_community"}

test_one_of_two_communities if not in_community(["community:alpha"], ["community:alpha", "community:beta"]).allow

test_no_community if in_community([], ["energy"]).allow

test_tags_that_cannot_be_read if not in_community(["community:alpha"], null).allow

capable(identity) := answer if {
	answer := service_capability.decision with input as item(identity, {})
}

test_a_service_that_may if capable({"kind": "service", "roles": ["service"], "scopes": ["dataset:query"]}).allow

test_a_service_without_scope if {
	capable({"kind": "service", "roles": ["service"]}) == {"allow": false, "reason": "service_without_capability"}
}

test_a_service_without_role if not capable({"kind": "service", "scopes": ["dataset:query"]}).allow

test_people if {
	capable({"kind": "user"}).allow
	capable({"kind": "anonymous"}).allow
}

test_another_kind if not capable({"kind": "robot"}).allow

together(identity, dataset) := answer if {
	answer := all.decision with input as item(identity, dataset) with data.namespace_gating.groups as gates
}

test_all_of_them if together({"groups": ["employees", "dataset:gold.*:read"]}, {}) == {"allow": true, "reason": "allowed"}

test_one_refuses if together({"groups": ["employees"]}, {}) == {"allow": false, "reason": "no_group_of_the_dataset"}

test_nothing if {
	answer := all.decision with input as {}
	answer == {"allow": false, "reason": "service_without_capability"}
}
