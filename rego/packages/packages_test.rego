package sluice.packages_test

import data.sluice.packages.all
import data.sluice.packages.community_scoping
import data.sluice.packages.dataset_groups
import data.sluice.packages.namespace_gating
import data.sluice.packages.service_capability
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

# --- as the gate asks: a batch, with the package instead of the default decision or in front of it -------------------

# The default decision lets both of them be read.
full(over, dataset) := object.union_n([
	item(over, dataset),
	{"dataset": object.union({"dataset_id": "gold.members", "namespace": "gold", "tags": [], "access_level": "open", "columns": [], "policies": []}, dataset)},
	{"context": {"time": {"epoch": 0}, "grants": []}},
])

ordinary := full({"groups": ["employees", "dataset:gold.*:read", "community:alpha"]}, {"tags": ["community:alpha"]})

stranger := full({"kind": "service", "groups": []}, {"namespace": "bronze", "tags": ["community:beta"]})

asked := {"batch": [ordinary, stranger, ordinary]}

instead contains [name, [answer.allow | some answer in answers]] if {
	some name in {"all", "community_scoping", "dataset_groups", "namespace_gating", "service_capability"}
	answers := data.sluice.packages[name].batch with input as asked with data.namespace_gating.groups as gates
}

in_front contains [name, [answer.allow | some answer in answers]] if {
	some name in {"all", "community_scoping", "dataset_groups", "namespace_gating", "service_capability"}
	answers := data.sluice.packages[name].in_front with input as asked with data.namespace_gating.groups as gates
}

test_each_answers_a_batch_in_its_order if {
	{answers | some [_, answers] in instead} == {[true, false, true]}
	count(instead) == 5
}

test_each_stands_in_front_of_the_default if {
	{answers | some [_, answers] in in_front} == {[true, false, true]}
	count(in_front) == 5
}

test_what_a_package_lets_through_is_decided_by_the_policies if {
	[answer] := service_capability.in_front with input as {"batch": [ordinary]}
	answer.dataset_id == "gold.members"
	answer.reason == "allowed"
	answer.masks == {}
}

test_what_a_package_lets_through_the_policies_may_refuse if {
	closed := object.union(ordinary, {"dataset": {"access_level": "restricted"}})
	[answer] := service_capability.in_front with input as {"batch": [closed]}
	answer.allow == false
	answer.reason == "level_restricted"
}
