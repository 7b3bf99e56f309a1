// Package prompt is the scripts' module prompt: questions to the person at the
// master's terminal. It opens /dev/tty, so that redirected input and output do
// not matter. Children refuse it.
package prompt
