package sluice_test

import data.sluice
import rego.v1

user := {
	"sub": "u",
	"kind": "user",
	"display_name": null,
	"groups": ["staff"],
	"roles": [],
	"scopes": [],
	"attributes": {"regions": ["north"]},
	"issuer": "https://login.example.com",
}

anonymous := {
	"sub": "anonymous",
	"kind": "anonymous",
	"display_name": null,
	"groups": [],
	"roles": [],
	"scopes": [],
	"attributes": {},
	"issuer": null,
}

item(level, identity, policies) := {
	"action": "query",
	"dataset": {
		"dataset_id": "gold.members",
		"namespace": "gold",
		"access_level": level,
		"tags": [],
		"columns": [{"name": "email", "type": "VARCHAR", "tags": ["pii.email"], "state": "documented"}],
		"owner": null,
		"resource_type": "model",
		"policies": policies,
	},
	"identity": identity,
	"request": {"sql_tables": [], "columns": [], "limit": null, "offset": null, "formats": []},
	"context": {"project": null, "purpose": null, "environment": "production", "client_ip": null, "grants": []},
}

group(name) := {"fact": "group", "value": name, "negated": false}

policy(id, effect, who, unless) := {
	"id": id,
	"description": "",
	"effect": effect,
	"who": who,
	"unless": unless,
	"source": {"file": "p.yml", "line": 1},
}

mask(id, kind, depth) := {
	"id": id,
	"description": "",
	"effect": "mask",
	"mask": {"kind": kind},
	"columns": [{"name": "email", "depth": depth}],
	"unless": null,
	"source": {"file": "p.yml", "line": 1},
}

rows(id) := {
	"id": id,
	"description": "",
	"effect": "rows",
	"predicate": {"kind": "true"},
	"unless": [[group("officers")]],
	"source": {"file": "p.yml", "line": 1},
}

decide(level, identity, policies) := decision if {
	decision := sluice.decision with input as item(level, identity, policies)
}

reason(level, identity, policies) := decide(level, identity, policies).reason

# --- deny by default

test_nothing_is_denied if {
	decision := sluice.decision with input as {}
	decision == {"allow": false, "reason": "input_invalid"}
}

test_unknown_level if reason("secret", user, []) == "not_exposed"

test_policies_missing if {
	decision := sluice.decision with input as json.remove(item("open", user, []), ["/dataset/policies"])
	decision.reason == "policy_unreadable"
}

test_effect_unknown if reason("open", user, [policy("p", "limit", [[]], null)]) == "policy_unreadable"

test_identity_missing if {
	decision := sluice.decision with input as json.remove(item("internal", user, []), ["/identity"])
	decision.reason == "level_internal"
}

# --- levels

test_open_anonymous if reason("open", anonymous, []) == "allowed"

test_internal_anonymous if reason("internal", anonymous, []) == "level_internal"

test_internal_user if reason("internal", user, []) == "allowed"

test_restricted_user if reason("restricted", user, []) == "level_restricted"

test_restricted_allowed if reason("restricted", user, [policy("a", "allow", [[group("staff")]], null)]) == "allowed"

test_restricted_anonymous_never if {
	reason("restricted", anonymous, [policy("a", "allow", [[]], null)]) == "level_restricted"
}

test_discoverable if {
	decide("open", anonymous, []).discoverable
	not decide("internal", anonymous, []).discoverable
	decide("internal", user, [policy("d", "deny", [[]], null)]).discoverable
	not decide("restricted", user, []).discoverable
}

# --- allow, require, deny

test_allow_closes_open if {
	reason("open", user, [policy("a", "allow", [[group("others")]], null)]) == "no_allow_matches"
}

test_deny_wins if {
	reason("open", user, [
		policy("a", "allow", [[]], null),
		policy("d", "deny", [[group("staff")]], null),
	]) == "denied_by_policy"
}

test_deny_of_others if reason("open", user, [policy("d", "deny", [[group("others")]], null)]) == "allowed"

test_deny_exempt if reason("open", user, [policy("d", "deny", [[]], [[group("staff")]])]) == "allowed"

test_require_unmet if reason("open", user, [policy("r", "require", [[group("others")]], null)]) == "requirement_not_met"

test_require_met if reason("open", user, [policy("r", "require", [[group("staff")]], null)]) == "allowed"

test_unknown_denies_and_never_exempts if {
	unknown := {"fact": "attribute", "name": "cleared", "value": true, "negated": false}
	every negated in [true, false] {
		literal := object.union(unknown, {"negated": negated})
		reason("open", user, [policy("d", "deny", [[literal]], null)]) == "denied_by_policy"
		reason("open", user, [policy("d", "deny", [[]], [[literal]])]) == "denied_by_policy"
		reason("open", user, [policy("r", "require", [[literal]], null)]) == "requirement_not_met"
		reason("open", user, [policy("a", "allow", [[literal]], null)]) == "no_allow_matches"
	}
}

# --- masks and rows

test_strictest_mask if {
	order := {"hide": "null", "null": "constant", "constant": "custom", "custom": "hash", "hash": "tokenise", "tokenise": "regex", "regex": "partial", "partial": "bucket", "bucket": "round", "round": "truncate_date"}
	every stricter, weaker in order {
		decision := decide("open", user, [mask("a", weaker, 9), mask("b", stricter, 0)])
		winners := {m.policy | some m in decision.masks} | {"b" | some _ in decision.hidden}
		winners == {"b"}
	}
}

test_deeper_tag if decide("open", user, [mask("a", "hash", 1), mask("b", "hash", 2)]).masks.email.policy == "b"

test_first_id if decide("open", user, [mask("b", "hash", 1), mask("a", "hash", 1)]).masks.email.policy == "a"

test_hide_is_no_mask if {
	decision := decide("open", user, [mask("a", "hide", 1)])
	decision.hidden == ["email"]
	decision.masks == {}
}

test_rows_all_stand if {
	[r.policy | some r in decide("open", user, [rows("a"), rows("b")]).rows] == ["a", "b"]
}

test_rows_exempt if {
	officer := object.union(user, {"groups": ["officers"]})
	decide("open", officer, [rows("a")]).rows == []
}

# --- the shim

test_batch_keeps_the_order if {
	answers := sluice.batch with input as {"batch": [item("restricted", user, []), {}, item("open", user, [])]}
	[a.reason | some a in answers] == ["level_restricted", "input_invalid", "allowed"]
}

test_batch_without_items if {
	answers := sluice.batch with input as {}
	answers == []
}

test_reasons_name_their_source if {
	decide("open", user, [policy("d", "deny", [[group("staff")]], null)]).reasons[1] == {
		"policy": "d",
		"effect": "deny",
		"because": "group = staff",
		"source": {"file": "p.yml", "line": 1},
	}
}
