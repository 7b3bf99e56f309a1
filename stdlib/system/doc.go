// Package system is the scripts' module os: this process and the machine that
// it runs on.
package system
