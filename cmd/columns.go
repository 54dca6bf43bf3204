package cmd

import (
	"strconv"

	"github.com/offsetctl/offsetctl/output"
)

// The helpers below make columns of the kinds of fields that rows have. A nil field is unknown.

func text[T any](name string, get func(*T) string) output.Column[T] {
	return output.Column[T]{Name: name, Append: func(b []byte, r *T) []byte { return append(b, get(r)...) }}
}

func maybe[T any](name string, get func(*T) *string) output.Column[T] {
	return output.Column[T]{Name: name, Append: func(b []byte, r *T) []byte {
		if v := get(r); v != nil {
			return append(b, *v...)
		}
		return nil
	}}
}

func number[T any, N int | int32 | int64](name string, get func(*T) *N) output.Column[T] {
	return output.Column[T]{Name: name, Right: true, Append: func(b []byte, r *T) []byte {
		if v := get(r); v != nil {
			return strconv.AppendInt(b, int64(*v), 10)
		}
		return nil
	}}
}

func wide[T any](c output.Column[T]) output.Column[T] {
	c.Wide = true
	return c
}

func short[T any](c output.Column[T]) output.Column[T] {
	c.Shorten = true
	return c
}

func toned[T any](c output.Column[T], tone func(*T) output.Tone) output.Column[T] {
	c.Tone = tone
	return c
}
