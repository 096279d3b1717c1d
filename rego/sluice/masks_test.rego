# Masks of some rows, own masks and their places, and tokens that may be reversed.
package sluice_test

import rego.v1

eu := {
	"kind": "compare",
	"op": "=",
	"left": {"kind": "column", "name": "region"},
	"right": {"kind": "literal", "value": "EU"},
}

some_rows(policy) := object.union(policy, {"where": eu})

spec(id, mask_spec) := object.union(mask(id, mask_spec.kind, 1), {"mask": mask_spec})

tokens(id, reveal) := spec(id, {"kind": "tokenise", "scope": "dataset", "reveal": reveal})

test_some_rows_alone if {
	decision := decide("open", user, [some_rows(mask("a", "hash", 1))])
	decision.masks.email == {
		"policy": null,
		"mask": null,
		"when": [{"policy": "a", "mask": {"kind": "hash"}, "where": eu}],
	}
}

test_some_rows_beside_all if {
	decision := decide("open", user, [mask("a", "partial", 1), some_rows(mask("b", "hash", 1)), some_rows(mask("c", "null", 1))])
	decision.masks.email.policy == "a"
	[one.policy | some one in decision.masks.email.when] == ["c", "b"]
}

test_weaker_some_rows_say_nothing if {
	decision := decide("open", user, [mask("a", "hash", 1), some_rows(mask("b", "partial", 1))])
	decision.masks.email == {"policy": "a", "mask": {"kind": "hash"}}
}

test_hidden_in_some_rows_is_null_there if {
	decision := decide("open", user, [some_rows(mask("a", "hide", 1))])
	decision.hidden == []
	decision.masks.email.when[0].mask == {"kind": "null"}
}

test_hidden_whatever_holds_for_some if {
	decision := decide("open", user, [mask("a", "hide", 1), some_rows(mask("b", "null", 1))])
	decision.hidden == ["email"]
	decision.masks == {}
}

test_unreadable_rows if {
	broken := object.union(mask("a", "hash", 1), {"where": {}})
	decide("open", user, [broken]).reason == "policy_unreadable"
}

test_own_mask_ranks_where_it_says if {
	own := spec("a", {"kind": "custom", "expression": "value", "rank": 7.5})
	decide("open", user, [own, mask("b", "partial", 1)]).masks.email.policy == "b"
	decide("open", user, [own, mask("b", "bucket", 1)]).masks.email.policy == "a"
}

test_own_mask_without_a_place_ranks_after_constant if {
	own := spec("a", {"kind": "custom", "expression": "value"})
	decide("open", user, [own, mask("b", "constant", 1)]).masks.email.policy == "b"
	decide("open", user, [own, mask("b", "hash", 1)]).masks.email.policy == "a"
}

test_own_mask_never_hides if {
	own := spec("a", {"kind": "custom", "expression": "value", "rank": -1})
	decide("open", user, [own]).masks.email.policy == "a"
}

test_unknown_mask_hides if decide("open", user, [mask("a", "later", 1)]).hidden == ["email"]

test_tokens_for_whom_the_policy_names if {
	decide("open", user, [tokens("a", [[group("staff")]])]).reveals == {"email": {{"policy": "a", "scope": "dataset"}}}
	decide("open", user, [tokens("a", [[group("other")]])]).reveals == {}
	decide("open", user, [tokens("a", null)]).reveals == {}
}

test_tokens_of_what_is_masked_otherwise_are_kept if {
	decide("open", user, [tokens("a", [[group("staff")]]), mask("b", "partial", 1)]).reveals == {}
	decide("open", user, [tokens("a", [[group("staff")]]), some_rows(mask("b", "partial", 1))]).reveals == {}
}
