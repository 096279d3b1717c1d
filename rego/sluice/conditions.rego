# Conditions in disjunctive normal form over a three-valued logic: 0 false, 1 unknown, 2 true.
# A missing fact is unknown, stays unknown under negation, and never counts as true.
package sluice.conditions

import rego.v1

# The value of a whole condition: [] is never true, [[]] always is.
default value(_) := 1

value(dnf) := max(array.concat([0], [conjunction(literals) | some literals in dnf])) if is_array(dnf)

default conjunction(_) := 1

conjunction(literals) := min(array.concat([2], [literal(l) | some l in literals])) if is_array(literals)

default literal(_) := 1

literal(l) := known(l) if l.negated == false

literal(l) := 2 - known(l) if l.negated == true

# Somebody who is only assumed stands for all of whom certain facts are true: whatever else is asked is unknown.
known(l) := assumed(l) if {
	is_array(input.identity.assumed)
	l.fact in {"group", "role", "scope", "sub", "issuer", "attribute"}
} else := fact(l)

assumed(l) := 2 if {
	some a in input.identity.assumed
	same_fact(a, l)
	a.negated == false
} else := 0 if {
	some a in input.identity.assumed
	same_fact(a, l)
	a.negated == true
} else := 0 if {
	# There is one of each, and it is another.
	l.fact in {"sub", "issuer"}
	some a in input.identity.assumed
	a.fact == l.fact
	a.negated == false
} else := 1

same_fact(a, l) if {
	a.fact == l.fact
	a.value == l.value
	object.get(a, "name", "") == object.get(l, "name", "")
}

# What the input says about one fact; anything it does not say is unknown.
default fact(_) := 1

fact(l) := member(input.identity.groups, l.value) if l.fact == "group"

fact(l) := member(input.identity.roles, l.value) if l.fact == "role"

fact(l) := member(input.identity.scopes, l.value) if l.fact == "scope"

fact(l) := same(input.identity.kind, l.value) if l.fact == "kind"

fact(l) := same(input.identity.sub, l.value) if l.fact == "sub"

fact(l) := optional(input.identity.issuer, l.value) if l.fact == "issuer"

fact(l) := optional(input.context.purpose, l.value) if l.fact == "purpose"

fact(l) := optional(input.context.project, l.value) if l.fact == "project"

fact(l) := same(input.context.environment, l.value) if l.fact == "environment"

# Of the networks and hours that policies name, the gate lists those that hold; where it cannot tell, there is no list.
fact(l) := member(input.context.networks, l.value) if l.fact == "network"

fact(l) := member(input.context.hours, l.value) if l.fact == "hours"

fact(l) := attribute(input.identity.attributes[l.name], l.value) if l.fact == "attribute"

member(list, wanted) := 2 if {
	is_array(list)
	wanted in list
} else := 0 if {
	is_array(list)
} else := 1

same(have, wanted) := 2 if {
	have == wanted
} else := 0 if {
	is_string(have)
} else := 1

# Null is a known absence: this request names no purpose, this identity has no issuer.
optional(have, wanted) := 0 if {
	is_null(have)
} else := same(have, wanted)

# Values of another type than the one asked for are not comparable, and an empty one says nothing: both unknown.
attribute(have, wanted) := 1 if {
	have in {"", []}
} else := 2 if {
	have == wanted
} else := 2 if {
	is_array(have)
	wanted in have
} else := 0 if {
	is_array(have)
	every item in have {
		type_name(item) == type_name(wanted)
	}
} else := 0 if {
	not is_array(have)
	type_name(have) == type_name(wanted)
} else := 1

# Why a condition has its value, for people: the alternative that holds, or the facts that were unknown, or nothing.
explain(dnf) := concat(" and ", [words(l) | some l in held]) if {
	held := [literals |
		some literals in dnf
		conjunction(literals) == 2
	][0]
	count(held) > 0
} else := "everyone" if {
	value(dnf) == 2
} else := concat("", ["unknown: ", concat(", ", doubts)]) if {
	value(dnf) == 1
	doubts := {name(l) |
		some literals in dnf
		some l in literals
		literal(l) == 1
	}
} else := "not met"

words(l) := concat("", [negation(l), name(l), " = ", shown(l.value)])

negation(l) := "not " if {
	l.negated
} else := ""

name(l) := concat(" ", ["attribute", l.name]) if {
	l.fact == "attribute"
} else := l.fact

shown(v) := v if {
	is_string(v)
} else := json.marshal(v)
