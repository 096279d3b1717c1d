# The entrypoint: one call per query, one decision per dataset, in the order of the input.
# Each item is evaluated as `input`, so that policy authors only ever see the shape of one dataset.
package sluice

import rego.v1

# METADATA
# entrypoint: true
batch := [answer |
	some item in input.batch
	answer := data.sluice.decision with input as item
]
