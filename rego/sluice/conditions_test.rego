package sluice.conditions_test

import data.sluice.conditions
import rego.v1

identity := {
	"sub": "ada",
	"kind": "user",
	"groups": ["staff"],
	"roles": ["analyst"],
	"scopes": ["read"],
	"attributes": {"region": "north", "level": 3, "cleared": false, "regions": ["north", "south"], "none": [], "blank": "", "odd": ["north", 1]},
	"issuer": "https://login.example.com",
}

circumstances := {
	"project": "churn",
	"purpose": null,
	"environment": "production",
	"networks": ["10.0.0.0/8"],
	"hours": [],
}

asked := {"identity": identity, "context": circumstances}

literal(fact, value) := {"fact": fact, "value": value, "negated": false}

attribute(name, value) := {"fact": "attribute", "name": name, "value": value, "negated": false}

value(l) := result if {
	result := conditions.value([[l]]) with input as asked
}

test_facts_that_hold if {
	every l in [
		literal("group", "staff"),
		literal("role", "analyst"),
		literal("scope", "read"),
		literal("kind", "user"),
		literal("sub", "ada"),
		literal("issuer", "https://login.example.com"),
		literal("project", "churn"),
		literal("environment", "production"),
		literal("network", "10.0.0.0/8"),
		attribute("region", "north"),
		attribute("level", 3),
		attribute("cleared", false),
		attribute("regions", "south"),
		attribute("odd", 1),
	] {
		value(l) == 2
		value(object.union(l, {"negated": true})) == 0
	}
}

test_facts_that_do_not if {
	every l in [
		literal("group", "others"),
		literal("role", "staff"),
		literal("scope", "write"),
		literal("kind", "service"),
		literal("sub", "bob"),
		literal("issuer", "https://other.example.com"),
		literal("project", "fraud"),
		literal("purpose", "fraud"),
		literal("environment", "sandbox"),
		literal("network", "192.168.0.0/16"),
		literal("hours", "mon 08:00-18:00 UTC"),
		attribute("region", "south"),
		attribute("cleared", true),
		attribute("regions", "east"),
	] {
		value(l) == 0
		value(object.union(l, {"negated": true})) == 2
	}
}

test_facts_that_nobody_knows if {
	every l in [
		literal("weather", "fair"),
		attribute("clearance", "high"),
		attribute("level", "3"),
		attribute("none", "north"),
		attribute("blank", "north"),
		attribute("odd", "south"),
	] {
		value(l) == 1
		value(object.union(l, {"negated": true})) == 1
	}
}

test_nothing_is_known_of_nobody if {
	every fact in ["group", "role", "scope", "kind", "sub", "issuer", "project", "purpose", "environment", "network", "hours"] {
		every negated in [true, false] {
			l := object.union(literal(fact, "x"), {"negated": negated})
			conditions.value([[l]]) == 1 with input as {}
			conditions.value([[l]]) == 1 with input as {"identity": {}, "context": {}}
		}
	}
}

test_an_address_that_is_not_known if {
	conditions.value([[literal("network", "10.0.0.0/8")]]) == 1 with input as {"context": {"networks": null}}
}

test_facts_of_another_type if {
	conditions.value([[literal("kind", "user")]]) == 1 with input as {"identity": {"kind": 1}}
	conditions.value([[literal("group", "user")]]) == 1 with input as {"identity": {"groups": "user"}}
}

test_nested_values if {
	yes := literal("group", "staff")
	no := literal("group", "others")
	unknown := attribute("clearance", "high")
	every expected in [
		[[], 0],
		[[[]], 2],
		[[[yes, no]], 0],
		[[[yes, unknown]], 1],
		[[[no, unknown]], 0],
		[[[no], [unknown]], 1],
		[[[unknown], [yes]], 2],
	] {
		conditions.value(expected[0]) == expected[1] with input as asked
	}
}

test_what_is_no_condition_is_unknown if {
	conditions.value("everyone") == 1
	conditions.value(["everyone"]) == 1
	conditions.value([[{"fact": "group", "value": "staff"}]]) == 1 with input as asked
	conditions.value([["everyone"]]) == 1
}

test_explanations if {
	yes := literal("group", "staff")
	unknown := attribute("clearance", "high")
	conditions.explain([[yes, object.union(attribute("level", 4), {"negated": true})]]) == "group = staff and not attribute level = 4" with input as asked
	conditions.explain([[]]) == "everyone" with input as asked
	conditions.explain([[unknown], [literal("hours", "x"), unknown]]) == "unknown: attribute clearance" with input as asked
	conditions.explain([[literal("group", "others")]]) == "not met" with input as asked
}

test_of_somebody_assumed_only_what_is_certain_is_known if {
	assumed := [
		literal("group", "staff"),
		object.union(literal("role", "steward"), {"negated": true}),
		literal("sub", "ada"),
		attribute("region", "north"),
	]
	someone := object.union(asked, {"identity": object.union(identity, {"assumed": assumed, "kind": "user"})})
	every expected in [
		[literal("group", "staff"), 2],
		[literal("group", "others"), 1],
		[literal("role", "steward"), 0],
		[literal("role", "analyst"), 1],
		[literal("scope", "read"), 1],
		[literal("sub", "ada"), 2],
		[literal("sub", "bob"), 0],
		[literal("issuer", "https://login.example.com"), 1],
		[attribute("region", "north"), 2],
		[attribute("region", "south"), 1],
		[attribute("level", 3), 1],
		[literal("kind", "user"), 2],
		[literal("kind", "service"), 0],
		[literal("project", "churn"), 2],
		[literal("purpose", "churn"), 0],
	] {
		conditions.value([[expected[0]]]) == expected[1] with input as someone
		negated := object.union(expected[0], {"negated": true})
		conditions.value([[negated]]) == 2 - expected[1] with input as someone
	}
}
