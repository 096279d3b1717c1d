package sluice_test

import data.sluice
import rego.v1

now := 1700000000

given(over) := object.union(
	{
		"id": "g1",
		"subject": {"sub": "u", "issuer": "https://login.example.com"},
		"kind": "access",
		"dataset": "gold.members",
		"project": null,
		"policies": [],
		"columns": [],
		"purpose": null,
		"until": now + 60,
		"request": "r1",
		"approvers": [],
	},
	over,
)

asked(level, policies, grants) := object.union(
	item(level, user, policies),
	{"context": {
		"project": null,
		"purpose": "billing",
		"environment": "production",
		"time": {"epoch": now, "minute_of_day": 600, "weekday": 1},
		"client_ip": null,
		"networks": null,
		"hours": [],
		"grants": grants,
	}},
)

answer(level, policies, grants) := decision if {
	decision := sluice.decision with input as asked(level, policies, grants)
}

hash_mask := {
	"id": "m", "effect": "mask", "unless": null, "mask": {"kind": "hash", "scope": "global"}, "where": null,
	"columns": [{"name": "email", "depth": 1, "tag": "pii"}],
}

row_filter := {
	"id": "f", "effect": "rows", "unless": null,
	"predicate": {"kind": "is_null", "arg": {"kind": "column", "name": "email"}, "negated": false},
}

test_access_until_its_end if {
	open := answer("restricted", [], [given({})])
	open.allow
	open.expires_at == now + 60
	open.reasons[0].because == "restricted: a grant holds"
	open.reasons[1] == {"policy": "g1", "effect": "grant", "because": "access, by request r1", "source": null}
	not answer("restricted", [], [given({"until": now})]).allow
}

test_what_is_not_for_this_dataset_person_or_purpose if {
	others := [
		{"dataset": "gold.other"}, {"purpose": "marketing"}, {"project": "p"}, {"until": "soon"}, {"id": 1},
		{"subject": {"sub": "u", "issuer": "https://other.example.com"}}, {"subject": {"sub": "v", "issuer": "https://login.example.com"}},
		{"kind": "lift"},
	]
	every other in others {
		not answer("restricted", [], [given(other)]).allow
	}
	answer("restricted", [], [given({"purpose": "billing"})]).allow
}

test_an_allow_that_holds_needs_none if {
	policies := [{"id": "a", "effect": "allow", "unless": null, "who": [[{"fact": "group", "value": "staff", "negated": false}]]}]
	answer("restricted", policies, [given({})]).expires_at == null
}

test_an_allow_that_does_not_hold if {
	policies := [{"id": "a", "effect": "allow", "unless": null, "who": [[{"fact": "group", "value": "other", "negated": false}]]}]
	answer("open", policies, [given({})]).allow
	not answer("open", policies, []).allow
}

test_a_lift_of_a_mask if {
	lift := given({"kind": "lift", "policies": ["m"], "columns": ["email"]})
	lifted := answer("internal", [hash_mask], [lift])
	lifted.masks == {}
	lifted.reasons[2].because == "lifts m, by request r1"
	kept := answer("internal", [hash_mask], [object.union(lift, {"columns": ["phone"]})])
	kept.masks.email.policy == "m"
	some_rows := object.union(hash_mask, {"where": {"kind": "true"}})
	count(answer("internal", [some_rows], []).masks.email.when) == 1
	answer("internal", [some_rows], [lift]).masks == {}
}

test_a_lift_of_a_row_filter if {
	lift := given({"kind": "lift", "policies": ["f"]})
	lifted := answer("internal", [row_filter], [lift])
	lifted.rows == []
	lifted.reasons[1].effect == "exempt"
	lifted.reasons[1].because == "grant g1"
	count(answer("internal", [row_filter], [given({})]).rows) == 1
}
