package sluice.limits_test

import data.sluice
import data.sluice_test.anonymous
import data.sluice_test.decide
import data.sluice_test.group
import data.sluice_test.item
import data.sluice_test.policy
import data.sluice_test.user
import rego.v1

limit(id, who, limits) := object.union(policy(id, "limit", who, null), {"limits": limits, "within": null})

within(dnf) := object.union(limit("l", [[]], {}), {"within": dnf})

inside := [[{"fact": "network", "value": "10.0.0.0/8", "negated": false}]]

test_none if decide("open", user, []).limits == {}

test_one if decide("open", user, [limit("a", [[]], {"max_rows": 5})]).limits == {"max_rows": 5}

test_the_tightest if {
	decide("open", user, [
		limit("a", [[]], {"max_rows": 5, "max_scan_rows": 50, "timeout": 9, "max_joins": 0, "formats": ["json", "csv"], "join_with": ["gold"]}),
		limit("b", [[]], {"max_rows": 6, "max_scan_rows": 40, "timeout": 8, "max_joins": 1, "formats": ["csv"], "join_with": ["silver"]}),
	]).limits == {"max_rows": 5, "max_scan_rows": 40, "timeout": 8, "max_joins": 0, "formats": ["csv"], "join_with": []}
}

test_demands_of_all if {
	decide("open", user, [
		limit("a", [[]], {"require_filter": ["b"], "explicit_columns": true}),
		limit("b", [[]], {"require_filter": ["a", "b"], "cross_join": false}),
	]).limits == {"require_filter": ["a", "b"], "explicit_columns": true, "cross_join": false}
}

test_to_others if decide("open", user, [limit("a", [[group("others")]], {"max_rows": 5})]).limits == {}

test_unknown_is_limited if {
	unknown := {"fact": "attribute", "name": "external", "value": true, "negated": false}
	decide("open", user, [limit("a", [[unknown]], {"max_rows": 5})]).limits == {"max_rows": 5}
}

test_exempt if {
	exempting := object.union(limit("a", [[]], {"max_rows": 5}), {"unless": [[group("staff")]]})
	decide("open", user, [exempting]).limits == {}
}

test_outside if {
	asked := object.union(item("open", user, [within(inside)]), {"context": {"networks": []}})
	decision := sluice.decision with input as asked
	decision.reason == "outside_limit"
	decision.reasons[1].because == "outside its hours or networks: not met"
}

test_inside if {
	asked := object.union(item("open", user, [within(inside)]), {"context": {"networks": ["10.0.0.0/8"]}})
	decision := sluice.decision with input as asked
	decision.allow
	decision.reasons[1].because == "everyone"
}

test_nowhere_is_outside if decide("open", user, [within(inside)]).reason == "outside_limit"

test_a_limit_that_cannot_be_read if {
	every limits in ["none", {"max_rows": 5, "max_columns": 1}] {
		decide("open", user, [limit("a", [[]], limits)]).reason == "policy_unreadable"
	}
	decide("open", user, [within("always")]).reason == "policy_unreadable"
}

# --- discovery

test_discover if {
	decide("restricted", user, [policy("d", "discover", [[group("staff")]], null)]).discoverable
	not decide("restricted", user, [policy("d", "discover", [[group("others")]], null)]).discoverable
	not decide("restricted", anonymous, [policy("d", "discover", [[]], null)]).discoverable
	not decide("internal", anonymous, [policy("d", "discover", [[]], null)]).discoverable
}

# --- emergencies

glass(expires) := object.union(
	policy("g", "break_glass", [[group("staff")]], null),
	{"reason": "incident", "expires": expires},
)

at(epoch, policies) := decision if {
	asked := object.union(item("open", user, policies), {"context": {"time": {"epoch": epoch}}})
	decision := sluice.decision with input as asked
}

closed := policy("d", "deny", [[]], null)

test_glass_holds_until_it_expires if {
	at(99, [closed, glass(100)]).allow
	at(99, [closed, glass(100)]).expires_at == 100
	at(100, [closed, glass(100)]).reason == "denied_by_policy"
	at(100, [closed, glass(100)]).expires_at == null
}

test_glass_is_on_record if {
	[r.because | some r in at(99, [closed, glass(100)]).reasons] == ["open: anyone", "break_glass g", "group = staff: incident"]
	[r.effect | some r in at(99, [closed, glass(100)]).reasons] == ["level", "exempt", "break_glass"]
	count(at(100, [closed, glass(100)]).reasons) == 2
}

test_glass_needs_a_clock if {
	every epoch in [null, "1", false] {
		at(epoch, [closed, glass(100)]).reason == "denied_by_policy"
	}
	decide("open", user, [closed, glass(100)]).reason == "denied_by_policy"
}

test_glass_that_cannot_be_read if at(1, [glass("never")]).reason == "policy_unreadable"

test_glass_leaves_requirements if at(1, [policy("r", "require", [[group("others")]], null), glass(100)]).reason == "requirement_not_met"

test_rooms_add_up if {
	[first, second] := [{"room": "a", "min_group_size": 5}, {"room": "b", "min_group_size": 9}]
	decide("open", user, [
		limit("a", [[]], {"aggregate_only": [first]}),
		limit("b", [[]], {"aggregate_only": [second]}),
		limit("c", [[group("others")]], {"aggregate_only": [{"room": "c"}]}),
	]).limits == {"aggregate_only": [first, second]}
}

test_rooms_that_are_none_stay if {
	decide("open", user, [limit("a", [[]], {"aggregate_only": []})]).limits == {"aggregate_only": [[]]}
	decide("open", user, [limit("a", [[]], {"aggregate_only": "x"})]).limits == {"aggregate_only": ["x"]}
}
