package clientconfig

import (
	"fmt"
	"maps"
	"slices"
)

// alternatives are ways to say one thing, such as who logs in: each is a list of keys. The way that has a key from the highest
// source wins and the others are dropped, so that a password in a variable never goes to the cluster of another file. Within one
// source the first way wins or, with refused, all stay, to be reported as a conflict.
type alternatives struct {
	ways    [][]string
	refused bool
}

func allAlternatives() []alternatives {
	return []alternatives{
		{ways: [][]string{{"sasl.jaas.config"}, {"sasl.username", "sasl.password"}}}, // Java's, and librdkafka's
		{ways: [][]string{{"offsetctl.sasl.oauthbearer.token"}, {tokenEndpointKey}}},
		{ways: [][]string{{"ssl.truststore.location"}, {"ssl.truststore.certificates"}}, refused: true},
		{ways: [][]string{{"ssl.keystore.location"}, {"ssl.keystore.certificate.chain", "ssl.keystore.key"}, {"ssl.certificate.location", "ssl.key.location"}}, refused: true},
	}
}

// preferOneWay drops the keys of the ways that lose, with a note.
func (r *reader) preferOneWay() {
	for _, of := range allAlternatives() {
		best, rank := -1, 0
		for i, keys := range of.ways {
			if n := r.rank(keys); n > rank {
				best, rank = i, n
			}
		}
		for i, keys := range of.ways {
			if n := r.rank(keys); i != best && n > 0 && (n < rank || !of.refused) {
				r.drop(keys, of.ways[best])
			}
		}
	}
}

// belongings are settings that only make sense together with another one: a password from a lower source is that of a different
// store.
func belongings() map[string][]string {
	return map[string][]string{
		"ssl.truststore.location": {"ssl.truststore.password", "ssl.truststore.type"},
		"ssl.keystore.location":   {"ssl.keystore.password", "ssl.keystore.type", "ssl.key.password"},
		"ssl.keystore.key":        {"ssl.key.password"},
		"ssl.key.location":        {"ssl.key.password"},
	}
}

// dropStrangers drops belongings of what another source has.
func (r *reader) dropStrangers() {
	for _, owner := range slices.Sorted(maps.Keys(belongings())) {
		for _, k := range belongings()[owner] {
			if r.has(owner) && r.has(k) && r.values[k].Rank < r.values[owner].Rank {
				r.drop([]string{k}, []string{owner})
			}
		}
	}
}

// rank is that of the highest source that has one of the keys, counted from 1; 0: none is set.
func (r *reader) rank(keys []string) int {
	highest := 0
	for _, k := range keys {
		if p, ok := r.values[k]; ok {
			highest = max(highest, p.Rank+1)
		}
	}
	return highest
}

// drop takes keys away in favour of others.
func (r *reader) drop(keys, others []string) {
	other := others[slices.IndexFunc(others, r.has)]
	for _, k := range keys {
		if p, ok := r.values[k]; ok {
			r.out.Notes = append(r.out.Notes, fmt.Sprintf("%s: %s has no effect beside %s of %s", p.Where(), p.Key, other, r.values[other].Where()))
			delete(r.values, k)
			r.out.Effective = slices.DeleteFunc(r.out.Effective, func(p Property) bool { return p.Key == k })
		}
	}
}
