// Package clock is the scripts' module time. Moments are time.Time and spans are
// time.Duration; layouts are those of strftime. The names of Starlark's own module
// time (parse_time, from_timestamp, hour …) are in it too.
package clock
