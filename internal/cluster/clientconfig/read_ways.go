package clientconfig

import (
	"fmt"
	"maps"
	"slices"
)

// ways are settings that say the same thing in different ways, such as who logs in: JAAS is Java's, the other librdkafka's. Within a
// way each key has its own precedence; of the ways the one with the key of the highest source holds, and the others have no effect:
// the password of one cluster must not go to another because it stands in a variable. Of one source the first way holds, or, where
// refused is set, both are left, for those who cannot mean both to be told.
func ways() []struct {
	ways    [][]string
	refused bool
} {
	return []struct {
		ways    [][]string
		refused bool
	}{
		{ways: [][]string{{"sasl.jaas.config"}, {"sasl.username", "sasl.password"}}},
		{ways: [][]string{{"offsetctl.sasl.oauthbearer.token"}, {"sasl.oauthbearer.token.endpoint.url"}}},
		{ways: [][]string{{"ssl.truststore.location"}, {"ssl.truststore.certificates"}}, refused: true},
		{ways: [][]string{{"ssl.keystore.location"}, {"ssl.keystore.certificate.chain", "ssl.keystore.key"}, {"ssl.certificate.location", "ssl.key.location"}}, refused: true},
	}
}

// preferOneWay drops the keys of the ways that do not hold, and notes it.
func (r *reader) preferOneWay() {
	for _, of := range ways() {
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

// belongings go with the key that they are of: a store's password and type in a lower source are those of another store.
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
