// Package scripttest is what tests written as scripts are made of: the module
// testing that they see, and the reports of their results.
package scripttest
